"""IDM: a message's id is answered once; sent again, the call replays that answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Client, new_message
from conformance.exchange import Exchange
from mockserver.server import BackgroundServer

from .given import (
    ENDLESS,
    MakeCaller,
    ObedientWriter,
    deltas_joined,
    final_message,
    listed,
    new_conversation,
    read_stream,
    say,
    send_raw,
    together,
    wait_until,
)


@pytest.mark.clause("IDM-1", "IDM-2")
def test_the_same_id_answers_the_same_reply(alice: Client) -> None:
    """The same id again answers the same reply, byte for byte, and changes nothing in the list."""
    conversation_id, message = new_conversation(alice), new_message("Hello!")
    first = alice.send_message(conversation_id, message)
    before = alice.list_messages(conversation_id)
    again = [alice.send_message(conversation_id, message).body for _ in range(3)]
    assert again == [first.body] * 3
    assert alice.list_messages(conversation_id).body == before.body


@pytest.mark.clause("IDM-3")
@pytest.mark.parametrize("channel", ["messages", "message-streams"])
def test_a_replay_answers_whatever_its_body_now_says(streamer: Client, writer: ObedientWriter, channel: str) -> None:
    """A replay answers the first reply whatever else its valid body now says, and asks no model."""
    conversation_id, message = new_conversation(streamer), new_message("5")
    first = streamer.send_message(conversation_id, message).json()
    other = {**message, "text": "9", "createdAt": "2001-01-01T00:00:00Z", "contextSize": 1, "additionalContext": []}
    if channel == "messages":
        assert streamer.send_message(conversation_id, other).json() == first
    else:
        assert final_message(read_stream(streamer, conversation_id, other)) == first
    assert listed(streamer, conversation_id)[0]["text"] == "5"
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-3", "IDM-8")
def test_a_replay_with_an_invalid_body_is_refused(alice: Client) -> None:
    """An invalid body is refused, be its id an old one; the reply of that id stays."""
    conversation_id, message = new_conversation(alice), new_message("Hello!")
    first = alice.send_message(conversation_id, message)
    refused = alice.send_message(conversation_id, {**message, "contextSize": "16000"})
    assert refused.status == 422
    assert alice.send_message(conversation_id, message).body == first.body


@pytest.mark.clause("IDM-4", "IDM-2")
def test_a_replay_answers_its_own_old_reply(alice: Client) -> None:
    """After later turns, and another steering, a replay still answers its own reply rather than the newest."""
    conversation_id, message = new_conversation(alice), new_message("Hello!")
    first = alice.send_message(conversation_id, message)
    alice.patch_conversation(conversation_id, {"personality": "a pirate"})
    later = [say(alice, conversation_id, text) for text in ("And?", "Hello!")]
    assert alice.send_message(conversation_id, message).body == first.body
    assert listed(alice, conversation_id)[1::2] == [first.json(), *later]


@pytest.mark.clause("IDM-5")
def test_a_stream_replays_what_messages_answered(streamer: Client, writer: ObedientWriter) -> None:
    """A stream opened with an id that has a reply replays it, generates nothing and does not wait for a model."""
    conversation_id, message = new_conversation(streamer), new_message("60")
    first = streamer.send_message(conversation_id, message)
    replay = read_stream(streamer, conversation_id, message)
    assert final_message(replay) == first.json()
    assert deltas_joined(replay) == first.json()["text"]
    assert len(writer.asked(message)) == 1
    assert replay.exchange.elapsed < first.elapsed / 2


@pytest.mark.clause("IDM-5", "IDM-2")
def test_a_stream_replays_what_a_stream_answered(streamer: Client, writer: ObedientWriter) -> None:
    """A stream's reply is replayed by a stream, in the same events, and the list stays as it was."""
    conversation_id, message = new_conversation(streamer), new_message("8")
    first = read_stream(streamer, conversation_id, message)
    before = listed(streamer, conversation_id)
    replay = read_stream(streamer, conversation_id, message)
    assert [arrival.event for arrival in replay.arrivals] == [arrival.event for arrival in first.arrivals]
    assert listed(streamer, conversation_id) == before
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-6")
def test_messages_replays_what_a_stream_answered(streamer: Client, writer: ObedientWriter) -> None:
    """`/messages` with an id that a stream answered answers that reply, at once."""
    conversation_id, message = new_conversation(streamer), new_message("8")
    stream = read_stream(streamer, conversation_id, message)
    assert streamer.send_message(conversation_id, message).json() == final_message(stream)
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-7")
def test_the_same_new_id_twenty_times_at_once_is_one_turn(streamer: Client, writer: ObedientWriter) -> None:
    """The same new id sent twenty times at once makes one turn, and all get its one reply, byte for byte."""
    conversation_id, message = new_conversation(streamer), new_message("10")
    answers = together(20, lambda _: streamer.send_message(conversation_id, message))
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert [found["id"] for found in listed(streamer, conversation_id)] == [message["id"], answers[0].json()["id"]]
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-7")
def test_messages_waits_for_the_stream_of_its_id(streamer: Client, writer: ObedientWriter) -> None:
    """`/messages` with the id that a stream is just answering waits for that reply."""
    conversation_id, message = new_conversation(streamer), new_message("20")
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(1)
        answer = streamer.send_message(conversation_id, message)
        stream.wait_until_ended()
    assert answer.json() == final_message(stream)
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-1", "IDM-7")
@pytest.mark.parametrize("patience", ["at-once", "later"])
def test_a_client_that_lost_its_answer_asks_again(
    obedient_server: BackgroundServer, streamer: Client, writer: ObedientWriter, workspace: str, patience: str
) -> None:
    """Sent again after a connection that broke, the message gets the reply that was in the making: one turn."""
    conversation_id, message = new_conversation(streamer), new_message("10")
    with send_raw(obedient_server, f"{conversation_id}/messages", message, workspace):
        assert wait_until(lambda: bool(writer.asked(message)))
    if patience == "later":
        assert wait_until(lambda: len(listed(streamer, conversation_id)) == 2)
    answer = streamer.send_message(conversation_id, message)
    assert listed(streamer, conversation_id)[1:] == [answer.json()]
    assert len(writer.asked(message)) == 1


@pytest.mark.clause("IDM-7")
def test_both_channels_at_once_make_one_turn(streamer: Client, writer: ObedientWriter) -> None:
    """The same new id sent to both endpoints at once makes one turn: one reply for all, or 409 for a stream."""
    conversation_id, message = new_conversation(streamer), new_message("5")

    def send(number: int) -> Any:
        if number % 2:
            return streamer.send_message(conversation_id, message).json()
        stream = read_stream(streamer, conversation_id, message)
        return final_message(stream) if stream.exchange.status == 200 else stream.exchange.status

    answers = together(10, send)
    reply = listed(streamer, conversation_id)[1]
    assert all(answer in (reply, 409) for answer in answers)
    assert answers[1::2] == [reply] * 5
    assert len(writer.asked(message)) == 1


REFUSALS: dict[str, Callable[[Client, str, dict[str, Any]], Exchange]] = {
    "invalid": lambda client, id_, message: client.send_message(id_, {**message, "text": None}),
    "unauthenticated": lambda client, id_, message: client.with_authorization(None).send_message(id_, message),
    "not-found": lambda client, _, message: client.send_message("unknown", message),
    "invalid-stream": lambda client, id_, message: read_stream(client, id_, {**message, "contextSize": ""}).exchange,
}


@pytest.mark.clause("IDM-8", "STR-8")
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_request_uses_up_no_id(streamer: Client, writer: ObedientWriter, refusal: str) -> None:
    """A refused request uses up no id: sent again in order, it generates, with what it says then."""
    conversation_id, message = new_conversation(streamer), new_message("3")
    refused = REFUSALS[refusal](streamer, conversation_id, message)
    assert refused.status in (401, 404, 422)
    answer = streamer.send_message(conversation_id, {**message, "text": "4"})
    assert answer.json()["text"].endswith("w0 w1 w2 w3")
    assert [found["text"] for found in listed(streamer, conversation_id)] == ["4", answer.json()["text"]]


@pytest.mark.clause("IDM-8", "LCK-2", "LCK-10")
@pytest.mark.parametrize("channel", ["messages", "message-streams"])
def test_a_locked_out_id_can_be_used_later(streamer: Client, channel: str) -> None:
    """What the lock refused is generated once the lock is gone."""
    conversation_id, message = new_conversation(streamer), new_message("3")
    with streamer.open_stream(conversation_id, new_message(ENDLESS)):
        if channel == "messages":
            refused = streamer.send_message(conversation_id, message)
        else:
            refused = read_stream(streamer, conversation_id, message).exchange
        streamer.cancel_stream(conversation_id)
    assert refused.status == 409
    assert streamer.send_message(conversation_id, message).json()["text"].endswith("w0 w1 w2")


@pytest.mark.clause("IDM-9")
def test_ids_are_scoped_to_their_conversation(streamer: Client, writer: ObedientWriter) -> None:
    """The mock's choice: the same id in another conversation is another turn."""
    message = new_message("3")
    replies = [streamer.send_message(new_conversation(streamer), message).json() for _ in range(2)]
    assert replies[0]["id"] != replies[1]["id"]
    assert len(writer.asked(message)) == 2


@pytest.mark.clause("IDM-10")
def test_another_callers_id_brings_nothing_of_theirs(obedient_server: BackgroundServer, call_as: MakeCaller) -> None:
    """An id that another caller used never brings their reply, in one's own conversation or theirs."""
    alice, bob = call_as(obedient_server, "alice"), call_as(obedient_server, "bob")
    alices, message = new_conversation(alice), new_message("3")
    reply = alice.send_message(alices, message).json()
    bobs = bob.send_message(new_conversation(bob), message).json()
    assert bobs["id"] != reply["id"]
    assert bobs["text"] != reply["text"]
    assert bob.send_message(alices, message).status == 404
    assert read_stream(bob, alices, message).exchange.status == 404


@pytest.mark.clause("IDM-11")
def test_replays_while_a_stream_is_active(streamer: Client) -> None:
    """The mock's choice: meanwhile a replay is answered at `/messages`, and 409 at `/message-streams`."""
    conversation_id, old = new_conversation(streamer), new_message("3")
    reply = streamer.send_message(conversation_id, old)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as active:
        replayed = streamer.send_message(conversation_id, old)
        refused = read_stream(streamer, conversation_id, old).exchange
        assert active.ending is None
        streamer.cancel_stream(conversation_id)
    assert (replayed.status, replayed.body) == (200, reply.body)
    assert (refused.status, refused.json()["code"]) == (409, "conversationLocked")
