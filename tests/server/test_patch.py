"""PAT: what steers the replies is changed part by part; seen in the replies, which speak of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver.rules.values import Steering

from .given import (
    JsonObject,
    ObedientWriter,
    final_message,
    listed,
    make_client,
    make_server,
    new_conversation,
    read_stream,
    say,
)

ReplyAfter = Callable[..., str]
PARTS = ["personality", "brandVoiceId", "targetAudienceId"]
MESSAGE = {**new_message("Name a slogan for a bakery."), "id": "the-one-message"}


@pytest.fixture(scope="module")
def reply_after() -> Iterator[ReplyAfter]:
    """Gives the reply to the one message in a conversation whose steering went through these patches.

    Each is the first conversation of a fresh server: only the steering can make one reply differ from another.
    """
    with make_server(speed="instant") as server:
        alice = make_client(server)

        def reply(*patches: JsonObject, created: JsonObject | None = None) -> str:
            server.reset()
            conversation_id = new_conversation(alice, created)
            for patch in patches:
                assert alice.patch_conversation(conversation_id, patch).status == 200
            text: str = alice.send_message(conversation_id, MESSAGE).json()["text"]
            return text

        yield reply
        alice.close()


@pytest.mark.clause("PAT-1")
@pytest.mark.parametrize("body", [{}, {"personalityId": 7}, {"modelName": "gpt-4"}, {"Personality": "x"}], ids=str)
def test_one_of_three_has_to_be_there(alice: Client, body: JsonObject) -> None:
    """`{}`, `personalityId` alone and unknown fields alone are refused."""
    refused = alice.patch_conversation(new_conversation(alice), body)
    assert refused.status == 422
    assert [(error["field"], error["type"]) for error in refused.json()["errors"]] == [("body", "missing")]
    assert all(part in refused.json()["error"] for part in PARTS)


@pytest.mark.clause("PAT-2")
@pytest.mark.parametrize("value", ["a value", "", "\ud800", None], ids=ascii)
@pytest.mark.parametrize("part", PARTS)
def test_each_alone_is_accepted(alice: Client, part: str, value: str | None) -> None:
    """Each of the three is accepted alone, as any string and as null, and the answer is `{}`."""
    conversation_id = new_conversation(alice)
    patched = alice.patch_conversation(conversation_id, {part: value})
    assert (patched.status, patched.media_type, patched.body) == (200, "application/json", "{}")
    assert say(alice, conversation_id)["text"]


@pytest.mark.clause("PAT-3")
@pytest.mark.parametrize("channel", ["messages", "message-streams"])
def test_a_string_replaces(alice: Client, channel: str) -> None:
    """The new personality shows in the reply, the one that it replaced does not."""
    conversation_id = new_conversation(alice, {"personality": "a keeper of zebrafinches"})
    alice.patch_conversation(conversation_id, {"personality": "a tuner of harpsichords"})
    if channel == "messages":
        text = say(alice, conversation_id)["text"]
    else:
        text = final_message(read_stream(alice, conversation_id, new_message("Hello!")))["text"]
    assert "harpsichords" in text
    assert "zebrafinches" not in text


@pytest.mark.clause("PAT-3", "PAT-4", "PAT-5")
def test_value_null_and_omission_part_by_part(streamer: Client, writer: ObedientWriter) -> None:
    """A string replaces, null clears, what is not there stays: for each part by itself, over several patches."""
    conversation_id = new_conversation(streamer, {"personality": "P", "brandVoiceId": "V", "personalityId": 1})
    steps: list[tuple[JsonObject, Steering]] = [
        ({"targetAudienceId": "A"}, Steering("P", 1, "V", "A")),
        ({"personality": None, "personalityId": 2}, Steering(None, 2, "V", "A")),
        ({"brandVoiceId": None, "targetAudienceId": "B"}, Steering(None, 2, None, "B")),
        ({"personality": "", "brandVoiceId": "W", "targetAudienceId": None, "other": 1}, Steering("", 2, "W", None)),
    ]
    for patch, steering in steps:
        assert streamer.patch_conversation(conversation_id, patch).status == 200
        message = new_message("1")
        streamer.send_message(conversation_id, message)
        assert writer.asked(message)[0].steering == steering


@pytest.mark.clause("PAT-4")
@pytest.mark.parametrize(
    "patch", [{"brandVoiceId": "v-1"}, {"targetAudienceId": "a-1"}, {"brandVoiceId": None}], ids=str
)
def test_an_omitted_personality_stays(alice: Client, patch: JsonObject) -> None:
    """A patch of something else leaves the personality, which goes on to show."""
    conversation_id = new_conversation(alice, {"personality": "a keeper of zebrafinches"})
    assert alice.patch_conversation(conversation_id, patch).status == 200
    assert "zebrafinches" in say(alice, conversation_id)["text"]


@pytest.mark.clause("PAT-5")
@pytest.mark.parametrize("part", PARTS)
def test_null_clears(reply_after: ReplyAfter, part: str) -> None:
    """After null the reply is that of a conversation that was never steered, and not what it was with the value."""
    never, steered = reply_after(), reply_after({part: "zebrafinches"})
    assert reply_after({part: "zebrafinches"}, {part: None}) == never != steered


@pytest.mark.clause("PAT-6")
@pytest.mark.parametrize(
    "flaw",
    [{"personalityId": None}, {"personalityId": "7"}, {"brandVoiceId": 5}, {"targetAudienceId": ["a"]}],
    ids=str,
)
def test_a_refused_patch_changes_nothing(alice: Client, flaw: JsonObject) -> None:
    """A patch with one flaw is refused as a whole: what is right in it has no effect either."""
    conversation_id = new_conversation(alice, {"personality": "a keeper of zebrafinches"})
    refused = alice.patch_conversation(conversation_id, {"personality": "a tuner of harpsichords", **flaw})
    text = say(alice, conversation_id)["text"]
    assert refused.status == 422
    assert "zebrafinches" in text
    assert "harpsichords" not in text


@pytest.mark.clause("PAT-7")
def test_the_lists_do_not_change(alice: Client) -> None:
    """A patch changes nothing that the lists show, and no order; replies that were given stay too."""
    ids = [new_conversation(alice, {"modelName": "gpt-4"}) for _ in range(3)]
    say(alice, ids[1])
    before = [alice.list_conversations().body, alice.list_messages(ids[1]).body]
    for part in PARTS:
        alice.patch_conversation(ids[1], {part: "zebrafinches", "modelName": "o3", "personalityId": 5})
    assert [alice.list_conversations().body, alice.list_messages(ids[1]).body] == before


@pytest.mark.clause("PAT-8")
def test_a_personality_wins_over_a_brand_voice(reply_after: ReplyAfter) -> None:
    """With a personality the brand voice shows in nothing; without one it does."""
    only_personality = reply_after({"personality": "a keeper of zebrafinches"})
    both = reply_after({"personality": "a keeper of zebrafinches", "brandVoiceId": "voice-of-harpsichords"})
    assert "zebrafinches" in both
    assert both == only_personality
    assert reply_after({"brandVoiceId": "voice-of-harpsichords"}) != reply_after()


@pytest.mark.clause("PAT-8")
def test_a_personality_id_steers_nothing(reply_after: ReplyAfter) -> None:
    """`personalityId` is kept as a reference: whatever it is, the reply is the same."""
    replies = {
        reply_after({"personality": "kind"}),
        reply_after({"personality": "kind", "personalityId": 1}),
        reply_after({"personality": "kind", "personalityId": -(10**30)}),
        reply_after({"personality": "kind"}, created={"personalityId": 5}),
    }
    assert len(replies) == 1


@pytest.mark.clause("PAT-9", "PAT-1")
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"personality": 5}, ["personality"]),
        ({"brandVoiceId": 5}, ["brandVoiceId"]),
        ({"targetAudienceId": False}, ["targetAudienceId"]),
        ({"personality": "x", "personalityId": None}, ["personalityId"]),
        ({"personality": "x", "personalityId": 1.5}, ["personalityId"]),
        (
            {"personality": {}, "personalityId": "1", "brandVoiceId": []},
            ["brandVoiceId", "personality", "personalityId"],
        ),
        ({"personalityId": None}, ["body", "personalityId"]),
        ([], ["body"]),
        (None, ["body"]),
    ],
    ids=str,
)
def test_a_wrong_type_is_refused(http: httpx.Client, body: Any, fields: list[str]) -> None:
    """A field of the wrong type is refused, `personalityId` null too, and all of them are named."""
    path = f"/conversations/{http.post('/conversations').json()['id']}"
    refused = http.patch(path, content=json.dumps(body))
    assert refused.status_code == 422
    assert sorted(error["field"] for error in refused.json()["errors"]) == fields


@pytest.mark.clause("PAT-3", "LCK-2")
def test_a_stream_is_not_steered_midway(streamer: Client, writer: ObedientWriter) -> None:
    """A patch while a stream is active is taken; it steers the next reply, and harms the stream in no way."""
    conversation_id, message = new_conversation(streamer), new_message("15")
    with streamer.open_stream(conversation_id, message) as stream:
        stream.wait_for_deltas(1)
        assert streamer.patch_conversation(conversation_id, {"personality": "late"}).status == 200
        stream.wait_until_ended()
    assert final_message(stream)["text"].endswith("w13 w14")
    assert writer.asked(message)[0].steering == Steering()
    assert listed(streamer, conversation_id)[1] == final_message(stream)
