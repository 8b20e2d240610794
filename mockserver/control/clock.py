"""Time and pace of a workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from mockserver.clock import EARLIEST, FARTHEST, START
from mockserver.control.configuration import change_configuration, encode_configuration
from mockserver.control.values import Control, JsonObject, invalid, json_answer
from mockserver.journal.encode import encode_instant
from mockserver.pacing import SHORTEST_KEEP_ALIVE_S
from mockserver.sandbox import Sandbox


class ClockHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def get_clock(self, workspace: str) -> Response:
        """How it stands."""
        return json_answer(_encode(self._control.sandbox(workspace)))

    async def change_clock(self, workspace: str, payload: JsonObject) -> Response:
        """Freeze it, let it run, set it."""
        sandbox = self._control.sandbox(workspace)
        instant = _read_instant(payload["set"]) if "set" in payload else None
        if "rate" in payload:
            sandbox.clock.run(float(payload["rate"]))
        if instant is not None:
            sandbox.clock.set(instant)
        if "nowS" in payload:
            sandbox.clock.pass_until(float(payload["nowS"]))
        self._control.feed.tell_changed(workspace, "clock")
        return json_answer(_encode(sandbox))

    async def advance_clock(self, workspace: str, payload: JsonObject) -> Response:
        """What is due by then is due now."""
        sandbox = self._control.sandbox(workspace)
        seconds = float(payload["seconds"])
        if sandbox.clock.shift + timedelta(seconds=seconds) > FARTHEST:
            raise invalid("seconds", f"the clock would be ahead by more than {FARTHEST.days} days; go less far")
        sandbox.clock.advance(seconds)
        self._control.feed.tell_changed(workspace, "clock")
        return json_answer(_encode(sandbox))

    async def get_configuration(self, workspace: str) -> Response:
        """As it is now."""
        return json_answer(encode_configuration(self._control.sandbox(workspace).configuration))

    async def change_configuration(self, workspace: str, payload: JsonObject) -> Response:
        """What is left out stays."""
        sandbox = self._control.sandbox(workspace)
        if 0 < payload.get("keepAliveS", 0) < SHORTEST_KEEP_ALIVE_S:
            raise invalid("keepAliveS", f"expected {SHORTEST_KEEP_ALIVE_S} or more, or 0 for none")
        sandbox.configuration = change_configuration(sandbox.configuration, payload, self._control.usual_pace)
        self._control.feed.tell_changed(workspace, "configuration")
        return json_answer(encode_configuration(sandbox.configuration))


def _encode(sandbox: Sandbox) -> JsonObject:
    clock = sandbox.clock
    return {
        "nowS": clock.now(),
        "rate": clock.rate,
        "timestamps": "wall" if clock.wall else "logical",
        "aheadS": clock.shift.total_seconds(),
        "wall": encode_instant(clock.wall_now()),
    }


def _read_instant(text: str) -> datetime:
    """The naive instant in UTC that a text names.

    Raises:
        FieldsInvalid: it is none, or one that timestamps cannot go on from.
    """
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            instant = instant.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise invalid("set", f"expected a time such as 2026-12-24T18:00:00Z, got {text[:40]!r}") from None
    if abs(instant - START) > FARTHEST or instant < EARLIEST:
        raise invalid("set", "expected a time between the years 1900 and 6000")
    return instant
