"""The identity provider's token endpoint, and what the API makes of its tokens."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from mockserver.server import BackgroundServer
from mockserver.settings import DEVELOPMENT_SECRET

from .given import NO_TLS, make_http, make_server

LOGIN = {"grant_type": "client_credentials", "client_id": "alice@acme", "client_secret": "any"}
NOW = int(time.time())


def log_in(server: BackgroundServer, form: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    """The answer of the token endpoint."""
    return httpx.post(f"{server.url}/oauth/v2/token", data=LOGIN if form is None else form, verify=NO_TLS, **options)


def call(server: BackgroundServer, token: str, method: str = "GET", workspace: str = "acme") -> httpx.Response:
    """List or create conversations with a token."""
    url = f"{server.url}/api/v1/workspaces/{workspace}/conversations"
    return httpx.request(method, url, headers={"Authorization": f"Bearer {token}"}, verify=NO_TLS)


def sign(secret: str = DEVELOPMENT_SECRET, algorithm: str = "HS256", **claims: object) -> str:
    """A JWT with these claims; those that are None are left out."""
    usual: dict[str, object] = {"sub": "alice", "workspaceId": "acme", "exp": NOW + 3600}
    present = {name: claim for name, claim in (usual | claims).items() if claim is not None}
    return jwt.encode(present, secret, algorithm)


def basic(credentials: str) -> str:
    """The value of `Authorization` for HTTP Basic."""
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


@pytest.mark.clause("AUT-1", "AUT-2")
def test_login_then_call(instant_server: BackgroundServer) -> None:
    """The client-credentials grant answers a bearer token that calls in its workspace, and in no other."""
    answer = log_in(instant_server)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 14_399)
    token = answer.json()["access_token"]
    assert [call(instant_server, token, "POST").status_code, call(instant_server, token).status_code] == [201, 200]
    assert call(instant_server, token, workspace="demo").status_code == 403


@pytest.mark.clause("CRE-5", "LST-2")
def test_the_jwts_caller_is_the_development_tokens(instant_server: BackgroundServer, workspace: str) -> None:
    """Who logs in by name is the caller whom a development token of that name names."""
    token = log_in(instant_server, {**LOGIN, "client_id": f"alice@{workspace}"}).json()["access_token"]
    created = call(instant_server, token, "POST", workspace).json()
    with make_http(instant_server, workspace) as http:
        assert http.get("/conversations").json()["data"] == [created]


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize(
    ("client_id", "workspace"),
    [
        ("alice", "demo"),
        ("alice@acme", "acme"),
        ("alice@home@acme", "acme"),
        ("ops@a b/ü", "a%20b%2F%C3%BC"),
    ],
)
def test_the_client_id_says_the_workspace(instant_server: BackgroundServer, client_id: str, workspace: str) -> None:
    """`client_id` is the caller, in the workspace `demo` unless it says another."""
    token = log_in(instant_server, {**LOGIN, "client_id": client_id}).json()["access_token"]
    statuses = [call(instant_server, token, workspace=named).status_code for named in (workspace, "other")]
    assert statuses in ([200, 403], [404, 403])  # a slash in a workspace leads to no path of the API
    assert statuses[0] == (404 if "%2F" in workspace else 200)


@pytest.mark.parametrize("client_id", ["@acme", "alice@", "@"])
def test_a_client_id_without_a_name_or_a_workspace_is_refused(instant_server: BackgroundServer, client_id: str) -> None:
    """Its token would be refused everywhere: better said at the login."""
    refused = log_in(instant_server, {**LOGIN, "client_id": client_id})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("credentials", ["alice%40acme:any", "alice@acme:a:b"])
def test_credentials_in_http_basic(instant_server: BackgroundServer, credentials: str) -> None:
    """The client may authenticate by HTTP Basic instead of in the form (RFC 6749, section 2.3.1)."""
    form = {"grant_type": "client_credentials"}
    answer = log_in(instant_server, form, headers={"Authorization": basic(credentials)})
    assert call(instant_server, answer.json()["access_token"]).status_code == 200


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({}, {}, 400, "invalid_request"),
        ({"client_id": "a", "client_secret": "b"}, {}, 400, "invalid_request"),
        ({**LOGIN, "grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        ({**LOGIN, "client_secret": ""}, {}, 401, "invalid_client"),
        ({**LOGIN, "client_id": ""}, {}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, {"Authorization": "Basic !"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, {"Authorization": basic(":")}, 401, "invalid_client"),
        (LOGIN, {"Content-Type": "application/json"}, 400, "invalid_request"),
        (LOGIN, {"Content-Type": "multipart/form-data"}, 400, "invalid_request"),
    ],
)
def test_a_refused_login(
    instant_server: BackgroundServer, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    """What is wrong with a login is said in RFC 6749's words, in an answer that nobody stores."""
    refused = log_in(instant_server, form, headers=headers)
    assert refused.status_code == status
    assert refused.json().keys() == {"error", "error_description"}
    assert refused.json()["error"] == error
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers.get("WWW-Authenticate") == ("Basic" if status == 401 else None)


@pytest.mark.clause("ERR-1", "ERR-3")
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_token_endpoint_takes_posts_alone(instant_server: BackgroundServer, method: str) -> None:
    """Another method is 405."""
    refused = httpx.request(method, f"{instant_server.url}/oauth/v2/token", verify=NO_TLS)
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(
    "content", [b"\xff\xfe=%zz&&&=", b"%00=%00", b"grant_type=client_credentials&client_id=%ff&client_secret=x"]
)
def test_no_form_makes_it_fail(instant_server: BackgroundServer, content: bytes) -> None:
    """Any bytes for a form get an answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = httpx.post(f"{instant_server.url}/oauth/v2/token", content=content, headers=headers, verify=NO_TLS)
    assert answer.status_code < 500


@pytest.mark.clause("AUT-4")
@pytest.mark.parametrize("age", [1, 60, 10**6])
def test_an_expired_token(instant_server: BackgroundServer, age: int) -> None:
    """An expired token is 401 with `WWW-Authenticate: Bearer`, and the error says that it has expired."""
    refused = call(instant_server, sign(exp=NOW - age))
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "expired" in refused.json()["error"]


def _tampered() -> str:
    """A valid token whose payload now says another caller."""
    head, _, signature = sign().split(".")
    payload = {"sub": "admin", "workspaceId": "acme", "exp": NOW + 3600}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip('=')}.{signature}"


FORGED = {
    "tampered": _tampered(),
    "another-secret": sign("another secret of thirty-two bytes!"),
    "no-algorithm": sign("", "none"),
    "another-algorithm": sign(DEVELOPMENT_SECRET * 2, "HS512"),
    "the-right-secret-by-another-algorithm": sign(DEVELOPMENT_SECRET * 2, "HS384"),
    "without-a-signature": sign().rpartition(".")[0] + ".",
    "not-yet": sign(nbf=NOW + 3600),
    "no-text-as-subject": sign(sub=5),
    "no-number-as-expiry": sign().split(".")[0] + "." + base64.urlsafe_b64encode(b'{"exp":"x"}').decode() + ".x",
    "no-object": sign().split(".")[0] + "." + base64.urlsafe_b64encode(b"[1]").decode() + ".x",
}


@pytest.mark.clause("AUT-1", "AUT-4")
@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_what_is_no_valid_token(instant_server: BackgroundServer, token: str) -> None:
    """A token that was not signed by the provider, or is not valid now, is 401; the answer does not repeat it."""
    refused = call(instant_server, token)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert token not in refused.text


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("claim", [None, "", "other", "ACME", 5, ["acme"], {"acme": 1}], ids=str)
def test_the_workspace_claim_has_to_be_the_paths(instant_server: BackgroundServer, claim: object) -> None:
    """A valid token without the path's workspace in its claim is 403."""
    refused = call(instant_server, sign(workspaceId=claim))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.clause("CRE-5")
@pytest.mark.parametrize(("claim", "author"), [(42, 42), (0, 0), (2**63, 2**63)])
def test_the_customer_claim_is_the_author(instant_server: BackgroundServer, claim: int, author: int) -> None:
    """`legacyCustomerId` of a conversation is the claim of the token that created it."""
    created = call(instant_server, sign(legacyCustomerId=claim), "POST")
    assert created.status_code == 201
    assert created.json()["legacyCustomerId"] == author


@pytest.mark.clause("CRE-5")
@pytest.mark.parametrize("claim", [None, "42", True, 4.5, []], ids=str)
def test_without_a_number_the_name_gives_one(instant_server: BackgroundServer, claim: object) -> None:
    """Without a customer's number in the token, or with something else there, the caller's name stands for one."""
    numbers = {call(instant_server, sign(legacyCustomerId=claim), "POST").json()["legacyCustomerId"] for _ in range(2)}
    assert len(numbers) == 1
    assert type(numbers.pop()) is int


@pytest.mark.clause("CRE-5", "LST-2")
def test_a_token_with_a_number_alone_names_its_caller(instant_server: BackgroundServer, workspace: str) -> None:
    """Without a subject the customer's number says who calls."""
    tokens = [sign(sub=None, workspaceId=workspace, legacyCustomerId=number) for number in (1, 2, 1)]
    for token in tokens:
        assert call(instant_server, token, "POST", workspace).status_code == 201
    totals = [call(instant_server, token, workspace=workspace).json()["page"]["totalElements"] for token in tokens]
    assert totals == [2, 1, 2]


@pytest.mark.clause("AUT-1")
def test_the_secret_is_a_setting() -> None:
    """With a secret of its own a server takes its own tokens and none that the public secret signed."""
    with make_server(jwt_secret="a secret of this test's own, and long", auth="strict") as server:
        statuses = [call(server, token).status_code for token in (log_in(server).json()["access_token"], sign())]
    assert statuses == [200, 401]
