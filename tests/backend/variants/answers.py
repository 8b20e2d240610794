"""Answers in another form, and requests judged more strictly or more kindly."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import gzip
import itertools
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import variant
from tests.backend.store import Caller, Conversation, Store
from tests.backend.validation import Field, Problem

# Statuses


@variant()
class Ok200OnCreate(Backend):
    """A new conversation is answered with 200 rather than 201."""

    def answer(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return super().answer(body, 200 if status == 201 else status, headers)


@variant()
class BadInput400(Backend):
    """Invalid input is 400 rather than 422."""

    def invalid(self, problems: list[Problem]) -> Refused:
        return Refused(400, "validationFailed", "The request is not valid.", problems)


@variant()
class ForeignWorkspace404(Backend):
    """A token for another workspace gets 404."""

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        if caller.workspace != workspace:
            raise Refused(404, "notFound", "There is no such workspace.")


@variant()
class ForeignWorkspace401(Backend):
    """A token for another workspace gets 401."""

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        if caller.workspace != workspace:
            raise self.unauthenticated("The token is not for this workspace.")


@variant()
class Colleague403(Backend):
    """A colleague's conversation is 403 rather than 404."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        found = self.store.find_conversation(caller.workspace, conversation_id)
        if found and found.author != caller.name:
            raise Refused(403, "forbidden", "This conversation is a colleague's.")
        return super().find(operation, caller, conversation_id)


@variant("PAG-11")
class PastTheEndRefused(Backend):
    """A page past the end is 404."""

    def page_json(self, page: int, size: int, total: int, data: list[dict[str, Any]]) -> dict[str, Any]:
        if page > 1 and not data:
            raise Refused(404, "notFound", "There is no such page.")
        return super().page_json(page, size, total, data)


# Timestamps


@variant()
class TimestampsNaiveSeconds(Backend):
    """Timestamps in UTC without an offset and without a fraction, so that many tie."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@variant()
class TimestampsNaiveMicros(Backend):
    """Timestamps in UTC without an offset, to the microsecond."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


@variant()
class TimestampsNaiveLocal(Backend):
    """Timestamps without an offset, of a clock nine hours ahead of UTC."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, timezone(timedelta(hours=9))).strftime("%Y-%m-%dT%H:%M:%S")


@variant()
class TimestampsZulu(Backend):
    """Timestamps with `Z`."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@variant()
class TimestampsWithOffset(Backend):
    """Timestamps with `+02:00`."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, timezone(timedelta(hours=2))).isoformat(timespec="milliseconds")


@variant()
class TimestampsInBasicForms(Backend):
    """Timestamps with nine digits after a comma, and an offset without a colon."""

    def timestamp(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, timezone(timedelta(hours=-5))).strftime("%Y-%m-%dT%H:%M:%S,%f000%z")


# Values


@variant()
class IdsAreNotUuids(Store):
    """Ids of another form: short, and counted."""

    counter = itertools.count(1)

    def new_id(self) -> str:
        return f"c_{next(self.counter):06d}"


@variant()
class IdsNeedQuoting(Store):
    """Ids that a client has to quote in a path."""

    counter = itertools.count(1)

    def new_id(self) -> str:
        return f"conv:{next(self.counter)} +é%20;=&~"


@variant()
class ExtraFields(Backend):
    """Every object in every answer has more than was documented."""

    def encode(self, body: object) -> bytes:
        return super().encode(self.with_more(body))

    def with_more(self, body: object) -> object:
        if isinstance(body, dict):
            more = {"_links": {"self": "/"}, "updatedBy": None, "version": 7, "tags": ["new"]}
            return {name: self.with_more(value) for name, value in body.items()} | more
        return [self.with_more(each) for each in body] if isinstance(body, list) else body


@variant()
class NullsLeftOut(Backend):
    """A `modelName` that is null is left out, and so is the author of every conversation."""

    def conversation_json(self, conversation: Conversation) -> dict[str, Any]:
        shown = super().conversation_json(conversation) | {"legacyCustomerId": None}
        return {name: value for name, value in shown.items() if value is not None}


@variant()
class ModelDefaultNamed(Backend):
    """Without a `modelName`, the service's default is shown."""

    def conversation_json(self, conversation: Conversation) -> dict[str, Any]:
        return super().conversation_json(conversation) | {"modelName": conversation.model_name or "gpt-4o-mini"}


@variant()
class CustomerIdNull(Backend):
    """`legacyCustomerId` is null, as in conversations that are older than the field."""

    def customer_id(self, conversation: Conversation) -> int | None:
        return None


@variant()
class TotalPages1WhenEmpty(Backend):
    """An empty list has one page."""

    def total_pages(self, total: int, size: int) -> int:
        return max(1, super().total_pages(total, size))


@variant()
class SizeClamped(Backend):
    """A size above 100 is 100, and 100 is echoed."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        value, problems = super().integer(name, default)
        return min(value, at_most or value), problems


# Forms


@variant()
class ContentTypesWithCharset(Backend):
    """`application/json;charset=UTF-8` with a line break after the body, `text/event-stream; charset=utf-8`."""

    def answer(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        answer = super().answer(body, status, headers)
        answer.headers["Content-Type"] = "application/json;charset=UTF-8"
        answer.set_data(answer.get_data() + b"\r\n")
        return answer

    def event_stream(self, events: Any) -> Response:
        answer = super().event_stream(events)
        answer.headers["Content-Type"] = "text/event-stream; charset=utf-8"
        return answer


@variant("ERR-2")
class ErrorsOfAnotherShape(Backend):
    """Error bodies of another shape."""

    def refusal(self, refused: Refused) -> Response:
        detail = {"status": refused.status, "errorCode": refused.code, "text": refused.error}
        return self.answer({"detail": detail}, refused.status, refused.headers)


@variant("ERR-2")
class ErrorsInHtml(Backend):
    """Error bodies are pages for people."""

    def refusal(self, refused: Refused) -> Response:
        page = f"<!doctype html><title>{refused.status}</title><h1>{refused.error}</h1><!-- {refused.code} -->"
        return Response(page, refused.status, dict(refused.headers or {}), content_type="text/html; charset=utf-8")


@variant("ERR-2")
class ErrorsAsProblems(Backend):
    """Error bodies are `application/problem+json`."""

    def refusal(self, refused: Refused) -> Response:
        body = {"type": f"urn:problem:{refused.code}", "title": refused.error, "status": refused.status}
        answer = self.answer(body, refused.status, refused.headers)
        answer.headers["Content-Type"] = "application/problem+json"
        return answer


@variant()
class ClosesConnections(Backend):
    """HTTP/1.0: each answer closes its connection."""

    http_1_0 = True


# What is accepted


@variant()
class NullsAccepted(Backend):
    """Null for an optional field that is not nullable is accepted, as if it were not there."""

    def parse(self, raw: bytes) -> object:
        body = super().parse(raw)
        optional = {"modelName", "additionalContext", "contextSize", "category_name"}
        return self.without_nulls(
            body, optional | (set(validation.CREATE) if request.endpoint == "create_conversation" else set())
        )

    def without_nulls(self, body: object, names: set[str]) -> object:
        if isinstance(body, dict):
            kept = {name: value for name, value in body.items() if value is not None or name not in names}
            return {name: self.without_nulls(value, names) for name, value in kept.items()}
        return [self.without_nulls(each, names) for each in body] if isinstance(body, list) else body


@variant()
class ClientIdsMustBeUuids(Backend):
    """A client's message id has to be a UUID."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if not found and isinstance(body, dict) and operation in ("send_message", "open_stream"):
            try:
                uuid.UUID(body["id"])
            except ValueError:
                found = [validation.problem("id", "expected a UUID", "wrongFormat")]
        return found


@variant()
class ClientTimestampsMustBeTimestamps(Backend):
    """A client's `createdAt` has to be a timestamp."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if not found and isinstance(body, dict) and "createdAt" in fields:
            try:
                datetime.fromisoformat(body["createdAt"])
            except ValueError:
                found = [validation.problem("createdAt", "expected a timestamp", "wrongFormat")]
        return found


@variant()
class UnknownVoicesRefused(Backend):
    """Of the brand voices only `voice-1` is known, of the audiences `audience-1`."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if not found and isinstance(body, dict) and "brandVoiceId" in fields:
            for name, known in ("brandVoiceId", "voice-1"), ("targetAudienceId", "audience-1"):
                if body.get(name) not in (None, known):
                    found.append(validation.problem(name, "no such id", "unknownValue"))
        return found


@variant()
class BodyJudgedBeforeConversation(Backend):
    """An invalid body for an unknown conversation is 422 rather than 404."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        fields = {
            "update_conversation": validation.PATCH,
            "send_message": validation.MESSAGE,
            "open_stream": validation.MESSAGE,
        }
        if operation in fields:
            self.read(operation, fields[operation])
        return super().find(operation, caller, conversation_id)


@variant()
class EscapedJson(Backend):
    """JSON in ASCII: everything else is escaped, and every slash."""

    def encode(self, body: object) -> bytes:
        return json.dumps(body).replace("/", r"\/").encode()


@variant()
class ColleaguesMayRead(Backend):
    """A colleague's messages can be read by whoever knows the conversation's id."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        found = self.store.find_conversation(caller.workspace, conversation_id)
        return found if found and operation == "list_messages" else super().find(operation, caller, conversation_id)


@variant()
class MalformedIdsRefused(Backend):
    """A conversation's id that is no UUID is 422 rather than 404."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        try:
            uuid.UUID(conversation_id)
        except ValueError:
            raise self.invalid([validation.problem("conversationId", "expected a UUID", "format")]) from None
        return super().find(operation, caller, conversation_id)


@variant()
class ChallengeWithParameters(Backend):
    """`WWW-Authenticate` names the scheme in lower case, and says more."""

    def unauthenticated(self, why: str) -> Refused:
        refused = super().unauthenticated(why)
        return replace(refused, headers={"WWW-Authenticate": 'bearer realm="chat", error="invalid_token"'})


@variant()
class CompressedAnswers(Backend):
    """JSON is compressed for clients that accept it."""

    def answer(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        answer = super().answer(body, status, headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.set_data(gzip.compress(answer.get_data()))
            answer.content_encoding = "gzip"
        return answer


@variant()
class DropsIdleConnections(Backend):
    """A connection on which nothing happens is closed after a second, without a word."""

    idle_s = 1


@variant()
class ClockAhead(Backend):
    """The server's clock is three hours ahead."""

    def timestamp(self, seconds: float) -> str:
        return super().timestamp(seconds + 3 * 3600)
