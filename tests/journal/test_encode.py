"""How exchanges are shown: JSON, curl lines, HAR; and that no credential shows."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import wire
from mockserver.faults.values import Fault, Fired
from mockserver.journal.bodies import read_bytes, show_bytes
from mockserver.journal.encode import curl, encode_entry
from mockserver.journal.entries import Entry
from mockserver.journal.events import SentEvent, SentEvents
from mockserver.journal.har import to_har
from mockserver.journal.masking import mask_headers, mask_query
from tests.journal.given import make_entry

BASE = "http://localhost:8080"


def run(line: str) -> tuple[list[str], bytes]:
    """What a shell would give to curl: its arguments and its input."""
    script = f"curl() {{ printf '%s\\0' \"$@\" > /dev/fd/3; cat; }}\n{line}\n"
    wrapped = f"exec 4>&1\n{{ {script} }} 3>&4 | od -An -v -tx1 >&2"
    done = subprocess.run(
        ["sh", "-c", wrapped], env={"TOKEN": "a b", "PATH": "/usr/bin:/bin"}, input=b"", capture_output=True, check=True
    )
    return done.stdout.decode().split("\0")[:-1], bytes.fromhex(done.stderr.decode())


@given(st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
@settings(max_examples=40, deadline=None)
def test_a_shell_gives_curl_the_very_body(body: bytes) -> None:
    """Any bytes: quotes, newlines, `$`, a leading `@`, none of it text."""
    arguments, piped = run(curl(make_entry(request_body=body), BASE))
    sent = arguments[-1].encode() if "--data-raw" in arguments else piped
    assert sent == body


def test_a_curl_line_has_the_token_from_the_shell() -> None:
    """Headers that curl makes itself are left out, an empty one is kept."""
    headers = [("authorization", "Bearer ***"), ("host", "x"), ("prefer", "it's $x"), ("x-empty", "")]
    arguments, _ = run(curl(make_entry(request_headers=headers, query="q=[a b]"), BASE))
    assert arguments == [
        *("--globoff", "-X", "POST", f"{BASE}/api/v1/x?q=[a%20b]"),
        *("-H", "authorization: Bearer a b", "-H", "prefer: it's $x", "-H", "x-empty;"),
    ]


def test_an_entry_shows_all_that_is_kept() -> None:
    """In camelCase, errors as the answer has them."""
    errors = [{"field": "text", "message": "too long", "type": "max"}]
    body = json.dumps({"errors": errors, "error": "no", "code": "validationFailed"}).encode()
    fired = Fired(Fault("truncate", {"after": 3}), "r1", "prefer")
    entry = make_entry(status=422, response_body=body, request_body=b"\xff", request_bytes=9, faults=[fired])
    shown = encode_entry(entry)
    assert shown["at"] == "2026-05-01T09:00:00.000Z"
    assert (shown["code"], shown["errors"]) == ("validationFailed", errors)
    assert shown["faults"] == [{"fault": "truncate; after=3", "kind": "truncate", "source": "prefer", "ruleId": "r1"}]
    assert shown["request"] == {"headers": {}, "body": "/w==", "encoding": "base64", "bytes": 9, "cut": True}
    assert shown["response"]["body"]["errors"] == errors


@pytest.mark.parametrize("body", [b"[" * 900 + b"]" * 900, b"NaN", b"[" * 60000, b'"\\ud800"', b"null"])
def test_no_body_keeps_an_entry_from_being_written(body: bytes) -> None:
    """Deep, no number, broken, a lone surrogate."""
    assert json.loads(wire.dumps(encode_entry(make_entry(request_body=body))))


@given(st.binary())
def test_bytes_that_are_shown_can_be_had_back(body: bytes) -> None:
    """As text or in base64."""
    assert read_bytes(*show_bytes(body)) == body


def test_credentials_are_masked_and_stay_so() -> None:
    """Whatever their case; a scheme is no secret."""
    headers = [("Authorization", "Bearer a"), ("cookie", "a=b"), ("X-Api-Key", "k"), ("accept", "a b")]
    masked = mask_headers(headers)
    assert masked == [("Authorization", "Bearer ***"), ("cookie", "***"), ("X-Api-Key", "***"), ("accept", "a b")]
    assert mask_headers(masked) == masked
    assert mask_query("page=1&access_token=abc&x=2") == "page=1&access_token=***&x=2"


def stream() -> Entry:
    """A stream that sent two events."""
    events = SentEvents([SentEvent(0.5, 3, "delta", '{"delta":"a"}'), SentEvent(0.7, 4, "comment", "keep-alive")])
    return make_entry(2, events=events, response_headers=[("content-type", "text/event-stream")])


def test_a_har_has_what_har_1_2_asks_for() -> None:
    """Every mandatory field; the times of an exchange add up to its `time`."""
    secret = [("authorization", "Bearer secret")]
    cut = make_entry(1, request_headers=secret, request_body=b"{}", request_bytes=7, query="a=1&a=2")
    unanswered = make_entry(3, status=None, took_s=None, first_byte_s=None, ended=None)
    log = json.loads(json.dumps(to_har([unanswered, stream(), cut], base_url=BASE, version="1")))["log"]
    assert (log["version"], set(log["creator"])) == ("1.2", {"name", "version"})
    assert [entry["_number"] for entry in log["entries"]] == [1, 2, 3]
    both = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert both | {"method", "url", "queryString"} <= set(entry["request"])
        assert both | {"status", "statusText", "content", "redirectURL"} <= set(entry["response"])
        assert {"size", "mimeType"} <= set(entry["response"]["content"])
        timings = entry["timings"]
        assert all(timings[name] >= 0 for name in ("send", "wait", "receive"))
        assert entry["time"] == sum(value for value in timings.values() if value >= 0)
    first, second, third = log["entries"]
    assert "secret" not in json.dumps(log)
    assert "2 of 7 bytes" in first["request"]["postData"]["comment"]
    assert [pair["value"] for pair in first["request"]["queryString"]] == ["1", "2"]
    assert second["response"]["content"]["text"] == 'event: delta\ndata: {"delta":"a"}\n\n: keep-alive\n\n'
    assert (third["response"]["status"], third["comment"]) == (0, "The exchange goes on.")
