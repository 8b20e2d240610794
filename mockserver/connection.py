"""The connection under a request, for those faults that no HTTP server sends of its own accord.

The server of `mockserver.server` puts the transport into the ASGI scope; under another server there is none, and a
broken connection is then as broken as that server makes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

TRANSPORT = "mockserver.transport"
"""The extension of the ASGI scope that holds the `asyncio.Transport`."""

_FLUSH_S = 1.0
_ARRIVE_S = 0.02
"""What was sent before a break has so long to arrive: a reset throws away what is still under way, and so
does a browser when an answer breaks off."""


class ConnectionBroken(Exception):
    """Raised where there is no transport to break: a server closes the connection of an application that fails."""


class Connection:
    """The connection of one request."""

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self._transport: asyncio.Transport | None = scope.get("extensions", {}).get(TRANSPORT)

    @property
    def gone(self) -> bool:
        """The client has closed it."""
        return self._transport is not None and self._transport.is_closing()

    async def close(self, last: bytes = b"") -> None:
        """Close it where it stands, after what was written, and after these bytes past HTTP.

        Raises:
            ConnectionBroken: the server does not show its connections.
        """
        if self._transport is None:
            raise ConnectionBroken
        self._transport.write(last)
        await self._flush(self._transport)
        await asyncio.sleep(_ARRIVE_S)
        self._transport.close()
        await self._gone(self._transport)

    async def reset(self) -> None:
        """Break it with a TCP reset.

        Raises:
            ConnectionBroken: the server does not show its connections.
        """
        if self._transport is None:
            raise ConnectionBroken
        await self._flush(self._transport)
        await asyncio.sleep(_ARRIVE_S)
        handle = self._transport.get_extra_info("socket")
        if handle is not None:
            with contextlib.suppress(OSError), socket.fromfd(handle.fileno(), handle.family, handle.type) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._gone(self._transport)

    async def _flush(self, transport: asyncio.Transport) -> None:
        async with _at_most(_FLUSH_S):
            while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.002)

    async def _gone(self, transport: asyncio.Transport) -> None:
        """Let the server notice, before it asks why the answer is not complete."""
        for _ in range(3):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _at_most(seconds: float) -> Any:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            yield
