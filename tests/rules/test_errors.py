"""What a broken rule says: one sentence for people, with the facts."""

from __future__ import annotations

import pytest

from mockserver.rules.errors import (
    BodyTooLarge,
    ConversationLocked,
    ConversationNotFound,
    FieldProblem,
    FieldsInvalid,
    GenerationFailed,
    MediaTypeUnsupported,
    RuleError,
    WorkspaceForbidden,
)

TEXT, ID = FieldProblem("text", "is empty", "empty"), FieldProblem("id", "is missing", "missing")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (WorkspaceForbidden("a", "b"), "The token is for the workspace a, the path names b."),
        (ConversationNotFound(), "There is no conversation with this id among yours in this workspace."),
        (ConversationLocked(), "A stream is active in this conversation."),
        (GenerationFailed(), "The reply could not be written. Send the message again."),
        (BodyTooLarge(64), "The body is larger than 64 KiB."),
        (MediaTypeUnsupported("text/xml", ["a/b", "c/d"]), "The body is text/xml. Send a/b or c/d."),
        (FieldsInvalid([TEXT]), "The request is not valid: text: is empty."),
        (FieldsInvalid([ID, TEXT]), "The request is not valid: 2 fields are wrong, first id: is missing."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_rule_is_told_in_a_sentence(broken: RuleError, said: str) -> None:
    """Whatever way it reaches the client."""
    assert str(broken).startswith(said)


def test_every_field_that_is_wrong_is_kept() -> None:
    """In the order in which they were found; without any, nothing is invalid."""
    assert FieldsInvalid([ID, TEXT]).problems == (ID, TEXT)
    with pytest.raises(ValueError, match="unpack"):
        FieldsInvalid([])
