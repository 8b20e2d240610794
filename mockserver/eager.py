"""Begins a coroutine here and now; one that has to wait goes on wherever it is awaited.

Most operations wait for nothing, and a task for each costs a turn of the event loop.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """A coroutine that has begun and waits for something. It is to be awaited, once."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        """What the coroutine returns or raises."""
        return _go_on(self._coroutine, self._waits_for)


def begin(coroutine: Coroutine[Any, Any, T]) -> T | Waiting[T]:
    """Run a coroutine until it first waits: what it returns or raises, if it waits for nothing.

    There is no current task until then, which `asyncio.timeout` and its like want.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    return Waiting(coroutine, waits_for)


def _go_on(coroutine: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Wait for what the coroutine waits for, and so on until its end; what is thrown in is thrown into it."""
    while True:
        thrown: BaseException | None = None
        sent = None
        try:
            sent = yield waits_for
        except BaseException as error:
            thrown = error
        try:
            waits_for = coroutine.send(sent) if thrown is None else coroutine.throw(thrown)
        except StopIteration as done:
            result: T = done.value
            return result
