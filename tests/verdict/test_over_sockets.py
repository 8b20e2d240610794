"""Bad clients and good ones over real sockets: both meet the same trouble, and the running server tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mockserver.control.client import WorkspaceHandle
from mockserver.server import BackgroundServer
from tests.control.given import StreamReader
from tests.server.given import wait_until

JsonObject = dict[str, Any]


class Chat:
    """A client of the API in one conversation, which does as it is told."""

    def __init__(self, workspace: WorkspaceHandle) -> None:
        self.workspace = workspace
        self.http = httpx.Client(base_url=workspace.url, timeout=20, trust_env=False)
        self.take(workspace.token("alice"))
        self.conversation: str = self.http.post("/conversations").json()["id"]

    def take(self, token: str) -> None:
        """Go on with this token."""
        self.http.headers["Authorization"] = f"Bearer {token}"

    def send(self, message_id: str, text: str = "Hello") -> int:
        """Send a message; the status."""
        return self.http.post(self._path("messages"), json=self._message(message_id, text)).status_code

    def stream(self, message_id: str, text: str = "Hello") -> StreamReader:
        """Send a message, whose reply is read in a thread."""
        return StreamReader(self.http, self._path("message-streams"), self._message(message_id, text))

    def leave(self, message_id: str) -> None:
        """Send a message, and close the connection when the first piece of the reply has come."""
        body = self._message(message_id, "Hello")
        with self.http.stream("POST", self._path("message-streams"), json=body) as answer:
            next(line for line in answer.iter_lines() if line.startswith("event: "))

    def cancel(self) -> int:
        """Cancel what is live; the status."""
        return self.http.delete(self._path("message-streams")).status_code

    def read(self, **query: int) -> httpx.Response:
        """List conversations."""
        return self.http.get("/conversations", params=query)

    def _path(self, what: str) -> str:
        return f"/conversations/{self.conversation}/{what}"

    def _message(self, message_id: str, text: str) -> JsonObject:
        unique = f"{self.conversation} {message_id}"
        return {"id": unique, "text": text, "createdAt": datetime.now(UTC).isoformat()}


def _holding(chat: Chat) -> StreamReader:
    """A stream that is live, and stays so until it is released."""
    chat.workspace.configure(hold_after=1)
    live = chat.stream("held")
    assert live.wait_for(1) == ["delta"]
    chat.workspace.configure(hold_after=None)
    return live


def _release(chat: Chat, live: StreamReader) -> None:
    chat.workspace.wait_for_stream().release()
    assert live.finish()[-1] == "message"


def _post_twice(chat: Chat) -> None:
    chat.workspace.arm("status", code=500, where={"operation": "sendMessage"})
    assert (chat.send("one"), chat.send("two")) == (500, 200)


def _post_again(chat: Chat) -> None:
    chat.workspace.arm("status", code=500, where={"operation": "sendMessage"})
    assert (chat.send("one"), chat.send("one")) == (500, 200)


def _open_beside(chat: Chat) -> None:
    live = _holding(chat)
    beside = chat.stream("other", "Another one")
    beside.finish()
    assert beside.status == 409
    _release(chat, live)


def _cancel_and_open(chat: Chat) -> None:
    live = _holding(chat)
    assert chat.cancel() == 200
    live.finish()
    assert chat.stream("other", "Another one").finish()[-1] == "message"


def _hammer(chat: Chat) -> None:
    live = _holding(chat)
    assert {chat.send("other") for _ in range(20)} == {409}
    _release(chat, live)


def _come_back_later(chat: Chat) -> None:
    live = _holding(chat)
    for pause_s in (0.5, 1, 2):
        assert chat.send("other") == 409
        chat.workspace.advance(pause_s)
    _release(chat, live)
    assert chat.send("other") == 200


def _limited(chat: Chat, waits_s: float) -> None:
    chat.workspace.freeze()
    chat.workspace.arm("status", code=429, retry_after=30, where={"operation": "listConversations"}, times=2)
    for _ in range(2):
        assert chat.read().status_code == 429
        chat.workspace.advance(waits_s)
    assert chat.read().status_code == 200


def _abandon(chat: Chat) -> None:
    chat.workspace.configure(hold_after=1)
    chat.leave("left")


def _abandon_and_cancel(chat: Chat) -> None:
    _abandon(chat)
    assert chat.cancel() == 200


def _cut(chat: Chat) -> None:
    chat.workspace.arm("truncate", after=2)
    assert chat.stream("cut").finish() == ["delta", "delta"]


def _go_on(chat: Chat) -> None:
    _cut(chat)
    assert chat.stream("next", "Go on").finish()[-1] == "message"


def _repeat_and_go_on(chat: Chat) -> None:
    _cut(chat)
    assert chat.stream("cut").finish()[-1] == "message"
    assert chat.stream("next", "Go on").finish()[-1] == "message"


def _expire(chat: Chat) -> None:
    chat.take(chat.workspace.token("alice", expires_in_s=60))
    assert chat.read().status_code == 200
    chat.workspace.advance(61)
    assert chat.read().status_code == 401
    chat.workspace.advance(5)


def _use_on(chat: Chat) -> None:
    _expire(chat)
    assert chat.read().status_code == 401


def _renew(chat: Chat) -> None:
    _expire(chat)
    chat.take(chat.workspace.token("alice"))
    assert chat.read().status_code == 200


def _walk_until_empty(chat: Chat) -> None:
    page = 1
    while chat.read(page=page, size=1).json()["data"]:
        page += 1
    assert page > 1


def _walk_to_the_last(chat: Chat) -> None:
    page = last = 1
    while page <= last:
        last = chat.read(page=page, size=1).json()["page"]["totalPages"]
        page += 1


@dataclass(frozen=True)
class Pair:
    """One trouble: what a bad client does about it, and what a good one does."""

    bad: Callable[[Chat], None]
    good: Callable[[Chat], None]


PAIRS = {
    "double-post": Pair(_post_twice, _post_again),
    "second-stream": Pair(_open_beside, _cancel_and_open),
    "no-wait-after-409": Pair(_hammer, _come_back_later),
    "retry-after-ignored": Pair(lambda chat: _limited(chat, 10), lambda chat: _limited(chat, 30)),
    "stream-abandoned": Pair(_abandon, _abandon_and_cancel),
    "incomplete-taken-as-complete": Pair(_go_on, _repeat_and_go_on),
    "expired-token-used": Pair(_use_on, _renew),
    "past-the-last-page": Pair(_walk_until_empty, _walk_to_the_last),
}


@pytest.fixture
def sandbox(paced_server: BackgroundServer) -> Iterator[WorkspaceHandle]:
    """A workspace of the test's own."""
    workspace = paced_server.workspace()
    workspace.configure(first_token_ms=0, tokens_per_second=1000)
    yield workspace
    workspace.delete()


def _play(workspace: WorkspaceHandle, story: Callable[[Chat], None]) -> None:
    chat = Chat(workspace)
    try:
        story(chat)
    finally:
        chat.http.close()
        workspace.run()
        workspace.configure(hold_after=None)
    assert wait_until(lambda: all(exchange["outcome"] for exchange in workspace.journal()))


@pytest.mark.parametrize("code", PAIRS)
def test_a_bad_client_earns_just_that(sandbox: WorkspaceHandle, code: str) -> None:
    """With exchanges of the journal as evidence, the last of them its latest misdeed."""
    _play(sandbox, PAIRS[code].bad)
    verdict = sandbox.verdict()
    assert verdict.codes == [code]
    [finding] = verdict.findings
    assert finding["caller"] == "alice"
    kept = {exchange["number"] for exchange in sandbox.journal()}
    assert finding["exchanges"]
    assert set(finding["exchanges"]) <= kept


@pytest.mark.parametrize("code", PAIRS)
def test_a_good_client_in_the_same_trouble_earns_nothing(sandbox: WorkspaceHandle, code: str) -> None:
    """Not even a hint."""
    _play(sandbox, PAIRS[code].good)
    assert sandbox.verdict().findings == []


def test_a_good_client_in_all_of_it_earns_nothing(sandbox: WorkspaceHandle) -> None:
    """One trouble after the other in one workspace; the coverage says that it has met them."""
    for pair in PAIRS.values():
        _play(sandbox, pair.good)
    verdict = sandbox.verdict()
    assert verdict.findings == []
    assert set(verdict.coverage["faults"]["met"]) >= {"status", "truncate"}
    assert {"listConversations 401", "sendMessage 409", "sendMessage 500", "listConversations 429"} <= set(
        verdict.coverage["statuses"]["met"]
    )
