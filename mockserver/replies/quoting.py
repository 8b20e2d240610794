"""Foreign text made fit for a sentence of ours: one line, no Markdown, a sane length, whole grapheme clusters.

Looks at the beginning of a text only, so that a megabyte costs no more than a line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import regex

from mockserver.replies.deltas import CLUSTER

HEAD: Final = 400
"""Characters of a foreign text that are looked at."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

# Control characters, lone surrogates and the marks that turn the direction of what follows them. Joiners stay: emoji
# and several scripts need them.
_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_STRUCTURE: Final = re.compile(r"[|<>\[\]\\]+")
_EMPHASIS: Final = re.compile(r"[*`~]+|\b_+\B|\B_+\b")  # not the underscore within a word
_CLUSTER: Final = regex.compile(CLUSTER)


def make_encodable(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which no UTF-8 could carry."""
    return _SURROGATE.sub("\ufffd", text)


def clean(text: str) -> str:
    """The first `HEAD` characters on one line, without what Markdown or a terminal would act on. May be empty."""
    return _clean(text[:HEAD])


@lru_cache(maxsize=1024)  # what was said before is looked at again with each turn
def _clean(head: str) -> str:
    line = _STRUCTURE.sub(" ", _UNFIT.sub(" ", head))
    return " ".join(_EMPHASIS.sub("", line).split())


def shorten(text: str, limit: int) -> str:
    """The text, or its first words in at most `limit` characters and an ellipsis.

    A text without a space near the limit is cut between two grapheme clusters; a first cluster beyond the limit is cut
    hard. `limit >= 1`.
    """
    if len(text) <= limit:
        return text
    kept = cut(text, limit)
    space = kept.rfind(" ")
    if space > limit // 2:
        kept = kept[:space]
    return kept.rstrip(" ,;:.-") + "…"


def cut(text: str, limit: int) -> str:
    """At most the first `limit` characters, cut between two grapheme clusters if the first of them fits."""
    if len(text) <= limit:
        return text
    # One character more than the limit decides whether a cluster ends at it; no boundary looks further ahead.
    ends = [match.start() for match in _CLUSTER.finditer(text[: limit + 1])]
    return text[: ends[-1] or limit]
