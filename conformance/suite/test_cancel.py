"""CAN: cancelling a stream."""

from collections.abc import Callable

import pytest

from conformance.canary import Probe, Steering, new_word, personality
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    answered,
    expect_closed,
    expect_final_message,
    expect_kept,
    expect_status,
    expect_unchanged,
)
from conformance.run import Run
from conformance.stream import Recording
from conformance.suite.scenes.streams import Cancelled, CancelledAgain, Neighbours, StreamedTurn
from conformance.suite.scenes.tools import let_first
from conformance.verdict import Violation


@pytest.mark.clause("CAN-1")
def test_a_cancel_where_nothing_was_ever_streamed_is_200(api: Client, run: Run) -> None:
    """With no stream active it is 200, however often."""
    conversation_id = run.make_conversation()
    for _ in range(2):
        expect_status("CAN-1", api.cancel_stream(conversation_id), 200)


@pytest.mark.clause("CAN-1")
def test_a_cancel_after_the_end_changes_nothing(
    api: Client, streamed_turn: StreamedTurn, request: pytest.FixtureRequest
) -> None:
    """With no stream active it is 200 and changes nothing."""
    let_first(request, "streamed_replay")  # a replay in this conversation must not be what is cancelled
    conversation_id = streamed_turn.stream.conversation_id
    before = api.list_messages(conversation_id, size=100)
    for _ in range(2):
        expect_status("CAN-1", api.cancel_stream(conversation_id), 200)
    expect_unchanged("CAN-1", before, api.list_messages(conversation_id, size=100))


@pytest.mark.clause("CAN-1", replies=1)
def test_an_idle_cancel_leaves_the_steering(api: Client, run: Run) -> None:
    """Nor does it change what steers the replies, as far as these show it."""
    steering, word = Steering(run), new_word()

    def play() -> Probe:
        conversation_id = run.make_conversation()
        exchanges = steering.patch(conversation_id, personality(word))
        idle = api.cancel_stream(conversation_id)
        expect_status("CAN-1", idle, 200)
        return steering.ask(conversation_id, *exchanges, idle)

    steering.expect_if_seen("CAN-1", play, shows=word)


@pytest.mark.clause("CAN-1")
def test_an_idle_cancel_does_not_hit_the_next_stream(cancelled_stream: Cancelled) -> None:
    """Cancels with no stream active are 200, and the stream that is opened after them runs to its end."""
    for idle in cancelled_stream.idle:
        expect_status("CAN-1", idle, 200)
    expect_whole("CAN-1", cancelled_stream.after_idle.last, after=cancelled_stream.idle[-1])


@pytest.mark.clause("CAN-2")
def test_a_cancel_ends_no_stream_but_the_active_one(cancelled_stream: Cancelled) -> None:
    """The stream that comes next runs to its end."""
    expect_whole("CAN-2", cancelled_stream.following.last, after=cancelled_stream.cancel)


@pytest.mark.clause("CAN-2", essential=True)
def test_a_cancelled_stream_closes(run: Run, cancelled_stream: Cancelled) -> None:
    """With a stream active it is 200 and the stream closes shortly after."""
    expect_status("CAN-2", cancelled_stream.cancel, 200)
    expect_closed("CAN-2", cancelled_stream.stream, cancelled=cancelled_stream.cancel, within_s=run.closes_within_s)


@pytest.mark.clause("CAN-2")
def test_a_later_stream_can_be_cancelled_too(run: Run, cancelled_again: CancelledAgain) -> None:
    """Where another one was cancelled before."""
    cancel = cancelled_again.cancel
    expect_status("CAN-2", cancel, 200)
    expect_closed("CAN-2", cancelled_again.stream, cancelled=cancel, within_s=run.closes_within_s)


@pytest.mark.clause("CAN-3", essential=True)
def test_what_was_produced_before_a_cancel_is_kept(run: Run, cancelled_stream: Cancelled) -> None:
    """The list has the user's message and a reply that begins with all the text that the client received."""
    expect_closed("CAN-2", cancelled_stream.stream, cancelled=cancelled_stream.cancel, within_s=run.closes_within_s)
    expect_kept("CAN-3", cancelled_stream.listing, cancelled_stream.stream)


@pytest.mark.clause("CAN-4")
def test_a_cancel_touches_no_other_stream(neighbours: Neighbours, namesakes: tuple[Neighbours, ...]) -> None:
    """It touches no other conversation's stream; where replies are free, nor that of a message with the same id."""
    expect_status("LCK-3", neighbours.other.exchange, 200)
    for streams in neighbours, *namesakes:
        expect_whole("CAN-4", streams.other, after=streams.idle)


@pytest.mark.clause("CAN-5", replies=1)
def test_a_replay_of_a_cancelled_id(
    api: Client, cancelled_stream: Cancelled, note: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    """Replaying a cancelled id answers the kept part."""
    let_first(request, "cancelled_again")  # it may be refused while another stream is active
    stream = cancelled_stream.stream
    replayed = api.send_message(stream.conversation_id, dict(stream.message))
    text = replayed.json().get("text") if replayed.status == 200 else None
    kept = isinstance(text, str) and text.startswith(stream.text)
    note("answers the kept part" if kept else f"answers {answered(replayed)}")


def expect_whole(clause: str, stream: Recording, *, after: Exchange) -> None:
    """The stream ran to its end with its reply, and was not cut by the cancel before it. A 409 is its lock."""
    expect_status("LCK-5" if stream.status == 409 else "STR-1", stream.exchange, 200)
    if stream.ran_to_its_end and not stream.finals:
        observed = f"{len(stream.deltas)} deltas and no final message; {stream.ending}"
        raise Violation(clause, after, stream.exchange, expected="a stream to its end", observed=observed)
    expect_final_message("STR-3", stream)
