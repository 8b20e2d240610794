"""Hangs the control plane into a Connexion application, beside the API that is mocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import connexion
import inflection
import yaml
from connexion import AsyncApp
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mockserver import wire
from mockserver.console import console_pages
from mockserver.control.clock import ClockHandlers
from mockserver.control.faults import FaultHandlers
from mockserver.control.feed import FeedHandlers
from mockserver.control.journal import JournalHandlers
from mockserver.control.recording import ACTS, recorded
from mockserver.control.snapshots import SnapshotHandlers
from mockserver.control.streams import StreamHandlers
from mockserver.control.values import Control, ControlNotFound
from mockserver.control.workspaces import WorkspaceHandlers
from mockserver.errors import respond
from mockserver.pages import CONTROL_PATH as BASE_PATH
from mockserver.validation import validator_map

_CONTRACT = Path(__file__).with_name("openapi.yaml")
_METHODS = ("delete", "get", "patch", "post", "put")


@cache
def load_control_contract() -> dict[str, Any]:
    """The contract of the control plane as plain values; parsed once, not to be changed."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    contract: dict[str, Any] = yaml.load(_CONTRACT.read_text("utf-8"), Loader=loader)  # noqa: S506 - both safe
    return contract


def add_control_plane(app: AsyncApp, control: Control) -> None:
    """Serve the control plane under `/_mock`, with its docs and its contract."""
    contract = load_control_contract()
    handler_of = _handlers(control)
    app.add_api(
        contract,
        base_path=BASE_PATH,
        name="control",
        resolver=Resolver(handler_of),
        pythonic_params=True,
        validator_map=validator_map(control.settings.max_body_kib),
        swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui_path="/docs"),
    )
    app.add_error_handler(ControlNotFound, _answer_not_found)
    contract_as_json = wire.dumps(contract)

    async def as_yaml(_request: Request) -> Response:
        return FileResponse(_CONTRACT, media_type="application/yaml")

    async def as_json(_request: Request) -> Response:
        return Response(contract_as_json, media_type="application/json")

    async def overview(_request: Request) -> Response:
        answer: Response = await handler_of("getOverview")()
        return answer

    own = {"": overview, "/openapi.yaml": as_yaml, "/openapi.json": as_json}
    for path, view in (own | console_pages()).items():
        app.add_url_rule(BASE_PATH + path, view_func=view, methods=["GET"])


def control_methods() -> dict[str, list[str]]:
    """The methods of each path of the control plane, in capitals: what `mockserver.pages.AllowedMethods` takes."""
    paths: Mapping[str, Any] = load_control_contract()["paths"]
    own = {BASE_PATH + path: ["GET"] for path in ("", "/openapi.yaml", "/openapi.json", *console_pages())}
    return own | {
        BASE_PATH + path: [method.upper() for method in item if method in _METHODS] for path, item in paths.items()
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
    return Request(connexion.request.scope)


async def _answer_not_found(_request: ConnexionRequest, error: ControlNotFound) -> ConnexionResponse:
    return respond(404, {"error": str(error), "code": "notFound"})
