"""The time of a workspace: what its timestamps say, how fast its streams are paced, when its tokens expire.

A workspace's clock runs with the real time until a test freezes it, lets it run faster, or advances it; all that
waits in that workspace waits by this clock, so that a stream of a minute can be played in no time.

Timestamps come from one of two places. Logical ones count writes instead of seconds: two servers that are told the
same things answer the same, and nothing that happens elsewhere meanwhile shows. Wall ones are the real time. Both move
when the clock is advanced or set.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mockserver.parts import FARTHEST_S, an_object, check_part, number

START = datetime(2026, 5, 1, 9, 0, 0)
"""The instant, naive as the API's are, from which the logical clock counts the conversations of each workspace."""

STEP = timedelta(seconds=1, milliseconds=250)
"""What one write takes. Every fourth instant has no fraction: the API's timestamps come in both forms."""

FASTEST = 10_000.0
"""Seconds of a workspace in one real second, at the most."""

_END: Final = datetime(9999, 12, 31, 23, 59, 59)
"""What comes after it has no timestamp, and is shown as this."""

EARLIEST: Final = datetime(1900, 1, 1)
"""Timestamps go on from no time before this."""

FARTHEST: Final = timedelta(days=366 * 4000)
"""How far a clock can be ahead: timestamps end with the year 9999, and streams take their time, too."""

_STATE: Final = an_object(
    {
        "nowS": number(0, FARTHEST_S),
        "rate": number(0, FASTEST),
        "shiftS": number((EARLIEST - START).total_seconds(), FARTHEST.total_seconds()),
    }
)


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a clock stood when it was dumped."""

    now_s: float
    rate: float
    shift: timedelta


def parse_clock(data: Mapping[str, Any]) -> ClockState:
    """What `SandboxClock.dump` gave.

    Raises:
        PartError: it is not that; names the field.
    """
    check_part(_STATE, data)
    return ClockState(float(data["nowS"]), float(data["rate"]), timedelta(seconds=float(data["shiftS"])))


class SandboxClock:
    """The clock of one workspace.

    Args:
        wall: timestamps are the real time rather than counted writes.
        real: seconds of the real time, by the clock of event loops.
    """

    def __init__(self, *, wall: bool = False, real: Callable[[], float] = time.monotonic) -> None:
        self.wall = wall
        self._real = real
        self._sleepers: dict[Callable[[], None], None] = {}
        self.reset()

    def reset(self) -> None:
        """Run as a new clock does."""
        self._origin = self._since = self._real()
        self._base = 0.0
        self._rate = 1.0
        self._shift = timedelta()
        self._wake()

    @property
    def rate(self) -> float:
        """Seconds of this clock in a real one; 0 where it stands."""
        return self._rate

    @property
    def shift(self) -> timedelta:
        """How far the clock was put forward by hand: what logical timestamps have on top of the writes."""
        return self._shift

    def now(self) -> float:
        """Seconds since the workspace began."""
        return self._base + (self._real() - self._since) * self._rate

    def at(self, real: float) -> float:
        """What `now` was, or will be, at that real instant, as the clock runs now."""
        return self._base + (real - self._since) * self._rate

    def real_delay(self, instant: float) -> float:
        """Real seconds until `now` is `instant`: none if it is over, infinitely many if the clock stands."""
        left = instant - self.now()
        if left <= 0:
            return 0.0
        return left / self._rate if self._rate else math.inf

    def wall_now(self) -> datetime:
        """The time of day, UTC, aware: the real one, and by how much this clock is ahead of it. Tokens expire by it."""
        ahead = self.now() - (self._real() - self._origin)
        try:
            return datetime.now(UTC) + timedelta(seconds=ahead)
        except OverflowError:
            return _END.replace(tzinfo=UTC)

    def instant(self, origin: datetime, writes: int) -> datetime:
        """The naive timestamp of write number `writes >= 1` since `origin`, an instant of a clock not put forward."""
        if self.wall:
            return self.wall_now().replace(tzinfo=None)
        try:
            return origin + writes * STEP + self._shift
        except OverflowError:
            return _END

    def run(self, rate: float) -> None:
        """Run so many times as fast as the real time: 0 freezes, 1 is normal, at the most `FASTEST`."""
        self._base, self._since, self._rate = self.now(), self._real(), rate
        self._wake()

    def advance(self, seconds: float) -> None:
        """Put the clock forward: what is due by then is due now."""
        self._base += seconds
        self._shift += timedelta(seconds=seconds)
        self._wake()

    def pass_until(self, instant: float) -> None:
        """Let time pass until `now` is `instant`, if it is not over: what is due by then is due now.

        Unlike `advance` this is no hand on the clock: logical timestamps stay as they are.
        """
        if instant > self.now():
            self._base, self._since = instant, self._real()
            self._wake()

    def set(self, instant: datetime) -> None:
        """Let timestamps go on from a naive instant (UTC), forward or back. Nothing becomes due by it.

        The next conversation of logical timestamps comes a step after it, and one for each that was created before.
        """
        if self.wall:
            ahead = (instant - self.wall_now().replace(tzinfo=None)).total_seconds()
            self._origin += ahead
        else:
            self._shift = instant - START

    def dump(self) -> dict[str, Any]:
        """As JSON, for a snapshot."""
        return {"nowS": self.now(), "rate": self._rate, "shiftS": self._shift.total_seconds()}

    def restore(self, state: ClockState) -> None:
        """Go on from a snapshot."""
        self._base, self._since, self._rate = state.now_s, self._real(), state.rate
        self._shift = state.shift
        self._wake()

    def wake_by(self, rearm: Callable[[], None]) -> None:
        """What to call whenever the clock runs otherwise than it did: someone sleeps by it."""
        self._sleepers[rearm] = None

    def wake_no_more(self, rearm: Callable[[], None]) -> None:
        """Whoever gave that sleeps no more."""
        self._sleepers.pop(rearm, None)

    def _wake(self) -> None:
        for rearm in list(self._sleepers):
            rearm()
