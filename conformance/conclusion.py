"""The end of a run: from all judgements to the report, and where it is written and shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance import contract, judging, known_failures
from conformance.options import Settings
from conformance.outcome import Judgement, Outcome, RunReport, Verdict
from conformance.report import write_report
from conformance.report.terminal import failure_lines, summary_lines
from conformance.run import Run, kit_version


def conclude(
    run: Run,
    judgements: Sequence[Judgement],
    *,
    nothing_to_judge: str,
    crashed: Sequence[str],
    interrupted: str,
    duration_s: float,
    began_at: datetime,
    faults: Sequence[str] = (),
) -> RunReport:
    """Draw the verdict and write the reports that were asked for.

    `crashed` are the tests that took their workers with them, `faults` sentences on what else went wrong in the kit.
    """
    settings = run.settings
    found = judging.results(judgements, run.known)
    applied = known_failures.apply(
        {result.clause.id: result.outcome for result in found if result.outcome},
        run.known,
        began_at.astimezone().date(),  # the day by the clock on the wall, as it is while tests are judged
    )
    notes = [*faults, *(f"a worker died while it ran {name}" for name in crashed)]
    if nothing_to_judge:
        verdict = Verdict(4, nothing_to_judge)
    else:
        verdict = judging.verdict(
            found,
            gate=settings.gate,
            allowed=settings.allow_unverified,
            stale=applied.stale,
            interrupted=interrupted,
        )
        if notes and verdict.exit_code != 1:
            verdict = Verdict(5, f"no verdict: a fault of the kit: {notes[0]}")
    report = RunReport(
        verdict=verdict,
        clauses=found,
        base_url=settings.base_url,
        workspace_id=settings.workspace_id,
        started_at=began_at.isoformat(timespec="milliseconds"),
        duration_s=round(duration_s, 3),
        kit_version=kit_version(),
        contract_version=contract.document()["info"]["version"],
        run_id=run.id,
        seed=settings.seed,
        gate=settings.gate,
        replies_spent=run.ledger.replies,
        replies_budget=settings.llm_budget,
        repeated_calls=run.ledger.repeated,
        calibration={} if nothing_to_judge else run.measured(),
        settings=settings.described(),
        notes=[*notes, *applied.notes],
    )
    return _written(report, settings)


def _written(report: RunReport, settings: Settings) -> RunReport:
    failed = []
    for path in settings.conformance_report:
        try:
            write_report(report, Path(path))
        except Exception as problem:  # after a long run no report may take the verdict with it
            failed.append(f"the report {path} could not be written: {problem}")
    return replace(report, notes=[*report.notes, *failed]) if failed else report


def show(report: RunReport, terminal: Any) -> None:
    """Write the failures that no test of their own has shown, the table and the closing sentence."""
    for result in report.clauses:
        failures = [judgement for judgement in result.judgements if judgement.outcome is Outcome.FAILED]
        if failures and all(judgement.in_passing for judgement in failures):
            terminal.section(f"{result.clause.id}, seen by {failures[0].test}", sep="_", red=True, bold=True)
            for line in failure_lines(failures[0], result.clause):
                terminal.write_line(line)
    terminal.section("conformance", sep="=")
    if report.verdict.exit_code == 4:  # a table of nothing would only hide the sentence
        terminal.write_line(report.verdict.sentence, red=True)
        return
    for line in summary_lines(report, color=terminal.hasmarkup):
        terminal.write_line(line)
