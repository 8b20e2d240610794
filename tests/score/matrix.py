"""The kill matrix: what became of each defect, which correct backends were accused, and what Schemathesis alone saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from tests.score.subjects import Subject
from tests.score.trials import Findings, Trial

Fate = Literal["right", "other", "survived"]


@dataclass(frozen=True)
class Score:
    """All that was found out. Trials of one subject may be several: repeated, or bound and then whole.

    What was mended when it was tried again is told, and counts for nothing.
    """

    tried: Sequence[Trial]
    findings: Sequence[Findings] = ()
    seconds: float = 0.0

    @property
    def trials(self) -> list[Trial]:
        """The trials that count."""
        return [trial for trial in self.tried if not trial.mended]

    @property
    def defects(self) -> dict[Subject, list[Trial]]:
        """The trials of each defect."""
        return self._by_subject("defect")

    @property
    def correct(self) -> dict[Subject, list[Trial]]:
        """The trials of each backend that must raise no alarm."""
        return self._by_subject("base", "variant", "mix")

    @property
    def alarms(self) -> list[Trial]:
        """Runs that accused a correct backend."""
        return [trial for trials in self.correct.values() for trial in trials if trial.alarm]

    @property
    def perfect(self) -> bool:
        """Every defect is caught by a clause it is bound to, every time, and nobody is accused by mistake."""
        return not self.alarms and all(fate(trials) == "right" for trials in self.defects.values())

    @property
    def seen_by_schemathesis(self) -> dict[Subject, bool]:
        """Of each defect that Schemathesis was run on, whether it found more than it finds in the correct base."""
        noise = self.noise
        return {each.subject: bool(each.found - noise) for each in self.findings if each.subject.defect}

    @property
    def noise(self) -> frozenset[str]:
        """What Schemathesis says of the base, which is correct."""
        return frozenset().union(*(each.found for each in self.findings if each.subject.kind == "base"))

    def _by_subject(self, *kinds: str) -> dict[Subject, list[Trial]]:
        sorted_out: dict[Subject, list[Trial]] = defaultdict(list)
        for trial in self.trials:
            if trial.subject.kind in kinds:
                sorted_out[trial.subject].append(trial)
        return dict(sorted_out)


def fate(trials: Sequence[Trial]) -> Fate:
    """What became of a defect, at the worst of its repetitions.

    A whole run comes after each by the bound clauses that has not caught it, and tells whether the kit sees the
    defect elsewhere. It does not make good what those clauses missed.
    """
    whole = [trial for trial in trials if trial.whole]
    missed = [trial for trial in _deciding(trials) if not trial.caught or trial.broken]
    if not missed:
        return "right"
    return "other" if all(trial.red for trial in whole or missed) else "survived"


def show(score: Score, console: Console) -> None:
    """The tables, and under them everything that is not as it should be."""
    if score.defects:
        console.print(_kill_matrix(score))
    for subject, trials in score.defects.items():
        if fate(trials) != "right":
            red = sorted({clause for trial in trials for clause in trial.red})
            console.print(
                f"[red]{fate(trials)}[/] {subject.name}: bound to {', '.join(subject.clauses)}; "
                f"red: {', '.join(red) or 'nothing'}{_times(trials)}",
                highlight=False,
            )
            _say_broken(trials, console)
    if score.correct:
        console.print(_alarm_table(score))
    for trial in score.alarms:
        console.print(f"[red]alarm[/] {trial.subject.name}: exit code {trial.exit_code}", highlight=False)
        for clause in trial.elsewhere:
            console.print(f"  {clause} {trial.red[clause]}", highlight=False, markup=False)
        _say_broken([trial], console)
    for trial in score.tried:
        if trial.mended:
            said = ", ".join(sorted(trial.red)) or "nothing"
            console.print(f"[yellow]not each time[/] {trial.subject.name}: once red was {said}", highlight=False)
    if seen := score.seen_by_schemathesis:
        caught = sum(fate(score.defects[subject]) == "right" for subject in seen)
        console.print(
            f"Of {len(seen)} defects the kit catches {caught}, [bold]schemathesis run[/] alone {sum(seen.values())}; "
            f"in the correct base it finds {len(score.noise)}.",
            highlight=False,
        )
    console.print(f"{len(score.tried)} runs of the kit in {score.seconds:.0f} s", highlight=False)


def as_json(score: Score) -> dict[str, Any]:
    """The same for programs."""
    seen = score.seen_by_schemathesis
    return {
        "perfect": score.perfect,
        "seconds": round(score.seconds, 1),
        "not_each_time": [trial.subject.name for trial in score.tried if trial.mended],
        "defects": [
            {
                "name": subject.name,
                "clauses": subject.clauses,
                "fate": fate(trials),
                "red": [sorted(trial.red) for trial in trials],
                "whole": [trial.whole for trial in trials],
                "seconds": [round(trial.seconds, 1) for trial in trials],
                "schemathesis": seen.get(subject),
            }
            for subject, trials in score.defects.items()
        ],
        "correct": [
            {
                "name": subject.name,
                "kind": subject.kind,
                "alarms": [trial.elsewhere if trial.alarm else None for trial in trials],
                "exit_codes": [trial.exit_code for trial in trials],
                "unverified": sorted(frozenset().union(*(trial.unverified for trial in trials))),
                "seconds": [round(trial.seconds, 1) for trial in trials],
            }
            for subject, trials in score.correct.items()
        ],
    }


def _kill_matrix(score: Score) -> Table:
    table = Table("family", title="Defects, by the clause each is about", title_justify="left")
    for column in ("defects", "by the right clause", "by another", "survived", "schemathesis alone", "seconds a run"):
        table.add_column(column, justify="right")
    families: dict[str, list[tuple[Subject, list[Trial]]]] = defaultdict(list)
    for subject, trials in score.defects.items():
        families[subject.clauses[0].split("-")[0]].append((subject, trials))
    for family, members in families.items():
        table.add_row(family, *_row(score, members))
    table.add_section()
    table.add_row("all", *_row(score, [each for members in families.values() for each in members]))
    return table


def _row(score: Score, members: Sequence[tuple[Subject, list[Trial]]]) -> list[str]:
    fates = Counter(fate(trials) for _, trials in members)
    runs = [trial for _, trials in members for trial in trials]
    seen = [score.seen_by_schemathesis[subject] for subject, _ in members if subject in score.seen_by_schemathesis]
    return [
        str(len(members)),
        str(fates["right"] or "."),
        str(fates["other"] or "."),
        str(fates["survived"] or "."),
        f"{sum(seen)} of {len(seen)}" if seen else "",
        f"{sum(run.seconds for run in runs) / len(runs):.1f}",
    ]


def _alarm_table(score: Score) -> Table:
    table = Table("correct backends", title="False alarms", title_justify="left")
    for column in ("backends", "runs", "red", "without a verdict", "seconds a run"):
        table.add_column(column, justify="right")
    for kind, title in (("base", "base"), ("variant", "variants, one at a time"), ("mix", "variants, several at once")):
        runs = [trial for trial in score.trials if trial.subject.kind == kind]
        if runs:
            table.add_row(
                title,
                str(len({trial.subject.name for trial in runs})),
                str(len(runs)),
                str(sum(trial.alarm for trial in runs) or "."),
                str(sum(trial.exit_code == 3 for trial in runs) or "."),
                f"{sum(trial.seconds for trial in runs) / len(runs):.1f}",
            )
    return table


def _deciding(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if not trial.whole] or list(trials)


def _times(trials: Sequence[Trial]) -> str:
    deciding = _deciding(trials)
    missed = sum(not trial.caught for trial in deciding)
    return f" ({missed} of {len(deciding)} runs missed it)" if len(deciding) > 1 else ""


def _say_broken(trials: Iterable[Trial], console: Console) -> None:
    for trial in trials:
        if trial.broken:
            console.print(f"  exit code {trial.exit_code} {trial.said.strip()}", highlight=False, markup=False)
