"""Keeps the journals of all workspaces under a number of bytes together. Pure."""

from __future__ import annotations

from collections import OrderedDict

from mockserver.journal.journal import Journal

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

    @property
    def kept_bytes(self) -> int:
        """How many bytes they have together."""
        return self._bytes

    def add(self, journal: Journal) -> None:
        """Count it from now on."""

        def changed() -> None:
            self._sizes.move_to_end(journal)
            self._count(journal)
            if self._bytes > self._kept_bytes:
                self._drop_what_is_over()

        self._sizes[journal] = 0
        journal.tell_size_by(changed)
        self._count(journal)

    def remove(self, journal: Journal) -> None:
        """Its workspace is gone."""
        journal.tell_size_by(lambda: None)
        self._bytes -= self._sizes.pop(journal)

    def _count(self, journal: Journal) -> None:
        size = journal.kept_bytes
        self._bytes += size - self._sizes[journal]
        self._sizes[journal] = size

    def _drop_what_is_over(self) -> None:
        for journal in self._sizes:
            while self._bytes > self._kept_bytes and journal.drop_one():
                self._count(journal)
