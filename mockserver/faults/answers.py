"""The answers that ANSWER faults give instead of the API's, how long they wait, and how a quota counts. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from mockserver import wire
from mockserver.codes import INTERNAL_ERROR, TOKEN_EXPIRED, code_of
from mockserver.faults.catalogue import WITH_RETRY_AFTER
from mockserver.faults.values import Fault
from mockserver.rules import errors as rules

GARBAGE: Final = b"\x16\x03\x01\x00\xff\x00 this is no HTTP \xf0\x9f\r\n\r\n"
"""What `garbage` sends: it looks like the beginning of TLS."""

_PROBLEM: Final = rules.FieldProblem("request", "it is refused on cue", "invalid")
_SENTENCES: Final = {
    400: "The request is malformed.",
    401: "The token is not valid.",
    403: "The token does not allow this.",
    404: "What was asked for is not there.",
    409: "This is not possible as things are. Try again later.",
    413: "The body is larger than the server takes.",
    415: "The body is of a media type that is not taken here.",
}
"""Of errors on cue: true of whatever call they hit."""
_HTML: Final = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n"
    "<center><h1>{0}</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class FaultAnswer:
    """A whole answer; `headers` has all but the content type and the length."""

    status: int
    body: bytes
    media_type: str
    headers: list[tuple[str, str]] = field(default_factory=list)


def answer_of(fault: Fault, *, method: str = "GET", allowed: Sequence[str] = ()) -> FaultAnswer:
    """The answer of `status`, `quota`, `expired-token` or `html-error`.

    Args:
        method: what a 405 refuses.
        allowed: the path's methods, which a 405 names in `Allow`.
    """
    if fault.kind == "html-error":
        return _answer_page(fault.parameters["code"])
    if fault.kind == "expired-token":
        return _answer_json(401, TOKEN_EXPIRED[0])
    if fault.kind == "quota":
        return _answer_limited(429, fault.parameters.get("retry_after"))
    return _answer_status(fault, method, allowed)


def _answer_status(fault: Fault, method: str, allowed: Sequence[str]) -> FaultAnswer:
    status = fault.parameters["code"]
    if status in WITH_RETRY_AFTER:
        return _answer_limited(status, fault.parameters["retry_after"])
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        others = ", ".join(name for name in allowed if name != method)
        return _answer_json(status, f"{method} is not allowed here.", ("Allow", others))
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        refused = rules.FieldsInvalid([_PROBLEM])
        problems = [{"field": p.field, "message": p.message, "type": p.type} for p in refused.problems]
        return _answer_json(status, str(refused), errors=problems)
    return _answer_json(status, _sentence(status))


def delay_s(fault: Fault, rng: random.Random) -> float:
    """How many seconds a `delay` takes, drawn where it has a distribution; never below 0."""
    middle, spread = fault.parameters["ms"] / 1000, fault.parameters["spread"]
    if fault.parameters["distribution"] == "uniform":
        return float(middle * rng.uniform(1 - spread, 1 + spread))
    if fault.parameters["distribution"] == "lognormal":
        return float(middle * rng.lognormvariate(0.0, spread))
    return float(middle)


class Bucket:
    """Counts the calls of a quota: full at first, and refilled evenly.

    Args:
        limit: how many calls it holds.
        per_s: in how many seconds an empty one is full again.
    """

    def __init__(self, limit: int, per_s: float) -> None:
        self._limit = limit
        self._rate = limit / per_s
        self._left = float(limit)
        self._at: float | None = None

    def take(self, now: float) -> float:
        """Take one call: 0 if it is allowed, else in how many seconds one will be, and nothing is taken."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._left = min(float(self._limit), self._left + passed * self._rate)
        self._at = now
        if self._left >= 1 - 1e-9:
            self._left = max(0.0, self._left - 1)
            return 0.0
        return (1 - self._left) / self._rate

    def dump(self, now: float) -> dict[str, Any]:
        """As JSON, for a snapshot."""
        return {"left": self._left, "ago": None if self._at is None else now - self._at}

    def restore(self, left: float, ago: float | None, now: float) -> None:
        """Go on from a snapshot."""
        self._left = min(left, float(self._limit))
        self._at = None if ago is None else now - ago


def retry_after(wait_s: float) -> int:
    """What `Retry-After` says: whole seconds after which the call is allowed for sure."""
    return max(1, math.ceil(wait_s))


def _answer_limited(status: int, given: int | None) -> FaultAnswer:
    seconds = 1 if given is None else given
    problem = "Too many calls." if status == HTTPStatus.TOO_MANY_REQUESTS else "The service is not available."
    again = f"{problem} Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return _answer_json(status, again, ("Retry-After", str(seconds)))


def _answer_json(status: int, error: str, *headers: tuple[str, str], **more: Any) -> FaultAnswer:
    given = list(headers)
    if status == HTTPStatus.UNAUTHORIZED:
        given.append(("WWW-Authenticate", "Bearer"))
    body = {**more, "error": error, "code": code_of(status)}
    return FaultAnswer(status, wire.dumps(body), "application/json", given)


def _answer_page(status: int) -> FaultAnswer:
    title = f"{status} {HTTPStatus(status).phrase}"
    return FaultAnswer(status, _HTML.format(title).encode(), "text/html; charset=utf-8")


def _sentence(status: int) -> str:
    if status in {502, 504}:
        return f"The service behind this one failed: {HTTPStatus(status).phrase}."
    return _SENTENCES.get(status, INTERNAL_ERROR[0])
