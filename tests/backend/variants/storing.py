"""What is stored when, and under which id, where the contract leaves it open."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.backend.app import Backend
from tests.backend.changes import variant
from tests.backend.defects.tools import forget_reply
from tests.backend.store import Conversation, Message, Store
from tests.backend.turns import End, Stream


@variant()
class TurnStoredAtItsEnd(Store):
    """The user's message is stored with the reply to it, and not before."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.waiting: dict[tuple[str, str], Mapping[str, Any]] = {}

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        self.waiting[conversation.id, message["id"]] = message

    def add_reply(self, conversation: Conversation, message_id: str, text: str) -> Message:
        if message := self.waiting.pop((conversation.id, message_id), None):
            super().add_user_message(conversation, message)
        return super().add_reply(conversation, message_id, text)


@variant()
class TurnHasOneTimestamp(Store):
    """A reply has the timestamp of the message that it answers."""

    def add_reply(self, conversation: Conversation, message_id: str, text: str) -> Message:
        super().add_reply(conversation, message_id, text)
        with self.db as db:
            db.execute(
                "UPDATE message SET created_at = (SELECT created_at FROM message AS asked WHERE source = 'user' AND"
                " asked.conversation = message.conversation AND asked.id = message.answers)"
                " WHERE conversation = ? AND answers = ?",
                (conversation.id, json.dumps(message_id)),
            )
        reply = self.reply_to(conversation, message_id)
        assert reply
        return reply


@variant()
class ReplyGrowsInTheList(Backend):
    """While a stream is active, the list has as much of the reply as there is."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        for event in super().events(stream, text, fails_after):
            with stream.ending:
                if not stream.over.is_set():
                    self._write(stream)
            yield event

    def finish(self, stream: Stream, end: End) -> Message | None:
        with stream.ending:
            if end == "failed" and not stream.over.is_set():
                forget_reply(self.store, stream.conversation, stream.message_id)
            return super().finish(stream, end)

    def keep(self, stream: Stream) -> Message:
        return self._write(stream)

    def _write(self, stream: Stream) -> Message:
        text = "".join(stream.pieces)
        self.store.add_reply(stream.conversation, stream.message_id, text)
        with self.store.db as db:
            update = "UPDATE message SET text = ? WHERE conversation = ? AND answers = ?"
            db.execute(update, (json.dumps(text), stream.conversation.id, json.dumps(stream.message_id)))
        reply = self.store.reply_to(stream.conversation, stream.message_id)
        assert reply
        return reply


@variant()
class FailedTurnForgotten(Backend):
    """When a stream fails, the user's message goes, too."""

    def finish(self, stream: Stream, end: End) -> Message | None:
        kept = super().finish(stream, end)
        if stream.end == "failed":
            with self.store.db as db:
                delete = "DELETE FROM message WHERE conversation = ? AND id = ? AND source = 'user'"
                db.execute(delete, (stream.conversation.id, json.dumps(stream.message_id)))
        return kept


@variant()
class CancelledIdGeneratesAnew(Backend):
    """The id of a cancelled reply, sent again, gets a new reply. The part that was kept stays in the list."""

    def keep(self, stream: Stream) -> Message:
        part = super().keep(stream)
        if stream.end == "cancelled":
            with self.store.db as db:
                forget = "UPDATE message SET answers = answers || ? WHERE conversation = ? AND answers = ?"
                db.execute(forget, (part.id, stream.conversation.id, json.dumps(stream.message_id)))
        return part


@variant()
class IdsAreTheCallers(Store):
    """A message's id that the caller used in another conversation brings the reply that it had there."""

    def reply_to(self, conversation: Conversation, message_id: str) -> Message | None:
        select = (
            "SELECT message.* FROM message JOIN conversation ON conversation.id = message.conversation"
            " WHERE workspace = ? AND author = ? AND answers = ? ORDER BY message.number"
        )
        where = (conversation.workspace, conversation.author, json.dumps(message_id))
        row = self.db.execute(select, where).fetchone()
        return self.read_message(row) if row else None
