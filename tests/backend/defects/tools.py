"""What several defects do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import has_request_context, request

from tests.backend.store import Conversation, Store
from tests.backend.validation import Field

SENDING = ("send_message", "open_stream")


def endpoint() -> str | None:
    """The operation that is being called; None while a stream is being sent, which outlives its call."""
    return request.endpoint if has_request_context() else None


def coerced(body: object, fields: Mapping[str, Field]) -> None:
    """Make strings of what should be strings, and integers of what should be integers, as some parsers do."""
    if not isinstance(body, dict):
        return
    for name, field in fields.items():
        value = body.get(name)
        if value is None or (isinstance(value, list | dict) and field.kind == "entries"):
            continue
        if field.kind == "string":
            body[name] = str(value)
        elif field.kind == "integer" and not isinstance(value, list | dict):
            with suppress(ValueError, OverflowError):
                body[name] = int(value)


def forget_reply(store: Store, conversation: Conversation, message_id: str) -> None:
    """Delete the reply to a message, if it has one."""
    with store.db as db:
        delete = "DELETE FROM message WHERE conversation = ? AND answers = ?"
        db.execute(delete, (conversation.id, json.dumps(message_id)))


def stored_text(store: Store, conversation: Conversation, message_id: str) -> str | None:
    """The text that a user's message was stored with."""
    select = "SELECT text FROM message WHERE conversation = ? AND id = ? AND source = 'user'"
    row: Any = store.db.execute(select, (conversation.id, json.dumps(message_id))).fetchone()
    return None if row is None else str(json.loads(row["text"]))
