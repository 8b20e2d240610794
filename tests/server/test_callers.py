"""AUT: who may call, judged before anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver.server import BackgroundServer

from .given import (
    ENDLESS,
    ON_A_CONVERSATION,
    OPERATIONS,
    UNKNOWN_ID,
    MakeCaller,
    count_conversations,
    listed,
    make_client,
    make_http,
    make_server,
    new_conversation,
    read_stream,
    say,
)

NO_TOKENS = {
    "none": None,
    "empty": "",
    "scheme-alone": "Bearer",
    "basic": "Basic YWxpY2U6c2VjcmV0",
    "basic-with-a-token": "Basic alice@{workspace}",
    "no-scheme": "alice@{workspace}",
    "garbage": "Bearer garbage",
    "half-a-jwt": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0",
    "empty-parts": "Bearer ..",
    "no-caller": "Bearer @{workspace}",
    "no-workspace": "Bearer alice@",
    "two-words": "Bearer alice smith@{workspace}",
    "long": "Bearer " + "x" * 8000,
    "not-ascii": "Bearer \u00ff\u00fe",
}
VALID = json.dumps({**new_message("Hello!"), "personality": "a pirate"}).encode()
"""A body that every operation takes which takes one."""

by_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)


@pytest.fixture(scope="module")
def guarded(instant_server: BackgroundServer) -> Iterator[tuple[httpx.Client, str]]:
    """An HTTP client in Alice's workspace without any token, and her conversation, which has one turn."""
    alice = Client(instant_server.url, token="alice@guarded", workspace_id="guarded")
    conversation_id = new_conversation(alice)
    say(alice, conversation_id)
    before = (alice.list_conversations().body, alice.list_messages(conversation_id).body)
    with make_http(instant_server, "guarded") as http:
        del http.headers["Authorization"]
        yield http, conversation_id
    assert (alice.list_conversations().body, alice.list_messages(conversation_id).body) == before
    alice.close()


def call(
    http: httpx.Client, operation: tuple[str, str], conversation_id: str, body: bytes, authorization: str | None = None
) -> httpx.Response:
    """Call an operation, with a body if it takes one, as whoever the client is unless told otherwise."""
    method, path = operation
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    content = body if method in {"POST", "PATCH"} else None
    return http.request(method, path.replace("{conversationId}", conversation_id), content=content, headers=headers)


@pytest.mark.clause("AUT-1", "AUT-4", "ERR-2")
@pytest.mark.parametrize("authorization", NO_TOKENS.values(), ids=NO_TOKENS)
@by_operation
def test_without_a_token(
    guarded: tuple[httpx.Client, str], operation: tuple[str, str], authorization: str | None
) -> None:
    """No token, or one that is not a token: 401 with `WWW-Authenticate: Bearer`, and nothing changes."""
    http, conversation_id = guarded
    given = None if authorization is None else authorization.format(workspace="guarded")
    refused = call(http, operation, conversation_id, VALID, given)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refused.headers["Content-Type"] == "application/json"
    assert (refused.json()["code"], refused.json().keys()) == ("unauthenticated", {"error", "code"})


@pytest.mark.clause("AUT-1")
@pytest.mark.parametrize(
    "body", [b"{", b"{}", b"\xff", b"[" * 100_000, b"x" * (4096 * 1024 + 1)], ids=lambda body: str(body[:3])
)
@by_operation
def test_before_anything_else_is_judged(
    guarded: tuple[httpx.Client, str], operation: tuple[str, str], body: bytes
) -> None:
    """Without a token it is 401, be the body wrong, the query wrong and the conversation unknown."""
    http, _ = guarded
    method, path = operation
    refused = call(http, (method, f"{path}?page=0&size=none"), UNKNOWN_ID, body)
    assert refused.status_code == 401


@pytest.mark.clause("AUT-1")
def test_a_stream_cannot_be_cancelled_without_a_token(streamer: Client) -> None:
    """Nothing changes: an active stream goes on when someone without a token, or a colleague, cancels it."""
    conversation_id = new_conversation(streamer)
    with streamer.open_stream(conversation_id, new_message(ENDLESS)) as stream:
        stream.wait_for_deltas(1)
        refused = [streamer.with_authorization(value).cancel_stream(conversation_id) for value in (None, "Bearer a@b")]
        seen = len(stream.arrivals)
        assert stream.wait_for_deltas(seen + 5)
        streamer.cancel_stream(conversation_id)
    assert [answer.status for answer in refused] == [401, 403]


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("body", [VALID, b"{"], ids=["valid", "malformed"])
@pytest.mark.parametrize("token", ["alice@elsewhere", "alice@GUARDED", "JWT"])
@by_operation
def test_a_token_for_another_workspace(
    guarded: tuple[httpx.Client, str],
    instant_server: BackgroundServer,
    operation: tuple[str, str],
    token: str,
    body: bytes,
) -> None:
    """A token whose workspace is not the path's is 403 on every operation, before its body is judged."""
    http, conversation_id = guarded
    bearer = instant_server.token("alice", "elsewhere") if token == "JWT" else token
    refused = call(http, operation, conversation_id, body, f"Bearer {bearer}")
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"


@pytest.mark.clause("AUT-3")
@pytest.mark.parametrize("operation", ON_A_CONVERSATION, ids=" ".join)
def test_no_other_path_leads_to_a_conversation(
    guarded: tuple[httpx.Client, str], instant_server: BackgroundServer, operation: tuple[str, str]
) -> None:
    """Its own author cannot reach a conversation through another workspace's path, whose token they have."""
    with make_http(instant_server, "elsewhere") as http:
        missing = call(http, operation, guarded[1], VALID)
    assert missing.status_code == 404
    assert missing.json()["code"] == "notFound"


@pytest.mark.clause("AUT-5")
@pytest.mark.parametrize("operation", ON_A_CONVERSATION, ids=" ".join)
def test_a_colleagues_conversation_is_not_found(
    guarded: tuple[httpx.Client, str], instant_server: BackgroundServer, operation: tuple[str, str]
) -> None:
    """The mock's choice: a colleague's conversation is 404, in the words for one that there is not; nothing changes."""
    with make_http(instant_server, "guarded", caller="bob") as http:
        answers = [call(http, operation, id_, VALID) for id_ in (guarded[1], UNKNOWN_ID)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


@pytest.mark.clause("AUT-2", "AUT-5", "LST-2")
def test_two_workspaces_and_two_callers_are_four(instant_server: BackgroundServer, call_as: MakeCaller) -> None:
    """Who works in one workspace under one name sees nothing of the three others."""
    clients = [
        call_as(instant_server, caller, workspace=workspace)
        for caller in ("alice", "bob")
        for workspace in ("isolated-1", "isolated-2")
    ]
    ids = [new_conversation(client) for client in clients]
    message = new_message("Hello!")
    replies = [client.send_message(id_, message).json() for client, id_ in zip(clients, ids, strict=True)]
    assert [count_conversations(client) for client in clients] == [1] * 4
    assert [listed(client, id_)[1] for client, id_ in zip(clients, ids, strict=True)] == replies
    assert len(set(ids)) == len({reply["id"] for reply in replies}) == 4


@pytest.mark.clause("AUT-1")
@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}"])
def test_the_scheme_in_any_case(instant_server: BackgroundServer, header: str) -> None:
    """The scheme's name is not case-sensitive (RFC 9110, section 11.1)."""
    alice = make_client(instant_server, workspace="w").with_authorization(header.format("alice@w"))
    assert alice.list_conversations().status == 200
    alice.close()


@pytest.mark.clause("AUT-1")
def test_strict_takes_jwts_alone() -> None:
    """With `auth` strict a development token is none."""
    with make_server(auth="strict") as server:
        developer = make_client(server)
        known = developer.with_authorization(f"Bearer {server.token('alice', 'demo')}")
        statuses = [developer.create_conversation().status, known.create_conversation().status]
        developer.close()
    assert statuses == [401, 201]


@pytest.mark.clause("AUT-1", "ERR-1")
@pytest.mark.parametrize("token", [None, "Bearer x", "Bearer alice@other", "Basic YTpi", "Bearer JWT"])
def test_open_takes_anything(token: str | None) -> None:
    """With `auth` open any token, and none, calls in any workspace; a token that says who calls is believed."""
    with make_server(auth="open") as server:
        jwt = server.token("alice", "other")
        caller = make_client(server).with_authorization(token and token.replace("JWT", jwt))
        created = caller.create_conversation()
        count = count_conversations(caller) if created.status == 201 else None
        caller.close()
    assert created.status == 201
    assert count == 1


@pytest.mark.clause("AUT-2", "STR-8")
def test_a_refused_stream_is_plain_json(streamer: Client) -> None:
    """A stream that is refused for its token is no stream, and leaves no lock."""
    conversation_id = new_conversation(streamer)
    for authorization, status in ((None, 401), ("Bearer alice@other", 403)):
        refused = read_stream(streamer.with_authorization(authorization), conversation_id, new_message("1")).exchange
        assert (refused.status, refused.media_type) == (status, "application/json")
    assert read_stream(streamer, conversation_id, new_message("1")).exchange.status == 200
