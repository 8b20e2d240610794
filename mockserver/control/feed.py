"""What happens, told to those who follow: a bounded backlog of numbered events, and a queue for each follower."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mockserver import wire
from mockserver.control.encode import encode_stream
from mockserver.journal.encode import encode_summary
from mockserver.journal.entries import Entry
from mockserver.journal.journal import Change
from mockserver.live import LiveStream
from mockserver.sandbox import Sandbox

BACKLOG = 1000
"""So many events are kept for those who come back."""

LONGEST_QUEUE = 10_000
"""A follower who is so many events behind is sent away, and may come back."""

_ALIVE_S = 15


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the feed."""

    number: int
    kind: str
    workspace: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        """As a Server-Sent Event."""
        return f"id: {self.number}\nevent: {self.kind}\ndata: ".encode() + wire.dumps(self.data) + b"\n\n"


class Feed:
    """All that happens in a server."""

    def __init__(self, backlog: int = BACKLOG) -> None:
        self._backlog: deque[Happening] = deque(maxlen=backlog)
        self._number = 0
        self._followers: set[asyncio.Queue[Happening | None]] = set()
        self._watched: weakref.WeakSet[Sandbox] = weakref.WeakSet()

    def tell(self, kind: str, workspace: str, data: dict[str, Any]) -> None:
        """Something has happened in a workspace."""
        self._number += 1
        happening = Happening(self._number, kind, workspace, data)
        self._backlog.append(happening)
        for queue in list(self._followers):
            if queue.qsize() < LONGEST_QUEUE:
                queue.put_nowait(happening)
            else:
                self._followers.discard(queue)
                queue.put_nowait(None)

    def watch(self, sandbox: Sandbox) -> None:
        """Tell what the journal of a workspace sees; once, however often it is asked to."""
        if sandbox in self._watched:
            return
        self._watched.add(sandbox)

        def follow(change: Change, entry: Entry | None) -> None:
            if change == "cleared" or entry is None:
                self.tell("exchange", sandbox.name, {"workspace": sandbox.name, "change": "cleared"})
            elif change != "event":
                told = {"workspace": sandbox.name, "change": change, "exchange": encode_summary(entry)}
                self.tell("exchange", sandbox.name, told)

        def tell_stream(stream: LiveStream, live: bool) -> None:
            change = "opened" if live else "ended"
            self.tell(
                "stream", sandbox.name, {"workspace": sandbox.name, "change": change, "stream": encode_stream(stream)}
            )

        sandbox.journal.subscribe(follow)
        sandbox.streams.tell_by(tell_stream)

    def end(self) -> None:
        """The server stops: all followers are let go."""
        for queue in self._followers:
            queue.put_nowait(None)

    def since(self, number: int) -> list[Happening] | None:
        """What came after the event of that number; None where that is not known any more."""
        oldest = self._backlog[0].number if self._backlog else self._number + 1
        if number > self._number or number < oldest - 1:
            return None
        return [happening for happening in self._backlog if happening.number > number]

    async def follow(self, workspace: str | None, last: int | None) -> AsyncIterator[bytes]:
        """The feed from now on, or from the event after `last` on; ends when the server does."""
        queue: asyncio.Queue[Happening | None] = asyncio.Queue()
        missed = self.since(last) if last is not None else []
        self._followers.add(queue)
        try:
            yield b": hello\n\n" if missed is not None else _reset(self._number)
            for happening in _of(workspace, missed or []):
                yield happening.encode()
            while True:
                try:
                    next_one = await asyncio.wait_for(queue.get(), _ALIVE_S)
                except TimeoutError:
                    yield b": keep-alive\n\n"
                    continue
                if next_one is None:
                    return
                for happening in _of(workspace, [next_one]):
                    yield happening.encode()
        finally:
            self._followers.discard(queue)


class FeedHandlers:
    """Handlers named after their operations."""

    def __init__(self, feed: Feed, request: Callable[[], Request]) -> None:
        self._feed = feed
        self._request = request

    async def follow(self, workspace: str | None = None) -> Response:
        """The feed."""
        last = self._request().headers.get("last-event-id", "")
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 20 else None
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._feed.follow(workspace, number), headers=headers, media_type="text/event-stream")


def _of(workspace: str | None, happenings: list[Happening]) -> Iterator[Happening]:
    return (happening for happening in happenings if workspace in {None, happening.workspace})


def _reset(number: int) -> bytes:
    """What was missed is not known any more: go on from here."""
    return Happening(number, "reset", "", {}).encode()
