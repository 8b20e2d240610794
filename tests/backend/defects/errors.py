"""ERR and SCH: input that is too much for the backend, and errors that say the wrong thing."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import endpoint
from tests.backend.store import Caller, Conversation, Message
from tests.backend.validation import Field, Problem

# 500


class FailsAtText(Backend):
    """Fails at some of the strings that clients send."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if isinstance(body, dict) and not found:
            for name in fields:
                if isinstance(body.get(name), str):
                    self.use(body[name])
        return found

    def use(self, text: str) -> object:
        """What is done with each string."""
        raise NotImplementedError


@defect("ERR-1")
class NulCharacterFails(FailsAtText):
    """A NUL in a string is a 500, as PostgreSQL takes none."""

    def use(self, text: str) -> object:
        if "\0" in text:
            raise ValueError("a string cannot contain NUL characters")
        return None


@defect("ERR-1")
class LoneSurrogateFails(FailsAtText):
    """Half a surrogate pair in a string is a 500, as it has no UTF-8."""

    def use(self, text: str) -> object:
        return text.encode()


@defect("ERR-1")
class LongTextFails(FailsAtText):
    """A string of more than 65,535 characters is a 500, as the column is full."""

    def use(self, text: str) -> object:
        if len(text) > 65535:
            raise ValueError("data too long for column")
        return None


@defect("ERR-1")
class EmojiFails(FailsAtText):
    """A character beyond the first 65,536 is a 500, as in MySQL's old utf8."""

    def use(self, text: str) -> object:
        if any(ord(character) > 0xFFFF for character in text):
            raise ValueError("incorrect string value")
        return None


@defect("ERR-1")
class QuoteInTextFails(FailsAtText):
    """A quote in a string is a 500, as the statement is made of strings."""

    def use(self, text: str) -> object:
        text = text.replace("\0", "").encode("utf-8", "ignore").decode()  # which fail for other reasons
        return self.store.db.execute(f"SELECT '{text}'").fetchone()


@defect("ERR-1")
class PercentInTextFails(FailsAtText):
    """A percent sign in a string is a 500, as the log takes it for a format."""

    def use(self, text: str) -> object:
        return text.replace("%%", "") % () if "%" in text else None


@defect("ERR-1")
class LineSeparatorFails(FailsAtText):
    """U+2028 in a string is a 500."""

    def use(self, text: str) -> object:
        if "\u2028" in text:
            raise ValueError("unterminated string literal")
        return None


@defect("ERR-1")
class BracesInTextFail(FailsAtText):
    """A brace in a string is a 500, as the prompt's template takes it for a place to fill."""

    def use(self, text: str) -> object:
        return text.format()


@defect("ERR-1")
class SpecialTokenFails(FailsAtText):
    """A string with one of the model's special tokens in it is a 500, as the tokenizer refuses it."""

    def use(self, text: str) -> object:
        if "<|endoftext|>" in text:
            raise ValueError("Encountered text corresponding to disallowed special token '<|endoftext|>'.")
        return None


@defect("ERR-1")
class OddCreatedAtFails(Backend):
    """A client's `createdAt` that is no date and time is a 500."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if "createdAt" in fields and isinstance(body, dict) and not found:
            datetime.fromisoformat(body["createdAt"])
        return found


@defect("ERR-1", "SCH-2")
class ZuluCreatedAtFails(Backend):
    """A client's `createdAt` with a `Z` is a 500, as to Python 3.10."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if "createdAt" in fields and isinstance(body, dict) and not found and body["createdAt"].endswith("Z"):
            raise ValueError("Invalid isoformat string")
        return found


@defect("ERR-1", "MSG-8")
class TrimmedHistoryFails(Backend):
    """From the second turn on a message is a 500 where `contextSize` leaves nothing of the history."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        total, _ = self.store.list_messages(conversation, 0, 1)
        history = self.store.history(conversation, message.get("contextSize", 16000))
        assert total == 1 or history, "messages must not be empty"
        return super().generate(conversation, message)


@defect("ERR-1")
class BigBodyFails(Backend):
    """A body that is larger than the server takes is a 500."""

    def refusal(self, refused: Refused) -> Response:
        return super().refusal(Refused(500, "internalError", "No.") if refused.status == 413 else refused)


@defect("ERR-1", "AUT-1")
class TokenBeyondAsciiFails(Backend):
    """A token with a character beyond ASCII is a 500, as Python compares digests of none."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        hmac.compare_digest(authorization, "Bearer admin")
        return super().authenticate(operation, authorization)


@defect("ERR-1")
class QuoteInWorkspaceFails(Backend):
    """A quote in a path is a 500, even before the token is looked at."""

    def call(self, operation: str, workspace: str, conversation_id: str | None = None) -> Response:
        self.store.db.execute(f"SELECT '{workspace}', '{conversation_id or ''}'".replace("\0", ""))
        return super().call(operation, workspace, conversation_id)


@defect("ERR-1")
class BigIntegerFails(Backend):
    """An integer beyond 64 bits is a 500, as SQLite takes none."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        integers = body.values() if isinstance(body, dict) and not found else ()
        for integer in integers:
            if type(integer) is int:
                self.store.db.execute("SELECT ?", (integer,)).fetchone()
        return found


@defect("ERR-1")
class NegativeContextSizeFails(Backend):
    """A `contextSize` below 1 is a 500."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        if message.get("contextSize", 1) < 1:
            raise IndexError("no room for the system prompt")
        return super().generate(conversation, message)


@defect("ERR-1")
class DeepJsonFails(Backend):
    """JSON that is nested too deeply is a 500."""

    def parse(self, raw: bytes) -> object:
        with suppress(ValueError):
            json.loads(raw)
        return super().parse(raw)


@defect("ERR-1", "ERR-3")
class MalformedJsonFails(Backend):
    """Malformed JSON is a 500."""

    def parse(self, raw: bytes) -> object:
        return json.loads(raw)


@defect("ERR-1", "ERR-3")
class NotUtf8Fails(Backend):
    """A body that is not UTF-8 is a 500."""

    def parse(self, raw: bytes) -> object:
        return super().parse(raw.decode().encode())


@defect("ERR-1")
class ArrayBodyFails(Backend):
    """A body that is JSON but no object is a 500."""

    def problems(self, operation: str, body: Any, fields: Mapping[str, Field]) -> list[Problem]:
        body.get("id")
        return super().problems(operation, body, fields)


@defect("ERR-1")
class EmptyBodyFails(Backend):
    """No body where one is needed is a 500."""

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> dict[str, Any]:
        if required:
            request.get_data()[0]
        return super().read(operation, fields, required=required)


@defect("ERR-1", "ERR-3")
class OtherMediaTypeFails(Backend):
    """A body of another media type is a 500."""

    def judge_media_type(self) -> None:
        assert request.mimetype == "application/json"


@defect("ERR-1", "ERR-3")
class OtherMethodFails(Backend):
    """A method that a path does not have is a 500."""

    def refusal(self, refused: Refused) -> Response:
        return super().refusal(Refused(500, "internalError", "No.") if refused.status == 405 else refused)


@defect("ERR-1", "AUT-1")
class OddTokenFails(Backend):
    """A token that is none is a 500."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        _, token = authorization.split(" ") if authorization else ("", "")
        if token:
            _, _ = token.split("@")
        return super().authenticate(operation, authorization)


# Errors that say the wrong thing


@defect("ERR-2")
class ErrorBodiesAreText(Backend):
    """Errors are plain text."""

    def refusal(self, refused: Refused) -> Response:
        text = f"{refused.error} ({refused.code})"
        return Response(text, refused.status, dict(refused.headers or {}), content_type="text/plain")


@defect("ERR-2")
class ErrorsAreNotListed(Backend):
    """A validation error does not say which fields are wrong."""

    def invalid(self, problems: list[Problem]) -> Refused:
        return Refused(422, "validationFailed", "The request is not valid.")


@defect("ERR-2")
class ErrorIsAnObject(Backend):
    """`error` is an object."""

    def refusal(self, refused: Refused) -> Response:
        body = {"error": {"message": refused.error, "code": refused.code}}
        return self.answer(body, refused.status, refused.headers)


@defect("ERR-2")
class ErrorHasNoText(Backend):
    """An error has a `code`, and no `error`."""

    def refusal(self, refused: Refused) -> Response:
        return self.answer({"code": refused.code, "errors": []}, refused.status, refused.headers)


@defect("ERR-3", "SCH-3")
class MalformedJsonIsNone(Backend):
    """A create with malformed JSON is one without a body."""

    def parse(self, raw: bytes) -> object:
        try:
            return super().parse(raw)
        except Refused:
            if endpoint() != "create_conversation":
                raise
            return {}


@defect("ERR-3")
class OtherMethod404(Backend):
    """A method that a path does not have is 404."""

    def refusal(self, refused: Refused) -> Response:
        return super().refusal(Refused(404, "notFound", "Nothing here.") if refused.status == 405 else refused)


@defect("ERR-3", "SCH-3")
class AnyMediaTypeAccepted(Backend):
    """JSON is accepted whatever media type it says to be."""

    def judge_media_type(self) -> None:
        pass


@defect("ERR-3", "SCH-3")
class TextAcceptedAsJson(Backend):
    """JSON is accepted as `text/plain`."""

    def judge_media_type(self) -> None:
        if request.mimetype != "text/plain":
            super().judge_media_type()


@defect("ERR-3", "SCH-3")
class TrailingGarbageAccepted(Backend):
    """What follows the JSON of a body is ignored, as Go's decoder does."""

    def parse(self, raw: bytes) -> object:
        try:
            return json.JSONDecoder().raw_decode(raw.decode())[0]
        except (ValueError, RecursionError):
            return super().parse(raw)


@defect("ERR-3", "SCH-3")
class FormsAccepted(Backend):
    """A body may be a form, with the fields that JSON would have."""

    def judge_media_type(self) -> None:
        if request.mimetype != "application/x-www-form-urlencoded":
            super().judge_media_type()

    def parse(self, raw: bytes) -> object:
        if request.mimetype == "application/x-www-form-urlencoded":
            return dict(parse_qsl(raw.decode(errors="replace")))
        return super().parse(raw)


@defect("ERR-3")
class PutIsPatch(Backend):
    """A PUT on a conversation is taken for a patch."""

    def refusal(self, refused: Refused) -> Response:
        path = request.path.split("/")
        if refused.status == 405 and request.method == "PUT" and len(path) == 7:
            try:
                return self.call("update_conversation", path[4], path[6])
            except Refused as other:
                refused = other
        return super().refusal(refused)


# Schemas


@defect("SCH-1")
class ListsAreHtml(Backend):
    """Lists say that they are HTML."""

    def list_conversations(self, caller: Caller) -> Response:
        return self.as_html(super().list_conversations(caller))

    def list_messages(self, conversation: Conversation) -> Response:
        return self.as_html(super().list_messages(conversation))

    def as_html(self, answer: Response) -> Response:
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
        return answer


@defect("SCH-1")
class CancelAnswersText(Backend):
    """A cancel is answered with `OK`."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        super().cancel_stream(conversation)
        return Response("OK", content_type="text/plain")


@defect("SCH-1")
class CustomerIdIsText(Backend):
    """`legacyCustomerId` is a string."""

    def conversation_json(self, conversation: Conversation) -> dict[str, Any]:
        shown = super().conversation_json(conversation)
        return shown | {"legacyCustomerId": str(shown["legacyCustomerId"])}


@defect("SCH-1")
class ListedMessagesLackCreatedAt(Backend):
    """Messages in the list have no `createdAt`."""

    def message_json(self, message: Message) -> dict[str, Any]:
        shown = super().message_json(message)
        if endpoint() == "list_messages":
            del shown["createdAt"]
        return shown


@defect("SCH-1", "MSG-1")
class MessageAnswers201(Backend):
    """A message is answered with 201."""

    def send_message(self, conversation: Conversation) -> Response:
        answer = super().send_message(conversation)
        answer.status_code = 201
        return answer


@defect("SCH-1")
class EmptyObjectIsAList(Backend):
    """A patch or a cancel is answered with `[]`, as PHP writes an object without properties."""

    def answer(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return super().answer([] if body == {} else body, status, headers)


@defect("SCH-2")
class CharsetRefused(Backend):
    """A body of `application/json; charset=utf-8` is refused as another media type."""

    def judge_media_type(self) -> None:
        if request.content_type != request.mimetype:
            raise Refused(415, "unsupportedMediaType", "Send application/json.")
        super().judge_media_type()


@defect("SCH-2", "STR-1")
class StreamsWantAnAcceptHeader(Backend):
    """A stream whose client does not ask for `text/event-stream` in so many words is 406."""

    def open_stream(self, conversation: Conversation) -> Response:
        if "text/event-stream" not in request.headers.get("Accept", ""):
            raise Refused(406, "notAcceptable", "Accept text/event-stream.")
        return super().open_stream(conversation)


@defect("LCK-1", "ERR-2")
class ErrorsNotAcceptable(Backend):
    """A stream's error is 406 where the client accepts `text/event-stream` and nothing else, as in Spring."""

    def refusal(self, refused: Refused) -> Response:
        narrow = request.headers.get("Accept", "") == "text/event-stream"
        if endpoint() == "open_stream" and narrow and refused.status not in (401, 403):
            return Response(status=406)
        return super().refusal(refused)


@defect("SCH-2")
class UnknownPropertiesRefused(Backend):
    """A create or a patch with a property that is not documented is refused."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if isinstance(body, dict) and "personality" in fields:
            found += [validation.problem(name, "unknown", "unknownField") for name in body if name not in fields]
        return found


class RefusesPersonality(Backend):
    """Refuses some personalities that are valid."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        personality = body.get("personality") if isinstance(body, dict) and "personality" in fields else None
        if not found and isinstance(personality, str) and self.minds(personality):
            found.append(validation.problem("personality", "not acceptable", "outOfRange"))
        return found

    def minds(self, personality: str) -> bool:
        raise NotImplementedError


@defect("SCH-2", "PAT-2")
class EmptyPersonalityRefused(RefusesPersonality):
    """An empty personality is refused."""

    def minds(self, personality: str) -> bool:
        return not personality


@defect("SCH-2", "PAT-2")
class LongPersonalityRefused(RefusesPersonality):
    """A personality of more than 255 characters is refused."""

    def minds(self, personality: str) -> bool:
        return len(personality) > 255


@defect("SCH-2")
class NegativePersonalityIdRefused(Backend):
    """A `personalityId` below 1 is refused."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if not found and isinstance(body, dict) and "personalityId" in fields and body.get("personalityId", 1) < 1:
            found.append(validation.problem("personalityId", "expected at least 1", "outOfRange"))
        return found


# Sequences


@defect("MOD-1", "MSG-2")
class FifthTurnLost(Backend):
    """Of a conversation's turns the fifth one is answered, but not stored."""

    def send_message(self, conversation: Conversation) -> Response:
        total, _ = self.store.list_messages(conversation, 0, 1)
        answer = super().send_message(conversation)
        if total == 8:
            with self.store.db as db:
                newest = "SELECT number FROM message WHERE conversation = ? ORDER BY number DESC LIMIT 2"
                db.execute(f"DELETE FROM message WHERE number IN ({newest})", (conversation.id,))  # noqa: S608
        return answer


@defect("MOD-1", "MSG-2")
class OnlyTheNewestTenMessages(Backend):
    """A conversation has its newest ten messages."""

    def list_messages(self, conversation: Conversation) -> Response:
        with self.store.db as db:
            newest = "SELECT number FROM message WHERE conversation = ? ORDER BY number DESC LIMIT 10"
            delete = f"DELETE FROM message WHERE conversation = ? AND number NOT IN ({newest})"  # noqa: S608
            db.execute(delete, (conversation.id, conversation.id))
        return super().list_messages(conversation)
