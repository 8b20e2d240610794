"""LCK: one stream at a time in a conversation."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from conformance.client import Client, new_message
from mockserver.server import BackgroundServer

from .given import (
    ENDLESS,
    FailingOnce,
    MakeCaller,
    final_message,
    listed,
    make_client,
    make_server,
    new_conversation,
    read_stream,
    send_raw,
    together,
    wait_until,
)


def is_free(client: Client, conversation_id: str) -> bool:
    """Whether a stream can be opened; it is read to its end."""
    status = read_stream(client, conversation_id, new_message("1")).exchange.status
    assert status in (200, 409)
    return status == 200


@pytest.mark.clause("LCK-1", "ERR-2")
def test_a_second_stream_is_refused(streamer: Client) -> None:
    """While a stream is active, a second one in that conversation is 409 `conversationLocked`."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as active:
        refused = read_stream(streamer, conversation_id, new_message("1")).exchange
        assert active.ending is None
        streamer.cancel_stream(conversation_id)
    assert (refused.status, refused.media_type) == (409, "application/json")
    assert refused.json().keys() == {"error", "code"}
    assert refused.json()["code"] == "conversationLocked"


@pytest.mark.clause("LCK-1")
def test_the_lock_is_there_before_the_first_delta(obedient_server: BackgroundServer) -> None:
    """A stream is active from its beginning: the lock does not wait for the model's first word."""
    with make_server(first_token_ms=60_000) as server:
        alice = make_client(server)
        conversation_id = new_conversation(alice)
        with alice.open_stream(conversation_id, new_message("Hello!")) as active:
            assert not is_free(alice, conversation_id)
            assert active.arrivals == []
        alice.close()


@pytest.mark.clause("LCK-2")
def test_the_refused_call_stores_and_harms_nothing(streamer: Client) -> None:
    """The refused call stores nothing, and the active stream runs on to its end."""
    conversation_id, message = new_conversation(streamer), new_message("30")
    with streamer.open_stream(conversation_id, message) as active:
        refused = [read_stream(streamer, conversation_id, new_message("1")).exchange.status for _ in range(3)]
        active.wait_until_ended()
    assert refused == [409] * 3
    assert final_message(active)["text"].endswith("w28 w29")
    assert [found["id"] for found in listed(streamer, conversation_id)] == [message["id"], final_message(active)["id"]]


@pytest.mark.clause("LCK-3")
def test_other_conversations_stream_at_the_same_time(obedient_server: BackgroundServer, call_as: MakeCaller) -> None:
    """The lock is the conversation's own: a caller's other conversations, and other callers, stream meanwhile."""
    alice, bob = call_as(obedient_server, "alice"), call_as(obedient_server, "bob")
    with ExitStack() as opened:
        places = [(client, new_conversation(client)) for client in (alice, alice, bob)]
        streams = [opened.enter_context(client.open_stream(id_, new_message(ENDLESS))) for client, id_ in places]
        assert all(stream.wait_for_deltas(3) for stream in streams)
        assert [stream.ending for stream in streams] == [None] * 3
        for client, id_ in places:
            client.cancel_stream(id_)


@pytest.mark.clause("LCK-4")
def test_the_lock_ends_with_the_stream(streamer: Client) -> None:
    """With the final event in hand the next stream is opened at once, again and again."""
    conversation_id = new_conversation(streamer)
    for _ in range(5):
        with streamer.open_stream(conversation_id, new_message("2")) as stream:
            events = [arrival.event.name for arrival in stream]
        assert events[-1:] == ["message"]


@pytest.mark.clause("LCK-5")
def test_the_lock_ends_with_a_cancel(streamer: Client) -> None:
    """When the cancel has been answered the lock is gone, be the cancelled stream still open or not."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as cancelled:
        cancelled.wait_for_deltas(1)
        assert streamer.cancel_stream(conversation_id).status == 200
        assert is_free(streamer, conversation_id)


@pytest.mark.clause("LCK-6")
def test_of_twenty_at_once_one_gets_through(streamer: Client) -> None:
    """Of twenty streams opened at once in one conversation one gets through, the others get 409."""
    conversation_id = new_conversation(streamer)
    streams = together(20, lambda _: streamer.open_stream(conversation_id, new_message(ENDLESS)))
    answers = sorted((stream.exchange.status, stream.exchange.media_type) for stream in streams)
    codes = {stream.exchange.json()["code"] for stream in streams if stream.exchange.status != 200}
    streamer.cancel_stream(conversation_id)
    for stream in streams:
        stream.close()
    assert answers == [(200, "text/event-stream")] + [(409, "application/json")] * 19
    assert codes == {"conversationLocked"}
    assert [message["source"] for message in listed(streamer, conversation_id)] in (["user"], ["user", "assistant"])


@pytest.mark.clause("LCK-6")
def test_of_twenty_with_one_id_one_gets_through(streamer: Client) -> None:
    """So too where all of them have the same id."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    streams = together(20, lambda _: streamer.open_stream(conversation_id, message))
    statuses = sorted(stream.exchange.status or 0 for stream in streams)
    streamer.cancel_stream(conversation_id)
    for stream in streams:
        stream.close()
    assert statuses == [200] + [409] * 19


@pytest.mark.clause("LCK-7")
def test_a_cancel_ends_the_lock_of_a_client_that_went_away(streamer: Client) -> None:
    """A client that goes away leaves no lock that a cancel cannot end."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as stream:
        stream.wait_for_deltas(1)
    assert streamer.cancel_stream(conversation_id).status == 200
    assert is_free(streamer, conversation_id)


@pytest.mark.clause("LCK-8")
def test_a_client_that_goes_away_leaves_no_lock(streamer: Client) -> None:
    """Without any cancel too the lock of a client that went away ends, and the part produced is kept."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(3)
    assert wait_until(lambda: is_free(streamer, conversation_id))
    user, reply = listed(streamer, conversation_id)[:2]
    assert user["id"] == message["id"]
    assert reply["text"].startswith(stream.text)


@pytest.mark.clause("LCK-8")
@pytest.mark.parametrize("first_token_ms", [0, 60_000], ids=["while-it-streams", "before-the-first-delta"])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_whenever_and_however_it_goes(how: str, first_token_ms: int) -> None:
    """So too if it hangs up before the first delta, and if the connection is torn rather than closed."""
    with make_server(first_token_ms=first_token_ms, tokens_per_second=20, jitter=0) as server:
        alice = make_client(server)
        conversation_id = new_conversation(alice)
        connection = send_raw(server, f"{conversation_id}/message-streams", new_message("Write a story of 400 words."))
        received = connection.recv(20)
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        freed = wait_until(lambda: opens(alice, conversation_id))
        alice.close()
    assert received.startswith(b"HTTP/1.1 200")
    assert freed


def opens(client: Client, conversation_id: str) -> bool:
    """Whether a stream can be opened; it is cancelled at once."""
    with client.open_stream(conversation_id, new_message("Hello!")) as stream:
        client.cancel_stream(conversation_id) if stream.exchange.status == 200 else None
        return stream.exchange.status == 200


@pytest.mark.clause("LCK-9", "STR-3", "IDM-8")
@pytest.mark.parametrize("failure", [lambda: "", lambda: str(1 // 0)], ids=["says-nothing", "raises"])
def test_a_stream_that_fails_leaves_no_lock(failure: Callable[[], str]) -> None:
    """A stream whose generation fails ends in one `error` event, leaves no lock, and its id then works."""
    with make_server(FailingOnce(failure), speed="instant") as server:
        alice, message = make_client(server), new_message("Hello!")
        conversation_id = new_conversation(alice)
        failed = read_stream(alice, conversation_id, message)
        again = read_stream(alice, conversation_id, message)
        messages = listed(alice, conversation_id)
        alice.close()
    assert failed.exchange.status == 200
    assert [arrival.event.name for arrival in failed.arrivals] == ["error"]
    assert json.loads(failed.arrivals[0].event.data)["code"] == "generationFailed"
    assert final_message(again)["text"] == "Here you are."
    assert [found["text"] for found in messages] == ["Hello!", "Here you are."]


@pytest.mark.clause("LCK-10")
def test_messages_are_locked_out_as_well(streamer: Client) -> None:
    """The mock's choice: a new message at `/messages` is 409 too, and stores nothing; reading and patching go on."""
    conversation_id, message = new_conversation(streamer), new_message(ENDLESS)
    with streamer.open_stream(conversation_id, message) as active:
        active.wait_for_deltas(1)
        refused = streamer.send_message(conversation_id, new_message("1"))
        reads = [
            streamer.list_messages(conversation_id),
            streamer.patch_conversation(conversation_id, {"personality": "x"}),
        ]
        assert active.ending is None
        streamer.cancel_stream(conversation_id)
    assert (refused.status, refused.json()["code"]) == (409, "conversationLocked")
    assert [read.status for read in reads] == [200, 200]
    user, _kept = listed(streamer, conversation_id)
    assert user["id"] == message["id"]
