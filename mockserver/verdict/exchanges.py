"""What an entry of the journal means for who judges a client: how a send ended, how much time has passed. Pure."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from mockserver.faults.triggers import read_text
from mockserver.faults.values import FaultError
from mockserver.journal.entries import Entry

SENDS = frozenset({"sendMessage", "openMessageStream"})
"""The operations that carry a message."""

FINAL_EVENTS = frozenset({"message", "error"})


class Fate(enum.Enum):
    """What became of a message, as its sender could see it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """A 4xx: it uses up no id (IDM-8)."""
    FAILED = "failed"
    """A stream told by its error event that there is no reply."""
    CANCELLED = "cancelled"
    LEFT = "left"
    """The client closed the stream after some of the reply had come."""
    INCOMPLETE = "incomplete"
    """The stream ended without a final event, and not by the client's will."""
    LOST = "lost"
    """No answer, half of one, or a 5xx: there is a reply or there is none."""
    SHUTDOWN = "shutdown"


_UNKNOWN = frozenset({Fate.INCOMPLETE, Fate.LOST})


def fate_of(entry: Entry) -> Fate:
    """What became of the message of an exchange that has ended."""
    if entry.outcome == "shutdown":
        return Fate.SHUTDOWN
    if entry.status is None or entry.status >= 500:
        return Fate.LOST
    if entry.status >= 400:
        return Fate.REFUSED
    if entry.is_stream:
        return _fate_of_stream(entry)
    return Fate.LOST if entry.outcome in {"client gone", "cut"} else Fate.ANSWERED


def _fate_of_stream(entry: Entry) -> Fate:
    kinds = entry.events.kinds
    told = entry.events_dropped > 0 or not entry.faults  # the kept events do not say all, or nothing was tampered with
    if "message" in kinds or (entry.outcome == "finished" and told):
        return Fate.ANSWERED
    if "error" in kinds or (entry.outcome == "failed" and told):
        return Fate.FAILED
    if entry.outcome == "cancelled":
        return Fate.CANCELLED
    if entry.outcome == "client gone":
        stalled = any("stall" in fired.fault.kind for fired in entry.faults)
        return Fate.LEFT if "delta" in kinds and not stalled else Fate.LOST
    return Fate.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a client sent; what is kept of it instead of the exchange, which may be large."""

    entry: Entry
    """Without bodies, headers and events once the journal has dropped it."""
    id: str
    text_digest: str
    fate: Fate
    replayed: bool
    unsure: bool
    """The sender cannot know whether the message has its reply."""


@lru_cache(maxsize=1)  # several rules ask in turn
def sent_of(entry: Entry) -> Sent | None:
    """The message of an exchange that has ended; None where it carries none that can be read."""
    body = entry.json if entry.operation in SENDS else None
    if not isinstance(body, dict):
        return None
    message_id, text = body.get("id"), body.get("text")
    if not isinstance(message_id, str) or not isinstance(text, str) or not message_id:
        return None
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    fate = fate_of(entry)
    return Sent(entry, message_id, digest, fate, entry.replayed, unsure=fate in _UNKNOWN)


@lru_cache(maxsize=256)
def read_query(query: str) -> Mapping[str, str]:
    """The parameters of a query; not to be changed."""
    return dict(parse_qsl(query, keep_blank_values=True))


def speaks_to_mock(entry: Entry) -> bool:
    """The message is of trigger words alone: who types `!fault ...` twice tests a client, and is none."""
    body = entry.json
    text = body.get("text") if isinstance(body, dict) else None
    if entry.operation not in SENDS or not isinstance(text, str) or "!" not in text:
        return False
    try:
        return read_text(text) is not None
    except FaultError:  # a misspelt one
        return True


def refused_by_mock(entry: Entry) -> bool:
    """The refusal is of a fault that was asked for and cannot be: the API would not have refused the call."""
    answer = entry.answer if entry.status == 422 else None
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(errors, list) or not errors:
        return False
    return all(isinstance(error, dict) and error.get("type") == "fault" for error in errors)


def passed_s(earlier: Entry, later: Entry) -> float:
    """Seconds from the end of one exchange to the beginning of another, by whichever clock says more.

    The workspace's clock may stand still or be set back, and the wall's knows nothing of time that was skipped:
    nobody is accused of haste that one of them denies.
    """
    by_clock = later.at_s - earlier.at_s - (earlier.took_s or 0.0)
    by_wall = (later.at - earlier.at).total_seconds() - (earlier.took_ms or 0.0) / 1000
    return max(by_clock, by_wall)


def follows(later: Entry, earlier: Entry) -> bool:
    """The later exchange began after the earlier one had ended: its client could know the answer."""
    return earlier.ended is not None and later.began > earlier.ended


def first(value: str, limit: int = 60) -> str:
    """A client's text for a sentence: cut where it is long."""
    return repr(value if len(value) <= limit else value[:limit] + "…")
