"""What an event of a reply stream says: the one place that knows the shape of `data`.

The reference names three kinds of event and gives no shape; the shape read here is the contract's own. A backend
whose events are shaped otherwise is judged all the same when its conftest has the hook `pytest_conformance_read_event`.
"""

import json
from dataclasses import dataclass
from typing import Any

from conformance.sse import Event


@dataclass(frozen=True)
class Delta:
    """A fragment of the reply's text."""

    text: str


@dataclass(frozen=True)
class Final:
    """The final event of a stream that went well: the whole reply, a Message."""

    message: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    """The final event of a stream that went wrong."""

    error: object
    code: object


@dataclass(frozen=True)
class Ping:
    """A keep-alive that is an event rather than a comment. It carries nothing, and no clause is judged by it."""


@dataclass(frozen=True)
class Unreadable:
    """An event that is none of the three kinds, and why. Only STR-2 is judged by it."""

    reason: str


StreamEvent = Delta | Final | Failed | Ping | Unreadable


def read_event(event: Event) -> StreamEvent:  # noqa: PLR0911 - a table, one return a kind
    """Each event is a delta, the final message or an error (STR-2).

    The SSE event name is `delta`, `message` or `error`, and `data` is one JSON object with exactly one of the keys
    `delta` (a string), `message` (an object) or `error` (with `code` beside it), the one that the name says.
    Other keys are ignored. Never raises: what cannot be read comes back as `Unreadable`.
    """
    if event.name == "ping":
        return Ping()
    try:
        data = json.loads(event.data)
    except (ValueError, RecursionError):
        return Unreadable(f"the data of event {event.name!r} is not JSON")
    kinds = [kind for kind in ("delta", "message", "error") if isinstance(data, dict) and kind in data]
    if kinds != [event.name]:
        found = " and ".join(kinds) or "none of delta, message and error"
        return Unreadable(f"event {event.name!r} with {found} in its data")
    match data[event.name]:
        case str(text) if event.name == "delta":
            return Delta(text)
        case dict(message) if event.name == "message":
            return Final(message)
        case error if event.name == "error":
            return Failed(error, data.get("code"))
    return Unreadable(f"the {event.name} of an event has the wrong type")
