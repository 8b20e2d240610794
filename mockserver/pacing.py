"""When each piece of a reply is due, as a model would produce it. Pure: tells offsets, waits for nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate
from typing import Final

from mockserver.script import KeepAlive, Timed

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


def due_offsets(pace: Pace, count: int, rng: random.Random) -> list[float]:
    """Seconds from the beginning at which each of `count` deltas is due, never falling; as the pace says on average."""
    gap = 1 / pace.tokens_per_second
    means = [pace.first_token_s] + [gap] * (count - 1)
    return list(accumulate(mean * (1 + pace.jitter * (2 * rng.random() - 1)) for mean in means[:count]))


def keep_alive_offsets(end_s: float, every_s: float) -> list[float]:
    """Seconds from the beginning at which a keep-alive is due before `end_s`; none if `every_s` is 0."""
    return [every_s * n for n in range(1, int(end_s / every_s) + 1)] if every_s > 0 else []


def with_keep_alives(script: Sequence[Timed], every_s: float) -> list[Timed]:
    """A script with the keep-alives between its steps, in the order of their due times."""
    end_s = script[-1].due if script else 0.0
    alive = [Timed(at, KeepAlive()) for at in keep_alive_offsets(end_s, every_s)]
    return list(merge(script, alive, key=lambda timed: timed.due))
