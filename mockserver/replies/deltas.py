"""A reply as the stream of small pieces that a model would produce.

Knows text only: no events, no pace.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import regex

_EXTENDS: Final = r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]"
_DENSE_LETTER: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"

CLUSTER: Final = rf"(?>[\U0001F1E6-\U0001F1FF]{{2}}{_EXTENDS}*|\X)"
r"""One extended grapheme cluster, as a pattern for scanning from a boundary onwards.

The first branch, two regional indicators and what extends them, matches what `\X` matches. It is there because `\X`
alone counts a run of flags from its start at every flag, which takes quadratic time.
"""

_GLUED_SPACE: Final = rf"(?:[ ](?!{_EXTENDS}))"
_SPACE: Final = rf"(?>(?=\s)(?!{_GLUED_SPACE}\S){CLUSTER})"
_DENSE: Final = rf"(?>(?={_DENSE_LETTER}){CLUSTER})"
_WORD: Final = rf"(?>(?!\s|{_DENSE_LETTER}){CLUSTER})"

_PIECE: Final = rf"""
    {_GLUED_SPACE}? (?:
        [A-Za-z]{{1,8}}+ (?=[ .,\n])      # what nearly all words are, without a look at the clusters
      | {_WORD}{{6}} (?={_WORD}{{3}})     # a long word: its last piece keeps at least three clusters
      | {_WORD}{{1,8}}
      | {_DENSE}{{1,2}}
    )
    | {_SPACE}{{1,8}}
    """

_PLAIN: Final = re.compile(r"[ -~\n]*")
"""Texts in which each character is a cluster: for them the pattern above gives the same, a dozen times as fast."""

_PLAIN_PIECE: Final = re.compile(
    r"[ ]?(?:[A-Za-z]{1,8}(?=[ .,\n])|[!-~]{6}(?=[!-~]{3})|[!-~]{1,8})|(?:(?![ ][!-~])[ \n]){1,8}"
)


def split_deltas(text: str) -> list[str]:
    """The text in pieces of a few characters to a word, a word with the space before it. Joined they are the text.

    No piece is empty, so `""` gives `[]`. No cut is inside an extended grapheme cluster: a piece is as long as the
    clusters in it, be it a thousand accents. Words of more than 8 clusters come in pieces of 3 to 8, scripts without
    spaces in pieces of one or two. Takes linear time and any string, lone surrogates included.
    """
    pieces: list[str] = (_PLAIN_PIECE if _PLAIN.fullmatch(text) else _piece()).findall(text)
    return pieces


@cache
def _piece() -> regex.Pattern[str]:
    """The pattern of one piece; compiled when a reply is there to be cut, as a server starts without."""
    import regex

    return regex.compile(_PIECE, regex.VERBOSE)
