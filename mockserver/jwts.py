"""Takes JWTs out of texts, wherever they stand in them. Pure.

A text keeps its length, so that bytes can be counted and cut as before; what is masked is not masked again. Replies
are written from texts without their JWTs, too: a mock repeats no credential, and what is replayed from a record, which
has none, comes out the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

_BEGIN: Final = "eyJ"
"""What `{"` is in base64: how every JWT begins, and next to nothing else does."""

_BEGIN_BYTES: Final = _BEGIN.encode()

# All that may follow in one bite: whatever the text is, each character is looked at once.
_RUN: Final = re.compile(rf"{_BEGIN}(?:[A-Za-z0-9_.-]|%2[Ee])*")
_RUN_BYTES: Final = re.compile(_RUN.pattern.encode())
_DOT: Final = re.compile(r"\.|%2[Ee]")

_PIECES: Final = 3
"""Header, payload and signature; what is encrypted has more, and what has no signature is no credential."""


def may_have_jwts(text: str) -> bool:
    """Whether a text has what every JWT begins with: next to none has."""
    return _BEGIN in text


def mask_jwts(text: str) -> str:
    """The text with `eyJ*****`, as long as it was, in place of each JWT."""
    return _RUN.sub(lambda run: _mask(run[0]), text) if _BEGIN in text else text


def mask_jwts_in_bytes(data: bytes) -> bytes:
    """The same of bytes, whatever they are."""
    if _BEGIN_BYTES not in data:
        return data
    return _RUN_BYTES.sub(lambda run: _mask(run[0].decode("ascii")).encode("ascii"), data)


def mask_jwts_in_json(value: Any) -> Any:
    """The JSON value with every text in it masked; names stay."""
    if isinstance(value, str):
        return mask_jwts(value)
    if isinstance(value, dict):
        return {name: mask_jwts_in_json(child) for name, child in value.items()}
    return [mask_jwts_in_json(child) for child in value] if isinstance(value, list) else value


def _mask(run: str) -> str:
    token = run.rstrip(".")  # the end of a sentence
    if sum(map(bool, _DOT.split(token))) < _PIECES:
        return run
    return _BEGIN + "*" * (len(token) - len(_BEGIN)) + run[len(token) :]
