"""In which order the exchanges of a bug report are played again, and with which tokens. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockserver.journal.recorder import Act
from mockserver.journal.recording import Exchange, Recording
from mockserver.tokens import customer_number

SEND_OPERATIONS: Final = frozenset({"openMessageStream", "sendMessage"})
CANCEL_OPERATION: Final = "cancelMessageStream"

_INVALID: Final = {
    "signature is wrong": "wrong-key",
    "it is no JWT": "malformed",
    "not yet valid": "not-yet-valid",
}
"""By what an answer said of a token that was not valid: the kind of bad token of which it says so, too."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request of an exchange, and let the server begin it."""

    exchange: Exchange
    at_s: float


@dataclass(frozen=True, slots=True)
class LetStreamSend:
    """Let a stream send until it has sent so many events, comments not counted."""

    exchange: Exchange
    events: int
    at_s: float


@dataclass(frozen=True, slots=True)
class AwaitEnd:
    """Let an exchange come to its end."""

    exchange: Exchange
    at_s: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection of an exchange, whose client went away; its end is awaited."""

    exchange: Exchange
    at_s: float


@dataclass(frozen=True, slots=True)
class Do:
    """Let the control plane do what it did."""

    act: Act
    at_s: float


Step = Send | LetStreamSend | AwaitEnd | HangUp | Do


def plan(recording: Recording) -> list[Step]:
    """What to do in which order, so that the same comes of it.

    All happenings are in one row. Two are put elsewhere than where they were written down, since what a request does it
    does some time after it came: a cancel comes after all that its stream has sent, and a message that was taken comes
    after the end of a stream for which it would have been refused.
    """
    rows: list[tuple[float, Step]] = [(act.order, Do(act, act.at_s)) for act in recording.acts]
    for exchange in recording.exchanges:
        rows += _steps_of(exchange, _place(exchange, recording.exchanges))
    rows.sort(key=lambda row: row[0])
    return list(_joined(step for _, step in rows))


def _place(exchange: Exchange, others: Sequence[Exchange]) -> float:
    """Where in the row a request is to be sent."""
    place = float(exchange.began)
    if exchange.status != 200 or exchange.conversation is None:
        return place
    overlapping = [
        other
        for other in others
        if other.conversation == exchange.conversation
        and other.is_stream
        and other.began < exchange.began
        and (other.ended is None or other.ended > exchange.began)
    ]
    for other in overlapping:
        if exchange.operation == CANCEL_OPERATION and other.outcome == "cancelled" and other.events:
            place = max(place, other.events[-1].order + 0.5)
        elif exchange.operation in SEND_OPERATIONS and other.ended is not None:
            place = max(place, other.ended + 0.5)
    return place


def _steps_of(exchange: Exchange, place: float) -> Iterator[tuple[float, Step]]:
    yield place, Send(exchange, exchange.at_s)
    sent = 0
    for event in exchange.events:
        sent += not event.comment
        if not event.comment:
            yield max(event.order, place + 0.1), LetStreamSend(exchange, sent, event.at_s)
    if exchange.ended is None or exchange.ended_s is None:
        return
    end = max(float(exchange.ended), place + 0.2)
    if exchange.events_dropped:
        yield end - 0.1, LetStreamSend(exchange, sent + exchange.events_dropped, exchange.ended_s)
    if exchange.outcome == "client gone":
        # One that never heard an answer may have gone at any time before.
        gone = end if exchange.is_stream else place + 0.1
        yield gone, HangUp(exchange, exchange.ended_s)
    else:
        yield end, AwaitEnd(exchange, exchange.ended_s)


def _joined(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with those of one stream that follow each other as one."""
    before: Step | None = None
    for step in steps:
        if isinstance(before, LetStreamSend) and isinstance(step, LetStreamSend) and before.exchange is step.exchange:
            before = step
            continue
        if before is not None:
            yield before
        before = step
    if before is not None:
        yield before


def token_for(exchange: Exchange, workspace: str) -> dict[str, Any] | None:
    """What to ask the control plane for, to get a token that is taken or refused as that of the exchange was.

    None where there was no token.
    """
    asked: dict[str, Any] = {} if exchange.caller is None else {"caller": exchange.caller}
    match exchange.credential:
        case "none":
            return None
        case "expired":
            asked["bad"] = "expired"
        case "dead":
            asked["diesAfterCalls"] = 0
        case "invalid":
            said = exchange.response_body.decode("utf-8", "replace")
            asked["bad"] = next((kind for text, kind in _INVALID.items() if text in said), "no-signature")
        case "forbidden" if f"/workspaces/{workspace}/" in f"{exchange.path}/":
            asked["bad"] = "no-workspace"
        case _:
            if exchange.customer is not None and exchange.customer != customer_number(exchange.caller or ""):
                asked["customer"] = exchange.customer
            if exchange.dies_after is not None:
                asked["diesMidStream"] = exchange.dies_after
    return asked
