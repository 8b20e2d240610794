"""What a run found, as plain values: which outcome counts, and what goes over the wire."""

from __future__ import annotations

from itertools import permutations

import pytest

from conformance.contract import clauses
from conformance.outcome import ClauseResult, Evidence, Judgement, Outcome

ORDER = ["skipped", "noted", "passed", "unverified", "blocked", "warned", "known", "failed", "fault"]


def test_outcomes_are_ordered_from_the_best_to_the_worst() -> None:
    """By the names that reports have, which others read."""
    assert [outcome.value for outcome in Outcome] == ORDER


@pytest.mark.parametrize(("one", "other"), list(permutations(Outcome, 2)))
def test_the_worse_of_two_outcomes_counts(one: Outcome, other: Outcome) -> None:
    """Whichever comes first; and the judgement that made it is the decisive one."""
    worse = max(one, other, key=ORDER.index)
    assert Outcome.worst([one, other]) is worse
    judgements = [Judgement(clause="LCK-4", test=outcome, outcome=outcome) for outcome in (one, other, worse)]
    result = ClauseResult(clauses()["LCK-4"], judgements, worse)
    assert result.decisive is judgements[0 if worse is one else 1]


def test_nothing_said_is_no_outcome() -> None:
    """The clause was no part of the run."""
    assert Outcome.worst([]) is None
    result = ClauseResult(clauses()["LCK-4"], [], None)
    assert (result.decisive, result.family, result.known_reason) == (None, "LCK", "")


def test_a_judgement_says_no_more_than_it_was_told() -> None:
    """Nor does it lose anything on the way to another process."""
    bare = Judgement(clause="LCK-4", test="t", outcome=Outcome.PASSED)
    said = {name: value for name, value in bare.to_json().items() if value}
    assert said == {"clause": "LCK-4", "test": "t", "outcome": "passed"}
    evidence = Evidence(
        1.5, 0.5, "GET", "http://localhost", None, "cut", None, {"a": "b"}, "", "curl", [(1.0, "x", "y")]
    )
    full = Judgement("LCK-4", "t", Outcome.FAULT, "r", "e", "o", "LCK-1", "--x", 2, 3.5, [evidence], "d", True)
    for judgement in bare, full:
        assert Judgement.from_json(judgement.to_json()) == judgement
