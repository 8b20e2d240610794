"""When each piece of a reply is due, as a model would produce it. Pure: tells offsets, waits for nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, repeat
from operator import itemgetter
from typing import Final

from mockserver.script import KeepAlive, Script, Step

SHORTEST_KEEP_ALIVE_S: Final = 0.01
"""Between two comments of a stream; shorter ones would be all that there is."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast replies come.

    Attributes:
        first_token_s: seconds to the first delta, `>= 0`.
        tokens_per_second: deltas a second after that, `> 0`.
        jitter: how far each gap may be off, as a share of it: `0` (a metronome) to `1` (from none to double).
    """

    first_token_s: float
    tokens_per_second: float
    jitter: float


INSTANT = Pace(first_token_s=0.0, tokens_per_second=float("inf"), jitter=0.0)
"""No waiting at all, for tests."""


def due_offsets(pace: Pace, count: int, rng: random.Random | None) -> list[float]:
    """Seconds from the beginning at which each of `count` deltas is due, never falling; as the pace says on average.

    Nothing is drawn where there is no jitter: then `rng` may be None.
    """
    gaps = [pace.first_token_s, *repeat(1 / pace.tokens_per_second, count - 1)][:count]
    if pace.jitter and rng is not None:
        jitter, draw = pace.jitter, rng.random
        gaps = [gap * (1 + jitter * (2 * draw() - 1)) for gap in gaps]
    return list(accumulate(gaps))


def keep_alive_offsets(end_s: float, every_s: float) -> list[float]:
    """Seconds from the beginning at which a keep-alive is due before `end_s`; none if `every_s` is 0."""
    return [every_s * n for n in range(1, int(end_s / every_s) + 1)] if every_s > 0 else []


def with_keep_alives(script: Script, every_s: float) -> Script:
    """A script with the keep-alives between its steps, in the order of their due times."""
    alive = keep_alive_offsets(script.due[-1] if script.due else 0.0, every_s)
    if not alive:
        return script
    comments: list[tuple[float, Step]] = [(at, KeepAlive()) for at in alive]
    merged = list(merge(zip(script.due, script.steps, strict=True), comments, key=itemgetter(0)))
    return Script([due for due, _ in merged], [step for _, step in merged], script.deltas)
