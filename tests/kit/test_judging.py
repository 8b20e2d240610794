"""From what a test raised to the verdict."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from conformance import judging
from conformance.contract import clauses
from conformance.exchange import Exchange
from conformance.known_failures import KnownFailure
from conformance.outcome import Judgement, Outcome
from conformance.schema_answers import Finding
from conformance.verdict import Unaffordable, Unverified, Violation

EXCHANGE = Exchange(
    method="GET",
    url="http://localhost/x",
    request_body=None,
    status=200,
    headers={},
    body="{}",
    started=12.5,
    elapsed=0.5,
    curl="curl http://localhost/x",
)


def judge(own: str, problem: BaseException | None, *, gate: str = "must", known: str = "") -> list[Judgement]:
    """What a test that carries one clause says."""
    listed = {known: KnownFailure(known, "ticket 1")} if known else {}
    return judging.judge(
        [own], problem, test="test_x.py::test", gate=gate, known=listed, exchanges=[EXCHANGE], began=10.0
    )


def violation(clause: str, *exchanges: Exchange) -> Violation:
    """A broken clause."""
    return Violation(clause, *exchanges, expected="this", observed="that")


@pytest.mark.parametrize(
    ("own", "problem", "gate", "outcome"),
    [
        ("LCK-1", None, "must", Outcome.PASSED),
        ("LCK-10", None, "must", Outcome.NOTED),
        ("LCK-1", violation("LCK-1"), "must", Outcome.FAILED),
        ("STR-5", violation("STR-5"), "must", Outcome.WARNED),
        ("STR-5", violation("STR-5"), "should", Outcome.FAILED),
        ("LCK-10", violation("LCK-10"), "should", Outcome.NOTED),
        ("LCK-1", Unverified("too fast"), "must", Outcome.UNVERIFIED),
        ("LCK-1", Unaffordable(3), "must", Outcome.UNVERIFIED),
        ("LCK-1", ZeroDivisionError("ours"), "must", Outcome.FAULT),
    ],
)
def test_what_a_test_says_of_its_own_clause(
    own: str, problem: BaseException | None, gate: str, outcome: Outcome
) -> None:
    """By how it ended, the clause's level and the gate."""
    [judgement] = judge(own, problem, gate=gate)
    assert (judgement.clause, judgement.outcome) == (own, outcome)


def test_a_root_cause_does_not_fan_out() -> None:
    """The clause that is broken has the evidence; the test's own is blocked, and names it."""
    blocked, broken = judge("LCK-2", violation("LCK-1", EXCHANGE))
    assert (broken.clause, broken.outcome, broken.in_passing) == ("LCK-1", Outcome.FAILED, True)
    assert [shown.at_s for shown in broken.exchanges] == [2.5]
    assert (blocked.clause, blocked.outcome, blocked.cause) == ("LCK-2", Outcome.BLOCKED, "LCK-1")


def test_a_call_that_was_repeated_proves_nothing() -> None:
    """Its first try may have been carried out."""
    repeated = dataclasses.replace(EXCHANGE, repeated=True)
    assert judge("IDM-1", violation("IDM-1", EXCHANGE, repeated))[0].outcome is Outcome.UNVERIFIED


def test_a_known_failure_is_known_until_it_expires() -> None:
    """It is told from a failure in the report, too."""
    assert judge("LCK-4", violation("LCK-4"), known="LCK-4")[0].outcome is Outcome.KNOWN
    yesterday = date.today() - timedelta(days=1)
    expired = {"LCK-4": KnownFailure("LCK-4", "ticket 1", yesterday)}
    [judgement] = judging.judge(
        ["LCK-4"], violation("LCK-4"), test="t", gate="must", known=expired, exchanges=[], began=0.0
    )
    assert judgement.outcome is Outcome.FAILED


def test_what_any_answer_may_break_is_seen_in_passing() -> None:
    """Once for each kind, whichever test made the call; a 503 says nothing of the input."""
    answers = [dataclasses.replace(EXCHANGE, status=status) for status in (200, 500, 500, 503)]
    found = judging.judge_in_passing(
        answers,
        lambda exchange: [Finding("SCH-1", "a", "b")] if exchange.status == 200 else [],
        test="t",
        gate="must",
        known={},
        began=0.0,
    )
    assert [(judgement.clause, judgement.in_passing) for judgement in found] == [("SCH-1", True), ("ERR-1", True)]


def test_a_judgement_survives_the_way_home() -> None:
    """Workers send them as JSON."""
    [judgement] = judge("LCK-1", violation("LCK-1", dataclasses.replace(EXCHANGE, events=((11.0, "delta", "x"),))))
    assert Judgement.from_json(judgement.to_json()) == judgement


def said(**outcomes: Outcome) -> list[Judgement]:
    """Judgements by clause, `LCK_1` for `LCK-1`; all other clauses passed."""
    given = {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return [Judgement(clause=id_, test="t", outcome=given.get(id_, Outcome.PASSED)) for id_ in clauses()]


def conclude(
    judgements: list[Judgement],
    *,
    gate: str = "must",
    allowed: frozenset[str] = frozenset(),
    stale: tuple[str, ...] = (),
    interrupted: str = "",
) -> tuple[int, str]:
    """The exit code and the sentence."""
    found = judging.results(judgements, {})
    verdict = judging.verdict(found, gate=gate, allowed=allowed, stale=stale, interrupted=interrupted)
    return verdict.exit_code, verdict.sentence


def test_all_passed_conforms() -> None:
    """Warnings and what was left out aside."""
    assert conclude(said()) == (0, "conforms")
    assert conclude(said(STR_5=Outcome.WARNED, LCK_8=Outcome.SKIPPED, LCK_10=Outcome.NOTED)) == (0, "conforms")
    assert conclude(said(LCK_4=Outcome.KNOWN)) == (0, "conforms")


def test_one_failure_does_not_conform() -> None:
    """Whatever else there is."""
    several = said(PAG_4=Outcome.FAILED, LCK_4=Outcome.FAILED, AUT_2=Outcome.UNVERIFIED, MOD_1=Outcome.FAULT)
    assert conclude(several) == (1, "does not conform: PAG-4, LCK-4")


def test_a_must_that_was_not_verified_leaves_no_verdict() -> None:
    """No silent green; a `should` counts under its own gate; some may be allowed."""
    unverified = said(AUT_2=Outcome.UNVERIFIED, STR_4=Outcome.UNVERIFIED, LCK_2=Outcome.BLOCKED)
    assert conclude(unverified) == (3, "no verdict: 2 must clauses unverified: LCK-2, AUT-2")
    assert conclude(unverified, gate="should")[1].startswith("no verdict: 3 clauses unverified")
    allowed = frozenset({"AUT-2", "LCK-2"})
    assert conclude(unverified, allowed=allowed) == (0, "conforms; unverified, as allowed: 2 clauses")


def test_the_sentence_says_what_would_help() -> None:
    """The options that were missing."""
    judgements = [judgement for judgement in said() if judgement.clause != "AUT-2"]
    missing = Judgement(clause="AUT-2", test="t", outcome=Outcome.UNVERIFIED, remedy="--api-foreign-token")
    code, sentence = conclude([*judgements, missing])
    assert (code, sentence) == (3, "no verdict: 1 must clause unverified: AUT-2 (give --api-foreign-token)")


def test_a_fault_of_the_kit_is_told_from_the_backends() -> None:
    """5, and an interruption 3; an entry that is stale fails the run."""
    assert conclude(said(MOD_1=Outcome.FAULT))[0] == 5
    assert conclude(said(), interrupted="the run was interrupted") == (3, "no verdict: the run was interrupted")
    assert conclude(said(), stale=("LCK-4",)) == (
        1,
        "LCK-4 no longer fails: remove its entry from the known failures",
    )


def test_a_part_conforms_in_part() -> None:
    """A green run of one clause must not read as a green run."""
    assert conclude(said()[:3]) == (0, f"conforms in what was judged: 3 of {len(clauses())} clauses")
    assert conclude([]) == (3, "no verdict: no clause was judged")


def test_the_worst_outcome_counts() -> None:
    """Of several tests of one clause."""
    two = [*said(), Judgement(clause="LCK-4", test="u", outcome=Outcome.FAILED)]
    found = {result.clause.id: result for result in judging.results(two, {})}
    assert found["LCK-4"].outcome is Outcome.FAILED
    assert found["LCK-4"].decisive is not None
    assert found["LCK-4"].decisive.test == "u"
    assert list(found) == sorted(clauses(), key=judging.contract_order)
