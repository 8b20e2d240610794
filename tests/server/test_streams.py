"""STR: a reply as Server-Sent Events, as it grows."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver.server import BackgroundServer

from .given import (
    UNKNOWN_ID,
    JsonObject,
    ObedientWriter,
    ascii_head,
    deltas_joined,
    final_message,
    listed,
    make_http,
    make_server,
    new_conversation,
    read_stream,
    say,
)

EVENT = re.compile(r"event: (delta|message|error)\ndata: (\{[^\r\n]*\})\n\n")


def read_bytes(http: httpx.Client, message: JsonObject) -> httpx.Response:
    """The raw answer to a stream in a new conversation, read to its end."""
    conversation_id = http.post("/conversations").json()["id"]
    return http.post(f"/conversations/{conversation_id}/message-streams", json=message)


@pytest.mark.clause("STR-1", "STR-9")
def test_headers(http: httpx.Client) -> None:
    """200 and `text/event-stream` in UTF-8, chunked, and neither stored nor buffered on its way."""
    answer = read_bytes(http, new_message("Hello!"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in answer.headers


@pytest.mark.clause("STR-1", "STR-2", "STR-3", "STR-5")
def test_bytes(http: httpx.Client) -> None:
    """Nothing but whole events, each one line of JSON with the one key that its name says, the final one last."""
    text = read_bytes(http, new_message("Hello!")).content.decode("utf-8")
    events = EVENT.findall(text)
    data = [json.loads(line) for _, line in events]
    assert EVENT.sub("", text) == ""
    assert [name for name, _ in events] == ["delta"] * (len(events) - 1) + ["message"]
    assert [list(fields) for fields in data] == [[name] for name, _ in events]
    assert "".join(fields["delta"] for fields in data[:-1]) == data[-1]["message"]["text"]


@pytest.mark.clause("STR-1", "STR-5")
@pytest.mark.parametrize(
    "text",
    [
        "👩🏽‍💻👨‍👩‍👧‍👦 🇩🇪🇫🇷 done",
        "日本語のとても長い文章です。改行なし",
        "مرحبا، اكتب شعارًا",
        "e\u0301te\u0301 \r\n\r\ndata: not an event\n\n: nor a comment\r",
        "\u2028 \u2029 \u0085 \u0000 \ufeff",
        "\ud83d alone \udfff",
        "x" * 200,
    ],
    ids=ascii_head,
)
def test_any_text_streams(streamer: Client, text: str) -> None:
    """Well-formed whatever the reply says: emoji, scripts without spaces, line ends, lone surrogates."""
    conversation_id = new_conversation(streamer)
    stream = read_stream(streamer, conversation_id, {**new_message(text), "contextSize": 0})
    assert final_message(stream)["text"].endswith(text)
    assert deltas_joined(stream) == final_message(stream)["text"]
    assert not stream.parser.invalid_utf8
    assert [message["text"] for message in listed(streamer, conversation_id)] == [text, final_message(stream)["text"]]


@pytest.mark.clause("STR-2", "STR-3", "STR-5", "STR-6")
def test_the_built_in_replies_stream(paced_alice: Client) -> None:
    """Deltas that join to the final text, and then the list has the message and the reply."""
    conversation_id, message = new_conversation(paced_alice), new_message("Hello!")
    stream = read_stream(paced_alice, conversation_id, message)
    assert stream.ending == "it ended"
    assert {arrival.event.name for arrival in stream.arrivals[:-1]} == {"delta"}
    assert deltas_joined(stream) == final_message(stream)["text"]
    user, reply = listed(paced_alice, conversation_id)
    assert (user["id"], user["text"], reply) == (message["id"], "Hello!", final_message(stream))


@pytest.mark.clause("STR-4")
def test_deltas_arrive_as_they_are_produced(streamer: Client) -> None:
    """It streams: at a hundred words a second, forty words take their time, and the first is early."""
    stream = read_stream(streamer, new_conversation(streamer), new_message("40"))
    first, *_, last = [arrival.at for arrival in stream.arrivals]
    assert last - first > 0.2
    assert first - stream.exchange.started < last - first


@pytest.mark.clause("STR-4")
def test_the_part_produced_can_be_read_before_the_end(streamer: Client) -> None:
    """The client has text in hand while the reply still grows."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message("2000")) as stream:
        assert stream.wait_for_deltas(5)
        assert stream.ending is None
        assert re.search(r"w0 w1 w2", stream.text)
        assert [message["source"] for message in listed(streamer, conversation_id)] == ["user"]
        streamer.cancel_stream(conversation_id)


@pytest.mark.clause("STR-6", "MSG-3")
def test_streams_and_messages_make_one_history(streamer: Client, writer: ObedientWriter) -> None:
    """Turns of both kinds are listed in their order, and are history to what comes after."""
    conversation_id, messages = new_conversation(streamer), [new_message(text) for text in ("1", "2", "3")]
    streamer.send_message(conversation_id, messages[0])
    read_stream(streamer, conversation_id, messages[1])
    streamer.send_message(conversation_id, messages[2])
    turns = listed(streamer, conversation_id)
    assert [turn["id"] for turn in turns[::2]] == [message["id"] for message in messages]
    assert [message.id for message in writer.asked(messages[2])[0].history] == [turn["id"] for turn in turns[:4]]


@pytest.mark.clause("STR-7", "ERR-3")
def test_a_stream_cannot_be_fetched(http: httpx.Client) -> None:
    """GET is 405, with the methods that there are, before a stream and after it."""
    path = f"/conversations/{http.post('/conversations').json()['id']}/message-streams"
    for _ in range(2):
        refused = http.get(path)
        assert refused.status_code == 405
        assert refused.headers["Allow"] == "DELETE, POST"
        http.post(path, json=new_message("Hello!"))


BAD: dict[str, tuple[JsonObject, int]] = {
    "invalid": ({"json": {**new_message("Hello!"), "additionalContext": [{}]}}, 422),
    "no-object": ({"json": []}, 422),
    "no-body": ({}, 400),
    "no-json": ({"content": b'{"id":', "headers": {"Content-Type": "application/json"}}, 400),
    "no-utf-8": ({"content": b'"\xff"', "headers": {"Content-Type": "application/json"}}, 400),
    "form": ({"data": new_message("Hello!")}, 415),
    "no-token": ({"json": new_message("Hello!"), "headers": {"Authorization": "Bearer x"}}, 401),
    "other-workspace": ({"json": new_message("Hello!"), "headers": {"Authorization": "Bearer alice@other"}}, 403),
}


@pytest.mark.clause("STR-8")
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_request_is_no_stream(http: httpx.Client, bad: str) -> None:
    """A bad request gets a plain 4xx even if it asks for events, stores nothing and takes no lock."""
    path, (request, status) = f"/conversations/{http.post('/conversations').json()['id']}", BAD[bad]
    headers = {"Accept": "text/event-stream", **request.get("headers", {})}
    refused = http.post(f"{path}/message-streams", **{**request, "headers": headers})
    assert (refused.status_code, refused.headers["Content-Type"]) == (status, "application/json")
    assert refused.json()["error"]
    assert http.get(f"{path}/messages").json()["data"] == []
    assert http.post(f"{path}/message-streams", json=new_message("Hello!")).status_code == 200


@pytest.mark.clause("STR-8", "MSG-9")
def test_no_stream_in_an_unknown_conversation(alice: Client) -> None:
    """A stream in a conversation that there is not is a plain 404."""
    refused = read_stream(alice, UNKNOWN_ID, new_message("Hello!")).exchange
    assert (refused.status, refused.media_type) == (404, "application/json")


@pytest.mark.clause("STR-1", "STR-2")
def test_keep_alives_carry_nothing() -> None:
    """Comment lines keep a stream with a slow model alive: they come before the first event, and are no events."""
    with (
        make_server(first_token_ms=250, tokens_per_second=1000, jitter=0, keep_alive_s=0.05) as server,
        make_http(server, "demo") as http,
    ):
        text = read_bytes(http, new_message("Hello!")).text
    before, _, events = text.partition("event: ")
    assert before == ": keep-alive\n\n" * before.count("keep-alive")
    assert before.count("keep-alive") >= 4
    assert EVENT.sub("", ("event: " + events).replace(": keep-alive\n\n", "")) == ""


@pytest.mark.clause("STR-1")
@pytest.mark.parametrize("keep_alive_s", [0, 15])
def test_short_streams_need_no_keep_alives(keep_alive_s: float) -> None:
    """With keep-alives off, or farther apart than the stream is long, there are none."""
    with (
        make_server(first_token_ms=20, tokens_per_second=1000, keep_alive_s=keep_alive_s) as server,
        make_http(server, "demo") as http,
    ):
        assert ": keep-alive" not in read_bytes(http, new_message("Hello!")).text


def test_a_stream_is_no_slower_for_its_neighbours(obedient_server: BackgroundServer, streamer: Client) -> None:
    """While a stream is paced the server answers others at once."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message("2000")) as stream:
        stream.wait_for_deltas(1)
        assert streamer.list_messages(conversation_id).elapsed < 0.5
        assert say(streamer, new_conversation(streamer), "1")
        assert stream.ending is None
        streamer.cancel_stream(conversation_id)
