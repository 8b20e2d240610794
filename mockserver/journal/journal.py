"""The exchanges of a workspace, the oldest dropped when there are too many. Pure: `mockserver.stage` fills it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Literal

from mockserver.journal.entries import Entry
from mockserver.journal.headers import count_header_bytes
from mockserver.journal.query import Query
from mockserver.rules.pagination import take_page
from mockserver.rules.values import Page

BOUND = 1000
"""So many exchanges are kept."""

TOTAL_BYTES = 16 * 1024 * 1024
"""So many bytes are kept of all exchanges together."""

_OVERHEAD = 512
"""What an exchange takes beside its texts, in bytes, roughly."""

Change = Literal["began", "event", "ended", "cleared"]
Callback = Callable[[Change, Entry | None], None]
"""Called for each change; `cleared` comes without an entry."""


class Journal:
    """Exchanges in the order in which they came.

    Too many, or too many bytes, and the oldest that has ended goes; where none has, the oldest. The newest stays.
    What goes on is counted by its request until it has ended (`settle`). What is dropped is lightened.

    Attributes:
        dropped: so many have been dropped since the journal was last cleared.
    """

    def __init__(self, bound: int = BOUND, kept_bytes: int = TOTAL_BYTES) -> None:
        if bound < 1:
            raise ValueError(f"bound: {bound} is below 1. Give the number of exchanges to keep")
        self._bound = bound
        self._kept_bytes = kept_bytes
        self._entries: dict[int, Entry] = {}
        self._sizes: dict[int, int] = {}
        self._ended: list[int] = []
        """The numbers of those that have ended, as a heap; those that were dropped since, too."""
        self._bytes = 0
        self._number = 0
        self._order = 0
        self._callbacks: list[Callback] = []
        self._tell_size: Callable[[], None] = lambda: None
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The oldest first; a copy, so that what happens meanwhile does no harm."""
        return iter(list(self._entries.values()))

    @property
    def kept_bytes(self) -> int:
        """How many bytes the kept exchanges have together."""
        return self._bytes

    def next_number(self) -> int:
        """The number of the next exchange, from 1."""
        self._number += 1
        return self._number

    def next_order(self, count: int = 1) -> int:
        """The place of the next happening among all of the workspace, from 1; of the first, where there are more."""
        self._order += count
        return self._order - count + 1

    def add(self, entry: Entry) -> None:
        """An exchange begins."""
        self._entries[entry.number] = entry
        if entry.complete:
            heappush(self._ended, entry.number)
        self._weigh(entry)
        self._tell("began", entry)

    def tell_events(self, entry: Entry) -> None:
        """Events were put into the entry (`SentEvents.newest`): tell those who follow."""
        if self._has(entry):
            self._tell("event", entry)

    def settle(self, entry: Entry) -> None:
        """An exchange has ended; nothing, if it is not kept any more."""
        if self._has(entry):
            heappush(self._ended, entry.number)
            self._weigh(entry)
            self._tell("ended", entry)
        else:
            entry.lighten()

    def find(self, number: int) -> Entry | None:
        """The exchange of this number, if it is kept."""
        return self._entries.get(number)

    def select(self, query: Query | None = None) -> list[Entry]:
        """The exchanges that fit, the newest first."""
        return self._fitting(query)[::-1]

    def page(self, query: Query | None, number: int, size: int) -> Page[Entry]:
        """Page `number >= 1` of those that fit, the newest first."""
        return take_page(self._fitting(query), number, size, newest_first=True)

    def clear(self) -> None:
        """No exchange is kept any more; the numbers go on, so that none is used again."""
        for entry in self._entries.values():
            _forget(entry)
        self._entries.clear()
        self._sizes.clear()
        self._ended.clear()
        self._bytes = 0
        self.dropped = 0
        self._tell_size()
        self._tell("cleared", None)

    def drop_one(self) -> bool:
        """Drop the exchange that goes first; False if there is but one, which stays."""
        if len(self._entries) <= 1:
            return False
        victim = self._oldest()
        _forget(victim)
        del self._entries[victim.number]
        self._bytes -= self._sizes.pop(victim.number)
        self.dropped += 1
        return True

    def forget(self) -> None:
        """As new: the numbers begin again, too."""
        self._number = self._order = 0
        self.clear()

    def tell_size_by(self, callback: Callable[[], None]) -> None:
        """What to call whenever `kept_bytes` may be another, but by `drop_one`."""
        self._tell_size = callback

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call back for each change from now on, until the answer is called."""
        self._callbacks = [*self._callbacks, callback]

        def unsubscribe() -> None:
            self._callbacks = [other for other in self._callbacks if other != callback]

        return unsubscribe

    def _fitting(self, query: Query | None) -> list[Entry]:
        return [entry for entry in self._entries.values() if query is None or query.fits(entry)]

    def _has(self, entry: Entry) -> bool:
        return self._entries.get(entry.number) is entry

    def _weigh(self, entry: Entry) -> None:
        """Count what it takes now, and drop what is over by that."""
        number, size = entry.number, count_bytes(entry)
        self._bytes += size - self._sizes.get(number, 0)
        self._sizes[number] = size
        while (len(self._entries) > self._bound or self._bytes > self._kept_bytes) and self.drop_one():
            pass
        self._tell_size()

    def _oldest(self) -> Entry:
        """The one that goes first; there are two at the least."""
        ended, entries = self._ended, self._entries
        while ended and ended[0] not in entries:
            heappop(ended)
        if ended and ended[0] != next(reversed(entries)):
            return entries[ended[0]]
        return next(iter(entries.values()))

    def _tell(self, change: Change, entry: Entry | None) -> None:
        for callback in self._callbacks:
            callback(change, entry)


def _forget(entry: Entry) -> None:
    """It is dropped. What goes on still is lightened when it has ended, and was judged."""
    if entry.complete:
        entry.lighten()


def count_bytes(entry: Entry) -> int:
    """How much an exchange takes, roughly: its bodies, headers and events."""
    total = _OVERHEAD + len(entry.path) + len(entry.query) + len(entry.request_body) + len(entry.response_body)
    total += count_header_bytes(entry.request_headers) + count_header_bytes(entry.response_headers)
    return total + entry.events.bytes
