"""Busy loops beside the trials: what a loaded machine does to them.

In a module of its own, because the `__main__` of a package is not there for processes that are spawned.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many, each in a process of its own, as long as the block lasts.

    Raises:
        RuntimeError: one of them had ended before it.
    """
    loops = [multiprocessing.get_context("spawn").Process(target=_spin, daemon=True) for _ in range(count)]
    for loop in loops:
        loop.start()
    try:
        yield
        if not all(loop.is_alive() for loop in loops):
            raise RuntimeError("the load has ended before what it was put beside")
    finally:
        for loop in loops:
            loop.kill()


def _spin() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(100_000))
