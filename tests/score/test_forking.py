"""Trials as forks: they come to what they come to as new processes, and leave nothing to each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.backend.running import ROOT
from tests.score import subjects
from tests.score.forking import Forks
from tests.score.subjects import Subject
from tests.score.trials import Conditions, judge

HANDFUL = ("oldest_first", "total_pages_rounds_down", "locked_423", "id_optional", "newest_first")


@pytest.fixture(scope="module")
def forks() -> Forks:
    """Their server ends with this process."""
    return Forks()


def named(name: str) -> Subject:
    """A defect."""
    (found,) = subjects.chosen(subjects.defects(), [name])
    return found


@pytest.mark.whole
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", HANDFUL)
def test_a_fork_judges_as_a_new_process(forks: Forks, name: str) -> None:
    """The same clauses are red, and the same could not be verified."""
    subject = named(name)
    anew, forked = (
        judge(subject, conditions, whole=False) for conditions in (Conditions(), Conditions(launcher=forks))
    )
    assert forked.caught
    assert (forked.exit_code, forked.red.keys(), forked.unverified) == (
        anew.exit_code,
        anew.red.keys(),
        anew.unverified,
    )


@pytest.mark.timeout(60)
def test_what_is_imported_beforehand_starts_no_thread() -> None:
    """Of a process with threads a fork may hang."""
    told = "import threading, tests.score.nursery; print(threading.active_count())"
    said = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "1\n"


def look_round() -> None:
    """What a fork finds; and it leaves something behind."""
    print("tests.score.nursery" in sys.modules, threading.active_count(), Path.cwd(), "LEFT" in os.environ)
    print(*(name for name in os.environ if name.startswith("CONFORMANCE_")))
    os.environ["LEFT"] = "behind"
    sys.exit(7)


@pytest.mark.timeout(60)
def test_a_fork_is_as_new_as_a_process(forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the imports, its folder, and no setting of whoever runs these tests or of another fork."""
    monkeypatch.setenv("CONFORMANCE_GATE", "nonsense")
    for number in range(2):
        said = tmp_path / f"{number}.txt"
        assert forks.ended(forks.started(look_round, said, tmp_path), 30) == 7
        assert said.read_text() == f"True 1 {tmp_path} False\n\n"


@pytest.mark.timeout(60)
def test_what_takes_too_long_is_killed(forks: Forks, tmp_path: Path) -> None:
    """And has no exit code."""
    assert forks.ended(forks.started(signal.pause, tmp_path / "said.txt", tmp_path), 0.2) is None


@pytest.mark.timeout(60)
def test_the_kit_is_told_in_its_folder(forks: Forks, tmp_path: Path) -> None:
    """Its file of settings counts, and what it says of it is heard."""
    assert forks.kit(["--list-clauses"], tmp_path)[0] == 0
    (tmp_path / "conformance.toml").write_text('gate = "nonsense"\n')
    exit_code, said = forks.kit(["--list-clauses"], tmp_path)
    assert exit_code == 2
    assert said.startswith("conformance: ")


@pytest.mark.timeout(60)
def test_a_backend_that_does_not_start_says_why(forks: Forks) -> None:
    """As soon as it has ended."""
    with pytest.raises(RuntimeError, match="no_such_defect"), forks.backend([], "no_such_defect"):
        pass
