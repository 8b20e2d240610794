"""Where timestamps come from.

The logical clock makes two servers that are told the same things answer the same timestamps. It has no hands of
its own: a conversation's instants count its own writes, so that nothing that happens elsewhere meanwhile shows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

START = datetime(2026, 5, 1, 9, 0, 0)
"""The instant, naive as the API's are, from which the logical clock counts the conversations of each workspace."""

STEP = timedelta(seconds=1, milliseconds=250)
"""What one write takes. Every fourth instant has no fraction: the API's timestamps come in both forms."""


class Clock(Protocol):
    """Tells when a write happens."""

    def instant(self, origin: datetime, writes: int) -> datetime:
        """The naive instant of write number `writes >= 1` since `origin`."""


class LogicalClock:
    """Counts writes instead of seconds."""

    def instant(self, origin: datetime, writes: int) -> datetime:
        """`origin` and one `STEP` a write."""
        return origin + writes * STEP


class WallClock:
    """The real time, in UTC and without an offset, as the API writes it."""

    def instant(self, origin: datetime, writes: int) -> datetime:
        """Now, whatever the write."""
        return datetime.now(UTC).replace(tzinfo=None)
