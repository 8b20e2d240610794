"""The control plane: the handlers of its operations, and its own pages.

Imported when the first call comes (`mockserver.control.lane`): many servers never get one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import inflection
from starlette.requests import Request
from starlette.responses import FileResponse, Response

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
from mockserver.errors import JsonAnswer
from mockserver.operations import METHODS
from mockserver.pages import CONTROL_PATH as BASE_PATH
from mockserver.yamls import load_contract_file

_CONTRACT = Path(__file__).with_name("openapi.yaml")


@cache
def load_control_contract() -> dict[str, Any]:
    """The contract of the control plane as plain values; read once, not to be changed."""
    return load_contract_file(_CONTRACT, "control-contract")


class ControlPlane:
    """The control plane of a server: the handlers of its operations, and its own pages.

    Args:
        request: gives the one that is being answered.

    Attributes:
        pages: what answers each path, the console's too; to GET.
    """

    def __init__(self, control: Control, request: Callable[[], Request]) -> None:
        self.contract = load_control_contract()
        self.max_body_kib = control.settings.max_body_kib
        self.handler_of = _handlers(control, request)
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


def control_methods(plane: ControlPlane) -> dict[str, list[str]]:
    """The methods of each path of the control plane, in capitals: what `mockserver.pages.AllowedMethods` takes."""
    paths: Mapping[str, Any] = plane.contract["paths"]
    return {path: ["GET"] for path in plane.pages} | {
        BASE_PATH + path: [method.upper() for method in item if method in METHODS] for path, item in paths.items()
    }


def _handlers(control: Control, request: Callable[[], Request]) -> Callable[[str], Any]:
    """Finds the handler of an operation by its operationId."""
    workspaces = WorkspaceHandlers(control, request)
    resources = [
        workspaces,
        FaultHandlers(control),
        StreamHandlers(control),
        ClockHandlers(control),
        JournalHandlers(control, request),
        SnapshotHandlers(control, workspaces),
        FeedHandlers(control.feed, request),
    ]

    def find(operation_id: str) -> Any:
        name = inflection.underscore(operation_id)
        found = [getattr(resource, name) for resource in resources if hasattr(resource, name)]
        if len(found) != 1:
            raise LookupError(f"{operation_id} has {len(found)} handlers")
        return recorded(control, operation_id, found[0]) if operation_id in ACTS else found[0]

    return find
