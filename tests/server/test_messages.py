"""MSG: a message and its reply."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from conformance.client import Client, new_message

from .given import (
    ON_A_CONVERSATION,
    UNKNOWN_ID,
    JsonObject,
    ObedientWriter,
    ascii_head,
    listed,
    make_client,
    make_server,
    new_conversation,
    say,
)


@pytest.mark.clause("MSG-1", "MSG-5")
def test_the_answer_is_the_assistants_reply(alice: Client) -> None:
    """The answer is 200 and a Message of the assistant's, with a text."""
    answer = alice.send_message(new_conversation(alice), new_message("Hello!"))
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert answer.json().keys() == {"id", "text", "source", "createdAt"}
    assert answer.json()["source"] == "assistant"
    assert answer.json()["text"].strip()


@pytest.mark.clause("MSG-1", "MSG-2")
@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "x" * 100_000, "日本語 👩🏽‍💻 e\u0301", "\u2028\u0000\x1b[31m", "\ud800 alone \udfff"],
    ids=ascii_head,
)
def test_any_text_is_taken_and_listed_as_sent(alice: Client, text: str) -> None:
    """The user's message is listed with the text that the client sent, be it empty or no valid Unicode."""
    conversation_id, message = new_conversation(alice), new_message(text)
    answer = alice.send_message(conversation_id, message)
    assert answer.status == 200
    assert listed(alice, conversation_id)[0] | {"createdAt": ""} == {
        "id": message["id"],
        "text": text,
        "source": "user",
        "createdAt": "",
    }


@pytest.mark.clause("MSG-2", "IDM-1")
@pytest.mark.parametrize("message_id", ["", "1", "a/b?c#d", "\u0000", "\ud800", "é" * 1000], ids=ascii_head)
def test_any_string_is_an_id(alice: Client, message_id: str) -> None:
    """The message's id is the client's: any string, kept as it is, and replayed by."""
    conversation_id, message = new_conversation(alice), {**new_message("Hello!"), "id": message_id}
    answers = [alice.send_message(conversation_id, message) for _ in range(2)]
    assert answers[0].status == 200
    assert answers[0].body == answers[1].body
    assert [found["id"] for found in listed(alice, conversation_id)] == [message_id, answers[0].json()["id"]]


@pytest.mark.clause("MSG-2", "MSG-3", "MSG-5")
def test_turns_are_listed_oldest_first(alice: Client) -> None:
    """The oldest comes first across turns, the user's message before its reply, by `createdAt` too."""
    conversation_id = new_conversation(alice)
    texts = ["One.", "Two.", "Three."]
    replies = [say(alice, conversation_id, text) for text in texts]
    messages = listed(alice, conversation_id)
    assert messages[1::2] == replies
    assert [(message["text"], message["source"]) for message in messages[::2]] == [(text, "user") for text in texts]
    assert [message["createdAt"] for message in messages] == sorted(message["createdAt"] for message in messages)


@pytest.mark.clause("MSG-4")
@pytest.mark.parametrize("field", ["id", "text", "createdAt"])
@pytest.mark.parametrize("value", ["absent", None, 5, True, [], {}], ids=str)
@pytest.mark.parametrize("channel", ["messages", "message-streams"])
def test_the_required_strings(http: httpx.Client, channel: str, field: str, value: object) -> None:
    """Without `id`, `text` or `createdAt`, with null or another type there, the call is refused and stores nothing."""
    path = f"/conversations/{http.post('/conversations').json()['id']}"
    message = {key: old for key, old in new_message("Hello!").items() if key != field}
    refused = http.post(f"{path}/{channel}", json=message if value == "absent" else {**message, field: value})
    assert refused.status_code == 422
    kind = "missing" if value == "absent" else "wrongType"
    assert [(error["field"], error["type"]) for error in refused.json()["errors"]] == [(field, kind)]
    assert http.get(f"{path}/messages").json()["data"] == []


@pytest.mark.clause("MSG-4")
@pytest.mark.parametrize(
    "created_at",
    [
        "2026-05-01T09:00:00",
        "2026-05-01T09:00:00Z",
        "2026-05-01T09:00:00.1+02:00",
        "1999-12-31T23:59:59.999999999-00:00",
    ],
)
def test_every_form_of_timestamp_is_taken(alice: Client, created_at: str) -> None:
    """A timestamp's fraction and offset are each optional."""
    message = {**new_message("Hello!"), "createdAt": created_at}
    assert alice.send_message(new_conversation(alice), message).status == 200


@pytest.mark.clause("MSG-4")
@pytest.mark.parametrize(
    "created_at", ["", "yesterday", "2026-05-01", "2026-13-01T09:00:00", "2026-05-01T24:00:00", "\ud800"]
)
def test_another_string_is_no_timestamp(alice: Client, created_at: str) -> None:
    """The mock's choice: a `createdAt` that is no timestamp is refused, with an example of one."""
    conversation_id = new_conversation(alice)
    refused = alice.send_message(conversation_id, {**new_message("Hello!"), "createdAt": created_at})
    assert refused.status == 422
    assert refused.json()["errors"][0]["type"] == "pattern"
    assert "2026-05-01T09:01:30" in refused.json()["errors"][0]["message"]
    assert listed(alice, conversation_id) == []


@pytest.mark.clause("MSG-6")
def test_created_at_is_not_the_clients_clock(alice: Client) -> None:
    """`createdAt` of a listed message is when it was stored, not what the client's clock said."""
    conversation_id = new_conversation(alice)
    alice.send_message(conversation_id, {**new_message("Hello!"), "createdAt": "1999-12-31T23:59:59"})
    assert all(message["createdAt"] >= "2026" for message in listed(alice, conversation_id))


@pytest.mark.clause("MSG-6")
def test_by_the_wall_clock_it_is_now() -> None:
    """With the wall clock `createdAt` is the time at which the message was stored, in UTC and without an offset."""
    before = datetime.now(UTC).replace(tzinfo=None)
    with make_server(speed="instant", clock="wall") as server:
        alice = make_client(server)
        conversation_id = new_conversation(alice)
        say(alice, conversation_id)
        instants = [datetime.fromisoformat(message["createdAt"]) for message in listed(alice, conversation_id)]
        alice.close()
    assert all(before <= instant <= before + timedelta(seconds=30) for instant in instants)
    assert instants == sorted(instants)


@pytest.mark.clause("MSG-7")
@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"id": 7, "content": "We open at six."}],
        [{"id": -1, "content": "", "category_name": "Hours"}, {"id": 7.0, "content": "x", "other": None}],
        [{"id": 10**30, "content": "x"}] * 50,
    ],
    ids=["none", "plain", "with-category", "many"],
)
def test_additional_context_is_taken(alice: Client, entries: list[JsonObject]) -> None:
    """An entry needs an integer `id` and a string `content`; `category_name` is optional."""
    answer = alice.send_message(new_conversation(alice), {**new_message("Hello!"), "additionalContext": entries})
    assert answer.status == 200


@pytest.mark.clause("MSG-7", "ERR-2")
@pytest.mark.parametrize(
    ("entries", "fields"),
    [
        ([{"content": "x"}], ["additionalContext[0].id"]),
        ([{"id": 1}], ["additionalContext[0].content"]),
        ([{"id": "1", "content": 5}], ["additionalContext[0].content", "additionalContext[0].id"]),
        ([{"id": 1.5, "content": "x"}], ["additionalContext[0].id"]),
        ([{"id": 1, "content": "x"}, {"id": 2, "content": None}], ["additionalContext[1].content"]),
        ([{"id": 1, "content": "x", "category_name": None}], ["additionalContext[0].category_name"]),
        (["x"], ["additionalContext[0]"]),
        ({"id": 1, "content": "x"}, ["additionalContext"]),
        (None, ["additionalContext"]),
    ],
    ids=str,
)
def test_a_malformed_entry_is_refused(alice: Client, entries: Any, fields: list[str]) -> None:
    """A malformed entry is refused, named by its path, and nothing is stored."""
    conversation_id = new_conversation(alice)
    refused = alice.send_message(conversation_id, {**new_message("Hello!"), "additionalContext": entries})
    assert refused.status == 422
    assert sorted(error["field"] for error in refused.json()["errors"]) == fields
    assert listed(alice, conversation_id) == []


@pytest.mark.clause("MSG-7", "MSG-8")
def test_what_goes_with_a_message_reaches_the_model(streamer: Client, writer: ObedientWriter) -> None:
    """`contextSize` is 16000 unless given; the context is that of its own turn alone."""
    conversation_id = new_conversation(streamer)
    plain, rich = new_message("1"), {**new_message("1"), "contextSize": 12.0}
    rich["additionalContext"] = [{"id": 7, "content": "We open at six.", "category_name": "Hours"}]
    for message in (rich, plain):
        streamer.send_message(conversation_id, message)
    prompts = [writer.asked(message)[0].prompt for message in (rich, plain)]
    assert [prompt.context_size for prompt in prompts] == [12, 16000]
    assert [[snippet.content for snippet in prompt.context] for prompt in prompts] == [["We open at six."], []]


@pytest.mark.clause("MSG-8")
@pytest.mark.parametrize("size", [0, 1, -5, 5.0, 10**400], ids=lambda size: str(size)[:9])
def test_any_integer_is_a_context_size(alice: Client, size: float) -> None:
    """`contextSize` is an integer: no bounds are stated, and 5.0 is one to JSON."""
    conversation_id = new_conversation(alice)
    say(alice, conversation_id)
    assert alice.send_message(conversation_id, {**new_message("And now?"), "contextSize": size}).status == 200


@pytest.mark.clause("MSG-8", "ERR-4")
@pytest.mark.parametrize("size", ["16000", 1.5, True, None, [], {}], ids=str)
def test_anything_else_is_no_context_size(alice: Client, size: object) -> None:
    """A `contextSize` that is no integer is refused, null too, and nothing is stored."""
    conversation_id = new_conversation(alice)
    refused = alice.send_message(conversation_id, {**new_message("Hello!"), "contextSize": size})
    assert refused.status == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["contextSize"]
    assert listed(alice, conversation_id) == []


@pytest.mark.clause("MSG-9")
@pytest.mark.parametrize(
    "unknown", [UNKNOWN_ID, "x", "%00", "%ff", "a%0Ab", "%E2%80%A8", "x" * 5000], ids=lambda unknown: unknown[:8]
)
@pytest.mark.parametrize("operation", ON_A_CONVERSATION, ids=" ".join)
def test_an_unknown_conversation_is_not_found(http: httpx.Client, operation: tuple[str, str], unknown: str) -> None:
    """An unknown conversation is 404 on every operation that names one."""
    method, path = operation
    body = {**new_message("Hello!"), "personality": "kind"} if method in {"POST", "PATCH"} else None
    missing = http.request(method, path.replace("{conversationId}", unknown), json=body)
    assert missing.status_code == 404
    assert missing.json()["code"] == "notFound"
