"""The backend: from an HTTP request to a turn and back."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from tests.backend import validation
from tests.backend.model import Model
from tests.backend.store import Caller, Conversation, Message, Store
from tests.backend.turns import End, Locked, Stream, Turns
from tests.backend.validation import Field, Problem

ROOT = "/api/v1/workspaces/<workspace>/conversations"
OPERATIONS = {
    "create_conversation": ("POST", ""),
    "list_conversations": ("GET", ""),
    "update_conversation": ("PATCH", "/<conversation_id>"),
    "send_message": ("POST", "/<conversation_id>/messages"),
    "list_messages": ("GET", "/<conversation_id>/messages"),
    "open_stream": ("POST", "/<conversation_id>/message-streams"),
    "cancel_stream": ("DELETE", "/<conversation_id>/message-streams"),
}
MODEL_NAMES = {"gpt-4", "gpt-4o", "claude-sonnet-4-5"}
STEERING = ("personality", "brandVoiceId", "targetAudienceId")
BIGGEST_BODY = 4 * 1024 * 1024
CODES = {400: "malformedRequest", 404: "notFound", 405: "methodNotAllowed", 413: "payloadTooLarge"}
FAULT = "!fault error"  # in a message to a stream: it fails after some deltas (LCK-9)

_TOKEN = re.compile(r"Bearer (?P<expired>expired:)?(?P<caller>[^\s@:]+)@(?P<workspace>[^\s@:]+)")
_FAULT_AFTER = re.compile(re.escape(FAULT) + r"(?: after=(\d{1,3}))?")
_INTEGER = re.compile(r"-?[0-9]{1,1000}")


@dataclass
class Refused(Exception):
    """A request that gets an error answer."""

    status: int
    code: str
    error: str
    problems: list[Problem] | None = None
    headers: Mapping[str, str] | None = None


class Backend:
    """The seven operations. Each may raise `Refused`."""

    http_1_0 = False  # how it is to be served
    idle_s = 120  # how long a connection on which nothing happens stays open

    def __init__(self, store: Store, model: Model, turns: Turns) -> None:
        self.store = store
        self.model = model
        self.turns = turns

    # Who calls, and what with

    def call(self, operation: str, workspace: str, conversation_id: str | None = None) -> Response:
        """Every call: 401 before anything else (AUT-1), then 403, then 404, then what the operation says."""
        caller = self.authenticate(operation, request.headers.get("Authorization", ""))
        self.admit(operation, caller, workspace)
        run = getattr(self, operation)
        answer: Response = (
            run(caller) if conversation_id is None else run(self.find(operation, caller, conversation_id))
        )
        return answer

    def authenticate(self, operation: str, authorization: str) -> Caller:
        """The caller that a token names."""
        token = _TOKEN.fullmatch(authorization)
        if not token:
            raise self.unauthenticated("A bearer token is needed.")
        if token["expired"]:
            raise self.unauthenticated("The token has expired.")
        return Caller(token["caller"], token["workspace"])

    def unauthenticated(self, why: str) -> Refused:
        """401."""
        return Refused(401, "unauthenticated", why, headers={"WWW-Authenticate": "Bearer"})

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        """AUT-2: the path's workspace is the token's."""
        if caller.workspace != workspace:
            raise Refused(403, "forbidden", f"The token is for another workspace than {workspace}.")

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        """The caller's conversation. A colleague's is not there (AUT-5)."""
        found = self.store.find_conversation(caller.workspace, conversation_id)
        if found is None or found.author != caller.name:
            raise Refused(404, "notFound", "There is no conversation with this id.")
        return found

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> dict[str, Any]:
        """The request's body, valid after `fields`."""
        raw = request.get_data()
        if not raw and not required:
            return {}
        self.judge_media_type()
        body = self.parse(raw)
        problems = self.problems(operation, body, fields)
        if problems:
            raise self.invalid(problems)
        assert isinstance(body, dict)
        return body

    def judge_media_type(self) -> None:
        """The request's body says that it is JSON."""
        if request.mimetype != "application/json":
            raise Refused(415, "unsupportedMediaType", "Send application/json.")

    def parse(self, raw: bytes) -> object:
        """JSON."""
        try:
            return json.loads(raw, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refused(400, "malformedRequest", "The body is not JSON.") from None

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        """What is wrong with a body: its fields, then what only some operations ask for."""
        found = validation.problems(body, fields)
        if found or not isinstance(body, dict):
            return found
        if operation == "create_conversation" and body.get("modelName", "gpt-4") not in MODEL_NAMES:
            return [validation.problem("modelName", "no such model", "unknownValue")]
        if operation == "update_conversation" and not any(name in body for name in STEERING):
            return [validation.problem("", f"one of {', '.join(STEERING)} is needed", "missing")]
        return []

    def invalid(self, problems: list[Problem]) -> Refused:
        """422, with everything that is wrong."""
        return Refused(422, "validationFailed", "The request is not valid.", problems)

    # Conversations

    def create_conversation(self, caller: Caller) -> Response:
        """`POST /conversations`."""
        body = self.read("create_conversation", validation.CREATE, required=False)
        steering = {name: body[name] for name in STEERING if name in body}
        made = self.store.add_conversation(caller, steering, body.get("modelName"))
        return self.answer(self.conversation_json(made), 201, {"X-Failing-Message": f"{FAULT} after=2"})

    def list_conversations(self, caller: Caller) -> Response:
        """`GET /conversations`."""
        page, size = self.page_and_size()
        total, found = self.store.list_conversations(caller, *self.offset_and_limit(page, size))
        return self.answer(self.page_json(page, size, total, [self.conversation_json(each) for each in found]))

    def update_conversation(self, conversation: Conversation) -> Response:
        """`PATCH /conversations/{conversationId}`."""
        body = self.read("update_conversation", validation.PATCH)
        self.store.set_steering(conversation, {name: body[name] for name in STEERING if name in body})
        return self.answer({})

    # Messages

    def send_message(self, conversation: Conversation) -> Response:
        """`POST /conversations/{conversationId}/messages`: the reply that is there, or a new one."""
        message = self.read("send_message", validation.MESSAGE)
        with self.turns.answer_alone(conversation, message["id"]):
            reply = self.store.reply_to(conversation, message["id"])
            if reply is None:
                self.refuse_while_streaming(conversation)
                self.store.add_user_message(conversation, message)
                text = self.generate(conversation, message)
                self.model.think()
                reply = self.store.add_reply(conversation, message["id"], text)
        return self.answer(self.message_json(reply))

    def refuse_while_streaming(self, conversation: Conversation) -> None:
        """LCK-10: a new message waits for nothing, it is refused."""
        if self.turns.active_stream(conversation):
            raise self.locked()

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        """What the model says."""
        history = self.store.history(conversation, message.get("contextSize", 16000))
        return self.model.reply(message["text"], conversation.steering, history)

    def list_messages(self, conversation: Conversation) -> Response:
        """`GET /conversations/{conversationId}/messages`."""
        page, size = self.page_and_size()
        total, found = self.store.list_messages(conversation, *self.offset_and_limit(page, size))
        return self.answer(self.page_json(page, size, total, [self.message_json(each) for each in found]))

    # Streams

    def open_stream(self, conversation: Conversation) -> Response:
        """`POST /conversations/{conversationId}/message-streams`: the reply as it grows, or the one that is there."""
        message = self.read("open_stream", validation.MESSAGE)
        try:
            stream = self.turns.open_stream(conversation, message["id"])
        except Locked:
            raise self.locked() from None
        try:
            reply = self.store.reply_to(conversation, message["id"])
            if reply:
                self.finish(stream, "unused")
                return self.event_stream(self.replayed_events(reply))
            self.store.add_user_message(conversation, message)
            text = self.generate(conversation, message)
        except BaseException:
            self.finish(stream, "unused")
            raise
        response = self.event_stream(self.events(stream, text, self.fails_after(message["text"])))
        response.call_on_close(lambda: self.hang_up(stream))
        return response

    def locked(self) -> Refused:
        """409."""
        return Refused(409, "conversationLocked", "A stream is active in this conversation.")

    def fails_after(self, text: str) -> int | None:
        """After how many deltas the stream shall fail, where the message asks for a failure."""
        fault = _FAULT_AFTER.search(text)
        return int(fault[1] or 2) if fault else None

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        """The events of a stream: deltas, then the final message or an error. A cancelled one just ends."""
        for sent, piece in enumerate(self.model.produce(text, stream.over)):
            if sent == fails_after:
                break
            if not stream.note(piece):
                return
            yield self.event("delta", {"delta": piece})
        if fails_after is not None:
            self.finish(stream, "failed")
            yield self.event("error", {"error": "The model failed.", "code": "generationFailed"})
        elif reply := self.finish(stream, "done"):
            yield self.event("message", {"message": self.message_json(reply)})

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        """The events of a reply that was given before."""
        return [self.event("message", {"message": self.message_json(reply)})]

    def finish(self, stream: Stream, end: End) -> Message | None:
        """The way out of every stream, once: keep what was produced, unless it failed, and free the lock.

        Gives what was kept, if it was this call that ended the stream.
        """
        with stream.ending:
            if stream.over.is_set():
                return None
            stream.end = end
            stream.over.set()
            try:
                return self.keep(stream) if any(stream.pieces) and end != "failed" else None
            finally:
                self.turns.close_stream(stream)

    def keep(self, stream: Stream) -> Message:
        """Store what was produced (STR-6, CAN-3)."""
        return self.store.add_reply(stream.conversation, stream.message_id, "".join(stream.pieces))

    def hang_up(self, stream: Stream) -> None:
        """The response is closed: sent to its end, or its client went away (LCK-8)."""
        self.finish(stream, "gone")

    def cancel_stream(self, conversation: Conversation) -> Response:
        """`DELETE /conversations/{conversationId}/message-streams`."""
        stream = self.turns.active_stream(conversation)
        if stream:
            self.finish(stream, "cancelled")
        return self.answer({})

    # Pages

    def page_and_size(self) -> tuple[int, int]:
        """The query parameters, in their ranges."""
        page, page_problems = self.integer("page", 1)
        size, size_problems = self.integer("size", 20, at_most=100)
        if page_problems or size_problems:
            raise self.invalid(page_problems + size_problems)
        return page, size

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        """A query parameter from 1 on, or what is wrong with it."""
        given = request.args.get(name, str(default))
        value = int(given) if _INTEGER.fullmatch(given) else 0
        if value < 1 or (at_most and value > at_most):
            wanted = f"from 1 to {at_most}" if at_most else "from 1"
            return default, [validation.problem(name, f"expected an integer {wanted}", "outOfRange")]
        return value, []

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        """Which rows are on a page."""
        return (page - 1) * size, size

    def page_json(self, page: int, size: int, total: int, data: list[dict[str, Any]]) -> dict[str, Any]:
        """The envelope of both lists."""
        pages = self.total_pages(total, size)
        return {"page": {"size": size, "totalElements": total, "totalPages": pages, "currentPage": page}, "data": data}

    def total_pages(self, total: int, size: int) -> int:
        """Rounded up (PAG-4)."""
        return -(-total // size)

    # Values as JSON, JSON as responses

    def conversation_json(self, conversation: Conversation) -> dict[str, Any]:
        """A Conversation."""
        return {
            "id": conversation.id,
            "createdAt": self.timestamp(conversation.created_at),
            "modelName": conversation.model_name,
            "legacyCustomerId": self.customer_id(conversation),
        }

    def customer_id(self, conversation: Conversation) -> int | None:
        """The author as a number, the same for all that one caller creates (CRE-5)."""
        return zlib.crc32(conversation.author.encode())

    def message_json(self, message: Message) -> dict[str, Any]:
        """A Message."""
        created_at = self.timestamp(message.created_at)
        return {"id": message.id, "text": message.text, "source": message.source, "createdAt": created_at}

    def timestamp(self, seconds: float) -> str:
        """An instant, in UTC."""
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

    def answer(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """A JSON response."""
        return Response(self.encode(body), status, dict(headers or {}), content_type="application/json")

    def encode(self, body: object) -> bytes:
        """JSON in UTF-8. A lone surrogate, which UTF-8 has not, comes out as the escape that JSON has for it."""
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")

    def event(self, name: str, data: object) -> bytes:
        """A Server-Sent Event."""
        return b"event: %b\ndata: %b\n\n" % (name.encode(), self.encode(data))

    def event_stream(self, events: Iterable[bytes]) -> Response:
        """An SSE response."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(events, 200, headers, content_type="text/event-stream")

    def refusal(self, refused: Refused) -> Response:
        """An error response."""
        body: dict[str, Any] = {"error": refused.error, "code": refused.code}
        if refused.problems is not None:
            body["errors"] = refused.problems
        return self.answer(body, refused.status, refused.headers)


def create_flask(backend: Backend) -> Flask:
    """The backend as a WSGI application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BIGGEST_BODY
    app.url_map.merge_slashes = False
    for operation, (method, path) in OPERATIONS.items():
        app.add_url_rule(ROOT + path, operation, backend.call, methods=[method], defaults={"operation": operation})
    app.register_error_handler(Refused, backend.refusal)

    @app.errorhandler(HTTPException)
    def refused_by_flask(error: HTTPException) -> Response:
        headers = {"Allow": ", ".join(error.valid_methods or ())} if isinstance(error, MethodNotAllowed) else None
        status = error.code or 500
        return backend.refusal(Refused(status, CODES.get(status, "badRequest"), error.name, headers=headers))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        app.logger.error("A request failed", exc_info=error)
        return backend.refusal(Refused(500, "internalError", "The server failed to answer."))

    return app


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
