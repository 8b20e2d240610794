"""Answers a whole request by one call, where nothing has to be waited for: what most requests are.

It goes the way of the ASGI application step by step, and does with functions what that does with messages. Where that
is not possible it says so, and the application goes on from there: what was begun is not begun again.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from mockserver.arrivals import Turnstile
from mockserver.errors import JsonAnswer
from mockserver.lane import FastLane
from mockserver.logs import AccessLog
from mockserver.opening import Opener
from mockserver.preamble import read_preamble
from mockserver.stage import AnswersStage

_VARY = (b"vary", b"Origin")
"""Those who are no page of another origin are told that such a page gets other headers."""


class AtOnce:
    """The parts of the application, in the order in which a request meets them."""

    def __init__(
        self, *, turnstile: Turnstile, log: AccessLog, opener: Opener, lane: FastLane, stage: AnswersStage
    ) -> None:
        self._turnstile = turnstile
        self._log = log
        self._opener = opener
        self._lane = lane
        self._stage = stage

    def answer(self, scope: MutableMapping[str, Any], body: bytes) -> JsonAnswer | None:
        """The answer to a request whose arrival is noted; None: call the ASGI application with this scope."""
        if not self._opener.takes(scope):
            return None
        said = read_preamble(scope["headers"])
        if said.origin or not self._turnstile.admit(scope):
            return None
        line = self._log.begin(scope)
        exchange = self._opener.open(scope, said, body)
        if exchange.refusal or exchange.entry.faults:
            return None
        answer = self._lane.answer_at_once(exchange, scope, body)
        if answer is None:
            return None
        self._stage.complete(exchange, answer, scope)
        answer.raw_headers = [*answer.raw_headers, _VARY]  # the journal has those without
        if line:
            line.write(answer.status_code)
        return answer
