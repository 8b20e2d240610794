"""Sleeps by the clock of a workspace that can be cut short: by who has something to say, by a cancel, by a shutdown."""

from __future__ import annotations

import asyncio
import math

from mockserver.clock import SandboxClock
from mockserver.timetable import Timetable


class Alarm:
    """A sleep by a workspace's clock that can be cut short, once and for all.

    Cheaper than `asyncio.wait` with a time-out per delta.
    """

    def __init__(self, clock: SandboxClock, timetable: Timetable) -> None:
        self._clock = clock
        self._timetable = timetable
        self._sleeper: asyncio.Future[None] | None = None
        self._number: int | None = None
        self._instant = 0.0
        self.rung = False

    def ring(self) -> None:
        """End the sleep; later ones end at once."""
        self.rung = True
        self.nudge()

    def nudge(self) -> None:
        """End this sleep, and no later one: something has changed, look again."""
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    async def sleep_until(self, instant: float) -> bool:
        """Sleep until the clock says `instant` (`inf`: until something happens) or a nudge; False if the alarm rang."""
        if not self.rung and instant > self._clock.now():
            await self._sleep(instant)
        return not self.rung

    async def wait_until(self, instant: float) -> bool:
        """Sleep until the clock says `instant`, whoever nudges; False if the alarm rang."""
        while self._clock.now() < instant and await self.sleep_until(instant):
            pass
        return not self.rung

    async def give_way(self) -> None:
        """Let others who are due have their turn."""
        if not self.rung:
            await self._sleep(-math.inf)

    async def _sleep(self, instant: float) -> None:
        self._instant = instant
        self._sleeper = asyncio.get_running_loop().create_future()
        self._clock.wake_by(self._rearm)
        self._arm()
        try:
            await self._sleeper
        finally:
            self._disarm()
            self._clock.wake_no_more(self._rearm)
            self._sleeper = None

    def _rearm(self) -> None:
        """The clock runs otherwise than it did: wake accordingly."""
        self._disarm()
        self._arm()

    def _arm(self) -> None:
        delay_s = self._clock.real_delay(self._instant)
        if delay_s < math.inf:
            self._number = self._timetable.add(delay_s, self._due)

    def _due(self) -> None:
        self._number = None
        self.nudge()

    def _disarm(self) -> None:
        if self._number is not None:
            self._timetable.call_off(self._number)
            self._number = None


class Alarms:
    """All who sleep in this server: each is woken in its turn, and a shutdown wakes them all."""

    def __init__(self) -> None:
        self._set: set[Alarm] = set()
        self._timetable = Timetable()
        self.shutting_down = False

    @property
    def sleeping(self) -> int:
        """How many there are."""
        return len(self._set)

    def new(self, clock: SandboxClock) -> Alarm:
        """An alarm of this server; rung already if the server is shutting down."""
        alarm = Alarm(clock, self._timetable)
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
