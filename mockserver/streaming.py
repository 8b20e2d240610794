"""Sends one reply as Server-Sent Events: paces it, and ends the lease whichever way the stream ends.

Every piece is kept by the store before it is sent (CAN-3). A stream ends in one of the ways of `Ending`, and each
of them ends the lock (LCK-4, LCK-5, LCK-7 to LCK-9). Due times are absolute: a server under load sends what has
become due in one piece rather than fall behind. They count from the request's arrival: of a thousand that come at
once the last is served late, and is as fast as the first all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mockserver import wire
from mockserver.arrivals import ARRIVED
from mockserver.errors import GENERATION_FAILED
from mockserver.logs import note
from mockserver.pacing import keep_alive_offsets
from mockserver.rules.turn import Ending
from mockserver.store.base import Lease, Store

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",  # STR-9
    "X-Accel-Buffering": "no",
}


class Alarm:
    """A sleep that can be cut short, once and for all. Cheaper than `asyncio.wait` with a time-out per delta."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._sleeper: asyncio.Future[None] | None = None
        self.rung = False

    def ring(self) -> None:
        """End the sleep; later ones end at once."""
        self.rung = True
        self._wake()

    async def sleep_until(self, instant: float) -> bool:
        """Sleep until the loop's time is `instant`; False if the alarm rang."""
        if not self.rung and instant > self._loop.time():
            self._sleeper = self._loop.create_future()
            timer = self._loop.call_at(instant, self._wake)
            try:
                await self._sleeper
            finally:
                timer.cancel()
                self._sleeper = None
        return not self.rung

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)


class Alarms:
    """All who sleep in this server, so that a shutdown wakes them."""

    def __init__(self) -> None:
        self._set: set[Alarm] = set()
        self.shutting_down = False

    @property
    def sleeping(self) -> int:
        """How many there are."""
        return len(self._set)

    def new(self) -> Alarm:
        """An alarm of this server; rung already if the server is shutting down."""
        alarm = Alarm()
        self._set.add(alarm)
        if self.shutting_down:
            alarm.ring()
        return alarm

    def discard(self, alarm: Alarm) -> None:
        """Its sleeper is done."""
        self._set.discard(alarm)

    def ring_all(self) -> None:
        """The server shuts down: wake everyone, now and from now on."""
        self.shutting_down = True
        for alarm in self._set:
            alarm.ring()


@dataclass(frozen=True, slots=True)
class Script:
    """What a stream will send: each delta with the second, counted from the beginning, at which it is due.

    Where the model fails, its `error` event comes after them, and no reply is kept.
    """

    fragments: Sequence[str]
    due: Sequence[float]
    fails: bool = False

    def timeline(self, keep_alive_s: float) -> list[tuple[float, str | None]]:
        """The deltas with the keep-alives (None) between them, in the order of their due times."""
        deltas = list(zip(self.due, self.fragments, strict=True))
        alive = [(offset, None) for offset in keep_alive_offsets(self.due[-1] if self.due else 0.0, keep_alive_s)]
        return list(merge(deltas, alive, key=itemgetter(0)))


class ReplyStream(Response):
    """The answer to opening a stream, as an ASGI application that holds a lease until it has ended.

    Args:
        keep_alive_s: seconds between comment lines; 0 sends none.
    """

    def __init__(self, *, store: Store, lease: Lease, script: Script, alarms: Alarms, keep_alive_s: float) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]
        self._store = store
        self._lease = lease
        self._script = script
        self._alarms = alarms
        self._keep_alive_s = keep_alive_s
        self._sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; returns when it has ended, in whatever way, and the lock with it."""
        alarm = self._alarms.new()
        watchers = [asyncio.create_task(_client_gone(receive)), asyncio.create_task(self._store.wait(self._lease))]
        for watcher in watchers:
            watcher.add_done_callback(lambda _: alarm.ring())
        ending = Ending.CLIENT_GONE
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            final = await self._perform(alarm, send, begun=scope["extensions"][ARRIVED])
            ending = self._why(final, client_gone=watchers[0].done())
            await send({"type": "http.response.body", "body": final, "more_body": False})
        except asyncio.CancelledError:
            ending = Ending.SHUTDOWN
            raise
        finally:
            for watcher in watchers:
                watcher.cancel()
            self._alarms.discard(alarm)
            await self._store.end_turn(self._lease, ending)
            note(scope, outcome=f"stream {ending.value}, {self._sent} of {len(self._script.fragments)} deltas")

    async def _perform(self, alarm: Alarm, send: Send, begun: float) -> bytes:
        """Send all that is due when it is due; answers the final event, or nothing if the stream was ended before."""
        loop, position = asyncio.get_running_loop(), 0
        timeline = self._script.timeline(self._keep_alive_s)
        while position < len(timeline):
            if not await alarm.sleep_until(begun + timeline[position][0]):
                return b""
            batch = _take_due(timeline, position, loop.time() - begun)
            position += len(batch)
            fragments = [fragment for fragment in batch if fragment is not None]
            if not await self._store.produce(self._lease, fragments):
                return b""
            events = [wire.KEEP_ALIVE if fragment is None else wire.delta_event(fragment) for fragment in batch]
            await send({"type": "http.response.body", "body": b"".join(events), "more_body": True})
            self._sent += len(fragments)
        if self._script.fails:
            await self._store.end_turn(self._lease, Ending.FAILED)
            return wire.error_event(*GENERATION_FAILED)
        reply = await self._store.end_turn(self._lease, Ending.FINISHED)
        return wire.message_event(reply) if reply else b""

    def _why(self, final: bytes, *, client_gone: bool) -> Ending:
        """How the stream has ended, by its final event and by what woke it before its time."""
        if final:
            return Ending.FAILED if self._script.fails else Ending.FINISHED
        if client_gone:
            return Ending.CLIENT_GONE
        return Ending.SHUTDOWN if self._alarms.shutting_down else Ending.CANCELLED


def _take_due(timeline: Sequence[tuple[float, str | None]], position: int, now: float) -> list[str | None]:
    """The entries from `position` on that are due at `now`; one at the least."""
    end = position + 1
    while end < len(timeline) and timeline[end][0] <= now:
        end += 1
    return [fragment for _, fragment in timeline[position:end]]


async def _client_gone(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
