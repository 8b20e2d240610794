"""Identifiers and random numbers that follow from the seed, so that the same requests get the same answers."""

from __future__ import annotations

import hashlib
import random
import uuid


def digest(seed: int, *parts: str) -> bytes:
    """16 bytes that follow from the seed and the parts, the same in every process (the built-in `hash` is not)."""
    state = hashlib.blake2b(str(seed).encode(), digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "big") + encoded)
    return state.digest()


def make_id(seed: int, *parts: str) -> str:
    """A UUID (of version 4 by its looks) that follows from the seed and the parts."""
    return str(uuid.UUID(bytes=digest(seed, *parts), version=4))


def make_random(seed: int, *parts: str) -> random.Random:
    """A source of random numbers that follows from the seed and the parts."""
    return random.Random(digest(seed, *parts))
