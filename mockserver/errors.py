"""From a rule broken to an answer (`mockserver.codes` has the table), and what the framework itself refuses.

Clauses: ERR-2, ERR-3, AUT-4.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Protocol

from connexion.exceptions import UnsupportedMediaTypeProblem
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from mockserver import wire
from mockserver.codes import GENERATION_FAILED, INTERNAL_ERROR, STATUS, code_of
from mockserver.pages import CONTROL_PATH
from mockserver.rules import errors as rules

__all__ = [
    "GENERATION_FAILED",
    "STATUS",
    "answer_failure",
    "answer_http",
    "answer_media_type",
    "answer_rule",
    "respond",
]

logger = logging.getLogger("mockserver")


class AllowedMethods(Protocol):
    """Knows the paths: `mockserver.pages.AllowedMethods`."""

    def __call__(self, path: str) -> list[str]:
        """The methods of a path, none for one that is not there."""

    def nearest(self, path: str) -> str | None:
        """The path that was meant by one that is not there."""


async def answer_rule(_request: ConnexionRequest, error: rules.RuleError) -> ConnexionResponse:
    """The answer to a broken rule."""
    status, code = STATUS[type(error)]
    body: wire.JsonObject = {"error": str(error), "code": code}
    headers = {}
    if isinstance(error, rules.FieldsInvalid):
        problems = [{"field": p.field, "message": p.message, "type": p.type} for p in error.problems]
        body = {"errors": problems, **body}
    if isinstance(error, rules.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return respond(status, body, headers)


async def answer_http(request: ConnexionRequest, error: HTTPException, allowed: AllowedMethods) -> ConnexionResponse:
    """The answer to what the router refuses: a path that is not there, or a method that the path does not have."""
    path, status = request.scope["path"], error.status_code
    methods = ", ".join(allowed(path))
    if methods and status in {404, 405}:  # a router that looks on after a path of another method says 404
        message = f"{request.method} is not allowed here. Allowed: {methods}."
        return respond(405, {"error": message, "code": "methodNotAllowed"}, {"Allow": methods})
    if status == HTTPStatus.NOT_FOUND:
        near = allowed.nearest(path)
        hint = f" Did you mean {near}?" if near else ""
        contract = f"{CONTROL_PATH if (near or path).startswith(CONTROL_PATH) else ''}/openapi.yaml"
        message = f"There is nothing at {path}.{hint} The paths are in {contract}."
        return respond(404, {"error": message, "code": "notFound"})
    body = {"error": error.detail or HTTPStatus(status).phrase, "code": code_of(status)}
    return respond(status, body, dict(error.headers or {}))


async def answer_media_type(request: ConnexionRequest, _error: UnsupportedMediaTypeProblem) -> ConnexionResponse:
    """The answer to a body that is not JSON."""
    given = request.headers.get("Content-Type") or "of no media type"
    return await answer_rule(request, rules.MediaTypeUnsupported(given, ["application/json"]))


async def answer_failure(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """The answer to a fault of the mock itself (ERR-1 says that there is none); the log has the rest."""
    logger.error("%s %r failed", request.method, request.scope["path"], exc_info=error)
    message, code = INTERNAL_ERROR
    return respond(500, {"error": message, "code": code})


def respond(status: int, body: wire.JsonObject, headers: dict[str, Any] | None = None) -> ConnexionResponse:
    """An answer with a JSON body."""
    return ConnexionResponse(status, "application/json", body=wire.dumps(body), headers=headers or {})
