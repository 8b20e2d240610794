"""The ledger: what all processes of a run share."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance.ledger import Ledger
from conformance.verdict import NothingToJudge, Unaffordable, Unverified, Violation

SPAWN = multiprocessing.get_context("spawn")


def spend_all(path: Path) -> int:
    """How many replies one process can pay for."""
    ledger, spent = Ledger(path, budget=20), 0
    while True:
        try:
            ledger.spend_reply()
        except Unaffordable:
            ledger.close()
            return spent
        spent += 1


def play(path: Path) -> str:
    """What `once` gives one process."""
    ledger = Ledger(path)

    def make() -> str:
        time.sleep(0.1)
        (path.parent / f"made-{time.monotonic_ns()}").touch()
        return str(time.monotonic_ns())

    try:
        return ledger.once("scene", make)
    finally:
        ledger.close()


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    """Where a ledger is."""
    Ledger(tmp_path / "ledger").close()
    return tmp_path / "ledger"


def test_processes_share_one_budget(ledger_path: Path) -> None:
    """No reply is paid for twice, and none beyond the budget."""
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        assert sum(pool.map(spend_all, [ledger_path] * 3)) == 20


def test_a_scene_is_played_once_for_all_processes(ledger_path: Path) -> None:
    """Whoever comes first; the others wait for it."""
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        assert len(set(pool.map(play, [ledger_path] * 3))) == 1
    assert len(list(ledger_path.parent.glob("made-*"))) == 1


@pytest.mark.parametrize(
    "problem",
    [
        Violation("CRE-1", expected="201", observed="500"),
        Unverified("no token", remedy="--api-token"),
        Unaffordable(3),
        NothingToJudge("nothing there"),
        ValueError("a slip"),
    ],
)
def test_a_scene_that_fails_has_failed_for_all(ledger_path: Path, problem: Exception) -> None:
    """It is not tried again: that could cost a reply each time."""
    ledger = Ledger(ledger_path)

    def fail() -> None:
        raise problem

    for _ in range(2):
        with pytest.raises(type(problem)) as caught:
            ledger.once("scene", fail)
        assert str(caught.value) == str(problem)
        assert getattr(caught.value, "remedy", None) == getattr(problem, "remedy", None)
    ledger.close()


def test_threads_share_it_too(ledger_path: Path) -> None:
    """Races are run by threads."""
    ledger = Ledger(ledger_path)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(100):
            pool.submit(ledger.spend_reply)
    assert (ledger.replies, ledger.spent_here) == (100, 100)
    ledger.close()


def test_an_id_is_answered_in_its_conversation(ledger_path: Path) -> None:
    """The same id elsewhere may generate."""
    ledger = Ledger(ledger_path)
    ledger.note_answered("c", "m")
    ledger.note_answered("c", "m")
    assert ledger.is_answered("c", "m")
    assert not ledger.is_answered("d", "m")
    ledger.close()
