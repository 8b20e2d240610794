"""LCK: one stream at a time in a conversation."""

from dataclasses import replace

import pytest

from conformance.events import Failed
from conformance.exchange import Exchange
from conformance.expect import (
    LOCK_LINGERS_S,
    answered,
    expect_accepted,
    expect_final_message,
    expect_listed,
    expect_locked,
    expect_not_listed,
    expect_status,
)
from conformance.stream import CLOCK_MARGIN_S, Recording
from conformance.suite.scenes.holding import Freed
from conformance.suite.scenes.meanwhile import BESIDE, Busy
from conformance.suite.scenes.streams import (
    Abandoned,
    Cancelled,
    Contested,
    FreedByItsEnd,
    Neighbours,
    Race,
    StreamedTurn,
)
from conformance.suite.scenes.tools import answer_of
from conformance.verdict import Unverified, Violation


@pytest.mark.clause("LCK-1", essential=True)
def test_a_second_stream_is_refused_while_one_is_active(contested_stream: Contested) -> None:
    """While a stream is active, a second one in that conversation is 409 `conversationLocked`."""
    expect_locked("LCK-1", contested_stream.second.exchange, active=contested_stream.active)


@pytest.mark.clause("LCK-1")
def test_a_stream_is_refused_as_long_as_one_is_active(contested_stream: Contested) -> None:
    """Also after one was refused, and when the active stream has gone on for a while."""
    for other in contested_stream.others:
        expect_locked("LCK-1", other.exchange, active=contested_stream.active)


@pytest.mark.clause("LCK-1")
@pytest.mark.parametrize("call", BESIDE)
def test_no_other_call_frees_the_lock(busy_conversation: Busy, call: str) -> None:
    """Whatever else was asked for meanwhile, and however that was answered."""
    second = busy_conversation.seconds.get(call)
    if second is None:
        raise Unverified("no stream was asked for after it")
    expect_locked_in_time(second.stream.exchange, active=busy_conversation.active, after=second.after)


@pytest.mark.clause("LCK-1")
def test_a_second_stream_is_refused_whatever_its_client_accepts(busy_conversation: Busy) -> None:
    """A client of a stream may accept `text/event-stream` and nothing else: what is wrong is 409 to it, too."""
    expect_locked_in_time(answer_of(busy_conversation.events_only), active=busy_conversation.active)


@pytest.mark.clause("SCH-2")
def test_a_patch_is_accepted_while_a_stream_is_active(busy_conversation: Busy) -> None:
    """The lock is that of streams: a patch waits for none, and has no 409."""
    patch = answer_of(busy_conversation.patch)
    if not busy_conversation.active.was_open_at(patch.started):
        raise Unverified("no stream was active any more")
    expect_accepted("SCH-2", patch)


@pytest.mark.clause("LCK-2")
def test_a_refused_stream_stores_nothing(contested_stream: Contested) -> None:
    """The refused call stores nothing."""
    expect_locked("LCK-1", contested_stream.second.exchange, active=contested_stream.active)
    for other in contested_stream.others:
        expect_not_listed("LCK-2", contested_stream.listing, other.message)


@pytest.mark.clause("LCK-2")
def test_a_refused_stream_harms_nothing(contested_stream: Contested, streamed_turn: StreamedTurn) -> None:
    """The active stream runs on to its end unharmed, with all of its deltas where a stream has all otherwise."""
    expect_locked("LCK-1", contested_stream.second.exchange, active=contested_stream.active)
    active = contested_stream.active
    if active.ran_to_its_end and not active.finals:
        observed = f"{len(active.deltas)} deltas, then its end"
        raise Violation("LCK-2", active.exchange, expected="a final event in the end", observed=observed)
    final = expect_final_message("STR-3", active)
    expect_listed("LCK-2", contested_stream.listing, {"id": final["id"], "source": "assistant"})
    if streamed_turn.stream.text == (streamed_turn.stream.reply or {}).get("text"):
        expect_nothing_lost("LCK-2", active, since=contested_stream.second.exchange)


@pytest.mark.clause("LCK-3")
def test_other_conversations_stream_at_the_same_time(neighbours: Neighbours, crowd: tuple[Recording, ...]) -> None:
    """The lock is the conversation's own: two of them stream at once, and where replies are free some more."""
    for stream in neighbours.other, *crowd:
        expect_status("LCK-3", stream.exchange, 200)


@pytest.mark.clause("LCK-4")
def test_the_lock_ends_with_the_stream(contested_stream: Contested, freed_by_its_end: FreedByItsEnd) -> None:
    """The lock ends with the stream; within a second is soon enough."""
    expect_status("STR-1", contested_stream.active.exchange, 200)
    expect_freed_by_its_end("LCK-4", freed_by_its_end.freed, after=contested_stream.active)


@pytest.mark.clause("LCK-4")
def test_the_lock_ends_with_a_later_stream(freed_by_its_end: FreedByItsEnd) -> None:
    """Also with another stream of the conversation."""
    before = freed_by_its_end.freed.last
    expect_status("LCK-4", before.exchange, 200)
    expect_freed_by_its_end("LCK-4", freed_by_its_end.later, after=before)


@pytest.mark.clause("LCK-5")
def test_the_lock_ends_with_a_cancel(cancelled_stream: Cancelled) -> None:
    """The lock ends with a cancel, within the same second."""
    expect_status("CAN-2", cancelled_stream.cancel, 200)
    expect_freed("LCK-5", cancelled_stream.following, after=cancelled_stream.stream)


@pytest.mark.clause("LCK-6")
def test_of_many_streams_at_once_one_gets_through(races: tuple[Race, ...]) -> None:
    """Of many streams opened at once in one conversation exactly one gets through, the others get 409."""
    for race in races:
        expect_one_winner("LCK-6", race)


@pytest.mark.clause("LCK-7")
def test_a_cancel_ends_the_lock_of_a_client_that_went_away(abandoned_and_cancelled_stream: Abandoned) -> None:
    """A client that goes away leaves no lock that a cancel cannot end."""
    cancel = abandoned_and_cancelled_stream.cancel
    assert cancel is not None
    expect_status("LCK-7", cancel, 200)
    expect_freed("LCK-7", abandoned_and_cancelled_stream.following, after=abandoned_and_cancelled_stream.stream)


@pytest.mark.clause("LCK-8")
def test_a_client_that_goes_away_leaves_no_lock(abandoned_stream: Abandoned) -> None:
    """After 60 seconds at the latest."""
    expect_freed("LCK-8", abandoned_stream.following, after=abandoned_stream.stream, within_s=60)


@pytest.mark.clause("LCK-9")
def test_a_stream_that_fails_leaves_no_lock(failed_stream: Abandoned) -> None:
    """A stream that ends in an error event leaves no lock."""
    stream = failed_stream.stream
    if not any(isinstance(final, Failed) for final in stream.finals):
        raise Unverified(f"no error event came at {stream.message['text']!r}: {stream.exchange}")
    expect_freed("LCK-9", failed_stream.following, after=failed_stream.stream)


def expect_nothing_lost(clause: str, stream: Recording, *, since: Exchange) -> None:
    """From this call on no delta is missing: up to it they are the beginning of the final text, but not to the end.

    White space is left aside. What else the deltas may be that they should not (STR-5) is no harm that was done.
    """
    text = _squeezed(expect_final_message("STR-3", stream)["text"])
    earlier = replace(stream, arrivals=tuple(arrival for arrival in stream.arrivals if arrival.at < since.started))
    before, received = _squeezed(earlier.text), _squeezed(stream.text)
    if text.startswith(before) and len(received) < len(text):
        expected = f"{len(text)} characters in deltas, {len(before)} of them before the other stream was asked for"
        raise Violation(clause, stream.exchange, since, expected=expected, observed=f"{len(received)} characters")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def expect_locked_in_time(refused: Exchange, *, active: Recording, after: Exchange | None = None) -> None:
    """The call was refused because of the active stream.

    Raises:
        Unverified: it was not, and the stream may have been over.
    """
    if not (active.deltas and active.was_open_at(refused.started)):
        raise Unverified("no stream was active any more")
    if refused.status != 409 and not active.was_surely_active_during(refused):
        raise Unverified("the stream may have been over by then")
    expect_locked("LCK-1", refused, active=active, after=after)


def expect_freed_by_its_end(clause: str, freed: Freed, *, after: Recording) -> None:
    """As below, after a stream that ran to its end."""
    if not after.ran_to_its_end:
        raise Unverified(f"the stream did not run to its end: {after.ending}")
    expect_freed(clause, freed, after=after)


def expect_freed(clause: str, freed: Freed, *, after: Recording, within_s: float = LOCK_LINGERS_S) -> None:
    """A stream was let through in time, and ran to its end with a final event."""
    last = freed.last
    if any(attempt.exchange.repeated for attempt in freed.tries):
        raise Unverified("a call had to be sent again, so that a lock may be its own")
    if last.status == 409:
        expected = f"200, since no stream is active any more (after {within_s:g} s at the latest)"
        raise Violation(clause, after.exchange, last.exchange, expected=expected, observed=answered(last.exchange))
    expect_status("STR-1", last.exchange, 200)


def expect_one_winner(clause: str, race: Race) -> None:
    """One entry got through and the others got 409; two got through only where they may have been one after the other.

    Raises:
        Unverified: the backend was unavailable to some.
    """
    exchanges = [entry.exchange for entry in race.entries]
    for exchange in exchanges:
        if exchange.status != 200:
            expect_status(clause, exchange, 409)
    winners = [entry for entry in race.entries if entry.status == 200]
    if not winners:
        raise Violation(clause, *exchanges, expected="one 200", observed=f"{len(exchanges)} times 409")
    for first in winners:
        for second in winners:
            if first is not second and _surely_overlapped(first, second):
                expected = "one 200, the others 409"
                raise Violation(clause, *exchanges, expected=expected, observed=f"{len(winners)} times 200, at once")


def _surely_overlapped(first: Recording, second: Recording) -> bool:
    """Whether each had a delta before the other's last one, which no delay on the way makes of one after the other."""
    if not (first.deltas and second.deltas):
        return False
    begins = [stream.deltas[0].at for stream in (first, second)]
    ends = [stream.deltas[-1].at for stream in (first, second)]
    return max(begins) + CLOCK_MARGIN_S < min(ends)
