"""Identifiers and random numbers that follow from the seed, so that the same requests get the same answers."""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache


@lru_cache(maxsize=64)
def _begun(seed: int) -> hashlib.blake2b:
    return hashlib.blake2b(str(seed).encode(), digest_size=16)


def digest(seed: int, *parts: str) -> bytes:
    """16 bytes that follow from the seed and the parts, the same in every process (the built-in `hash` is not)."""
    state = _begun(seed).copy()
    pieces: list[bytes] = []
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        pieces += (len(encoded).to_bytes(8, "big"), encoded)
    state.update(b"".join(pieces))
    return state.digest()


def make_id(seed: int, *parts: str) -> str:
    """A UUID (of version 4 by its looks) that follows from the seed and the parts."""
    made = bytearray(digest(seed, *parts))
    made[6] = made[6] & 0x0F | 0x40
    made[8] = made[8] & 0x3F | 0x80
    text = made.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def make_random(seed: int, *parts: str) -> random.Random:
    """A source of random numbers that follows from the seed and the parts."""
    return random.Random(digest(seed, *parts))
