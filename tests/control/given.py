"""What the tests of the control plane have as given: a client whose every answer is held against the contract."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.control.mount import load_control_contract
from mockserver.operations import Operations
from mockserver.pages import CONTROL_PATH
from mockserver.schemas import compile_schema, find_problems

JsonObject = dict[str, Any]


def resolve(value: Any) -> Any:
    """A part of the contract with its references in place."""
    if isinstance(value, list):
        return [resolve(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target: Any = load_control_contract()
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolve(target)
    return {key: resolve(entry) for key, entry in value.items()}


OPERATIONS = Operations(load_control_contract())
BY_ID: dict[str, JsonObject] = {
    operation["operationId"]: resolve(operation)
    for item in load_control_contract()["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
}


def check_answer(answer: httpx.Response) -> None:
    """The contract of the control plane has this answer."""
    path = answer.request.url.path.removeprefix(CONTROL_PATH) or "/"
    operation = OPERATIONS.find(answer.request.method, path).operation
    assert operation, f"the contract has no {answer.request.method} {path}"
    documented = BY_ID[operation]["responses"]
    assert str(answer.status_code) in documented, f"{operation} answered {answer.status_code}"
    content = documented[str(answer.status_code)].get("content", {})
    if "text/event-stream" in content:
        return
    answer.read()
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        problems = list(find_problems(compile_schema(schema), answer.json()))
        assert not problems, f"{operation}: {problems} in {answer.text}"
    elif not content:
        assert not answer.content


@contextmanager
def make_control(url: str) -> Iterator[ControlClient]:
    """A client of the control plane whose answers are checked."""
    with ControlClient(url) as control:
        control._http.event_hooks["response"].append(check_answer)
        yield control


class Api:
    """A caller of the mocked API in one workspace, with a token of it."""

    def __init__(self, workspace: WorkspaceHandle, caller: str = "alice", token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token or workspace.token(caller)}"}
        self.http = httpx.Client(base_url=workspace.url, headers=headers, timeout=20, trust_env=False)

    def create(self, body: JsonObject | None = None) -> str:
        """A new conversation."""
        answer = self.http.post("/conversations", json=body or {})
        assert answer.status_code == 201, answer.text
        conversation: str = answer.json()["id"]
        return conversation

    def send(self, conversation: str, text: str = "Hello", message_id: str = "m-1") -> httpx.Response:
        """A message, answered in one piece."""
        return self.http.post(f"/conversations/{conversation}/messages", json=make_message(message_id, text))

    def stream(self, conversation: str, text: str = "Hello", message_id: str = "m-1") -> StreamReader:
        """A message, answered as a stream that is read in a thread."""
        return StreamReader(self.http, f"/conversations/{conversation}/message-streams", make_message(message_id, text))


Call = Callable[..., Api]
"""Makes callers of the API: see the fixture `call`."""


def make_message(message_id: str, text: str) -> JsonObject:
    """A message as clients send it."""
    return {"id": message_id, "text": text, "createdAt": "2026-05-01T09:00:00"}


class StreamReader:
    """Reads a stream in a thread of its own, and keeps what has come."""

    def __init__(self, http: httpx.Client, path: str, body: JsonObject) -> None:
        self.names: list[str] = []
        self.status = 0
        self.broken = False
        self._request = (http, path, body)
        self._came = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_for(self, count: int) -> list[str]:
        """The names of the events so far, as soon as there are so many, or the stream is over."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.names) >= count or self._over, timeout=20)
            return list(self.names)

    def finish(self) -> list[str]:
        """The names of all events, once the stream is over."""
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the stream does not end"
        return self.names

    def _read(self) -> None:
        http, path, body = self._request
        try:
            with http.stream("POST", path, json=body) as answer:
                self.status = answer.status_code
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        with self._came:
                            self.names.append(line.removeprefix("event: "))
                            self._came.notify_all()
        except httpx.HTTPError:
            self.broken = True
        finally:
            with self._came:
                self._over = True
                self._came.notify_all()


def read_feed(lines: Iterator[str]) -> Iterator[tuple[str, str, JsonObject]]:
    """Id, name and data of each event of a feed."""
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
            fields = {}
