"""What happens, told to those who follow: a bounded backlog of numbered events, and a queue for each follower."""

from __future__ import annotations

import asyncio
import re
import secrets
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

BACKLOG_BYTES = 1 << 20
"""So large is the backlog at the most."""

LONGEST_QUEUE = 10_000
"""A follower who is so many events behind is sent away, and may come back."""

LONGEST_QUEUE_BYTES = 8 << 20
"""So is one who is so many bytes behind."""

_ALIVE_S = 15


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the feed."""

    number: int
    workspace: str
    event: bytes
    """The whole Server-Sent Event."""


class _Follower:
    """Who has been told what, and is behind by so much."""

    def __init__(self, *, events: bool) -> None:
        self.events = events
        """It wants to hear of each event of a stream, too."""
        self._queue: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._bytes = 0

    def put(self, happening: Happening) -> bool:
        """Tell it; False if it is too far behind already."""
        if self._queue.qsize() >= LONGEST_QUEUE or self._bytes >= LONGEST_QUEUE_BYTES:
            return False
        self._bytes += len(happening.event)
        self._queue.put_nowait(happening)
        return True

    def let_go(self) -> None:
        """Nothing more comes."""
        self._queue.put_nowait(None)

    async def get(self) -> Happening | None:
        """The next one; None at the end."""
        happening = await self._queue.get()
        self._bytes -= len(happening.event) if happening else 0
        return happening


class Feed:
    """All that happens in a server.

    The id of an event is `<epoch>-<number>`; the epoch is that of this process, as numbers begin anew in the next.
    """

    def __init__(self, backlog: int = BACKLOG, backlog_bytes: int = BACKLOG_BYTES) -> None:
        self.epoch = secrets.token_hex(4)
        self._backlog: deque[Happening] = deque(maxlen=backlog)
        self._most_bytes = backlog_bytes
        self._bytes = 0
        self._number = 0
        self._followers: set[_Follower] = set()
        self._followed = False
        """Somebody follows, or did."""
        self._watched: weakref.WeakSet[Sandbox] = weakref.WeakSet()

    def tell(self, kind: str, workspace: str, data: dict[str, Any]) -> None:
        """Something has happened in a workspace."""
        self._number += 1
        happening = Happening(self._number, workspace, self._encode(kind, data))
        self._keep(happening)
        for follower in list(self._followers):
            self._put(follower, happening)

    def tell_changed(self, workspace: str, what: str) -> None:
        """Somebody has changed the clock, the configuration, snapshots or tokens, or has cleared the verdict."""
        self.tell("changed", workspace, {"workspace": workspace, "what": what})

    def tell_sent(self, workspace: str, entry: Entry) -> None:
        """A stream has sent events. Not kept for those who come back: the journal has them."""
        listening = [follower for follower in self._followers if follower.events]
        newest = entry.events.newest if listening else []
        first = len(entry.events) + entry.events_dropped - len(newest)
        for index, sent in enumerate(newest, first):
            data = {
                "workspace": workspace,
                "exchange": entry.number,
                "index": index,
                "event": {"atS": sent.at_s, "kind": sent.kind, "data": sent.data, "fault": sent.fault},
            }
            event = b"event: sent\ndata: " + wire.dumps(data) + b"\n\n"
            for follower in listening:
                self._put(follower, Happening(self._number, workspace, event))

    def watch(self, sandbox: Sandbox) -> None:
        """Tell what the journal of a workspace sees; once, however often it is asked to."""
        if sandbox not in self._watched:
            self._watched.add(sandbox)
            if self._followed:
                self._listen(sandbox)

    def _listen(self, sandbox: Sandbox) -> None:
        def follow(change: Change, entry: Entry | None) -> None:
            if change == "cleared" or entry is None:
                self.tell("exchange", sandbox.name, {"workspace": sandbox.name, "change": "cleared"})
            elif change == "event":
                self.tell_sent(sandbox.name, entry)
            else:
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
        for follower in self._followers:
            follower.let_go()

    def since(self, number: int) -> list[Happening] | None:
        """What came after the event of that number; None where that is not known any more."""
        oldest = self._backlog[0].number if self._backlog else self._number + 1
        if number > self._number or number < oldest - 1:
            return None
        return [happening for happening in self._backlog if happening.number > number]

    def since_id(self, id: str) -> list[Happening] | None:
        """What came after the event of that id; None where that is not known, or no id of this process."""
        read = re.fullmatch(r"([0-9a-f]+)-([0-9]{1,18})", id, re.ASCII)
        return self.since(int(read[2])) if read and read[1] == self.epoch else None

    async def follow(self, workspace: str | None, last: str, *, events: bool = False) -> AsyncIterator[bytes]:
        """The feed from now on, or from the event after that of the id `last` on; ends when the server does.

        Args:
            events: with the events that streams send, from now on.
        """
        if not self._followed:  # before, nobody could come back for what was missed, and nothing was told
            self._followed = True
            self._number += 1
            for sandbox in self._watched:
                self._listen(sandbox)
        follower = _Follower(events=events)
        missed = self.since_id(last) if last else []
        self._followers.add(follower)
        try:
            # Who cannot be told what was missed goes on from here.
            yield b": hello\n\n" if missed is not None else self._encode("reset", {})
            for happening in _of(workspace, missed or []):
                yield happening.event
            while True:
                try:
                    next_one = await asyncio.wait_for(follower.get(), _ALIVE_S)
                except TimeoutError:
                    yield b": keep-alive\n\n"
                    continue
                if next_one is None:
                    return
                for happening in _of(workspace, [next_one]):
                    yield happening.event
        finally:
            self._followers.discard(follower)

    def _put(self, follower: _Follower, happening: Happening) -> None:
        if not follower.put(happening):
            self._followers.discard(follower)
            follower.let_go()

    def _encode(self, kind: str, data: dict[str, Any]) -> bytes:
        return f"id: {self.epoch}-{self._number}\nevent: {kind}\ndata: ".encode() + wire.dumps(data) + b"\n\n"

    def _keep(self, happening: Happening) -> None:
        """For those who come back; the oldest go."""
        backlog = self._backlog
        if len(backlog) == backlog.maxlen:
            self._bytes -= len(backlog.popleft().event)
        backlog.append(happening)
        self._bytes += len(happening.event)
        while self._bytes > self._most_bytes:
            self._bytes -= len(backlog.popleft().event)


class FeedHandlers:
    """Handlers named after their operations."""

    def __init__(self, feed: Feed, request: Callable[[], Request]) -> None:
        self._feed = feed
        self._request = request

    async def follow(self, workspace: str | None = None, events: int = 0) -> Response:
        """The feed."""
        last = self._request().headers.get("last-event-id", "").strip()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._feed.follow(workspace, last, events=bool(events)), headers=headers, media_type="text/event-stream"
        )


def _of(workspace: str | None, happenings: list[Happening]) -> Iterator[Happening]:
    return (happening for happening in happenings if workspace in {None, happening.workspace})
