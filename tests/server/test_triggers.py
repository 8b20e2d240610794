"""Words in a message that make the mock misbehave on cue."""

from __future__ import annotations

import pytest

from conformance.client import Client, new_message

from .given import final_message, listed, new_conversation, read_stream


@pytest.mark.clause("LCK-9", "STR-3")
def test_a_stream_fails_on_cue(alice: Client) -> None:
    """Create announces the words; at them a stream ends in its error event, stores no reply and leaves no lock."""
    created = alice.create_conversation()
    failing = new_message(created.headers["x-failing-message"])
    conversation_id = created.json()["id"]
    failed = read_stream(alice, conversation_id, failing)
    assert [arrival.event.name for arrival in failed.arrivals] == ["delta", "delta", "delta", "error"]
    assert [message["source"] for message in listed(alice, conversation_id)] == ["user"]
    assert final_message(read_stream(alice, new_conversation(alice), new_message("Hello!")))
    assert final_message(read_stream(alice, conversation_id, new_message("Hello!")))
