"""Helps who has misspelt a name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(given: str, known: Iterable[str], *, fallback: str = "") -> str:
    """`; did you mean truncate?`, or else the fallback, or nothing: to be put at the end of a sentence."""
    close = get_close_matches(given[:100].lower(), list(known), n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; {fallback}" if fallback else ""
