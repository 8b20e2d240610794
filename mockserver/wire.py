"""Values to and from what goes over the wire: JSON objects with camelCase names, Server-Sent Events as bytes.

The only module that knows those names. What it decodes has been validated against the contract before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson

from mockserver.rules.errors import BodyMalformed
from mockserver.rules.values import (
    DEFAULT_CONTEXT_SIZE,
    OMITTED,
    ContextSnippet,
    Conversation,
    Message,
    Page,
    Prompt,
    Steering,
    SteeringPatch,
)

JsonObject = dict[str, Any]
T = TypeVar("T")

_MAX_DIGITS = 4300
"""Of an integer. Python has this limit too, lest a hostile number take quadratic time, but speaks of itself."""

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""An integer beyond 64 bits would come back as a float."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat).encode

_DELTA_BEGINS = b'event: delta\ndata: {"delta":'
_DELTA_ENDS = b"}\n\n"
_DELTA_BETWEEN = _DELTA_ENDS + _DELTA_BEGINS

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: it keeps the connection from looking dead and carries nothing."""


def loads(body: bytes) -> Any:
    """The JSON value of a body, strictly: UTF-8, no NaN or Infinity, no number beyond what a float holds.

    Raises:
        BodyMalformed: it is not JSON; says where.
    """
    if not _LONG_NUMBER.search(body):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # it is none, or has what JSON allows and this library does not: a lone surrogate, great depth
    try:
        return _decode(body.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise BodyMalformed(f"The body is not JSON: {problem}.")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _parse_int(digits: str) -> int:
    if len(digits.removeprefix("-")) > _MAX_DIGITS:
        raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _parse_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_parse_float, parse_int=_parse_int).decode


def dumps(value: Any) -> bytes:
    """JSON in UTF-8 on one line.

    Times lose a fraction of zero, as the API's do. A lone surrogate, which UTF-8 cannot hold, stays the escape that
    JSON has for it.
    """
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, an integer beyond 64 bits, a key that is no text
        return _encode(value).encode("utf-8", "backslashreplace")


def decode_steering(body: Mapping[str, Any]) -> Steering:
    """The steering in the body of a create."""
    return Steering(
        personality=body.get("personality"),
        personality_id=_integer(body.get("personalityId")),
        brand_voice_id=body.get("brandVoiceId"),
        target_audience_id=body.get("targetAudienceId"),
    )


def decode_patch(body: Mapping[str, Any]) -> SteeringPatch:
    """The body of a patch; what is not in it is `OMITTED`."""
    return SteeringPatch(
        personality=body.get("personality", OMITTED),
        personality_id=int(body["personalityId"]) if "personalityId" in body else OMITTED,
        brand_voice_id=body.get("brandVoiceId", OMITTED),
        target_audience_id=body.get("targetAudienceId", OMITTED),
    )


def decode_prompt(body: Mapping[str, Any]) -> Prompt:
    """The body that starts a turn. Its `createdAt` is the client's clock, from which nothing follows (MSG-6)."""
    return Prompt(
        id=body["id"],
        text=body["text"],
        context=tuple(
            ContextSnippet(int(entry["id"]), entry["content"], entry.get("category_name"))
            for entry in body.get("additionalContext", ())
        ),
        context_size=int(body.get("contextSize", DEFAULT_CONTEXT_SIZE)),
    )


def _integer(value: float | None) -> int | None:
    """JSON has one kind of number: 5.0 is an integer."""
    return None if value is None else int(value)


def encode_conversation(conversation: Conversation) -> JsonObject:
    """A Conversation of the contract: null where a value is not set, never left out (SCH-1)."""
    return {
        "id": conversation.id,
        "createdAt": conversation.created_at,
        "modelName": conversation.model_name,
        "legacyCustomerId": conversation.legacy_customer_id,
    }


def encode_message(message: Message) -> JsonObject:
    """A Message of the contract."""
    return {
        "id": message.id,
        "text": message.text,
        "source": message.source.value,
        "createdAt": message.created_at,
    }


def encode_page(page: Page[T], encode_element: Callable[[T], JsonObject]) -> JsonObject:
    """The pagination envelope (PAG-1)."""
    return {
        "page": {
            "size": page.size,
            "totalElements": page.total_elements,
            "totalPages": page.total_pages,
            "currentPage": page.number,
        },
        "data": [encode_element(element) for element in page.elements],
    }


def delta_event(fragment: str) -> bytes:
    """A piece of a reply, as it grows."""
    return delta_events([fragment])


def delta_events(fragments: Sequence[str]) -> bytes:
    """Pieces of a reply, an event each; nothing if there are none."""
    # Thousands a second: a lone string is what the encoder is fastest at.
    try:
        encoded = [orjson.dumps(fragment) for fragment in fragments]
    except TypeError:  # a lone surrogate
        encoded = [dumps(fragment) for fragment in fragments]
    return _DELTA_BEGINS + _DELTA_BETWEEN.join(encoded) + _DELTA_ENDS if encoded else b""


def split_events(events: bytes) -> list[bytes]:
    """Events of this module that were joined, each by itself."""
    return [event + b"\n\n" for event in events.split(b"\n\n")[:-1]]


def message_event(reply: Message) -> bytes:
    """The final event of a stream that went well."""
    return _event(b"message", {"message": encode_message(reply)})


def error_event(error: str, code: str) -> bytes:
    """The final event of a stream that failed."""
    return _event(b"error", {"error": error, "code": code})


def other_event(name: str, data: object) -> bytes:
    """An event that the contract does not have."""
    return _event(name.encode(), data)


def read_event(event: bytes) -> tuple[str, str]:
    """The name and the data of an event of this module; of a comment, `comment` and its text."""
    if event.startswith(b":"):
        return "comment", event[1:].decode().strip()
    name, _, data = event.removeprefix(b"event: ").partition(b"\ndata: ")
    return name.decode(), data[:-2].decode("utf-8", "surrogatepass")


def _event(name: bytes, data: object) -> bytes:
    return b"event: " + name + b"\ndata: " + dumps(data) + b"\n\n"
