"""A client that reads thousands of streams at once; a process of its own, told by a line of JSON on standard input.

It does for each piece what cannot be left out, by hand and without an event loop: reads it, looks for the first delta
and for the final event. What it took for all that came at one moment is its lag: by so much the last of them looked
late without being so.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

_LONGEST_SILENCE_S = 60
_DELTA, _FINAL = b"event: delta", b"event: message"


@dataclass(slots=True)
class Stream:
    """One stream, as it comes."""

    connection: socket.socket
    request: bytes
    begun: float
    read: bytearray = field(default_factory=bytearray)
    first_s: float = 0.0
    final_s: float = 0.0

    def take(self, piece: bytes, now: float) -> None:
        """More of it."""
        before = max(0, len(self.read) - len(_FINAL))  # what is looked for may come in two pieces
        self.read += piece
        if not self.first_s and self.read.find(_DELTA, before) >= 0:
            self.first_s = now - self.begun
        if self.read.find(_FINAL, before) >= 0:
            self.final_s = now - self.begun

    def as_json(self) -> dict[str, Any]:
        """What became of it."""
        return {
            "first_s": self.first_s,
            "final_s": self.final_s,
            "deltas": self.read.count(_DELTA),
            "head": bytes(self.read[:200]).decode(errors="replace"),
        }


def run(port: int, requests: list[bytes], begin: float, ramp_s: float) -> dict[str, Any]:
    """Open the streams at the instant `begin` (of the monotonic clock), or over `ramp_s` from then; read them all."""
    poll = select.epoll()
    streams: dict[int, Stream] = {}
    ended: list[Stream] = []
    lags: list[float] = []
    waiting = [(begin + ramp_s * number / len(requests), request) for number, request in enumerate(requests)][::-1]
    time.sleep(max(0.0, begin - time.monotonic()))
    while waiting or streams:
        while waiting and waiting[-1][0] <= time.monotonic():
            stream = _open(port, waiting.pop()[1])
            streams[stream.connection.fileno()] = stream
            poll.register(stream.connection, select.EPOLLOUT)
        until = waiting[-1][0] - time.monotonic() if waiting else _LONGEST_SILENCE_S
        ready = poll.poll(max(0.0, until))
        if not ready and not waiting:
            break  # those that say nothing any more are told as they are
        woken = time.monotonic()
        for handle, _ in ready:
            stream = streams[handle]
            if stream.request:
                stream.connection.send(stream.request)  # a fresh connection takes it whole
                stream.request = b""
                poll.modify(handle, select.EPOLLIN)
                continue
            piece = _read(stream.connection)
            if piece:
                stream.take(piece, time.monotonic())
            else:
                poll.unregister(handle)
                stream.connection.close()
                ended.append(streams.pop(handle))
        if ready:
            lags.append(time.monotonic() - woken)
    return {"streams": [stream.as_json() for stream in [*ended, *streams.values()]], "lags": lags}


def _open(port: int, request: bytes) -> Stream:
    begun = time.monotonic()
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(("127.0.0.1", port))
    return Stream(connection, request, begun)


def _read(connection: socket.socket) -> bytes:
    try:
        return connection.recv(2**16)
    except OSError:  # it was reset: that it ends too early shows
        return b""


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    seen = run(told["port"], [each.encode() for each in told["requests"]], told["begin"], told["ramp_s"])
    sys.stdout.write(json.dumps(seen))
