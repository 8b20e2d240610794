"""Exchanges to put into a journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mockserver.journal.entries import Entry


def make_entry(number: int = 1, **given: Any) -> Entry:
    """An exchange that has ended, unless told otherwise."""
    body: bytes = given.get("request_body", b"")
    facts: dict[str, Any] = {
        "number": number,
        "began": number * 2,
        "workspace": "demo",
        "method": "POST",
        "path": "/api/v1/x",
        "operation": "sendMessage",
        "at": datetime(2026, 5, 1, 9, tzinfo=UTC),
        "at_s": 1.5,
        "request_bytes": len(body),
        "response_bytes": len(given.get("response_body", b"")),
        "status": 200,
        "first_byte_s": 0.25,
        "took_s": 1.0,
        "took_ms": 3.0,
        "ended": number * 2 + 1,
        "outcome": "answered",
    }
    return Entry(**(facts | given))
