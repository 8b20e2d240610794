"""AUT: who may call."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.expect import expect_status, expect_unchanged
from conformance.suite.given import SHORT_PROMPT

Call = Callable[[Client, str], Exchange]


def _open_stream(api: Client, conversation_id: str) -> Exchange:
    with api.open_stream(conversation_id, new_message(SHORT_PROMPT)) as stream:
        return stream.exchange


EVERY_OPERATION: dict[str, Call] = {
    "create a conversation": lambda api, _: api.create_conversation(),
    "list conversations": lambda api, _: api.list_conversations(),
    "update a conversation": lambda api, id: api.patch_conversation(id, {"personality": "terse"}),
    "send a message": lambda api, id: api.send_message(id, new_message(SHORT_PROMPT)),
    "list messages": lambda api, id: api.list_messages(id),
    "open a stream": _open_stream,
    "cancel a stream": lambda api, id: api.cancel_stream(id),
}


@pytest.mark.clause("AUT-1")
@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in EVERY_OPERATION.items()])
def test_without_a_token_every_operation_is_refused(api: Client, conversation: dict[str, Any], call: Call) -> None:
    """No token, or one that is not a token: 401 on every operation, and nothing changes."""
    before = api.list_messages(conversation["id"])
    expect_status("MSG-3", before, 200)
    for authorization in None, "Bearer not-a-token":
        expect_status("AUT-1", call(api.with_authorization(authorization), conversation["id"]), 401)
    expect_unchanged("AUT-1", before, api.list_messages(conversation["id"]))
