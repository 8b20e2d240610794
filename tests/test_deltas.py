"""Pieces of text: what a stream of deltas is made of."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from mockserver.replies import split_deltas
from mockserver.replies.deltas import _piece

TRICKY = [
    "a", "Z", " ", "  ", "\n", "\r", "\r\n", "\t", "\0", ".", ",", "e\u0301", "\u0301", "\u200d",
    "👩", "👩‍👩‍👧", "🇩🇪", "\U0001f1e9",
    "漢", "か", "\u3099", "ก", "\u0e33", "\u0600", "\u1100", "\u1161", "क", "\u094d", "\u0903", "\ud800",
    "internationalisation",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(TRICKY), max_size=30).map("".join))


def clusters(text: str) -> list[str]:
    """The extended grapheme clusters of a text."""
    return list(regex.findall(r"\X", text))


@given(texts)
def test_the_pieces_joined_are_the_text(text: str) -> None:
    """STR-5: the deltas joined are the final text, and none of them is empty."""
    pieces = split_deltas(text)
    assert "".join(pieces) == text
    assert all(pieces)


@given(st.text(st.sampled_from("aZ19 .,\n-(`|") | st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_cut_as_any_other(text: str) -> None:
    """It takes a shorter way to the same pieces."""
    assert split_deltas(text) == _piece().findall(text)


@given(texts)
def test_no_cut_is_inside_a_grapheme_cluster(text: str) -> None:
    """What belongs to one character on the screen comes in one piece."""
    boundaries = {match.start() for match in regex.finditer(r"\X", text)}
    position = 0
    for piece in split_deltas(text):
        assert position in boundaries
        position += len(piece)


@given(texts)
def test_a_piece_has_at_most_eight_clusters_and_the_space_before_them(text: str) -> None:
    """It streams in small pieces (STR-4), whatever the text."""
    assert all(len(clusters(piece.removeprefix(" "))) <= 8 for piece in split_deltas(text))


@given(st.integers(9, 200))
def test_a_long_word_comes_in_pieces_of_three_to_eight(length: int) -> None:
    """No crumb is left at the end."""
    assert all(3 <= len(piece) <= 8 for piece in split_deltas("x" * length))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello there, you!", ["Hello", " there", ",", " you!"]),
        ("漢字かなกข", ["漢字", "かな", "กข"]),
        ("a\r\n\r\nb", ["a", "\r\n\r\n", "b"]),
        ("  two", [" ", " two"]),
        ("end ", ["end", " "]),
        ("🇩🇪🇫🇷", ["🇩🇪🇫🇷"]),
    ],
)
def test_pieces_look_like_tokens(text: str, pieces: list[str]) -> None:
    """A word comes with the space before it; scripts without spaces in ones and twos."""
    assert split_deltas(text) == pieces


@pytest.mark.parametrize(
    "unit", ["word ", "漢", "a\u0301", "🇩🇪", "\u0301", " ", "\r\n", "\ud800", "👩\u200d", "\u0600 "]
)
def test_long_texts_take_linear_time(unit: str) -> None:
    """A megabyte of anything is cut long before the test's time-out; a quadratic walk would take hours."""
    text = unit * (1_000_000 // len(unit.encode("utf-8", "surrogatepass")))
    assert "".join(split_deltas(text)) == text
