"""One trial: a backend is started, and the kit, or Schemathesis alone, is run against it."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.backend.running import ROOT
from tests.score.launching import ANEW, Launcher, run_command
from tests.score.subjects import Subject

CALLERS = (
    "--api-token=alice@demo",
    "--api-second-token=ben@demo",
    # Of the same name in another workspace: a backend that tells callers by their names alone mixes them up.
    "--api-foreign-token=alice@elsewhere",
    "--foreign-workspace-id=elsewhere",
    "--api-expired-token=expired:alice@demo",
)
RED = ("failed", "warned")


@dataclass(frozen=True)
class Trial:
    """What the kit said of a subject.

    `red` are the clauses that it failed or warned of, with what was expected and observed. `whole` says whether it was
    asked about all clauses, or only about those that the subject is bound to. `said` is what it printed, where there
    is no report. `mended`: it went otherwise than it should, and as it should when it was tried again.
    """

    subject: Subject
    whole: bool
    exit_code: int
    red: Mapping[str, str]
    unverified: frozenset[str]
    seconds: float
    said: str = ""
    mended: bool = False

    @property
    def caught(self) -> bool:
        """A clause that the defect breaks is red."""
        return not self.red.keys().isdisjoint(self.subject.clauses)

    @property
    def alarm(self) -> bool:
        """A correct backend is accused, or the kit did not come to an end."""
        return bool(self.elsewhere) or self.broken

    @property
    def elsewhere(self) -> list[str]:
        """The red clauses that the subject is not bound to."""
        return sorted(self.red.keys() - self.subject.clauses)

    @property
    def broken(self) -> bool:
        """The kit itself failed, which is neither a verdict nor an excuse."""
        return self.exit_code not in (0, 1, 3)

    @property
    def as_expected(self) -> bool:
        """Caught, or left alone, as it should be."""
        return not self.broken and (self.caught if self.subject.defect else not self.alarm)


@dataclass(frozen=True)
class Conditions:
    """How the kit is run: in how many processes, with which seed, where reports of surprises are kept, started how."""

    processes: int = 0
    seed: int = 0
    reports: Path | None = None
    launcher: Launcher = ANEW


def judge(subject: Subject, conditions: Conditions, *, whole: bool) -> Trial:
    """Let the kit judge one backend, all of it or only by the clauses that it is bound to."""
    began = time.monotonic()
    launcher = conditions.launcher
    with TemporaryDirectory(prefix="score-") as folder, launcher.backend(subject.variants, subject.defect) as url:
        report, page = Path(folder, "report.json"), Path(folder, "report.html")
        arguments = [
            *(url, *CALLERS, *subject.kit_options),
            *(f"--seed={conditions.seed}", f"--conformance-report={report}", f"--conformance-report={page}"),
            *([f"--numprocesses={conditions.processes}"] if conditions.processes else []),
            *(f"--clause={clause}" for clause in (() if whole else subject.clauses)),
        ]
        exit_code, said = launcher.kit(arguments, Path(folder))
        found = _read(report)
        clauses = found["clauses"] if found else []
        trial = Trial(
            subject,
            whole,
            exit_code if found else max(exit_code, 2),
            {clause["id"]: _evidence(clause) for clause in clauses if clause["outcome"] in RED},
            frozenset(clause["id"] for clause in clauses if clause["outcome"] in ("unverified", "blocked")),
            time.monotonic() - began,
            "" if found else said[-3000:],
        )
        if conditions.reports and not trial.as_expected:
            conditions.reports.mkdir(parents=True, exist_ok=True)
            stem = f"{subject.name[:100]}-{conditions.seed}-{'whole' if whole else 'bound'}"
            for file in (report, page):
                if file.exists():
                    shutil.copy(file, conditions.reports / f"{stem}{file.suffix}")
            (conditions.reports / f"{stem}.txt").write_text(said, "utf-8")
    return trial


@dataclass(frozen=True)
class Findings:
    """What Schemathesis alone says of a subject: kinds of failures, each with the operation it was seen at."""

    subject: Subject
    found: frozenset[str]
    seconds: float


def run_schemathesis(subject: Subject) -> Findings:
    """`schemathesis run` with this contract and all of its checks and phases.

    Raises:
        RuntimeError: it wrote no report, with what it said.
    """
    began = time.monotonic()
    with TemporaryDirectory(prefix="score-") as folder, ANEW.backend(subject.variants, subject.defect) as url:
        report = Path(folder, "report.json")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests/schemathesis.toml")),
            *("run", str(ROOT / "openapi.yaml"), "--url", url, "--checks", "all"),
            *("--report", "json", "--report-json-path", str(report)),
        ]
        _, said = run_command(command, Path(folder), SCHEMATHESIS_TOKEN="alice@demo")
        found = _read(report)
        if found is None:
            raise RuntimeError(f"Schemathesis wrote no report of {subject.name}:\n{said[-3000:]}")
    failures = {f"{each['code']} {operation}" for each in found["failures"] for operation in each["operations"]}
    errors = {f"error {json.dumps(each, sort_keys=True)[:200]}" for each in found["errors"]}
    return Findings(subject, frozenset(failures | errors), time.monotonic() - began)


def _evidence(clause: Any) -> str:
    worst = next(each for each in clause["judgements"] if each["outcome"] == clause["outcome"])
    return f"{worst['test']}: expected {worst['expected']}; observed {worst['observed']}"


def _read(report: Path) -> Any:
    try:
        return json.loads(report.read_text("utf-8"))
    except (OSError, ValueError):
        return None
