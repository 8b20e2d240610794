"""Serves the control plane beside the API that is mocked: its pages, and its operations by compiled routes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.errors import serve
from mockserver.operations import Operations
from mockserver.pages import CONTROL_PATH as BASE_PATH
from mockserver.routes import Route, compile_routes

if TYPE_CHECKING:
    from mockserver.control.mount import ControlPlane
    from mockserver.control.values import Control

_scope: ContextVar[Scope] = ContextVar("scope of the call that a handler answers")


class _Made(NamedTuple):
    plane: ControlPlane
    operations: Operations
    routes: dict[str, Route]


class ControlLane:
    """ASGI middleware: serves the control plane, and hands on all else.

    What it serves is imported, and its contract read, when the first call comes: in a thread, so that streams go on.
    """

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control
        self._made: _Made | None = None
        self._making = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" and scope["path"].startswith(BASE_PATH):
            _scope.set(scope)
            made = await asyncio.to_thread(self._make) if self._made is None else self._made
            view = made.plane.pages.get(scope["path"])
            if view is not None and scope["method"] == "GET":
                await serve(view(Request(scope, receive)), scope, receive, send)
                return
            found = made.operations.find(scope["method"], scope["path"])
            route = made.routes.get(found.operation or "")
            if route is not None:
                await serve(self._answer(route, found.parameters, scope, receive), scope, receive, send)
                return
        await self._app(scope, receive, send)

    @property
    def plane(self) -> ControlPlane:
        """What it serves."""
        return self._make().plane

    def _make(self) -> _Made:
        with self._making:
            if self._made is None:
                self._made = self._make_anew()
            return self._made

    def _make_anew(self) -> _Made:
        from mockserver.control.mount import ControlPlane  # with it come all handlers

        plane = ControlPlane(self._control, _current_request)
        lenient = self._control.settings.lenient
        routes = compile_routes(
            plane.contract, plane.handler_of, max_body_kib=plane.max_body_kib, any_media_type=lenient
        )
        return _Made(plane, Operations(plane.contract, BASE_PATH), routes)

    async def _answer(self, route: Route, parameters: Mapping[str, str], scope: Scope, receive: Receive) -> ASGIApp:
        return await route.handler(**await route.arguments(scope, receive, parameters))


def _current_request() -> Request:
    return Request(_scope.get())
