"""MSG: messages that are judged, stored or listed wrongly."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import html
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import coerced, endpoint
from tests.backend.store import Caller, Conversation, Message, Store
from tests.backend.validation import Field, Problem

Json = dict[str, Any]
SENDING = ("send_message", "open_stream")

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


# Required fields


class Lenient(Backend):
    """Does not mind some problems of a message."""

    field = ""
    kind = ""
    instead: str | None = None

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and any(map(self.forgives, found)):
            if body.get(self.field) is None or self.instead is not None:
                body[self.field] = self.instead or str(uuid.uuid4())
            return [wrong for wrong in found if not self.forgives(wrong)]
        return found

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"] == self.field and wrong["type"] == self.kind and self.is_forgivable()

    def is_forgivable(self) -> bool:
        return self.kind == "missing" or request.get_json()[self.field] is None


@defect("MSG-4")
class IdOptional(Lenient):
    """A message without an `id` gets one."""

    field, kind = "id", "missing"


@defect("MSG-4")
class NullIdAccepted(Lenient):
    """A message with null for its `id` gets one."""

    field, kind = "id", "wrongType"


@defect("MSG-4")
class TextOptional(Lenient):
    """A message without a `text` is accepted."""

    field, kind, instead = "text", "missing", "(nothing)"


@defect("MSG-4")
class NullTextAccepted(Lenient):
    """A message with null for its `text` is accepted."""

    field, kind, instead = "text", "wrongType", "None"


@defect("MSG-4")
class CreatedAtOptional(Lenient):
    """A message without a `createdAt` is accepted."""

    field, kind, instead = "createdAt", "missing", "now"


@defect("MSG-4")
class NullCreatedAtAccepted(Lenient):
    """A message with null for its `createdAt` is accepted."""

    field, kind, instead = "createdAt", "wrongType", "now"


@defect("MSG-4")
class NumberAsCreatedAtAccepted(Lenient):
    """A message with a number for its `createdAt` is accepted."""

    field, kind, instead = "createdAt", "wrongType", "now"

    def is_forgivable(self) -> bool:
        return isinstance(request.get_json()["createdAt"], int | float)


@defect("MSG-4", "MSG-7", "MSG-8")
class MessagesCoerceTypes(Backend):
    """Messages take `5` for `"5"`, and `"5"` for `5`."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation in SENDING:
            coerced(body, fields)
            for entry in (body.get("additionalContext") or []) if isinstance(body, dict) else []:
                coerced(entry, validation.ENTRY)
        return super().problems(operation, body, fields)


@defect("MSG-4")
class RefusedMessageStored(Backend):
    """A message is stored before it is judged."""

    def send_message(self, conversation: Conversation) -> Response:
        try:
            return super().send_message(conversation)
        except Refused as refused:
            if refused.problems:
                body = request.get_json()
                text = body.get("text") if isinstance(body, dict) else None
                message_id = body.get("id") if isinstance(body, dict) else None
                self.store.add_user_message(conversation, {"id": str(message_id), "text": str(text)})
            raise


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


# Context


class JudgesContext(Backend):
    """Does not mind some problems of the context."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        return [wrong for wrong in super().problems(operation, body, fields) if not self.forgives(wrong)]

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"].startswith("additionalContext")


@defect("MSG-7")
class ContextUnchecked(JudgesContext):
    """Anything is accepted as `additionalContext`."""


@defect("MSG-7")
class ContextIdUnchecked(JudgesContext):
    """A context entry needs no integer `id`."""

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"].startswith("additionalContext[") and wrong["field"].endswith(".id")


@defect("MSG-7")
class ContextContentUnchecked(JudgesContext):
    """A context entry needs no string `content`."""

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"].startswith("additionalContext[") and wrong["field"].endswith(".content")


@defect("MSG-7")
class OnlyFirstEntryChecked(JudgesContext):
    """Of the context only the first entry is judged."""

    def forgives(self, wrong: Problem) -> bool:
        field = wrong["field"]
        return field.startswith("additionalContext[") and not field.startswith("additionalContext[0]")


@defect("MSG-7", "SCH-2")
class ContextCategoryRequired(Backend):
    """A context entry needs a `category_name`."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found:
            for i, entry in enumerate(body.get("additionalContext", [])):
                if "category_name" not in entry:
                    where = f"additionalContext[{i}].category_name"
                    found.append(validation.problem(where, "required, but not there", "missing"))
        return found


@defect("MSG-8")
class ContextSizeUnchecked(JudgesContext):
    """Anything is accepted as `contextSize`."""

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"] == "contextSize"

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        return super().generate(conversation, {**message, "contextSize": 16000})


@defect("MSG-8")
class ContextSizeMayBeText(Backend):
    """`contextSize` may be a number in quotes."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if isinstance(body, dict) and isinstance(body.get("contextSize"), str) and body["contextSize"].isdigit():
            body["contextSize"] = int(body["contextSize"])
        return super().problems(operation, body, fields)


@defect("MSG-8")
class ContextSizeMayBeFraction(Backend):
    """`contextSize` may be 1.5."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if isinstance(body, dict) and isinstance(body.get("contextSize"), float):
            body["contextSize"] = int(body["contextSize"])
        return super().problems(operation, body, fields)


@defect("MSG-8", "CRE-6")
class TrueIsAnInteger(Backend):
    """`true` is accepted for an integer, as it is one to Python."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        for name in fields if isinstance(body, dict) else ():
            if fields[name].kind == "integer" and isinstance(body, dict) and isinstance(body.get(name), bool):
                body[name] = int(body[name])
        return super().problems(operation, body, fields)


@defect("MSG-8", "SCH-2")
class ContextSizeRequired(Backend):
    """Without a `contextSize` a message is refused."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found and "contextSize" not in body:
            found.append(validation.problem("contextSize", "required, but not there", "missing"))
        return found


@defect("MSG-8", "SCH-2")
class ContextSizeAtMost16000(Backend):
    """A `contextSize` above the default is refused."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found and body.get("contextSize", 0) > 16000:
            found.append(validation.problem("contextSize", "expected at most 16000", "outOfRange"))
        return found


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
    """A message to an unknown conversation is a 500."""

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


@defect("ERR-1", "MSG-9")
class PatchOfUnknownFails(KnowsEverything):
    """A patch of an unknown conversation is a 500."""

    forgiving = ("update_conversation",)


# What is forbidden although the contract allows it


class Picky(Backend):
    """Refuses some messages that are valid."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found and self.minds(body):
            return [validation.problem("text", "not acceptable", "outOfRange")]
        return found

    def minds(self, body: Json) -> bool:
        """Whether this one is refused."""
        raise NotImplementedError


@defect("SCH-2")
class EmptyTextRefused(Picky):
    """A message with the text `""` is refused."""

    def minds(self, body: Json) -> bool:
        return not body["text"]


@defect("SCH-2")
class LongTextRefused(Picky):
    """A text of more than 2,000 characters is refused."""

    def minds(self, body: Json) -> bool:
        return len(body["text"]) > 2000


@defect("SCH-2")
class UnknownPropertiesOfMessagesRefused(Picky):
    """A message with a property that is not documented is refused."""

    def minds(self, body: Json) -> bool:
        return bool(set(body) - set(validation.MESSAGE))


@defect("SCH-2")
class EmptyContextRefused(Picky):
    """A message with an empty `additionalContext` is refused."""

    def minds(self, body: Json) -> bool:
        return body.get("additionalContext") == []


@defect("SCH-2", "MSG-7")
class NegativeEntryIdRefused(Picky):
    """A context entry with an `id` below 1 is refused."""

    def minds(self, body: Json) -> bool:
        return any(int(entry["id"]) < 1 for entry in body.get("additionalContext", []))


@defect("SCH-2", "MOD-1")
class SameTextRefused(Backend):
    """A new message with the text of an earlier one of this conversation is refused as spam."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        _, earlier = self.store.list_messages(conversation, 0, 1000)
        if any(message["text"] == each.text and message["id"] != each.id for each in earlier):
            raise Refused(422, "validationFailed", "This was said before.", [])
        return super().generate(conversation, message)
