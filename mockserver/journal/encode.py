"""Exchanges as JSON, as the control plane and the console show them, and as lines that repeat them. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from mockserver.faults.values import Fired
from mockserver.journal.bodies import show_body
from mockserver.journal.entries import Entry
from mockserver.journal.events import SentEvent
from mockserver.journal.masking import MASKED, is_secret_header
from mockserver.jwts import mask_jwts

JsonObject = dict[str, Any]

_MADE_BY_CURL = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""Request headers that `curl` makes itself, or that say nothing of the request."""

_PLAIN = re.compile(r"[A-Za-z0-9-]*")
"""What a shell takes for itself nowhere."""

_URL_SAFE = "/%:@!$&'()*+,;=~-._?[]{}|^"
"""What stays in a path or query as it is; `--globoff` keeps curl from reading brackets as patterns."""


def encode_summary(entry: Entry) -> JsonObject:
    """An exchange in a list: everything but headers, bodies and events.

    Of a refusal `code` and `errors` are those of the answer.
    """
    answer = entry.answer if entry.complete and (entry.status or 0) >= 400 else None
    refusal = answer if isinstance(answer, dict) else {}
    return {
        "number": entry.number,
        "at": encode_instant(entry.at),
        "atS": entry.at_s,
        "operation": entry.operation,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "caller": entry.caller,
        "credential": entry.credential,
        "conversation": entry.conversation,
        "status": entry.status,
        "code": refusal.get("code"),
        "errors": refusal.get("errors") or [],
        "tookMs": entry.took_ms,
        "tookS": entry.took_s,
        "firstByteS": entry.first_byte_s,
        "complete": entry.complete,
        "outcome": entry.outcome,
        "replayed": entry.replayed,
        "faults": [encode_fired(fired) for fired in entry.faults],
        "requestBytes": entry.request_bytes,
        "responseBytes": entry.response_bytes,
        "eventCount": len(entry.events) + entry.events_dropped,
    }


def encode_entry(entry: Entry) -> JsonObject:
    """An exchange with all that is kept of it."""
    return {
        **encode_summary(entry),
        "request": _encode_side(entry.request_headers, entry.request_body, entry.request_bytes),
        "response": _encode_side(entry.response_headers, entry.response_body, entry.response_bytes),
        "events": [encode_event(event) for event in entry.events],
        "eventsDropped": entry.events_dropped,
    }


def encode_fired(fired: Fired) -> JsonObject:
    """A fault that hit: `{"fault": "truncate; after=3", ...}`."""
    return {
        "fault": mask_jwts(str(fired.fault)),
        "kind": fired.fault.kind,
        "source": fired.source,
        "ruleId": fired.rule_id,
    }


def encode_event(event: SentEvent) -> JsonObject:
    """An event of a stream; its data are the text that was sent."""
    return {"atS": event.at_s, "kind": event.kind, "data": event.data, "fault": event.fault}


def encode_instant(at: datetime) -> str:
    """`2026-05-01T09:00:00.000Z`; a naive instant is in UTC."""
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _encode_side(headers: Sequence[tuple[str, str]], body: bytes, length: int) -> JsonObject:
    """Headers that occur several times are joined by commas, as HTTP allows."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    shown, encoding = show_body(body)
    return {"headers": joined, "body": shown, "encoding": encoding, "bytes": length, "cut": length > len(body)}


def make_url(entry: Entry, base_url: str) -> str:
    """Where the request went."""
    query = f"?{quote(entry.query, safe=_URL_SAFE)}" if entry.query else ""
    return base_url.rstrip("/") + quote(entry.path, safe=_URL_SAFE.replace("?", "")) + query


def curl(entry: Entry, base_url: str) -> str:
    """A line for a POSIX shell that repeats the request.

    `$TOKEN` has to be set to the token; another masked header `X-Api-Key` comes from `$X_API_KEY`. A body that is no
    text comes from a `printf`.
    """
    url = make_url(entry, base_url)
    words = ["curl"]
    if entry.is_stream or entry.operation == "openMessageStream":
        words.append("-N")  # show each event as it comes
    if any(character in url for character in "[]{}"):
        words.append("--globoff")
    if "/./" in f"{entry.path}/" or "/../" in f"{entry.path}/":
        words.append("--path-as-is")
    words += ["--head"] if entry.method == "HEAD" else ["-X", shlex.quote(entry.method)]
    words.append(shlex.quote(url))
    for name, value in entry.request_headers:
        if name.lower() not in _MADE_BY_CURL and (name.lower(), value) != ("accept", "*/*"):
            words += ["-H", _quote_header(name, value)]
    before = ""
    if entry.request_body:
        if entry.request_header("content-type") is None:
            words += ["-H", "Content-Type:"]  # or curl would make one up
        text = _as_argument(entry.request_body)
        if text is None:
            before = f"printf '{''.join(f'{chr(92)}{byte:03o}' for byte in entry.request_body)}' | "
        words += ["--data-binary", "@-"] if text is None else ["--data-raw", shlex.quote(text)]
    kept = len(entry.request_body)
    cut = f"  # the body is cut: {kept} of {entry.request_bytes} bytes" if entry.request_bytes > kept else ""
    masked = "  # what is *** was a secret" if entry.masked else ""
    return before + " ".join(words) + cut + masked


def _quote_header(name: str, value: str) -> str:
    lower = name.lower()
    if is_secret_header(lower) and value.endswith(MASKED):
        scheme = value.removesuffix(MASKED)
        variable = "TOKEN" if lower == "authorization" else re.sub(r"[^A-Z0-9]|^(?=[0-9])", "_", lower.upper())
        if _PLAIN.fullmatch(f"{name}{scheme.strip()}"):
            return f'"{name}: {scheme}${variable}"'
        return shlex.quote(f"{name}: {scheme}") + f'"${variable}"'
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def _as_argument(body: bytes) -> str | None:
    """The body as one argument of a command; None where it cannot be one."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
