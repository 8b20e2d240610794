"""What a client repeats is worked out once: the same paths, queries and messages come again and again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def remember_short(function: Callable[P, T], *, most: int, longest: int) -> Callable[P, T]:
    """The function, which remembers its results: `most` of them, and none for what is longer than `longest`.

    Each call has positional arguments, and the first is what has a length: so the memory is bounded, whatever comes.
    """
    remembered = cast("Callable[P, T]", lru_cache(maxsize=most)(function))

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        short = len(cast("Sized", args[0])) <= longest
        return remembered(*args, **kwargs) if short else function(*args, **kwargs)

    return call
