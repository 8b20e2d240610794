"""Whether a JSON value has what is expected of it, and where not. Pure.

Objects are matched by what is expected in them (what else they have is no matter), lists whole, all else by equality.
In the place of any value can stand a matcher: `{"$regex": "..."}` finds it in a text, `{"$any": true}` takes any value,
`{"$absent": true}` takes none.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mockserver import patterns
from mockserver.journal.bodies import NOT_JSON

MATCHERS: Final = ("$regex", "$any", "$absent")


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = Absent()
"""What stands for a value that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected.

    Attributes:
        field: where, such as `body.additionalContext[0].id`.
        expected: a JSON value, or a matcher.
        got: a JSON value, or `ABSENT`.
        weight: how far away it is from what was meant: 1 for a value, more for another operation.
    """

    field: str
    expected: Any
    got: Any
    weight: int = 1

    def __str__(self) -> str:
        """`body.text: expected "a", got "b"`."""
        return f"{self.field}: expected {tell(self.expected)}, got {tell(self.got)}"


def tell(value: Any) -> str:
    """A value, or what a matcher wants."""
    if value is ABSENT or value == {"$absent": True}:
        return "nothing"
    if value == {"$any": True}:
        return "any value"
    if isinstance(value, dict) and set(value) == {"$regex"}:
        return f"a text with /{value['$regex']}/"
    return json.dumps(value, ensure_ascii=False)


def did_you_mean(name: str, known: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """` Did you mean X?`, or nothing if no known name is like it."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean {close[0]}?" if close else ""


def is_matcher(value: Any) -> bool:
    """An object whose one name begins with `$`."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$")


def check_matchers(expected: Any, field: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the matchers in an expected value: the field and a sentence."""
    if isinstance(expected, dict):
        if is_matcher(expected):
            yield from _check_matcher(expected, field)
        else:
            for name, value in expected.items():
                yield from check_matchers(value, f"{field}.{name}")
    elif isinstance(expected, list):
        for index, value in enumerate(expected):
            yield from check_matchers(value, f"{field}[{index}]")


def _check_matcher(matcher: dict[str, Any], field: str) -> Iterator[tuple[str, str]]:
    [(name, value)] = matcher.items()
    if name not in MATCHERS:
        yield field, f"{name} is no matcher.{did_you_mean(name, MATCHERS)} There are {', '.join(MATCHERS)}."
    elif name == "$regex":
        if not isinstance(value, str):
            yield field, "$regex takes a regular expression as text."
            return
        try:
            patterns.check(value)
        except patterns.PatternError as error:
            yield field, f"$regex: {error}."
    elif value is not True:
        yield field, f"{name} takes true and nothing else."


def match(expected: Any, got: Any, field: str) -> Iterator[Difference]:
    """Each difference between what is expected and what there is (`ABSENT` for nothing)."""
    if is_matcher(expected):
        if not _fits_matcher(expected, got):
            yield Difference(field, expected, got)
    elif isinstance(expected, dict) and isinstance(got, dict):
        for name, value in expected.items():
            yield from match(value, got.get(name, ABSENT), f"{field}.{name}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from match(one, other, f"{field}[{index}]")
    elif isinstance(expected, dict | list) or not _is_same(expected, got):
        yield Difference(field, expected, got)


def _fits_matcher(matcher: dict[str, Any], got: Any) -> bool:
    [(name, value)] = matcher.items()
    if name == "$regex":
        return isinstance(got, str) and patterns.finds(value, got)
    return (got is ABSENT) == (name == "$absent")


def _is_same(expected: Any, got: Any) -> bool:
    """JSON's equality: true is not 1, but 1.0 is."""
    if got is ABSENT or got is NOT_JSON or isinstance(expected, bool) != isinstance(got, bool):
        return False
    return bool(expected == got)
