"""Writes down what the control plane does to a workspace between its exchanges: a bug report does it again."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from mockserver.control.values import Control
from mockserver.journal.recorder import Act

Handler = Callable[..., Awaitable[Response]]

ACTS: Final = frozenset(
    {
        "advanceClock",
        "armFault",
        "changeClock",
        "changeConfiguration",
        "disarmFault",
        "disarmFaults",
        "killStream",
        "reviveTokens",
        "startScenario",
        "stopScenario",
    }
)
"""The operations that change what a workspace answers.

Not those that begin a recording anew (reset, load), nor `hold`, `step` and `release`: who replays has the streams in
hand anyway. Tokens are minted anew.
"""


def recorded(control: Control, operation: str, handler: Handler) -> Handler:
    """The handler of an operation of one workspace, which also writes down what it did."""

    @functools.wraps(handler)
    async def handle(**arguments: Any) -> Response:
        parameters = dict(arguments)
        sandbox = control.sandbox(parameters.pop("workspace"))
        payload = parameters.pop("payload", None)
        if "stream" in parameters:
            live = sandbox.streams.find(parameters.pop("stream"))
            parameters["exchange"] = live.exchange if live else None
        sandbox.record()
        at_s = sandbox.clock.now()
        answer = await handler(**arguments)  # refused: it raises
        order = sandbox.journal.next_order()
        sandbox.recorder.note(Act(order, at_s, operation, parameters, payload))
        return answer

    return handle
