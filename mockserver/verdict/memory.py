"""A dictionary with a limit: what the watch remembers of a client stays bounded whatever the client does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(dict[Key, Value], Generic[Key, Value]):
    """Keeps the `limit` keys that were written last."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: Key, value: Value) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self.limit:
            del self[next(iter(self))]

    def of(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key, made if it is not there; the key counts as written."""
        value = self[key] if key in self else make()
        self[key] = value
        return value
