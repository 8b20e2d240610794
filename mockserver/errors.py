"""From a rule broken to status, code and body: the only table of them, and what the framework itself refuses.

Clauses: ERR-2, ERR-3, AUT-4.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from connexion.exceptions import UnsupportedMediaTypeProblem
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from mockserver import wire
from mockserver.rules import errors as rules

logger = logging.getLogger("mockserver")

STATUS: Final[dict[type[rules.RuleError], tuple[int, str]]] = {
    rules.NotAuthenticated: (401, "unauthenticated"),
    rules.WorkspaceForbidden: (403, "forbidden"),
    rules.ConversationNotFound: (404, "notFound"),
    rules.ConversationLocked: (409, "conversationLocked"),
    rules.BodyMalformed: (400, "malformedRequest"),
    rules.BodyTooLarge: (413, "payloadTooLarge"),
    rules.MediaTypeUnsupported: (415, "unsupportedMediaType"),
    rules.FieldsInvalid: (422, "validationFailed"),
    rules.GenerationFailed: (500, "internalError"),
}

_CODES: Final = dict(STATUS.values()) | {405: "methodNotAllowed"}
"""What a status says that the framework answers of its own accord."""

GENERATION_FAILED: Final = ("The model did not finish its reply.", "generationFailed")
"""What a stream's `error` event says: by then there is no status left to send."""

INTERNAL_ERROR: Final = ("The server failed to answer.", "internalError")

AllowedMethods = Callable[[str], list[str]]
"""Tells which methods a path has, none for one that is not there: `mockserver.pages.AllowedMethods`."""


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
        message = f"There is nothing at {path}. The paths are in /openapi.yaml."
        return respond(404, {"error": message, "code": "notFound"})
    code = _CODES.get(status, "malformedRequest" if status < HTTPStatus.INTERNAL_SERVER_ERROR else INTERNAL_ERROR[1])
    body = {"error": error.detail or HTTPStatus(status).phrase, "code": code}
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
