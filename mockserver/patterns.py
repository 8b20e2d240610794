"""Regular expressions that clients give: matched within a time, for one can take for ever. Pure."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 500
"""Characters of a pattern."""

_LIMIT_S: Final = 0.05
"""For one search. What takes longer is not found: the whole server would wait for it."""


class PatternError(ValueError):
    """It is no regular expression; the text says why."""


def check(pattern: str) -> None:
    """See whether a pattern is one.

    Raises:
        PatternError: it is not, or is longer than `LONGEST`.
    """
    if len(pattern) > LONGEST:
        raise PatternError(f"a pattern has {LONGEST} characters at the most")
    import regex  # here and below, not at the top: most servers have no rule with a pattern

    try:
        regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternError(f"{pattern!r:.60} is no regular expression: {error}") from None


def finds(pattern: str, text: str) -> bool:
    """Whether a checked pattern is found in a text, within the time."""
    import regex

    try:
        return regex.search(pattern, text, timeout=_LIMIT_S) is not None
    except TimeoutError:
        return False
