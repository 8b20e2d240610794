"""When deltas are due."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pacing import INSTANT, Pace, due_offsets, keep_alive_offsets, with_keep_alives
from mockserver.script import Final, KeepAlive, healthy

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
    script = with_keep_alives(healthy(["a", "b", "c"], [0.5, 1.5, 2.5]), 1.0)
    assert script.steps == ["a", KeepAlive(), "b", KeepAlive(), "c", Final()]
    assert script.due == [0.5, 1.0, 1.5, 2.0, 2.5, 2.5]
