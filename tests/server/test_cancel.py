"""CAN: cancelling the active stream of a conversation."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from conformance.client import Client, new_message

from .given import (
    ENDLESS,
    ObedientWriter,
    deltas_joined,
    final_message,
    listed,
    make_client,
    make_server,
    new_conversation,
    read_stream,
    say,
    together,
    wait_until,
)


@pytest.mark.clause("CAN-1")
def test_without_a_stream_it_changes_nothing(alice: Client) -> None:
    """With no stream active it is 200, however often, and changes nothing."""
    conversation_id = new_conversation(alice)
    assert alice.cancel_stream(conversation_id).status == 200
    say(alice, conversation_id)
    before = alice.list_messages(conversation_id)
    cancels = [alice.cancel_stream(conversation_id) for _ in range(3)]
    assert [(cancel.status, cancel.json(), cancel.media_type) for cancel in cancels] == [
        (200, {}, "application/json")
    ] * 3
    assert alice.list_messages(conversation_id).body == before.body


@pytest.mark.clause("CAN-1")
def test_it_does_not_touch_a_message_that_waits_for_its_reply(streamer: Client, writer: ObedientWriter) -> None:
    """A reply in the making at `/messages` is no stream: a cancel meanwhile changes nothing of it."""
    conversation_id, message = new_conversation(streamer), new_message("30")

    def call(number: int) -> str:
        if number == 0:
            return streamer.send_message(conversation_id, message).body
        assert wait_until(lambda: bool(writer.asked(message)))
        return streamer.cancel_stream(conversation_id).body

    answer, cancelled = together(2, call)
    assert cancelled == "{}"
    assert answer.rpartition(" w")[2].startswith("29")


@pytest.mark.clause("CAN-2")
def test_the_stream_closes_shortly_after(streamer: Client) -> None:
    """With one active it is 200, and the stream closes shortly after, by the mock's choice without an event."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as stream:
        stream.wait_for_deltas(2)
        cancel = streamer.cancel_stream(conversation_id)
        assert stream.wait_until_ended(within_s=2)
    assert (cancel.status, cancel.json()) == (200, {})
    assert stream.ending == "it ended"
    assert {arrival.event.name for arrival in stream.arrivals} == {"delta"}


@pytest.mark.clause("CAN-3")
def test_what_was_received_is_kept(streamer: Client) -> None:
    """The list has the user's message and a reply that begins with all the text that the client received."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(5)
        streamer.cancel_stream(conversation_id)
        kept = listed(streamer, conversation_id)
        stream.wait_until_ended()
    assert [found["source"] for found in kept] == ["user", "assistant"]
    assert (kept[0]["id"], kept[0]["text"]) == (message["id"], ENDLESS)
    assert kept[1]["text"].startswith(deltas_joined(stream))
    assert deltas_joined(stream).count("w") >= 4
    assert listed(streamer, conversation_id) == kept


@pytest.mark.clause("CAN-3")
def test_many_cancels_at_once_keep_one_reply(streamer: Client) -> None:
    """Ten cancels at one moment are one cancel."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as stream:
        stream.wait_for_deltas(2)
        cancels = together(10, lambda _: streamer.cancel_stream(conversation_id))
    assert {(cancel.status, cancel.body) for cancel in cancels} == {(200, "{}")}
    assert [found["source"] for found in listed(streamer, conversation_id)] == ["user", "assistant"]


@pytest.mark.clause("CAN-3", "LCK-5")
def test_before_the_first_delta_there_is_no_reply_to_keep() -> None:
    """A cancel before the first word leaves the user's message alone, and its id can be used again."""
    with make_server(ObedientWriter(), first_token_ms=700, tokens_per_second=1000, jitter=0) as server:
        alice, message = make_client(server), new_message("3")
        conversation_id = new_conversation(alice)
        with alice.open_stream(conversation_id, message) as stream:
            alice.cancel_stream(conversation_id)
            stream.wait_until_ended()
        before = listed(alice, conversation_id)
        again = read_stream(alice, conversation_id, message)
        after = listed(alice, conversation_id)
        alice.close()
    assert stream.arrivals == []
    assert [found["id"] for found in before] == [message["id"]]
    assert final_message(again)["text"] == "#2 w0 w1 w2"
    assert after == [*before, final_message(again)]


@pytest.mark.clause("CAN-4", "LCK-3")
def test_it_touches_no_other_stream(streamer: Client) -> None:
    """Another conversation's stream runs on to its end."""
    cancelled, other = new_conversation(streamer), new_conversation(streamer)
    with ExitStack() as opened:
        first = opened.enter_context(streamer.open_stream(cancelled, new_message(ENDLESS)))
        second = opened.enter_context(streamer.open_stream(other, new_message("40")))
        first.wait_for_deltas(1)
        streamer.cancel_stream(cancelled)
        second.wait_until_ended()
    assert final_message(second)["text"].endswith("w38 w39")


@pytest.mark.clause("CAN-5", "IDM-5", "IDM-6")
def test_a_replay_answers_the_kept_part(streamer: Client, writer: ObedientWriter) -> None:
    """The mock's choice: replaying a cancelled id answers the kept part, at both endpoints, and generates nothing."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(3)
        streamer.cancel_stream(conversation_id)
    kept = listed(streamer, conversation_id)[1]
    replay = read_stream(streamer, conversation_id, message)
    assert final_message(replay) == kept == streamer.send_message(conversation_id, message).json()
    assert deltas_joined(replay) == kept["text"]
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("CAN-3", "IDM-7")
def test_who_waits_for_a_cancelled_reply_gets_the_kept_part(streamer: Client) -> None:
    """`/messages` with the id of a stream that is then cancelled answers the part that was kept."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(3)
        calls = [
            lambda: streamer.send_message(conversation_id, message),
            lambda: streamer.cancel_stream(conversation_id),
        ]
        answer, _ = together(2, lambda number: calls[number]())  # whichever comes first
    assert answer.json() == listed(streamer, conversation_id)[1]
