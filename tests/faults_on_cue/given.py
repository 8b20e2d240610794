"""What the tests of faults have as given: a known reply, a caller in a workspace of its own, ways to ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from mockserver import MockServer, Settings
from mockserver.checks import AnswerChecks
from mockserver.contract import load_contract
from mockserver.control.client import WorkspaceHandle
from mockserver.faults.values import Fault
from mockserver.replies import ReplyRequest, split_deltas
from mockserver.server import BackgroundServer

from .wire_client import Wire

JsonObject = dict[str, Any]

SEED: Final = 7
REPLY: Final = (
    "Grüße ☕ aus der “Bäckerei”: frisches **Brot** jeden Morgen 👩‍🍳, mit Liebe gebacken — für alle\nNachbarn."
)
"""What every model here says: many characters of more than a byte, and no two deltas side by side alike."""

DELTAS: Final = split_deltas(REPLY)
ALL_EVENTS: Final = ["delta"] * len(DELTAS) + ["message"]
CHECKS: Final = AnswerChecks(load_contract())
FAULT_HEADER: Final = "mock-fault"


class FixedWriter:
    """Always says the same."""

    def write(self, _: ReplyRequest) -> str:
        """See `mockserver.service.Writer`."""
        return REPLY


def make_server(**settings: Any) -> BackgroundServer:
    """A mock that checks what it sends: to be used in a `with`."""
    given = {"speed": "instant", "seed": SEED, "empty": True, "keep_alive_s": 0, "check_answers": True, **settings}
    return BackgroundServer(MockServer(Settings(port=0, **given), writer=FixedWriter()))


@dataclass(frozen=True, slots=True)
class Asked:
    """How one call asks for a fault."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    text: str = "Hello"


NOTHING: Final = Asked()


def by_control(sandbox: WorkspaceHandle, fault: Fault) -> Asked:
    """It is armed before."""
    sandbox.arm(fault.kind, **_given(fault))
    return NOTHING


def by_prefer(_: WorkspaceHandle, fault: Fault) -> Asked:
    """`Prefer: fault=truncate; after=3`."""
    return Asked(headers={"Prefer": f"fault={fault}"})


def by_query(_: WorkspaceHandle, fault: Fault) -> Asked:
    """`?__fault=truncate;after=3`."""
    return Asked(query=f"__fault={quote(str(fault).replace('; ', ';'), safe='=')}")


def by_text(_: WorkspaceHandle, fault: Fault) -> Asked:
    """`!fault truncate after=3`."""
    return Asked(text=f"!fault {str(fault).replace(';', '')}")


Trigger = Callable[[WorkspaceHandle, Fault], Asked]
TRIGGERS: Final[dict[str, Trigger]] = {"control": by_control, "prefer": by_prefer, "query": by_query, "text": by_text}
"""By the source that the journal names."""


class Scene:
    """A caller with a conversation in a workspace of a test's own."""

    def __init__(self, sandbox: WorkspaceHandle, caller: str = "alice") -> None:
        self.sandbox = sandbox
        self.token = sandbox.token(caller)
        self.calls = 0
        self._open: list[Wire] = []
        self.conversation: str = self.call("POST", "/conversations", body={}).json()["id"]

    def request(self, method: str, path: str, asked: Asked = NOTHING, *, body: Any = None, token: str = "") -> Wire:
        """A call whose answer is still to be read."""
        query = f"?{asked.query}" if asked.query else ""
        url = f"{self.sandbox.url}{path}{query}"
        self._open.append(Wire(method, url, token=token or self.token, headers=asked.headers, body=body))
        return self._open[-1]

    def call(self, method: str, path: str, asked: Asked = NOTHING, *, body: Any = None, token: str = "") -> Wire:
        """A call and its whole answer."""
        return self.request(method, path, asked, body=body, token=token).read()

    def stream(self, asked: Asked = NOTHING, *, token: str = "", conversation: str = "") -> Wire:
        """A new message, answered by a stream that is still to be read."""
        path = f"/conversations/{conversation or self.conversation}/message-streams"
        return self.request("POST", path, asked, body=self._message(asked.text), token=token)

    def send(self, asked: Asked = NOTHING, *, token: str = "") -> Wire:
        """A new message, answered in one piece."""
        path = f"/conversations/{self.conversation}/messages"
        return self.call("POST", path, asked, body=self._message(asked.text), token=token)

    def list_conversations(self, asked: Asked = NOTHING, *, token: str = "") -> Wire:
        """The caller's conversations."""
        return self.call("GET", "/conversations", asked, token=token)

    def cancel(self) -> Wire:
        """End the conversation's stream."""
        return self.call("DELETE", f"/conversations/{self.conversation}/message-streams")

    def new_conversation(self) -> str:
        """One more."""
        conversation: str = self.call("POST", "/conversations", body={}).json()["id"]
        return conversation

    def texts(self) -> list[str]:
        """What the assistant has said in the conversation."""
        return [each["text"] for each in self.messages() if each["source"] == "assistant"]

    def messages(self) -> list[JsonObject]:
        """All of the conversation."""
        path = f"/conversations/{self.conversation}/messages?size=100"
        messages: list[JsonObject] = self.call("GET", path).json()["data"]
        return messages

    def live_events(self) -> int:
        """How many events the one stream that is live has sent."""
        [stream] = self.sandbox.streams()
        sent: int = stream.facts["sent"]
        return sent

    def newest(self, operation: str = "openMessageStream") -> JsonObject:
        """What the journal says of the newest exchange of an operation."""
        number = self.sandbox.journal(operation=operation)[0]["number"]
        return self.sandbox.exchange(number)

    def close(self) -> None:
        """Hang up everywhere."""
        for wire in self._open:
            wire.close()

    def _message(self, text: str) -> JsonObject:
        self.calls += 1
        return {"id": f"m-{self.calls}", "text": text, "createdAt": "2026-05-01T09:00:00"}


def assert_healthy(wire: Wire) -> None:
    """A stream as it should be, to its end."""
    wire.read()
    assert wire.status == 200, wire.raw
    assert wire.complete
    assert wire.names == ALL_EVENTS
    assert wire.deltas == DELTAS
    assert wire.data(-1)["message"]["text"] == REPLY
    assert FAULT_HEADER not in wire.headers


def assert_error(wire: Wire, status: int, code: str, operation: str | None = None) -> str:
    """An error in the contract's form, and of the contract; what it says."""
    assert wire.status == status, wire.raw
    assert wire.complete
    assert wire.headers["content-type"] == "application/json"
    of_contract = None if status in {502, 503, 504} else operation
    shape = status if of_contract else 404  # what is of no operation is judged by its body alone
    assert CHECKS.check_answer(of_contract, shape, wire.headers.items(), wire.body) == []
    body = wire.json()
    assert body["code"] == code
    said: str = body["error"]
    return said


def wait_until(condition: Callable[[], object], within_s: float = 10) -> None:
    """Ask again and again until it holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


def _given(fault: Fault) -> JsonObject:
    return {name: value for name, value in fault.parameters.items() if value is not None}
