"""When deltas are due."""

from __future__ import annotations

import asyncio
import random
import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pacing import INSTANT, Pace, due_offsets, keep_alive_offsets
from mockserver.streaming import Alarm, Alarms, Script

paces = st.builds(Pace, st.floats(0, 5), st.floats(0.1, 1000), st.floats(0, 1))


@given(paces, st.integers(1, 200), st.integers())
def test_due_times_never_fall(pace: Pace, count: int, seed: int) -> None:
    """One for each delta, in order."""
    due = due_offsets(pace, count, random.Random(seed))
    assert len(due) == count
    assert due == sorted(due)


def test_without_jitter_the_pace_is_even() -> None:
    """300 ms to the first delta, 25 ms to each after it."""
    assert due_offsets(Pace(0.3, 40, 0), 3, random.Random(0)) == pytest.approx([0.3, 0.325, 0.35])


def test_jitter_keeps_the_mean_and_follows_from_the_seed() -> None:
    """As fast as asked on average, never twice as slow at one gap, and the same again."""
    pace = Pace(0.025, 40, 1)
    due = due_offsets(pace, 4000, random.Random(1))
    gaps = [later - sooner for sooner, later in zip([0.0, *due], due, strict=False)]
    assert statistics.mean(gaps) == pytest.approx(0.025, rel=0.05)
    assert max(gaps) <= 0.05
    assert due == due_offsets(pace, 4000, random.Random(1))


def test_instant_waits_for_nothing() -> None:
    """The pace of tests."""
    assert set(due_offsets(INSTANT, 50, random.Random(0))) == {0.0}


def test_keep_alives_come_at_their_interval_until_the_end() -> None:
    """Zero switches them off."""
    assert keep_alive_offsets(31, 15) == [15, 30]
    assert keep_alive_offsets(31, 0) == []
    assert keep_alive_offsets(0, 15) == []


def test_keep_alives_stand_between_the_deltas_in_order() -> None:
    """Their place follows from the due times, so the bytes of a stream are the same again."""
    script = Script(["a", "b", "c"], [0.5, 1.5, 2.5])
    assert [entry for _, entry in script.timeline(1.0)] == ["a", None, "b", None, "c"]


def test_an_alarm_cuts_a_sleep_short_and_every_later_one() -> None:
    """A cancel or a shutdown does not wait for the next delta."""

    async def scenario() -> list[bool]:
        alarm, loop = Alarm(), asyncio.get_running_loop()
        slept = [await alarm.sleep_until(loop.time() + 0.01)]
        loop.call_later(0.01, alarm.ring)
        slept.append(await alarm.sleep_until(loop.time() + 60))
        slept.append(await alarm.sleep_until(loop.time() + 60))
        return slept

    begun = time.monotonic()
    assert asyncio.run(scenario()) == [True, False, False]
    assert time.monotonic() - begun < 5


def test_a_shutdown_rings_the_alarms_there_are_and_those_to_come() -> None:
    """A request that comes in while the server stops is not paced any more."""

    async def scenario() -> tuple[bool, bool]:
        alarms = Alarms()
        early = alarms.new()
        alarms.ring_all()
        return early.rung, alarms.new().rung

    assert asyncio.run(scenario()) == (True, True)
