"""CRE and LST: conversations that are made or listed wrongly."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import itertools
import threading
import time
import zlib
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import MODEL_NAMES, STEERING, Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import coerced, endpoint
from tests.backend.store import Caller, Conversation, Store
from tests.backend.validation import Field, Problem

Json = dict[str, Any]

# Create


@defect("CRE-1")
class SameBodySameConversation(Store):
    """A create like the one of the last second gives that conversation again, as protection from a double click."""

    def add_conversation(self, caller: Caller, steering: Mapping[str, Any], model_name: str | None) -> Conversation:
        _, last = self.list_conversations(caller, 0, 1)
        if last and time.time() - last[0].created_at < 1 and last[0].steering == steering:
            return last[0]
        return super().add_conversation(caller, steering, model_name)


@defect("CRE-1")
class ClientChoosesTheId(Backend):
    """An `id` in the body is taken for the conversation's."""

    def create_conversation(self, caller: Caller) -> Response:
        answer = super().create_conversation(caller)
        body = request.get_json(silent=True) or {}
        made = answer.get_json()
        if isinstance(body.get("id"), str):
            with self.store.db as db:
                db.execute("UPDATE OR IGNORE conversation SET id = ? WHERE id = ?", (body["id"], made["id"]))
            made["id"] = body["id"]
        return self.answer(made, answer.status_code, dict(answer.headers))


@defect("CRE-2", "SCH-2")
class BodyRequired(Backend):
    """Without a body nothing is created."""

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> Json:
        return super().read(operation, fields)


@defect("CRE-2", "SCH-2")
class EmptyObjectRefused(Backend):
    """`{}` creates nothing."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation == "create_conversation" and body == {}:
            return [validation.problem("", "expected at least one field", "missing")]
        return super().problems(operation, body, fields)


@defect("CRE-3")
class ModelNameNotEchoed(Backend):
    """`modelName` is always null."""

    def conversation_json(self, conversation: Conversation) -> Json:
        return super().conversation_json(conversation) | {"modelName": None}


@defect("CRE-3")
class ModelNameIsTheDatedOne(Backend):
    """`modelName` comes back with a date, as the model's vendor calls it."""

    def conversation_json(self, conversation: Conversation) -> Json:
        name = conversation.model_name
        return super().conversation_json(conversation) | {"modelName": f"{name}-0613" if name else None}


@defect("CRE-4")
class UnknownModelAccepted(Backend):
    """Any `modelName` is accepted."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        return [found for found in super().problems(operation, body, fields) if found["type"] != "unknownValue"]


@defect("CRE-4")
class UnknownModelFallsBack(UnknownModelAccepted):
    """An unknown `modelName` is taken for the default."""

    def conversation_json(self, conversation: Conversation) -> Json:
        known = conversation.model_name if conversation.model_name in MODEL_NAMES else "gpt-4o"
        return super().conversation_json(conversation) | {"modelName": known}


@defect("CRE-4")
class RefusedModelStillCreates(Backend):
    """A create with an unknown `modelName` is refused, but the conversation is there."""

    def create_conversation(self, caller: Caller) -> Response:
        try:
            return super().create_conversation(caller)
        except Refused as refused:
            if refused.problems and refused.problems[0]["type"] == "unknownValue":
                self.store.add_conversation(caller, {}, None)
            raise


@defect("CRE-6")
class RefusedTypeStillCreates(Backend):
    """A create with a field of the wrong type is refused, but the conversation is there."""

    def create_conversation(self, caller: Caller) -> Response:
        try:
            return super().create_conversation(caller)
        except Refused as refused:
            if refused.problems and refused.problems[0]["type"] == "wrongType":
                self.store.add_conversation(caller, {}, None)
            raise


@defect("CRE-6", "SCH-3")
class CreateCoercesTypes(Backend):
    """A create takes `5` for `"5"`, and `"5"` for `5`."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation == "create_conversation":
            coerced(body, fields)
        return super().problems(operation, body, fields)


@defect("CRE-6", "SCH-3")
class CreateDropsWrongTypes(Backend):
    """A create ignores fields of the wrong type."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation == "create_conversation" and isinstance(body, dict):
            for wrong in found:
                body.pop(wrong["field"], None)
            return super().problems(operation, body, fields)
        return found


@defect("CRE-6", "SCH-3")
class PersonalityIdUnchecked(Backend):
    """A create takes anything for `personalityId`, which steers nothing after all."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        creating = operation == "create_conversation"
        return [wrong for wrong in found if not (creating and wrong["field"] == "personalityId")]


@defect("SCH-3", "CRE-6")
class ArrayBodyCreates(Backend):
    """A create with `[]` for a body is one with `{}`."""

    def parse(self, raw: bytes) -> object:
        body = super().parse(raw)
        return {} if endpoint() == "create_conversation" and isinstance(body, list) else body


@defect("CRE-5")
class CustomerIdOfTheConversation(Backend):
    """`legacyCustomerId` differs from one conversation to the next."""

    def customer_id(self, conversation: Conversation) -> int | None:
        return zlib.crc32(conversation.id.encode())


@defect("CRE-5")
class CustomerIdFromTheBody(Backend):
    """`legacyCustomerId` is taken from the body, where a client sends one."""

    def customer_id(self, conversation: Conversation) -> int | None:
        body = request.get_json(silent=True) if endpoint() == "create_conversation" else None
        given = body.get("legacyCustomerId") if isinstance(body, dict) else None
        return given if isinstance(given, int) else super().customer_id(conversation)


@defect("SCH-1", "CRE-1")
class IdIsANumber(Store):
    """The ids of conversations are numbers in JSON."""

    counter = itertools.count(1)

    def new_id(self) -> str:
        return str(next(self.counter))


@defect(name="id_is_a_number")
class _IdIsShownAsANumber(Backend):
    def conversation_json(self, conversation: Conversation) -> Json:
        return super().conversation_json(conversation) | {"id": int(conversation.id)}


@defect("SCH-1")
class CreatedAtMissing(Backend):
    """Conversations have no `createdAt`."""

    def conversation_json(self, conversation: Conversation) -> Json:
        shown = super().conversation_json(conversation)
        del shown["createdAt"]
        return shown


@defect("SCH-1")
class TimestampsAreNumbers(Backend):
    """Timestamps are seconds since 1970, as a number."""

    def conversation_json(self, conversation: Conversation) -> Json:
        return super().conversation_json(conversation) | {"createdAt": conversation.created_at}


@defect("SCH-1")
class TimestampsWithSpaces(Backend):
    """Timestamps have a space between date and time, as SQL writes them."""

    def timestamp(self, seconds: float) -> str:
        return str(datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None))


@defect("CRE-1")
class CreatesAtOnceAreOne(Store):
    """Creates of one caller that arrive at once make one conversation between them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.under_way: dict[Caller, Future[Conversation]] = {}
        self.looking = threading.Lock()

    def add_conversation(self, caller: Caller, steering: Mapping[str, Any], model_name: str | None) -> Conversation:
        with self.looking:
            other = self.under_way.get(caller)
            if other is None:
                mine = self.under_way[caller] = Future()
        if other is not None:
            return other.result(10)
        time.sleep(0.02)
        mine.set_result(super().add_conversation(caller, steering, model_name))
        with self.looking:
            del self.under_way[caller]
        return mine.result()


@defect("CRE-3")
class ModelNameSticks(Backend):
    """Without a `modelName` a conversation has that of the one that was made before it."""

    last: str | None = None

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> Json:
        body = super().read(operation, fields, required=required)
        if operation == "create_conversation":
            self.last = body.get("modelName", self.last)
            return body if self.last is None else body | {"modelName": self.last}
        return body


@defect("CRE-4", "SCH-3")
class EmptyModelNameIsNone(Backend):
    """A `modelName` that is `""` counts as not given."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation == "create_conversation" and isinstance(body, dict) and body.get("modelName") == "":
            del body["modelName"]
        return super().problems(operation, body, fields)


@defect("MOD-1")
class SteeringSticks(Backend):
    """A create without a body has the steering of the caller's last one with a body."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.last: dict[str, Json] = {}

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> Json:
        body = super().read(operation, fields, required=required)
        if operation != "create_conversation":
            return body
        token = request.headers["Authorization"]
        if request.get_data():
            self.last[token] = {name: body[name] for name in STEERING if name in body}
        return self.last.get(token, {}) | body


# List


@defect("LST-1")
class OldestFirst(Store):
    """The oldest conversation comes first."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        return super().cut(rows, args, order.replace("DESC", "ASC"), offset, limit)


@defect("LST-1")
class OrderedById(Store):
    """Conversations are listed by their ids."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        return super().cut(rows, args, "id" if "conversation WHERE workspace" in rows else order, offset, limit)


@defect("LST-1", "PAG-6")
class TiesInAnyOrder(Store):
    """Conversations of the same second are listed in another order at each call."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        any_order = "CAST(created_at AS INTEGER) DESC, random()"
        return super().cut(rows, args, any_order if "created_at" in order else order, offset, limit)


@defect(name="ties_in_any_order")
class _TiesAreShown(Backend):
    def timestamp(self, seconds: float) -> str:
        return super().timestamp(float(int(seconds)))


@defect("LST-1")
class ActivityMovesUp(Store):
    """A conversation in which something was said moves to the top."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        last = "(SELECT max(m.number) FROM message AS m WHERE m.conversation = conversation.id)"
        return super().cut(rows, args, f"{last} DESC, {order}" if "created_at" in order else order, offset, limit)


@defect("LST-2")
class ColleaguesAreListed(Store):
    """The list has the conversations of everyone in the workspace."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        rows, order = "FROM conversation WHERE workspace = ?", "created_at DESC, number DESC"
        total, found = self.cut(rows, (caller.workspace,), order, offset, limit)
        return total, [self.read_conversation(row) for row in found]


@defect("LST-2")
class OtherWorkspacesAreListed(Store):
    """The list has what a caller of this name made in any workspace."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        rows, order = "FROM conversation WHERE author = ?", "created_at DESC, number DESC"
        total, found = self.cut(rows, (caller.name,), order, offset, limit)
        return total, [self.read_conversation(row) for row in found]


@defect("LST-3")
class ListedCreatedAtRounded(Backend):
    """In the list, `createdAt` has no fraction; in the answer of create it has one."""

    def timestamp(self, seconds: float) -> str:
        return super().timestamp(float(int(seconds)) if endpoint() == "list_conversations" else seconds)


@defect("LST-3", "PAT-7")
class ListedCreatedAtIsNow(Backend):
    """In the list, `createdAt` is the time of the call."""

    def conversation_json(self, conversation: Conversation) -> Json:
        listed = endpoint() == "list_conversations"
        return super().conversation_json(replace(conversation, created_at=time.time()) if listed else conversation)


@defect("LST-3")
class ListedWithoutModelName(Backend):
    """In the list, `modelName` is null."""

    def conversation_json(self, conversation: Conversation) -> Json:
        listed = endpoint() == "list_conversations"
        return super().conversation_json(replace(conversation, model_name=None) if listed else conversation)


@defect("LST-3")
class ListedAfterFirstMessage(Store):
    """A conversation is listed once something was said in it."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        rows = "FROM conversation WHERE workspace = ? AND author = ? AND id IN (SELECT conversation FROM message)"
        total, found = self.cut(rows, tuple(caller[::-1]), "created_at DESC, number DESC", offset, limit)
        return total, [self.read_conversation(row) for row in found]


@defect("LST-3")
class ListedThreeSecondsLate(Store):
    """A new conversation is listed after three seconds, as from a replica that lags."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        rows = "FROM conversation WHERE workspace = ? AND author = ? AND created_at < CAST(? AS REAL)"
        until = str(time.time() - 3)
        total, found = self.cut(rows, (*caller[::-1], until), "created_at DESC, number DESC", offset, limit)
        return total, [self.read_conversation(row) for row in found]


@defect("MOD-1", "PAG-6")
class ListStopsAtTwentyFive(Store):
    """Only a caller's newest 25 conversations are there."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        total, found = super().list_conversations(caller, offset, min(limit, max(25 - offset, 0)))
        return min(total, 25), found


@defect("LST-1")
class SortedAsText(Store):
    """Conversations are sorted by their `createdAt` as text, in which trailing zeros are left out."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        total, found = super().list_conversations(caller, 0, 100_000)
        found.sort(key=lambda each: without_trailing_zeros(each.created_at), reverse=True)
        return total, found[offset : offset + limit]


@defect(name="sorted_as_text")
class _TrailingZerosLeftOut(Backend):
    def timestamp(self, seconds: float) -> str:
        return without_trailing_zeros(seconds)


def without_trailing_zeros(seconds: float) -> str:
    """A timestamp as Go writes it: to the millisecond, but `.5Z` rather than `.500Z`."""
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return written.rstrip("0").removesuffix(".") + "Z"


@defect("LST-2", "PAG-6")
class SecondPageListsColleagues(Store):
    """From the second page on the list has the conversations of everyone in the workspace."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        total, found = super().list_conversations(caller, offset, limit)
        if offset:
            rows, order = "FROM conversation WHERE workspace = ?", "created_at DESC, number DESC"
            _, all_found = self.cut(rows, (caller.workspace,), order, offset, limit)
            found = [self.read_conversation(row) for row in all_found]
        return total, found


@defect("PAG-6", "PAG-7")
class ListedOncePerMessage(Store):
    """A conversation is listed as often as something was said in it, as by a join with the messages."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        joined = "conversation AS c LEFT JOIN message AS m ON m.conversation = c.id"
        rows = f"FROM (SELECT c.* FROM {joined} WHERE c.workspace = ? AND c.author = ?)"  # noqa: S608
        order = "created_at DESC, number DESC"
        total, found = self.cut(rows, (caller.workspace, caller.name), order, offset, limit)
        return total, [self.read_conversation(row) for row in found]


@defect("LST-3", "PAG-7")
class SizedListCached(Backend):
    """A list is cached for two seconds, and a create drops only the one that was asked for without a `size`."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cached: dict[tuple[Caller, bytes], tuple[float, bytes]] = {}

    def list_conversations(self, caller: Caller) -> Response:
        if "size" not in request.args:
            return super().list_conversations(caller)
        key = caller, request.query_string
        since, body = self.cached.get(key, (0.0, b""))
        if time.monotonic() - since > 2:
            body = super().list_conversations(caller).get_data()
            self.cached[key] = time.monotonic(), body
        return Response(body, content_type="application/json")
