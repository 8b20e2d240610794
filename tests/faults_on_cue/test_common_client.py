"""What a common HTTP client makes of broken answers: an error of its own, and a pool that is good for the next call."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from conformance.sse import Event, SseParser
from tests.server.given import NO_TLS

from .given import DELTAS, REPLY, Scene

BROKEN: dict[str, type[httpx.HTTPError]] = {
    "reset-before-headers": httpx.ReadError,
    "reset-after-headers": httpx.ReadError,
    "empty-reply": httpx.RemoteProtocolError,
    "lost-answer": httpx.RemoteProtocolError,
    "garbage": httpx.RemoteProtocolError,
    "truncate; after=3": httpx.RemoteProtocolError,
    "reset; after=3": httpx.ReadError,
}


@pytest.fixture
def client(scene: Scene) -> Iterator[httpx.Client]:
    """One with a pool of connections, as most have."""
    url = f"{scene.sandbox.url}/conversations/{scene.conversation}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {scene.token}"}, verify=NO_TLS) as client:
        yield client


@pytest.mark.parametrize(("fault", "error"), BROKEN.items())
def test_a_broken_answer_is_an_error(client: httpx.Client, fault: str, error: type[httpx.HTTPError]) -> None:
    """On a connection that was used before; the pool has another for the next."""
    assert client.get("/messages").status_code == 200
    parser = SseParser()
    message = {"id": "m", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
    events: list[Event] = []
    request = client.build_request("POST", "/message-streams", json=message, headers={"Prefer": f"fault={fault}"})

    def read() -> None:
        for chunk in client.send(request, stream=True).iter_raw():
            events.extend(parser.feed(chunk))

    with pytest.raises(error):
        read()
    assert len(events) == (3 if "after=3" in fault else 0)
    again = client.post("/messages", json={**message, "id": "n"})
    assert (again.status_code, again.json()["text"]) == (200, REPLY)


@pytest.mark.parametrize("kind", ["bytes", "torture", "buffered"])
def test_odd_pieces_are_no_error(client: httpx.Client, kind: str) -> None:
    """The same text comes out."""
    message = {"id": "m", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
    answer = client.post("/message-streams", json=message, headers={"Prefer": f"fault={kind}"})
    events = SseParser().feed(answer.content)
    assert events[-1].name == "message"
    assert REPLY.splitlines()[0] in events[-1].data
    assert len(events) <= len(DELTAS) + 1


@pytest.mark.parametrize("path", ["/messages", "/message-streams"])
def test_an_answer_that_is_lost_is_there_for_whoever_asks_again(client: httpx.Client, path: str) -> None:
    """Under the same id: the call was carried out, and once is enough (IDM-1, IDM-5)."""
    message = {"id": "m", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(path, json=message, headers={"Prefer": "fault=lost-answer"})
    kept = client.get("/messages").json()["data"]
    assert [each["source"] for each in kept] == ["user", "assistant"]
    again = client.post("/messages", json=message)
    assert again.json() == kept[1]
    assert client.get("/messages").json()["data"] == kept
