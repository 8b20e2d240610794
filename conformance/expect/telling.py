"""How a verdict tells what was expected and observed: each in one line, and no longer than can be read."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.exchange import Exchange

_LONGEST_QUOTE = 300
_MOST_IDS = 10


def answered(exchange: Exchange) -> str:
    """The answer in one line: status, media type, body."""
    if exchange.status is None:
        return exchange.note
    return " ".join(part for part in (str(exchange.status), exchange.media_type, _clip(exchange.body)) if part)


def quoted(value: object) -> str:
    """The value in one line, clipped."""
    return _clip(repr(value))


def told_fields(values: Mapping[str, Any], names: Iterable[str]) -> str:
    """These fields with their values."""
    return ", ".join(f"{name} {quoted(values[name]) if name in values else 'missing'}" for name in names)


def told_ids(ids: Sequence[str]) -> str:
    """The first of these ids, and how many more there are."""
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(ids[:_MOST_IDS]) + more


def told_difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What is otherwise; of a long text the place where it begins to be."""
    names = [name for name in ("id", "text", "source") if name in wanted and wanted[name] != found.get(name)]
    told = told_fields(found, names)
    one, other = wanted.get("text"), found.get("text")
    if "text" in names and isinstance(one, str) and isinstance(other, str):
        at = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
        told += f": otherwise from character {at} on, {quoted(one[at : at + 20])} became {quoted(other[at : at + 20])}"
    return told


def told_runs(names: Iterable[str]) -> list[str]:
    """`[delta, delta, final]` as `[2 delta, 1 final]`, so that a long stream stays one line."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return [f"{count} {name}" for name, count in runs]


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}... ({len(line)} characters)"
