"""From what a test raised to the verdict."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest

from conformance import judging
from conformance.contract import clauses
from conformance.exchange import Exchange
from conformance.known_failures import KnownFailure
from conformance.outcome import Evidence, Judgement, Outcome
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
    noted = Judgement(clause="LCK-10", test="t", outcome=Outcome.NOTED)
    assert conclude([noted]) == (0, f"conforms in what was judged: 1 of {len(clauses())} clauses")
    assert conclude([]) == (3, "no verdict: no clause was judged")


def test_the_worst_outcome_counts() -> None:
    """Of several tests of one clause."""
    two = [*said(), Judgement(clause="LCK-4", test="u", outcome=Outcome.FAILED)]
    found = {result.clause.id: result for result in judging.results(two, {})}
    assert found["LCK-4"].outcome is Outcome.FAILED
    assert found["LCK-4"].decisive is not None
    assert found["LCK-4"].decisive.test == "u"
    assert list(found) == sorted(clauses(), key=judging.contract_order)


def test_each_clause_of_a_test_is_judged() -> None:
    """Of several that it carries, the one that is broken is not in passing; the others are blocked by it."""
    facts: dict[str, Any] = {"test": "t", "gate": "must", "known": {}, "exchanges": [EXCHANGE], "began": 0.0}
    own = ["LCK-1", "LCK-2", "LCK-10"]
    passed = judging.judge(own, None, note="as it is", **facts)
    assert [(each.clause, each.outcome) for each in passed] == list(
        zip(own, [Outcome.PASSED, Outcome.PASSED, Outcome.NOTED], strict=True)
    )
    assert {each.reason for each in passed} == {"as it is"}
    first, second, broken = judging.judge(own, violation("LCK-2"), **facts)
    assert [(each.clause, each.outcome, each.cause) for each in (first, second)] == [
        ("LCK-1", Outcome.BLOCKED, "LCK-2"),
        ("LCK-10", Outcome.BLOCKED, "LCK-2"),
    ]
    assert (broken.clause, broken.outcome, broken.in_passing) == ("LCK-2", Outcome.FAILED, False)
    assert (broken.expected, broken.observed, broken.reason) == ("this", "that", "")
    for problem, outcome in (Unverified("why"), Outcome.UNVERIFIED), (ValueError("why\nelse"), Outcome.FAULT):
        said = judging.judge(own, problem, **facts)
        assert [(each.clause, each.outcome) for each in said] == [(id_, outcome) for id_ in own]
        assert {(each.test, len(each.exchanges)) for each in said} == {("t", 1)}


def test_why_nothing_was_judged_is_told() -> None:
    """The reason in a line, the remedy, of a fault the traceback; of a `may` what was observed."""
    [unverified] = judge("LCK-1", Unverified("no token", remedy="--api-second-token"))
    assert (unverified.reason, unverified.remedy) == ("no token", "--api-second-token")
    [fault] = judge("LCK-1", ValueError("ours\nin two lines"))
    assert fault.reason == "ValueError: ours"
    assert fault.details.endswith("ValueError: ours\nin two lines\n")
    [noted] = judge("LCK-10", violation("LCK-10"))
    assert noted.reason == "that"
    [repeated] = judge("IDM-1", violation("IDM-1", dataclasses.replace(EXCHANGE, repeated=True)))
    assert repeated.reason.endswith("proves nothing: that")
    assert len(repeated.exchanges) == 1


def test_what_has_passed_is_shown_in_brief() -> None:
    """The last four exchanges with 600 characters each; of what has not passed more is shown."""
    long = dataclasses.replace(EXCHANGE, body="x" * 1000, request_body="y" * 1000)
    streamed = dataclasses.replace(EXCHANGE, body="data", events=tuple((12.0 + at, "delta", "z") for at in range(20)))
    exchanges = [EXCHANGE, long, long, long, streamed]

    def shown(problem: Exception | None) -> list[Evidence]:
        [judgement] = judging.judge(
            ["LCK-1"], problem, test="t", gate="must", known={}, exchanges=exchanges, began=10.0
        )
        return judgement.exchanges

    brief, whole = shown(None), shown(Unverified("why"))
    assert [len(evidence.body) for evidence in brief] == [len("x" * 600 + "... (1000 characters)")] * 3 + [0]
    assert brief[0].request_body == "y" * 600 + "... (1000 characters)"
    assert (len(brief[-1].events), brief[-1].events[0]) == (12, (2.0, "delta", "z"))
    assert [(evidence.body, evidence.request_body) for evidence in whole[:2]] == [
        ("{}", None),
        ("x" * 1000, "y" * 1000),
    ]
    assert len(whole) == 5
    assert len(whole[-1].events) == 20
    assert (whole[0].at_s, whole[0].elapsed_s) == (2.5, 0.5)


@pytest.mark.parametrize(("length", "whole"), [(16_384, True), (16_385, False)])
def test_a_body_is_cut_where_it_is_very_long(length: int, whole: bool) -> None:
    """And how long it was is told."""
    body = judging.evidence(dataclasses.replace(EXCHANGE, body="x" * length), 0.0).body
    assert body == "x" * length if whole else body == "x" * 16_384 + "... (16385 characters)"


@pytest.mark.parametrize(
    ("status", "clauses_broken"),
    [(None, []), (200, []), (499, []), (500, ["ERR-1"]), (501, ["ERR-1"]), (599, ["ERR-1"])]
    + [(status, []) for status in (502, 503, 504)],
)
def test_a_5xx_of_the_backends_own_breaks_err_1(status: int | None, clauses_broken: list[str]) -> None:
    """In place of whatever else is wrong with that answer; those of a gateway say nothing."""
    found = judging.judge_in_passing(
        [dataclasses.replace(EXCHANGE, status=status, body="oops")],
        lambda exchange: [Finding("SCH-1", "a", "b")] if exchange.status in (500, 501) else [],
        test="t",
        gate="must",
        known={},
        began=0.0,
    )
    assert [judgement.clause for judgement in found] == clauses_broken
    assert all(judgement.observed == f"{status} oops" for judgement in found)
    assert all(judgement.outcome is Outcome.FAILED and len(judgement.exchanges) == 1 for judgement in found)


def test_breaches_in_passing_are_told_by_clause_method_and_observation() -> None:
    """The same again is one; a known one is known here, too."""
    findings = {
        "GET": [Finding("SCH-1", "a", "b"), Finding("SCH-1", "a", "c"), Finding("ERR-2", "a", "b")],
        "PUT": [Finding("SCH-1", "a", "b")],
    }
    answers = [dataclasses.replace(EXCHANGE, method=method) for method in ("GET", "PUT", "GET")]
    known = {"ERR-2": KnownFailure("ERR-2", "ticket 1")}
    found = judging.judge_in_passing(
        answers, lambda exchange: findings[exchange.method], test="t", gate="must", known=known, began=0.0
    )
    assert [(each.clause, each.exchanges[0].method, each.observed, each.outcome) for each in found] == [
        ("SCH-1", "GET", "b", Outcome.FAILED),
        ("SCH-1", "GET", "c", Outcome.FAILED),
        ("ERR-2", "GET", "b", Outcome.KNOWN),
        ("SCH-1", "PUT", "b", Outcome.FAILED),
    ]


def test_a_known_failure_is_known_at_every_level_that_can_fail() -> None:
    """A `may` cannot, and a clause without an entry is not excused by another's."""
    assert judge("STR-5", violation("STR-5"), known="STR-5")[0].outcome is Outcome.KNOWN
    assert judge("LCK-10", violation("LCK-10"), known="LCK-10")[0].outcome is Outcome.NOTED
    assert judge("LCK-4", violation("LCK-4"), known="LCK-5")[0].outcome is Outcome.FAILED


def blocked(clause: str, *causes: str) -> list[Judgement]:
    """Judgements of one clause that each of these has kept from being judged; "" for no other clause."""
    return [
        Judgement(clause=clause, test="t", outcome=Outcome.BLOCKED, cause=cause)
        if cause
        else Judgement(clause=clause, test="t", outcome=Outcome.UNVERIFIED)
        for cause in causes
    ]


@pytest.mark.parametrize(
    ("causes", "code"),
    [(["LCK-4"], 0), (["LCK-4", "LCK-4"], 0), (["LCK-1"], 3), (["LCK-4", "LCK-1"], 3), (["LCK-4", ""], 3)],
)
def test_what_only_a_known_failure_blocks_is_excused(causes: list[str], code: int) -> None:
    """Nobody has to allow it besides."""
    others = [each for each in said(LCK_4=Outcome.KNOWN) if each.clause != "LCK-2"]
    assert conclude([*others, *blocked("LCK-2", *causes)])[0] == code


def test_what_counts_more_is_told_first() -> None:
    """A failure before a fault, a fault before an interruption, that before what is missing."""
    everything = said(LCK_1=Outcome.FAILED, LCK_2=Outcome.FAULT, LCK_3=Outcome.UNVERIFIED)
    assert conclude(everything, stale=("LCK-4", "LCK-5"), interrupted="it was interrupted") == (
        1,
        "does not conform: LCK-1; LCK-4, LCK-5 no longer fail: remove their entries from the known failures",
    )
    without = said(LCK_2=Outcome.FAULT, LCK_3=Outcome.UNVERIFIED)
    assert conclude(without, interrupted="it was interrupted") == (5, "no verdict: a fault of the kit in LCK-2")
    missing = said(LCK_3=Outcome.UNVERIFIED)
    assert conclude(missing, interrupted="it was interrupted") == (3, "no verdict: it was interrupted")
    assert conclude(missing) == (3, "no verdict: 1 must clause unverified: LCK-3")


def test_what_need_not_be_verified_keeps_no_verdict_back() -> None:
    """A `may` under any gate, a `should` under that of the `must`s; it needs no leave either."""
    assert conclude(said(LCK_10=Outcome.UNVERIFIED), gate="should") == (0, "conforms")
    assert conclude(said(STR_5=Outcome.UNVERIFIED)) == (0, "conforms")
    assert conclude(said(STR_5=Outcome.UNVERIFIED), allowed=frozenset({"STR-5"})) == (0, "conforms")
    assert conclude(said(STR_5=Outcome.UNVERIFIED), gate="should")[0] == 3


def test_what_was_left_out_is_not_judged() -> None:
    """Nor is a run that allows whatever it could not verify."""
    nothing = (3, "no verdict: no clause was judged")
    ids = frozenset(clauses())
    assert conclude([dataclasses.replace(each, outcome=Outcome.SKIPPED) for each in said()]) == nothing
    assert conclude([dataclasses.replace(each, outcome=Outcome.UNVERIFIED) for each in said()], allowed=ids) == nothing


def test_many_clauses_are_counted() -> None:
    """Eight are told by name."""
    ids = sorted(clauses(), key=judging.contract_order)
    failed = [Judgement(clause=id_, test="t", outcome=Outcome.FAILED) for id_ in ids]
    told = ", ".join(ids[:8])
    assert conclude(failed[:8]) == (1, f"does not conform: {told}")
    assert conclude(failed[:10]) == (1, f"does not conform: {told} and 2 more")


def test_each_remedy_is_told_once() -> None:
    """In alphabetical order, of what could not be verified."""
    remedies = {"LCK-1": None, "AUT-1": "--b", "AUT-2": "--a", "AUT-3": "--b"}
    missing = [
        Judgement(clause=id_, test="t", outcome=Outcome.UNVERIFIED, remedy=remedy) for id_, remedy in remedies.items()
    ]
    others = [each for each in said() if each.clause not in remedies]
    sentence = conclude([*others, *missing])[1]
    assert sentence == "no verdict: 4 must clauses unverified: LCK-1, AUT-1, AUT-2, AUT-3 (give --a and --b)"


def test_a_result_says_why_it_may_fail() -> None:
    """And has all that was said of its clause; without a word it was no part of the run."""
    known = {"LCK-4": KnownFailure("LCK-4", "ticket 1")}
    found = {result.clause.id: result for result in judging.results(said()[:1], known)}
    assert [id_ for id_, result in found.items() if result.known_reason] == ["LCK-4"]
    assert found["LCK-4"].known_reason == "ticket 1"
    assert (found["LCK-4"].outcome, found["LCK-4"].decisive, found["LCK-4"].family) == (None, None, "LCK")


def test_clauses_are_in_contract_order() -> None:
    """By family and by number, not by letter."""
    assert sorted(["AUT-1", "LCK-10", "LCK-2", "CRE-1"], key=judging.contract_order) == [
        "CRE-1",
        "LCK-2",
        "LCK-10",
        "AUT-1",
    ]
