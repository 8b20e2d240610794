"""ERR: what is wrong with a request is said in one shape, and nothing is answered with a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.client import new_message
from mockserver.server import BackgroundServer

from .given import OPERATIONS, FailingOnce, make_http, make_server

JSON = {"Content-Type": "application/json"}
LIMIT = 4096 * 1024
TAKES_BODY = [operation for operation in OPERATIONS if operation[0] in {"POST", "PATCH"}]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"}
PATHS = sorted({path for _, path in OPERATIONS})


@pytest.fixture
def path(http: httpx.Client) -> str:
    """The path of a new conversation of Alice's."""
    return f"/conversations/{http.post('/conversations').json()['id']}"


def dumps(**changes: Any) -> str:
    """A message's JSON, with changes."""
    return json.dumps({**new_message("Hello!"), **changes})


MALFORMED = {
    "unfinished": b'{"id": ',
    "not-json": b"id=1",
    "single-quotes": b"{'id': 1}",
    "trailing-comma": b'{"personality": "x",}',
    "two-values": b"{} {}",
    "nan": b'{"personalityId": NaN}',
    "infinity": b"[-Infinity]",
    "beyond-floats": b'{"personalityId": 1e999}',
    "not-utf-8": b'{"personality": "\xff"}',
    "utf-16": '{"personality": "x"}'.encode("utf-16"),
    "overlong": b'{"personality": "\xc0\xaf"}',
    "encoded-surrogate": b'{"personality": "\xed\xa0\x80"}',
    "deep-arrays": b"[" * 100_000,
    "deep-objects": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    "raw-control-character": b'{"personality": "a\nb"}',
    "white-space": b"  \n",
}


@pytest.mark.clause("ERR-3", "ERR-2")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("operation", TAKES_BODY, ids=" ".join)
def test_malformed_json(http: httpx.Client, path: str, operation: tuple[str, str], body: bytes) -> None:
    """What is no JSON is 400 `malformedRequest`, and the error says what is wrong with it."""
    method, template = operation
    refused = http.request(
        method, template.replace("/conversations/{conversationId}", path), content=body, headers=JSON
    )
    assert refused.status_code == 400
    assert refused.json().keys() == {"error", "code"}
    assert refused.json()["code"] == "malformedRequest"
    assert refused.json()["error"].startswith("The body is not JSON: ")


@pytest.mark.clause("ERR-3", "MSG-4")
@pytest.mark.parametrize("headers", [{}, JSON], ids=["no-type", "json"])
@pytest.mark.parametrize("operation", TAKES_BODY[1:], ids=" ".join)
def test_a_body_that_has_to_be_there(
    http: httpx.Client, path: str, operation: tuple[str, str], headers: dict[str, str]
) -> None:
    """Without a body where one is required: 400."""
    method, template = operation
    refused = http.request(method, template.replace("/conversations/{conversationId}", path), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformedRequest")


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/merge-patch+json",
        "application/jsonx",
        "application",
        ";",
        "*/*",
    ],
)
@pytest.mark.parametrize("operation", TAKES_BODY, ids=" ".join)
def test_another_media_type(http: httpx.Client, path: str, operation: tuple[str, str], media_type: str) -> None:
    """A body of another media type is 415, and the error says which one is taken."""
    method, template = operation
    refused = http.request(
        method,
        template.replace("/conversations/{conversationId}", path),
        content=dumps(personality="x"),
        headers={"Content-Type": media_type},
    )
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupportedMediaType")
    assert "application/json" in refused.json()["error"]


@pytest.mark.clause("SCH-2", "ERR-1")
@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON",
        "application/json ;x=y",
    ],
)
def test_json_by_any_name(http: httpx.Client, path: str, media_type: str | None) -> None:
    """Media types are not case-sensitive and may have parameters (RFC 9110, 8.3.1); none at all is taken too."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = http.post(f"{path}/messages", content=dumps(), headers=headers)
    assert answer.status_code == 200


@pytest.mark.clause("ERR-3", "STR-7")
@pytest.mark.parametrize("template", PATHS)
@pytest.mark.parametrize("method", sorted(METHODS))
def test_another_method(http: httpx.Client, path: str, template: str, method: str) -> None:
    """A method that a path does not have is 405, and `Allow` names all that it has."""
    has = {known for known, its in OPERATIONS if its == template}
    answer = http.request(method, template.replace("/conversations/{conversationId}", path))
    if method in has:
        assert answer.status_code != 405
        return
    assert (answer.status_code, answer.json()["code"]) == (405, "methodNotAllowed")
    assert set(answer.headers["Allow"].split(", ")) == has


@pytest.mark.clause("ERR-2", "MSG-9")
@pytest.mark.parametrize(
    "path",
    [
        "/conversation",
        "/conversations/x/y",
        "/conversations/x/messages/y",
        "/conversations/a%2Fb/messages",
        "/messages",
        "",
    ],
)
def test_an_unknown_path(http: httpx.Client, path: str) -> None:
    """What the contract has no path for is 404, in the shape of every error."""
    missing = http.get(path)
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/json")
    assert missing.json().keys() == {"error", "code"}
    assert missing.json()["code"] == "notFound"


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/api/v1/workspace/demo/conversations", "/api/v1/workspaces/demo/conversations"),
        ("/api/v2/workspaces/demo/conversations", "/api/v1/workspaces/demo/conversations"),
        ("/workspaces/demo/conversations/12", "/api/v1/workspaces/demo/conversations/12"),
        ("/api/v1/workspaces/demo", "/api/v1/workspaces/demo/conversations"),
        ("/api/v1/workspaces/demo/conversations/", "/api/v1/workspaces/demo/conversations"),
        ("/api/v1//workspaces/a%20b/Conversation", "/api/v1/workspaces/a%20b/conversations"),
        (
            "/api/v1/workspaces/demo/conversations/12/stream",
            "/api/v1/workspaces/demo/conversations/12/message-streams",
        ),
        ("/healtz", "/healthz"),
        ("/_mok/workspaces", "/_mock/workspaces"),
        ("/_mock/workspaces/demo/verdicts", "/_mock/workspaces/demo/verdict"),
        ("/api/v1/workspaces/demo/messages", None),
        ("/api/v1/workspaces//conversations", None),
        ("/api/v1/workspaces/demo/conversations/a/b/messages", None),
        ("/nothing", None),
        ("//", None),
        ("/api/v1/workspaces/demo/conversation" + "s" * 600, None),
    ],
)
def test_a_misspelt_path(instant_server: BackgroundServer, path: str, meant: str | None) -> None:
    """The path that was meant is named, ready to be called, where one is near."""
    with make_http(instant_server, "demo") as http:
        missing = http.get(f"{instant_server.url}{path}")
    hint = f" Did you mean {meant}?" if meant else ""
    assert missing.status_code == 404
    contract = "/_mock/openapi.yaml" if meant and meant.startswith("/_mock") else "/openapi.yaml"
    assert missing.json()["error"].endswith(f".{hint} The paths are in {contract}.")
    assert ("Did you mean" in missing.json()["error"]) is bool(meant)


@pytest.mark.clause("AUT-2")
def test_a_misspelt_workspace(instant_server: BackgroundServer) -> None:
    """The token knows which one was meant."""
    with make_http(instant_server, "demo") as http:
        refused = http.get(f"{instant_server.url}/api/v1/workspaces/dmeo/conversations")
    assert refused.status_code == 403
    assert refused.json()["error"].endswith("the path names dmeo. Did you mean demo?")


@pytest.mark.clause("ERR-2", "SCH-3")
def test_a_misspelt_field(http: httpx.Client, path: str) -> None:
    """One that is missing is told together with the unknown one by which it may have been meant."""
    message = {"id": "1", "txt": "Hello!", "CreatedAt": "2026-05-01T09:00:00", "other": 1}
    refused = http.post(f"{path}/messages", json=message)
    assert {error["field"]: error["message"] for error in refused.json()["errors"]} == {
        "text": "required, but not there (did you mean it by txt?)",
        "createdAt": "required, but not there (did you mean it by CreatedAt?)",
    }
    patched = http.patch(path, json={"persona": "x", "personalityId": 3})
    assert patched.json()["errors"][0]["message"].endswith("got none of them (did you mean personality by persona?)")


@pytest.mark.clause("ERR-2")
def test_all_fields_at_once(http: httpx.Client, path: str) -> None:
    """Every wrong field is told at once: its path, what was expected and what came, and a kind for programs."""
    context = [{"id": 1, "content": "x"}, {"id": "7", "category_name": 5}]
    body = {"id": 5, "createdAt": "now", "contextSize": 1.5, "additionalContext": context}
    refused = http.post(f"{path}/messages", json=body)
    assert refused.status_code == 422
    assert refused.json().keys() == {"errors", "error", "code"}
    assert all(error.keys() == {"field", "message", "type"} for error in refused.json()["errors"])
    assert {error["field"]: error["type"] for error in refused.json()["errors"]} == {
        "id": "wrongType",
        "text": "missing",
        "createdAt": "pattern",
        "contextSize": "wrongType",
        "additionalContext[1].id": "wrongType",
        "additionalContext[1].content": "missing",
        "additionalContext[1].category_name": "wrongType",
    }
    assert refused.json()["code"] == "validationFailed"


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize(
    "value", ["\ud800\udfff\ud800", "x" * 2_000, "\u0000\x1b[2J\n", 10**4000, -(10**300)], ids=lambda v: ascii(v)[:9]
)
def test_errors_quote_what_came(http: httpx.Client, path: str, value: object) -> None:
    """An error quotes what came, shortened, whatever it is."""
    body = f'{{"modelName": {json.dumps(value)}, "personalityId": {json.dumps(str(value))}}}'
    refused = http.post("/conversations", content=body, headers=JSON)
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"modelName", "personalityId"}
    assert len(refused.content) < 5000


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("field", ["contextSize", "unknown", "text"])
@pytest.mark.parametrize("digits", [400, 4000, 5000, 100_000])
def test_integers_of_any_length(http: httpx.Client, path: str, field: str, digits: int) -> None:
    """An integer of thousands of digits is taken or refused, never a failure of the server."""
    body = dumps(**{field: "HERE"}).replace('"HERE"', "9" * digits)
    assert http.post(f"{path}/messages", content=body, headers=JSON).status_code in (200, 400, 422)


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("depth", [100, 500, 900, 5000])
def test_nesting_of_any_depth(http: httpx.Client, path: str, depth: int) -> None:
    """Deep nesting in a property that nobody knows is taken or refused, never a failure of the server."""
    body = dumps(unknown="HERE").replace('"HERE"', "[" * depth + "]" * depth)
    answers = [http.post(f"{path}/messages", content=body, headers=JSON) for _ in range(2)]
    assert answers[0].status_code in (200, 400)
    assert answers[0].content == answers[1].content


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit(http: httpx.Client, path: str, chunked: bool) -> None:
    """A body above the limit is 413, whether its length was told or not; one at the limit is taken."""
    fits = dumps(text="").replace('"text": ""', '"text": "HERE"').replace("HERE", "x" * (LIMIT - len(dumps(text=""))))
    answers = []
    for body in (fits.encode(), fits.encode() + b" "):
        content = _in_pieces(body) if chunked else body
        answers.append(http.post(f"{path}/messages", content=content, headers=JSON))
    assert [answer.status_code for answer in answers] == [200, 413]
    assert answers[1].json() == {"error": "The body is larger than 4096 KiB.", "code": "payloadTooLarge"}


@pytest.mark.clause("ERR-2")
def test_the_limit_is_a_setting() -> None:
    """`max_body_kib` is obeyed by every operation that takes a body."""
    with make_server(speed="instant", max_body_kib=1) as server, make_http(server, "demo") as http:
        path = f"/conversations/{http.post('/conversations').json()['id']}"
        for method, template in TAKES_BODY:
            url = template.replace("/conversations/{conversationId}", path)
            assert http.request(method, url, content=b" " * 1025, headers=JSON).status_code == 413


@pytest.mark.clause("SCH-2", "CRE-2")
def test_a_chunked_body_has_no_length(http: httpx.Client, path: str) -> None:
    """A body that comes in chunks, of unknown length, is a body; an empty one is none."""
    assert http.post(f"{path}/messages", content=_in_pieces(dumps().encode()), headers=JSON).status_code == 200
    assert http.post("/conversations", content=_in_pieces(b"")).status_code == 201
    assert http.post("/conversations", content=_in_pieces(b""), headers=JSON).status_code == 201
    assert http.post(f"{path}/messages", content=_in_pieces(b""), headers=JSON).status_code == 400


def _in_pieces(body: bytes) -> Iterator[bytes]:
    """A body in pieces, which httpx then sends chunked."""
    yield from (body[start : start + 100_000] for start in range(0, len(body), 100_000))


def quote_query(text: str) -> str:
    """A query of any text, as a URL can hold it."""
    return quote(text, safe="=&+;[]%")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["id", "text", "createdAt", "additionalContext", "contextSize", "personality", "personalityId", "modelName"]
BODIES = VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))
quickly = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.clause("ERR-1", "ERR-2")
@pytest.mark.parametrize("operation", TAKES_BODY, ids=" ".join)
@quickly
@given(body=BODIES, raw=st.none() | st.binary(max_size=40))
def test_no_body_makes_it_fail(
    http: httpx.Client, path: str, operation: tuple[str, str], body: object, raw: bytes | None
) -> None:
    """Any JSON, and any bytes, are answered with a success or a 4xx with an error's body."""
    method, template = operation
    content = json.dumps(body).encode() if raw is None else raw
    answer = http.request(
        method, template.replace("/conversations/{conversationId}", path), content=content, headers=JSON
    )
    assert answer.status_code < 500
    assert answer.is_success or answer.json().keys() >= {"error", "code"}


URLS = st.builds(
    lambda path, conversation_id, query: f"{path.replace('{conversationId}', conversation_id)}?{query}",
    path=st.sampled_from(PATHS),
    conversation_id=st.text(min_size=1, max_size=10).map(lambda text: quote(text, safe="")),
    query=st.lists(st.sampled_from(["page", "size", "="]) | st.text(max_size=5), max_size=6)
    .map("".join)
    .map(quote_query),
)
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "Content-Type", "Origin", "Cookie", "Content-Encoding"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10),
)


@pytest.mark.clause("ERR-1")
@quickly
@given(method=st.sampled_from(sorted(METHODS)), url=URLS, headers=HEADERS)
def test_no_request_makes_it_fail(http: httpx.Client, method: str, url: str, headers: dict[str, str]) -> None:
    """Any path, query and headers are answered, and not with a 5xx."""
    assert http.request(method, url, headers=headers).status_code < 500


@pytest.mark.clause("ERR-2", "IDM-8")
def test_a_failure_of_the_model_at_messages_is_told() -> None:
    """What cannot be answered for a fault of the mock's own is a 500 in the shape of every error, and uses up no id."""
    with make_server(FailingOnce(lambda: ""), speed="instant") as server, make_http(server, "demo") as http:
        path = f"/conversations/{http.post('/conversations').json()['id']}"
        answers = [http.post(f"{path}/messages", content=dumps(id="1"), headers=JSON) for _ in range(2)]
        listed = http.get(f"{path}/messages").json()["data"]
    assert [answer.status_code for answer in answers] == [500, 200]
    assert answers[0].json() == {
        "error": "The reply could not be written. Send the message again.",
        "code": "internalError",
    }
    assert [message["text"] for message in listed] == ["Hello!", "Here you are."]
