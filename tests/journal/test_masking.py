"""No credential is kept: not in headers, and not where a page or a person has put one in a path, a query, a body."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Settings, create_app
from mockserver.control.client import WorkspaceHandle
from mockserver.journal.encode import curl
from mockserver.journal.entries import KEPT_BYTES
from mockserver.journal.masking import Mask, is_secret_header, mask_headers
from mockserver.journal.recording import parse_recording
from mockserver.jwts import mask_jwts, mask_jwts_in_bytes, mask_jwts_in_json
from mockserver.replay import replay_fresh
from mockserver.server import BackgroundServer
from tests.control.given import Api, make_control, make_message, read_feed
from tests.journal.given import make_entry

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0"
STARS = "eyJ" + "*" * (len(JWT) - 3)
OWN = "Bearer own-opaque/credential+1=="

PIECES = st.lists(
    st.sampled_from(["eyJ", "eyJab", ".", "..", "*", "%2E", "%", "é", " ", "n", "\\n", '"', JWT, OWN[7:], OWN[7:20]])
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (JWT, STARS),
        (f"my token is {JWT}. Is it?", f"my token is {STARS}. Is it?"),
        (f'{{"a":"\\n{JWT}"}}', f'{{"a":"\\n{STARS}"}}'),
        (f"https://x/?t%3D{JWT}&u=1", f"https://x/?t%3D{STARS}&u=1"),
        (JWT.replace(".", "%2E"), "eyJ" + "*" * (len(JWT) + 1)),
        ("eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", "eyJ" + "*" * 34),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."),
        ("a token looks like eyJ... and alice@demo is none", "a token looks like eyJ... and alice@demo is none"),
    ],
)
def test_a_jwt_is_masked_wherever_it_stands(text: str, masked: str) -> None:
    """By as many stars as it was long; what has no signature is none."""
    assert mask_jwts(text) == masked
    assert mask_jwts_in_bytes(b"\xff" + text.encode()) == b"\xff" + masked.encode()
    assert mask_jwts_in_json({"x": [text, 1, None]}) == {"x": [masked, 1, None]}


@given(PIECES)
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    """And nothing gets longer or shorter; bytes are masked as their text is."""
    mask = Mask(OWN)
    once = mask.text(text)
    assert (mask.text(once), len(once)) == (once, len(text))
    assert OWN[7:] not in once
    assert JWT not in once
    data = text.encode("utf-8", "surrogatepass")
    assert mask.bytes(data) == once.encode("utf-8", "surrogatepass")
    assert mask_headers(mask_headers([("referer", text)], mask), mask) == mask_headers([("referer", text)], mask)


@pytest.mark.parametrize("text", ["eyJ" * 400_000, "a" * 1_000_000 + "eyJ", "eyJa." * 200_000, "eyJ." * 300_000])
def test_no_text_takes_long(text: str) -> None:
    """However it tries: one that looked at it again and again would take hours."""
    began = time.perf_counter()
    mask_jwts(text)
    mask_jwts_in_bytes(text.encode())
    assert time.perf_counter() - began < 5


def test_the_own_credential_is_masked_in_all_its_spellings() -> None:
    """As it is, in a query, in JSON that escapes its slashes. What is typed by hand, or is a word, stays."""
    mask = Mask(OWN)
    for spelt in ("own-opaque/credential+1==", "own-opaque%2Fcredential%2B1%3D%3D", r"own-opaque\/credential+1=="):
        assert mask.text(f"<{spelt}>") == f"<{'*' * len(spelt)}>"
    for said in ("alice@demo", "a", "secret", "***********", "two words", ""):
        assert Mask(f"Bearer {said}").text(f"I am {said}, you know") == f"I am {said}, you know"


def test_which_headers_hold_credentials() -> None:
    """By the words in their names; `Idempotency-Key` and the like hold none."""
    secret = ["authorization", "x-api-key", "cookie", "set-cookie", "x-csrf-token", "client-secret", "x-auth",
              "x-password", "x-session-id", "proxy-authorization"]  # fmt: skip
    open_ones = ["idempotency-key", "sec-websocket-key", "prefer", "x-preference", "www-authenticate", "x-author",
                 "content-type", "accept"]  # fmt: skip
    assert [name for name in secret + open_ones if is_secret_header(name)] == secret
    headers = [("X-Csrf-Token", "abc"), ("Idempotency-Key", "abc"), ("Referer", f"http://x/?a={JWT}")]
    assert mask_headers(headers) == [("X-Csrf-Token", "***"), headers[1], ("Referer", f"http://x/?a={STARS}")]


def test_a_curl_line_asks_the_shell_for_them_and_lets_no_name_command_it() -> None:
    """A header's name may have a backtick in it."""
    line = curl(make_entry(request_headers=[("x-csrf-token", "***"), ("x-`id`-key", "***")], masked=True), "http://x")
    assert '-H "x-csrf-token: $X_CSRF_TOKEN"' in line
    assert """-H 'x-`id`-key: '"$X__ID__KEY\"""" in line
    assert line.endswith("  # what is *** was a secret")


@pytest.fixture
def workspace() -> Iterator[WorkspaceHandle]:
    """On a server of its own, which has a reply to anything."""
    with (
        BackgroundServer(create_app(Settings(port=0, seed=3, speed="instant", check_answers=True))) as server,
        make_control(server.url) as control,
    ):
        yield control.workspace("masked")


def kept_of(workspace: WorkspaceHandle) -> dict[str, str]:
    """All that shows what a workspace was sent, as text."""
    http = workspace.control._http
    own = f"/workspaces/{workspace.name}"
    numbers = [each["number"] for each in http.get(f"{own}/journal?size=100").json()["data"]]
    whole = ("journal?size=100", "journal.har", "bug-report", "verdict")
    shown = {name: http.get(f"{own}/{name}").text for name in whole}
    for number in numbers:
        shown[f"entry {number}"] = http.get(f"{own}/journal/{number}").text
        shown[f"curl {number}"] = http.get(f"{own}/journal/{number}/curl").text
    return shown


def test_a_token_that_a_page_sends_elsewhere_is_kept_nowhere(workspace: WorkspaceHandle) -> None:
    """In a text, another field, a path, a query, a header; in the answers that repeat it; and all is replayed alike."""
    token = workspace.token("alice")
    feed = workspace.control._http.stream("GET", "/feed", params={"workspace": workspace.name})
    api = Api(workspace, token=token)
    with feed as told:
        conversation = api.create({"personality": f"like {token}"})
        api.send(conversation, f"my token is {token}, quote it", "m-1")
        stream = api.stream(conversation, f'Repeat "{JWT}"', "m-2").finish()
        assert stream[-1] == "message"
        assert JWT in api.http.get(f"/conversations/{conversation}/messages").text  # the caller's own words stay
        api.http.get(f"/conversations/{token}/messages", params={"x": token}, headers={"Referer": f"http://x/{token}"})
        body = {**make_message("m-3", "Hi"), "auth": token}
        api.http.post(f"/conversations/{conversation}/messages", json=body)
        api.http.get(f"/nowhere/{token}")
        events = read_feed(told.iter_lines())
        seen = [json.dumps(next(events)) for _ in range(10)]
    api.http.close()
    secrets = {part for each in (token, JWT) for part in each.split(".")[1:]}
    for where, text in {**kept_of(workspace), "feed": "".join(seen)}.items():
        assert not [part for part in secrets if part in text], where
    report = json.loads(workspace.control._http.get(f"/workspaces/{workspace.name}/bug-report").text)
    assert sum("has a secret, which was not kept" in why for why in report["why"]) >= 5
    replayed = replay_fresh(parse_recording(report))
    assert replayed.same, "\n".join(replayed.lines())


def test_a_recording_that_begins_later_has_no_token_in_its_snapshot(workspace: WorkspaceHandle) -> None:
    """The texts of before, which the list shows again; and the list is replayed alike."""
    api = Api(workspace)
    conversation = api.create()
    api.send(conversation, f"my token is {JWT}", "m-1")
    workspace.record()
    api.http.get(f"/conversations/{conversation}/messages")
    api.send(conversation, "And now?", "m-2")
    api.http.close()
    report = workspace.bug_report()
    assert JWT not in json.dumps(report)
    assert STARS in json.dumps(report["snapshot"])
    assert (report["complete"], report["why"]) == (True, [])
    replayed = replay_fresh(parse_recording(report))
    assert replayed.same, "\n".join(replayed.lines())


def test_a_token_at_the_end_of_what_is_kept_is_not_cut_open(workspace: WorkspaceHandle) -> None:
    """It is masked before the body is cut; how long the body was, is known still."""
    api = Api(workspace)
    conversation = api.create()
    around = len(json.dumps(make_message("m-1", ""), separators=(",", ":")))
    room = KEPT_BYTES - around - len(JWT) + 5
    api.send(conversation, "x" * room + JWT, "m-1")
    api.http.close()
    text = kept_of(workspace)["entry 2"]
    assert JWT.rpartition(".")[0] not in text
    assert json.loads(text)["request"]["bytes"] > KEPT_BYTES


def test_an_opaque_credential_is_masked_too() -> None:
    """Where the server takes any; `caller@workspace` is none, and stays."""
    with (
        BackgroundServer(create_app(Settings(port=0, auth="open", empty=True))) as server,
        make_control(server.url) as control,
    ):
        workspace = control.workspace("w")
        headers = {"Authorization": "Bearer s3cr3t-of-alice", "X-Session": "s3ss10n"}
        body = {"brandVoiceId": "s3cr3t-of-alice", "personality": "like alice@w"}
        answer = httpx.post(f"{workspace.url}/conversations", headers=headers, json=body, trust_env=False)
        assert answer.status_code == 201
        shown = "".join(kept_of(workspace).values())
    assert "s3cr3t" not in shown
    assert "s3ss10n" not in shown
    assert "like alice@w" in shown
