"""The ledger: what all processes of a run share."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
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


def test_something_is_taken_once(ledger_path: Path) -> None:
    """By whoever comes first, and by nobody where there is nothing."""
    ledger = Ledger(ledger_path)
    assert ledger.take("calls") is None
    ledger.once("calls", lambda: [1, 2])
    other = ledger.another()
    assert (other.take("calls"), other.take("calls"), ledger.take("calls")) == ([1, 2], None, None)
    other.close()
    ledger.close()


def test_another_counts_for_itself_what_it_spends(ledger_path: Path) -> None:
    """On the same account, with the same budget and the same redactor."""
    ledger = Ledger(ledger_path, budget=2, owner="gw0")
    ledger.redact = lambda text: text.replace("token", "...")
    other = ledger.another()
    ledger.spend_reply()
    other.spend_reply()
    with pytest.raises(Unaffordable):
        other.spend_reply()
    assert (ledger.spent_here, other.spent_here, ledger.replies) == (1, 1, 2)
    assert (other.owner, other.redact("my token")) == ("gw0", "my ...")
    other.close()
    ledger.close()


def test_what_was_begun_is_known(ledger_path: Path) -> None:
    """While it is being made, and afterwards."""
    ledger = Ledger(ledger_path)
    assert not ledger.was_begun("scene")
    assert ledger.once("scene", lambda: ledger.was_begun("scene"))
    assert ledger.was_begun("scene")
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


@pytest.mark.parametrize("id_", ["\ud800", "\udfff\ud800", "\x00", "\U0001f600"])
def test_any_text_of_json_is_an_id(ledger_path: Path, id_: str) -> None:
    """Also a lone surrogate, which no UTF-8 can hold."""
    ledger = Ledger(ledger_path)
    ledger.note_answered(id_, f"{id_}m")
    assert ledger.is_answered(id_, f"{id_}m")
    assert not ledger.is_answered(id_, "?m")
    ledger.close()


def die(path: Path) -> None:
    """Begin a scene, and end as a worker that crashes."""
    ledger = Ledger(path, owner="gw0")
    ledger.once("kept", lambda: "was made before")
    ledger.once("scene", lambda: os._exit(1))


def test_nobody_waits_for_a_process_that_has_died(ledger_path: Path) -> None:
    """What it had made is kept; what it was making is told, and not tried again: it might kill the next one."""
    process = SPAWN.Process(target=die, args=(ledger_path,))
    process.start()
    process.join(timeout=30)
    ledger = Ledger(ledger_path, owner="gw1")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ledger.once, "scene", lambda: "made again")
        assert not wait([waiting], timeout=0.1).done
        ledger.abandon("gw0")
        with pytest.raises(Unverified, match="the worker that was at it died: scene"):
            waiting.result(timeout=10)
    assert ledger.once("kept", lambda: "made again") == "was made before"
    ledger.close()


@pytest.mark.parametrize("made", [lambda: None, ValueError("s3cret-token")], ids=["a result", "a problem"])
def test_what_cannot_go_to_others_is_a_fault_that_shows_no_secret(ledger_path: Path, made: object) -> None:
    """Neither in its text nor in its traceback: the redactor of another process may not know this token."""
    ledger = Ledger(ledger_path)
    ledger.redact = lambda text: text.replace("s3cret-token", "$TOKEN")

    def make() -> object:
        if isinstance(made, Exception):
            raise made
        return made

    with pytest.raises(RuntimeError) as caught:
        ledger.once("scene", make)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    ledger.close()


def test_replies_and_repetitions_are_counted(ledger_path: Path) -> None:
    """For all; what this process has spent by itself, besides. A refund makes room in the budget."""
    ledger, other = Ledger(ledger_path, budget=2), Ledger(ledger_path, budget=2)
    assert (ledger.replies, ledger.repeated, ledger.spent_here) == (0, 0, 0)
    ledger.spend_reply()
    other.spend_reply()
    with pytest.raises(Unaffordable, match="the budget of 2 replies is spent"):
        ledger.spend_reply()
    assert (ledger.replies, ledger.spent_here, other.spent_here) == (2, 1, 1)
    other.refund_reply()
    ledger.spend_reply()
    other.note_repeated()
    ledger.note_repeated()
    assert (other.replies, ledger.spent_here, other.spent_here, ledger.repeated) == (2, 2, 0, 2)
    with pytest.raises(Unaffordable, match="the budget of 0 replies is spent"):
        Ledger(ledger_path, budget=0).spend_reply()
    ledger.close()
    other.close()


def test_a_scene_that_does_not_come_to_an_end_is_waited_for_no_longer(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But as long as may be; until then it was not played."""
    ledger, begun, go_on = Ledger(ledger_path), threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        go_on.wait(10)
        return "made"

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(ledger.once, "scene", make)
        assert begun.wait(10)
        monkeypatch.setattr("conformance.ledger._LONGEST_WAIT_S", 0.1)
        began = time.monotonic()
        with pytest.raises(Unverified, match="another worker did not come to an end with: scene"):
            ledger.once("scene", lambda: "made again")
        assert time.monotonic() - began > 0.1
        assert not ledger.was_played("scene")
        go_on.set()
        assert making.result(10) == ledger.once("scene", lambda: "made again") == "made"
    assert ledger.was_played("scene")
    assert not ledger.was_played("other")
    ledger.close()


def test_a_scene_that_was_stopped_keeps_nobody_waiting(ledger_path: Path) -> None:
    """Whoever stopped it is told so, the others that nothing can be verified by it."""
    ledger = Ledger(ledger_path)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.once("scene", stop)
    with pytest.raises(Unverified, match="it was stopped before its end: scene"):
        ledger.once("scene", lambda: None)
    ledger.close()


def test_calls_go_out_one_by_one(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each after its share of a second; whoever comes late need not wait."""
    now, waited = [100.0], list[float]()
    monkeypatch.setattr("conformance.ledger.time.monotonic", lambda: now[0])
    monkeypatch.setattr("conformance.ledger.time.sleep", waited.append)
    ledgers = [Ledger(ledger_path), Ledger(ledger_path)]
    for ledger in [*ledgers, *ledgers]:
        ledger.wait_for_slot(4)
    now[0] = 100.9
    ledgers[0].wait_for_slot(4)
    now[0] = 200.0
    ledgers[1].wait_for_slot(4)
    assert waited == pytest.approx([0, 0.25, 0.5, 0.75, 0.1, 0])
    for ledger in ledgers:
        ledger.close()
