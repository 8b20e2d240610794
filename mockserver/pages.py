"""What the mock serves beside the API: its contract, a health check, and the login of the identity provider."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.console import UI_PATH
from mockserver.contract import contract_path
from mockserver.errors import serve
from mockserver.identity import TOKEN_PATH, TokenEndpoint
from mockserver.tokens import Tokens

View = Callable[[Request], Awaitable[Response]]

DOCS_PATH = "/docs"
CONTROL_PATH = "/_mock"
CONSOLE_PATH = f"{CONTROL_PATH}{UI_PATH}"


def own_pages(contract: Mapping[str, Any], tokens: Tokens) -> dict[str, tuple[str, View]]:
    """Each page by its path: its one method and what answers it."""
    contract_as_json = json.dumps(contract)

    async def home(_request: Request) -> Response:
        return RedirectResponse(CONSOLE_PATH)

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
    """Which methods a path has, and which path was meant. Routers know of one operation, and would name but one.

    Args:
        templates: the methods of each path, which may have `{parameters}`.
    """

    def __init__(self, templates: Mapping[str, Iterable[str]]) -> None:
        self._methods = [
            (re.compile(re.sub(r"\\\{[^}]*\}", "[^/]+", re.escape(template))), sorted(methods))
            for template, methods in templates.items()
        ]
        self._templates = list(templates)

    def __call__(self, path: str) -> list[str]:
        """The methods, in capitals and in order; none for a path that is not there."""
        return next((methods for pattern, methods in self._methods if pattern.fullmatch(path)), [])

    def nearest(self, path: str) -> str | None:
        """The path that was meant by one that is not there, with its own values filled in; None if none is near."""
        segments = path.strip("/").split("/")
        if len(path) > _LONGEST_MISSPELT or not path.strip("/"):
            return None
        own = path.startswith(CONTROL_PATH[:2])  # who means the API is not shown the control plane
        candidates = [
            _match(segments, template.strip("/").split("/"))
            for template in self._templates
            if template.startswith(CONTROL_PATH) == own
        ]
        cost, filled = min(candidates, key=itemgetter(0))
        return f"/{'/'.join(filled)}" if cost <= _FURTHEST else None


_LONGEST_MISSPELT = 500
"""Characters of a path for which a near one is looked up."""

_FURTHEST = 1.2
_LEFT_OUT = 0.6
_EMPTY = 0.3
_UNLIKELY = 1.0
"""Costs of all that a near path may have wrong together; of a segment that is left out, or empty; of a value that is
the name of something."""


def _match(segments: Sequence[str], template: Sequence[str]) -> tuple[float, list[str]]:
    """What it costs to make the template of the segments, and the path that comes of it."""
    left_out = [  # no value can be guessed, and what stands before one says whose it is
        math.inf if "{" in wanted + following else _LEFT_OUT
        for wanted, following in zip(template, [*template[1:], ""], strict=True)
    ]
    best: list[tuple[float, list[str]]] = [(0.0, [])]  # by how much of the template is done: here without any segment
    for wanted, cost in zip(template, left_out, strict=True):
        best.append((best[-1][0] + cost, [*best[-1][1], wanted]))
    for segment in segments:
        before = best
        too_many = math.inf if segment else _EMPTY
        best = [(before[0][0] + too_many, [])]
        for position, wanted in enumerate(template):
            cost, filled = _fit(segment, wanted, template)
            best.append(
                min(
                    (before[position][0] + cost, [*before[position][1], filled]),
                    (before[position + 1][0] + too_many, before[position + 1][1]),
                    (best[position][0] + left_out[position], [*best[position][1], wanted]),
                    key=itemgetter(0),
                )
            )
    return best[-1]


def _fit(segment: str, wanted: str, template: Sequence[str]) -> tuple[float, str]:
    """What it costs to take a segment for that of a template, and what stands there then."""
    if wanted.startswith("{"):
        cost = math.inf if not segment else _UNLIKELY if segment in template else 0.0
        return cost, quote(segment, safe="@:!$&'()*+,;=~")
    likeness = SequenceMatcher(None, segment.lower(), wanted.lower()).ratio()
    return (1 - likeness + (0.1 if segment != wanted else 0.0) if likeness >= 0.5 else math.inf), wanted


class PageLane:
    """ASGI middleware: serves pages by their exact paths, and hands on all else.

    Args:
        pages: gives each page by its path: its one method and what answers it.
    """

    def __init__(self, app: ASGIApp, pages: Callable[[], Mapping[str, tuple[str, View]]]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        method, view = self._pages().get(scope["path"], (None, None)) if scope["type"] == "http" else (None, None)
        if view is None or method != scope["method"]:
            await self._app(scope, receive, send)
            return
        await serve(view(Request(scope, receive)), scope, receive, send)
