"""Streams that are held, so that something can be tried meanwhile, and streams that are let through after others.

A stream is *held* while its first delta has come and its end has not. Where it had ended before what it was held for,
the observation does not count: a longer reply is asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from conformance.client import Client
from conformance.expect import LOCK_LINGERS_S, expect_status, once_unlocked, tries
from conformance.run import Run
from conformance.stream import ENDED, Recording, Stream
from conformance.suite.scenes.tools import streamed
from conformance.verdict import Unverified

LINES = (40, 150, 500)
"""How long a reply is asked for, in lines, at each try."""

_MOST_LINES = 2000
_MOST_TRIES = 10


@dataclass(frozen=True)
class Freed:
    """The tries to open a stream, until one was let through or it was too late for the lock to be there still."""

    tries: tuple[Recording, ...]

    @property
    def last(self) -> Recording:
        """The one that counts."""
        return self.tries[-1]


class Room:
    """A conversation in which streams with long replies are opened, one after the other."""

    def __init__(self, run: Run, api: Client, conversation_id: str | None = None) -> None:
        """A new conversation, or this one, whose streams have ended by themselves."""
        self.conversation_id = conversation_id or run.make_conversation()
        self._run = run
        self._api = api
        self._freed_by = "LCK-4" if conversation_id else "LCK-3"  # in a new one nothing was ever active

    @contextmanager
    def held(self, lines: int, *, within_s: float = LOCK_LINGERS_S) -> Iterator[Stream]:
        """A stream that asks for a long reply, once its first delta has come (or its end).

        Raises:
            Violation: it was not let through `within_s`.
        """
        with self.active(lines, within_s=within_s) as stream:
            stream.wait_for_deltas(1)
            yield stream

    @contextmanager
    def active(self, lines: int, *, within_s: float = LOCK_LINGERS_S) -> Iterator[Stream]:
        """The same, from its headers on: it is active then, whether it has deltas or not.

        On leaving, the backend is spared the rest of a reply that nobody will read.
        """
        with self.open(lines, within_s=within_s) as stream:
            try:
                yield stream
            finally:
                if stream.ending != ENDED:
                    with suppress(Unverified):
                        self._api.cancel_stream(self.conversation_id)
                if not stream.record().finals:
                    self._freed_by = "LCK-5"

    def open(self, lines: int, *, within_s: float = LOCK_LINGERS_S) -> Stream:
        """The same, to be closed: closing it is a client that goes away.

        Raises:
            Violation: it was not let through. Of a 409 the clause is that by which the conversation is free.
        """
        stream = once_unlocked(lambda: self._try(lines), within_s)
        if stream.exchange.repeated and stream.exchange.status != 200:
            raise Unverified(f"the call had to be sent again: {stream.exchange}")
        expect_status(self._freed_by if stream.exchange.status == 409 else "STR-1", stream.exchange, 200)
        self._freed_by = "LCK-4"
        return stream

    def _try(self, lines: int) -> Stream:
        stream = self._api.open_stream(self.conversation_id, self._run.message(self._run.long_prompt(lines)))
        if stream.exchange.status != 200:
            stream.close()
        return stream


def lasting(known: Recording, seconds: float) -> tuple[int, ...]:
    """How many lines to ask for at each try, so that a stream lasts so long, by one of `LINES[0]` that is known."""
    arrivals = known.arrivals
    took_s = arrivals[-1].at - arrivals[0].at if arrivals else 0.0
    first = min(max(int(LINES[0] / max(took_s, 0.1) * seconds), LINES[0]), _MOST_LINES)
    return tuple(dict.fromkeys(min(factor * first, _MOST_LINES) for factor in (1, 3, 9)))


def opened(
    run: Run,
    api: Client,
    conversation_id: str,
    *,
    message: dict[str, Any] | None = None,
    within_s: float = LOCK_LINGERS_S,
) -> Freed:
    """Try to open a short stream until it is let through, and read it to its end.

    A try is made again after a 409 only, and none is begun after `within_s`: a lock may linger that long.
    """
    made = list(tries(lambda: streamed(api, conversation_id, message or run.message()), within_s))
    return Freed(tuple(made[-_MOST_TRIES:]))
