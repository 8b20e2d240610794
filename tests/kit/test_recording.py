"""What was recorded of a stream: what it says of the moments before and after each arrival."""

from __future__ import annotations

import pytest

from conformance.events import Delta, Failed, Final, Ping, StreamEvent, Unreadable
from conformance.exchange import Exchange
from conformance.sse import Event
from conformance.stream import CLOCK_MARGIN_S, ENDED, Arrival, Recording

REPLY = {"id": "r", "text": "Hello you"}


def call(started: float = 1.0, finished: float = 2.0) -> Exchange:
    """A call that was made then."""
    return Exchange("GET", "http://localhost/x", None, 200, {}, "{}", started, finished - started, "curl")


def recording(
    arrivals: dict[float, StreamEvent], *, ending: str | None = ENDED, ended_at: float | None = 20.0
) -> Recording:
    """A stream to which this came, by the moment."""
    return Recording(
        conversation_id="c",
        message={},
        exchange=call(),
        arrivals=tuple(Arrival(at, Event("x", "x"), reading) for at, reading in arrivals.items()),
        ending=ending,
        ended_at=ended_at,
        tail="",
        invalid_utf8=False,
    )


OPEN = recording({11: Delta("Hello"), 12: Delta(" you")}, ending=None, ended_at=None)
WHOLE = recording({11: Delta("Hello"), 12: Delta(" you"), 13: Final(REPLY)}, ended_at=14)
FAILED = recording({11: Delta("Hello"), 13: Failed("it failed", "generationFailed")}, ended_at=14)
CUT = recording({11: Delta("Hello")}, ended_at=14)


def test_what_came_is_told_apart() -> None:
    """By what each event says; pings and what cannot be read are neither."""
    odd = recording({11: Ping(), 12: Unreadable("?"), 13: Delta("Hello"), 14: Final(REPLY), 15: Failed("e", "c")})
    assert [arrival.at for arrival in odd.deltas] == [13]
    assert (odd.finals, odd.text, odd.reply) == ([Final(REPLY), Failed("e", "c")], "Hello", None)
    assert (WHOLE.text, WHOLE.reply, FAILED.reply, CUT.reply) == ("Hello you", REPLY, None, None)
    assert recording({11: Final(REPLY), 12: Final(REPLY)}).reply is None


def test_an_end_is_the_servers_own() -> None:
    """Silence and a connection that breaks are none."""
    assert WHOLE.ran_to_its_end
    assert not OPEN.ran_to_its_end
    assert not recording({}, ending="nothing came for 5 s").ran_to_its_end


def test_a_stream_is_open_until_its_final_event_or_its_end() -> None:
    """Whichever comes first; at that very moment it is open no more."""
    for ended in WHOLE, FAILED:
        assert ended.was_open_at(12.9)
        assert not ended.was_open_at(13)
    assert CUT.was_open_at(13.9)
    assert not CUT.was_open_at(14)
    assert OPEN.was_open_at(1000)


@pytest.mark.parametrize("stream", [OPEN, WHOLE], ids=["open", "whole"])
def test_a_delta_clearly_after_an_answer_proves_that_the_stream_was_active(stream: Recording) -> None:
    """Clearly: beyond what a thread may be late by."""
    assert stream.was_surely_active_during(call(finished=12 - 2 * CLOCK_MARGIN_S))
    assert not stream.was_surely_active_during(call(finished=12 - CLOCK_MARGIN_S / 2))
    assert not stream.was_surely_active_during(call(started=11.5, finished=12))


def test_a_final_event_after_an_answer_proves_nothing() -> None:
    """It may have been on its way."""
    for stream in WHOLE, FAILED:
        assert not stream.was_surely_active_during(call(started=11.5, finished=12.5))


def test_an_end_without_a_final_event_proves_that_the_stream_was_active_before() -> None:
    """What ends so was cut, by the backend: the kit's own close, or silence, proves nothing."""
    assert CUT.was_surely_active_during(call(started=13.9, finished=30))
    assert not CUT.was_surely_active_during(call(started=14, finished=30))
    for ending in None, "closed by the kit", "the connection broke (ReadError)":
        other = recording({11: Delta("Hello")}, ending=ending, ended_at=None if ending is None else 14)
        assert not other.was_surely_active_during(call(started=13.9, finished=30))
