"""What a connection may do to a request: break off, come in pieces, say it has a body and have none."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver.server import BackgroundServer

from .given import listed, new_conversation, wait_until

NOBODY = b"GET /healthz HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n"


def connect(server: BackgroundServer) -> socket.socket:
    """A bare connection."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def head(path: str, workspace: str, *lines: str) -> bytes:
    """The head of a POST by Alice."""
    start = [
        f"POST /api/v1/workspaces/{workspace}{path} HTTP/1.1",
        "Host: mock",
        f"Authorization: Bearer alice@{workspace}",
    ]
    return "\r\n".join([*start, "Content-Type: application/json", *lines, "", ""]).encode()


def served_since(server: BackgroundServer) -> bool:
    """Whether the server answers: whatever came before has been dealt with by then."""
    with connect(server) as connection:
        connection.sendall(NOBODY)
        return connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.clause("ERR-3", "IDM-8")
@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 500"], b""),
        (["Content-Length: 500"], b"{}"),
        (["Transfer-Encoding: chunked"], b"2\r\n{}\r\n"),
        (["Transfer-Encoding: chunked"], b"2\r\n{}\r\nZZ\r\n"),
        (["Content-Length: 500", "Expect: 100-continue"], b""),
    ],
    ids=["nothing", "a-part", "no-last-chunk", "a-bad-chunk", "expecting"],
)
def test_a_create_that_breaks_off_creates_nothing(
    instant_server: BackgroundServer, alice: Client, workspace: str, lines: list[str], body: bytes
) -> None:
    """A client that sends it again must not have two."""
    with connect(instant_server) as connection:
        connection.sendall(head("/conversations", workspace, *lines) + body)
    assert wait_until(lambda: served_since(instant_server))
    assert alice.list_conversations().json()["page"]["totalElements"] == 0


@pytest.mark.clause("MSG-4", "IDM-8", "STR-8")
@pytest.mark.parametrize("endpoint", ["messages", "message-streams"])
def test_a_message_that_breaks_off_stores_nothing(
    instant_server: BackgroundServer, alice: Client, workspace: str, endpoint: str
) -> None:
    """Also where what came of it is whole JSON; its id is not used up."""
    conversation_id, message = new_conversation(alice), new_message("Hello!")
    body = json.dumps(message).encode()
    with connect(instant_server) as connection:
        path = f"/conversations/{conversation_id}/{endpoint}"
        connection.sendall(head(path, workspace, f"Content-Length: {len(body) + 10}") + body)
    assert wait_until(lambda: served_since(instant_server))
    assert listed(alice, conversation_id) == []
    assert alice.send_message(conversation_id, message).status == 200


@pytest.mark.clause("CRE-2")
@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "", "application/json"])
def test_without_a_body_there_is_no_media_type_to_judge(http: httpx.Client, media_type: str) -> None:
    """`curl -d ''` says that it has a form, and has none."""
    created = http.post("/conversations", content=b"", headers={"Content-Type": media_type})
    assert created.status_code == 201


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize("path", ["/conversations/", "/conversations/x/messages/"])
def test_a_slash_too_many_is_another_path(http: httpx.Client, path: str) -> None:
    """The contract does not have it, and knows no redirect."""
    answer = http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "notFound")


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize("path", ["/docs/", "/healthz", "/openapi.yaml", "/"])
def test_another_method_on_the_pages_is_405(instant_server: BackgroundServer, path: str) -> None:
    """With what is allowed."""
    answer = httpx.post(f"{instant_server.url}{path}")
    assert (answer.status_code, answer.json()["code"]) == (405, "methodNotAllowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.clause("PAG-10")
def test_a_parameter_that_is_given_twice_is_judged_twice(http: httpx.Client) -> None:
    """The last one counts, the first one is not passed over."""
    assert http.get("/conversations?page=abc&page=1").status_code == 422
    assert http.get("/conversations?page=3&page=1").json()["page"]["currentPage"] == 1


@pytest.mark.clause("AUT-2")
def test_a_development_token_may_have_any_letter(instant_server: BackgroundServer) -> None:
    """Clients send UTF-8."""
    url = f"{instant_server.url}/api/v1/workspaces/b%C3%BCro/conversations"
    authorization = "Bearer jürgen@büro".encode()
    assert httpx.get(url, headers={b"Authorization": authorization}).status_code == 200


@pytest.mark.clause("CRE-5")
def test_a_caller_has_one_number_by_whatever_token(instant_server: BackgroundServer, workspace: str) -> None:
    """`mockserver token --customer 42` and `customer-42@workspace` are the same caller."""
    url = f"{instant_server.url}/api/v1/workspaces/{workspace}/conversations"
    tokens = [instant_server.app.tokens.mint(workspace, customer=42), f"customer-42@{workspace}"]
    made = [httpx.post(url, headers={"Authorization": f"Bearer {token}"}).json() for token in tokens]
    assert [conversation["legacyCustomerId"] for conversation in made] == [42, 42]
