"""`--lenient`: a request that is not valid is answered as well as can be."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from conformance.client import new_message

from .given import make_http, make_server


@pytest.fixture(scope="module")
def lenient() -> Iterator[httpx.Client]:
    """A client of a lenient mock."""
    with make_server(speed="instant", lenient=True) as server, make_http(server, "demo") as http:
        yield http


@pytest.fixture
def path(lenient: httpx.Client) -> str:
    """The path of a new conversation."""
    return f"/conversations/{lenient.post('/conversations').json()['id']}"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"Hello!", "text/plain"),
        (b"text=Hello", "application/x-www-form-urlencoded"),
        (b'{"text": "Hello!"}', "text/plain;charset=UTF-8"),
        (b'{"txt": "Hello!", "id": 5}', ";"),
    ],
)
def test_a_message_is_answered_whatever_it_is(lenient: httpx.Client, path: str, body: bytes, media_type: str) -> None:
    """With a reply, in one piece and as a stream; every answer says what was mended."""
    headers = {"Content-Type": media_type}
    answer = lenient.post(f"{path}/messages", content=body, headers=headers)
    assert (answer.status_code, answer.json()["source"]) == (200, "assistant")
    assert "id: " in answer.headers["Mock-Mended"]
    streamed = lenient.post(f"{path}/message-streams", content=body, headers=headers)
    assert streamed.text.rstrip().splitlines()[-2] == "event: message"


def test_lists_and_patches_too(lenient: httpx.Client, path: str) -> None:
    """A page that there cannot be is the nearest one; a patch without sense changes nothing."""
    page = lenient.get("/conversations", params={"page": "0", "size": "1000"})
    assert (page.status_code, page.json()["page"]["currentPage"], page.json()["page"]["size"]) == (200, 1, 100)
    assert lenient.get(f"{path}/messages", params={"page": "x"}).json()["page"]["currentPage"] == 1
    assert lenient.patch(path, json={"personality": 5}).status_code == 200
    assert lenient.patch(path, json={}).status_code == 200
    created = lenient.post("/conversations", json={"modelName": "gpt-99"})
    assert (created.status_code, created.json()["modelName"]) == (201, None)


@pytest.mark.clause("MSG-9", "AUT-1")
def test_what_cannot_be_mended_is_refused(lenient: httpx.Client) -> None:
    """There is no conversation, no path, no such method, no token."""
    assert lenient.post("/conversations/none/messages", json={}).status_code == 404
    assert lenient.get("/nothing").status_code == 404
    assert lenient.put("/conversations").status_code == 405
    assert lenient.get("/conversations", headers={"Authorization": "x"}).status_code == 401


def test_a_good_request_is_left_alone(lenient: httpx.Client, path: str) -> None:
    """And no header says anything else."""
    message = new_message("Hello!")
    answers = [lenient.post(f"{path}/messages", json=message) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert "Mock-Mended" not in answers[0].headers
    assert lenient.get(f"{path}/messages").json()["data"][0]["id"] == message["id"]
