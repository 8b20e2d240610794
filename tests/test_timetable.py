"""Calls at instants: in their order, never early, and a few in each turn of the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import TypeVar

from mockserver.timetable import WAKE_TOGETHER, Timetable

T = TypeVar("T")


def run(scenario: Callable[[Timetable], Awaitable[T]], timetable: Timetable | None = None) -> T:
    """What a scenario answers."""

    async def limited() -> T:
        return await asyncio.wait_for(scenario(timetable or Timetable()), timeout=20)

    return asyncio.run(limited())


async def until_empty(timetable: Timetable) -> None:
    """Wait until nothing is to come."""
    while len(timetable):  # noqa: ASYNC110 - turns are counted
        await asyncio.sleep(0)


def test_the_longest_overdue_come_first() -> None:
    """Whoever asked first."""

    async def scenario(timetable: Timetable) -> list[str]:
        called: list[str] = []
        for delay_s, name in ((0.02, "last"), (0.0, "second"), (-5.0, "first"), (0.01, "third")):
            timetable.add(delay_s, lambda name=name: called.append(name))  # type: ignore[misc]
        await until_empty(timetable)
        return called

    assert run(scenario) == ["first", "second", "third", "last"]


def test_nothing_is_called_before_its_time() -> None:
    """Though event loops round to milliseconds."""

    async def scenario(timetable: Timetable) -> list[float]:
        early: list[float] = []
        for number in range(200):
            delay_s = number / 7000
            due = time.monotonic() + delay_s
            timetable.add(delay_s, lambda due=due: early.append(due - time.monotonic()))  # type: ignore[misc]
        await until_empty(timetable)
        return early

    assert max(run(scenario)) <= 0


def test_a_few_are_called_in_each_turn() -> None:
    """Others have theirs in between."""

    async def scenario(timetable: Timetable) -> list[int]:
        for _ in range(10 * WAKE_TOGETHER):
            timetable.add(0, lambda: None)
        left = [len(timetable)]
        while left[-1]:
            await asyncio.sleep(0)
            left.append(len(timetable))
        return left

    left = run(scenario)
    assert {before - after for before, after in pairwise(left)} <= {0, WAKE_TOGETHER}


def test_what_is_called_off_is_not_called() -> None:
    """Nor kept until its time would have come, where there is much of it."""

    async def scenario(timetable: Timetable) -> tuple[list[int], int]:
        called: list[int] = []
        numbers = [timetable.add(3600, lambda: called.append(3600)) for _ in range(1000)]
        kept = timetable.add(0.01, lambda: called.append(0))
        for number in [*numbers, numbers[0]]:
            timetable.call_off(number)
        await until_empty(timetable)
        timetable.call_off(kept)
        return called, len(timetable._heap)

    called, held = run(scenario)
    assert called == [0]
    assert held <= 100


def test_a_loop_that_is_over_has_no_say() -> None:
    """What it was to call is forgotten; the next one has its own."""
    timetable, called = Timetable(), []

    async def leave_one(timetable: Timetable) -> None:
        timetable.add(0.01, lambda: called.append("old"))

    async def add_one(timetable: Timetable) -> None:
        timetable.add(0.02, lambda: called.append("new"))
        await until_empty(timetable)

    run(leave_one, timetable)
    run(add_one, timetable)
    assert called == ["new"]
