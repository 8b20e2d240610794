"""Builds an ASGI application when something first needs it: what a run does not need costs it nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Deferred:
    """An ASGI application that is built when it is first asked for something.

    That is done in a thread: streams go on meanwhile.

    Args:
        on_start: called when the server has started.
    """

    def __init__(self, build: Callable[[], ASGIApp], on_start: Callable[[], None] = lambda: None) -> None:
        self._build = build
        self._on_start = on_start
        self._app: ASGIApp | None = None
        self._building = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        app = await asyncio.to_thread(self._get) if self._app is None else self._app
        await app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan of a server."""
        while (kind := (await receive())["type"]) != "lifespan.shutdown":
            self._on_start()
            await send({"type": f"{kind}.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    def _get(self) -> ASGIApp:
        with self._building:
            if self._app is None:
                app = self._build()
                asyncio.run(_start(app))
                self._app = app
            return self._app


async def _start(app: ASGIApp) -> None:
    """Let it build what it builds at its first call."""
    steps = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Message:
        return next(steps)

    async def send(message: Message) -> None:
        if message["type"].endswith(".failed"):
            raise RuntimeError(message.get("message"))

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
