"""Runs the mock on uvicorn: in the foreground for the command, in a thread for tests.

uvicorn waits for open connections before it tells an application to stop, and a stream would keep it waiting;
so the streams are ended first.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

import uvicorn

from mockserver.app import MockServer
from mockserver.protocol import Outbox, Protocol
from mockserver.tokens import DEFAULT_CALLER, DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from mockserver.control.client import ControlClient, Verdict, WorkspaceHandle

_GRACE_S = 1
"""How long a client that reads no more may keep the server from stopping."""


_YOUNG_OBJECTS = 10_000
"""Are there so many more than before, they are looked through for cycles; Python's own 700 come in twenty requests."""


class CannotListen(Exception):
    """The address cannot be had; the text says why and what to do."""


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        CannotListen: the port is taken, or the address is not this machine's.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else str(error)  # a name that is not known has none
        raise CannotListen(
            f"Cannot listen on {host}:{port}: {reason}. Give another --port (0 takes a free one) or --host."
        ) from None


def base_url(listening: socket.socket) -> str:
    """Where clients reach a listening socket. One that listens on every address is reached on the loopback one."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is recognised, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn, told to end streams before it waits for connections.

    Args:
        on_ready: called once requests are taken.
    """

    def __init__(self, app: MockServer, on_ready: Callable[[], None]) -> None:
        protocol: Any = partial(Protocol, Outbox())
        config = uvicorn.Config(
            app,
            http=protocol,
            log_config=None,
            access_log=False,
            lifespan="on",  # Connexion builds itself at the first call: let that be before the first request
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_GRACE_S,
        )
        super().__init__(config)
        self._mock = app
        self._on_ready = on_ready
        self._following: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's, then the call of `on_ready`."""
        await super().startup(sockets)
        if self.started:
            self._following = asyncio.create_task(self._mock.follow_files())
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then uvicorn's."""
        self._mock.shut_down()
        if self._following:
            self._following.cancel()
        await super().shutdown(sockets)


def serve(app: MockServer, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve in the foreground until a signal ends it."""

    def begin() -> None:
        # What is there now stays, and what comes is rarely in cycles: collections that walk it all halt every stream.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS, 50, 50)
        on_ready()

    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again when it has shut down
        Server(app, begin).run(sockets=[listening])


class BackgroundServer:
    """A mock on a real socket in a thread of this process: a context manager for tests.

    Attributes:
        url: the base URL, such as `http://127.0.0.1:49152`.
        app: the application behind it.
    """

    def __init__(self, app: MockServer) -> None:
        self.app = app
        self._socket = open_socket(app.settings.host, app.settings.port)
        self.url = base_url(self._socket)
        self._ready = threading.Event()
        self._server = Server(app, self._on_ready)
        self._thread = threading.Thread(target=self._run, name="mockserver", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._control: ControlClient | None = None

    def __enter__(self) -> BackgroundServer:
        """Start; returns when requests are taken."""
        self._thread.start()
        if not self._ready.wait(timeout=30):
            raise RuntimeError("the mock server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and wait until it has.

        Raises:
            AssertionError: answers are checked, and one broke the contract.
        """
        if self._control:
            self._control.close()
            self._control = None
        self.stop_soon()
        self._thread.join(timeout=30)
        if self._thread.is_alive():
            raise RuntimeError("the mock server did not stop")
        if self.app.breaches and error is None:
            raise AssertionError("the mock broke its own contract:\n" + "\n".join(self.app.breaches))

    def stop_soon(self) -> None:
        """Begin to stop, without waiting for it."""
        self._server.should_exit = True

    def reset(self) -> None:
        """Back to a fresh server's data."""
        assert self._loop is not None, "reset a server that has started"
        asyncio.run_coroutine_threadsafe(self.app.reset(), self._loop).result(timeout=30)

    def token(self, caller: str = DEFAULT_CALLER, workspace: str = DEFAULT_WORKSPACE) -> str:
        """A valid JWT of a caller of a workspace, taken in every mode of `auth`."""
        return self.app.tokens.mint(workspace, caller=caller)

    @property
    def control(self) -> ControlClient:
        """A client of the control plane of this server, which closes it when it stops."""
        from mockserver.control.client import ControlClient  # not at the top: the command serves without a client

        if self._control is None:
            self._control = ControlClient(self.url)
        return self._control

    def workspace(self, name: str | None = None) -> WorkspaceHandle:
        """A workspace to give a test: its `url`, `token("alice")`, faults, clock, journal, verdict.

        One of that name, created unless it is there; without a name a fresh one, whose name nobody else has.
        """
        return self.control.workspace(name)

    def verdict(self, workspace: str | None = None) -> Verdict:
        """What clients did wrong in one workspace, or in all of them: `server.verdict().assert_clean()`.

        Raises:
            ControlFailed: there is no such workspace: no call has named it.
        """
        return self.control.verdict(workspace)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def _on_ready(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
