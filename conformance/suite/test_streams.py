"""STR: replies as streams."""

import pytest

from conformance.client import Client
from conformance.expect import (
    eventually,
    expect_event_stream,
    expect_final_event,
    expect_final_message,
    expect_joined_deltas,
    expect_listed,
    expect_readable_events,
)
from conformance.stream import Stream


@pytest.mark.clause("STR-1")
def test_a_stream_is_a_well_formed_event_stream(finished_stream: Stream) -> None:
    """200, `text/event-stream`, well-formed SSE in UTF-8."""
    expect_event_stream("STR-1", finished_stream)


@pytest.mark.clause("STR-2")
def test_each_event_is_a_delta_the_final_message_or_an_error(finished_stream: Stream) -> None:
    """Each event is a delta, the final message or an error."""
    expect_readable_events("STR-2", finished_stream)


@pytest.mark.clause("STR-3")
def test_exactly_one_final_event_ends_a_stream(finished_stream: Stream) -> None:
    """A stream that runs to its end has exactly one final event, message or error, and it is the last."""
    expect_final_event("STR-3", finished_stream)


@pytest.mark.clause("STR-5")
def test_the_deltas_joined_are_the_final_text(finished_stream: Stream) -> None:
    """The deltas joined are the final text."""
    expect_joined_deltas("STR-5", finished_stream)


@pytest.mark.clause("STR-6")
def test_a_streamed_turn_is_listed(api: Client, finished_stream: Stream) -> None:
    """Afterwards the list has the user's message and the reply, with the final event's id and text."""
    final = expect_final_message("STR-3", finished_stream)

    def expect_turn_listed() -> None:
        listing = api.list_messages(finished_stream.conversation_id, size=100)
        for message in finished_stream.message, final:
            expect_listed("STR-6", listing, {"id": message["id"], "text": message["text"]})

    eventually(expect_turn_listed)
