"""STR: replies as streams."""

import itertools

import pytest

from conformance.client import Client
from conformance.expect import (
    expect_event_stream,
    expect_final_event,
    expect_final_message,
    expect_joined_deltas,
    expect_not_accepted,
    expect_page,
    expect_readable_events,
    expect_status,
    expect_turn_listed,
    quoted,
)
from conformance.stream import Recording
from conformance.suite.scenes.meanwhile import Busy
from conformance.suite.scenes.streams import Abandoned, Contested, FreedByItsEnd, StreamedTurn
from conformance.suite.scenes.tools import answer_of
from conformance.suite.scenes.turns import StreamedReplay
from conformance.verdict import Unverified, Violation

_LONG_ENOUGH = 60
_LONG_ENOUGH_S = 0.25
_TIMES_A_LIST = 10
_IN_ONE_PIECE_S = 0.05


@pytest.mark.clause("STR-1", essential=True)
def test_a_stream_is_a_well_formed_event_stream(streamed_turn: StreamedTurn) -> None:
    """200, `text/event-stream`, well-formed SSE in UTF-8."""
    expect_event_stream("STR-1", streamed_turn.stream)


@pytest.mark.clause("STR-1")
def test_a_long_stream_is_well_formed(contested_stream: Contested) -> None:
    """Also one of many events."""
    expect_event_stream("STR-1", contested_stream.active)


@pytest.mark.clause("STR-2")
def test_each_event_is_a_delta_the_final_message_or_an_error(streamed_turn: StreamedTurn) -> None:
    """Each event is a delta, the final message or an error."""
    expect_readable_events("STR-2", streamed_turn.stream)


@pytest.mark.clause("STR-2")
def test_a_long_event_is_whole(freed_by_its_end: FreedByItsEnd) -> None:
    """Also those of a reply that was asked to be long: more than 4 KiB, where the model obeys."""
    stream = freed_by_its_end.later.last
    expect_status("STR-1", stream.exchange, 200)
    expect_readable_events("STR-2", stream)


@pytest.mark.clause("STR-2")
def test_an_error_is_an_event_as_others(failed_stream: Abandoned) -> None:
    """Also each event of a stream whose generation fails."""
    expect_status("STR-1", failed_stream.stream.exchange, 200)
    expect_readable_events("STR-2", failed_stream.stream)


@pytest.mark.clause("STR-3")
def test_exactly_one_final_event_ends_a_stream(streamed_turn: StreamedTurn) -> None:
    """A stream that runs to its end has exactly one final event, message or error, and it is the last."""
    stream = streamed_turn.stream
    expect_status("STR-1", stream.exchange, 200)
    if not stream.ran_to_its_end and not stream.finals and _has_reply(streamed_turn):
        expected = "a final event, since the reply is complete and listed"
        observed = f"{len(stream.deltas)} deltas; {stream.ending}"
        raise Violation("STR-3", stream.exchange, streamed_turn.listing, expected=expected, observed=observed)
    expect_final_event("STR-3", stream)


@pytest.mark.clause("STR-3")
def test_one_final_event_ends_a_long_stream(contested_stream: Contested) -> None:
    """Also one of many deltas."""
    expect_final_event("STR-3", contested_stream.active)


@pytest.mark.clause("STR-3")
def test_one_final_event_ends_a_stream_that_fails(failed_stream: Abandoned) -> None:
    """Also one whose generation fails."""
    expect_status("STR-1", failed_stream.stream.exchange, 200)
    expect_final_event("STR-3", failed_stream.stream)


@pytest.mark.clause("STR-3")
def test_the_final_message_is_that_of_the_assistant(streamed_turn: StreamedTurn) -> None:
    """The final event of a stream that went well is the reply."""
    expect_status("STR-1", streamed_turn.stream.exchange, 200)
    expect_final_message("STR-3", streamed_turn.stream)


@pytest.mark.clause("STR-4")
def test_deltas_arrive_as_they_are_produced(streamed_turn: StreamedTurn) -> None:
    """It streams: deltas arrive as they are produced, not in one piece at the end."""
    expect_flow("STR-4", streamed_turn)


@pytest.mark.clause("STR-5")
def test_the_deltas_joined_are_the_final_text(streamed_turn: StreamedTurn) -> None:
    """The deltas joined are the final text."""
    expect_joined_deltas("STR-5", streamed_turn.stream)


@pytest.mark.clause("STR-6")
def test_a_streamed_turn_is_listed(streamed_turn: StreamedTurn) -> None:
    """Afterwards the list has the user's message and the reply, with the final event's id and text."""
    expect_reply_listed("STR-6", streamed_turn)


@pytest.mark.clause("STR-6")
def test_a_long_streamed_turn_is_listed(contested_stream: Contested) -> None:
    """Also one of many deltas, and although the list was read while it was active."""
    expect_reply_listed("STR-6", StreamedTurn(contested_stream.active, contested_stream.listing))


@pytest.mark.clause("STR-7")
def test_a_stream_cannot_be_fetched(api: Client, streamed_turn: StreamedTurn, busy_conversation: Busy) -> None:
    """GET on it is not 2xx: not when it is over, nor while it is active."""
    with api.fetch_stream(streamed_turn.stream.conversation_id) as fetched:
        expect_not_accepted("STR-7", fetched.exchange, why="streams are not kept")
    expect_not_accepted("STR-7", answer_of(busy_conversation.fetched), why="nobody but its caller reads a stream")


@pytest.mark.clause("STR-9")
def test_intermediaries_are_told_not_to_store_it(streamed_turn: StreamedTurn) -> None:
    """`Cache-Control` says `no-store` or `no-cache`."""
    expect_not_to_be_stored("STR-9", streamed_turn.stream)


@pytest.mark.clause("STR-9")
def test_intermediaries_are_told_not_to_store_a_replay(streamed_replay: StreamedReplay) -> None:
    """Also of a stream that is a replay."""
    expect_not_to_be_stored("STR-9", streamed_replay.stream)


def expect_not_to_be_stored(clause: str, stream: Recording) -> None:
    """`Cache-Control` forbids to store it, or to use it unasked."""
    expect_status("STR-1", stream.exchange, 200)
    said = stream.exchange.headers.get("cache-control", "")
    if not {"no-store", "no-cache"} & {word.strip().lower() for word in said.split(",")}:
        expected = "Cache-Control: no-store (or no-cache)"
        observed = f"Cache-Control: {said}" if said else "no Cache-Control"
        raise Violation(clause, stream.exchange, expected=expected, observed=observed)


def expect_flow(clause: str, turn: StreamedTurn) -> None:
    """The deltas of a reply that took its time came one after the other.

    What time is, the call after it tells: where a plain list takes long, a reply that is written at once does, too.

    Raises:
        Unverified: the reply was there too soon to tell.
    """
    stream = turn.stream
    expect_final_message("STR-3", stream)
    moments = [arrival.at for arrival in stream.arrivals]
    took_s = moments[-1] - stream.exchange.started
    if len((stream.reply or {}).get("text", "")) < _LONG_ENOUGH:
        raise Unverified("the reply was too short to tell")
    if took_s < max(_LONG_ENOUGH_S, _TIMES_A_LIST * turn.listing.elapsed):
        raise Unverified(f"the whole reply was there after {took_s:.2f} s: too soon to tell")
    if moments[-1] - moments[0] < _IN_ONE_PIECE_S:
        observed = f"all {len(moments)} events within {moments[-1] - moments[0]:.3f} s, {took_s:.1f} s after the call"
        raise Violation(clause, stream.exchange, expected="deltas one after the other", observed=observed)


def expect_reply_listed(clause: str, turn: StreamedTurn) -> None:
    """The list has the user's message, then the reply with the final event's id and text; nothing more until the next.

    Of the streams that were asked for meanwhile the last may have come when this one had just ended: another turn.
    """
    final, message = expect_final_message("STR-3", turn.stream), turn.stream.message
    expect_turn_listed(clause, turn.listing, message, final)
    listed = expect_page("PAG-1", turn.listing)["data"]
    following = itertools.dropwhile(lambda found: found.get("id") != message["id"], listed)
    answers = itertools.takewhile(lambda found: found.get("source") != "user", itertools.islice(following, 1, None))
    after = [found.get("id") for found in answers]
    if after != [final["id"]]:
        expected = f"after the user's message one more, the reply {final['id']!r}"
        raise Violation(clause, turn.stream.exchange, turn.listing, expected=expected, observed=quoted(after))


def _has_reply(turn: StreamedTurn) -> bool:
    listed = expect_page("PAG-1", turn.listing)["data"]
    return any(message.get("source") == "assistant" for message in listed)
