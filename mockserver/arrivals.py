"""Notes when a request came, and lets requests begin a few at a time.

A thousand clients may come at the same moment. Served in one go they would keep the event loop for a second: streams
that run would stall, and a request that comes meanwhile would not even be noticed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

ARRIVED = "mockserver.arrived"
"""The extension of the ASGI scope that tells when, by the event loop's clock, the request came."""

_ADMITTED = "mockserver.admitted"
"""The extension of the ASGI scope that tells that the request has begun."""

_BEGIN_TOGETHER = 16
"""Requests that begin in one turn of the event loop; each takes up to a millisecond until it first waits."""


def note_arrival(scope: MutableMapping[str, Any], loop: asyncio.AbstractEventLoop) -> None:
    """A request has come, unless that was noted before."""
    extensions = scope.setdefault("extensions", {})
    if ARRIVED not in extensions:
        extensions[ARRIVED] = loop.time()


class Turnstile:
    """ASGI middleware: the outermost, so that a request's arrival is noted before anything is done for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = 0
        """Requests that have begun in this turn of the event loop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http":
            loop = asyncio.get_running_loop()
            note_arrival(scope, loop)
            self._look_at(loop)
            if not scope["extensions"].get(_ADMITTED):
                await asyncio.sleep(0)  # the arrivals of all that came at once are noted before one of them begins
                if not self._begin():
                    await self._wait()
        await self._app(scope, receive, send)

    def admit(self, scope: MutableMapping[str, Any]) -> bool:
        """Whether a request that has arrived may begin right now. If not, the application lets it wait."""
        self._look_at(asyncio.get_running_loop())
        admitted = scope["extensions"][_ADMITTED] = self._begin()
        return admitted

    def _look_at(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:  # the turns of another one, which is over, say nothing
            self._loop, self._begun = loop, 0
            self._waiting.clear()

    def _begin(self) -> bool:
        """Begin a request, unless it has to wait for its turn."""
        assert self._loop
        if self._begun >= _BEGIN_TOGETHER or self._waiting:
            return False
        if not self._begun:
            self._loop.call_soon(self._admit, self._loop)
        self._begun += 1
        return True

    async def _wait(self) -> None:
        assert self._loop
        turn = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _admit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the next ones begin; come back in the loop's next turn, after it has looked for what came in."""
        self._begun = 0
        while self._waiting and self._begun < _BEGIN_TOGETHER:
            self._begun += 1
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled while it waited
                turn.set_result(None)
        if self._begun:
            loop.call_soon(self._admit, loop)
