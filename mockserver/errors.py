"""From a rule broken to an answer (`mockserver.codes` has the table). Knows no framework.

Clauses: ERR-2, ERR-3, AUT-4.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver import wire
from mockserver.codes import GENERATION_FAILED, INTERNAL_ERROR, STATUS
from mockserver.rules import errors as rules

__all__ = [
    "GENERATION_FAILED",
    "STATUS",
    "ControlNotFound",
    "JsonAnswer",
    "answer_error",
    "answer_failure",
    "answer_not_found",
    "answer_rule",
    "serve",
]

logger = logging.getLogger("mockserver")


class JsonAnswer(Response):
    """An answer with a JSON body. Starlette's, made without what JSON does not need: it is most of all answers."""

    body: bytes

    def __init__(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.background = None
        self.body = wire.dumps(body)
        given = [_encode_header(name, value) for name, value in headers.items()] if headers else []
        length = str(len(self.body)).encode("latin-1")
        self.raw_headers = [*given, (b"content-length", length), (b"content-type", b"application/json")]


@lru_cache(maxsize=64)  # most of them say the same thing every time
def _encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


def answer_rule(error: rules.RuleError) -> JsonAnswer:
    """The answer to a broken rule."""
    status, code = STATUS[type(error)]
    body: wire.JsonObject = {"error": str(error), "code": code}
    headers = {}
    if isinstance(error, rules.FieldsInvalid):
        problems = [{"field": p.field, "message": p.message, "type": p.type} for p in error.problems]
        body = {"errors": problems, **body}
    if isinstance(error, rules.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return JsonAnswer(body, status, headers)


class ControlNotFound(Exception):
    """There is no such workspace, stream, fault ...: one sentence that helps on."""


def answer_not_found(error: ControlNotFound) -> JsonAnswer:
    """The answer where the control plane has no such thing."""
    return JsonAnswer({"error": str(error), "code": "notFound"}, 404)


def answer_failure(method: str, path: str, error: Exception) -> JsonAnswer:
    """The answer to a fault of the mock itself (ERR-1 says that there is none); the log has the rest."""
    logger.error("%s %r failed", method, path, exc_info=error)
    message, code = INTERNAL_ERROR
    return JsonAnswer({"error": message, "code": code}, 500)


async def serve(answer: Awaitable[ASGIApp], scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer when it is there; what is raised in its place, or while it has not begun, is answered, too."""
    begun = False

    async def watched(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        app = await answer
        await app(scope, receive, watched)
    except Exception as error:
        if begun:
            raise  # the server breaks the connection
        await answer_error(error, scope)(scope, receive, send)


def answer_error(error: Exception, scope: MutableMapping[str, Any]) -> JsonAnswer:
    """The answer to a request at which this was raised."""
    if isinstance(error, rules.RuleError):
        return answer_rule(error)
    if isinstance(error, ControlNotFound):
        return answer_not_found(error)
    return answer_failure(scope["method"], scope["path"], error)
