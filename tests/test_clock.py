"""The clock of a workspace, with a real time that is made up, and the alarms that sleep by it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from mockserver.alarms import Alarms
from mockserver.clock import START, STEP, SandboxClock, parse_clock


class Real:
    """A real time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The seconds."""
        return self.now


@pytest.fixture
def real() -> Real:
    """The real time."""
    return Real()


@pytest.fixture
def clock(real: Real) -> SandboxClock:
    """A clock that has just begun."""
    return SandboxClock(real=real)


def test_it_runs_with_the_real_time(clock: SandboxClock, real: Real) -> None:
    """From 0 on."""
    assert clock.now() == 0
    real.now += 2.5
    assert clock.now() == 2.5
    assert clock.at(real.now - 1) == 1.5
    assert clock.real_delay(4.5) == 2.0


def test_frozen_it_stands(clock: SandboxClock, real: Real) -> None:
    """Until it runs again, from where it stood."""
    clock.run(0)
    real.now += 60
    assert (clock.now(), clock.real_delay(1)) == (0, math.inf)
    clock.run(1)
    real.now += 1
    assert clock.now() == 1


def test_it_can_run_faster(clock: SandboxClock, real: Real) -> None:
    """A minute a second."""
    clock.run(60)
    real.now += 1
    assert clock.now() == 60
    assert clock.real_delay(120) == 1


def test_advanced_it_is_later(clock: SandboxClock, real: Real) -> None:
    """By the seconds given, frozen or not; tokens and timestamps are, too."""
    ahead = clock.wall_now() - datetime.now(UTC)
    clock.advance(3600)
    real.now += 1
    assert clock.now() == 3601
    assert clock.wall_now() - datetime.now(UTC) - ahead == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=5))
    assert clock.instant(START, 1) == START + STEP + timedelta(hours=1)


def test_logical_timestamps_count_writes(clock: SandboxClock, real: Real) -> None:
    """And nothing else, as long as nobody advances the clock."""
    real.now += 1000
    clock.run(0)
    assert clock.instant(START, 3) == START + 3 * STEP


def test_set_timestamps_go_on_from_there(clock: SandboxClock) -> None:
    """Back, too; nothing becomes due by it."""
    clock.set(datetime(2020, 2, 29, 12))
    assert clock.instant(START, 1) == datetime(2020, 2, 29, 12) + STEP
    assert clock.now() == 0


def test_wall_timestamps_are_the_real_time_and_can_be_set(real: Real) -> None:
    """From there they go on with it."""
    clock = SandboxClock(wall=True, real=real)
    assert abs(clock.instant(START, 1) - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=5)
    clock.set(datetime(2030, 1, 1))
    assert abs(clock.instant(START, 1) - datetime(2030, 1, 1)) < timedelta(seconds=5)


def test_it_goes_on_from_a_snapshot(clock: SandboxClock, real: Real) -> None:
    """On another machine, whose real time is another."""
    clock.advance(5)
    clock.run(2)
    real.now += 1
    other_real = Real()
    other_real.now = 9000
    other = SandboxClock(real=other_real)
    other.restore(parse_clock(clock.dump()))
    other_real.now += 1
    assert other.now() == 9
    assert other.instant(START, 1) == clock.instant(START, 1)


def test_reset_it_begins_anew(clock: SandboxClock) -> None:
    """As a fresh one."""
    clock.advance(5)
    clock.run(0)
    clock.reset()
    assert (clock.now(), clock.rate, clock.shift) == (0, 1, timedelta())


def run(scenario: Callable[[SandboxClock], Awaitable[object]]) -> tuple[object, float]:
    """What a scenario answers, and the real seconds that it took."""

    async def limited() -> object:
        return await asyncio.wait_for(scenario(SandboxClock()), timeout=20)

    begun = time.monotonic()
    return asyncio.run(limited()), time.monotonic() - begun


def test_an_alarm_cuts_a_sleep_short_and_every_later_one() -> None:
    """A cancel or a shutdown does not wait for the next delta."""

    async def scenario(clock: SandboxClock) -> list[bool]:
        alarm = Alarms().new(clock)
        slept = [await alarm.wait_until(clock.now() + 0.01)]
        asyncio.get_running_loop().call_later(0.01, alarm.ring)
        slept.append(await alarm.wait_until(clock.now() + 60))
        slept.append(await alarm.wait_until(clock.now() + 60))
        return slept

    said, took_s = run(scenario)
    assert said == [True, False, False]
    assert took_s < 5


@pytest.mark.parametrize(
    "hurry",
    [lambda clock: clock.advance(60), lambda clock: clock.run(10_000)],
    ids=["advance", "run"],
)
def test_who_sleeps_notices_that_the_clock_runs_otherwise(hurry: Callable[[SandboxClock], None]) -> None:
    """A minute is over at once."""

    async def scenario(clock: SandboxClock) -> bool:
        clock.run(0)
        asyncio.get_running_loop().call_later(0.01, hurry, clock)
        return await Alarms().new(clock).wait_until(60)

    said, took_s = run(scenario)
    assert said is True
    assert took_s < 5


def test_a_nudge_ends_one_sleep_alone() -> None:
    """Who waits for an instant sleeps on."""

    async def scenario(clock: SandboxClock) -> float:
        alarm = Alarms().new(clock)
        asyncio.get_running_loop().call_later(0.01, alarm.nudge)
        await alarm.sleep_until(math.inf)
        asyncio.get_running_loop().call_later(0.01, alarm.nudge)
        begun = clock.now()
        await alarm.wait_until(begun + 0.1)
        return clock.now() - begun

    said, _ = run(scenario)
    assert isinstance(said, float)
    assert said >= 0.1


def test_a_shutdown_rings_the_alarms_there_are_and_those_to_come() -> None:
    """A request that comes in while the server stops is not paced any more."""

    async def scenario(clock: SandboxClock) -> tuple[bool, bool]:
        alarms = Alarms()
        early = alarms.new(clock)
        alarms.ring_all()
        return early.rung, alarms.new(clock).rung

    assert run(scenario)[0] == (True, True)
