"""What is answered at once is what the ASGI application answers; whatever cannot be goes on where it was begun."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from mockserver import Settings, create_app
from mockserver.eager import Waiting, begin
from mockserver.journal.entries import Entry
from mockserver.server import BackgroundServer

from .server.given import wait_until
from .test_lane import CONVERSATIONS, MESSAGE, RANDOM, REQUESTS, Request

TIMEOUT_S = 20
ALICE = {"Authorization": "Bearer alice@demo", "Content-Type": "application/json"}

Answer = tuple[int, list[tuple[str, str]], bytes]


def serve(**settings: Any) -> BackgroundServer:
    """A mock on a free port."""
    return BackgroundServer(create_app(Settings(port=0, empty=True, log_level="warning", max_body_kib=2, **settings)))


@pytest.fixture(scope="module", params=[False, True], ids=["strict", "lenient"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[BackgroundServer, BackgroundServer]]:
    """Two mocks of the same seed, the second of which answers nothing at once."""
    settings = {"speed": "instant", "lenient": request.param, "check_answers": not request.param}
    with serve(**settings) as eager, serve(**settings) as patient:
        patient.app.at_once.answer = lambda *_: None  # type: ignore[method-assign]
        yield eager, patient


def connect(server: BackgroundServer) -> http.client.HTTPConnection:
    """A connection to a server."""
    return http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=TIMEOUT_S)


def ask(server: BackgroundServer, request: Request, conversation: str = "") -> Answer:
    """The answer, without its date."""
    connection = connect(server)
    path = quote(request.path.replace("{id}", conversation), safe="/") + (f"?{request.query}" if request.query else "")
    headers = dict(request.headers or {})
    if request.authorization is not None:
        headers["authorization"] = request.authorization
    connection.request(request.method, path, request.body or None, headers)
    answer = connection.getresponse()
    body = RANDOM.sub(b"*", answer.read())
    connection.close()
    return answer.status, [(name, value) for name, value in answer.getheaders() if name != "date"], body


def new_conversation(server: BackgroundServer) -> str:
    """The id of a new one of alice's."""
    created: dict[str, str] = json.loads(call(server, "POST", CONVERSATIONS, {})[1])
    return created["id"]


def workspace_journal(server: BackgroundServer) -> list[Entry]:
    """What is kept of all calls in the workspace, ended by now."""
    journal = server.app.sandboxes.of("demo").journal
    assert wait_until(lambda: all(entry.complete for entry in journal))
    return list(journal)


def call(server: BackgroundServer, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """The status and the body of alice's call."""
    connection = connect(server)
    connection.request(method, path, None if body is None else json.dumps(body), ALICE)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


@pytest.mark.parametrize("name", [name for name, request in REQUESTS.items() if not request.path.startswith("/_mock")])
def test_it_is_the_applications_answer(pair: tuple[BackgroundServer, BackgroundServer], name: str) -> None:
    """Status, headers in their order, and body."""
    answers = []
    for server in pair:
        server.reset()
        answers.append(ask(server, REQUESTS[name], new_conversation(server)))
    assert answers[0] == answers[1]
    kept = [[(e.status, e.outcome, list(e.response_headers)) for e in workspace_journal(server)] for server in pair]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    "name", ["list", "create steered", "send", "patch", "messages", "cancel", "no token", "send no JSON"]
)
def test_most_requests_are_answered_at_once(pair: tuple[BackgroundServer, BackgroundServer], name: str) -> None:
    """Or else the comparison compares nothing."""
    server = pair[0]
    server.reset()
    conversation = new_conversation(server)
    at_once, answered = server.app.at_once, []

    def answer(scope: Any, body: bytes) -> Any:
        answered.append(type(at_once).answer(at_once, scope, body))
        return answered[-1]

    at_once.answer = answer  # type: ignore[method-assign]
    try:
        ask(server, REQUESTS[name], conversation)
    finally:
        del at_once.answer
    assert [each is not None for each in answered] == [True]


@pytest.mark.parametrize("query", ["", "?__fault=delay;ms=50", "?__fault=status;code=503"])
def test_what_is_begun_is_not_begun_again(pair: tuple[BackgroundServer, BackgroundServer], query: str) -> None:
    """A call that a fault holds up, or one that waits for its reply, is one exchange and one turn."""
    for server in pair:
        server.reset()
        conversation = new_conversation(server)
        server.control.workspace("demo").configure(first_token_ms=30, tokens_per_second=2000, jitter=0)
        status, body = call(server, "POST", f"{CONVERSATIONS}/{conversation}/messages{query}", MESSAGE)
        listed = json.loads(call(server, "GET", f"{CONVERSATIONS}/{conversation}/messages")[1])
        assert status == (503 if "503" in query else 200), body
        assert listed["page"]["totalElements"] == (0 if status == 503 else 2)
        assert len(list(server.app.sandboxes.of("demo").journal)) == 3
        server.control.workspace("demo").configure(first_token_ms=0, tokens_per_second=None, jitter=0)


def raw(*lines: str, body: bytes = b"") -> bytes:
    """A request as bytes."""
    own = [
        "Host: x",
        "Authorization: Bearer alice@demo",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, *own, "", ""]).encode() + body


def read(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """So many answers that come one after the other: their statuses and bodies."""
    stream, answers = connection.makefile("rb"), []
    for _ in range(count):
        status, length = int(stream.readline().split()[1]), 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        answers.append((status, stream.read(length)))
    return answers


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    """One that takes its time for replies."""
    with serve(first_token_ms=50, tokens_per_second=1e5, jitter=0) as running:
        yield running


def test_a_body_that_comes_later(server: BackgroundServer) -> None:
    """In whatever pieces, on one connection."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), TIMEOUT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = raw(f"POST {CONVERSATIONS} HTTP/1.1", body=b'{"personality":"a pirate"}')
        for cuts in ([], [len(whole) - 3], [10, len(whole) - 26, len(whole) - 1], [len(whole) - 26]):
            for begin_, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
                connection.sendall(whole[begin_:end])
                time.sleep(0.01)  # so that they come as pieces; whether they do changes nothing
            [(status, _)] = read(connection, 1)
            assert status == 201


def test_a_body_that_never_comes_whole_creates_nothing(server: BackgroundServer) -> None:
    """The client leaves in the middle of it."""
    before = json.loads(call(server, "GET", CONVERSATIONS)[1])["page"]["totalElements"]
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), TIMEOUT_S) as connection:
        connection.sendall(raw(f"POST {CONVERSATIONS} HTTP/1.1", body=b'{"personality":"a pirate"}')[:-5])
    for _ in range(3):
        assert json.loads(call(server, "GET", CONVERSATIONS)[1])["page"]["totalElements"] == before


def test_requests_in_a_row_are_answered_in_their_order(server: BackgroundServer) -> None:
    """Also behind one that waits for its reply."""
    conversation = new_conversation(server)
    message = json.dumps({**MESSAGE, "id": "row"}).encode()
    row = [
        raw(f"GET {CONVERSATIONS}?size=1 HTTP/1.1"),
        raw(f"POST {CONVERSATIONS}/{conversation}/messages HTTP/1.1", body=message),
        raw(f"GET {CONVERSATIONS}/{conversation}/messages HTTP/1.1"),
        raw(f"PATCH {CONVERSATIONS}/{conversation} HTTP/1.1", body=b"{}"),
        raw(f"GET {CONVERSATIONS}?size=1 HTTP/1.1"),
    ]
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), TIMEOUT_S) as connection:
        connection.sendall(b"".join(row))
        answers = read(connection, len(row))
    assert [status for status, _ in answers] == [200, 200, 200, 422, 200]
    assert json.loads(answers[2][1])["page"]["totalElements"] == 2


def test_who_reads_nothing_is_not_written_to_without_end() -> None:
    """Requests in a row whose answers nobody reads: the server stops to read them, and keeps a bounded rest."""
    with serve(speed="instant") as server:
        for _ in range(100):
            call(server, "POST", CONVERSATIONS, {})
        asked = raw(f"GET {CONVERSATIONS}?size=100 HTTP/1.1")
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), TIMEOUT_S) as connection:
            connection.settimeout(1)
            with pytest.raises(TimeoutError):
                connection.sendall(asked * 500_000)  # far more than the system keeps on the way
            assert call(server, "GET", CONVERSATIONS)[0] == 200


def test_who_asks_for_a_web_socket_is_answered_as_anyone(
    server: BackgroundServer, caplog: pytest.LogCaptureFixture
) -> None:
    """There is none, and nobody is advised to install one."""
    asked = raw(f"GET {CONVERSATIONS} HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket")
    logging.getLogger("uvicorn.error").propagate = True
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), TIMEOUT_S) as connection:
        connection.sendall(asked)
        [(status, _)] = read(connection, 1)
    assert status == 200
    assert not [record for record in caplog.records if "pgrade" in record.getMessage()]


def test_the_line_of_a_call_that_waits_says_who_called(
    server: BackgroundServer, caplog: pytest.LogCaptureFixture
) -> None:
    """And is one line."""
    conversation = new_conversation(server)
    logging.getLogger("mockserver.access").propagate = True
    with caplog.at_level(logging.INFO, "mockserver.access"):
        call(server, "POST", f"{CONVERSATIONS}/{conversation}/messages", {**MESSAGE, "id": "told"})
        assert wait_until(lambda: any(hasattr(record, "facts") for record in caplog.records))
    [facts] = [record.facts for record in caplog.records if hasattr(record, "facts")]
    assert (facts["caller"], facts["status"], facts["ms"] >= 50) == ("alice", 200, True)


def test_a_coroutine_that_waits_for_nothing_is_over_at_once() -> None:
    """With what it returns or raises."""

    async def three() -> int:
        return 3

    async def fails() -> int:
        raise KeyError("x")

    assert begin(three()) == 3
    with pytest.raises(KeyError):
        begin(fails())


def test_a_coroutine_that_waits_goes_on_where_it_is_awaited() -> None:
    """Over as many waits as it has."""

    async def scenario() -> list[str]:
        told, future = ["before"], asyncio.get_running_loop().create_future()

        async def work() -> str:
            told.append(await future)
            await asyncio.sleep(0)
            await asyncio.sleep(0.001)
            return "result"

        begun = begin(work())
        assert isinstance(begun, Waiting)
        told.append("between")
        future.set_result("waited")
        told.append(await begun)
        return told

    assert asyncio.run(scenario()) == ["before", "between", "waited", "result"]


def test_a_coroutine_that_waits_is_told_what_goes_wrong() -> None:
    """The failure of what it waits for, and that it is cancelled."""

    async def scenario() -> list[str]:
        told = []

        async def work(future: asyncio.Future[None]) -> None:
            try:
                await future
            except ValueError:
                told.append("failed")
            try:
                await asyncio.sleep(10)
            finally:
                told.append("ended")

        future = asyncio.get_running_loop().create_future()
        begun = begin(work(future))
        assert isinstance(begun, Waiting)

        async def go_on() -> None:
            await begun

        task = asyncio.create_task(go_on())
        future.set_exception(ValueError())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return told

    assert asyncio.run(scenario()) == ["failed", "ended"]
