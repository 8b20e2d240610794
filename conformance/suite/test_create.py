"""CRE: creating conversations."""

from typing import Any

import pytest

from conformance.client import Client
from conformance.expect import expect_conversation, expect_different_ids


@pytest.mark.clause("CRE-1")
def test_each_call_makes_a_new_conversation(api: Client) -> None:
    """Each call makes a new conversation, with an id of the server's making, and answers with it."""
    expect_different_ids("CRE-1", api.create_conversation({}), api.create_conversation({}))


@pytest.mark.clause("CRE-2")
@pytest.mark.parametrize("body", [pytest.param(None, id="no body"), pytest.param({}, id="empty object")])
def test_the_body_is_optional(api: Client, body: dict[str, Any] | None) -> None:
    """No body at all, and `{}`, both create."""
    expect_conversation("CRE-2", api.create_conversation(body))
