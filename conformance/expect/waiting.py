"""How long is waited for what a backend may do a moment late."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from conformance.exchange import Exchange
from conformance.stream import Recording, Stream
from conformance.verdict import Violation

T = TypeVar("T")
A = TypeVar("A", Exchange, Recording, Stream)

LOCK_LINGERS_S = 1.0
"""How long a lock may outlive its stream: within a second is soon enough."""

_POLL_EVERY_S = 0.05
_POLL_LONG_WAITS_EVERY_S = 0.5


def eventually(verify: Callable[[], T], within_s: float = 1.0) -> T:
    """What `verify` returns once it raises no `Violation`; the `Violation` of a try begun after `within_s` stands."""
    deadline = time.monotonic() + within_s
    while True:
        started = time.monotonic()
        try:
            return verify()
        except Violation:
            if started >= deadline:
                raise
        time.sleep(_POLL_EVERY_S)


def once_unlocked(call: Callable[[], A], within_s: float = LOCK_LINGERS_S) -> A:
    """The answer to a call that comes after a stream, whose lock may linger for a moment: a 409 is asked again."""
    *_, last = tries(call, within_s)
    return last


def tries(call: Callable[[], A], within_s: float = LOCK_LINGERS_S) -> Iterator[A]:
    """All answers to such a call, until one is no 409, or was asked for when `within_s` had passed."""
    deadline = time.monotonic() + within_s
    while True:
        started = time.monotonic()
        answer = call()
        yield answer
        status = answer.exchange.status if isinstance(answer, Stream) else answer.status
        if status != 409 or started >= deadline:
            return
        time.sleep(_POLL_EVERY_S if within_s <= LOCK_LINGERS_S else _POLL_LONG_WAITS_EVERY_S)
