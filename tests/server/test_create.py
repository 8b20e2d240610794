"""CRE: each call makes a new conversation of the caller's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.client import Client
from mockserver.server import BackgroundServer

from .given import JsonObject, MakeCaller, count_conversations, new_conversation, say, together


@pytest.mark.clause("CRE-1")
def test_create_answers_the_new_conversation(alice: Client) -> None:
    """A create answers 201 and the conversation, with each field there, null where nothing is set."""
    created = alice.create_conversation()
    assert created.status == 201
    assert created.media_type == "application/json"
    assert created.json().keys() == {"id", "createdAt", "modelName", "legacyCustomerId"}
    assert created.json()["id"]


@pytest.mark.clause("CRE-1")
def test_creates_at_once_make_as_many_conversations(alice: Client) -> None:
    """Each call makes a new conversation, also when twenty come at one moment."""
    ids = together(20, lambda _: new_conversation(alice))
    assert len(set(ids)) == 20
    assert count_conversations(alice) == 20


@pytest.mark.clause("CRE-1")
@pytest.mark.parametrize("field", ["id", "createdAt", "legacyCustomerId", "owner"])
def test_the_server_chooses_id_and_author(alice: Client, field: str) -> None:
    """The id is of the server's own making: what the body says of it is an unknown property, and ignored."""
    created = alice.create_conversation({field: "mine"})
    assert created.status == 201
    assert "mine" not in created.json().values()


@pytest.mark.clause("CRE-2")
@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"json": {}},
        {"headers": {"Content-Type": "application/json"}},
        {"content": b"{}"},
        {"content": b"\xef\xbb\xbf {} \n", "headers": {"Content-Type": "application/json; charset=utf-8"}},
    ],
    ids=["none", "empty-object", "none-with-type", "without-type", "with-byte-order-mark"],
)
def test_the_body_is_optional(http: httpx.Client, request_: dict[str, Any]) -> None:
    """No body at all, and `{}`, both create."""
    created = http.post("/conversations", **request_)
    assert created.status_code == 201
    assert created.json()["modelName"] is None


@pytest.mark.clause("CRE-3")
@pytest.mark.parametrize("name", ["gpt-4", "claude-opus-4-5", "gemini-3-pro-preview", "mistral-small-latest", "o3"])
def test_an_accepted_model_name_is_echoed(alice: Client, name: str) -> None:
    """An accepted `modelName` comes back as given."""
    created = alice.create_conversation({"modelName": name})
    assert created.status == 201
    assert created.json()["modelName"] == name


@pytest.mark.clause("CRE-4")
@pytest.mark.parametrize("name", ["gpt4", "GPT-4", "", "text-davinci-003", "\ud800"])
def test_another_model_name_is_refused(alice: Client, name: str) -> None:
    """A `modelName` outside the accepted set is refused, and creates nothing."""
    refused = alice.create_conversation({"modelName": name})
    assert refused.status == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["modelName"]
    assert count_conversations(alice) == 0


@pytest.mark.clause("CRE-5")
def test_the_author_is_the_tokens(instant_server: BackgroundServer, call_as: MakeCaller) -> None:
    """`legacyCustomerId` is taken from the token: one for all that a caller creates, another for another caller."""
    alice, bob = call_as(instant_server, "alice"), call_as(instant_server, "bob")
    authors = [client.create_conversation().json()["legacyCustomerId"] for client in (alice, bob, alice)]
    assert all(type(author) is int for author in authors)
    assert authors[0] == authors[2] != authors[1]


@pytest.mark.clause("CRE-6")
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"personality": 5}, ["personality"]),
        ({"personalityId": "7"}, ["personalityId"]),
        ({"personalityId": 7.5}, ["personalityId"]),
        ({"personalityId": True}, ["personalityId"]),
        ({"brandVoiceId": []}, ["brandVoiceId"]),
        ({"targetAudienceId": {}}, ["targetAudienceId"]),
        ({"modelName": 3, "personality": False}, ["modelName", "personality"]),
        ([], ["body"]),
        ("gpt-4", ["body"]),
    ],
    ids=str,
)
def test_a_wrong_type_is_refused(http: httpx.Client, body: object, fields: list[str]) -> None:
    """A field of the wrong type is refused, and creates nothing."""
    refused = http.post("/conversations", json=body)
    assert refused.status_code == 422
    assert sorted({error["field"] for error in refused.json()["errors"]}) == fields
    assert http.get("/conversations").json()["page"]["totalElements"] == 0


@pytest.mark.clause("ERR-4")
@pytest.mark.parametrize("field", ["personality", "personalityId", "brandVoiceId", "targetAudienceId", "modelName"])
def test_null_is_refused_where_create_has_no_null(alice: Client, field: str) -> None:
    """Null for an optional field that is not nullable is refused."""
    refused = alice.create_conversation({field: None})
    assert refused.status == 422
    assert refused.json()["errors"][0]["field"] == field


@pytest.mark.clause("CRE-1", "PAT-8")
def test_the_body_steers_from_the_beginning(alice: Client) -> None:
    """What create says of the personality shows in the first reply."""
    body: JsonObject = {"personality": "a keeper of zebrafinches", "personalityId": 7, "somethingElse": [1]}
    reply = say(alice, new_conversation(alice, body))
    assert "zebrafinches" in reply["text"]
