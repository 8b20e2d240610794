"""MOD-1: any sequence of operations is played on correct backends without an alarm, and finds the faults of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.execution import Execution, Subject
from conformance.exploration import explore, tour
from conformance.steps import Step
from conformance.verdict import NoAnswer, Unverified, Violation
from mockserver.server import BackgroundServer

from .backend import TOKEN
from .tiny import Fault, Freedom, Tiny, tiny_backend

pytestmark = pytest.mark.timeout(50)

SEED = 3
_SHORTEST = 6

FOUND = {
    Fault.REPLAY_REGENERATES: "IDM-1 IDM-3 IDM-4 IDM-6",
    Fault.REPLAY_IS_APPENDED: "IDM-2 IDM-5",
    Fault.REPLAY_ANSWERS_NEWEST: "IDM-3 IDM-4 IDM-5 IDM-6",
    Fault.LOCK_SURVIVES_CANCEL: "LCK-5",
    Fault.SECOND_STREAM_IS_ACCEPTED: "LCK-1",
    Fault.MESSAGES_NEWEST_FIRST: "MSG-3",
    Fault.CONVERSATIONS_OLDEST_FIRST: "LST-1",
    Fault.LAST_PAGE_LOSES_ONE: "PAG-5",
    Fault.REFUSED_MESSAGE_BURNS_ID: "IDM-8",
    Fault.IDLE_CANCEL_REMOVES_LAST: "CAN-1",
    Fault.CANCEL_DROPS_KEPT_PART: "CAN-3",
    Fault.PATCH_REACHES_ALL_CONVERSATIONS: "PAT-3 PAT-5",
}
"""What an exploration finds, and the clauses by which it may see it."""

SEEN_ON_TOUR = {
    Fault.REPLAY_REGENERATES: "IDM-1",
    Fault.REPLAY_IS_APPENDED: "IDM-2",
    Fault.REPLAY_ANSWERS_NEWEST: "IDM-3",
    Fault.STREAM_REPLAY_GENERATES: "IDM-5",
    Fault.STREAMED_ID_IS_UNKNOWN_TO_MESSAGES: "IDM-6",
    Fault.LOCK_SURVIVES_STREAM: "LCK-4",
    Fault.SECOND_STREAM_IS_ACCEPTED: "LCK-1",
    Fault.REFUSED_STREAM_IS_STORED: "CAN-3",
    Fault.MESSAGES_NEWEST_FIRST: "MSG-3",
    Fault.LAST_PAGE_LOSES_ONE: "PAG-5",
    Fault.REFUSED_MESSAGE_BURNS_ID: "IDM-8",
    Fault.IDLE_CANCEL_REMOVES_LAST: "CAN-1",
    Fault.IDLE_CANCEL_IS_404: "CAN-1",
    Fault.CANCEL_DROPS_KEPT_PART: "CAN-3",
    Fault.EMPTY_PATCH_IS_ACCEPTED: "PAT-1",
}


def long_prompt(words: int) -> str:
    """What the mock takes for a wish for a long reply, and the tiny backend for one of so many words."""
    return f"Write a long, detailed story, in words: {words}"


@contextmanager
def subject_at(url: str, *, lag_s: float = 1.0) -> Iterator[Subject]:
    """What is judged. The mock and the tiny backend both do what the personality says."""
    client = Client(url, token=TOKEN, workspace_id="demo-5f1c9a")
    try:
        yield Subject(client, long_prompt=long_prompt, lag_s=lag_s, obeys=True)
    finally:
        client.close()


@contextmanager
def tiny_subject(*habits: Fault | Freedom, lag_s: float = 1.0) -> Iterator[tuple[Tiny, Subject]]:
    """A tiny backend with these habits, and how it is judged."""
    with tiny_backend(*habits) as backend, subject_at(backend.url, lag_s=lag_s) as subject:
        yield backend, subject


def find(fault: Fault) -> Violation:
    """What an exploration finds at a tiny backend with this fault."""
    with tiny_subject(fault, lag_s=0) as (backend, subject), pytest.raises(Violation) as raised:
        explore(subject, seed=SEED, examples=60, steps=6)
    assert backend.streaming == 0 or fault is Fault.LOCK_SURVIVES_CANCEL
    return raised.value


def calls_of(violation: Violation) -> list[str]:
    """The calls that a violation's text ends with, which number them."""
    calls = re.findall(r"^    (\d+)\. (.*)$", violation.observed, re.MULTILINE)
    assert [number for number, _ in calls] == [str(number) for number in range(1, len(calls) + 1)]
    return [call for _, call in calls]


def broken_clause(violation: Violation) -> str:
    """The clause of the model that a violation of MOD-1 names."""
    assert violation.clause.id == "MOD-1"
    return violation.expected.rpartition("(")[2].rstrip(")")


def test_nothing_is_found_at_the_mock(paced_server: BackgroundServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Streams are held and cancelled there, and personalities show; nothing is printed."""
    with subject_at(paced_server.url) as subject:
        done = explore(subject, seed=SEED, examples=6, steps=10)
        assert done.examples == 6
        assert done.calls == len(subject.api.exchanges)
    assert capsys.readouterr() == ("", "")


def test_nothing_is_found_at_a_mock_that_replies_at_once(instant_server: BackgroundServer) -> None:
    """Where no stream can be held, what is seen beside one does not count."""
    with subject_at(instant_server.url) as subject:
        explore(subject, seed=SEED, examples=8, steps=10)
        tour(subject)


@pytest.mark.parametrize("freedom", [None, *Freedom])
def test_no_alarm_at_what_a_backend_may_do(freedom: Freedom | None) -> None:
    """Whatever a correct backend makes of its freedom. It is left without an open stream."""
    with tiny_subject(*[freedom] if freedom else []) as (backend, subject):
        assert explore(subject, seed=SEED, examples=5, steps=8).examples == 5
        assert backend.streaming == 0
        tour(subject)


def test_few_conversations_are_made() -> None:
    """No more than two by each example."""
    with tiny_subject() as (backend, subject):
        explore(subject, seed=SEED, examples=8, steps=8)
        assert 8 <= len(backend.conversations) <= 16


@pytest.mark.whole
@pytest.mark.parametrize("fault", FOUND)
def test_a_fault_is_found_and_shown_by_few_calls(fault: Fault) -> None:
    """The violation says what was expected by which clause, and ends with the calls that led to it."""
    violation = find(fault)
    assert broken_clause(violation) in FOUND[fault].split()
    calls = calls_of(violation)
    assert calls[0] == "create conversation A -> 201"
    assert len(calls) <= _SHORTEST
    assert len(violation.exchanges) == len(calls)
    assert "once more" not in violation.observed


def test_the_same_seed_finds_the_same_calls() -> None:
    """The ids that a backend makes change nothing."""
    assert calls_of(find(Fault.CANCEL_DROPS_KEPT_PART)) == calls_of(find(Fault.CANCEL_DROPS_KEPT_PART))


def test_without_shrinking_the_first_finding_stands() -> None:
    """Nothing is played again, neither to make it shorter nor to confirm it."""
    played = tiny_subject(Fault.EMPTY_PATCH_IS_ACCEPTED, lag_s=0)
    with played as (backend, subject), pytest.raises(Violation) as raised:
        explore(subject, seed=SEED, examples=60, steps=6, shrink=False)
    assert len(calls_of(raised.value)) > 2
    assert f"/{backend.conversations[-1]}" in raised.value.exchanges[-1].url


def test_the_tour_goes_well_for_four_replies(paced_server: BackgroundServer) -> None:
    """At most: three, and one more where the held stream was over before the second was answered."""
    with subject_at(paced_server.url) as subject:
        tour(subject)
        assert 409 in {exchange.status for exchange in subject.api.exchanges}
    with tiny_subject() as (backend, subject):
        tour(subject)
        assert backend.replies == 3
    with tiny_subject(Freedom.STREAMS_AT_ONCE) as (backend, subject):
        tour(subject)
        assert backend.replies <= 4


@pytest.mark.parametrize("fault", SEEN_ON_TOUR)
def test_the_tour_sees_a_fault(fault: Fault) -> None:
    """Most of those that an exploration finds."""
    with tiny_subject(fault, lag_s=0) as (_, subject), pytest.raises(Violation) as raised:
        tour(subject)
    assert broken_clause(raised.value) == SEEN_ON_TOUR[fault]


def test_a_cancelled_stream_that_goes_on_is_found() -> None:
    """After the time that it is given to close."""
    with tiny_subject(Fault.CANCEL_IS_IGNORED) as (_, subject), pytest.raises(Violation) as raised:
        tour(replace(subject, closes_within_s=0.2))
    assert broken_clause(raised.value) == "CAN-2"


def test_a_call_that_was_sent_twice_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try may have been carried out, which the model does not know."""
    create = Client.create_conversation

    def create_repeatedly(client: Client, body: object = None) -> Exchange:
        client.exchanges.append(replace(create(client, {}), repeated=True))
        return client.exchanges[-1]

    monkeypatch.setattr(Client, "create_conversation", create_repeatedly)
    with tiny_subject(Fault.REPLAY_REGENERATES) as (_, subject), pytest.raises(Unverified, match="sent twice"):
        tour(subject)


def test_a_backend_that_does_not_answer_is_no_violation() -> None:
    """What the client raises comes through as it is."""
    with tiny_backend() as gone:
        pass
    with subject_at(gone.url) as subject, pytest.raises(NoAnswer):
        explore(subject, seed=SEED, examples=5, steps=5)


class Scripted:
    """Stands in for `Execution.play`: raises these one after the other, and then nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *raised: Exception) -> None:
        self.played = 0
        self._raised = iter(raised)

        def play(execution: Execution, steps: Sequence[Step]) -> None:
            self.played += 1
            execution.taken = len(steps)
            if problem := next(self._raised, None):
                raise problem

        monkeypatch.setattr(Execution, "play", play)


def test_a_violation_that_is_not_seen_again_is_reported_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen is evidence."""
    seen = Violation("MOD-1", expected="this (IDM-1)", observed="that")
    scripted = Scripted(monkeypatch, seen)
    with subject_at("http://127.0.0.1:9") as subject, pytest.raises(Violation, match="all was well") as raised:
        explore(subject, seed=SEED, examples=5, steps=5)
    assert scripted.played > 2
    assert raised.value.observed.startswith("that\n")
    assert raised.value.expected == seen.expected
    assert not hasattr(raised.value, "__notes__")


def test_a_violation_counts_more_than_what_ends_the_search_for_a_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a budget that is spent by then."""
    seen = Violation("MOD-1", expected="this (IDM-1)", observed="that")
    scripted = Scripted(monkeypatch, seen, Unverified("the budget is spent"))
    with subject_at("http://127.0.0.1:9") as subject, pytest.raises(Violation) as raised:
        explore(subject, seed=SEED, examples=5, steps=5)
    assert raised.value.observed == "that"
    assert scripted.played == 2


def test_nothing_is_played_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of lists with one step the same ones come again and again."""
    played: list[tuple[Step, ...]] = []
    monkeypatch.setattr(Execution, "play", lambda _, steps: played.append(steps))
    with subject_at("http://127.0.0.1:9") as subject:
        explore(subject, seed=SEED, examples=60, steps=1)
    assert len(played) == len(set(played)) < 60
