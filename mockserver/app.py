"""Assembles the ASGI application: the contract, Connexion with our parts in its seams, and what stands around it.

From the outside in: the turnstile, the access log, CORS, the stage (faults, journal), the fast lane (security,
validation, handlers), and behind it, for what is none of the contract's, Connexion (`mockserver.framework`).
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import inflection
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.arrivals import Turnstile
from mockserver.at_once import AtOnce
from mockserver.breaches import Breaches
from mockserver.checks import AnswerChecks
from mockserver.clock import START, SandboxClock
from mockserver.contract import load_contract
from mockserver.control.keeping import bring_back, keep_workspace, names_of, read_workspaces, record_with
from mockserver.control.lane import ControlLane
from mockserver.control.values import Control
from mockserver.deferred import Deferred
from mockserver.demo import OWNER as DEMO_OWNER
from mockserver.demo import DemoData
from mockserver.faults.catalogue import KINDS
from mockserver.faults.rules import Armory
from mockserver.handlers import Handlers
from mockserver.journal.journal import Journal
from mockserver.lane import FastLane
from mockserver.logs import AccessLog
from mockserver.mending import Mender
from mockserver.opening import Opener
from mockserver.operations import Operations
from mockserver.pacing import Pace
from mockserver.pages import PageLane, View, own_pages
from mockserver.replies.later import LaterWriter
from mockserver.routes import compile_routes
from mockserver.sandbox import Configuration, Sandboxes, SandboxParts
from mockserver.service import Service, Writer
from mockserver.settings import SettingError, Settings
from mockserver.snapshots import make_snapshot, write_file
from mockserver.stage import ECHOES, AnswersStage
from mockserver.standing import StandingScenarios
from mockserver.store.memory import MemoryStore
from mockserver.tokens import Tokens
from mockserver.verdict.vocabulary import build_vocabulary
from mockserver.verdict.watch import ClientWatch
from mockserver.warmup import warm_up_soon

EXPOSED_HEADERS = ["Allow", *ECHOES, "Retry-After", "WWW-Authenticate"]
"""What a page of another origin may read beside the headers that every page may."""

_METHODS = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]


class _Cors(CORSMiddleware):
    """Starlette's, which has little to do for those who are no browser: say that browsers get other headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http" or b"origin" in dict(scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        async def vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                told = [value for name, value in headers if name == b"vary"]
                others = [pair for pair in headers if pair[0] != b"vary"] if told else headers
                message = {**message, "headers": [*others, (b"vary", b", ".join([*told, b"Origin"]))]}
            await send(message)

        await self.app(scope, receive, vary)


class MockServer:
    """The mock as an ASGI application, with handles for whoever embeds it.

    Args:
        settings: how it behaves.
        writer: what writes the replies, in place of the built-in one.

    Attributes:
        sandboxes: each workspace's clock, faults, journal, streams and watch.
        at_once: answers most requests by one call, for a server that can ask so (`mockserver.protocol`).
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
            self._built_in = LaterWriter(settings.seed, settings.locale.replace("-", "_"))  # de-DE is meant as de_DE
        except ValueError as error:
            raise SettingError(f"locale: {error}") from None
        self.service = Service(
            store=self.store,
            writer=writer or self._built_in,
            sandboxes=self.sandboxes,
            seed=settings.seed,
            cues=settings.triggers,
        )
        count = 0 if settings.empty else settings.demo_conversations
        self._demo = DemoData(count, settings.seed, self._built_in, before=self._begin())
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
        self._breaches = Breaches(AnswerChecks(contract) if settings.check_answers else None)
        self.at_once: AtOnce
        self._app = self._wrap(self._inside(contract))

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
        return self._breaches.found

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

    def _wrap(self, app: FastLane) -> ASGIApp:
        settings = self.settings
        opener = Opener(
            sandboxes=self.sandboxes,
            tokens=self.tokens,
            operations=self._operations,
            triggers=settings.triggers,
            breaches=self._breaches,
        )
        stage = AnswersStage(
            app,
            opener=opener,
            alarms=self.service.alarms,
            breaches=self._breaches,
            seed=settings.seed,
            max_body_kib=settings.max_body_kib,
        )
        cors = _Cors(
            stage,
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
        log = AccessLog(cors)
        turnstile = Turnstile(log)
        self.at_once = AtOnce(turnstile=turnstile, log=log, opener=opener, lane=app, stage=stage)
        return turnstile

    def _inside(self, contract: dict[str, Any]) -> FastLane:
        """What the contract has, by compiled routes; behind them the framework for all else."""
        settings = self.settings
        handlers = Handlers(self.service, settings.seed, cues=settings.triggers)

        @cache
        def pages() -> dict[str, tuple[str, View]]:
            return own_pages(contract, self.tokens)

        def build() -> ASGIApp:
            with warnings.catch_warnings():
                # Connexion imports what others have deprecated. Our users cannot mend that; some make warnings errors.
                warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
                warnings.filterwarnings("ignore", message="jsonschema[.].* is deprecated")
                from mockserver.framework import build_framework

                plane = control.plane
                every = pages() | {path: ("GET", view) for path, view in plane.pages.items()}
                framework: ASGIApp = build_framework(
                    contract, handlers=handlers, plane=plane, pages=every, settings=settings
                )
                return framework

        control = ControlLane(Deferred(build, on_start=partial(warm_up_soon, self._warm_up)), self.control)
        routes = compile_routes(
            contract,
            lambda operation_id: getattr(handlers, inflection.underscore(operation_id)),
            max_body_kib=settings.max_body_kib,
            mender=Mender() if settings.lenient else None,
            any_media_type=settings.lenient,
        )
        return FastLane(PageLane(control, pages), routes)

    def _warm_up(self) -> None:
        """What a reply needs, before somebody waits for one."""
        self._built_in.prepare()
        self._demo.write_out()

    def _begin(self) -> datetime:
        """The instant that all demo data is older than."""
        return self.sandboxes.of(DEMO_OWNER.workspace).clock.instant(START, 0)


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


def create_app(settings: Settings | None = None) -> MockServer:
    """The mock as an ASGI application, for `uvicorn --factory mockserver.app:create_app` and for tests.

    Raises:
        SettingError: the locale is not known.
    """
    return MockServer(settings or Settings())
