"""Which tests run, in which order, when replies are paid for. Pure: it knows costs and names, no pytest.

The plan follows from the tests and the budget alone, so that every worker of a run comes to the same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
