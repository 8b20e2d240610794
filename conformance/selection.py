"""Which tests of the suite run: what was asked for, what was left out, what the budget can pay for; and the listing."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from conformance.contract import clauses
from conformance.judging import contract_order
from conformance.options import Settings
from conformance.outcome import Judgement, Outcome
from conformance.plan import Costs, dealt, plan
from conformance.scene import early_scenes, scene_costs
from conformance.verdict import Unaffordable

_UNAFFORDABLE = pytest.StashKey[bool]()

NEEDS = {
    "second": "--api-second-token",
    "foreign": "--api-foreign-token",
    "expired": "--api-expired-token",
}
"""What a test needs that has one of these fixtures."""


@dataclass(frozen=True)
class Chosen:
    """The tests that run, in order; what is said of clauses that were left out; whether any test needs a reply."""

    items: list[pytest.Item]
    skipped: list[Judgement]
    spends: bool


def choose(items: Sequence[pytest.Item], settings: Settings, *, shared: bool = False) -> Chosen:
    """The tests of the clauses that were asked for, in contract order, or as the budget has it.

    Where several workers share them, and there is no budget, in an order that gives each of them its share.
    """
    asked = [item for item in items if set(_clauses_of(item)) & settings.chosen]
    asked = [item for item in asked if not set(_clauses_of(item)) <= set(settings.skip_clause)]
    asked.sort(key=lambda item: contract_order(_clauses_of(item)[0]))  # stable: in the order of the file within one
    costs = [_costs(item, settings) for item in asked]
    planned = plan(costs, scene_costs(), settings.llm_budget)
    for index in planned.unaffordable:
        asked[index].stash[_UNAFFORDABLE] = True
    by_budget = [*planned.runs, *planned.unaffordable]
    runs = dealt(costs, early_scenes().keys()) if shared and settings.llm_budget is None else by_budget
    return Chosen(
        items=[asked[index] for index in runs],
        skipped=[
            Judgement(clause=id_, test="", outcome=Outcome.SKIPPED, reason=reason)
            for id_, reason in settings.skip_clause.items()
        ],
        spends=any(cost.own or sum(scene_costs().get(name, 0) for name in cost.scenes) for cost in costs),
    )


def scenes_of(items: Sequence[pytest.Item], settings: Settings) -> frozenset[str]:
    """The scenes that these tests will ask for, as far as the settings let them."""
    off = {"steering"} if settings.steering_probe == "off" else set()
    return frozenset().union(*(_costs(item, settings).scenes for item in items if not off & set(_fixtures(item))))


def refuse_unaffordable(item: pytest.Item, settings: Settings) -> None:
    """Raise for a test that the plan has left without money.

    Raises:
        Unaffordable: the budget goes to others.
    """
    if item.stash.get(_UNAFFORDABLE, False):
        raise Unaffordable(settings.llm_budget or 0)


def listing(items: Sequence[pytest.Item]) -> list[str]:
    """The table of contents: every clause with its level, text, tests, cost in replies and needs."""
    lines = []
    for id_ in sorted(clauses(), key=contract_order):
        clause = clauses()[id_]
        lines.append(f"{id_:<7} {clause.level:<7} {clause.text}")
        tests = [item for item in items if id_ in _clauses_of(item)]
        for name in dict.fromkeys(_test_name(item) for item in tests):
            same = [item for item in tests if _test_name(item) == name]
            lines.append(f"{'':<15} {name}{_told(same)}")
    return lines


def _told(items: Sequence[pytest.Item]) -> str:
    costs = [_costs(item, None) for item in items]
    own = sum(cost.own for cost in costs)
    scenes = {name: scene_costs()[name] for cost in costs for name in sorted(cost.scenes) if scene_costs()[name]}
    needs = sorted({NEEDS[name] for item in items for name in _fixtures(item) if name in NEEDS})
    shared = ", ".join(f"{name} {price}" for name, price in scenes.items())
    parts = [
        f"{len(items)} cases" if len(items) > 1 else "",
        f"replies: {own + sum(scenes.values())}" + (f" ({shared}, shared)" if shared else ""),
        f"needs {', '.join(needs)}" if needs else "",
    ]
    return "  [" + "; ".join(part for part in parts if part) + "]"


def _test_name(item: pytest.Item) -> str:
    return f"{item.path.name}::{getattr(item, 'originalname', None) or item.name}"


def _costs(item: pytest.Item, settings: Settings | None) -> Costs:
    marker = item.get_closest_marker("clause")
    assert marker is not None, f"{item.nodeid} names no clause"
    probes = any(name in ("canary", "steering") for name in _fixtures(item))
    essential = marker.kwargs.get("essential", False) or (
        probes and settings is not None and settings.steering_probe == "on"
    )
    return Costs(
        own=marker.kwargs.get("replies", 0),
        scenes=frozenset(name for name in _fixtures(item) if name in scene_costs()),
        essential=essential,
    )


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _clauses_of(item: pytest.Item) -> tuple[str, ...]:
    marker = item.get_closest_marker("clause")
    return marker.args if marker else ()
