"""MSG: sending a message, and the list of messages."""

import pytest

from conformance.client import Client, new_message
from conformance.expect import expect_listed, expect_message, expect_order
from conformance.suite.given import SHORT_PROMPT, Turn


@pytest.mark.clause("MSG-1")
def test_a_message_is_answered_with_the_reply(turn: Turn) -> None:
    """The answer is the assistant's reply: a Message with non-empty text."""
    expect_message("MSG-1", turn.answer)


@pytest.mark.clause("MSG-2")
def test_both_messages_of_a_turn_are_listed(api: Client, turn: Turn) -> None:
    """The user's message, with the id and text that the client sent, and the reply are both listed."""
    listing = api.list_messages(turn.conversation_id, size=100)
    expect_listed("MSG-2", listing, {"id": turn.message["id"], "text": turn.message["text"]})
    expect_listed("MSG-2", listing, {"id": turn.reply["id"], "text": turn.reply["text"]})


@pytest.mark.clause("MSG-3")
def test_messages_are_listed_oldest_first(api: Client, turn: Turn) -> None:
    """The list is oldest first, across turns."""
    second = new_message(SHORT_PROMPT)
    reply = expect_message("MSG-1", api.send_message(turn.conversation_id, second))
    listing = api.list_messages(turn.conversation_id, size=100)
    expect_order("MSG-3", listing, [turn.message["id"], turn.reply["id"], second["id"], reply["id"]])


@pytest.mark.clause("MSG-5")
def test_source_tells_who_wrote_a_message(api: Client, turn: Turn) -> None:
    """`source` is `user` for the user's message and `assistant` for the reply."""
    listing = api.list_messages(turn.conversation_id, size=100)
    expect_listed("MSG-5", listing, {"id": turn.message["id"], "source": "user"})
    expect_listed("MSG-5", listing, {"id": turn.reply["id"], "source": "assistant"})
