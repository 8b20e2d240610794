"""What one stream sent, as the journal keeps it.

A stream has hundreds of deltas, and nobody reads most of them here: so those that went out together are kept as the
bytes that they were, and become events when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView
from dataclasses import dataclass

from mockserver import wire

_OVERHEAD = 64
"""What an event takes beside its texts, in bytes, roughly."""

_DELTA = "delta"
_FRAME = len(wire.delta_event("")) - len('{"delta":""}')
"""What a delta has on the wire around its data, in bytes."""


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One thing that a stream sent.

    Attributes:
        at_s: seconds since the request came, by the workspace's clock.
        order: the place among all happenings of the workspace (see `Entry.began`).
        kind: `delta`, `message`, `error`, `comment`, or the name of an unknown event.
        data: the event's JSON as text; of a comment, its text.
        fault: it is there, or is as it is, because of a fault.
    """

    at_s: float
    order: int
    kind: str
    data: str
    fault: bool = False


_Together = tuple[float, int, int, bytes]
"""Deltas of one piece: `at_s`, the `order` of the first, how many they are, and the events as they were sent. A plain
tuple, which the garbage collector need not look into."""


class SentEvents:
    """The events of a stream, in the order in which they were sent.

    Attributes:
        bytes: what they take, roughly.
    """

    def __init__(self, events: Iterable[SentEvent] = ()) -> None:
        self._kept: list[SentEvent | _Together] = []
        self._kinds: dict[str, None] = {}
        self._count = 0
        self.bytes = 0
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SentEvent]:
        for kept in self._kept:
            yield from _open(kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SentEvents) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    @property
    def kinds(self) -> KeysView[str]:
        """Each kind that there is, in the order in which they came."""
        return self._kinds.keys()

    @property
    def newest(self) -> list[SentEvent]:
        """Those that were put in last, together."""
        return _open(self._kept[-1]) if self._kept else []

    def of_kind(self, kind: str) -> list[SentEvent]:
        """Those of one kind; no delta is opened for others."""
        if kind == _DELTA:
            return [event for event in self if event.kind == kind]
        return [kept for kept in self._kept if isinstance(kept, SentEvent) and kept.kind == kind]

    def append(self, event: SentEvent) -> None:
        """One event."""
        self._kept.append(event)
        self._kinds[event.kind] = None
        self._count += 1
        self.bytes += len(event.data) + len(event.kind) + _OVERHEAD

    def append_deltas(self, at_s: float, order: int, count: int, events: bytes) -> None:
        """So many deltas that went out in one piece, as `wire.delta_events` makes them; `order` is the first one's."""
        self._kept.append((at_s, order, count, events))
        self._kinds[_DELTA] = None
        self._count += count
        self.bytes += data_length(events, count) + count * (len(_DELTA) + _OVERHEAD)

    def clear(self) -> None:
        """They were not sent after all."""
        self.__init__()  # type: ignore[misc]


def data_length(events: bytes, count: int) -> int:
    """How many characters the data of so many deltas have together."""
    length = len(events) if events.isascii() else len(events.decode("utf-8", "surrogatepass"))
    return length - count * _FRAME


def _open(kept: SentEvent | _Together) -> list[SentEvent]:
    if isinstance(kept, SentEvent):
        return [kept]
    at_s, order, _, events = kept
    return [
        SentEvent(at_s, number, *wire.read_event(event))
        for number, event in enumerate(wire.split_events(events), order)
    ]
