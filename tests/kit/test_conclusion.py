"""The end of a run: what all judgements make, what goes into the report, and what is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from conformance.conclusion import conclude, show
from conformance.contract import clauses, document
from conformance.known_failures import KnownFailure
from conformance.options import Settings
from conformance.outcome import Judgement, Outcome, RunReport
from conformance.run import Run, kit_version

BEGAN = datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)
ALL = [Judgement(clause=id_, test="t", outcome=Outcome.PASSED) for id_ in clauses()]


def ended(
    judgements: list[Judgement] = ALL,
    *,
    nothing_to_judge: str = "",
    crashed: tuple[str, ...] = (),
    interrupted: str = "",
    known: tuple[KnownFailure, ...] = (),
    **settings: Any,
) -> RunReport:
    """The report of a run that ended so."""
    run = SimpleNamespace(
        settings=Settings(base_url="http://localhost", **settings),
        known={entry.clause: entry for entry in known},
        ledger=SimpleNamespace(replies=7, repeated=2),
        id="run-1",
        measured=lambda: {"reply_s": 0.5},
    )
    return conclude(
        cast(Run, run),
        judgements,
        nothing_to_judge=nothing_to_judge,
        crashed=crashed,
        interrupted=interrupted,
        duration_s=12.34567,
        began_at=BEGAN,
    )


def told(report: RunReport) -> tuple[int, str]:
    """The verdict."""
    return report.verdict.exit_code, report.verdict.sentence


def but(**outcomes: Outcome) -> list[Judgement]:
    """All clauses passed but these, `LCK_1` for `LCK-1`."""
    given = {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return [Judgement(clause=each.clause, test="t", outcome=given.get(each.clause, each.outcome)) for each in ALL]


def test_a_report_has_all_that_is_known_of_the_run() -> None:
    """What it cost, how it was asked for, and when it began."""
    report = ended(gate="should", llm_budget=9, seed=3)
    assert told(report) == (0, "conforms")
    assert len(report.clauses) == len(clauses())
    assert (report.base_url, report.workspace_id, report.gate, report.seed) == ("http://localhost", "demo", "should", 3)
    assert (report.replies_spent, report.replies_budget, report.repeated_calls) == (7, 9, 2)
    assert (report.started_at, report.duration_s) == ("2026-11-02T09:30:00.123+00:00", 12.346)
    assert (report.run_id, report.calibration, report.notes) == ("run-1", {"reply_s": 0.5}, [])
    assert (report.kit_version, report.contract_version) == (kit_version(), document()["info"]["version"])
    assert report.settings == {"--base-url": "http://localhost", "--gate": "should", "--llm-budget": "9", "--seed": "3"}


def test_the_gate_and_what_may_stay_unverified_are_those_that_were_asked_for() -> None:
    """By the settings."""
    unverified = but(STR_5=Outcome.UNVERIFIED)
    assert told(ended(unverified)) == (0, "conforms")
    assert ended(unverified, gate="should").verdict.exit_code == 3
    allowed = ended(unverified, gate="should", allow_unverified=frozenset({"STR-5"}))
    assert told(allowed) == (0, "conforms; unverified, as allowed: 1 clauses")


def test_where_there_is_nothing_to_judge_no_clause_is_held_against_it() -> None:
    """Whatever else happened; nothing was measured either."""
    report = ended(but(LCK_1=Outcome.FAILED), nothing_to_judge="nothing listens", interrupted="stopped")
    assert (told(report), report.calibration) == ((4, "nothing listens"), {})


def test_an_interruption_leaves_no_verdict() -> None:
    """But what has failed has failed."""
    assert told(ended(interrupted="it was interrupted")) == (3, "no verdict: it was interrupted")
    assert ended(but(LCK_1=Outcome.FAILED), interrupted="it was interrupted").verdict.exit_code == 1


def test_a_worker_that_died_is_a_fault_of_the_kit() -> None:
    """Unless something has failed; what it ran is told in any case."""
    report = ended(crashed=("test_a", "test_b"))
    assert told(report) == (5, "no verdict: a fault of the kit: a worker died while it ran test_a")
    assert report.notes == ["a worker died while it ran test_a", "a worker died while it ran test_b"]
    failed = ended(but(LCK_1=Outcome.FAILED), crashed=("test_a",))
    assert (told(failed), len(failed.notes)) == ((1, "does not conform: LCK-1"), 1)


def test_known_failures_are_applied_as_of_the_day_of_the_run() -> None:
    """One that passes again fails the run, one that has expired is told of."""
    stale = ended(known=(KnownFailure("LCK-4", "ticket 1"),))
    assert stale.verdict.exit_code == 1
    assert stale.notes == ["LCK-4 passes now: remove its entry from the known failures."]
    for expires, notes in (date(2026, 11, 2), 0), (date(2026, 11, 1), 1):
        expired = ended(but(LCK_4=Outcome.FAILED), known=(KnownFailure("LCK-4", "ticket 1", expires),))
        assert len(expired.notes) == notes


def test_reports_are_written_and_none_takes_the_verdict_with_it(tmp_path: Path) -> None:
    """What cannot be written is told."""
    good, bad = tmp_path / "a.json", tmp_path / "folder.json"
    bad.mkdir()
    report = ended(crashed=("test_a",), conformance_report=(bad, good))
    assert report.verdict.exit_code == 5
    assert report.notes[0] == "a worker died while it ran test_a"
    assert report.notes[1].startswith(f"the report {bad} could not be written: ")
    assert len(report.notes) == 2
    assert json.loads(good.read_text("utf-8"))["verdict"]["exit_code"] == 5


@dataclass
class Screen:
    """A terminal that keeps what is written to it."""

    hasmarkup: bool = False
    sections: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def section(self, title: str, **_: Any) -> None:
        """A heading."""
        self.sections.append(title)

    def write_line(self, line: str, **_: Any) -> None:
        """A line below it."""
        self.lines.append(line)


def found(clause: str, test: str, *, in_passing: bool, outcome: Outcome = Outcome.FAILED) -> Judgement:
    """A breach that this test has found."""
    return Judgement(
        clause=clause, test=test, outcome=outcome, expected="e", observed=f"as {test} saw", in_passing=in_passing
    )


def test_failures_that_no_test_of_their_own_has_shown_are_shown_at_the_end() -> None:
    """Pytest shows the others."""
    report = ended(
        [
            found("LCK-1", "t1", in_passing=False),
            found("LCK-1", "t2", in_passing=True),
            found("ERR-1", "t3", in_passing=True),
            found("ERR-1", "t4", in_passing=True),
            found("ERR-1", "t5", in_passing=False, outcome=Outcome.PASSED),
            found("SCH-1", "t6", in_passing=True, outcome=Outcome.KNOWN),
        ]
    )
    show(report, screen := Screen())
    assert screen.sections == ["ERR-1, seen by t3", "conformance"]
    assert any(clauses()["ERR-1"].text in line for line in screen.lines)
    assert any("as t3 saw" in line for line in screen.lines)
    assert "does not conform: LCK-1, ERR-1" in screen.lines[-1]


def test_where_there_is_nothing_to_judge_the_sentence_is_all() -> None:
    """A table of nothing would only hide it."""
    show(ended([], nothing_to_judge="nothing listens"), screen := Screen())
    assert (screen.sections, screen.lines) == (["conformance"], ["nothing listens"])
    show(ended(crashed=("test_a",)), after_all := Screen())
    assert len(after_all.lines) > 1
