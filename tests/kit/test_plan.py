"""Which tests run when replies are paid for, and in which order several workers take them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.plan import Costs, dealt, plan

SCENES = {"turn": 1, "stream": 1, "cancelled": 2}

TESTS = st.lists(
    st.builds(
        Costs,
        own=st.integers(0, 4),
        scenes=st.frozensets(st.sampled_from([*SCENES, "free"])),
        essential=st.booleans(),
    )
)


def costs(own: int = 0, *scenes: str, essential: bool = False) -> Costs:
    """Of one test."""
    return Costs(own, frozenset(scenes), essential)


def test_without_a_budget_all_run_in_their_order() -> None:
    """However dear they are."""
    assert plan([costs(9), costs(), costs(1, "turn")], SCENES, None).runs == [0, 1, 2]


def test_the_free_come_first_then_the_essential_then_the_cheap() -> None:
    """A scene that was played is free for the next."""
    tests = [
        costs(0, "cancelled"),
        costs(0, "turn"),
        costs(3),
        costs(2, essential=True),
        costs(),
        costs(0, "turn"),
    ]
    planned = plan(tests, SCENES, 6)
    assert planned.runs == [4, 3, 1, 5, 0]
    assert planned.unaffordable == [2]


def test_an_essential_test_that_is_too_dear_does_not_keep_the_others_away() -> None:
    """What can be paid for is."""
    assert plan([costs(5, essential=True), costs(1)], SCENES, 2).runs == [1]


@given(TESTS, st.integers(0, 20))
def test_a_plan_keeps_to_the_budget(tests: list[Costs], budget: int) -> None:
    """Each test is in it once; what is left could not have been paid for."""
    planned = plan(tests, SCENES, budget)
    assert sorted([*planned.runs, *planned.unaffordable]) == list(range(len(tests)))
    played = frozenset[str]().union(*(tests[index].scenes for index in planned.runs))
    spent = sum(tests[index].own for index in planned.runs) + sum(SCENES.get(name, 0) for name in played)
    assert spent <= budget
    for index in planned.unaffordable:
        added = tests[index].own + sum(SCENES.get(name, 0) for name in tests[index].scenes - played)
        assert spent + added > budget


# Several workers


def test_workers_get_what_waits_evenly_spread() -> None:
    """The most first; what looks at a scene that is played early last; everything else in its order."""
    tests = [costs(), costs(0, "late"), costs(1), costs(), costs(3, "late"), costs(), costs(0, "turn")]
    assert dealt(tests, {"late"}) == [4, 0, 3, 2, 5, 6, 1]


@given(TESTS)
def test_workers_get_every_test_once(tests: list[Costs]) -> None:
    """Whatever they cost, and in the same order in each worker."""
    order = dealt(tests, {"stream", "free"})
    assert sorted(order) == list(range(len(tests)))
    assert order == dealt(list(tests), {"free", "stream"})
