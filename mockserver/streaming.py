"""Sends a reply as Server-Sent Events, and ends the lease whichever way the stream ends.

Every piece is kept by the store before it is sent (CAN-3). A stream ends in one of the ways of `Ending`, and each
of them ends the lock (LCK-4, LCK-5, LCK-7 to LCK-9). What it sends when, `mockserver.performance` knows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mockserver.alarms import Alarm, Alarms
from mockserver.exchange import Exchange, current
from mockserver.faults.streams import change_script
from mockserver.faults.wire import make_framing
from mockserver.ids import make_random
from mockserver.live import LiveStream
from mockserver.logs import note
from mockserver.pacing import with_keep_alives
from mockserver.performance import Part, Performance
from mockserver.rules.turn import Ending
from mockserver.script import Script
from mockserver.store.base import Lease, Store

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),  # STR-9
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class OpenedStream:
    """A stream that holds its conversation's lock: to be sent at once, for whoever holds the lease has to end it."""

    lease: Lease
    script: Script
    replayed: bool = False


class ReplyStream(Response):
    """The answer to opening a stream, as an ASGI application that holds a lease until it has ended.

    Starlette's, made without what a stream does not need.
    """

    def __init__(self, *, store: Store, opened: OpenedStream, alarms: Alarms, seed: int) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.raw_headers = list(_HEADERS)
        self._store = store
        self._opened = opened
        self._alarms = alarms
        self._seed = seed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; returns when it has ended, in whatever way, and the lock with it."""
        exchange, lease = current(scope), self._opened.lease
        alarm = self._alarms.new(exchange.sandbox.clock)
        live = self._enlist(exchange, alarm)
        performance = Performance(self._part(exchange), exchange, live, alarm, send)
        watchers = [asyncio.create_task(_client_gone(receive)), asyncio.create_task(self._store.wait(lease))]
        watchers[0].add_done_callback(lambda _: alarm.ring())
        watchers[1].add_done_callback(lambda _: None if performance.outlasts_turn else alarm.ring())
        ending, outcome = Ending.CLIENT_GONE, Ending.CLIENT_GONE.value
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            cut = await performance.play()
            ending = performance.ending or self._why(client_gone=watchers[0].done())
            outcome = "cut" if cut else ending.value
            await self._end(exchange, live, ending)  # before its client can tell: the next call finds no lock
            exchange.cut = cut
            await performance.close(cut)
        except asyncio.CancelledError:
            ending, outcome = Ending.SHUTDOWN, Ending.SHUTDOWN.value
            raise
        finally:
            for watcher in watchers:
                watcher.cancel()
            self._alarms.discard(alarm)
            await self._end(exchange, live, ending)
            exchange.stream_ended(outcome, replayed=self._opened.replayed)
            note(scope, outcome=f"stream {outcome}, {performance.deltas} of {live.deltas} deltas")

    async def _end(self, exchange: Exchange, live: LiveStream, ending: Ending) -> None:
        """End the turn and the stream, if that has not been done."""
        await self._store.end_turn(self._opened.lease, ending)
        exchange.sandbox.streams.discard(live)

    def _part(self, exchange: Exchange) -> Part:
        """What is to be played: the script as faults change it, in the form that they give it."""
        lease, script, wire_faults = self._opened.lease, self._opened.script, exchange.wire_faults
        names = (lease.conversation_id, lease.message_id)
        for fault in exchange.stream_faults:
            script = change_script(fault, script, make_random(self._seed, fault.kind, *names))
        return Part(
            script=with_keep_alives(script, exchange.sandbox.configuration.keep_alive_s),
            store=self._store,
            lease=lease,
            framing=make_framing(wire_faults, make_random(self._seed, "framing", *names)) if wire_faults else None,
            seed=self._seed,
        )

    def _enlist(self, exchange: Exchange, alarm: Alarm) -> LiveStream:
        """Let the stream be seen, and be held, while it lasts."""
        sandbox, lease = exchange.sandbox, self._opened.lease
        live = LiveStream(
            number=sandbox.streams.next_number(),
            exchange=exchange.entry.number,
            conversation=lease.conversation_id,
            message_id=lease.message_id,
            caller=lease.owner.author,
            opened_at=datetime.now(UTC),
            opened_at_s=sandbox.clock.now(),
            deltas=self._opened.script.deltas,
        )
        live.wake_by(alarm.nudge)
        if sandbox.configuration.hold_after is not None:
            live.hold(sandbox.configuration.hold_after)
        sandbox.streams.add(live)
        return live

    def _why(self, *, client_gone: bool) -> Ending:
        """How a stream has ended that did not come to its end: by what woke it before its time."""
        if client_gone:
            return Ending.CLIENT_GONE
        return Ending.SHUTDOWN if self._alarms.shutting_down else Ending.CANCELLED


async def _client_gone(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
