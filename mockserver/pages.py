"""What the mock serves beside the API: its contract, a health check, and the login of the identity provider."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from mockserver.contract import contract_path
from mockserver.identity import TOKEN_PATH, TokenEndpoint
from mockserver.tokens import Tokens

View = Callable[[Request], Awaitable[Response]]

DOCS_PATH = "/docs"


def own_pages(contract: Mapping[str, Any], tokens: Tokens) -> dict[str, tuple[str, View]]:
    """Each page by its path: its one method and what answers it."""
    contract_as_json = json.dumps(contract)

    async def home(_request: Request) -> Response:
        return RedirectResponse(f"{DOCS_PATH}/")

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def yaml(_request: Request) -> Response:
        return FileResponse(contract_path(), media_type="application/yaml")

    async def as_json(_request: Request) -> Response:
        return Response(contract_as_json, media_type="application/json")

    return {
        "/": ("GET", home),
        "/healthz": ("GET", health),
        "/openapi.yaml": ("GET", yaml),
        "/openapi.json": ("GET", as_json),
        TOKEN_PATH: ("POST", TokenEndpoint(tokens).grant),
    }


class AllowedMethods:
    """Which methods a path has. The routers know of one operation at a time, and would name but one.

    Args:
        templates: the methods of each path, which may have `{parameters}`.
    """

    def __init__(self, templates: Mapping[str, Iterable[str]]) -> None:
        self._methods = [
            (re.compile(re.sub(r"\\\{[^}]*\}", "[^/]+", re.escape(template))), sorted(methods))
            for template, methods in templates.items()
        ]

    def __call__(self, path: str) -> list[str]:
        """The methods, in capitals and in order; none for a path that is not there."""
        return next((methods for pattern, methods in self._methods if pattern.fullmatch(path)), [])
