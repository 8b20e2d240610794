"""Snapshots that are kept by name, in memory. Pure.

Each workspace has names of its own: two test runs that both save `before` do not disturb each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BOUND = 100
"""So many snapshots of a workspace are kept; its oldest goes when there are more."""

TOTAL_BYTES = 256 * 1024 * 1024
"""So many bytes are kept of all snapshots together; the oldest go when there are more. The newest stays."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot as it was saved, as JSON text: nothing that happens later can change it."""

    name: str
    workspaces: tuple[str, ...]
    text: bytes


class Shelf:
    """The snapshots of a server, by the workspace that saved them (None: they were uploaded) and by name."""

    def __init__(self, bound: int = BOUND, kept_bytes: int = TOTAL_BYTES) -> None:
        self._bound = bound
        self._kept_bytes = kept_bytes
        self._kept: dict[tuple[str | None, str], Kept] = {}

    def __iter__(self) -> Iterator[Kept]:
        """The oldest first."""
        return iter(list(self._kept.values()))

    def put(self, name: str, snapshot: dict[str, Any], text: bytes, workspace: str | None = None) -> Kept:
        """Keep it; one of that name and workspace is replaced, and counts as new."""
        self._kept.pop((workspace, name), None)
        kept = self._kept[workspace, name] = Kept(name, tuple(snapshot["workspaces"]), text)
        own = [key for key in self._kept if key[0] == workspace]
        if len(own) > self._bound:
            del self._kept[own[0]]
        while len(self._kept) > 1 and sum(len(each.text) for each in self._kept.values()) > self._kept_bytes:
            del self._kept[next(iter(self._kept))]
        return kept

    def find(self, name: str, workspace: str | None = None) -> Kept | None:
        """The snapshot of that name which the workspace saved; else the newest of that name."""
        key = self._key(name, workspace)
        return self._kept[key] if key else None

    def remove(self, name: str, workspace: str | None = None) -> None:
        """Forget what `find` finds."""
        key = self._key(name, workspace)
        if key:
            del self._kept[key]

    def _key(self, name: str, workspace: str | None) -> tuple[str | None, str] | None:
        if (workspace, name) in self._kept:
            return workspace, name
        return next((key for key in reversed(self._kept) if key[1] == name), None)
