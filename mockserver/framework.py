"""The Connexion application: both contracts with their docs, our own pages, every error in the contract's bodies.

Compiled routes stand before it (`mockserver.lane`, `mockserver.control.lane`) and serve what the contracts have, with
the same answers. To import Connexion takes longer than all else that a start takes, so this module is imported when
something else is asked for: docs, a path or a method that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import inflection
from connexion import AsyncApp
from connexion.exceptions import ProblemException, UnsupportedMediaTypeProblem
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware import ConnexionMiddleware, MiddlewarePosition
from connexion.middleware.response_validation import ResponseValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockserver import errors
from mockserver.codes import code_of
from mockserver.control.mount import ControlPlane, control_methods
from mockserver.handlers import Handlers
from mockserver.operations import METHODS
from mockserver.pages import CONTROL_PATH, DOCS_PATH, AllowedMethods, View
from mockserver.rules.errors import MediaTypeUnsupported, RuleError
from mockserver.security import BearerSecurity
from mockserver.settings import Settings
from mockserver.validation import CanonicalMediaType, validator_map


class _AnyPath(PathConvertor):
    """Any rest of a path. Starlette's own stops at a line end, and an id that has one would find no route.

    Its mounts take the convertor of this name and no other, hence all those of this process do.
    """

    regex = r"[\s\S]*"


class _ExactRouting(RoutingMiddleware):
    """A path with a slash too many is unknown (404): the contract does not have it, and a redirect has no body."""

    def add_api(self, *args: Any, **options: Any) -> None:
        super().add_api(*args, **options)
        for route in self.router.routes:
            route.app.redirect_slashes = False


def build_framework(
    contract: dict[str, Any],
    *,
    handlers: Handlers,
    plane: ControlPlane,
    pages: Mapping[str, tuple[str, View]],
    settings: Settings,
) -> AsyncApp:
    """The application."""
    register_url_convertor("path", _AnyPath())
    middlewares = [
        _ExactRouting if layer is RoutingMiddleware else layer
        for layer in ConnexionMiddleware.default_middlewares
        if layer is not ResponseValidationMiddleware
    ]
    app = AsyncApp("mockserver", middlewares=middlewares)
    app.add_api(
        contract,
        resolver=Resolver(lambda operation_id: getattr(handlers, inflection.underscore(operation_id))),
        pythonic_params=True,
        security_map={"bearer": BearerSecurity},
        validator_map=validator_map(settings.max_body_kib, lenient=settings.lenient),
        swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui_path=DOCS_PATH),
    )
    app.add_middleware(CanonicalMediaType, MiddlewarePosition.BEFORE_VALIDATION, lenient=settings.lenient)
    app.add_api(
        plane.contract,
        base_path=CONTROL_PATH,
        name="control",
        resolver=Resolver(plane.handler_of),
        pythonic_params=True,
        validator_map=validator_map(settings.max_body_kib),
        swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui_path=DOCS_PATH),
    )
    for path, (method, view) in pages.items():
        app.add_url_rule(path, view_func=view, methods=[method])
    methods = {path: [m.upper() for m in METHODS if m in item] for path, item in contract["paths"].items()}
    own = {path: [method] for path, (method, _) in pages.items()}
    _answer_errors(app, AllowedMethods(methods | control_methods(plane) | own))
    return app


def _answer_errors(app: AsyncApp, allowed: AllowedMethods) -> None:
    """Every error in the contract's bodies, also those that the framework raises."""
    answer_http = partial(_answer_http, allowed=allowed)
    app.add_error_handler(RuleError, _answer_rule)
    app.add_error_handler(errors.ControlNotFound, _answer_not_found)
    app.add_error_handler(UnsupportedMediaTypeProblem, _answer_media_type)
    app.add_error_handler(HTTPException, answer_http)
    app.add_error_handler(ProblemException, answer_http)
    app.add_error_handler(Exception, _answer_failure)


async def _answer_rule(_request: ConnexionRequest, error: RuleError) -> ConnexionResponse:
    return _as_connexion(errors.answer_rule(error))


async def _answer_not_found(_request: ConnexionRequest, error: errors.ControlNotFound) -> ConnexionResponse:
    return _as_connexion(errors.answer_not_found(error))


async def _answer_http(request: ConnexionRequest, error: HTTPException, allowed: AllowedMethods) -> ConnexionResponse:
    """The answer to what the router refuses: a path that is not there, or a method that the path does not have."""
    path, status = request.scope["path"], error.status_code
    methods = ", ".join(allowed(path))
    if methods and status in {404, 405}:  # a router that looks on after a path of another method says 404
        message = f"{request.method} is not allowed here. Allowed: {methods}."
        body = {"error": message, "code": "methodNotAllowed"}
        return _as_connexion(errors.JsonAnswer(body, 405, {"Allow": methods}))
    if status == HTTPStatus.NOT_FOUND:
        near = allowed.nearest(path)
        hint = f" Did you mean {near}?" if near else ""
        contract = f"{CONTROL_PATH if (near or path).startswith(CONTROL_PATH) else ''}/openapi.yaml"
        message = f"There is nothing at {path}.{hint} The paths are in {contract}."
        return _as_connexion(errors.JsonAnswer({"error": message, "code": "notFound"}, 404))
    body = {"error": error.detail or HTTPStatus(status).phrase, "code": code_of(status)}
    return _as_connexion(errors.JsonAnswer(body, status, error.headers))


async def _answer_media_type(request: ConnexionRequest, _error: UnsupportedMediaTypeProblem) -> ConnexionResponse:
    """The answer to a body that is not JSON."""
    given = request.headers.get("Content-Type") or "of no media type"
    return _as_connexion(errors.answer_rule(MediaTypeUnsupported(given, ["application/json"])))


async def _answer_failure(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    return _as_connexion(errors.answer_failure(request.method, request.scope["path"], error))


def _as_connexion(answer: Response) -> ConnexionResponse:
    """The answer as Connexion wants it, which writes length and media type itself."""
    headers = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
    return ConnexionResponse(answer.status_code, "application/json", body=answer.body, headers=headers)
