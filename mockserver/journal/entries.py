"""One exchange as the journal keeps it.

`mockserver.opening` begins it, `mockserver.exchange` goes on; complete once it has ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from mockserver.faults.values import Fired
from mockserver.journal.events import SentEvents
from mockserver.journal.headers import Headers

KEPT_BYTES = 64 * 1024
"""Of a body, and of all events of a stream together; the rest is counted only."""


_NOT_PARSED = object()


@dataclass(kw_only=True, eq=False, slots=True)
class Entry:
    """An exchange.

    Happenings of a workspace (requests that begin, events sent, exchanges that end) are numbered in one row: `began`,
    `SentEvent.order` and `ended` say what came before what.
    """

    number: int
    """Of the exchange in its workspace, from 1, never used again."""
    began: int
    workspace: str
    method: str
    path: str
    query: str = ""
    operation: str | None = None
    conversation: str | None = None
    caller: str | None = None
    credential: str = "none"
    """`valid`, `none`, or why the token was refused: `expired`, `dead` (killed on cue), `forbidden` (of another
    workspace), `invalid`."""
    token: str | None = None
    """A digest of the token, which tells tokens apart and says nothing of them."""
    customer: int | None = None
    """The caller's number, which conversations show."""
    at: datetime
    """When the request came, UTC, by the wall."""
    at_s: float
    """When the request came, in seconds of the workspace's clock (see `mockserver.clock.SandboxClock.now`)."""
    request_headers: Sequence[tuple[str, str]] = ()
    """In lower case; credentials are masked."""
    request_body: bytes = b""
    masked: bool = False
    """The path or the body had a credential in it, in whose place there are stars."""
    request_bytes: int = 0
    """How long the body was; more than `request_body` has where that is cut."""
    status: int | None = None
    response_headers: Sequence[tuple[str, str]] = ()
    response_body: bytes = b""
    response_bytes: int = 0
    events: SentEvents = field(default_factory=SentEvents)
    events_dropped: int = 0
    """Events that were sent and are not kept."""
    first_byte_s: float | None = None
    """Seconds until the answer began, by the workspace's clock."""
    took_s: float | None = None
    """Seconds until the answer was complete; None while it goes on."""
    took_ms: float | None = None
    """The same by the wall, in milliseconds."""
    ended: int | None = None
    outcome: str | None = None
    """How it ended: `answered`, of a stream `finished`, `failed`, `cancelled`, `client gone`, `shutdown`, or `cut` by a
    fault."""
    faults: Sequence[Fired] = ()
    replayed: bool = False
    """A reply that was there already was given again (IDM-1)."""
    _json: Any = field(default=_NOT_PARSED, init=False, repr=False)

    @property
    def complete(self) -> bool:
        """The exchange has ended."""
        return self.ended is not None

    @property
    def is_stream(self) -> bool:
        """It was answered with a stream of events."""
        headers = self.response_headers
        said = headers.media_type if isinstance(headers, Headers) else _value_of("content-type", headers)
        return said is not None and "event-stream" in said

    @property
    def json(self) -> Any:
        """The request's body as JSON; None where it has none, or is none. Kept until `forget_json`."""
        if self._json is _NOT_PARSED:
            self._json = _parse(self.request_body)
        return self._json

    def forget_json(self) -> None:
        """Keep the bytes alone: who asks for `json` again has it parsed again."""
        self._json = _NOT_PARSED

    def lighten(self) -> None:
        """Keep the place and the times alone: the journal has dropped it, and who judges clients remembers no more."""
        self.request_headers = self.response_headers = ()
        self.request_body = self.response_body = b""
        self.events = SentEvents()
        self.forget_json()

    @property
    def answer(self) -> Any:
        """The answer's body as JSON; None where it has none, or is none."""
        return _parse(self.response_body)

    def request_header(self, name: str) -> str | None:
        """The value of a request header; `name` is in lower case."""
        return _value_of(name, self.request_headers)

    def response_header(self, name: str) -> str | None:
        """The value of a response header; `name` is in lower case."""
        return _value_of(name, self.response_headers)


def _value_of(name: str, headers: Sequence[tuple[str, str]]) -> str | None:
    for given, value in headers:
        if given == name:
            return value
    return None


def _parse(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # or it is one that this library does not take
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
