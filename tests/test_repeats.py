"""What is asked for again is not worked out again, and nothing long is kept."""

from __future__ import annotations

import pytest

from mockserver.repeats import remember_short


def test_short_things_are_remembered_and_long_ones_are_not() -> None:
    """The newest of them; whatever else is given with them counts, too."""
    asked: list[tuple[str, int]] = []

    def times(text: str, number: int) -> str:
        asked.append((text, number))
        return text * number

    remembered = remember_short(times, most=2, longest=3)
    assert [remembered("abc", 2), remembered("abc", 2), remembered("abc", 3)] == ["abcabc", "abcabc", "abcabcabc"]
    assert asked == [("abc", 2), ("abc", 3)]
    assert [remembered("long", 1), remembered("long", 1)] == ["long", "long"]
    assert asked[2:] == [("long", 1), ("long", 1)]
    remembered("x", 1)
    remembered("abc", 2)
    assert asked[4:] == [("x", 1), ("abc", 2)]


def test_what_fails_fails_each_time() -> None:
    """A refusal is told anew."""
    remembered = remember_short(int, most=2, longest=10)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            remembered("x")
