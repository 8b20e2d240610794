"""What the contract has is served by compiled routes; each answer is the one that the framework behind them gives."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import inflection
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message

from mockserver import MockServer, Settings
from mockserver.contract import load_contract
from mockserver.deferred import Deferred
from mockserver.handlers import Handlers
from mockserver.lane import FastLane
from mockserver.operations import Operations
from mockserver.routes import compile_routes

CONVERSATIONS = "/api/v1/workspaces/demo/conversations"
MESSAGE = {"id": "m1", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
JSON = {"content-type": "application/json"}
RANDOM = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}")
"""Names and tokens that no two servers make alike."""

METHODS = {"get", "post", "patch", "put", "delete"}
BOB = {"authorization": "Bearer bob@demo"}


class ByFramework(MockServer):
    """A mock without its compiled routes: Connexion serves all."""

    def _inside(self, contract: dict[str, Any]) -> FastLane:
        inside = super()._inside(contract)
        lane: Any = inside
        lane._routes = {}
        pages = lane._app
        control = pages._app
        pages._pages = dict
        control._compiled = Operations({"paths": {}}), {}
        return inside


@dataclass(frozen=True)
class Request:
    """One to compare the answers to; `{id}` in its path is a conversation."""

    method: str = "GET"
    path: str = CONVERSATIONS
    body: bytes = b""
    headers: Mapping[str, str] | None = None
    query: str = ""
    authorization: str | None = "Bearer alice@demo"


def send(path: str = "{id}/messages", body: Any = MESSAGE, **more: Any) -> Request:
    """A message, or what should be one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", f"{CONVERSATIONS}/{path}", raw, more.pop("headers", JSON), **more)


def patch(body: Any, **more: Any) -> Request:
    """A patch, or what should be one."""
    return Request("PATCH", CONVERSATIONS + "/{id}", json.dumps(body).encode(), JSON, **more)


REQUESTS = {
    "list": Request(),
    "page": Request(query="page=2&size=1"),
    "parameter twice": Request(query="size=1&size=2"),
    "parameter twice, first wrong": Request(query="size=x&size=2"),
    "parameters wrong": Request(query="page=0&size=101"),
    "parameter no integer": Request(query="page=1.0"),
    "parameter of other digits": Request(query="page=%D9%A3"),
    "parameter empty": Request(query="page="),
    "parameter huge": Request(query="page=" + "9" * 400),
    "parameter longer than integers are": Request(query="page=" + "9" * 5000),
    "parameter unknown": Request(query="sort=up"),
    "parameter with brackets": Request(query="page[a]=1&size[]=2"),
    "query that is no text": Request(query="page=%FF&%00"),
    "media type of no body": Request(headers={"content-type": "text/plain"}),
    "body that nobody wants": Request(body=b"hello", headers={"content-type": "text/plain"}),
    "head": Request("HEAD"),
    "put": Request("PUT"),
    "no token": Request(authorization=None),
    "no bearer": Request(authorization="Basic abc"),
    "other workspace": Request(path="/api/v1/workspaces/acme/conversations"),
    "no token and a wrong query": Request(authorization=None, query="page=0"),
    "other workspace and a wrong body": send(body=b"{", authorization="Bearer alice@acme"),
    "unknown path": Request(path="/api/v1/workspaces/demo/conversation"),
    "slash too many": Request(path=CONVERSATIONS + "/"),
    "create": Request("POST"),
    "create with nothing": Request("POST", body=b"{}", headers=JSON),
    "create steered": Request("POST", body=b'{"personality":"a pirate","modelName":"gpt-4"}', headers=JSON),
    "create with a model that is none": Request("POST", body=b'{"modelName":"gpt-3"}', headers=JSON),
    "create with an array": Request("POST", body=b"[]", headers=JSON),
    "create with null": Request("POST", body=b"null", headers=JSON),
    "create with a BOM": Request("POST", body=b"\xef\xbb\xbf{}", headers=JSON),
    "create with a large number": Request(
        "POST", body=b'{"personalityId":123456789012345678901234567890}', headers=JSON
    ),
    "create with NaN": Request("POST", body=b'{"personalityId":NaN}', headers=JSON),
    "create with infinity": Request("POST", body=b'{"personalityId":1e999}', headers=JSON),
    "create with 5.0": Request("POST", body=b'{"personalityId":5.0}', headers=JSON),
    "create with a name twice": Request("POST", body=b'{"personality":5,"personality":"x"}', headers=JSON),
    "no media type": send(headers={}),
    "empty media type": send(headers={"content-type": ""}),
    "other media type": send(headers={"content-type": "text/plain"}),
    "other media type and no JSON": send(body=b"{", headers={"content-type": "application/xml; charset=utf-8"}),
    "media type in capitals": send(headers={"content-type": "Application/JSON ; charset=latin-1"}),
    "media type of a patch": patch({"personality": "x"}, query="unknown=1"),
    "send": send(),
    "send to nobody": send("nowhere/messages"),
    "send a query": send(query="page=0"),
    "send nothing": send(body=b""),
    "send no JSON": send(body=b'{"id": '),
    "send no UTF-8": send(body=b'{"id":"\xff"}'),
    "send what is nested deeply": send(body=b"[" * 5000),
    "send too much": send(body=b'"' + b"x" * 3000 + b'"'),
    "send many mistakes": send(body={"id": 1, "text": None, "additionalContext": [{"id": "x"}], "contextSize": "a"}),
    "send half a character": send(body=b'{"id":"\\ud800","text":"\\udfff","createdAt":"2026-05-01T09:00:00"}'),
    "stream refused": send("{id}/message-streams", body={}),
    "patch": patch({"personality": None}),
    "patch nothing": patch({}),
    "patch another's": patch({"personality": None}, authorization=BOB["authorization"]),
    "messages": Request(path=CONVERSATIONS + "/{id}/messages"),
    "cancel": Request("DELETE", CONVERSATIONS + "/{id}/message-streams"),
    "cancel with a body": Request("DELETE", CONVERSATIONS + "/{id}/message-streams", b"{}", JSON),
    "fault asked for": Request(query="__fault=nothing"),
    "overview": Request(path="/_mock/"),
    "overview, not quite": Request(path="/_mock"),
    "workspaces": Request(path="/_mock/workspaces", query="size=1"),
    "workspaces wrongly": Request(path="/_mock/workspaces", query="size=1000&page=x"),
    "new workspace": Request("POST", "/_mock/workspaces"),
    "new workspace of a name": Request("POST", "/_mock/workspaces", b'{"name":"checkout"}', JSON),
    "new workspace of a wrong name": Request("POST", "/_mock/workspaces", b'{"name":5}', JSON),
    "no workspace": Request(path="/_mock/workspaces/nowhere"),
    "journal": Request(path="/_mock/workspaces/demo/journal", query="status=404&size=5"),
    "journal since": Request(path="/_mock/workspaces/demo/journal", query="since=7"),
    "stream": Request(path="/_mock/workspaces/demo/streams/1"),
    "stream of a sign": Request(path="/_mock/workspaces/demo/streams/-1"),
    "stream of no number": Request(path="/_mock/workspaces/demo/streams/first"),
    "fault": Request("POST", "/_mock/workspaces/demo/faults", b'{"fault":"truncate"}', JSON),
    "fault from the console": Request(
        "POST", "/_mock/workspaces/demo/faults", b'{"fault":"truncate"}', JSON, query="source=console"
    ),
    "fault from nowhere": Request(
        "POST", "/_mock/workspaces/demo/faults", b'{"fault":"truncate"}', JSON, query="source=x"
    ),
    "fault that is none": Request("POST", "/_mock/workspaces/demo/faults", b'{"fault":"trunkate"}', JSON),
    "fault of no body": Request("POST", "/_mock/workspaces/demo/faults"),
    "fault of another media type": Request(
        "POST", "/_mock/workspaces/demo/faults", b"fault: lock", {"content-type": "application/yaml"}
    ),
    "faults away": Request("DELETE", "/_mock/workspaces/demo/faults"),
    "control of another method": Request("PUT", "/_mock/workspaces"),
    "control of no path": Request(path="/_mock/workspace"),
    "head of the control plane": Request("HEAD", "/_mock/workspaces"),
    "home": Request(path="/"),
    "health": Request(path="/healthz"),
    "health, posted": Request("POST", "/healthz"),
    "contract": Request(path="/openapi.json"),
    "contract of the control plane": Request(path="/_mock/openapi.yaml"),
    "console": Request(path="/_mock/ui"),
    "docs": Request(path="/docs/"),
    "token of no body": Request("POST", "/oauth/v2/token"),
    "workspace of a strange name": Request(path="/api/v1/workspaces/a b\n/conversations", authorization="Bearer x@y"),
}


async def ask(app: ASGIApp, request: Request, conversation: str = "") -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """The answer: its status, its headers in order of their names, its body."""
    headers = {"host": "x", **(request.headers or {}), **({"content-length": str(len(request.body))})}
    if request.authorization is not None:
        headers["authorization"] = request.authorization
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path.replace("{id}", conversation),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "extensions": {},
    }
    sent: list[Message] = []

    unread: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        if not unread:
            await asyncio.Event().wait()  # the client stays
        return unread.pop()

    async def take(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, take)
    body = RANDOM.sub(b"*", b"".join(message.get("body", b"") for message in sent[1:]))
    return sent[0]["status"], sorted(sent[0]["headers"]), body


@cache
def pair(*, lenient: bool) -> tuple[MockServer, ByFramework]:
    """A mock, and one without compiled routes: made once, for the framework takes its time."""
    settings = Settings(empty=True, speed="instant", max_body_kib=2, lenient=lenient)
    return MockServer(settings), ByFramework(settings)


async def both(request: Request, *, lenient: bool) -> list[tuple[int, list[tuple[bytes, bytes]], bytes]]:
    """The answers of a mock and of one without compiled routes, to a request after two conversations were created."""
    answers = []
    for app in pair(lenient=lenient):
        await app.reset()
        conversation = ""
        for _ in range(2):
            conversation = json.loads((await ask(app, Request("POST")))[2])["id"]
        answers.append(await ask(app, request, conversation))
    return answers


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("name", REQUESTS)
def test_compiled_routes_answer_as_the_framework_does(name: str, *, lenient: bool) -> None:
    """Status, headers and body."""
    by_routes, by_framework = asyncio.run(both(REQUESTS[name], lenient=lenient))
    assert by_routes == by_framework


def test_each_operation_has_a_route_whose_handler_takes_what_it_gives() -> None:
    """Nothing of the contract is left to the slow way."""
    asked: list[str] = []

    handlers = Handlers(MockServer(Settings(empty=True)).service, 0, cues=True)

    def handler_of(operation: str) -> Any:
        asked.append(operation)
        return getattr(handlers, inflection.underscore(operation))

    contract = load_contract()
    routes = compile_routes(contract, handler_of, max_body_kib=1)
    operations = [
        item[method]["operationId"] for item in contract["paths"].values() for method in item if method in METHODS
    ]
    assert sorted(routes) == sorted(asked) == sorted(operations)
    assert all(route.secured for route in routes.values())
    assert routes["listMessages"].names == {
        "page": "page", "size": "size", "workspaceId": "workspace_id", "conversationId": "conversation_id",
    }  # fmt: skip
    assert routes["listMessages"].query.judge({"query_string": b""}) == {"page": 1, "size": 20}


def test_a_handler_that_fails_is_a_500_in_the_contracts_body() -> None:
    """Also beside the framework, which answers what its handlers raise."""

    async def scenario() -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        app = MockServer(Settings(empty=True))

        async def broken(*_: Any) -> Any:
            raise RuntimeError("a fault of the mock")

        app.service.list_conversations = broken  # type: ignore[assignment,method-assign]
        return await ask(app, Request())

    status, headers, body = asyncio.run(scenario())
    assert status == 500
    assert dict(headers)[b"content-type"] == b"application/json"
    assert json.loads(body)["code"] == "internalError"


LEFT_FOR_LATER = (
    "connexion", "flask", "httpx", "jsonschema", "requests", "jwt", "faker", "yaml", "regex",
    "importlib.metadata", "mockserver.replies.writer", "mockserver.replies.phrases", "mockserver.control.mount",
    "mockserver.control.workspaces", "mockserver.journal.recording", "mockserver.replay",
)  # fmt: skip
"""What takes most of a start is left to those who need it: replies, the control plane, docs, JWTs, scenarios."""


def test_a_start_and_a_first_call_import_what_they_need_and_no_more() -> None:
    """The first start of all reads the contract from its YAML, and those that come after it do not."""
    program = """
import asyncio, sys
from importlib import import_module
from mockserver import Settings, create_app
import mockserver.server

sent = []
headers = [(b"host", b"x"), (b"authorization", b"Bearer demo@demo")]
path = "/api/v1/workspaces/demo/conversations"
scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "extensions": {}}

async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}

async def send(message):
    sent.append(message)

asyncio.run(create_app(Settings())(scope, receive, send))
print(sent[0]["status"], *(name for name in sys.argv[1:] if name in sys.modules))
for name in sys.argv[1:]:
    import_module(name)  # or else a name that is misspelt here would never be found
"""
    command = [sys.executable, "-c", program, *LEFT_FOR_LATER]
    load_contract()  # into the cache
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    assert printed.stdout.split() == ["200"], printed.stderr


def test_what_is_deferred_is_built_once_and_stalls_nobody() -> None:
    """Many may ask at the same time; the event loop goes on meanwhile."""
    built: list[str] = []

    def build() -> ASGIApp:
        built.append(threading.current_thread().name)
        time.sleep(0.2)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await PlainTextResponse("here")(scope, receive, send)

        return app

    async def scenario() -> tuple[int, list[bytes]]:
        app = Deferred(build)
        asked = asyncio.gather(*(ask(app, Request()) for _ in range(5)))
        turns = 0
        while not asked.done():
            turns += 1
            await asyncio.sleep(0.005)
        return turns, [body for _, _, body in await asked]

    turns, bodies = asyncio.run(scenario())
    assert bodies == [b"here"] * 5
    assert len(built) == 1
    assert turns > 5
