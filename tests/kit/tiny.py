"""A tiny backend in memory, over a real socket on the loopback: correct, but for the habits that a test gives it.

A `Fault` breaks the contract. A `Freedom` is something that a correct backend may do, and that may raise no alarm.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_DELTA_S = 0.002
_LINGERS_S = 0.06

Json = dict[str, Any]


class Fault(StrEnum):
    """What the backend does wrong."""

    REPLAY_REGENERATES = auto()
    REPLAY_IS_APPENDED = auto()
    REPLAY_ANSWERS_NEWEST = auto()
    STREAM_REPLAY_GENERATES = auto()
    STREAMED_ID_IS_UNKNOWN_TO_MESSAGES = auto()
    LOCK_SURVIVES_CANCEL = auto()
    LOCK_SURVIVES_STREAM = auto()
    SECOND_STREAM_IS_ACCEPTED = auto()
    REFUSED_STREAM_IS_STORED = auto()
    MESSAGES_NEWEST_FIRST = auto()
    CONVERSATIONS_OLDEST_FIRST = auto()
    LAST_PAGE_LOSES_ONE = auto()
    REFUSED_MESSAGE_BURNS_ID = auto()
    IDLE_CANCEL_REMOVES_LAST = auto()
    IDLE_CANCEL_IS_404 = auto()
    CANCEL_IS_IGNORED = auto()
    CANCEL_DROPS_KEPT_PART = auto()
    EMPTY_PATCH_IS_ACCEPTED = auto()
    PATCH_REACHES_ALL_CONVERSATIONS = auto()


class Freedom(StrEnum):
    """What the backend may do."""

    ANSWERS_BESIDE_STREAM = auto()
    LOCK_LINGERS = auto()
    LIST_LAGS = auto()
    REPLAYS_AS_DELTAS = auto()
    CANCEL_ENDS_WITH_ERROR = auto()
    CANCEL_ENDS_WITH_MESSAGE = auto()
    UNKNOWN_VOICES_ARE_REFUSED = auto()
    STREAMS_AT_ONCE = auto()
    CREATES_WITH_200 = auto()
    TIMESTAMPS_TIE = auto()
    OTHERS_CREATE_TOO = auto()
    CREATED_AT_IN_TWO_FORMS = auto()


@dataclass
class _Conversation:
    shown: Json
    messages: list[Json] = field(default_factory=list)
    replies: dict[str, Json] = field(default_factory=dict)
    burned: set[str] = field(default_factory=set)
    cancelled: threading.Event | None = None
    """Of the active stream; None without one."""
    free_at: float = 0.0
    changed_at: float = 0.0
    before_change: list[Json] = field(default_factory=list)
    personality: str | None = None


class Tiny:
    """The backend; `replies` counts what it has generated."""

    def __init__(self, url: str, habits: set[Fault | Freedom]) -> None:
        self.url = url
        self.replies = 0
        self._habits = habits
        self._conversations: dict[str, _Conversation] = {}
        self._numbers = itertools.count(1)
        self._guard = threading.RLock()

    @property
    def streaming(self) -> int:
        """How many streams are active."""
        return sum(conversation.cancelled is not None for conversation in self._conversations.values())

    @property
    def conversations(self) -> list[str]:
        """Their ids, oldest first."""
        return list(self._conversations)

    def create(self) -> Json:
        """A new conversation."""
        number = next(self._numbers)
        shown: Json = {"id": f"c{number}", "createdAt": self._now(), "modelName": None, "legacyCustomerId": 42}
        self._conversations[shown["id"]] = _Conversation(shown)
        return shown

    def respond(self, call: _Call) -> None:
        """Answer one call."""
        path = urlsplit(call.path)
        _, _, _, _, _, _, *rest = path.path.split("/")  # /api/v1/workspaces/w/conversations
        query = parse_qs(path.query)
        if not rest:
            if call.command == "POST":
                return call.answer(200 if Freedom.CREATES_WITH_200 in self._habits else 201, self.create())
            if Freedom.OTHERS_CREATE_TOO in self._habits:
                self.create()
            shown = [conversation.shown for conversation in self._conversations.values()]
            oldest_first = Fault.CONVERSATIONS_OLDEST_FIRST in self._habits
            return call.answer(200, self._page(shown if oldest_first else shown[::-1], query))
        conversation = self._conversations[rest[0]]
        match call.command, rest[1:]:
            case "PATCH", []:
                self._patch(call, conversation)
            case "GET", ["messages"]:
                call.answer(200, self._page(self._listed(conversation), query))
            case "POST", ["messages"]:
                self._send(call, conversation)
            case "POST", ["message-streams"]:
                self._stream(call, conversation)
            case "DELETE", ["message-streams"]:
                self._cancel(call, conversation)
        return None

    def _listed(self, conversation: _Conversation) -> list[Json]:
        if Freedom.LIST_LAGS in self._habits and time.monotonic() < conversation.changed_at + _LINGERS_S:
            return conversation.before_change
        newest_first = Fault.MESSAGES_NEWEST_FIRST in self._habits
        return conversation.messages[::-1] if newest_first else list(conversation.messages)

    def _page(self, elements: list[Json], query: Mapping[str, list[str]]) -> Json:
        number, size = (int(query.get(name, [default])[0]) for name, default in (("page", "1"), ("size", "20")))
        pages = -(-len(elements) // size)
        data = elements[(number - 1) * size : number * size]
        if Fault.LAST_PAGE_LOSES_ONE in self._habits and number == pages > 1:
            data = data[:-1]
        page = {"size": size, "totalElements": len(elements), "totalPages": pages, "currentPage": number}
        return {"page": page, "data": data}

    def _patch(self, call: _Call, conversation: _Conversation) -> None:
        body = call.body
        if not body and Fault.EMPTY_PATCH_IS_ACCEPTED not in self._habits:
            return call.refuse(422)
        if body.get("brandVoiceId") and Freedom.UNKNOWN_VOICES_ARE_REFUSED in self._habits:
            return call.refuse(404)
        everywhere = Fault.PATCH_REACHES_ALL_CONVERSATIONS in self._habits
        for patched in self._conversations.values() if everywhere else [conversation]:
            if "personality" in body:
                patched.personality = body["personality"]
        return call.answer(200, {})

    def _send(self, call: _Call, conversation: _Conversation) -> None:
        body = call.body
        if "text" not in body:
            conversation.burned.add(body["id"])
            return call.refuse(422)
        if reply := self._replay(conversation, body["id"], by_stream=False):
            return call.answer(200, reply)
        if self._locked(conversation) and Freedom.ANSWERS_BESIDE_STREAM not in self._habits:
            return call.refuse(409, "conversationLocked")
        if body["id"] in conversation.burned and Fault.REFUSED_MESSAGE_BURNS_ID in self._habits:
            return call.refuse(409, "duplicateId")
        with self._guard:
            reply = self._reply(conversation, self._text(conversation, body))
            self._store(conversation, body, reply)
        return call.answer(200, self._other_form(reply))

    def _replay(self, conversation: _Conversation, id: str, *, by_stream: bool) -> Json | None:
        reply = conversation.replies.get(id)
        unknown = Fault.STREAM_REPLAY_GENERATES if by_stream else Fault.REPLAY_REGENERATES
        if reply is None or unknown in self._habits:
            return None
        if Fault.STREAMED_ID_IS_UNKNOWN_TO_MESSAGES in self._habits and "streamed" in reply and not by_stream:
            return None
        if Fault.REPLAY_IS_APPENDED in self._habits:
            conversation.messages.append(reply)
        if Fault.REPLAY_ANSWERS_NEWEST in self._habits:
            reply = list(conversation.replies.values())[-1]
        return reply if by_stream else self._other_form(reply)

    def _stream(self, call: _Call, conversation: _Conversation) -> None:
        body = call.body
        if "text" not in body:
            conversation.burned.add(body["id"])
            return call.refuse(422)
        with self._guard:
            if self._locked(conversation) and Fault.SECOND_STREAM_IS_ACCEPTED not in self._habits:
                if Fault.REFUSED_STREAM_IS_STORED in self._habits:
                    conversation.messages.append(_asked(body))
                return call.refuse(409, "conversationLocked")
            replayed = self._replay(conversation, body["id"], by_stream=True)
            cancelled = conversation.cancelled = threading.Event()
            text = replayed["text"] if replayed else self._text(conversation, body)
        call.begin_stream()
        said = ""
        if replayed is None or Freedom.REPLAYS_AS_DELTAS in self._habits:
            for word in text.split(" "):
                if cancelled.wait(0 if Freedom.STREAMS_AT_ONCE in self._habits else _DELTA_S):
                    break
                said += (" " if said else "") + word
                call.send_event("delta", word if said == word else f" {word}")
        reply = replayed or self._reply(conversation, said, streamed=True)
        with self._guard:
            if replayed is None and not (cancelled.is_set() and Fault.CANCEL_DROPS_KEPT_PART in self._habits):
                self._store(conversation, body, reply)
            elif replayed is None:
                conversation.messages.append(_asked(body))
            if (
                conversation.cancelled is cancelled
                and (Fault.LOCK_SURVIVES_CANCEL if cancelled.is_set() else Fault.LOCK_SURVIVES_STREAM)
                not in self._habits
            ):
                conversation.cancelled = None
                conversation.free_at = time.monotonic() + _LINGERS_S
        if not cancelled.is_set() or Freedom.CANCEL_ENDS_WITH_MESSAGE in self._habits:
            call.send_event("message", reply)
        elif Freedom.CANCEL_ENDS_WITH_ERROR in self._habits:
            call.send_event("error", "cancelled")
        return call.end_stream()

    def _cancel(self, call: _Call, conversation: _Conversation) -> None:
        if Fault.CANCEL_IS_IGNORED in self._habits:
            return call.answer(200, {})
        if conversation.cancelled:
            conversation.cancelled.set()
        elif Fault.IDLE_CANCEL_IS_404 in self._habits:
            return call.refuse(404)
        elif Fault.IDLE_CANCEL_REMOVES_LAST in self._habits:
            conversation.messages = conversation.messages[:-1]
        return call.answer(200, {})

    def _locked(self, conversation: _Conversation) -> bool:
        lingers = Freedom.LOCK_LINGERS in self._habits and time.monotonic() < conversation.free_at
        return conversation.cancelled is not None or lingers

    def _text(self, conversation: _Conversation, body: Json) -> str:
        length = int(body["text"].rpartition(" ")[2]) if body["text"].startswith("Write") else 2
        return f"{conversation.personality or ''} Word {'and word ' * (length // 2 - 1)}{self.replies}.".strip()

    def _reply(self, conversation: _Conversation, text: str, *, streamed: bool = False) -> Json:
        self.replies += 1
        reply = {"id": f"r{next(self._numbers)}", "text": text, "source": "assistant", "createdAt": self._now()}
        return {**reply, "streamed": True} if streamed else reply

    def _store(self, conversation: _Conversation, body: Json, reply: Json) -> None:
        conversation.before_change = list(conversation.messages)
        conversation.changed_at = time.monotonic()
        conversation.messages += [_asked(body), reply]
        conversation.replies[body["id"]] = reply

    def _other_form(self, reply: Json) -> Json:
        if Freedom.CREATED_AT_IN_TWO_FORMS in self._habits:
            return {**reply, "createdAt": f"{reply['createdAt']}Z"}
        return reply

    def _now(self) -> str:
        second = 0 if Freedom.TIMESTAMPS_TIE in self._habits else next(self._numbers)
        return f"2026-05-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _asked(body: Json) -> Json:
    return {"id": body["id"], "text": body["text"], "source": "user", "createdAt": "2026-05-01T09:00:00"}


class _Call(BaseHTTPRequestHandler):
    """One connection, and how a call on it is answered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    backend: Tiny

    @property
    def body(self) -> Json:
        """The request's body."""
        return self._body

    def handle_one_request(self) -> None:
        """As the base class does, but for clients that go away."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def respond(self) -> None:
        """Any method."""
        self._body: Json = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        self.backend.respond(self)

    do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 - the names that the base class calls

    def answer(self, status: int, body: Json) -> None:
        """One piece of JSON."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: int, code: str = "refused") -> None:
        """An error body."""
        self.answer(status, {"error": code, "code": code})

    def begin_stream(self) -> None:
        """The headers of an event stream, which ends with its connection."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_event(self, name: str, value: object) -> None:
        """One event. A client that has gone away hinders nothing."""
        try:
            self.wfile.write(f"event: {name}\ndata: {json.dumps({name: value})}\n\n".encode())
        except ConnectionError:
            self.close_connection = True

    def end_stream(self) -> None:
        """No more events."""
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


@contextmanager
def tiny_backend(*habits: Fault | Freedom) -> Iterator[Tiny]:
    """The backend with these habits, on a free port of the loopback."""

    class Call(_Call):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
    server.daemon_threads = True
    Call.backend = made = Tiny(f"http://127.0.0.1:{server.server_port}", set(habits))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
