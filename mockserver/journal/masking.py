"""Takes credentials out of what is kept: headers, paths, queries, bodies, events. Pure.

Masking what is masked changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from mockserver.jwts import mask_jwts, mask_jwts_in_bytes

MASKED: Final = "***"
"""What stands where a credential was."""

_SECRET_WORD: Final = re.compile(r"token|secret|key|auth(?!or(?!i[sz]))|passw|session|cookie")
"""In the name of a header that holds a credential; an author is none."""

_NO_SECRETS: Final = frozenset({"idempotency-key", "proxy-authenticate", "sec-websocket-key", "www-authenticate"})

_WITH_SCHEME = frozenset({"authorization", "proxy-authorization"})

SECRET_FIELDS = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "assertion",
        "client_assertion",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
        "token",
    }
)
"""Fields of queries that hold credentials, in lower case."""

_ANY_FIELD = "|".join(sorted(SECRET_FIELDS, key=len, reverse=True))
_IN_FORM = re.compile(rf"(?i)(^|[&?;])((?:{_ANY_FIELD})=)[^&;]*")


_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{8,}=*")
"""What a credential is made of (RFC 6750). What is shorter is a word, and what has an `@` a development token, which
says what it is: texts speak of both.
"""


@lru_cache(maxsize=500)
def is_secret_header(name: str) -> bool:
    """Whether a header of that name holds a credential; `name` is in lower case."""
    return name not in _NO_SECRETS and _SECRET_WORD.search(name) is not None


class Mask:
    """What must not be kept of one call: its own credential, and whatever is a JWT. A text keeps its length.

    Args:
        authorization: the header of the call.
    """

    def __init__(self, authorization: str = "") -> None:
        token = authorization.strip().partition(" ")[2].strip()
        opaque = _TOKEN.fullmatch(token) and mask_jwts(token) == token
        written = {token, quote(token, safe=""), token.replace("/", r"\/")} if opaque else set()
        self._own = sorted(written, key=len, reverse=True)
        self._own_bytes = [own.encode("ascii") for own in self._own]

    def text(self, text: str) -> str:
        """The text without them."""
        for own in self._own:
            text = text.replace(own, "*" * len(own))
        return mask_jwts(text)

    def bytes(self, data: bytes) -> bytes:
        """A body without them, whatever it is."""
        for own in self._own_bytes:
            data = data.replace(own, b"*" * len(own))
        return mask_jwts_in_bytes(data)


ANY_JWT: Final = Mask()
"""For what belongs to no call."""


def mask_headers(headers: Iterable[tuple[str, str]], mask: Mask = ANY_JWT) -> list[tuple[str, str]]:
    """The headers with credentials masked; `Authorization` keeps its scheme: `Bearer ***`."""
    return [(name, _mask_value(name.lower(), value, mask)) for name, value in headers]


@lru_cache(maxsize=500)
def mask_query(query: str) -> str:
    """A query string, without its `?`, with the values of tokens and secrets masked."""
    return _IN_FORM.sub(rf"\g<1>\g<2>{MASKED}", query)


def _mask_value(name: str, value: str, mask: Mask) -> str:
    if not is_secret_header(name):
        return mask.text(value)
    scheme, space, _ = value.strip().partition(" ")
    return f"{scheme} {MASKED}" if name in _WITH_SCHEME and space else MASKED
