"""Keeps what a bug report needs beside the journal: how a workspace was at first, what the control plane did to it.

Pure: how a workspace is kept, it is told (`keep_by`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

BOUND = 1000
"""So many acts are kept; those that come after are counted only."""


@dataclass(frozen=True, slots=True)
class Act:
    """One change that the control plane made.

    Attributes:
        order: its place among all happenings of the workspace (see `mockserver.journal.entries.Entry`).
        at_s: when, in seconds of the workspace's clock; before it, if it moved that.
        operation: the operationId of the control plane.
        parameters: those of its path, the workspace aside; a stream is told by its `exchange`.
        payload: its body as JSON; None where it has none.
    """

    order: int
    at_s: float
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    payload: Any = None


Keep = Callable[[], Callable[[], Mapping[str, Any]]]


class Recorder:
    """The recording of a workspace. It begins by itself with the first call, or the first act.

    Attributes:
        since: what came later in the row of happenings belongs to it.
        dropped: exchanges that the journal had dropped before.
        streams: streams that were live when it began, of which it does not know how they came about.
        acts: the oldest first.
    """

    def __init__(self) -> None:
        self._keep: Keep = lambda: dict
        self.restart()

    def keep_by(self, keep: Keep) -> None:
        """What keeps the workspace as it is, and gives what makes a snapshot of that."""
        self._keep = keep

    @property
    def begun(self) -> bool:
        """Whether there is anything to report."""
        return self._baseline is not None

    @property
    def baseline(self) -> Mapping[str, Any] | None:
        """The snapshot of the workspace as it was when the recording began; None before."""
        return self._baseline() if self._baseline else None

    def restart(self) -> None:
        """Forget all; the next call begins a new recording."""
        self._baseline: Callable[[], Mapping[str, Any]] | None = None
        self.since = self.dropped = self.streams = self.acts_dropped = 0
        self.acts: list[Act] = []

    def begin(self, *, order: int, dropped: int, streams: int) -> None:
        """Begin, unless it has begun; see the attributes."""
        if self._baseline is None:
            self._baseline = self._keep()
            self.since, self.dropped, self.streams = order, dropped, streams

    def note(self, act: Act) -> None:
        """The control plane has done something."""
        if len(self.acts) < BOUND:
            self.acts.append(act)
        else:
            self.acts_dropped += 1
