"""The streams that are live in a workspace, and the hand of a test on them: hold, step, release, kill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from mockserver.script import CutKind


@dataclass(kw_only=True)
class LiveStream:
    """One stream while it lasts. `mockserver.streaming` plays it and looks here before it sends anything.

    Attributes:
        number: of the stream in its workspace, from 1.
        exchange: the number of its exchange in the journal.
        sent: events so far, comments not counted.
        deltas: how many deltas its script has.
    """

    number: int
    exchange: int
    conversation: str
    message_id: str
    caller: str
    opened_at: datetime
    opened_at_s: float
    deltas: int
    sent: int = 0
    killed: CutKind | None = None
    _limit: float = math.inf
    _at_once: float = 0
    _wake: Callable[[], None] = field(default=lambda: None, repr=False)

    @property
    def held(self) -> bool:
        """It may not send its next event."""
        return self.sent >= self._limit

    @property
    def hold_after(self) -> int | None:
        """The event after which it is held, or will be; None: it is not."""
        return None if self._limit == math.inf else int(self._limit)

    @property
    def at_once(self) -> bool:
        """Its next event is sent without waiting until it is due: someone steps."""
        return self.sent < self._at_once

    @property
    def allowed(self) -> float:
        """How many events it may send before it is held."""
        return self._limit - self.sent

    def hold(self, after: int | None = None) -> None:
        """Send nothing after event number `after` (0: nothing at all); without one, from now on."""
        self._limit = self.sent if after is None else max(after, self.sent)
        self._wake()

    def step(self, events: int = 1) -> None:
        """Send the next events at once, then hold."""
        self._limit = self._at_once = self.sent + events
        self._wake()

    def release(self) -> None:
        """Go on as it would have, without having waited."""
        self._limit = math.inf
        self._wake()

    def kill(self, kind: CutKind) -> None:
        """End it now, in that way."""
        self.killed = kind
        self._wake()

    def wake_by(self, wake: Callable[[], None]) -> None:
        """What to call when something here has changed."""
        self._wake = wake


class LiveStreams:
    """All of a workspace, in the order they were opened."""

    def __init__(self) -> None:
        self._streams: dict[int, LiveStream] = {}
        self._by_conversation: dict[str, dict[int, LiveStream]] = {}
        self._opened = 0
        self._tell: Callable[[LiveStream, bool], None] = lambda _stream, _live: None

    def tell_by(self, tell: Callable[[LiveStream, bool], None]) -> None:
        """What to call when a stream has opened (`True`) or ended."""
        self._tell = tell

    def __iter__(self) -> Iterator[LiveStream]:
        """The oldest first."""
        return iter(list(self._streams.values()))

    def __len__(self) -> int:
        """How many are live."""
        return len(self._streams)

    def next_number(self) -> int:
        """The number of the stream that opens next."""
        self._opened += 1
        return self._opened

    def add(self, stream: LiveStream) -> None:
        """It has opened."""
        self._streams[stream.number] = stream
        self._by_conversation.setdefault(stream.conversation, {})[stream.number] = stream
        self._tell(stream, True)

    def discard(self, stream: LiveStream) -> None:
        """It has ended."""
        if self._streams.pop(stream.number, None):
            beside = self._by_conversation[stream.conversation]
            del beside[stream.number]
            if not beside:
                del self._by_conversation[stream.conversation]
            self._tell(stream, False)

    def find(self, number: int) -> LiveStream | None:
        """The live stream of that number."""
        return self._streams.get(number)

    def live_in(self, conversation: str) -> LiveStream | None:
        """The live stream of a conversation."""
        return next(iter(self._by_conversation.get(conversation, {}).values()), None)
