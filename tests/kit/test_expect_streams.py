"""STR-4: who is taken for one who holds a stream back, and who is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from conformance.events import Delta, Final
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.test_streams import expect_flow
from conformance.verdict import Unverified

from .test_expect_lists import REPLY, breaks, listing, recording

TEXT = "A reply that is long enough to be told from one that is there at once."


def turn(moments: Sequence[float], *, list_s: float = 0.005) -> StreamedTurn:
    """A stream whose events came so many seconds after the call, and a list that took so long."""
    words = TEXT.split(" ")
    pieces = [word if number == 0 else f" {word}" for number, word in enumerate(words)]
    stream = recording(*map(Delta, pieces[: len(moments) - 1]), Final({**REPLY, "text": TEXT}))
    began = stream.exchange.started
    arrivals = [dataclasses.replace(one, at=began + at) for one, at in zip(stream.arrivals, moments, strict=True)]
    stream = dataclasses.replace(stream, arrivals=tuple(arrivals))
    return StreamedTurn(stream, dataclasses.replace(listing([]), elapsed=list_s))


def test_a_reply_that_comes_as_it_is_produced_flows() -> None:
    """Over some time, whatever the list takes."""
    expect_flow("STR-4", turn([0.3, 0.5, 0.7, 0.9]))


def test_a_reply_that_is_held_back_does_not() -> None:
    """All of it at the end of a second."""
    found = breaks("STR-4", expect_flow, turn([1.0, 1.001, 1.002, 1.003]))
    assert "4 events within 0.003 s, 1.0 s after the call" in found.observed


@pytest.mark.parametrize(("at", "list_s"), [(0.2, 0.001), (0.3, 0.04), (1.0, 0.2)])
def test_a_reply_that_was_there_at_once_tells_nothing(at: float, list_s: float) -> None:
    """At once is what a list takes, and a little more: a busy machine is slow with everything."""
    with pytest.raises(Unverified):
        expect_flow("STR-4", turn([at, at, at, at], list_s=list_s))
