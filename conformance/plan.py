"""Which tests run, in which order: as a budget has it, or several workers. Pure: it knows costs and names, no pytest.

The plan follows from the tests and the budget alone, so that every worker of a run comes to the same one.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Costs:
    """What one test takes: `own` replies for itself, and those of the scenes that it looks at, played once for all."""

    own: int
    scenes: frozenset[str]
    essential: bool = False


@dataclass(frozen=True)
class Plan:
    """Indexes into the tests that were planned: those that run, in order, and those that the budget cannot pay."""

    runs: list[int]
    unaffordable: list[int]


def plan(tests: Sequence[Costs], scene_costs: Mapping[str, int], budget: int | None) -> Plan:
    """Without a budget every test in its order. With one: what costs nothing, then the essential, then the cheap.

    A test costs what it adds: a scene that an earlier one has played is free. What the rest cannot pay for is left.
    """
    if budget is None:
        return Plan(list(range(len(tests))), [])
    waiting = list(range(len(tests)))
    runs: list[int] = []
    played: set[str] = set()
    left = budget

    def price(index: int) -> int:
        return tests[index].own + sum(scene_costs.get(name, 0) for name in tests[index].scenes - played)

    while affordable := [index for index in waiting if price(index) <= left]:
        best = min(affordable, key=lambda index: (price(index) > 0, not tests[index].essential, price(index), index))
        left -= price(best)
        played |= tests[best].scenes
        waiting.remove(best)
        runs.append(best)
    return Plan(runs, waiting)


def dealt(tests: Sequence[Costs], early: Set[str]) -> list[int]:
    """An order of the tests for several workers, who take one piece of it after the other.

    Those that wait for replies of their own are spread evenly, so that each piece has its share of them, and begin with
    the most of them, so that nobody is at it when the others are done. Those that look at a scene that is played
    `early` come at the end, when that has come to its own.
    """
    waits = sorted((index for index, test in enumerate(tests) if test.own), key=lambda index: -tests[index].own)
    others = [index for index, test in enumerate(tests) if not test.own]
    others.sort(key=lambda index: not early.isdisjoint(tests[index].scenes))  # stable
    if not waits:
        return others
    ends = [len(others) * place // len(waits) for place in range(len(waits) + 1)]
    shares = [others[begin:end] for begin, end in pairwise(ends)]
    return [index for wait, share in zip(waits, shares, strict=True) for index in (wait, *share)]
