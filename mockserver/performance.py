"""One playing of a script: sends each step of a stream when it is due, as far as it may.

All that is due goes out in one piece. Due times are absolute and count from the request's arrival, so a stream that is
served late or seldom catches up; after each piece others have their turn (`mockserver.timetable`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from starlette.types import Send

from mockserver import wire
from mockserver.alarms import Alarm
from mockserver.exchange import Exchange
from mockserver.faults.wire import Framing
from mockserver.ids import make_id
from mockserver.live import LiveStream
from mockserver.rules.turn import Ending
from mockserver.script import (
    SENT,
    Cut,
    CutKind,
    Delta,
    EarlyFinal,
    Event,
    Fail,
    Final,
    KeepAlive,
    KillToken,
    Script,
    Stall,
    Step,
)
from mockserver.store.base import Lease, Store

MOST_TOGETHER = 256
"""Events that are sent in one piece where all of them are due; then others have their turn."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a performance is of: the script, whose reply it is, and in which form it goes out."""

    script: Script
    store: Store
    lease: Lease
    framing: Framing | None
    seed: int


class Performance:
    """One playing of a script.

    Attributes:
        ending: how it came to its end, once the store has been told; None before.
        deltas: how many were sent.
        outlasts_turn: after an early final event the lease is over, and deltas are still to come.
    """

    def __init__(self, part: Part, exchange: Exchange, live: LiveStream, alarm: Alarm, send: Send) -> None:
        self.ending: Ending | None = None
        self.deltas = 0
        self.outlasts_turn = False
        self._due, self._steps = part.script.due, part.script.steps
        self._store = part.store
        self._lease = part.lease
        self._framing = part.framing
        self._seed = part.seed
        self._exchange = exchange
        self._clock = exchange.sandbox.clock
        self._live = live
        self._alarm = alarm
        self._send = send
        self._begun = exchange.entry.at_s + exchange.delayed_s
        self._position = 0
        self._has_sent = False
        """A piece, and others have not had their turn since."""
        self._tail: Sequence[bytes] = []
        """The last events of the script: sent together with the end of the answer."""

    async def play(self) -> CutKind | None:
        """Send all that is due when it is due, to the end or until something ends it; how it was cut, if it was."""
        while self._position < len(self._steps):
            due, step = self._due[self._position], self._steps[self._position]
            if not await self._until_due(due):
                return self._live.killed
            if isinstance(step, SENT):
                if not await self._send_due():
                    return None
                continue
            self._position += 1
            match step:
                case Stall(None):
                    await self._stall()
                    return self._live.killed
                case Stall(float() | int() as seconds):
                    self._skip_silence(due + seconds)
                case Cut(kind):
                    return kind
                case KillToken():
                    self._exchange.kill_token()
                case _:
                    if not await self._conclude(step):
                        return None
        return None

    async def close(self, cut: CutKind | None) -> None:
        """End the answer; one that is cut stays open, for its connection is to be broken."""
        held_back = [*self._tail, *(self._framing.finish() if self._framing else [])]
        if cut in {CutKind.TRUNCATE, CutKind.RESET}:
            await self._put(held_back)
            return
        *pieces, last = held_back or [b""]
        await self._put(pieces)
        await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def _until_due(self, due: float) -> bool:
        """Wait until a step may be taken; False if the stream was ended meanwhile."""
        while not (self._alarm.rung or self._live.killed):
            now = self._clock.now()
            if self._live.held:
                await self._alarm.sleep_until(math.inf)
                self._begun += self._clock.now() - now  # what was held goes on as if it had not been
            elif self._live.at_once:
                self._begun = now - due
                return True
            elif now < self._begun + due:
                await self._alarm.sleep_until(self._begun + due)
            elif self._has_sent:
                await self._alarm.give_way()
            else:
                return True
            self._has_sent = False
        return False

    async def _stall(self) -> None:
        while not (self._alarm.rung or self._live.killed):
            await self._alarm.sleep_until(math.inf)

    def _skip_silence(self, end: float) -> None:
        """Pass a stall: what comes after it is due at its end already, and not even a comment comes before."""
        while self._position < len(self._steps) and self._is_comment_before(end):
            self._position += 1

    def _is_comment_before(self, end: float) -> bool:
        return isinstance(self._steps[self._position], KeepAlive) and self._due[self._position] < end

    async def _send_due(self) -> bool:
        """Send the deltas, comments and other events that are due; False if the lease has ended."""
        batch = self._take_due()
        fragments = _fragments(batch)
        if self.ending is None and not await self._store.produce(self._lease, fragments):
            return False
        self.deltas += len(fragments)
        events = self._note_deltas(fragments) if fragments == batch else b"".join(map(self._events_of, batch))
        await self._put(self._frame(events))
        # What ends the stream is no matter of turns: it comes with the last delta.
        self._has_sent = self._position < len(self._steps) and isinstance(self._steps[self._position], SENT)
        return True

    def _take_due(self) -> list[Step]:
        """The next steps that are due now, one at the least: no more events than may be sent."""
        begin, now = self._position, self._clock.now() - self._begun
        end = min(bisect_right(self._due, now, begin + 1), begin + MOST_TOGETHER)
        taken = list(takewhile(lambda step: isinstance(step, SENT), self._steps[begin:end]))
        if self._live.allowed < len(taken):
            taken = self._let_through(taken)
        self._position += len(taken)
        return taken

    def _let_through(self, steps: Sequence[Step]) -> list[Step]:
        """As many of them as may be sent before the stream is held: comments are not counted, the first may go."""
        taken: list[Step] = []
        allowed = self._live.allowed
        for step in steps:
            if taken and allowed <= 0:
                break
            taken.append(step)
            allowed -= not isinstance(step, KeepAlive)
        return taken

    def _events_of(self, step: Step) -> bytes:
        match step:
            case str():
                return self._note_deltas([step])
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
            if not await self._store.produce(self._lease, _fragments(self._steps[self._position :])):
                return False
            self.outlasts_turn = True
        reply = await self._store.end_turn(self._lease, Ending.FINISHED) if self.ending is None else None
        if reply is None:
            return self.ending is not None
        self.ending = Ending.FINISHED
        step = step if isinstance(step, Final) else Final()
        if step.send:
            wrong_id = make_id(self._seed, "wrong reply", self._lease.conversation_id, self._lease.message_id)
            shown = replace(reply, id=wrong_id) if step.wrong_id else reply
            events = self._note([wire.message_event(shown)] * step.copies, fault=step != Final())
            await self._put_last(events)
        return True

    def _note(self, events: list[bytes], *, fault: bool = False) -> bytes:
        for position, event in enumerate(events):
            kind, data = wire.read_event(event)
            self._exchange.sent(kind, data, fault=fault or position > 0)
            self._live.sent += kind != "comment"
        return b"".join(events)

    def _note_deltas(self, fragments: Sequence[str]) -> bytes:
        events = wire.delta_events(fragments)
        self._exchange.sent_deltas(events, len(fragments))
        self._live.sent += len(fragments)
        return events

    async def _put_last(self, events: bytes) -> None:
        pieces = self._frame(events)
        if self._position == len(self._steps):
            self._tail = pieces
        else:
            await self._put(pieces)

    def _frame(self, events: bytes) -> Sequence[bytes]:
        return self._framing.frame(wire.split_events(events)) if self._framing else [events]

    async def _put(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})


def _fragments(steps: Sequence[Step]) -> list[str]:
    return [step if isinstance(step, str) else step.fragment for step in steps if isinstance(step, str | Delta)]
