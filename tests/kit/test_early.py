"""Scenes that are begun before a test asks for them: which, by whom, and to whom their calls count."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import early
from conformance.client import Client
from conformance.early import Early
from conformance.ledger import Ledger
from conformance.options import Settings
from conformance.redaction import Secret
from conformance.run import Run
from conformance.verdict import Unverified

from .backend import TOKEN, Backend
from .test_run import hooks

MESSAGE = {"id": "m", "text": "Hello.", "createdAt": "2026-05-01T09:00:00"}


@pytest.fixture
def run(backend: Backend, tmp_path: Path) -> Iterator[Run]:
    """A run against a backend that answers everything with {}."""
    run = Run(Settings(base_url=backend.url, api_token=Secret(TOKEN)), Ledger(tmp_path / "ledger"), "r1", hooks())
    yield run
    run.close()


def first(run: Run, api: Client) -> str:
    """A scene that spends a reply."""
    return f"{run.id}: {api.send_message('c', MESSAGE).status}"


def second(api: Client, first: str) -> str:
    """One that builds on it."""
    api.list_messages("c")
    return f"after {first}"


def failing(api: Client) -> None:
    """One that has something to show, and cannot go on."""
    api.list_conversations()
    raise Unverified("there is no more")


@pytest.fixture(autouse=True)
def own_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this module."""
    scenes = {play.__name__: play for play in (first, second, failing)}
    monkeypatch.setattr(early, "early_scenes", lambda: scenes)


def never() -> Any:
    """In the place of a scene that has been played."""
    raise AssertionError("it is played twice")


def methods(run: Run) -> list[str]:
    """Of the calls that count as sent by the test that runs."""
    return [exchange.method for exchange in run.exchanges]


def test_a_scene_is_played_with_what_it_builds_on(run: Run) -> None:
    """Each once, and nothing that no test will ask for."""
    Early(run, {"second"}).wait()
    assert run.seen("second", never) == "after r1: 200"
    assert run.seen("first", never) == "r1: 200"
    assert not run.ledger.was_begun("failing")


def test_its_calls_and_replies_count_for_the_test_that_asks_first(run: Run) -> None:
    """Until then for none; then for no other."""
    Early(run, {"second"}).wait()
    run.begin_test()
    assert (methods(run), run.replies_of_test) == ([], 0)
    run.seen("second", never)
    assert (methods(run), run.replies_of_test) == (["GET"], 0)
    run.seen("first", never)
    assert (methods(run), run.replies_of_test) == (["GET", "POST"], 1)
    run.begin_test()
    run.seen("first", never)
    assert (methods(run), run.replies_of_test, run.ledger.replies) == ([], 0, 1)


def test_one_that_fails_has_failed_for_the_tests(run: Run) -> None:
    """Whoever asks is told why, and the first has its calls."""
    Early(run, {"failing"}).wait()
    for calls in ["GET"], []:
        run.begin_test()
        with pytest.raises(Unverified, match="there is no more"):
            run.seen("failing", never)
        assert methods(run) == calls


def test_what_another_has_begun_is_left_to_it(run: Run, backend: Backend) -> None:
    """A worker that finds all of them begun does nothing."""
    asked, answered = threading.Event(), threading.Event()

    def play() -> str:
        asked.set()
        answered.wait(30)
        return "the other's"

    other = run.aside()
    thread = threading.Thread(target=other.ledger.once, args=("first", play))
    thread.start()
    assert asked.wait(30)
    Early(run, {"first"}).wait()
    answered.set()
    thread.join()
    other.close()
    assert run.seen("first", never) == "the other's"
    assert backend.requests == []
