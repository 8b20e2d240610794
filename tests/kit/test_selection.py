"""Which tests of the suite run, in which order, and what the listing says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from conformance import selection
from conformance.contract import clauses
from conformance.judging import contract_order
from conformance.options import Settings
from conformance.outcome import Judgement, Outcome
from conformance.verdict import Unaffordable


class Item:
    """A test as pytest has collected it, as far as it is looked at."""

    def __init__(self, name: str, *ids: str, uses: tuple[str, ...] = (), **costs: Any) -> None:
        self.name = self.nodeid = name
        self.originalname = name.partition("[")[0]
        self.path = Path("test_x.py")
        self.fixturenames = list(uses)
        self.stash = pytest.Stash()
        self._mark = pytest.mark.clause(*ids, **costs).mark if ids else None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        """Its own `clause`."""
        return self._mark if name == "clause" else None


def items(*made: Item) -> list[pytest.Item]:
    """What passes for items."""
    return cast(list[pytest.Item], list(made))


def names(chosen: selection.Chosen) -> list[str]:
    """Of the tests that were chosen."""
    return [item.name for item in chosen.items]


@pytest.fixture(autouse=True)
def scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two scenes, of which one costs."""
    monkeypatch.setattr(selection, "scene_costs", lambda: {"turn": 2, "page": 0})


CREATE, LOCK, LATE_LOCK = Item("create", "CRE-1"), Item("lock", "LCK-2", "AUT-1"), Item("late", "LCK-10")


def test_tests_run_in_the_order_of_their_first_clauses() -> None:
    """Those of one clause as they stand in the file; what names no clause is none of ours."""
    again = Item("again", "LCK-2")
    chosen = selection.choose(items(LATE_LOCK, LOCK, Item("other"), again, CREATE), Settings())
    assert (names(chosen), chosen.skipped, chosen.spends) == (["create", "lock", "again", "late"], [], False)


def test_workers_share_tests_in_another_order() -> None:
    """Unless there is a budget: then it is the budget's."""
    asks = Item("asks", "LCK-4", replies=2)
    chosen = [selection.choose(items(CREATE, LOCK, asks), Settings(llm_budget=b), shared=True) for b in (None, 5)]
    assert list(map(names, chosen)) == [["asks", "create", "lock"], ["create", "lock", "asks"]]


def test_scenes_that_nobody_will_ask_for_are_told() -> None:
    """Those of tests that look at what steers replies, where that is not to be looked at."""
    tests = items(Item("a", "PAT-3", uses=("steering", "turn")), Item("b", "PAT-1", uses=("page", "other")))
    assert selection.scenes_of(tests, Settings()) == {"turn", "page"}
    assert selection.scenes_of(tests, Settings(steering_probe="off")) == {"page"}


def test_only_what_was_asked_for_is_run() -> None:
    """By any of its clauses."""
    chosen = selection.choose(items(CREATE, LOCK, LATE_LOCK), Settings(clause=("AUT-1", "LCK-10")))
    assert names(chosen) == ["lock", "late"]


def test_what_is_left_out_is_said() -> None:
    """A test that has another clause besides is run for that."""
    skip = {"LCK-2": "ticket 1", "LCK-10": "ticket 2"}
    chosen = selection.choose(items(CREATE, LOCK, LATE_LOCK), Settings(skip_clause=skip))
    assert names(chosen) == ["create", "lock"]
    assert chosen.skipped == [
        Judgement(clause=id_, test="", outcome=Outcome.SKIPPED, reason=reason) for id_, reason in skip.items()
    ]
    alone = selection.choose(items(CREATE, LOCK, LATE_LOCK), Settings(skip_clause={"LCK-10": "ticket 2"}))
    assert names(alone) == ["create", "lock"]


def test_what_cannot_be_paid_for_is_refused() -> None:
    """It comes last, and says so when it is run."""
    dear, cheap = Item("dear", "CRE-1", replies=3), Item("cheap", "LCK-2", replies=1)
    settings = Settings(llm_budget=2)
    chosen = selection.choose(items(dear, cheap, LATE_LOCK), settings)
    assert names(chosen) == ["late", "cheap", "dear"]
    assert chosen.spends
    for item in chosen.items[:2]:
        selection.refuse_unaffordable(item, settings)
    with pytest.raises(Unaffordable, match="the budget of 2 replies is spent"):
        selection.refuse_unaffordable(chosen.items[2], settings)
    [nothing] = selection.choose(items(Item("dear", "CRE-1", replies=1)), Settings(llm_budget=0)).items
    with pytest.raises(Unaffordable, match="the budget of 0 replies is spent"):
        selection.refuse_unaffordable(nothing, Settings(llm_budget=0))


@pytest.mark.parametrize(
    ("item", "spends"),
    [
        (Item("free", "CRE-1", uses=("page", "client")), False),
        (Item("own", "CRE-1", replies=1), True),
        (Item("scene", "CRE-1", uses=("turn",)), True),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_run_spends_by_its_tests_and_by_their_scenes(item: Item, spends: bool) -> None:
    """Only then is it asked whether replies can be had."""
    assert selection.choose(items(CREATE, item), Settings()).spends is spends


def test_a_scene_is_paid_for_once() -> None:
    """Its second test costs nothing."""
    settings = Settings(llm_budget=3)
    tests = Item("a", "CRE-1", uses=("turn",)), Item("b", "LCK-2", uses=("turn",)), Item("c", "LCK-3", replies=1)
    chosen = selection.choose(items(*tests), settings)
    assert names(chosen) == ["c", "a", "b"]
    for item in chosen.items:
        selection.refuse_unaffordable(item, settings)


@pytest.mark.parametrize(
    ("fixture", "probe", "first"),
    [("canary", "on", True), ("steering", "on", True), ("canary", "auto", False), ("turn", "on", False)],
)
def test_what_was_asked_to_be_probed_comes_before_what_is_cheaper(fixture: str, probe: Any, first: bool) -> None:
    """As what is marked as essential does."""
    probing, cheap = Item("probing", "LCK-2", uses=(fixture,), replies=2), Item("cheap", "CRE-1", replies=1)
    essential = Item("essential", "LCK-3", replies=5, essential=True)
    chosen = selection.choose(items(cheap, probing, essential), Settings(llm_budget=20, steering_probe=probe))
    assert names(chosen) == (["probing", "essential", "cheap"] if first else ["essential", "cheap", "probing"])


def test_the_listing_has_every_clause_with_its_tests() -> None:
    """What each costs, scenes that are shared told by name, and which option it needs."""
    lines = selection.listing(
        items(
            Item("one[a]", "LCK-2", replies=1, uses=("turn", "page", "second")),
            Item("one[b]", "LCK-2", replies=1, uses=("turn", "expired", "foreign")),
            Item("two", "LCK-2", "LCK-3"),
        )
    )
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == sorted(clauses(), key=contract_order)
    place = next(place for place, line in enumerate(lines) if line.startswith("LCK-2 "))
    assert lines[place].endswith(clauses()["LCK-2"].text)
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [
        "test_x.py::one  [2 cases; replies: 4 (turn 2, shared);"
        " needs --api-expired-token, --api-foreign-token, --api-second-token]",
        "test_x.py::two  [replies: 0]",
    ]
    assert lines[place + 3].startswith("LCK-3 ")
    assert lines[place + 4].strip() == "test_x.py::two  [replies: 0]"
