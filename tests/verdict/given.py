"""Builds what a client and the server said to each other, as the journal's entries, and shows it to a watch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.contract import load_contract
from mockserver.faults.values import Fault, Fired
from mockserver.journal.entries import Entry
from mockserver.journal.events import SentEvent
from mockserver.verdict.vocabulary import build_vocabulary
from mockserver.verdict.watch import ClientWatch

VOCABULARY = build_vocabulary(load_contract())
BASE = "/api/v1/workspaces/demo/conversations"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JSON = ("content-type", "application/json")


class Client:
    """One client that talks: each method is a call with its answer; `wait` lets time pass, by both clocks."""

    def __init__(self, watch: ClientWatch | None = None, caller: str | None = "anna") -> None:
        self.watch = watch or ClientWatch(VOCABULARY)
        self.caller = caller
        self.now_s = 0.0
        self.order = 0
        self.number = 0

    def codes(self) -> set[str]:
        """What it has earned."""
        return {finding.code for finding in self.watch.findings()}

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    def begin(
        self,
        operation: str | None,
        conversation: str | None = None,
        *,
        body: Any = None,
        query: str = "",
        path: str | None = None,
        method: str | None = None,
        request_headers: Sequence[tuple[str, str]] | None = None,
        credential: str = "valid",
        token: str | None = None,
    ) -> Entry:
        """A request comes."""
        known = VOCABULARY.operations.get(operation or "")
        raw = b"" if body is None else json.dumps(body).encode()
        self.number += 1
        shape = known.path if known else BASE
        filled = shape.replace("{workspaceId}", "demo").replace("{conversationId}", conversation or "")
        entry = Entry(
            number=self.number,
            began=self._next(),
            workspace="demo",
            method=method or (known.method if known else "GET"),
            path=path or filled,
            query=query,
            operation=operation,
            conversation=conversation,
            caller=self.caller,
            credential=credential,
            token=token or "t1",
            at=NOW + timedelta(seconds=self.now_s),
            at_s=self.now_s,
            request_headers=[JSON] if request_headers is None and raw else list(request_headers or ()),
        )
        self.watch.began(entry)
        entry.request_body, entry.request_bytes = raw, len(raw)
        return entry

    def end(
        self,
        entry: Entry,
        status: int | None = 200,
        *,
        answer: Any = None,
        headers: Mapping[str, str] | None = None,
        outcome: str = "answered",
        faults: Sequence[str] = (),
        took_s: float = 0.01,
        replayed: bool = False,
    ) -> Entry:
        """Its answer is over."""
        self.now_s += took_s
        entry.status = status
        entry.response_headers = [*entry.response_headers, *(headers or {}).items()]
        entry.response_body = b"" if answer is None else json.dumps(answer).encode()
        entry.faults = [Fired(Fault(kind), None, "control") for kind in faults]
        entry.took_s, entry.took_ms = took_s, took_s * 1000
        entry.outcome, entry.replayed, entry.ended = outcome, replayed, self._next()
        self.watch.ended(entry)
        return entry

    def call(self, operation: str | None, conversation: str | None = None, **said: Any) -> Entry:
        """A request and its answer: `end` takes what is the answer's."""
        names = {"status", "answer", "headers", "outcome", "faults", "took_s", "replayed"}
        heard = {name: said.pop(name) for name in list(said) if name in names}
        return self.end(self.begin(operation, conversation, **said), **heard)

    def create(self, conversation: str = "c1", **steering: Any) -> Entry:
        """Make a conversation."""
        return self.call("createConversation", body=steering, status=201, answer={"id": conversation})

    def patch(self, conversation: str = "c1", **steering: Any) -> Entry:
        """Change its steering."""
        return self.call("updateConversation", conversation, body=steering, answer={})

    def message(self, message_id: str, text: str, **more: Any) -> dict[str, Any]:
        """A message, sent now."""
        created = (NOW + timedelta(seconds=self.now_s)).isoformat()
        return {"id": message_id, "text": text, "createdAt": created, **more}

    def send(self, message_id: str, text: str, conversation: str = "c1", **heard: Any) -> Entry:
        """Send a message, and get the reply in one piece."""
        return self.call("sendMessage", conversation, body=self.message(message_id, text), **heard)

    def open(self, message_id: str, text: str = "Hello", conversation: str = "c1", **said: Any) -> Entry:
        """Open a stream: it is live, and has sent a delta."""
        entry = self.begin("openMessageStream", conversation, body=self.message(message_id, text), **said)
        entry.status, entry.response_headers = 200, [("content-type", "text/event-stream; charset=utf-8")]
        self.say(entry, "delta")
        return entry

    def say(self, entry: Entry, kind: str) -> None:
        """The stream sends an event."""
        data = {"delta": "Hi"} if kind == "delta" else {"message": {"id": "r", "text": "Hi"}}
        entry.events.append(SentEvent(0.1, self._next(), kind, json.dumps(data)))

    def finish(self, entry: Entry, **heard: Any) -> Entry:
        """The stream comes to its end."""
        self.say(entry, "message")
        return self.end(entry, outcome="finished", **heard)

    def stream(self, message_id: str, text: str = "Hello", conversation: str = "c1", **heard: Any) -> Entry:
        """A stream from its beginning to its end."""
        return self.finish(self.open(message_id, text, conversation), **heard)

    def lose(self, entry: Entry, outcome: str = "cut", *faults: str) -> Entry:
        """The stream ends with no final event."""
        return self.end(entry, outcome=outcome, faults=faults)

    def cancel(self, conversation: str = "c1") -> Entry:
        """Cancel what is live."""
        return self.call("cancelMessageStream", conversation, answer={})

    def read(self, query: str = "", conversation: str | None = None, *, total: int = 1, **said: Any) -> Entry:
        """List conversations, or the messages of one; there are `total` pages."""
        given = dict(part.split("=") for part in query.split("&") if part)
        page = {"size": int(given.get("size", 20)), "totalPages": total, "currentPage": int(given.get("page", 1))}
        operation = "listMessages" if conversation else "listConversations"
        return self.call(operation, conversation, query=query, **{"answer": {"page": page, "data": []}, **said})

    def _next(self) -> int:
        self.order += 1
        return self.order
