"""Bodies as the journal shows them: as JSON, else as text, else in base64; streams as the text they were. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final

from mockserver import wire
from mockserver.journal.entries import Entry
from mockserver.journal.events import SentEvent
from mockserver.rules.errors import BodyMalformed

_DEEPEST = 100
"""Nesting that is shown as JSON; what is deeper is shown as text, lest encoding it fail."""


class NotJson:
    """The type of `NOT_JSON`."""

    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON: Final = NotJson()
"""What `read_json` gives for a body that is no JSON, as `None` is JSON's null."""


def read_json(body: bytes) -> Any:
    """The JSON value of a body, or `NOT_JSON`."""
    try:
        value = wire.loads(body)
    except BodyMalformed:
        return NOT_JSON
    return NOT_JSON if _is_deep(value) else value


def show_body(body: bytes) -> tuple[Any, str | None]:
    """The body and what it is shown as: `json`, `text` or `base64`; of an empty one None twice."""
    if not body:
        return None, None
    value = read_json(body)
    return show_bytes(body) if value is NOT_JSON else (value, "json")


def show_bytes(body: bytes) -> tuple[str, str]:
    """The bytes so that they can be had back: as `text` (UTF-8), or in `base64`."""
    try:
        return body.decode("utf-8"), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def read_bytes(text: str, encoding: str) -> bytes:
    """What `show_bytes` has shown.

    Raises:
        ValueError: it is not what the encoding says, or there is no such encoding.
    """
    if encoding == "text":
        return text.encode("utf-8")
    if encoding != "base64":
        raise ValueError(f"{encoding!r} is no encoding: give text or base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is not base64: {error}") from None


def answer_bytes(entry: Entry) -> bytes:
    """What was sent as body. Of a stream that is kept by its events only, these as they are usually written."""
    if entry.response_body or not entry.events:
        return entry.response_body
    return stream_text(entry.events).encode("utf-8", "backslashreplace")


def stream_text(events: Iterable[SentEvent]) -> str:
    """Events as a stream has them: `event: delta`, `data: {...}`, an empty line."""
    return "".join(map(_write_event, events))


def _write_event(event: SentEvent) -> str:
    lines = event.data.split("\n")
    if event.kind == "comment":
        return "".join(f": {line}\n" for line in lines) + "\n"
    return "".join([f"event: {event.kind}\n", *(f"data: {line}\n" for line in lines), "\n"])


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
