"""Takes credentials out of what is kept: headers, queries, the bodies of the login endpoint. Pure.

Masking what is masked changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mockserver.journal.entries import MASKED

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
"""Headers that hold credentials, in lower case."""

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
"""Fields of queries and of the login endpoint's bodies that hold credentials, in lower case."""

_ANY_FIELD = "|".join(sorted(SECRET_FIELDS, key=len, reverse=True))
_IN_FORM = re.compile(rf"(?i)(^|[&?;])((?:{_ANY_FIELD})=)[^&;]*")
_IN_JSON = re.compile(rf'(?i)("(?:{_ANY_FIELD})"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s",\]}}\[{{]+)', re.DOTALL)


def mask_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers with credentials masked; `Authorization` keeps its scheme: `Bearer ***`."""
    return [(name, _mask_value(name.lower(), value)) for name, value in headers]


def mask_query(query: str) -> str:
    """A query string, without its `?`, with the values of tokens and secrets masked."""
    return _IN_FORM.sub(rf"\g<1>\g<2>{MASKED}", query)


def mask_body(body: bytes) -> bytes:
    """A body that goes to or comes from the login endpoint, a form or JSON, with tokens and secrets masked."""
    text = body.decode("utf-8", "surrogateescape")
    masked = _IN_JSON.sub(rf'\g<1>"{MASKED}"', text)
    if masked == text:
        masked = mask_query(text)
    return masked.encode("utf-8", "surrogateescape")


def _mask_value(name: str, value: str) -> str:
    if name not in SECRET_HEADERS:
        return value
    scheme, space, _ = value.strip().partition(" ")
    return f"{scheme} {MASKED}" if name in _WITH_SCHEME and space else MASKED
