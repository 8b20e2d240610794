"""MSG-4, MSG-7, MSG-8 and SCH: bodies of messages that are accepted or refused wrongly."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import SENDING, coerced, endpoint
from tests.backend.store import Conversation
from tests.backend.validation import Field, Problem

Json = dict[str, Any]

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


@defect("SCH-3", "CRE-6")
class BodyInAListAccepted(Backend):
    """A body that stands in a list of one is taken out of it."""

    def parse(self, raw: bytes) -> object:
        body = super().parse(raw)
        return body[0] if isinstance(body, list) and len(body) == 1 else body


@defect("SCH-3")
class BodyInAStringAccepted(Backend):
    """A body that was encoded twice, and is a JSON string with JSON in it, is decoded twice."""

    def parse(self, raw: bytes) -> object:
        body = super().parse(raw)
        return super().parse(body.encode("utf-8", "surrogatepass")) if isinstance(body, str) else body


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


@defect("STR-8", "MSG-7")
class ContextUncheckedInStreams(JudgesContext):
    """Anything is accepted as `additionalContext` when the reply is streamed."""

    def forgives(self, wrong: Problem) -> bool:
        return wrong["field"].startswith("additionalContext") and endpoint() == "open_stream"


@defect("SCH-3", "MSG-7")
class EntryWithoutAListAccepted(Backend):
    """One context entry is accepted where a list of them should be."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation in SENDING and isinstance(body, dict) and isinstance(body.get("additionalContext"), dict):
            body["additionalContext"] = [body["additionalContext"]]
        return super().problems(operation, body, fields)


@defect("ERR-1", "MSG-7")
class SameEntryIdTwiceFails(Backend):
    """Two context entries with the same `id` are a 500, as their key is unique."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and not found:
            ids = [entry["id"] for entry in body.get("additionalContext", [])]
            assert len(ids) == len(set(ids)), "duplicate key value violates unique constraint"
        return found


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


@defect("SCH-2", "MSG-7")
class ElevenEntriesRefused(Picky):
    """A message with more than ten context entries is refused."""

    def minds(self, body: Json) -> bool:
        return len(body.get("additionalContext", [])) > 10


@defect("SCH-2")
class BlankTextRefused(Picky):
    """A text that is nothing but spaces or line breaks is refused."""

    def minds(self, body: Json) -> bool:
        return bool(body["text"]) and not body["text"].strip()


@defect("SCH-2")
class FutureCreatedAtRefused(Picky):
    """A message whose client's clock is ahead by more than a day is refused."""

    def minds(self, body: Json) -> bool:
        with suppress(ValueError):
            sent_at = datetime.fromisoformat(body["createdAt"])
            return sent_at.replace(tzinfo=UTC) > datetime.now(UTC) + timedelta(days=1)
        return False


@defect("SCH-2", "MOD-1")
class SameTextRefused(Backend):
    """A new message with the text of an earlier one of this conversation is refused as spam."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        _, earlier = self.store.list_messages(conversation, 0, 1000)
        if any(message["text"] == each.text and message["id"] != each.id for each in earlier):
            raise Refused(422, "validationFailed", "This was said before.", [])
        return super().generate(conversation, message)
