"""What a stream will do, step by step: the score from which `mockserver.streaming` plays. Pure.

A healthy script is the reply's deltas and the final event. Faults change scripts (`mockserver.faults.streams`): they
put steps in, take them out or replace them, and so never meet the network.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final as Constant


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


Step = str | Delta | KeepAlive | Event | Final | EarlyFinal | Fail | Stall | Cut | KillToken
"""A text is a delta that is sent once, as nearly all of them are."""

SENT: Constant = (str, Delta, KeepAlive, Event)
"""The steps that send something and go on: those that are due together are sent together."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A step with the second, counted from the stream's beginning, at which it is due; never falling in a script."""

    due: float
    step: Step


@dataclass(frozen=True, slots=True)
class Script:
    """What a stream does: its steps, and beside them when each is due.

    Two lists rather than one of pairs, and texts rather than objects: thousands of streams are live at once, and have
    hundreds of steps each.

    Attributes:
        deltas: how many there are.
    """

    due: Sequence[float]
    steps: Sequence[Step]
    deltas: int

    @staticmethod
    def of(timed: Iterable[Timed]) -> Script:
        """The script of these steps."""
        opened = list(timed)
        steps = [_close(each.step) for each in opened]
        return Script([each.due for each in opened], steps, sum(isinstance(step, str | Delta) for step in steps))

    def timed(self) -> list[Timed]:
        """Step by step, for those who change it: each delta is a `Delta`."""
        opened = (Delta(step) if isinstance(step, str) else step for step in self.steps)
        return [Timed(due, step) for due, step in zip(self.due, opened, strict=True)]


def _close(step: Step) -> Step:
    return step.fragment if isinstance(step, Delta) and step.copies == 1 else step


def healthy(fragments: Sequence[str], due: Sequence[float]) -> Script:
    """The deltas when they are due, and the final event right after the last."""
    return Script([*due, due[-1] if due else 0.0], [*fragments, Final()], len(fragments))
