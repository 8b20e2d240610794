"""What the tests of the running mock have as given: own servers, a writer that obeys, short ways to say things."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from conformance.client import Client, Conduct, new_message
from conformance.stream import Stream
from mockserver import MockServer, Settings
from mockserver.contract import load_contract
from mockserver.replies import ReplyRequest
from mockserver.server import BackgroundServer
from mockserver.service import Writer

JsonObject = dict[str, Any]
MakeCaller = Callable[..., Client]
T = TypeVar("T")

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
ENDLESS = "2000"
"""To an `ObedientWriter`: a reply that takes far longer than any test."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP alone: httpx takes 25 ms to make one of its own."""

OPERATIONS: list[tuple[str, str]] = [
    (method.upper(), template.removeprefix("/api/v1/workspaces/{workspaceId}"))
    for template, item in load_contract()["paths"].items()
    for method in item
    if method in {"get", "post", "patch", "delete", "put"}
]
"""Method and path (within a workspace) of every operation of the contract."""

ON_A_CONVERSATION = [operation for operation in OPERATIONS if "{conversationId}" in operation[1]]


class ObedientWriter:
    """Writes as many words as a message asks for (`"12"`), or says its text back; remembers what it was asked.

    Each reply begins with its number, so that one that was generated anew is another text.
    """

    def __init__(self) -> None:
        self.requests: list[ReplyRequest] = []

    def write(self, request: ReplyRequest) -> str:
        """See `mockserver.service.Writer`."""
        self.requests.append(request)
        text = request.prompt.text
        words = " ".join(f"w{n}" for n in range(int(text))) if text.isdecimal() else text
        return f"#{len(self.requests)} {words}"

    def asked(self, message: JsonObject) -> list[ReplyRequest]:
        """How often, and with what, it was asked to answer this message."""
        return [request for request in self.requests if request.prompt.id == message["id"]]


class FailingOnce:
    """A model that fails at its first reply, by raising or by saying nothing."""

    def __init__(self, failure: Callable[[], str]) -> None:
        self._replies = [failure]

    def write(self, request: ReplyRequest) -> str:
        """See `mockserver.service.Writer`."""
        return self._replies.pop()() if self._replies else "Here you are."


def make_server(writer: Writer | None = None, **settings: Any) -> BackgroundServer:
    """A server of the test's own, without conversations unless told otherwise: to be used in a `with`."""
    return BackgroundServer(
        MockServer(Settings(port=0, **{"empty": True, "check_answers": True, **settings}), writer=writer)
    )


def make_client(server: BackgroundServer, caller: str = "alice", workspace: str = "demo") -> Client:
    """A client of a server of the test's own: to be closed."""
    return Client(
        server.url, token=f"{caller}@{workspace}", workspace_id=workspace, conduct=Conduct(reply_timeout_s=20)
    )


def make_http(server: BackgroundServer, workspace: str, caller: str = "alice") -> httpx.Client:
    """A bare HTTP client in a workspace, for requests that the kit's client does not send: to be used in a `with`."""
    return httpx.Client(
        verify=NO_TLS,
        base_url=f"{server.url}/api/v1/workspaces/{workspace}",
        headers={"Authorization": f"Bearer {caller}@{workspace}"},
        timeout=20,
    )


def send_raw(server: BackgroundServer, path: str, message: JsonObject, workspace: str = "demo") -> socket.socket:
    """The connection on which Alice's message was sent; nothing has been read from it."""
    url, body = urlsplit(server.url), json.dumps(message).encode()
    connection = socket.create_connection((url.hostname, url.port), timeout=10)
    target = f"/api/v1/workspaces/{workspace}/conversations/{path}"
    headers = f"Host: x\r\nAuthorization: Bearer alice@{workspace}\r\nContent-Length: {len(body)}"
    connection.sendall(f"POST {target} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body)
    return connection


def new_conversation(client: Client, body: JsonObject | None = None) -> str:
    """The id of a conversation that was just created."""
    created = client.create_conversation(body)
    assert created.status == 201, created.body
    conversation_id: str = created.json()["id"]
    return conversation_id


def say(client: Client, conversation_id: str, text: str = "Name a slogan for a bakery.") -> JsonObject:
    """The reply to a new message."""
    answer = client.send_message(conversation_id, new_message(text))
    assert answer.status == 200, answer.body
    reply: JsonObject = answer.json()
    return reply


def read_stream(client: Client, conversation_id: str, message: JsonObject) -> Stream:
    """A stream that has been read to its end."""
    with client.open_stream(conversation_id, message) as stream:
        stream.wait_until_ended()
    return stream


def final_message(stream: Stream) -> JsonObject:
    """What the last event of a stream carries, which is the reply."""
    message: JsonObject = json.loads(stream.arrivals[-1].event.data)["message"]
    return message


def deltas_joined(stream: Stream) -> str:
    """What the deltas of a stream that has been read say together."""
    return "".join(json.loads(arrival.event.data).get("delta", "") for arrival in stream.arrivals)


def listed(client: Client, conversation_id: str) -> list[JsonObject]:
    """The messages of a conversation, a hundred at the most."""
    answer = client.list_messages(conversation_id, size=100)
    assert answer.status == 200, answer.body
    messages: list[JsonObject] = answer.json()["data"]
    return messages


def count_conversations(client: Client) -> int:
    """How many conversations the caller has."""
    count: int = client.list_conversations().json()["page"]["totalElements"]
    return count


def together(count: int, call: Callable[[int], T]) -> list[T]:
    """What `count` calls answer that are made at one moment, each in a thread of its own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> T:
        barrier.wait(timeout=10)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def wait_until(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Whether the condition came true in time; asked again and again until then."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def ascii_head(text: str) -> str:
    """A short name for a test case that is any text."""
    return ascii(text[:16])
