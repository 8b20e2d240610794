"""What the headers of a request say, read once for all requests that have the same ones: a client repeats itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mockserver.journal.headers import Headers
from mockserver.journal.masking import Mask
from mockserver.tokens import digest_of

_REMEMBERED: Final = 256
_LARGEST: Final = 4096
"""Bytes of headers that are remembered; larger ones are read again."""

_Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Preamble:
    """What headers say.

    Attributes:
        authorization: the credential with its scheme; empty where there is none.
        token: tells the credential from others, and says nothing of it.
        mask: hides the credential in what is kept.
        shown: the headers as the journal keeps them, without the credential.
        prefer: the values of `Prefer`.
        origin: it comes from a page, which may be of another origin.
    """

    authorization: str
    token: str | None
    mask: Mask
    shown: Headers
    prefer: tuple[str, ...]
    origin: bool


def read_preamble(headers: Iterable[tuple[bytes, bytes]]) -> Preamble:
    """What the headers of an ASGI scope say."""
    given: _Pairs = tuple(map(tuple, headers))  # type: ignore[arg-type]
    size = sum([len(name) + len(value) for name, value in given])
    return _remembered(given) if size <= _LARGEST else _read(given)


def _read(headers: _Pairs) -> Preamble:
    decoded = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    authorization = next((value for name, value in decoded if name == "authorization"), "")
    # Header values reach us as Latin-1; a development token may have any letter, and clients send UTF-8.
    authorization = authorization.encode("latin-1").decode("utf-8", "replace")
    mask = Mask(authorization)
    return Preamble(
        authorization=authorization,
        token=digest_of(authorization),
        mask=mask,
        shown=Headers(headers, mask),
        prefer=tuple(value for name, value in decoded if name == "prefer"),
        origin=any(name == "origin" for name, _ in decoded),
    )


NOTHING_SAID: Final = _read(())

_remembered = lru_cache(maxsize=_REMEMBERED)(_read)
