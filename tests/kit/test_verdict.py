"""What a verdict says."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from conformance.contract import clauses
from conformance.exchange import Exchange, curl_line
from conformance.verdict import NoAnswer, NothingToJudge, Unaffordable, Unverified, Violation

EXCHANGE = Exchange(
    method="POST",
    url="http://localhost/api/v1/workspaces/demo/conversations/c/message-streams",
    request_body='{"id": "m"}',
    status=200,
    headers={"content-type": "text/event-stream; charset=utf-8"},
    body="",
    started=10.0,
    elapsed=0.012,
    curl="curl -N -X POST http://localhost/x",
    note="events read: 3, still open",
)


def test_a_violation_leads_with_the_clause_and_ends_with_how_to_see_it_again() -> None:
    """The form that design.md promises."""
    violation = Violation("LCK-1", EXCHANGE, expected="409, code conversationLocked", observed="200 text/event-stream")
    assert str(violation) == (
        f"LCK-1 (must)  {clauses()['LCK-1'].text}\n"
        "  expected  409, code conversationLocked\n"
        "  observed  200 text/event-stream\n"
        "  exchange  POST .../message-streams -> 200 in 12 ms (events read: 3, still open)\n"
        "  repeat    curl -N -X POST http://localhost/x"
    )


def test_a_violation_says_the_clauses_own_level() -> None:
    """So that a reader knows at once whether it is a failure or a warning."""
    assert str(Violation("STR-5", expected="a", observed="b")).startswith("STR-5 (should)  ")


def test_a_clause_that_the_contract_does_not_have_cannot_be_broken() -> None:
    """A slip of the kit is no verdict on the backend."""
    with pytest.raises(KeyError):
        Violation("ABC-1", expected="a", observed="b")


def test_no_answer_says_why() -> None:
    """An exchange without a status has its reason as the note."""
    silent = dataclasses.replace(EXCHANGE, status=None, note="ReadTimeout: timed out")
    assert "POST .../message-streams -> no answer in 12 ms (ReadTimeout: timed out)" in str(NoAnswer(silent))


def test_a_curl_line_can_be_pasted() -> None:
    """The token comes from the shell's own variable; quotes in the body survive."""
    line = curl_line("POST", "http://h/x?a=1&b=2", authorization="Bearer $TOKEN", body='{"a": "it\'s"}', stream=True)
    assert line == (
        "curl -N -X POST 'http://h/x?a=1&b=2' -H \"Authorization: Bearer $TOKEN\""
        " -H 'Content-Type: application/json' -d '{\"a\": \"it'\"'\"'s\"}'"
    )


def test_clauses_are_read_from_the_contract() -> None:
    """Those of the whole API and those of an operation, each with level and text."""
    assert clauses()["PAG-1"].level == "must"
    assert clauses()["IDM-1"].id == "IDM-1"
    assert all(clause.text and clause.level in {"must", "should", "may"} for clause in clauses().values())


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Violation("LCK-1", EXCHANGE, EXCHANGE, expected="a", observed="b"), "LCK-1 (must)  "),
        (Unverified("no token", remedy="--api-token"), "no token"),
        (Unaffordable(3), "the budget of 3 replies is spent"),
        (NoAnswer(EXCHANGE), "no answer: POST .../message-streams -> 200"),
        (NothingToJudge("nothing listens"), "nothing listens"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_how_a_test_ended_survives_the_way_to_another_process(problem: Exception, told: str) -> None:
    """With all that it knows."""
    again = pickle.loads(pickle.dumps(problem))  # noqa: S301 - what was dumped just now
    assert type(again) is type(problem)
    assert (vars(again), str(again)) == (vars(problem), str(problem))
    assert str(again).startswith(told)
