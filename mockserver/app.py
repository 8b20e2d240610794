"""Assembles the ASGI application: the contract, Connexion with our parts in its seams, and what stands around it.

From the outside in: the turnstile, the access log, CORS, the stage (faults, journal), Connexion (errors, Swagger UI,
routing, security, validation), handlers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
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
from mockserver.checks import AnswerChecks
from mockserver.clock import START, SandboxClock
from mockserver.contract import load_contract
from mockserver.control.keeping import bring_back, keep_workspace, names_of, read_workspaces, record_with
from mockserver.control.mount import add_control_plane, control_methods
from mockserver.control.values import Control
from mockserver.demo import OWNER as DEMO_OWNER
from mockserver.demo import DemoData
from mockserver.faults.catalogue import KINDS
from mockserver.faults.rules import Armory
from mockserver.handlers import Handlers
from mockserver.journal.journal import Journal
from mockserver.logs import AccessLog
from mockserver.operations import Operations
from mockserver.pacing import Pace
from mockserver.pages import DOCS_PATH, AllowedMethods, own_pages
from mockserver.replies import ReplyWriter
from mockserver.rules.errors import RuleError
from mockserver.sandbox import Configuration, Sandboxes, SandboxParts
from mockserver.security import BearerSecurity
from mockserver.service import Service, Writer
from mockserver.settings import SettingError, Settings
from mockserver.snapshots import make_snapshot, write_file
from mockserver.stage import ECHOES, AnswersStage, StageOptions
from mockserver.standing import StandingScenarios
from mockserver.store.memory import MemoryStore
from mockserver.tokens import Tokens
from mockserver.validation import CanonicalMediaType, validator_map
from mockserver.verdict.vocabulary import build_vocabulary
from mockserver.verdict.watch import ClientWatch

EXPOSED_HEADERS = ["Allow", *ECHOES, "Retry-After", "WWW-Authenticate"]
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

    Attributes:
        sandboxes: each workspace's clock, faults, journal, streams and watch.
    """

    def __init__(self, settings: Settings, writer: Writer | None = None) -> None:
        self.settings = settings
        self.tokens = Tokens(settings.jwt_secret, settings.auth)
        contract = load_contract()
        self._operations = Operations(contract)
        usual = Pace(settings.first_token_ms / 1000, settings.tokens_per_second, settings.jitter)
        self._standing = StandingScenarios(settings.scenario, self._operations.names, usual)
        self.sandboxes = Sandboxes(_parts(settings, contract), self._standing.begin)
        self.store = MemoryStore(settings.seed, lambda name: self.sandboxes.of(name).clock)
        try:
            built_in = ReplyWriter(settings.seed, settings.locale.replace("-", "_"))  # de-DE is meant as de_DE
        except ValueError as error:
            raise SettingError(f"locale: {error}") from None
        self.service = Service(
            store=self.store,
            writer=writer or built_in,
            sandboxes=self.sandboxes,
            seed=settings.seed,
            cues=settings.triggers,
        )
        count = 0 if settings.empty else settings.demo_conversations
        self._demo = DemoData(count, settings.seed, built_in, before=self._begin())
        self._demo.load(self.store)
        self.sandboxes.follow(lambda sandbox: record_with(sandbox, self.store))
        self.control = Control(
            sandboxes=self.sandboxes,
            store=self.store,
            tokens=self.tokens,
            settings=settings,
            reset_workspace=self.reset_workspace,
            contract=contract,
            scenarios=self._standing.known,
        )
        self._stage: AnswersStage
        self._app = self._wrap(self._connexion(contract), contract)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # A server that stops does not wait for ever: not for a client that reads no more, nor for half a request.
            if not self.service.alarms.shutting_down:
                raise

    @property
    def breaches(self) -> list[str]:
        """Where answers broke the contract; nobody looks unless the setting `check_answers` is on."""
        return self._stage.breaches

    async def reset(self) -> None:
        """Back to a fresh server, all workspaces. Active streams end."""
        await self.store.reset()
        for sandbox in self.sandboxes:
            self.sandboxes.reset(sandbox.name)
        self._demo.load(self.store)

    async def reset_workspace(self, name: str) -> None:
        """One workspace as it is on a fresh server. Its active streams end."""
        await self.store.reset(name)
        self.sandboxes.reset(name)
        if name == DEMO_OWNER.workspace:
            self._demo.load(self.store)

    async def follow_files(self) -> None:
        """Take files of scenarios anew whenever they change; never returns."""
        await self._standing.follow(lambda: self.sandboxes)

    def load(self, path: Path) -> None:
        """Put the workspaces of a snapshot file in place of what there is of them; of a bug report, its beginning.

        Raises:
            SnapshotError: it cannot be read, or is none; names the field.
        """
        for name, part in read_workspaces(path).items():
            bring_back(self.sandboxes.of(name), self.store, part)

    def save(self, path: Path) -> None:
        """Write all workspaces to a snapshot file.

        Raises:
            SnapshotError: it cannot be written.
        """
        names = names_of(self.sandboxes, self.store)
        parts = {name: keep_workspace(self.sandboxes.of(name), self.store) for name in names}
        write_file(path, make_snapshot(parts))

    def shut_down(self) -> None:
        """End all streams now, keeping what was produced; for a server that is about to stop."""
        self.service.shut_down()
        self.control.feed.end()

    def _wrap(self, app: ASGIApp, contract: Mapping[str, Any]) -> ASGIApp:
        settings = self.settings
        self._stage = AnswersStage(
            app,
            sandboxes=self.sandboxes,
            tokens=self.tokens,
            operations=self._operations,
            alarms=self.service.alarms,
            options=StageOptions(
                seed=settings.seed,
                triggers=settings.triggers,
                max_body_kib=settings.max_body_kib,
                checks=AnswerChecks(contract) if settings.check_answers else None,
            ),
        )
        cors = CORSMiddleware(
            self._stage,
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

    def _begin(self) -> datetime:
        """The instant that all demo data is older than."""
        return self.sandboxes.of(DEMO_OWNER.workspace).clock.instant(START, 0)

    def _connexion(self, contract: dict[str, Any]) -> AsyncApp:
        register_url_convertor("path", _AnyPath())
        handlers = Handlers(self.service, self.settings.seed, cues=self.settings.triggers)
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
            validator_map=validator_map(self.settings.max_body_kib, lenient=self.settings.lenient),
            swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui_path=DOCS_PATH),
        )
        app.add_middleware(CanonicalMediaType, MiddlewarePosition.BEFORE_VALIDATION, lenient=self.settings.lenient)
        add_control_plane(app, self.control)
        pages = own_pages(contract, self.tokens)
        for path, (method, view) in pages.items():
            app.add_url_rule(path, view_func=view, methods=[method])
        methods = {path: [m.upper() for m in item if m.upper() in _METHODS] for path, item in contract["paths"].items()}
        _answer_errors(
            app, AllowedMethods(methods | control_methods() | {path: [method] for path, (method, _) in pages.items()})
        )
        return app


def _parts(settings: Settings, contract: Mapping[str, Any]) -> SandboxParts:
    """What the sandbox of each workspace is made of."""
    vocabulary = build_vocabulary(contract)
    return SandboxParts(
        clock=partial(SandboxClock, wall=settings.clock == "wall"),
        armory=partial(Armory, settings.seed),
        journal=partial(Journal, settings.journal_entries),
        watch=partial(ClientWatch, vocabulary, tuple(KINDS)),
        configuration=Configuration(settings.pace, settings.keep_alive_s),
    )


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
