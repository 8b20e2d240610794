"""Holds what was replayed against what was recorded, byte for byte. Pure.

What cannot be the same elsewhere is no part of it: the number of an exchange (`Mock-Exchange`), the header `Date`, the
tokens (they are minted anew for the same callers) and, where the server was started with `--clock wall`, the timestamps
in bodies. The comments that a stream sends while it has nothing to say are not compared at the very end of a stream
that somebody else ended, for only the real time says whether one more came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mockserver.journal.recording import Exchange

ENDED_FROM_OUTSIDE: Final = frozenset({"cancelled", "client gone"})
"""Outcomes of streams that did not come to their end by themselves."""

_COMPARED: Final = frozenset(
    {"allow", "content-type", "location", "mock-fault", "mock-mended", "mock-seed", "retry-after", "www-authenticate"}
)
_COMPARED_PREFIX: Final = "x-"

_TIMESTAMP: Final = re.compile(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?")
_COMMENTS: Final = re.compile(rb"(?:(?::[^\r\n]*[\r\n]+)+)?")


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was recorded."""

    number: int
    what: str
    recorded: str
    replayed: str

    def __str__(self) -> str:
        """On one line."""
        return f"{self.what}: recorded {self.recorded}, replayed {self.replayed}"


def compare(recorded: Exchange, replayed: Exchange, *, timestamps: bool = True) -> list[Difference]:
    """Where an exchange came out differently, byte for byte; nothing of one that had not ended when it was recorded.

    Args:
        timestamps: those in bodies have to be the same.
    """
    if recorded.ended is None:
        return []
    found = []
    for what in ("status", "outcome"):
        one, other = getattr(recorded, what), getattr(replayed, what)
        if one != other:
            found.append(Difference(recorded.number, what, str(one), str(other)))
    one_side, other_side = _headers(recorded), _headers(replayed)
    for name in sorted(one_side.keys() | other_side.keys()):
        if one_side.get(name) != other_side.get(name):
            pair = (one_side.get(name, "(not there)"), other_side.get(name, "(not there)"))
            found.append(Difference(recorded.number, f"header {name}", *pair))
    if recorded.status is None and recorded.outcome == "client gone":
        return found  # nobody was there to read it
    return found + _compare_bodies(recorded, replayed, timestamps=timestamps)


def _headers(exchange: Exchange) -> dict[str, str]:
    return {
        name: value
        for name, value in exchange.response_headers
        if name in _COMPARED or name.startswith(_COMPARED_PREFIX)
    }


def _compare_bodies(recorded: Exchange, replayed: Exchange, *, timestamps: bool) -> list[Difference]:
    one, other = recorded.response_body, replayed.response_body
    if not timestamps:
        one, other = (_TIMESTAMP.sub(b"(time)", body) for body in (one, other))
    if one == other and (not timestamps or recorded.response_bytes == replayed.response_bytes):
        return []
    if recorded.outcome in ENDED_FROM_OUTSIDE and one.startswith(other) and _COMMENTS.fullmatch(one[len(other) :]):
        return []
    pairs = zip(one, other, strict=False)
    shared = min(len(one), len(other))
    at = next((place for place, (a, b) in enumerate(pairs) if a != b), shared)
    if at == len(one) == len(other):
        what, sides = "bytes of the body", (str(recorded.response_bytes), str(replayed.response_bytes))
    else:
        what, sides = f"body at byte {at}", (_around(one, at), _around(other, at))
    return [Difference(recorded.number, what, *sides)]


def _around(body: bytes, at: int) -> str:
    piece = body[max(at - 20, 0) : at + 40]
    return repr(piece.decode("utf-8", "replace")) if piece else "nothing"
