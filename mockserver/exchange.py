"""The exchange that is going on: what the inside of the server tells the journal, and asks it, through the ASGI scope.

`mockserver.opening` opens an exchange for each request of the API; `mockserver.streaming` notes what it sends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from mockserver import wire
from mockserver.checks import StreamChecks
from mockserver.faults.answers import FaultAnswer
from mockserver.faults.catalogue import KINDS, Stage
from mockserver.faults.values import Fault
from mockserver.journal.entries import KEPT_BYTES, Entry
from mockserver.journal.events import SentEvent, data_length
from mockserver.journal.headers import Headers, RawHeaders
from mockserver.operations import Found
from mockserver.preamble import NOTHING_SAID, Preamble
from mockserver.rules.errors import NotAuthenticated
from mockserver.sandbox import REVIVAL_S, Death, Sandbox
from mockserver.script import CutKind
from mockserver.tokens import Identity
from mockserver.verdict.watch import ClientWatch

logger = logging.getLogger("mockserver")

EXCHANGE = "mockserver.exchange"
"""The extension of the ASGI scope that holds it."""


@dataclass(kw_only=True)
class Exchange:
    """One request and its answer, while it lasts.

    Attributes:
        identity: who calls, or why that is not known.
        found: the operation that is meant, with the parameters of its path.
        began_real: when the request came, by the event loop's clock.
        delayed_s: for how long a fault held it up, by the workspace's clock.
        said: what its headers say.
        checks: looks at every event of a stream, where answers are checked.
        refusal: the answer to a request that asks for a fault that there is not.
        waiting: the answer, where its making has begun and waits for something.
        cut: how a stream was cut, which its connection is to show.
    """

    sandbox: Sandbox
    entry: Entry
    identity: Identity | NotAuthenticated
    began_real: float
    found: Found = field(default_factory=Found)
    delayed_s: float = 0.0
    said: Preamble = NOTHING_SAID
    checks: StreamChecks | None = None
    refusal: FaultAnswer | None = None
    waiting: Awaitable[ASGIApp] | None = None
    cut: CutKind | None = None
    on_problems: Callable[[Entry, list[str]], None] = lambda _entry, _problems: None
    _kept: int = field(default=0, init=False)
    _watch: ClientWatch = field(init=False)
    """The one that saw it begin: after a reset there is another, which must not hear of what was before."""

    def __post_init__(self) -> None:
        self._watch = self.sandbox.watch

    @property
    def stream_faults(self) -> list[Fault]:
        """Those that change what a stream sends."""
        return self._faults(Stage.STREAM)

    @property
    def wire_faults(self) -> list[Fault]:
        """Those that change in which form it is sent."""
        return self._faults(Stage.WIRE)

    def answered(self, status: int, headers: RawHeaders) -> None:
        """An answer has begun."""
        self.entry.status = status
        self.entry.first_byte_s = self.elapsed_s()
        self.entry.response_headers = Headers(headers, self.said.mask)

    def sent(self, kind: str, data: str, *, fault: bool = False) -> None:
        """A stream has sent an event, or a comment."""
        entry = self.entry
        order = self.sandbox.journal.next_order()
        if self._kept <= KEPT_BYTES:
            entry.events.append(SentEvent(self.elapsed_s(), order, kind, self.said.mask.text(data), fault))
            self._kept += len(data)
            self.sandbox.journal.tell_events(entry)
        else:
            entry.events_dropped += 1
        if self.checks and not self.stream_faults:
            self._tell(self.checks.feed(kind, data) if kind != "comment" else [])

    def sent_deltas(self, events: bytes, count: int) -> None:
        """A stream has sent so many deltas in one piece, as `wire.delta_events` makes them."""
        length = data_length(events, count)
        if self.checks or self._kept + length > KEPT_BYTES:  # each is looked at, or some of them are not kept
            for event in wire.split_events(events):
                self.sent(*wire.read_event(event))
            return
        entry, journal = self.entry, self.sandbox.journal
        entry.events.append_deltas(self.elapsed_s(), journal.next_order(count), count, self.said.mask.bytes(events))
        self._kept += length
        journal.tell_events(entry)

    def stream_ended(self, outcome: str, *, replayed: bool) -> None:
        """A stream has ended, in that way."""
        self.entry.outcome = outcome
        self.entry.replayed = replayed
        if self.checks and not self.stream_faults:
            self._tell(self.checks.end(outcome))

    def kill_token(self) -> None:
        """The token of this call is refused from now on; one that never expires by itself, for a while."""
        if self.entry.token is not None and isinstance(self.identity, Identity):
            by_fault = self.identity.dies_mid_stream is None
            lasts = by_fault and self.identity.expires_at is None
            death = Death(self.sandbox.clock.now() + REVIVAL_S if lasts else None, by_fault)
            self.sandbox.tokens.kill(self.entry.token, death, self.entry.caller)

    def elapsed_s(self) -> float:
        """Seconds since the request came, by the workspace's clock."""
        elapsed = self.sandbox.clock.now() - self.entry.at_s
        return elapsed if elapsed > 0 else 0.0

    def end(self) -> None:
        """The answer is complete, or will never be."""
        entry, journal = self.entry, self.sandbox.journal
        entry.took_s = self.elapsed_s()
        entry.took_ms = round((time.monotonic() - self.began_real) * 1000, 3)
        entry.ended = journal.next_order()
        if entry.outcome is None:
            entry.outcome = "answered" if entry.status is not None else "cut"
        try:
            self._watch.ended(entry)
        except Exception as error:  # who watches must not break what is watched
            logger.exception("the watch of clients failed at %s %s", entry.method, entry.path)
            self.on_problems(entry, [f"the watch of clients failed: {error!r}"])
        journal.settle(entry)  # which may drop it, with what was to be judged

    def _tell(self, problems: list[str]) -> None:
        if problems:
            self.on_problems(self.entry, problems)

    def _faults(self, stage: Stage) -> list[Fault]:
        return [fired.fault for fired in self.entry.faults if KINDS[fired.fault.kind].stage is stage]


def current(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange of this request."""
    exchange: Exchange = scope["extensions"][EXCHANGE]
    return exchange
