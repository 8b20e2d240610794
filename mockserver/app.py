"""Assembles the ASGI application: the contract, Connexion with our parts in its seams, and what stands around it.

From the outside in: the turnstile, the access log, CORS, Connexion (errors, Swagger UI, routing, security,
validation), handlers.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import inflection
from connexion import AsyncApp
from connexion.exceptions import ProblemException, UnsupportedMediaTypeProblem
from connexion.middleware import ConnexionMiddleware, MiddlewarePosition
from connexion.middleware.response_validation import ResponseValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import errors
from mockserver.arrivals import Turnstile
from mockserver.clock import START, LogicalClock, WallClock
from mockserver.contract import load_contract
from mockserver.demo import DemoData
from mockserver.handlers import Handlers
from mockserver.logs import AccessLog
from mockserver.pages import DOCS_PATH, AllowedMethods, own_pages
from mockserver.replies import ReplyWriter
from mockserver.rules.errors import RuleError
from mockserver.security import BearerSecurity
from mockserver.service import Service, Writer
from mockserver.settings import SettingError, Settings
from mockserver.store.memory import MemoryStore
from mockserver.tokens import Tokens
from mockserver.validation import CanonicalMediaType, validator_map

EXPOSED_HEADERS = ["Allow", "Retry-After", "WWW-Authenticate"]
"""What a page of another origin may read beside the headers that every page may."""

_METHODS = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]


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


class MockServer:
    """The mock as an ASGI application, with handles for whoever embeds it.

    Args:
        settings: how it behaves.
        writer: what writes the replies, in place of the built-in one.
    """

    def __init__(self, settings: Settings, writer: Writer | None = None) -> None:
        self.settings = settings
        self.tokens = Tokens(settings.jwt_secret, settings.auth)
        clock = WallClock() if settings.clock == "wall" else LogicalClock()
        self.store = MemoryStore(settings.seed, clock)
        try:
            built_in = ReplyWriter(settings.seed, settings.locale.replace("-", "_"))  # de-DE is meant as de_DE
        except ValueError as error:
            raise SettingError(f"locale: {error}") from None
        self.service = Service(store=self.store, writer=writer or built_in, pace=settings.pace, seed=settings.seed)
        count = 0 if settings.empty else settings.demo_conversations
        self._demo = DemoData(count, settings.seed, built_in, before=clock.instant(START, 0))
        self._demo.load(self.store)
        self._app = self._wrap(self._connexion())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # A server that stops does not wait for ever: not for a client that reads no more, nor for half a request.
            if not self.service.alarms.shutting_down:
                raise

    async def reset(self) -> None:
        """Back to a fresh server's data. Active streams end."""
        await self.store.reset()
        self._demo.load(self.store)

    def shut_down(self) -> None:
        """End all streams now, keeping what was produced; for a server that is about to stop."""
        self.service.shut_down()

    def _wrap(self, app: ASGIApp) -> ASGIApp:
        cors = CORSMiddleware(
            app,
            # Any origin is answered with its own name, for a page may send credentials along and then * is not enough.
            allow_origin_regex=".*" if "*" in self.settings.cors_origin else None,
            allow_origins=[origin for origin in self.settings.cors_origin if origin != "*"],
            allow_methods=_METHODS,
            allow_headers=["*"],
            allow_credentials=True,
            allow_private_network=True,
            expose_headers=EXPOSED_HEADERS,
            max_age=600,
        )
        return Turnstile(AccessLog(cors))

    def _connexion(self) -> AsyncApp:
        contract = load_contract()
        register_url_convertor("path", _AnyPath())
        handlers = Handlers(self.service, self.settings.keep_alive_s)
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
            security_map={"bearer": partial(BearerSecurity, self.tokens)},
            validator_map=validator_map(self.settings.max_body_kib),
            swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui_path=DOCS_PATH),
        )
        app.add_middleware(CanonicalMediaType, position=MiddlewarePosition.BEFORE_VALIDATION)
        pages = own_pages(contract, self.tokens)
        for path, (method, view) in pages.items():
            app.add_url_rule(path, view_func=view, methods=[method])
        methods = {path: [m.upper() for m in item if m.upper() in _METHODS] for path, item in contract["paths"].items()}
        _answer_errors(app, AllowedMethods(methods | {path: [method] for path, (method, _) in pages.items()}))
        return app


def _answer_errors(app: AsyncApp, allowed: AllowedMethods) -> None:
    """Every error in the contract's bodies, also those that the framework raises."""
    answer_http = partial(errors.answer_http, allowed=allowed)
    app.add_error_handler(RuleError, errors.answer_rule)
    app.add_error_handler(UnsupportedMediaTypeProblem, errors.answer_media_type)
    app.add_error_handler(HTTPException, answer_http)
    app.add_error_handler(ProblemException, answer_http)
    app.add_error_handler(Exception, errors.answer_failure)


def create_app(settings: Settings | None = None) -> MockServer:
    """The mock as an ASGI application, for `uvicorn --factory mockserver.app:create_app` and for tests.

    Raises:
        SettingError: the locale is not known.
    """
    return MockServer(settings or Settings())
