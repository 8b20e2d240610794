"""How much of the contract a client has met: operations, the statuses of each, kinds of events, kinds of faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mockserver.journal.entries import Entry
from mockserver.verdict.vocabulary import Vocabulary

_MOST_UNLISTED = 50
"""Kinds that the contract does not list and that are kept all the same."""


class Coverage:
    """Counts what was met. Bounded by what the contract lists, and a little beside it."""

    def __init__(self, vocabulary: Vocabulary, fault_kinds: Sequence[str] = ()) -> None:
        self._of: dict[str, list[str]] = {
            "operations": list(vocabulary.operations),
            "statuses": [f"{name} {status}" for name, o in vocabulary.operations.items() for status in o.statuses],
            "events": list(vocabulary.events),
            "faults": list(fault_kinds),
        }
        self._operations = vocabulary.operations
        self._met: dict[str, dict[str, int]] = {section: {} for section in self._of}

    def observe(self, entry: Entry) -> None:
        """Count an exchange that has ended."""
        if entry.operation is not None and entry.operation in self._operations:
            self._count("operations", entry.operation)
            if entry.status is not None:
                self._count("statuses", f"{entry.operation} {entry.status}")
        if entry.events:
            for kind in entry.events.kinds:
                self._count("events", kind)
        if entry.faults:
            for kind in dict.fromkeys(fired.fault.kind for fired in entry.faults):
                self._count("faults", kind)

    def _count(self, section: str, name: str) -> None:
        met = self._met[section]
        if name in met:
            met[name] += 1
        elif name in self._of[section] or len(met) < len(self._of[section]) + _MOST_UNLISTED:
            met[name] = 1

    def encode(self) -> dict[str, Any]:
        """As JSON.

        `met` says in how many exchanges, `missing` what is listed and was not met. What was met and is not listed,
        such as a comment, is in `met` and does not count for `ratio`: the share of the listed, from 0 to 1.
        """
        sections = {section: self._section(section) for section in self._of}
        met, of = self._hits(self._of), sum(map(len, self._of.values()))
        return {**sections, "ratio": _ratio(met, of)}

    def _section(self, section: str) -> dict[str, Any]:
        listed, met = self._of[section], self._met[section]
        return {
            "met": {name: met[name] for name in sorted(met, key=_by(listed))},
            "of": len(listed),
            "missing": [name for name in listed if name not in met],
            "ratio": _ratio(self._hits([section]), len(listed)),
        }

    def _hits(self, sections: Iterable[str]) -> int:
        return sum(name in self._met[section] for section in sections for name in self._of[section])


def _ratio(met: int, of: int) -> float:
    return round(met / of, 4) if of else 1.0


def _by(listed: Sequence[str]) -> Any:
    places = {name: place for place, name in enumerate(listed)}
    return lambda name: (places.get(name, len(places)), name)
