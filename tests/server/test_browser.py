"""A page of any origin may call the mock: what a browser asks of it and needs in its answers (the Fetch standard)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from conformance.client import new_message

from .given import OPERATIONS, UNKNOWN_ID, make_http, make_server

ORIGINS = ["http://localhost:3000", "https://app.example.com", "http://127.0.0.1:1", "null", "chrome-extension://abc"]


def allows(answer: httpx.Response, origin: str) -> bool:
    """Whether a page of the origin may read the answer, having sent credentials along."""
    return (
        answer.headers.get("Access-Control-Allow-Origin") == origin
        and answer.headers.get("Access-Control-Allow-Credentials") == "true"
        and "Origin" in answer.headers.get("Vary", "")
    )


def names(answer: httpx.Response, header: str) -> set[str]:
    """The names that a header lists, in lower case."""
    return {name.strip().lower() for name in answer.headers.get(header, "").split(",")}


@pytest.fixture
def page(http: httpx.Client) -> httpx.Client:
    """What a browser sends of itself: no token."""
    del http.headers["Authorization"]
    return http


@pytest.fixture(scope="module")
def one_origin() -> Iterator[httpx.Client]:
    """A client of a mock that only pages of one origin may call."""
    with (
        make_server(speed="instant", cors_origin=("https://app.example.com",)) as server,
        make_http(server, "demo") as http,
    ):
        yield http


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_a_preflight_is_answered_for_every_operation(
    page: httpx.Client, operation: tuple[str, str], origin: str
) -> None:
    """A browser asks, without a token, whether it may call: for every method, any header and any origin it may."""
    method, path = operation
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-trace-id",
    }
    answer = page.options(path.replace("{conversationId}", UNKNOWN_ID), headers=asked)
    assert answer.is_success
    assert allows(answer, origin)
    assert method.lower() in names(answer, "Access-Control-Allow-Methods")
    assert {"authorization", "content-type", "x-trace-id"} <= names(answer, "Access-Control-Allow-Headers")
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_preflight_from_a_public_page(page: httpx.Client, origin: str) -> None:
    """A page of the public network may call the mock on this machine (Private Network Access)."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = page.options("/conversations", headers=asked)
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_answer_can_be_read(http: httpx.Client, origin: str) -> None:
    """The answer to the call itself allows the page's own origin, with credentials, to whichever operation."""
    created = http.post("/conversations", headers={"Origin": origin})
    path = f"/conversations/{created.json()['id']}"
    stream = http.post(f"{path}/message-streams", json=new_message("Hello!"), headers={"Origin": origin})
    others = [
        http.get(f"{path}/messages", headers={"Origin": origin}),
        http.get("/conversations", headers={"Origin": origin}),
    ]
    assert [answer.is_success for answer in (created, stream, *others)] == [True] * 4
    assert all(allows(answer, origin) for answer in (created, stream, *others))


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize(
    ("method", "path", "status", "content"),
    [
        ("POST", "/conversations", 400, b"{"),
        ("POST", "/conversations", 422, b"[]"),
        ("POST", "/conversations", 413, b" " * (4096 * 1024 + 1)),
        ("GET", f"/conversations/{UNKNOWN_ID}/messages", 404, None),
        ("GET", "/nothing", 404, None),
        ("PUT", "/conversations", 405, None),
        ("GET", "/conversations?page=0", 422, None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_error_can_be_read(http: httpx.Client, method: str, path: str, status: int, content: bytes | None) -> None:
    """An error's answer allows the page's origin too: else the page would see no status, only that something failed."""
    refused = http.request(method, path, content=content, headers={"Origin": "http://localhost:3000"})
    assert refused.status_code == status
    assert allows(refused, "http://localhost:3000")


@pytest.mark.clause("AUT-4")
@pytest.mark.parametrize(("authorization", "status"), [("", 401), ("Bearer alice@other", 403)])
def test_a_refused_caller_can_read_why(http: httpx.Client, authorization: str, status: int) -> None:
    """The answer to a missing or foreign token can be read as well."""
    headers = {"Origin": "http://localhost:3000", "Authorization": authorization}
    refused = http.get("/conversations", headers=headers)
    assert refused.status_code == status
    assert allows(refused, "http://localhost:3000")


@pytest.mark.clause("ERR-1")
def test_a_failure_of_the_server_can_be_read() -> None:
    """Even a 500 allows the page's origin."""

    class Failing:
        def write(self, _request: object) -> str:
            return ""

    with make_server(Failing(), speed="instant") as server, make_http(server, "demo") as http:
        path = f"/conversations/{http.post('/conversations').json()['id']}/messages"
        failed = http.post(path, json=new_message("Hello!"), headers={"Origin": "http://localhost:3000"})
    assert failed.status_code == 500
    assert allows(failed, "http://localhost:3000")


@pytest.mark.clause("AUT-4", "ERR-3")
def test_headers_that_a_page_needs_are_exposed(http: httpx.Client) -> None:
    """A page may read `Allow`, `Retry-After` and `WWW-Authenticate`, which browsers hide unless told otherwise."""
    answers = [
        http.get("/conversations", headers={"Origin": "null"}),
        http.put("/conversations", headers={"Origin": "null"}),
    ]
    assert all(
        {"allow", "retry-after", "www-authenticate"} <= names(answer, "Access-Control-Expose-Headers")
        for answer in answers
    )


def test_who_is_no_page_is_told_nothing_of_it(http: httpx.Client) -> None:
    """Without an `Origin` there is no allowance to give."""
    answer = http.get("/conversations")
    assert answer.is_success
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://app.example.com.evil.org", "http://app.example.com", "null"])
def test_with_origins_given_others_are_refused(one_origin: httpx.Client, origin: str) -> None:
    """With `cors_origin` given, no other origin is allowed, in the preflight and in the answer."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    preflight = one_origin.options("/conversations", headers=asked)
    answer = one_origin.get("/conversations", headers={"Origin": origin})
    assert preflight.status_code == 400
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_with_origins_given_those_are_allowed(one_origin: httpx.Client) -> None:
    """With `cors_origin` given, that origin is allowed."""
    answer = one_origin.get("/conversations", headers={"Origin": "https://app.example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"


@pytest.mark.parametrize("path", ["/", "/healthz", "/openapi.json", "/openapi.yaml", "/docs/"])
def test_pages_of_its_own(page: httpx.Client, path: str) -> None:
    """The mock serves its contract, its documentation and its health to anyone."""
    answer = page.get(page.base_url.copy_with(path=path), follow_redirects=True, headers={"Origin": "null"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "null"
