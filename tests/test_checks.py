"""The mock's look at itself: what it may send passes, and each way to break the contract is found and named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.checks import AnswerChecks
from mockserver.contract import load_contract

CHECKS = AnswerChecks(load_contract())
JSON = [("Content-Type", "application/json")]
STREAM = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "x"), ("x-accel-buffering", "no")]
CONVERSATION = {"id": "1", "createdAt": "2026-05-01T09:00:00", "modelName": None, "legacyCustomerId": 5}
REPLY = {"id": "2", "text": "Hi", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}
ERROR = {"error": "It is not there.", "code": "notFound"}
PAGE = {"page": {"size": 20, "totalElements": 1, "totalPages": 1, "currentPage": 1}, "data": [CONVERSATION]}
SECRET_END = "x" * 5000


def check(operation: str | None, status: int, body: Any, headers: list[tuple[str, str]] | None = None) -> list[str]:
    """The problems of an answer with a JSON body."""
    return CHECKS.check_answer(operation, status, headers or JSON, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("operation", "status", "body", "headers"),
    [
        ("createConversation", 201, CONVERSATION, [*JSON, ("x-failing-message", "boo")]),
        ("createConversation", 201, CONVERSATION, JSON),
        ("listConversations", 200, PAGE, JSON),
        ("sendMessage", 200, REPLY, JSON),
        ("updateConversation", 200, {}, JSON),
        ("sendMessage", 409, {"error": "Locked.", "code": "conversationLocked"}, JSON),
        ("sendMessage", 401, ERROR, [*JSON, ("WWW-Authenticate", "Bearer")]),
        ("sendMessage", 429, ERROR, [*JSON, ("Retry-After", "3")]),
        ("openMessageStream", 200, None, STREAM),
        (None, 404, ERROR, JSON),
        (None, 405, ERROR, [*JSON, ("Allow", "GET")]),
        (None, 200, "anything", [("content-type", "text/html")]),
    ],
)
def test_what_the_mock_may_send(operation: str | None, status: int, body: Any, headers: list[tuple[str, str]]) -> None:
    """SCH-1, ERR-2: nothing is wrong with it."""
    assert check(operation, status, body, headers) == []


@pytest.mark.clause("SCH-1")
@pytest.mark.parametrize("name", CONVERSATION)
def test_a_field_that_is_left_out(name: str) -> None:
    """Also where a backend may leave it out: the mock says null."""
    body = {key: value for key, value in CONVERSATION.items() if key != name}
    (problem,) = check("createConversation", 201, body)
    assert problem.startswith(f"createConversation 201: {name}: required, but not there; sent {{")
    (problem,) = check("listConversations", 200, {**PAGE, "data": [CONVERSATION, body]})
    assert problem.startswith(f"listConversations 200: data[1].{name}: required, but not there")


@pytest.mark.parametrize(
    ("operation", "status", "body", "problem"),
    [
        (
            "createConversation",
            200,
            CONVERSATION,
            "createConversation: expected one of the statuses 201, 400, 401, 403, 405, 413, 415, 422,",
        ),
        ("listConversations", 409, ERROR, "listConversations: expected one of the statuses 200, 401,"),
        ("sendMessage", 409, ERROR, 'sendMessage 409: code: got the string "notFound", expected one of'),
        ("sendMessage", 404, {"error": "Not there."}, "sendMessage 404: code: required, but not there"),
        ("sendMessage", 200, {**REPLY, "source": "user"}, "sendMessage 200: expected a message of the assistant"),
        ("sendMessage", 200, {**REPLY, "text": ""}, "sendMessage 200: expected a text, sent an empty one."),
        ("sendMessage", 200, {**REPLY, "createdAt": "now"}, "sendMessage 200: createdAt: expected a text such as"),
        ("sendMessage", 200, [], "sendMessage 200: expected an object, got an array; sent []."),
        ("sendMessage", 401, ERROR, "sendMessage 401: expected the header WWW-Authenticate, sent none."),
        ("sendMessage", 405, ERROR, "sendMessage 405: expected the header Allow, sent none."),
        ("sendMessage", 429, ERROR, "sendMessage 429: expected the header Retry-After, sent none."),
        (None, 404, {"detail": "Not Found"}, "unknown path 404: error: required, but not there"),
    ],
)
def test_what_it_must_not_send(operation: str | None, status: int, body: Any, problem: str) -> None:
    """Each is found, with where, what was expected and what was sent."""
    assert any(found.startswith(problem) for found in check(operation, status, body))


def test_a_property_that_the_contract_does_not_have() -> None:
    """Nothing of the store leaks out."""
    (problem,) = check("createConversation", 201, {**CONVERSATION, "steering": {}})
    assert "steering" in problem


@pytest.mark.parametrize(("value", "right"), [("3", True), ("soon", False), ("-1", False), ("1.5", False)])
def test_a_header_has_its_schema_too(value: str, right: bool) -> None:
    """`Retry-After` is a number of seconds."""
    found = check("sendMessage", 429, ERROR, [*JSON, ("retry-after", value)])
    assert (found == []) is right
    assert right or found[0].startswith("sendMessage 429: header Retry-After: expected")


@pytest.mark.parametrize(
    ("operation", "status", "media_type"),
    [("sendMessage", 200, "text/html"), ("openMessageStream", 200, "application/json"), (None, 404, "text/plain")],
)
def test_another_media_type(operation: str | None, status: int, media_type: str) -> None:
    """STR-1, SCH-1."""
    found = check(operation, status, REPLY, [*STREAM[1:], ("content-type", media_type)])
    assert [problem for problem in found if f"sent {media_type}." in problem and "expected the media type" in problem]


def test_what_is_no_json_and_what_is_long() -> None:
    """A problem is a sentence, not a body."""
    (problem,) = CHECKS.check_answer("sendMessage", 200, JSON, b"<html>" + SECRET_END.encode())
    assert problem.startswith("sendMessage 200: expected JSON, sent <html>xxx")
    assert len(problem) < 300
    assert CHECKS.check_answer("updateConversation", 200, JSON, b"") == [
        "updateConversation 200: expected JSON, sent nothing."
    ]
    assert CHECKS.check_answer(None, 405, [], b"") == []


def delta(text: str) -> tuple[str, str]:
    """A delta event."""
    return "delta", json.dumps({"delta": text})


def message(**changes: Any) -> tuple[str, str]:
    """A final event."""
    return "message", json.dumps({"message": {**REPLY, **changes}})


FAILED = ("error", json.dumps({"error": "The model failed.", "code": "generationFailed"}))


def play(outcome: str, *events: tuple[str, str]) -> list[str]:
    """The problems of a stream that sent these events and ended so."""
    stream = CHECKS.stream()
    found = [problem for name, data in events for problem in stream.feed(name, data)]
    return found + stream.end(outcome)


@pytest.mark.clause("STR-2", "STR-3", "STR-5")
@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        ("finished", [delta("H"), delta("i"), message()]),
        ("finished", [delta("\ud800"), message(text="\ud800")]),
        ("failed", [delta("H"), FAILED]),
        ("failed", [FAILED]),
        ("cancelled", [delta("H")]),
        ("client gone", []),
        ("shutdown", [delta("H")]),
        ("cut", [delta("H")]),
        ("cut", [delta("Hi"), message()]),
    ],
)
def test_a_stream_that_may_be(outcome: str, events: list[tuple[str, str]]) -> None:
    """Deltas, then the one final event that goes with how it ended."""
    assert play(outcome, *events) == []


@pytest.mark.clause("STR-2", "STR-3", "STR-5")
@pytest.mark.parametrize(
    ("outcome", "events", "problem"),
    [
        ("finished", [delta("Hi")], "stream that ended finished: expected a final event message, sent no final event."),
        ("failed", [delta("Hi"), message()], "stream that ended failed: expected a final event error, sent a final"),
        ("cancelled", [delta("Hi"), message()], "stream that ended cancelled: expected no final event, sent a final"),
        ("client gone", [FAILED], "stream that ended client gone: expected no final event, sent a final event error."),
        ("shutdown", [FAILED], "stream that ended shutdown: expected no final event, sent a final event error."),
        ("finished", [delta("Hi"), message(), message()], "stream, event message: expected nothing after the final"),
        (
            "finished",
            [delta("Hi"), message(), delta("")],
            "stream, event delta: expected nothing after the final event",
        ),
        ("finished", [delta("H"), message()], "stream, event message: expected the deltas joined, H, sent Hi."),
        ("finished", [delta("Hi"), message(source="user")], "stream, event message: expected a message of the"),
        ("finished", [message(text="")], "stream, event message: expected a text, sent an empty one."),
        ("finished", [delta("Hi"), message(id=None)], "stream, event message: message.id: expected a string, got null"),
        ("finished", [("ping", "{}"), delta("Hi"), message()], "stream: expected an event delta or message or error"),
        ("finished", [("delta", "{"), delta("Hi"), message()], "stream, event delta: expected JSON, sent {."),
        ("finished", [("delta", '{"delta": "", "message": 1}'), delta("Hi"), message()], "stream, event delta: "),
        ("failed", [("error", '{"error": "x"}')], "stream, event error: code: required, but not there"),
    ],
)
def test_a_stream_that_must_not_be(outcome: str, events: list[tuple[str, str]], problem: str) -> None:
    """Each breach is one sentence, and the first that is told."""
    assert play(outcome, *events)[0].startswith(problem)
