"""What the peers answer: the very bodies that this mock gave, as a contract with examples and as WireMock's stubs.

One answer of each kind is recorded from a fresh mock. So every server sends the same content, and a list has 20
elements everywhere; the examples of the contract itself are shorter.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import calls
from bench.client import Answer, Client

_OPERATIONS = {
    "list": ("/api/v1/workspaces/{workspaceId}/conversations", "get", "200"),
    "create": ("/api/v1/workspaces/{workspaceId}/conversations", "post", "201"),
    "patch": ("/api/v1/workspaces/{workspaceId}/conversations/{conversationId}", "patch", "200"),
    "message": ("/api/v1/workspaces/{workspaceId}/conversations/{conversationId}/messages", "post", "200"),
}


@dataclass(frozen=True, slots=True)
class Material:
    """Files for the peers.

    Attributes:
        answers: the bodies by call, for the servers of `bench.apps`.
        contract: openapi.yaml as JSON, with those bodies as the only examples of those answers.
        stubs: WireMock's folder.
        events: how many events the recorded stream has.
        stream_bytes: how long it is.
    """

    answers: Path
    contract: Path
    stubs: Path
    events: int
    stream_bytes: int


def record(port: int, count_to: int) -> dict[str, Answer]:
    """One answer of each kind, of a mock that pauses for nothing."""
    with Client(port) as client:
        conversation_id = client.new_conversations(30)[-1]
        return {
            "create": client.ask(calls.create()),
            "list": client.ask(calls.list_conversations()),
            "patch": client.ask(calls.patch(conversation_id)),
            "message": client.ask(calls.message(conversation_id)),
            "stream": client.ask(calls.stream(client.new_conversations(1)[0], count_to)),
        }


def write(folder: Path, answers: Mapping[str, Answer], contract: Mapping[str, Any]) -> Material:
    """The files, in a folder."""
    bodies = {call: answer.body.decode() for call, answer in answers.items()}
    (folder / "answers.json").write_text(json.dumps(bodies))
    (folder / "contract.json").write_text(json.dumps(with_examples(contract, answers)))
    mappings = folder / "wiremock" / "mappings"
    mappings.mkdir(parents=True)
    for call in _OPERATIONS:
        (mappings / f"{call}.json").write_text(json.dumps(stub(call, answers[call])))
    stream = answers["stream"].body
    return Material(
        folder / "answers.json",
        folder / "contract.json",
        folder / "wiremock",
        stream.count(b"\n\n"),
        len(stream),
    )


def with_examples(contract: Mapping[str, Any], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """The contract whose only example of each answer is the recorded one."""
    changed = copy.deepcopy(dict(contract))
    for call, (path, method, status) in _OPERATIONS.items():
        content = changed["paths"][path][method]["responses"][status]["content"]["application/json"]
        content.pop("examples", None)
        content["example"] = answers[call].json
        # Mockoon looks at the schema's example, and at no answer's.
        changed["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]["example"] = answers[call].json
    return changed


def stub(call: str, answer: Answer) -> dict[str, Any]:
    """WireMock's stub of a call."""
    path, method, _ = _OPERATIONS[call]
    pattern = path.replace("{workspaceId}", "[^/]+").replace("{conversationId}", "[^/]+")
    return {
        "request": {"method": method.upper(), "urlPathPattern": pattern},
        "response": {
            "status": answer.status,
            "headers": {"Content-Type": "application/json"},
            "body": answer.body.decode(),
        },
    }
