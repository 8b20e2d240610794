"""For each code the stories of clients that earn it, and of those that come close and do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.verdict.given import BASE, Client

Story = Callable[[Client], object]

FORM = {"personality": None, "brandVoiceId": None, "targetAudienceId": None}


def _all(*steps: Story) -> Story:
    def tell(client: Client) -> None:
        for step in steps:
            step(client)

    return tell


def _send(message_id: str, text: str = "Hello", conversation: str = "c1", **heard: Any) -> Story:
    return lambda client: client.send(message_id, text, conversation, **heard)


def _stream(message_id: str, text: str = "Hello", conversation: str = "c1") -> Story:
    return lambda client: client.stream(message_id, text, conversation)


def _lost(message_id: str, text: str = "Hello", outcome: str = "cut", *faults: str) -> Story:
    return lambda client: client.lose(client.open(message_id, text), outcome, *faults)


def _wait(seconds: float) -> Story:
    return lambda client: client.wait(seconds)


def _read(query: str = "", conversation: str | None = None, **said: Any) -> Story:
    return lambda client: client.read(query, conversation, **said)


def _cancel(client: Client) -> None:
    client.cancel()


def _patch(**steering: Any) -> Story:
    return lambda client: client.patch(**steering)


def _create(**steering: Any) -> Story:
    return lambda client: client.create(**steering)


def _call(operation: str | None, conversation: str | None = "c1", **said: Any) -> Story:
    return lambda client: client.call(operation, conversation, **said)


def _beside(first: str, second: str, *, between: Story = lambda _: None, status: int = 409) -> Story:
    def tell(client: Client) -> None:
        live = client.open(first)
        between(client)
        client.end(client.begin("openMessageStream", "c1", body=client.message(second, "Two")), status)
        client.finish(live)

    return tell


def _with_final_seen(client: Client) -> None:
    live = client.open("a")
    client.say(live, "message")
    client.end(client.begin("openMessageStream", "c1", body=client.message("b", "Two")), 409)
    client.end(live, outcome="finished")


def _left_after_final(client: Client) -> None:
    live = client.open("a")
    client.say(live, "message")
    client.end(live, outcome="client gone")


def _timed(message_id: str, created_at: str, **heard: Any) -> Story:
    def tell(client: Client) -> None:
        body = {"id": message_id, "text": message_id, "createdAt": created_at}
        client.call("sendMessage", "c1", body=body, **heard)

    return tell


def _body(**fields: Any) -> Story:
    return lambda client: client.call("sendMessage", "c1", body=client.message("a", "Hello", **fields))


def _headers(*headers: tuple[str, str], operation: str = "sendMessage") -> Story:
    return lambda client: client.call(operation, "c1", body=client.message("a", "Hello"), request_headers=headers)


_LIMITED: dict[str, Any] = {"status": 429, "headers": {"retry-after": "3"}}
_EXPIRED: dict[str, Any] = {"status": 401, "credential": "expired"}
_LOCKED = _send("a", status=409)
_INVALID: dict[str, Any] = {
    "errors": [{"field": "text", "message": "required, but not there", "type": "missing"}],
    "error": "x",
}

BAD: dict[str, list[Story]] = {
    "double-post": [
        _all(_send("a", status=500), _send("b")),
        _all(_send("a", status=None, outcome="client gone"), _wait(20), _stream("b")),
        _all(_lost("a"), _stream("b")),
        _all(_lost("a", "Hello", "finished", "missing-final"), _stream("b")),
        _all(_lost("a", "Hello", "client gone", "stall"), _stream("b")),
    ],
    "id-reused-with-other-text": [
        _all(_send("a"), _send("a", "Other", replayed=True)),
        _all(_stream("a"), _send("a", "Other")),
        _all(_send("a", status=500), _send("a", "Other", replayed=True)),
    ],
    "id-reused-across-conversations": [_all(_send("a"), _send("a", conversation="c2"))],
    "second-stream": [_beside("a", "b")],
    "no-wait-after-409": [_all(_LOCKED, _LOCKED, _LOCKED)],
    "retry-after-ignored": [
        _all(_send("a", **_LIMITED), _wait(1), _send("a")),
        _all(_send("a", **_LIMITED), _send("a")),
        _all(_read(**_LIMITED), _read(**_LIMITED), _read()),
        _all(_read(status=503, headers={"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}), _wait(5), _read()),
    ],
    "stream-abandoned": [
        _lost("a", "Hello", "client gone"),
        _all(_lost("a", "Hello", "client gone"), _wait(30), _read()),
    ],
    "incomplete-taken-as-complete": [_all(_lost("a"), _stream("b", "Go on"))],
    "polling": [_all(*[_all(_read("page=1"), _wait(2))] * 10)],
    "past-the-last-page": [_all(_read("page=1", total=2), _read("page=2", total=2), _read("page=3", total=2))],
    "page-below-one": [_read("page=0", status=422), _read("page=-1", status=422)],
    "size-above-limit": [_read("size=101", status=422), _read("size=500")],
    "parameter-refused": [_call("listConversations", None, query="page=one", status=422)],
    "expired-token-used": [
        _all(_read(**_EXPIRED), _wait(5), _read(**_EXPIRED)),
        _all(*[_read(**_EXPIRED)] * 4),
        _all(_read(status=401, credential="dead"), _wait(5), _send("a", status=401, credential="dead")),
    ],
    "token-missing": [_read(status=401, credential="none")],
    "token-invalid": [_read(status=401, credential="invalid")],
    "wrong-workspace": [_read(status=403, credential="forbidden")],
    "unknown-field": [_body(mood="good"), _body(additionalContext=[{"id": 1, "content": "x", "weight": 2}])],
    "misspelt-field": [
        _body(contextsize=100),
        _body(additional_context=[]),
        _body(additionalContext=[{"id": 1, "content": "x", "categoryName": "y"}]),
        _patch(personality="kind", brandVoiceID="v"),
    ],
    "unknown-parameter": [_call("listConversations", None, query="order=desc")],
    "misspelt-parameter": [_call("listConversations", None, query="Page=2"), _call("listMessages", query="sizes=2")],
    "null-clears": [
        _all(_create(personality="kind"), _patch(brandVoiceId="v", personality=None), _patch(personality="kind")),
    ],
    "null-for-unset": [_all(_create(), _patch(**{**FORM, "personality": "kind"}))],
    "timestamp-without-sense": [
        _timed("a", "yesterday"),
        _timed("a", "1970-01-01T00:00:00Z"),
        _timed("a", "1795431600"),
    ],
    "timestamp-constant": [
        _all(*[_all(_timed(name, "2026-11-23T12:00:00Z"), _wait(4)) for name in ("a", "b", "c")]),
    ],
    "content-type-missing": [_headers()],
    "content-type-wrong": [_headers(("content-type", "text/plain"))],
    "accept-wrong": [
        _headers(("content-type", "application/json"), ("accept", "application/json"), operation="openMessageStream"),
    ],
    "body-refused": [
        _call("createConversation", None, body={"modelName": "x"}, status=422, answer=_INVALID),
        _call("sendMessage", status=400, answer={"error": "The body is not JSON."}),
    ],
    "unknown-path": [
        _call(None, path=f"{BASE}/c1/message", status=404),
        _call(None, path=f"{BASE}/c1/messages", method="PUT", status=405),
    ],
    "conversation-not-found": [_read("", "c9", status=404)],
    "cancel-without-stream": [_all(_cancel, _cancel, _cancel)],
}

GOOD: dict[str, list[Story]] = {
    "double-post": [
        _all(_send("a", status=500), _send("a"), _send("b")),
        _all(_send("a", status=500), _read("", "c1"), _send("b")),
        _all(_send("a", status=422), _send("b")),
        _all(_send("a", status=500), _send("b", conversation="c2")),
        _all(_send("a", status=500), _wait(90), _send("b")),
        _all(_lost("a", "Hello", "cancelled"), _stream("b")),
        _all(_send("a"), _send("b")),
    ],
    "id-reused-with-other-text": [
        _all(_send("a"), _send("a", replayed=True)),
        _all(_send("a", status=422), _send("a", "Other")),
        _all(_send("a", status=500), _send("a", "Other")),
    ],
    "id-reused-across-conversations": [_all(_send("a", status=404), _send("a", conversation="c2"))],
    "second-stream": [
        _beside("a", "a"),
        _beside("a", "b", between=_cancel),
        _with_final_seen,
        _beside("a", "b", between=_stream("x", "Hello", "c2"), status=422),
        _all(_stream("a"), _stream("b", "Two")),
    ],
    "no-wait-after-409": [
        _all(_LOCKED, _wait(0.2), _LOCKED, _wait(0.4), _LOCKED),
        _all(_LOCKED, _LOCKED, _cancel, _LOCKED),
        _all(_LOCKED, _LOCKED, _send("a")),
    ],
    "retry-after-ignored": [
        _all(_send("a", **_LIMITED), _wait(3), _send("a")),
        _all(_send("a", **_LIMITED), _read()),
        _all(_read(**_LIMITED), _read()),  # on its way already
        _all(_read(status=429), _read(), _read(), _read()),
    ],
    "stream-abandoned": [
        _all(_lost("a", "Hello", "client gone"), _wait(1), _cancel),
        _all(_lost("a", "Hello", "client gone"), _wait(1), _stream("a")),
        _left_after_final,
        _lost("a", "Hello", "cancelled"),
        _lost("a", "Hello", "shutdown"),
    ],
    "incomplete-taken-as-complete": [
        _all(_lost("a"), _stream("a"), _stream("b", "Go on")),
        _all(_lost("a"), _read("", "c1"), _stream("b", "Go on")),
        _all(_lost("a"), _stream("b", "Go on", "c2")),
        _all(_lost("a", "Hello", "cancelled"), _stream("b", "Go on")),
    ],
    "polling": [
        _all(*[_all(_read("page=1"), _wait(10))] * 30),
        _all(*[_all(_read("page=1"), _create())] * 12),
        _all(*[_read(f"page={page}", total=20) for page in range(1, 21)]),
    ],
    "past-the-last-page": [
        _read("page=7", total=2),
        _all(_read(total=0), _read("page=1", total=0)),
        _all(_read("size=50", total=2), _read("size=20&page=4", total=5)),
    ],
    "page-below-one": [_read("page=1")],
    "size-above-limit": [_read("size=100")],
    "parameter-refused": [_read("page=1", status=422, faults=["error"]), _read("page=2", total=3)],
    "expired-token-used": [
        _read(**_EXPIRED),
        _all(_read(**_EXPIRED), _wait(5), _read(token="t2")),
        _all(_read(**_EXPIRED), _read("", "c1", **_EXPIRED), _send("a", **_EXPIRED)),  # asked for at once
    ],
    "token-missing": [_read(credential="none"), _read(status=401, credential="valid", faults=["error"])],
    "token-invalid": [_read(status=401, credential="valid", faults=["error"])],
    "wrong-workspace": [_read(status=403, faults=["error"])],
    "unknown-field": [_body(contextSize=1), _body(additionalContext=[{"id": 1, "content": "x", "source": "y"}])],
    "misspelt-field": [_body(additionalContext=[{"id": 1, "content": "x", "category_name": "y"}]), _body(mood="good")],
    "unknown-parameter": [_call("listConversations", None, query="page=1&__fault=error")],
    "misspelt-parameter": [_read("page=1&size=2"), _call("listConversations", None, query="q=x")],
    "null-clears": [
        _all(_create(personality="kind"), _patch(personality=None), _patch(personality="kind")),
        _all(
            _create(personality="kind"),
            _patch(brandVoiceId="v", personality=None),
            _patch(personality="kind", brandVoiceId=None),  # one or the other
        ),
        _all(_create(personality="kind"), _patch(brandVoiceId="v", personality=None), _patch(personality="stern")),
    ],
    "null-for-unset": [
        _all(_create(brandVoiceId="v"), _patch(**{**FORM, "personality": "kind"})),
        _all(_create(), _patch(personality="kind")),
        _all(_create(), _patch(**FORM)),
        _patch(**{**FORM, "personality": "kind"}),  # nothing is known of what was set before
    ],
    "timestamp-without-sense": [
        _timed("a", "2026-11-23T12:00:00"),
        _timed("a", "2026-11-23T23:59:59.123456+14:00"),
        _timed("a", "2026-05-01T09:01:30"),  # the server's clock
        _timed("a", "2020-01-01T00:00:00Z", answer={"createdAt": "2020-01-01T00:00:01"}),
    ],
    "timestamp-constant": [
        _all(
            *[_timed(f"m{n}", "2026-11-23T12:00:00Z") for n in range(12)],
            _wait(6),
            _timed("m1", "2026-11-23T12:00:00Z"),
        ),
        _all(*[_timed("a", "2026-11-23T12:00:00Z"), _wait(9)] * 3),
        _all(*[_timed(name, "2026-11-23T12:00:00") for name in ("a", "b", "c")]),  # within one second
    ],
    "content-type-missing": [_call("createConversation", None, status=201), _body()],
    "content-type-wrong": [_headers(("content-type", "Application/JSON; charset=utf-8"))],
    "accept-wrong": [
        _headers(("content-type", "application/json"), ("accept", accept), operation="openMessageStream")
        for accept in ("*/*", "text/event-stream", "application/json, text/*;q=0.5", "text/event-stream, */*;q=0")
    ],
    "body-refused": [_call("sendMessage", body={}, status=422, faults=["error"]), _send("a")],
    "unknown-path": [
        _call(None, path="/favicon.ico", status=404),
        _call(None, path=f"{BASE}/c1/messages", method="OPTIONS", status=405),
        _read("", "c9", status=404),
    ],
    "conversation-not-found": [_read("", "c1", status=404, faults=["error"])],
    "cancel-without-stream": [
        _all(_cancel, _cancel),
        _all(_cancel, _cancel, _stream("a"), _cancel),
    ],
}
