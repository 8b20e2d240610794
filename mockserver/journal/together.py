"""Keeps the journals of all workspaces under a number of bytes together. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mockserver.journal.entries import Entry
from mockserver.journal.journal import Change, Journal

TOGETHER_BYTES = 256 * 1024 * 1024
"""So many bytes are kept of all journals together."""


class JournalsTogether:
    """The journals of a server: where they are too much, those lose exchanges first that were quiet for longest.

    The newest exchange of each journal stays.
    """

    def __init__(self, kept_bytes: int = TOGETHER_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._sizes: OrderedDict[Journal, int] = OrderedDict()
        """What each has, as far as it was counted; the one that was quiet for longest comes first."""
        self._leave: dict[Journal, Callable[[], None]] = {}

    @property
    def kept_bytes(self) -> int:
        """How many bytes they have together."""
        return self._bytes

    def add(self, journal: Journal) -> None:
        """Count it from now on."""

        def changed(change: Change, _entry: Entry | None) -> None:
            if change != "event":  # those are counted once their exchange has ended
                self._sizes.move_to_end(journal)
                self._count(journal)
                if self._bytes > self._kept_bytes:
                    self._drop_what_is_over()

        self._sizes[journal] = 0
        self._leave[journal] = journal.subscribe(changed)
        self._count(journal)

    def remove(self, journal: Journal) -> None:
        """Its workspace is gone."""
        self._leave.pop(journal)()
        self._bytes -= self._sizes.pop(journal)

    def _count(self, journal: Journal) -> None:
        size = journal.kept_bytes
        self._bytes += size - self._sizes[journal]
        self._sizes[journal] = size

    def _drop_what_is_over(self) -> None:
        for journal in self._sizes:
            while self._bytes > self._kept_bytes and journal.drop_one():
                self._count(journal)
