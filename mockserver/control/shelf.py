"""Snapshots that are kept by name, in memory. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BOUND = 100
"""So many snapshots are kept; the oldest goes when there are more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot as it was saved, as JSON text: nothing that happens later can change it."""

    name: str
    workspaces: tuple[str, ...]
    text: bytes


class Shelf:
    """The snapshots of a server."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._kept: dict[str, Kept] = {}

    def __iter__(self) -> Iterator[Kept]:
        """The oldest first."""
        return iter(list(self._kept.values()))

    def put(self, name: str, snapshot: dict[str, Any], text: bytes) -> Kept:
        """Keep it; one of that name is replaced, and counts as new."""
        self._kept.pop(name, None)
        self._kept[name] = Kept(name, tuple(snapshot["workspaces"]), text)
        if len(self._kept) > self._bound:
            del self._kept[next(iter(self._kept))]
        return self._kept[name]

    def find(self, name: str) -> Kept | None:
        """The snapshot of that name."""
        return self._kept.get(name)

    def remove(self, name: str) -> None:
        """Forget it."""
        self._kept.pop(name, None)
