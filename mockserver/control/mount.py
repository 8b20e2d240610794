"""Serves the control plane, beside the API that is mocked: its operations by compiled routes, and its own pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import inflection
import yaml
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.console import console_pages
from mockserver.control.clock import ClockHandlers
from mockserver.control.faults import FaultHandlers
from mockserver.control.feed import FeedHandlers
from mockserver.control.journal import JournalHandlers
from mockserver.control.recording import ACTS, recorded
from mockserver.control.snapshots import SnapshotHandlers
from mockserver.control.streams import StreamHandlers
from mockserver.control.values import Control
from mockserver.control.workspaces import WorkspaceHandlers
from mockserver.errors import JsonAnswer, serve
from mockserver.operations import METHODS, Operations
from mockserver.pages import CONTROL_PATH as BASE_PATH
from mockserver.routes import Route, compile_routes

_CONTRACT = Path(__file__).with_name("openapi.yaml")
_scope: ContextVar[Scope] = ContextVar("scope of the call that a handler answers")


@cache
def load_control_contract() -> dict[str, Any]:
    """The contract of the control plane as plain values; parsed once, not to be changed."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    contract: dict[str, Any] = yaml.load(_CONTRACT.read_text("utf-8"), Loader=loader)  # noqa: S506 - both safe
    return contract


class ControlPlane:
    """The control plane of a server: the handlers of its operations, and its own pages.

    Attributes:
        pages: what answers each path, the console's too; to GET.
    """

    def __init__(self, control: Control) -> None:
        self.contract = load_control_contract()
        self.max_body_kib = control.settings.max_body_kib
        self.handler_of = _handlers(control)
        handler_of, contract = self.handler_of, self.contract

        async def as_yaml(_request: Request) -> Response:
            return FileResponse(_CONTRACT, media_type="application/yaml")

        async def as_json(_request: Request) -> Response:
            return JsonAnswer(contract)

        async def overview(_request: Request) -> Response:
            answer: Response = await handler_of("getOverview")()
            return answer

        own = {"": overview, "/openapi.yaml": as_yaml, "/openapi.json": as_json}
        self.pages = {BASE_PATH + path: view for path, view in (own | console_pages()).items()}


class ControlLane:
    """ASGI middleware: serves the control plane by compiled routes, and hands on all else.

    The contract is read when the first call comes: many servers never get one.
    """

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" and scope["path"].startswith(BASE_PATH):
            _scope.set(scope)
            operations, routes = self._compiled
            found = operations.find(scope["method"], scope["path"])
            route = routes.get(found.operation or "")
            if route is not None:
                await serve(self._answer(route, found.parameters, scope, receive), scope, receive, send)
                return
        await self._app(scope, receive, send)

    @cached_property
    def plane(self) -> ControlPlane:
        """What it serves."""
        return ControlPlane(self._control)

    @cached_property
    def _compiled(self) -> tuple[Operations, dict[str, Route]]:
        plane, settings = self.plane, self._control.settings
        routes = compile_routes(
            plane.contract, plane.handler_of, max_body_kib=plane.max_body_kib, any_media_type=settings.lenient
        )
        return Operations(plane.contract, BASE_PATH), routes

    async def _answer(self, route: Route, parameters: Mapping[str, str], scope: Scope, receive: Receive) -> ASGIApp:
        return await route.handler(**await route.arguments(scope, receive, parameters))


def control_methods(plane: ControlPlane) -> dict[str, list[str]]:
    """The methods of each path of the control plane, in capitals: what `mockserver.pages.AllowedMethods` takes."""
    paths: Mapping[str, Any] = plane.contract["paths"]
    return {path: ["GET"] for path in plane.pages} | {
        BASE_PATH + path: [method.upper() for method in item if method in METHODS] for path, item in paths.items()
    }


def _handlers(control: Control) -> Callable[[str], Any]:
    """Finds the handler of an operation by its operationId."""
    workspaces = WorkspaceHandlers(control, _current_request)
    resources = [
        workspaces,
        FaultHandlers(control),
        StreamHandlers(control),
        ClockHandlers(control),
        JournalHandlers(control, _current_request),
        SnapshotHandlers(control, workspaces),
        FeedHandlers(control.feed, _current_request),
    ]

    def find(operation_id: str) -> Any:
        name = inflection.underscore(operation_id)
        found = [getattr(resource, name) for resource in resources if hasattr(resource, name)]
        if len(found) != 1:
            raise LookupError(f"{operation_id} has {len(found)} handlers")
        return recorded(control, operation_id, found[0]) if operation_id in ACTS else found[0]

    return find


def _current_request() -> Request:
    return Request(_scope.get())
