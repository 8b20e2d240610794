"""A test's hand on live streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response

from mockserver.control.encode import encode_stream
from mockserver.control.values import Control, JsonObject, json_answer
from mockserver.errors import ControlNotFound
from mockserver.live import LiveStream
from mockserver.script import CutKind

_LOOK_AGAIN_S = 0.005


async def wait_until(holds: Callable[[], bool], timeout_s: float) -> bool:
    """Wait in real time until something holds; False if it still does not when the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while not holds():
        if loop.time() >= end:
            return False
        await asyncio.sleep(_LOOK_AGAIN_S)
    return True


class StreamHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def list_streams(self, workspace: str, wait: int, timeout_s: float) -> Response:
        """Those that are live, waiting for them if asked to."""
        sandbox = self._control.sandbox(workspace)
        await wait_until(lambda: len(sandbox.streams) >= wait, timeout_s)
        return json_answer({"streams": [encode_stream(stream) for stream in sandbox.streams]})

    async def get_stream(self, workspace: str, stream: int) -> Response:
        """One of them."""
        return json_answer(encode_stream(self._find(workspace, stream)))

    async def hold_stream(self, workspace: str, stream: int, payload: JsonObject) -> Response:
        """Send nothing after event number `after`, or from now on."""
        live, after = self._find(workspace, stream), payload.get("after")
        live.hold(None if after is None else int(after))
        return json_answer(encode_stream(live))

    async def step_stream(self, workspace: str, stream: int, payload: JsonObject) -> Response:
        """Answers when the events have been sent."""
        live, streams = self._find(workspace, stream), self._control.sandbox(workspace).streams
        before = live.sent
        live.step(int(payload.get("events", 1)))

        def ended() -> bool:
            return streams.find(stream) is not live

        await wait_until(lambda: live.held or ended(), payload.get("timeoutS", 10.0))
        return json_answer({"stepped": live.sent - before, "sent": live.sent, "ended": ended()})

    async def release_stream(self, workspace: str, stream: int) -> Response:
        """Go on."""
        live = self._find(workspace, stream)
        live.release()
        return json_answer(encode_stream(live))

    async def kill_stream(self, workspace: str, stream: int, payload: JsonObject) -> Response:
        """End it before its time."""
        live = self._find(workspace, stream)
        live.kill(CutKind(payload.get("how", "truncate")))
        return json_answer(encode_stream(live))

    def _find(self, workspace: str, number: int) -> LiveStream:
        streams = self._control.sandbox(workspace).streams
        found = streams.find(number)
        if found is None:
            live = ", ".join(str(stream.number) for stream in streams)
            hint = f"Live are {live}." if live else "None is live: wait for one with GET .../streams?wait=1."
            raise ControlNotFound(f"The stream {number} is not live in this workspace. {hint}")
        return found
