"""The bars: what a run has to reach, and whether it did. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.results import Results

_HOLDS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of what has to be reached.

    Attributes:
        needs: the call or the section without which there is nothing to judge.
        sense: `>=`, `<=` or `<`, between what was measured and the limit.
        unit: `x` for a ratio, `s` for seconds.
        measure: what was measured; None if something for it is missing.
    """

    needs: str
    what: str
    sense: str
    limit: float
    unit: str
    measure: Callable[[Results], float | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A bar and what was measured; `met` is None where it could not be judged."""

    bar: Bar
    measured: float | None
    met: bool | None


def judge(results: Results, calls: list[str], sections: list[str]) -> list[Judgement]:
    """Each bar of what this run was to measure."""
    judged = []
    for bar in _bars():
        if bar.needs in (*calls, *sections):
            measured = bar.measure(results)
            met = None if measured is None else _HOLDS[bar.sense](measured, bar.limit)
            judged.append(Judgement(bar, measured, met))
    return judged


PAGES = [
    f"{position} page of {what}" for what in ("conversations", "messages") for position in ("first", "middle", "last")
]
"""The pages that are asked of a small and of a big collection."""


def _bars() -> Iterator[Bar]:
    for call in ("list", "create", "patch"):
        yield Bar(call, f"{call}: requests/s against Prism's", ">=", 2.5, "x", _ratio(f"rate {call}", "prism"))
        yield Bar(call, f"{call}: requests/s against bare Starlette's", ">=", 0.5, "x", _ratio(f"rate {call}", "bare"))
    yield Bar("message", "message: requests/s against Prism's", ">=", 1.5, "x", _ratio("rate message", "prism"))
    for call in ("list", "create", "patch", "message"):
        yield Bar(call, f"{call}: p99 latency against Prism's", "<", 1.0, "x", _ratio(f"p99 {call}", "prism"))
    yield Bar("start", "start to first answer against Prism's", "<=", 0.5, "x", _ratio("start", "prism"))
    yield Bar("start", "start to first answer", "<", 1.0, "s", _median("start"))
    yield Bar("memory", "memory after the same requests, against Prism's", "<=", 1 / 3, "x", _ratio("memory", "prism"))
    yield Bar(
        "streams", "paced streams: p99 of completion against the ideal", "<=", 1.1, "x", _median("completion p99")
    )
    yield Bar("streams", "paced streams: p99 of the first delta's lateness", "<=", 0.5, "s", _median("first p99"))
    yield Bar("unpaced", "unpaced stream: events/s against a bare ASGI app's", ">=", 0.5, "x", _ratio("events", "bare"))
    for page in PAGES:
        yield Bar("pages", f"{page}: time in a big collection against a small", "<=", 1.2, "x", _big_to_small(page))
    yield Bar("suite", "the conformance suite, two workers", "<", 45.0, "s", _median("suite"))


def _ratio(what: str, other: str) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(what, "mock", other)


def _median(what: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(what, "mock")


def _big_to_small(page: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        small, big = results.median(f"{page}, small", "mock"), results.median(f"{page}, big", "mock")
        return small / big if small and big else None  # both are pages a second: the time is the other way round

    return measure
