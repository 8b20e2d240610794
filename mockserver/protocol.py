"""HTTP/1.1 as uvicorn speaks it, and for most requests without its ceremony.

A request is offered to the application as a whole. What it answers at once is written at once: no task, no ASGI
messages, one write. Everything else (a large body, a stream, a fault, a page of another origin, requests behind one
that goes on) is uvicorn's.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from mockserver.arrivals import note_arrival
from mockserver.connection import TRANSPORT
from mockserver.errors import JsonAnswer

_LARGEST_HELD = 64 * 1024
"""Bytes of a body. A larger one is uvicorn's, which lets its sender wait while nobody reads."""


class Outbox:
    """Answers of one turn of an event loop, written together when all requests of that turn have theirs.

    Each write wakes its reader, which on one machine takes as long as to make the answer; readers that are awake need
    not be woken.
    """

    def __init__(self) -> None:
        self._answers: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, answer: bytes) -> None:
        """Write it soon."""
        if not self._answers:
            asyncio.get_running_loop().call_soon(self.empty)
        self._answers.append((transport, answer))

    def empty(self) -> None:
        """Write all that there is."""
        answers, self._answers = self._answers, []
        for transport, answer in answers:
            if not transport.is_closing():
                transport.write(answer)


class Protocol(HttpToolsProtocol):
    """One connection. The application is a `mockserver.app.MockServer`, the outbox is the server's."""

    def __init__(
        self,
        outbox: Outbox,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._outbox = outbox
        self._at_once = config.app.at_once  # type: ignore[union-attr]
        self._held: bytes | None = None
        """The body of a request that uvicorn does not know of yet; None where there is no such request."""

    def on_message_begin(self) -> None:
        """A request begins. It shows its connection, which some faults break."""
        super().on_message_begin()
        extensions: Any = {TRANSPORT: self.transport}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        """Hold it, if it may be answered at once."""
        if (
            (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.flow.write_paused  # who reads no answers gets none that nobody waits to send
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
        ):
            self._held = b""
            scope: Any = self.scope
            note_arrival(scope, self.loop)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held += body
            if len(self._held) > _LARGEST_HELD:
                self._hand_on()

    def on_message_complete(self) -> None:
        """Answer it, or let uvicorn."""
        if self._held is not None:
            self._describe()
            answer = self._at_once.answer(self.scope, self._held)
            if answer is not None:
                self._held = None
                self._write(answer)
                return
            self._hand_on()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone. Of half a request the application is told, too."""
        if self._held is not None:
            self._hand_on()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops; whoever has an answer gets it before."""
        self._outbox.empty()
        super().shutdown()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: uvicorn advises to install what the mock has no use for. The answer is that of any request."""

    def _describe(self) -> None:
        """Put into the scope what uvicorn does when the headers are complete."""
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["query_string"] = url.query or b""

    def _hand_on(self) -> None:
        """Give a request to uvicorn, with what there is of its body."""
        body, self._held = self._held, None
        query = self.scope.get("query_string")  # the application may have taken out of it what is not the API's
        super().on_headers_complete()
        if query is not None:
            self.scope["query_string"] = query
        if body:
            super().on_body(body)

    def _write(self, answer: JsonAnswer) -> None:
        written = [STATUS_LINE[answer.status_code]]
        for name, value in chain(self.server_state.default_headers, answer.raw_headers):
            written += (name, b": ", value, b"\r\n")
        written += (b"\r\n", answer.body)
        self._outbox.put(self.transport, b"".join(written))
        self.on_response_complete()
