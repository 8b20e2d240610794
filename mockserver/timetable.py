"""Calls back at instants of the real time, a few in each turn of the event loop.

Timers of the event loop that are due are called all at once. With thousands of streams that would be a turn of many
milliseconds, in which no request is read and no answer begun; here the longest overdue come first, and then everyone
else has a turn. Under load a stream is so served less often, and sends more in one piece.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final

WAKE_TOGETHER: Final = 16
"""Calls in one turn of the event loop; each leads to a piece that is sent, which takes some 50 us."""

_SLACK_S: Final = 0.0005
"""Event loops count milliseconds and round: so none wakes before the time has come."""


class Timetable:
    """What is to be called when. For one event loop at a time; what another one had, which is over, is forgotten."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        """When, and the number of the call; those that were called off, too."""
        self._calls: dict[int, Callable[[], None]] = {}
        self._number = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: asyncio.Handle | None = None
        self._next_s = 0.0
        """When it comes, where `_next` is to come at a time."""

    def __len__(self) -> int:
        """How many calls are to come."""
        return len(self._calls)

    def add(self, delay_s: float, call: Callable[[], None]) -> int:
        """Call that in so many seconds, or in the next turn if there are none; answers the number to call it off by."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._next = loop, None
            self._heap.clear()
            self._calls.clear()
        self._number += 1
        at_s = time.monotonic() + delay_s
        self._calls[self._number] = call
        heappush(self._heap, (at_s, self._number))
        if self._next is None or at_s < self._next_s:
            self._arm(loop)
        return self._number

    def call_off(self, number: int) -> None:
        """Nothing is to be called; nothing happens if it was already."""
        if self._calls.pop(number, None) and len(self._heap) > 2 * len(self._calls) + 100:
            self._heap = [each for each in self._heap if each[1] in self._calls]
            heapify(self._heap)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Come back when the first is due."""
        if self._next:
            self._next.cancel()
        self._next_s = self._heap[0][0]
        delay_s = self._next_s - time.monotonic()
        self._next = loop.call_later(delay_s + _SLACK_S, self._call) if delay_s > 0 else loop.call_soon(self._call)

    def _call(self) -> None:
        """Call those that are due, so far as they may in this turn."""
        called, now = 0, time.monotonic()
        while self._heap and self._heap[0][0] <= now and called < WAKE_TOGETHER:
            call = self._calls.pop(heappop(self._heap)[1], None)
            if call is not None:
                call()
                called += 1
        self._next = None
        if self._heap and self._loop:
            self._arm(self._loop)
