"""Exchanges as a HAR 1.2 file, which browsers' tools and most proxies read. Pure.

Durations are by the workspace's clock, as the client lived them; `_tookMs` is what the wall's clock says. What HAR has
no place for has a leading underscore, as its specification asks: `_events`, `_faults`, `_number`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from mockserver.journal.bodies import answer_bytes, show_bytes
from mockserver.journal.encode import encode_event, encode_fired, encode_instant, make_url
from mockserver.journal.entries import Entry
from mockserver.journal.masking import mask_headers

JsonObject = dict[str, Any]

_NOT_KNOWN = -1
"""What HAR says for a size or a time that is not known or does not apply."""


def to_har(entries: Iterable[Entry], *, base_url: str, version: str) -> JsonObject:
    """The exchanges, the oldest first. Credentials are masked; an exchange that got no answer has status 0.

    Args:
        base_url: the server's, without a path, such as http://localhost:8080.
        version: that of the mock, which names itself as the creator.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "conversations-mock", "version": version},
            "entries": [_encode(entry, base_url) for entry in sorted(entries, key=lambda entry: entry.number)],
        }
    }


def _encode(entry: Entry, base_url: str) -> JsonObject:
    took_ms = (entry.took_s or 0.0) * 1000
    wait_ms = min((entry.first_byte_s or 0.0) * 1000, took_ms) if entry.first_byte_s is not None else took_ms
    timings: JsonObject = {"blocked": _NOT_KNOWN, "dns": _NOT_KNOWN, "connect": _NOT_KNOWN, "ssl": _NOT_KNOWN}
    timings |= {"send": 0, "wait": wait_ms, "receive": took_ms - wait_ms}
    notes = [] if entry.complete else ["The exchange goes on."]
    if entry.events_dropped:
        notes.append(f"{entry.events_dropped} events are not kept.")
    return {
        "startedDateTime": encode_instant(entry.at),
        "time": wait_ms + (took_ms - wait_ms),
        "request": _encode_request(entry, base_url),
        "response": _encode_response(entry),
        "cache": {},
        "timings": timings,
        **({"comment": " ".join(notes)} if notes else {}),
        "_number": entry.number,
        "_operation": entry.operation,
        "_caller": entry.caller,
        "_outcome": entry.outcome,
        "_tookMs": entry.took_ms,
        "_faults": [encode_fired(fired) for fired in entry.faults],
        "_events": [encode_event(event) for event in entry.events],
    }


def _encode_request(entry: Entry, base_url: str) -> JsonObject:
    request: JsonObject = {
        "method": entry.method,
        "url": make_url(entry, base_url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _encode_headers(entry.request_headers),
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(entry.query, keep_blank_values=True)
        ],
        "headersSize": _NOT_KNOWN,
        "bodySize": entry.request_bytes,
    }
    if entry.request_bytes:
        text, encoding = show_bytes(entry.request_body)
        notes = ["The body is in base64."] if encoding == "base64" else []
        notes += _cut(entry.request_body, entry.request_bytes)
        media_type = entry.request_header("content-type") or "application/octet-stream"
        request["postData"] = {"mimeType": media_type, "params": [], "text": text} | _comment(notes)
    return request


def _encode_response(entry: Entry) -> JsonObject:
    body = answer_bytes(entry)
    text, encoding = show_bytes(body)
    size = max(entry.response_bytes, len(body))
    content: JsonObject = {"size": size, "mimeType": entry.response_header("content-type") or "x-unknown", "text": text}
    if encoding == "base64":
        content["encoding"] = "base64"
    return {
        "status": entry.status or 0,
        "statusText": _phrase(entry.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _encode_headers(entry.response_headers),
        "content": content | _comment(_cut(body, size)),
        "redirectURL": entry.response_header("location") or "",
        "headersSize": _NOT_KNOWN,
        "bodySize": size,
    }


def _encode_headers(headers: Sequence[tuple[str, str]]) -> list[JsonObject]:
    return [{"name": name, "value": value} for name, value in mask_headers(headers)]


def _cut(body: bytes, size: int) -> list[str]:
    return [f"The body is cut: {len(body)} of {size} bytes."] if size > len(body) else []


def _comment(notes: Sequence[str]) -> JsonObject:
    return {"comment": " ".join(notes)} if notes else {}


def _phrase(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
