"""Plays the script of one reply as Server-Sent Events, and ends the lease whichever way the stream ends.

Every piece is kept by the store before it is sent (CAN-3). A stream ends in one of the ways of `Ending`, and each
of them ends the lock (LCK-4, LCK-5, LCK-7 to LCK-9). Due times are absolute: a server under load sends what has
become due in one piece rather than fall behind. They count from the request's arrival: of a thousand that come at
once the last is served late, and is as fast as the first all the same.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mockserver import wire
from mockserver.clock import Alarm, Alarms
from mockserver.connection import Connection
from mockserver.exchange import Exchange, current
from mockserver.faults.streams import change_script
from mockserver.faults.wire import Framing, make_framing
from mockserver.ids import make_id, make_random
from mockserver.live import LiveStream
from mockserver.logs import note
from mockserver.pacing import with_keep_alives
from mockserver.rules.turn import Ending
from mockserver.script import (
    Cut,
    CutKind,
    Delta,
    EarlyFinal,
    Event,
    Fail,
    Final,
    KeepAlive,
    KillToken,
    Stall,
    Step,
    Timed,
    count_deltas,
)
from mockserver.store.base import Lease, Store

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",  # STR-9
    "X-Accel-Buffering": "no",
}


MOST_TOGETHER = 256
"""Events that are sent in one piece where all of them are due; then others have their turn."""


@dataclass(frozen=True, slots=True)
class OpenedStream:
    """A stream that holds its conversation's lock: to be sent at once, for whoever holds the lease has to end it."""

    lease: Lease
    script: Sequence[Timed]
    replayed: bool = False


class ReplyStream(Response):
    """The answer to opening a stream, as an ASGI application that holds a lease until it has ended."""

    def __init__(self, *, store: Store, opened: OpenedStream, alarms: Alarms, seed: int) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]
        self._store = store
        self._opened = opened
        self._alarms = alarms
        self._seed = seed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; returns when it has ended, in whatever way, and the lock with it."""
        exchange, lease = current(scope), self._opened.lease
        alarm = self._alarms.new(exchange.sandbox.clock)
        live = self._enlist(exchange, alarm)
        performance = _Performance(self, exchange, live, alarm, send)
        watchers = [asyncio.create_task(_client_gone(receive)), asyncio.create_task(self._store.wait(lease))]
        watchers[0].add_done_callback(lambda _: alarm.ring())
        watchers[1].add_done_callback(lambda _: None if performance.outlasts_turn else alarm.ring())
        ending, outcome = Ending.CLIENT_GONE, Ending.CLIENT_GONE.value
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            cut = await performance.play()
            ending = performance.ending or self._why(client_gone=watchers[0].done())
            outcome = "cut" if cut else ending.value
            await performance.close(cut, Connection(scope))
        except asyncio.CancelledError:
            ending, outcome = Ending.SHUTDOWN, Ending.SHUTDOWN.value
            raise
        finally:
            for watcher in watchers:
                watcher.cancel()
            self._alarms.discard(alarm)
            await self._store.end_turn(lease, ending)
            exchange.sandbox.streams.discard(live)
            exchange.stream_ended(outcome, replayed=self._opened.replayed)
            note(scope, outcome=f"stream {outcome}, {performance.deltas} of {live.deltas} deltas")

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
            deltas=count_deltas(self._opened.script),
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


class _Performance:
    """One playing of a script.

    Attributes:
        ending: how it came to its end, once the store has been told; None before.
        deltas: how many were sent.
        outlasts_turn: after an early final event the lease is over, and deltas are still to come.
    """

    def __init__(self, stream: ReplyStream, exchange: Exchange, live: LiveStream, alarm: Alarm, send: Send) -> None:
        self.ending: Ending | None = None
        self.deltas = 0
        self.outlasts_turn = False
        self._store = stream._store
        self._lease = stream._opened.lease
        self._exchange = exchange
        self._clock = exchange.sandbox.clock
        self._live = live
        self._alarm = alarm
        self._send = send
        self._begun = exchange.entry.at_s + exchange.delayed_s
        seed, names = stream._seed, (self._lease.conversation_id, self._lease.message_id)
        self._wrong_id = make_id(seed, "wrong reply", *names)
        self._framing: Framing | None = make_framing(exchange.wire_faults, make_random(seed, "framing", *names))
        script = stream._opened.script
        for fault in exchange.stream_faults:
            script = change_script(fault, script, make_random(seed, fault.kind, *names))
        self._script = with_keep_alives(script, exchange.sandbox.configuration.keep_alive_s)
        self._position = 0
        self._tail: list[bytes] = []
        """The last events of the script: sent together with the end of the answer."""

    async def play(self) -> CutKind | None:
        """Send all that is due when it is due, to the end or until something ends it; how it was cut, if it was."""
        while self._position < len(self._script):
            timed = self._script[self._position]
            if not await self._until_due(timed):
                return self._live.killed
            match timed.step:
                case Delta() | KeepAlive() | Event():
                    if not await self._send_due():
                        return None
                case Stall(None):
                    await self._stall()
                    return self._live.killed
                case Stall(float() | int() as seconds):
                    self._skip_silence(timed.due + seconds)
                case Cut(kind):
                    return kind
                case KillToken():
                    self._exchange.kill_token()
                    self._position += 1
                case _:
                    self._position += 1
                    if not await self._conclude(timed.step):
                        return None
        return None

    async def close(self, cut: CutKind | None, connection: Connection) -> None:
        """End the answer, or break it off."""
        held_back = self._tail + (self._framing.finish() if self._framing else [])
        if cut in {CutKind.TRUNCATE, CutKind.RESET}:
            await self._put(held_back)
            await (connection.reset() if cut is CutKind.RESET else connection.close())
            return
        *pieces, last = held_back or [b""]
        await self._put(pieces)
        await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def _until_due(self, timed: Timed) -> bool:
        """Wait until a step may be taken; False if the stream was ended meanwhile."""
        while not (self._alarm.rung or self._live.killed):
            if self._live.held:
                since = self._clock.now()
                await self._alarm.sleep_until(math.inf)
                self._begun += self._clock.now() - since  # what was held goes on as if it had not been
            elif self._live.at_once:
                self._begun = self._clock.now() - timed.due
                return True
            elif self._clock.now() >= self._begun + timed.due:
                return True
            else:
                await self._alarm.sleep_until(self._begun + timed.due)
        return False

    async def _stall(self) -> None:
        while not (self._alarm.rung or self._live.killed):
            await self._alarm.sleep_until(math.inf)

    def _skip_silence(self, end: float) -> None:
        """Pass a stall: what comes after it is due at its end already, and not even a comment comes before."""
        self._position += 1
        following = self._script[self._position :]
        self._position += sum(1 for _ in takewhile(lambda t: isinstance(t.step, KeepAlive) and t.due < end, following))

    async def _send_due(self) -> bool:
        """Send the deltas, comments and other events that are due; False if the lease has ended."""
        batch = self._take_due()
        fragments = [step.fragment for step in batch if isinstance(step, Delta)]
        if self.ending is None and not await self._store.produce(self._lease, fragments):
            return False
        self.deltas += len(fragments)
        events = []
        for step in batch:
            events += self._events_of(step)
        await self._put(self._frame(events))
        if len(batch) == MOST_TOGETHER:
            await asyncio.sleep(0)
        return True

    def _take_due(self) -> list[Step]:
        """The next steps that are due now, one at the least: no more events than may be sent."""
        now, allowed = self._clock.now() - self._begun, self._live.allowed
        taken: list[Step] = []
        while self._position < len(self._script):
            timed = self._script[self._position]
            if taken and (timed.due > now or allowed <= 0 or len(taken) == MOST_TOGETHER):
                break
            if not isinstance(timed.step, Delta | KeepAlive | Event):
                break
            taken.append(timed.step)
            self._position += 1
            allowed -= not isinstance(timed.step, KeepAlive)
        return taken

    def _events_of(self, step: Step) -> list[bytes]:
        match step:
            case KeepAlive():
                return self._note([wire.KEEP_ALIVE])
            case Delta(fragment, copies):
                return self._note([wire.delta_event(fragment)] * copies)
            case Event(name, data):
                return self._note([wire.other_event(name, data)], fault=True)
        raise TypeError(step)

    async def _conclude(self, step: Step) -> bool:
        """The final event, or the error event; False if the lease has ended before."""
        if isinstance(step, Fail):
            await self._store.end_turn(self._lease, Ending.FAILED)
            self.ending = Ending.FAILED
            await self._put_last(self._note([wire.error_event(step.error, step.code)], fault=True))
            return True
        if isinstance(step, EarlyFinal):
            rest = [timed.step.fragment for timed in self._script[self._position :] if isinstance(timed.step, Delta)]
            if not await self._store.produce(self._lease, rest):
                return False
            self.outlasts_turn = True
        reply = await self._store.end_turn(self._lease, Ending.FINISHED) if self.ending is None else None
        if reply is None:
            return self.ending is not None
        self.ending = Ending.FINISHED
        step = step if isinstance(step, Final) else Final()
        if step.send:
            shown = replace(reply, id=self._wrong_id) if step.wrong_id else reply
            events = self._note([wire.message_event(shown)] * step.copies, fault=step != Final())
            await self._put_last(events)
        return True

    def _note(self, events: list[bytes], *, fault: bool = False) -> list[bytes]:
        for position, event in enumerate(events):
            kind, data = wire.read_event(event)
            self._exchange.sent(kind, data, fault=fault or position > 0)
            self._live.sent += kind != "comment"
        return events

    async def _put_last(self, events: list[bytes]) -> None:
        pieces = self._frame(events)
        if self._position == len(self._script):
            self._tail = pieces
        else:
            await self._put(pieces)

    def _frame(self, events: list[bytes]) -> list[bytes]:
        return self._framing.frame(events) if self._framing else [b"".join(events)]

    async def _put(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})


async def _client_gone(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
