"""The client: what it sends, what it records, and what it keeps to itself."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.client import Client, Conduct, new_message
from conformance.exchange import Exchange
from conformance.ledger import Ledger
from conformance.redaction import Secret
from conformance.verdict import NoAnswer, Unaffordable, Unverified

from .backend import EVENT_STREAM, TOKEN, Answer, Backend, Request

ROOT = "/api/v1/workspaces/demo/conversations"


@pytest.mark.parametrize(
    ("call", "line", "body"),
    [
        (lambda client: client.create_conversation(), f"POST {ROOT}", b""),
        (lambda client: client.create_conversation({}), f"POST {ROOT}", b"{}"),
        (lambda client: client.list_conversations(), f"GET {ROOT}", b""),
        (lambda client: client.list_conversations(page=0, size=7), f"GET {ROOT}?page=0&size=7", b""),
        (lambda client: client.patch_conversation("c", {"x": None}), f"PATCH {ROOT}/c", b'{"x": null}'),
        (lambda client: client.send_message("a/b c", {}), f"POST {ROOT}/a%2Fb%20c/messages", b"{}"),
        (lambda client: client.list_messages("c", size=3), f"GET {ROOT}/c/messages?size=3", b""),
        (lambda client: client.cancel_stream("c"), f"DELETE {ROOT}/c/message-streams", b""),
    ],
)
def test_each_operation_is_sent_as_it_was_told(
    backend: Backend, client: Client, call: Callable[[Client], Exchange], line: str, body: bytes
) -> None:
    """Path and query are the contract's; no body unless one is given; ids are escaped."""
    exchange = call(client)
    [request] = backend.requests
    assert (f"{request.method} {request.path}", request.body) == (line, body)
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert ("Content-Type" in request.headers) == bool(body)
    assert client.exchanges == [exchange]


def test_a_path_prefix_is_kept(backend: Backend) -> None:
    """A backend may live below a path."""
    client = Client(f"{backend.url}/staging/", token=TOKEN, workspace_id="a b")
    client.list_conversations()
    client.close()
    assert backend.requests[0].path == "/staging/api/v1/workspaces/a%20b/conversations"


def test_an_exchange_has_the_whole_answer(backend: Backend, client: Client) -> None:
    """Status, headers by lower-case name, body and times."""
    backend.answer = lambda request: Answer(
        418, {"X-Tea": "pot", "Content-Type": "Text/Plain; a=b"}, [b"caf", b"\xc3\xa9"]
    )
    exchange = client.list_conversations(page=2)
    assert (exchange.status, exchange.body, exchange.headers["x-tea"]) == (418, "café", "pot")
    assert exchange.media_type == "text/plain"
    assert 0 < exchange.elapsed < 5
    assert re.fullmatch(r"GET \.\.\./conversations\?page=2 -> 418 in \d+ ms", str(exchange))


def test_a_message_is_made_as_clients_make_them() -> None:
    """A UUID of version 4, and a timestamp with neither fraction nor offset."""
    message = new_message("hello")
    assert uuid.UUID(message["id"]).version == 4
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", message["createdAt"])
    assert message["id"] != new_message("hello")["id"]


def test_the_token_is_in_no_record(backend: Backend, client: Client) -> None:
    """Not even of a backend that repeats it in its headers and bodies; nor is a cookie."""

    def repeat(request: Request) -> Answer:
        headers = {"X-You": f"token {TOKEN}", "Set-Cookie": "session=s3cr3t"}
        data = f"event: delta\ndata: {json.dumps({'delta': TOKEN})}\n\n".encode()
        return Answer(200, headers | EVENT_STREAM, [data[:20], data[20:]])

    backend.answer = repeat
    client.send_message("c", {"text": f"my token is {TOKEN}"})
    with client.open_stream(TOKEN, new_message(TOKEN)) as stream:
        assert stream.wait_for_deltas(1)
        assert TOKEN not in repr(stream.arrivals) + stream.text
    assert len(client.exchanges) == 2
    for exchange in client.exchanges:
        assert "$TOKEN" in exchange.body
        assert '-H "Authorization: Bearer $TOKEN"' in exchange.curl
    shown = repr(client.exchanges) + str(client.exchanges) + repr(vars(client)["_http"]) + repr(client)
    assert TOKEN not in shown
    assert "s3cr3t" not in shown


def test_a_refused_credential_is_recorded_as_it_was_sent(backend: Backend, client: Client) -> None:
    """It is no secret, and whoever repeats the call needs it."""
    assert "-H 'Authorization: Bearer none'" in client.with_authorization("Bearer none").list_conversations().curl
    assert "Authorization" not in client.with_authorization(None).list_conversations().curl
    assert [request.headers.get("Authorization") for request in backend.requests] == ["Bearer none", None]
    assert len(client.exchanges) == 2


def test_a_cookie_is_not_sent_back(backend: Backend, client: Client) -> None:
    """Each call stands for itself."""
    backend.answer = lambda request: Answer(200, {"Set-Cookie": "session=s3cr3t; Path=/"}, [b"{}"])
    client.list_conversations()
    client.list_conversations()
    assert "Cookie" not in backend.requests[1].headers


def test_a_limit_is_waited_out(backend: Backend, client: Client) -> None:
    """429 with `Retry-After` is a backend that says when, not one that fails."""
    answers = iter([Answer(429, {"Retry-After": "0"}), Answer(429, {"Retry-After": "0"}), Answer(201)])
    backend.answer = lambda request: next(answers)
    message = new_message("hello")
    assert client.send_message("c", message).status == 201
    assert [json.loads(request.body) for request in backend.requests] == [message] * 3
    assert [exchange.status for exchange in client.exchanges] == [429, 429, 201]


def test_a_limit_that_stays_is_no_verdict(backend: Backend, client: Client) -> None:
    """Waiting longer than a reply may take is given up before it is begun."""
    backend.answer = lambda request: Answer(429, {"Retry-After": "3600"})
    with pytest.raises(Unverified, match="429"):
        client.list_conversations()


def test_no_connection_is_no_answer() -> None:
    """Each of three tries is recorded, and says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", token=TOKEN, workspace_id="demo")
    with pytest.raises(NoAnswer, match=r"no answer in \d+ ms \(ConnectError"):
        client.list_conversations()
    client.close()
    assert [exchange.status for exchange in client.exchanges] == [None] * 3


def test_silence_is_no_answer(backend: Backend) -> None:
    """A backend has `reply_timeout_s` to answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = Client(url, token=TOKEN, workspace_id="demo", conduct=Conduct(reply_timeout_s=0.1))
        with pytest.raises(NoAnswer, match="ReadTimeout"):
            client.send_message("c", new_message("hello"))
        client.close()


def test_an_answer_that_breaks_off_is_none(backend: Backend, client: Client) -> None:
    """Half a body is not judged."""

    def pieces() -> Iterator[bytes]:
        yield b'{"id":'
        raise ConnectionAbortedError

    backend.answer = lambda request: Answer(200, {}, pieces())
    with pytest.raises(NoAnswer, match="RemoteProtocolError"):
        client.list_conversations()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_unavailable_backend_is_asked_again(backend: Backend, client: Client, status: int) -> None:
    """With the same message id; the exchange says that nothing can be proved by it."""
    answers = iter([Answer(status), Answer(200)])
    backend.answer = lambda request: next(answers)
    message = new_message("hello")
    exchange = client.send_message("c", message)
    assert (exchange.status, exchange.repeated) == (200, True)
    assert [json.loads(request.body) for request in backend.requests] == [message] * 2
    assert [(recorded.status, recorded.note) for recorded in client.exchanges] == [(status, "sent again"), (200, "")]


def test_a_backend_that_stays_unavailable_has_answered(backend: Backend, client: Client) -> None:
    """After three tries its answer stands."""
    backend.answer = lambda request: Answer(503)
    assert client.list_conversations().status == 503
    assert len(backend.requests) == 3


def test_a_failure_of_its_own_is_not_asked_again(backend: Backend, client: Client) -> None:
    """A 500 is an answer."""
    backend.answer = lambda request: Answer(500)
    assert client.list_conversations().status == 500
    assert len(backend.requests) == 1


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with money for two replies."""
    ledger = Ledger(tmp_path / "ledger", budget=2)
    yield ledger
    ledger.close()


@pytest.fixture
def poor(backend: Backend, ledger: Ledger) -> Iterator[Client]:
    """A client that can pay for two replies."""
    client = Client(backend.url, token=TOKEN, workspace_id="demo", ledger=ledger)
    yield client
    client.close()


def test_the_budget_ends_before_the_call_that_it_cannot_pay(backend: Backend, poor: Client, ledger: Ledger) -> None:
    """At either endpoint; what needs no reply goes on."""
    poor.send_message("c", new_message("one"))
    poor.open_stream("c", new_message("two")).close()
    with pytest.raises(Unaffordable, match="the budget of 2 replies is spent"):
        poor.send_message("c", new_message("three"))
    with pytest.raises(Unaffordable, match="the budget of 2 replies is spent"):
        poor.open_stream("c", new_message("three"))
    assert poor.list_messages("c").status == 200
    assert (ledger.replies, len(backend.requests)) == (2, 3)


def test_a_replay_and_a_refusal_cost_nothing(backend: Backend, poor: Client, ledger: Ledger) -> None:
    """The same id in the same conversation has its reply already; what was refused generated none."""
    message = new_message("one")
    for _ in range(3):
        poor.send_message("c", message)
    assert ledger.replies == 1
    backend.answer = lambda request: Answer(422)
    poor.send_message("c", new_message("two"))
    assert ledger.replies == 1
    backend.answer = lambda request: Answer()
    poor.send_message("other", message)
    assert ledger.replies == 2


class Renewable:
    """A token that can be had anew, once."""

    def __init__(self) -> None:
        self._tokens = ["first-token-1", "second-token-2"]

    def current(self) -> Secret:
        """The present one."""
        return Secret(self._tokens[0])

    def renew(self) -> bool:
        """The next one."""
        self._tokens.pop(0)
        return True


def test_a_token_is_renewed_when_it_is_refused(backend: Backend) -> None:
    """A command's token may end during a long run."""
    backend.answer = lambda request: Answer(401 if "first" in request.headers["Authorization"] else 200)
    client = Client(backend.url, token=Renewable(), workspace_id="demo")
    assert client.list_conversations().status == 200
    assert [request.headers["Authorization"] for request in backend.requests] == [
        "Bearer first-token-1",
        "Bearer second-token-2",
    ]
    assert "token-1" not in repr(client.exchanges)
    client.close()


def test_headers_of_the_users_own_are_sent_and_hidden(backend: Backend) -> None:
    """They may be secrets: the curl line takes them from the shell."""
    conduct = Conduct(headers={"X-Edge-Key": "s3cr3t-edge-key"})
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=conduct)
    curl = client.list_conversations().curl
    client.close()
    assert backend.requests[0].headers["X-Edge-Key"] == "s3cr3t-edge-key"
    assert '-H "X-Edge-Key: $X_EDGE_KEY"' in curl
    assert "s3cr3t" not in curl


def test_calls_a_second_are_limited(backend: Backend, ledger: Ledger) -> None:
    """All clients of a ledger together."""
    conduct = Conduct(max_rps=20)
    clients = [Client(backend.url, token=TOKEN, workspace_id="demo", conduct=conduct, ledger=ledger) for _ in "ab"]
    began = time.monotonic()
    for client in clients * 3:
        client.list_conversations()
    assert time.monotonic() - began >= 5 / 20
    for client in clients:
        client.close()


def test_a_body_without_an_end_is_no_answer(backend: Backend) -> None:
    """Each read is in time, and yet there is never an answer."""

    def pieces() -> Iterator[bytes]:
        while not backend.client_left.wait(0.02):
            yield b" "

    backend.answer = lambda request: Answer(200, {}, pieces())
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=Conduct(request_timeout_s=0.2))
    with pytest.raises(NoAnswer, match="did not come to an end"):
        client.list_conversations()
    client.close()


def test_a_token_that_dies_during_the_run_proves_nothing(backend: Backend, client: Client) -> None:
    """A 401 where the list, which was let in before, is refused as well."""
    assert client.list_conversations().status == 200
    backend.answer = lambda request: Answer(401)
    with pytest.raises(Unverified, match=r"the token is taken no more .*--api-token-command"):
        client.create_conversation()


def test_a_401_of_one_operation_is_an_answer(backend: Backend, client: Client) -> None:
    """Where the list is still let in, the operation is what is wrong."""
    assert client.list_conversations().status == 200
    backend.answer = lambda request: Answer(401 if request.method == "POST" else 200)
    assert client.create_conversation().status == 401


def test_what_is_fetched_may_go_on_for_ever(backend: Backend, client: Client) -> None:
    """The status is known with the headers: nobody waits for an end that does not come."""
    left = threading.Event()

    def pings() -> Iterator[bytes]:
        while not left.wait(0.05):
            yield b": ping\n\n"

    backend.answer = lambda _: Answer(200, EVENT_STREAM, pings())
    with client.fetch_stream("c") as fetched:
        assert fetched.exchange.status == 200
        assert fetched.ending is None
    left.set()
    assert [(request.method, request.path.rpartition("/")[2]) for request in backend.requests] == [
        ("GET", "message-streams")
    ]
    backend.answer = lambda _: Answer(405, {}, [b"{}"])
    with client.fetch_stream("c") as fetched:
        assert (fetched.exchange.status, fetched.exchange.body) == (405, "{}")
