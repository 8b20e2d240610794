"""What a stream will do, step by step: the score from which `mockserver.streaming` plays. Pure.

A healthy script is the reply's deltas and the final event. Faults change scripts (`mockserver.faults.streams`): they
put steps in, take them out or replace them, and so never meet the network.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the reply: kept by the store, then sent `copies` times."""

    fragment: str
    copies: int = 1


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A comment between events."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is no part of the reply, such as one of an unknown kind; `data` is any JSON value."""

    name: str
    data: object


@dataclass(frozen=True, slots=True)
class Final:
    """The reply is finished and kept; its final event is sent `copies` times.

    `send=False` keeps the reply and sends nothing. `wrong_id` puts another id in than the one it is stored under.
    """

    copies: int = 1
    wrong_id: bool = False
    send: bool = True


@dataclass(frozen=True, slots=True)
class EarlyFinal:
    """The final event, with the whole text, before deltas that are still to come."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The generation fails: an `error` event ends the stream, and there is no reply (LCK-9)."""

    error: str
    code: str


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more is sent for so many seconds, or for ever (None); the connection stays open."""

    seconds: float | None = None


class CutKind(enum.Enum):
    """How a connection ends before its time."""

    TRUNCATE = "truncate"
    """Closed in the middle of the answer: the last chunk is missing."""
    RESET = "reset"
    """Closed with a TCP reset."""
    END = "end"
    """The answer ends as if it were complete."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream is over here; what was produced is kept, as when a client has gone."""

    kind: CutKind


@dataclass(frozen=True, slots=True)
class KillToken:
    """The caller's token is refused from now on."""


Step = Delta | KeepAlive | Event | Final | EarlyFinal | Fail | Stall | Cut | KillToken


@dataclass(frozen=True, slots=True)
class Timed:
    """A step with the second, counted from the stream's beginning, at which it is due; never falling in a script."""

    due: float
    step: Step


Script = Sequence[Timed]


def healthy(fragments: Sequence[str], due: Sequence[float]) -> list[Timed]:
    """The deltas when they are due, and the final event right after the last."""
    deltas = [Timed(at, Delta(fragment)) for at, fragment in zip(due, fragments, strict=True)]
    return [*deltas, Timed(due[-1] if due else 0.0, Final())]


def count_deltas(steps: Iterable[Timed]) -> int:
    """How many deltas there are."""
    return sum(isinstance(timed.step, Delta) for timed in steps)
