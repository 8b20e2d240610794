"""CAN: cancelling a stream."""

from collections.abc import Iterator

import pytest

from conformance.client import Client
from conformance.expect import eventually, expect_closed, expect_kept, expect_status, expect_unchanged
from conformance.stream import Stream
from conformance.suite.given import Turn, cancel_active


@pytest.mark.clause("CAN-1")
def test_a_cancel_without_a_stream_changes_nothing(api: Client, turn: Turn) -> None:
    """With no stream active it is 200 and changes nothing, however often."""
    before = api.list_messages(turn.conversation_id, size=100)
    for _ in range(2):
        expect_status("CAN-1", api.cancel_stream(turn.conversation_id), 200)
    expect_unchanged("CAN-1", before, api.list_messages(turn.conversation_id, size=100))


@pytest.mark.clause("CAN-2")
def test_a_cancelled_stream_closes(api: Client, long_streams: Iterator[Stream]) -> None:
    """With a stream active it is 200 and the stream closes shortly after."""
    active, cancelled = cancel_active(api, long_streams)
    expect_status("CAN-2", cancelled, 200)
    expect_closed("CAN-2", active, cancelled=cancelled)


@pytest.mark.clause("CAN-3")
def test_what_was_produced_before_a_cancel_is_kept(api: Client, long_streams: Iterator[Stream]) -> None:
    """The list has the user's message and a reply that begins with all the text that the client received."""
    active, cancelled = cancel_active(api, long_streams)
    expect_closed("CAN-2", active, cancelled=cancelled)
    eventually(lambda: expect_kept("CAN-3", api.list_messages(active.conversation_id, size=100), active))
