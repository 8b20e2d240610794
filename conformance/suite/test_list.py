"""LST: listing conversations."""

from typing import Any

import pytest

from conformance.client import Client
from conformance.expect import CONVERSATION_FIELDS, expect_listed


@pytest.mark.clause("LST-3")
def test_a_new_conversation_is_listed_as_it_was_answered(api: Client, conversation: dict[str, Any]) -> None:
    """A new conversation is on the first page at once, and equals what create answered for it."""
    answered = {name: conversation[name] for name in CONVERSATION_FIELDS if name in conversation}
    expect_listed("LST-3", api.list_conversations(size=100), answered)
