"""IDM: a message id that was used before."""

import pytest

from conformance.client import Client
from conformance.expect import expect_message, expect_same_reply, expect_unchanged
from conformance.suite.given import Turn


@pytest.mark.clause("IDM-1")
def test_the_same_id_again_answers_the_same_reply(api: Client, turn: Turn) -> None:
    """The same id at `/messages` again answers the same reply: id, text, source, createdAt."""
    expect_same_reply("IDM-1", turn.answer, api.send_message(turn.conversation_id, turn.message))


@pytest.mark.clause("IDM-2")
def test_a_replay_changes_nothing_in_the_list(api: Client, turn: Turn) -> None:
    """A replay changes nothing in the list."""
    before = api.list_messages(turn.conversation_id, size=100)
    expect_message("IDM-1", api.send_message(turn.conversation_id, turn.message))
    expect_unchanged("IDM-2", before, api.list_messages(turn.conversation_id, size=100))
