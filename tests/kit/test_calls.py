"""A call: what it is by its method and path, what it costs, and on what connection it goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.client import Call, Client, Conduct, new_message
from conformance.ledger import Ledger
from conformance.verdict import NoAnswer, Unaffordable, Unverified

from .backend import EVENT_STREAM, TOKEN, Answer, Backend

ROOT = "/api/v1/workspaces/demo/conversations"
REPLY = {"id": "r", "text": "Hello you", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with money for three replies."""
    ledger = Ledger(tmp_path / "ledger", budget=3)
    yield ledger
    ledger.close()


@pytest.fixture
def paying(backend: Backend, ledger: Ledger) -> Iterator[Client]:
    """A client whose replies are accounted for."""
    client = Client(backend.url, token=TOKEN, workspace_id="demo", ledger=ledger)
    yield client
    client.close()


@pytest.mark.parametrize(
    ("method", "path", "opens_stream", "generates"),
    [
        ("POST", "/conversations", False, False),
        ("POST", "/conversations/c/messages", False, True),
        ("POST", "/conversations/c/message-streams", True, True),
        ("GET", "/conversations/c/messages", False, False),
        ("PUT", "/conversations/c/message-streams", False, False),
        ("DELETE", "/conversations/c/message-streams", False, False),
        ("POST", "/conversations/message-streams/other", False, False),
    ],
)
def test_only_a_post_makes_a_reply(method: str, path: str, opens_stream: bool, generates: bool) -> None:
    """At either endpoint; only one of the two is answered with a stream."""
    call = Call(method, path)
    assert (call.opens_stream, call.generates) == (opens_stream, generates)


@pytest.mark.parametrize(
    ("path", "body", "ids"),
    [
        ("/conversations/c/messages", {"id": "m"}, ("c", "m")),
        ("/conversations/c/messages", {"id": 7}, ("c", "")),
        ("/conversations/c/messages", b'{"id": "m"}', ("c", "")),
        ("/conversations/c", {}, ("c", "")),
        ("/conversations", None, ("", "")),
    ],
)
def test_a_call_is_about_a_conversation_and_a_message(path: str, body: Any, ids: tuple[str, str]) -> None:
    """As far as it names them."""
    assert Call("POST", path, body).ids == ids


def streamed(*events: tuple[str, Any]) -> Answer:
    """A stream of these events."""
    return Answer(
        200, EVENT_STREAM, [f"event: {name}\ndata: {json.dumps({name: value})}\n\n".encode() for name, value in events]
    )


def test_a_streamed_reply_costs_nothing_when_it_is_asked_for_again(
    backend: Backend, paying: Client, ledger: Ledger
) -> None:
    """By either way; one that had no final message has to be generated anew."""
    whole, cut = new_message("one"), new_message("two")
    backend.answer = lambda request: streamed(("delta", "Hello you"), ("message", REPLY))
    with paying.open_stream("c", whole) as stream:
        stream.finish()
    backend.answer = lambda request: streamed(("delta", "Hello"), ("error", "too long"))
    with paying.open_stream("c", cut) as stream:
        stream.finish()
    assert ledger.replies == 2
    backend.answer = lambda request: Answer(200)
    paying.send_message("c", whole)
    paying.open_stream("c", whole).close()
    assert ledger.replies == 2
    paying.send_message("c", cut)
    assert ledger.replies == 3


@pytest.mark.parametrize(
    ("answers", "spent"),
    [
        ([Answer(200)], 1),
        ([Answer(400)], 0),
        ([Answer(409)], 0),
        ([Answer(499)], 0),
        ([Answer(500)], 1),
        ([Answer(302)], 1),
        ([Answer(503), Answer(409)], 1),
        ([Answer(429, {"Retry-After": "0"}), Answer(422)], 0),
    ],
    ids=lambda value: "-".join(str(answer.status) for answer in value) if isinstance(value, list) else "",
)
def test_a_reply_is_paid_for_unless_it_was_refused(
    backend: Backend, paying: Client, ledger: Ledger, answers: list[Answer], spent: int
) -> None:
    """What was sent twice may have been carried out the first time, so that its refusal is no proof."""
    for send in paying.send_message, paying.open_stream:
        before, coming = ledger.replies, iter(answers)
        backend.answer = lambda request: next(coming)  # noqa: B023
        made = send("c", new_message("one"))
        getattr(made, "close", lambda: None)()
        assert ledger.replies - before == spent
    assert ledger.spent_here == ledger.replies


def test_what_was_never_sent_is_not_paid_for(backend: Backend, paying: Client, ledger: Ledger) -> None:
    """A limit that stays; what is silent may have been carried out."""
    backend.answer = lambda request: Answer(429, {"Retry-After": "3600"})
    with pytest.raises(Unverified):
        paying.send_message("c", new_message("one"))
    assert ledger.replies == 0

    def broken() -> Iterator[bytes]:
        yield b"{"
        raise ConnectionAbortedError

    backend.answer = lambda request: Answer(200, {}, broken())
    with pytest.raises(NoAnswer):
        paying.send_message("c", new_message("one"))
    assert ledger.replies == 1


def test_a_message_without_an_id_is_paid_for_each_time(backend: Backend, paying: Client, ledger: Ledger) -> None:
    """Nothing says that it is the same one."""
    for spent in 1, 2, 3:
        paying.send_message("c", {"text": "one"})
        assert ledger.replies == spent
    with pytest.raises(Unaffordable):
        paying.send_message("c", {"text": "one"})
    assert len(backend.requests) == 3


def test_a_stream_has_a_connection_of_its_own(backend: Backend, client: Client) -> None:
    """Closing it must not hit a later call."""
    client.open_stream("c", new_message("Hi")).close()
    client.send_message("c", new_message("Hi"))
    assert [request.headers.get("Connection") for request in backend.requests] == ["close", "keep-alive"]
    assert [exchange.curl.startswith("curl -N ") for exchange in client.exchanges] == [True, False]


def test_calls_are_sent_as_the_kit_sends_them(backend: Backend, client: Client) -> None:
    """Under its name, not compressed, and with the media types that were asked for."""
    client.list_conversations()
    client.call(Call("POST", "/conversations", b"<x/>", content_type="text/xml", accept="text/html"))
    client.call(Call("POST", "/conversations", b"{}", content_type=None))
    plain, other, untyped = (request.headers for request in backend.requests)
    assert (plain["User-Agent"], plain["Accept-Encoding"]) == ("conversations-conformance", "identity")
    assert (other["Content-Type"], other["Accept"]) == ("text/xml", "text/html")
    assert "Content-Type" not in untyped
    assert "-H 'Accept: text/html'" in client.exchanges[1].curl
    assert "Accept" not in client.exchanges[2].curl


def test_it_is_the_list_that_tells_whether_a_token_is_taken_still(backend: Backend, client: Client) -> None:
    """A caller that was never let in has not lost its token, nor has one in another's workspace."""
    backend.answer = lambda request: Answer(401)
    assert client.create_conversation().status == 401
    backend.answer = lambda request: Answer(200)
    client.list_conversations()
    backend.answer = lambda request: Answer(401)
    assert client.in_workspace("other").create_conversation().status == 401
    assert client.with_authorization("Bearer none").create_conversation().status == 401
    assert len(backend.requests) == 4
    with pytest.raises(Unverified, match="the token is taken no more"):
        client.create_conversation()
    assert [f"{request.method} {request.path}" for request in backend.requests[4:]] == [
        f"POST {ROOT}",
        f"GET {ROOT}?size=1",
    ]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a client has waited, which it does not in truth."""
    waits: list[float] = []
    monkeypatch.setattr("conformance.client.time.sleep", waits.append)
    return waits


@pytest.mark.parametrize(
    ("said", "wait"), [("2", 2), ("1", 1), ("0", 0.1), ("-1", 1), ("soon", 1), ("\u00b2", 1), (None, 1)]
)
def test_a_limit_is_waited_out_as_long_as_it_says(
    backend: Backend, client: Client, waited: list[float], said: str | None, wait: float
) -> None:
    """In whole seconds; a date is not read, and a little while is waited in any case."""
    answers = iter([Answer(429, {} if said is None else {"Retry-After": said}), Answer(200)])
    backend.answer = lambda request: next(answers)
    exchange = client.list_conversations()
    assert (exchange.status, exchange.repeated, waited) == (200, False, [wait])


@pytest.mark.parametrize(("said", "waits"), [(None, [0.5, 1.0]), ("3", [3, 3]), ("60", [10, 10])])
def test_an_unavailable_backend_is_given_time(
    backend: Backend, client: Client, waited: list[float], said: str | None, waits: list[float]
) -> None:
    """As it asks for, but no more than ten seconds; a limit in between is no try of its own."""
    unavailable = Answer(503, {} if said is None else {"Retry-After": said})
    answers = iter([unavailable, Answer(429), unavailable, unavailable])
    backend.answer = lambda request: next(answers)
    exchange = client.list_conversations()
    assert (exchange.status, exchange.repeated, waited) == (503, True, [waits[0], 1, waits[1]])


def test_a_client_knows_its_token_and_tells_nobody(client: Client) -> None:
    """Nor what its conduct has in its headers, which tracebacks would show."""
    assert client.token == TOKEN
    assert client.with_authorization("Bearer none").token is None
    conduct = Conduct(headers={"X-Edge-Key": "s3cr3t-edge-key"})
    assert "s3cr3t" not in repr(conduct)
    assert (conduct.request_timeout_s, conduct.reply_timeout_s, conduct.max_rps) == (10, 60, None)
    assert [Conduct(reply_timeout_s=wait).stream_timeout_s for wait in (5, 60)] == [60, 180]
