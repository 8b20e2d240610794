"""One request over a socket of its own, and its answer byte by byte: httpx hides pieces, resets and missing ends."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.sse import Event, SseParser

_TIMEOUT_S = 8


class Wire:
    """One exchange.

    Attributes:
        raw: every byte that came.
        status: 0 until there is one.
        headers: by their names in lower case.
        pieces: the chunks of a chunked body as they were sent, else the body as one.
        events: those that are complete.
        complete: the answer came to its end as HTTP has it.
        ended: how the connection ended, `closed` or `reset`; "" while it is open.
    """

    def __init__(
        self, method: str, url: str, *, token: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> None:
        self.raw = bytearray()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.events: list[Event] = []
        self.parser = SseParser()
        self.complete = False
        self.ended = ""
        self._rest = bytearray()
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=_TIMEOUT_S)
        data = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": parts.netloc, "Authorization": f"Bearer {token}", **(headers or {})}
        if body is not None:
            lines |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.sendall(head.encode("latin-1") + b"\r\n" + data)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def body(self) -> bytes:
        """What came of it."""
        return b"".join(self.pieces)

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.complete or bool(self.ended)

    @property
    def names(self) -> list[str]:
        """Of the events."""
        return [event.name for event in self.events]

    @property
    def deltas(self) -> list[str]:
        """What the `delta` events say."""
        return [json.loads(event.data)["delta"] for event in self.events if event.name == "delta"]

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def data(self, place: int) -> Any:
        """What an event says."""
        return json.loads(self.events[place].data)

    def read_events(self, count: int) -> Wire:
        """Read until so many have come."""
        return self.read(lambda: len(self.events) >= count)

    def read(self, enough: Callable[[], bool] = lambda: False) -> Wire:
        """Read until it is enough, or the answer is over."""
        while not (enough() or self.over):
            try:
                self._take(self._socket.recv(65536))
            except ConnectionResetError:
                self.ended = "reset"
        return self

    def read_to_the_close(self) -> Wire:
        """Read until the connection ends, too."""
        while not self.ended:
            try:
                self._take(self._socket.recv(65536))
            except ConnectionResetError:
                self.ended = "reset"
        return self

    def is_silent(self) -> bool:
        """Nothing has come that was not read, and the connection is open."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1, socket.MSG_PEEK)  # a byte, or the end
        except BlockingIOError:
            return True
        except ConnectionResetError:
            pass
        finally:
            self._socket.settimeout(_TIMEOUT_S)
        return False

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _take(self, data: bytes) -> None:
        if not data:
            self.ended = "closed"
            return
        self.raw += data
        self._rest += data
        if not self.status and not self._take_head():
            return
        if self.headers.get("transfer-encoding") == "chunked":
            self._take_chunks()
        else:
            self.pieces = [bytes(self._rest)] if self._rest else []
            self.complete = len(self._rest) >= int(self.headers.get("content-length", "0"))

    def _take_head(self) -> bool:
        end = self._rest.find(b"\r\n\r\n")
        if end < 0 or not self._rest.startswith(b"HTTP/1.1 "):
            return False
        status, *lines = self._rest[:end].decode("latin-1").split("\r\n")
        del self._rest[: end + 4]
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return True

    def _take_chunks(self) -> None:
        while not self.complete:
            end = self._rest.find(b"\r\n")
            size = int(self._rest[:end], 16) if end > 0 else -1
            if size < 0 or len(self._rest) < end + 2 + size + 2:
                return
            if size == 0:
                self.complete = True
                return
            self.pieces.append(bytes(self._rest[end + 2 : end + 2 + size]))
            del self._rest[: end + 2 + size + 2]
            self.events += self.parser.feed(self.pieces[-1])
