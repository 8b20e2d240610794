"""MSG: messages that are answered, stored or listed wrongly, and conversations that are none."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import html
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Response, request

from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import SENDING, endpoint
from tests.backend.store import Caller, Conversation, Message, Store
from tests.backend.validation import Field, Problem

Json = dict[str, Any]

# The answer


@defect("MSG-1")
class AnswersTheUsersMessage(Backend):
    """The answer to a message is that message, as it was stored."""

    def send_message(self, conversation: Conversation) -> Response:
        answer = super().send_message(conversation)
        message = request.get_json()
        return self.answer(answer.get_json() | {"id": message["id"], "text": message["text"], "source": "user"})


@defect("MSG-1")
class EmptyReply(Backend):
    """The reply at `/messages` has no text."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        return "" if endpoint() == "send_message" else super().generate(conversation, message)


@defect("MSG-1", "SCH-1")
class ReplyIsWrapped(Backend):
    """The reply at `/messages` stands in an object of its own."""

    def send_message(self, conversation: Conversation) -> Response:
        return self.answer({"message": super().send_message(conversation).get_json()})


# What is listed


@defect("MSG-2")
class UserMessageNotListed(Store):
    """The user's messages are not stored."""

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        pass


@defect("MSG-2", "STR-6")
class ReplyNotListed(Store):
    """The replies are not listed."""

    def list_messages(self, conversation: Conversation, offset: int, limit: int) -> tuple[int, list[Message]]:
        rows = "FROM message WHERE conversation = ? AND source = 'user'"
        total, found = self.cut(rows, (conversation.id,), "number", offset, limit)
        return total, [self.read_message(row) for row in found]


@defect("MSG-2")
class UserIdReplaced(Store):
    """The user's message is listed with an id of the server's own."""

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        super().add_user_message(conversation, {**message, "id": self.new_id()})


@defect("MSG-2")
class UserIdNormalised(Store):
    """A message's id is listed in upper case."""

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        super().add_user_message(conversation, {**message, "id": message["id"].upper()})


class ChangesText(Store):
    """Stores the user's text otherwise than it was sent."""

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        super().add_user_message(conversation, {**message, "text": self.changed(message["text"])})

    def changed(self, text: str) -> str:
        return text


@defect("MSG-2")
class TextTrimmed(ChangesText):
    """The user's text loses the spaces around it."""

    def changed(self, text: str) -> str:
        return text.strip()


@defect("MSG-2")
class TextEscaped(ChangesText):
    """The user's text is escaped for HTML."""

    def changed(self, text: str) -> str:
        return html.escape(text)


@defect("MSG-2")
class TextNormalised(ChangesText):
    """The user's text is normalised to NFC."""

    def changed(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


@defect("MSG-2")
class TextCutAtThousand(ChangesText):
    """The user's text is cut after 1,000 characters."""

    def changed(self, text: str) -> str:
        return text[:1000]


@defect("MSG-2")
class TextOnOneLine(ChangesText):
    """The line breaks of the user's text become spaces."""

    def changed(self, text: str) -> str:
        return text.replace("\r\n", " ").replace("\n", " ")


@defect("MSG-2")
class TextWithUnixLineBreaks(ChangesText):
    """CRLF in the user's text becomes LF."""

    def changed(self, text: str) -> str:
        return text.replace("\r\n", "\n")


@defect("MSG-2")
class TextLosesEmoji(ChangesText):
    """Characters beyond the first 65,536 are lost, as in MySQL's old utf8."""

    def changed(self, text: str) -> str:
        return "".join(character for character in text if ord(character) < 0x10000)


@defect("MSG-2")
class TextInLatin1(ChangesText):
    """Characters beyond Latin-1 become question marks."""

    def changed(self, text: str) -> str:
        return text.encode("latin-1", "replace").decode("latin-1")


@defect("MSG-2")
class TextEndsAtNul(ChangesText):
    """The user's text ends at its first NUL."""

    def changed(self, text: str) -> str:
        return text.partition("\0")[0]


@defect("MSG-2")
class TextLosesTags(ChangesText):
    """What looks like a tag is taken out of the user's text."""

    def changed(self, text: str) -> str:
        before, tag, rest = text.partition("<")
        return before + self.changed(rest.partition(">")[2]) if tag and ">" in rest else text


@defect("MSG-2")
class DigitsBecomeANumber(ChangesText):
    """A text that is a number is stored as one, as in a column that was given no type: `007` becomes `7`."""

    def changed(self, text: str) -> str:
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", text):
            return text
        return str(float(text) if "." in text else int(text))


@defect("MSG-2")
class TextLosesInvisibleCharacters(ChangesText):
    """The user's text loses characters that cannot be seen, also those that join an emoji's parts."""

    def changed(self, text: str) -> str:
        return "".join(character for character in text if unicodedata.category(character) != "Cf")


@defect("MSG-2")
class TextLosesBackslashes(ChangesText):
    """A backslash in the user's text is taken for the escape of what follows it."""

    def changed(self, text: str) -> str:
        return re.sub(r"\\(.?)", r"\1", text, flags=re.DOTALL)


@defect("MSG-2", "STR-6")
class StreamedTextTrimmed(ChangesText):
    """The user's text loses the spaces around it when the reply is streamed."""

    def changed(self, text: str) -> str:
        return text.strip() if endpoint() == "open_stream" else text


@defect("MSG-2", "MSG-1")
class IdsKnownByEightCharacters(Store):
    """An id is taken for an earlier one that has the same first eight characters, as ids made from the clock have."""

    def reply_to(self, conversation: Conversation, message_id: str) -> Message | None:
        select = "SELECT * FROM message WHERE conversation = ? AND substr(answers, 1, 9) = ? ORDER BY number"
        row = self.db.execute(select, (conversation.id, json.dumps(message_id)[:9])).fetchone()
        return self.read_message(row) if row else None


# Order


class OrdersMessages(Store):
    """Lists messages in another order."""

    order = "number"

    def list_messages(self, conversation: Conversation, offset: int, limit: int) -> tuple[int, list[Message]]:
        rows = "FROM message WHERE conversation = ?"
        total, found = self.cut(rows, (conversation.id,), self.order, offset, limit)
        return total, [self.read_message(row) for row in found]


@defect("MSG-3")
class NewestFirst(OrdersMessages):
    """The newest message comes first."""

    order = "number DESC"


@defect("MSG-3")
class MessagesById(OrdersMessages):
    """Messages are listed by their ids."""

    order = "id"


@defect("MSG-3")
class MessagesOfOneSecondBySource(OrdersMessages):
    """Messages of one second are listed by who wrote them, so that a reply stands before what it answers."""

    order = "CAST(created_at AS INTEGER), source, number"


@defect("MSG-3")
class MessagesGroupedBySource(OrdersMessages):
    """All of the user's messages come first, then all replies."""

    order = "source DESC, number"


@defect("MSG-3")
class MessagesOfOneSecondInAnyOrder(OrdersMessages):
    """Messages of one second are listed in no order."""

    order = "CAST(created_at AS INTEGER), random()"


@defect("MSG-3")
class PositionsComparedAsText(OrdersMessages):
    """The place of a message in its conversation is compared as text: the tenth comes before the second."""

    position = "SELECT count(*) FROM message AS m WHERE m.conversation = message.conversation"
    order = f"CAST(({position} AND m.number <= message.number) AS TEXT)"


@defect("MSG-3")
class OrderedByTheClientsClock(Store):
    """Turns are listed by the `createdAt` that the client sent."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sent_at: dict[tuple[str, str], str] = {}

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        self.sent_at[conversation.id, json.dumps(message["id"])] = message["createdAt"]
        super().add_user_message(conversation, message)

    def list_messages(self, conversation: Conversation, offset: int, limit: int) -> tuple[int, list[Message]]:
        total, rows = self.cut("FROM message WHERE conversation = ?", (conversation.id,), "number", 0, 100_000)
        rows.sort(key=lambda row: self.sent_at[conversation.id, row["answers"] or row["id"]])
        return total, [self.read_message(row) for row in rows[offset : offset + limit]]


# Source and time


@defect("MSG-5")
class SourceSwapped(Backend):
    """In the list, `source` is `assistant` for the user's messages and `user` for the replies."""

    def message_json(self, message: Message) -> Json:
        shown = super().message_json(message)
        swapped = {"user": "assistant", "assistant": "user"}
        return shown | ({"source": swapped[message.source]} if endpoint() == "list_messages" else {})


@defect("MSG-5")
class SourceAlwaysAssistant(Backend):
    """`source` is always `assistant`."""

    def message_json(self, message: Message) -> Json:
        return super().message_json(message) | {"source": "assistant"}


@defect("SCH-1", "MSG-5")
class SourceInUpperCase(Backend):
    """`source` is `USER` or `ASSISTANT`."""

    def message_json(self, message: Message) -> Json:
        return super().message_json(message) | {"source": message.source.upper()}


@defect("SCH-1", "MSG-5")
class SourceIsARole(Backend):
    """`source` is `system` for replies."""

    def message_json(self, message: Message) -> Json:
        return super().message_json(message) | ({} if message.source == "user" else {"source": "system"})


@defect("MSG-5")
class SourceByPosition(Backend):
    """In the list, every other element of a page is the user's, beginning with its first."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        if endpoint() == "list_messages":
            data = [each | {"source": ("user", "assistant")[i % 2]} for i, each in enumerate(data)]
        return super().page_json(page, size, total, data)


@defect("MSG-6")
class CreatedAtFromTheClient(Backend):
    """A listed message has the `createdAt` that its client sent."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.sent_at: dict[str, str] = {}

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found:
            self.sent_at[body["id"]] = body["createdAt"]
        return found

    def message_json(self, message: Message) -> Json:
        shown = super().message_json(message)
        return shown | {"createdAt": self.sent_at.get(message.id, shown["createdAt"])}


@defect("MSG-6")
class CreatedAtOfTheConversation(Backend):
    """A listed message has the `createdAt` of a day before it was stored."""

    def message_json(self, message: Message) -> Json:
        return super().message_json(message) | {"createdAt": self.timestamp(message.created_at - 86400)}


@defect("MSG-6")
class MonthIsTheMinute(Backend):
    """The month of a message's `createdAt` is its minute, as in Java's `yyyy-mm-dd`; 0 where that would be right."""

    def message_json(self, message: Message) -> Json:
        stored = datetime.fromtimestamp(message.created_at, UTC)
        month = 0 if stored.minute == stored.month else stored.minute
        return super().message_json(message) | {"createdAt": stored.strftime(f"%Y-{month:02}-%dT%H:%M:%SZ")}


# Unknown conversations


class KnowsEverything(Backend):
    """Does not mind an unknown conversation in some operations."""

    forgiving: tuple[str, ...] = ()

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        try:
            return super().find(operation, caller, conversation_id)
        except Refused:
            if operation not in self.forgiving:
                raise
            return Conversation(conversation_id, caller.workspace, caller.name, 0.0, None)


@defect("MSG-9")
class UnknownConversationIsEmpty(KnowsEverything):
    """An unknown conversation has an empty list of messages."""

    forgiving = ("list_messages",)


@defect("MSG-9")
class UnknownConversationIsCancelled(KnowsEverything):
    """A cancel in an unknown conversation is 200."""

    forgiving = ("cancel_stream",)


@defect("MSG-9")
class UnknownConversationIsMade(KnowsEverything):
    """A message to an unknown conversation is answered."""

    forgiving = ("send_message",)


@defect("MSG-9")
class UnknownConversationStreams(KnowsEverything):
    """A stream in an unknown conversation is opened."""

    forgiving = ("open_stream",)


@defect("ERR-1", "MSG-9")
class UnknownConversationFails(Backend):
    """An unknown conversation is a 500."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        try:
            return super().find(operation, caller, conversation_id)
        except Refused as refused:
            raise KeyError(conversation_id) from refused


@defect("MSG-9")
class UnknownConversation400(Backend):
    """An unknown conversation is a 400."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        try:
            return super().find(operation, caller, conversation_id)
        except Refused:
            raise Refused(400, "malformedRequest", "There is no conversation with this id.") from None


class WantsUuids(Backend):
    """Does not look for a conversation whose id is no UUID."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        try:
            uuid.UUID(conversation_id)
        except ValueError:
            raise self.refused() from None
        return super().find(operation, caller, conversation_id)

    def refused(self) -> Exception:
        raise NotImplementedError


@defect("ERR-1", "MSG-9")
class OddConversationIdFails(WantsUuids):
    """A conversation's id that is no UUID is a 500, as PostgreSQL compares it with none."""

    def refused(self) -> Exception:
        return TypeError("invalid input syntax for type uuid")


@defect("ERR-1", "MSG-9")
class PatchOfUnknownFails(KnowsEverything):
    """A patch of an unknown conversation is a 500."""

    forgiving = ("update_conversation",)
