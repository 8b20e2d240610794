"""A burst of requests neither stalls what runs nor makes late who came at once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Receive, Scope, Send

from mockserver.arrivals import ARRIVED, Turnstile

WORK_S = 0.002


class Busy:
    """An application that keeps the event loop for a while with each request, and notes when it began with it."""

    def __init__(self) -> None:
        self.begun: list[tuple[float, float]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        self.begun.append((scope["extensions"][ARRIVED], asyncio.get_running_loop().time()))
        time.sleep(WORK_S)  # noqa: ASYNC251 - that is the point


async def nothing(*_: Any) -> Any:
    """Neither received nor sent."""


async def burst(turnstile: Turnstile, count: int) -> list[asyncio.Task[None]]:
    """Requests that come at the same moment."""
    return [asyncio.create_task(turnstile({"type": "http"}, nothing, nothing)) for _ in range(count)]


def test_all_of_a_burst_are_noted_before_the_first_is_done() -> None:
    """Due times count from the arrival, so the last of a thousand is not paced late."""

    async def scenario() -> list[tuple[float, float]]:
        app = Busy()
        await asyncio.gather(*await burst(Turnstile(app), 100))
        return app.begun

    begun = asyncio.run(scenario())
    assert len(begun) == 100
    assert max(arrived for arrived, _ in begun) <= begun[0][1]


def test_the_event_loop_breathes_during_a_burst() -> None:
    """A stream that runs beside it is not kept waiting until the last request is done."""

    async def scenario() -> int:
        requests = asyncio.gather(*await burst(Turnstile(Busy()), 100))
        turns = 0
        while not requests.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(scenario()) > 5


def test_a_request_that_is_cancelled_while_it_waits_lets_the_others_pass() -> None:
    """And does not begin."""

    async def scenario() -> tuple[int, list[Any]]:
        app = Busy()
        tasks = await burst(Turnstile(app), 40)
        await asyncio.sleep(0)
        tasks[30].cancel()
        return len(app.begun), [*await asyncio.gather(*tasks, return_exceptions=True), len(app.begun)]

    begun_before, results = asyncio.run(scenario())
    assert begun_before == 0
    assert isinstance(results[30], asyncio.CancelledError)
    assert results[-1] == 39
