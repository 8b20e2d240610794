"""LCK: one stream at a time in a conversation."""

from collections.abc import Iterator

import pytest

from conformance.client import Client, new_message
from conformance.expect import eventually, expect_final_message, expect_locked, expect_not_listed, expect_status
from conformance.stream import Stream
from conformance.suite.given import SHORT_PROMPT, open_second


@pytest.mark.clause("LCK-1")
def test_a_second_stream_is_refused_while_one_is_active(api: Client, long_streams: Iterator[Stream]) -> None:
    """While a stream is active, a second one in that conversation is 409 `conversationLocked`."""
    active, second = open_second(api, long_streams)
    expect_locked("LCK-1", second.exchange, active=active)


@pytest.mark.clause("LCK-2")
def test_a_refused_stream_stores_nothing_and_harms_nothing(api: Client, long_streams: Iterator[Stream]) -> None:
    """The refused call stores nothing, and the active stream runs on to its end unharmed."""
    active, second = open_second(api, long_streams)
    expect_locked("LCK-1", second.exchange, active=active)
    expect_final_message("LCK-2", active)
    expect_not_listed("LCK-2", api.list_messages(active.conversation_id, size=100), second.message)


@pytest.mark.clause("LCK-4")
def test_the_lock_ends_with_the_stream(api: Client, finished_stream: Stream) -> None:
    """The lock ends with the stream; within a second is soon enough."""
    message = new_message(SHORT_PROMPT)

    def expect_second_stream() -> None:
        with api.open_stream(finished_stream.conversation_id, message) as second:
            expect_status("LCK-4", second.exchange, 200)

    eventually(expect_second_stream)
