"""Keeps in the user's cache what takes long to make and follows from what is at hand: JSON, a file each.

Nothing depends on it: what cannot be read, was made of something else, or cannot be written is made anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

_FOLDER = "conversations-mock"


def remember(name: str, made_of: bytes, make: Callable[[], Any]) -> Any:
    """What `make` gives, from the cache if it was made of the same before.

    Args:
        name: of the file. It has the last that was made, so that the cache never grows.
        made_of: all that the result follows from.
        make: gives a value; one that JSON would change is made each time.
    """
    digest = hashlib.blake2b(made_of, digest_size=16).hexdigest()
    path = _path(name)
    found, value = _read(path, digest)
    if found:
        return value
    value = make()
    with suppress(TypeError, OSError):  # JSON has no such value; there is no place to write to
        written = orjson.dumps([digest, value])
        if orjson.loads(written)[1] == value:
            _write(path, written)
    return value


def _path(name: str) -> Path:
    """Where a file is kept, whether it is there or not."""
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - which may fail
    return Path(folder, _FOLDER, f"{name}.json")


def _read(path: Path, digest: str) -> tuple[bool, Any]:
    """Whether it is there and made of the same, and what it is."""
    try:
        kept_digest, value = orjson.loads(path.read_bytes())
    except (OSError, ValueError, TypeError):
        return False, None
    return kept_digest == digest, value


def _write(path: Path, data: bytes) -> None:
    """Put it there as a whole: who reads meanwhile, or writes too, finds one or the other.

    Raises:
        OSError: it cannot be.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
