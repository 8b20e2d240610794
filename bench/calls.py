"""What is asked: the same requests of every server. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

WORKSPACE = "demo"
TOKEN = "demo@demo"
COLLECTION = f"/api/v1/workspaces/{WORKSPACE}/conversations"

FRESH_ID = "{fresh-id}"
"""Stands in a body for an id that no request before has had: with the same one again, the answer were a replay."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; its body may hold `FRESH_ID`."""

    method: str
    path: str
    body: str = ""
    token: str = TOKEN


def list_conversations() -> Request:
    """The first page of 20."""
    return Request("GET", f"{COLLECTION}?page=1&size=20")


def create() -> Request:
    """A new conversation."""
    return Request("POST", COLLECTION, _json({"personality": "A patient teacher", "modelName": "gpt-4"}))


def patch(conversation_id: str) -> Request:
    """A new personality."""
    body = {"personality": "A pirate with a degree in law", "brandVoiceId": None}
    return Request("PATCH", f"{COLLECTION}/{conversation_id}", _json(body))


def message(conversation_id: str) -> Request:
    """A message that is answered in one piece."""
    return _turn(f"{COLLECTION}/{conversation_id}/messages", "Name a slogan for a bakery.")


def stream(conversation_id: str, count_to: int) -> Request:
    """A message that is answered event by event. The reply's length follows from the message."""
    return _turn(f"{COLLECTION}/{conversation_id}/message-streams", f"Count from 1 to {count_to}")


def requests_of(call: str, conversation_ids: Sequence[str]) -> list[Request]:
    """The requests of a call, to be sent in turn: spread over the conversations where it goes to one."""
    if call == "list":
        return [list_conversations()]
    if call == "create":
        return [create()]
    return [{"patch": patch, "message": message}[call](conversation_id) for conversation_id in conversation_ids]


def raw(request: Request, port: int, *, close: bool = False) -> str:
    """The request as it goes over the wire; the fresh id has to be put in yet, in as many characters."""
    lines = [
        f"{request.method} {request.path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {request.token}",
    ]
    if close:
        lines.append("Connection: close")
    if request.body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(request.body.encode())}"]
    return "\r\n".join([*lines, "", request.body])


def _turn(path: str, text: str) -> Request:
    return Request("POST", path, _json({"id": FRESH_ID, "text": text, "createdAt": "2026-05-01T09:01:30"}))


def _json(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))
