"""Each fault of a stream does to a script what it says, whatever the length of the reply."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.faults.catalogue import KINDS, Stage, make_fault
from mockserver.faults.streams import change_script
from mockserver.script import Cut, Delta, EarlyFinal, Event, Fail, Final, KillToken, Script, Stall, Timed, healthy

STREAM_KINDS = [name for name, kind in KINDS.items() if kind.stage is Stage.STREAM]
ENDING = {"error": 1, "truncate": 1, "end-early": 1, "reset": 1, "stall": 1, "token-expires": 2}


def script(count: int) -> Script:
    """A reply of so many deltas, one a second."""
    return healthy([f"{n}," for n in range(count)], [float(n + 1) for n in range(count)])


def change(kind: str, count: int, **parameters: Any) -> list[Timed]:
    """That reply with the fault."""
    return change_script(make_fault(kind, parameters), script(count), random.Random(1)).timed()


def wire(steps: list[Timed]) -> str:
    """What is sent, in short: deltas as their text, the final event as `F`."""
    shown = ""
    for timed in steps:
        step = timed.step
        if isinstance(step, Delta):
            shown += step.fragment * step.copies
        elif isinstance(step, Event):
            shown += step.data["delta"] if isinstance(step.data, dict) and "delta" in step.data else "?"
        elif isinstance(step, Final):
            shown += ("W" if step.wrong_id else "F") * step.copies * step.send
        elif isinstance(step, EarlyFinal):
            shown += "E"
    return shown


@pytest.mark.parametrize("kind", STREAM_KINDS)
@given(count=st.integers(0, 6), after=st.integers(0, 8), others=st.lists(st.sampled_from(STREAM_KINDS), max_size=2))
def test_scripts_stay_scripts(kind: str, count: int, after: int, others: list[str]) -> None:
    """Due times never fall, nothing comes after an end, and what is stored is the reply or its beginning."""
    changed = script(count)
    for name in (*others, kind):
        has_after = any(parameter.name == "after" for parameter in KINDS[name].parameters)
        changed = change_script(make_fault(name, {"after": after} if has_after else {}), changed, random.Random(1))
    steps = changed.timed()
    due = [timed.due for timed in steps]
    assert due == sorted(due)
    last = [isinstance(timed.step, Final | Fail | Cut) or timed.step == Stall(None) for timed in steps]
    assert last == [False] * (len(steps) - 1) + [True]
    stored = "".join(timed.step.fragment for timed in steps if isinstance(timed.step, Delta))
    assert "".join(f"{n}," for n in range(count)).startswith(stored)


@pytest.mark.parametrize("kind", ENDING)
@given(count=st.integers(0, 6), after=st.integers(0, 8))
def test_what_ends_a_stream_comes_after_so_many_deltas(kind: str, count: int, after: int) -> None:
    """Or at their end. A cut comes when the next delta would have."""
    steps = change(kind, count, after=after)
    assert sum(isinstance(timed.step, Delta) for timed in steps) == min(after, count)
    assert len(steps) == min(after, count) + ENDING[kind]
    waits = kind in {"truncate", "reset", "end-early"} and 0 < after < count
    assert steps[-1].due == min(after, count) + waits


@pytest.mark.parametrize(
    ("kind", "parameters", "sent"),
    [
        ("duplicate-final", {}, "0,1,2,3,FF"),
        ("missing-final", {}, "0,1,2,3,"),
        ("early-final", {}, "0,1,E2,3,"),
        ("early-final", {"deltas": 9}, "E0,1,2,3,"),
        ("swap-deltas", {"after": 1}, "0,2,1,3,F"),
        ("swap-deltas", {"after": 9}, "0,1,3,2,F"),
        ("duplicate-delta", {"after": 1}, "0,1,1,2,3,F"),
        ("duplicate-delta", {"after": 9}, "0,1,2,3,3,F"),
        ("wrong-id", {}, "0,1,2,3,W"),
        ("unknown-event", {"after": 0}, "?0,1,2,3,F"),
        ("unknown-event", {"after": 9}, "0,1,2,3,?F"),
        ("stall", {"after": 2, "seconds": 5}, "0,1,2,3,F"),
    ],
)
def test_what_is_sent(kind: str, parameters: dict[str, Any], sent: str) -> None:
    """Of a reply of four deltas."""
    assert wire(change(kind, 4, **parameters)) == sent


def test_when_it_is_sent() -> None:
    """A stall, a slow model, a late first token."""
    assert [t.due for t in change("stall", 3, after=1, seconds=10)] == [1, 1, 12, 13, 13]
    assert [t.due for t in change("slow", 3, factor=10)] == [1, 11, 21, 21]
    assert [t.due for t in change("first-token", 2, ms=500)] == [1.5, 2.5, 2.5]


def test_a_token_dies_before_the_stream_says_so() -> None:
    """The client that is told so is refused at once."""
    assert [type(t.step) for t in change("token-expires", 2, after=1)] == [Delta, KillToken, Fail]
