"""The arithmetic of pages. Knows numbers only: the store slices by it, the wire writes it down.

Source: the reference's pagination envelope; clauses PAG-1 to PAG-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mockserver.rules.values import Page

T = TypeVar("T")


def count_pages(total_elements: int, size: int) -> int:
    """The number of pages of `size >= 1` that hold `total_elements >= 0`: none for none (PAG-4)."""
    return -(-total_elements // size)


def page_bounds(total_elements: int, number: int, size: int) -> tuple[int, int]:
    """Where page `number >= 1` starts and ends in the collection: `0 <= start <= end <= total_elements` (PAG-5).

    A page past the end is empty (PAG-11).
    """
    start = min((number - 1) * size, total_elements)
    return start, min(start + size, total_elements)


def take_page(collection: Sequence[T], number: int, size: int, *, newest_first: bool = False) -> Page[T]:
    """Page `number` of a collection that is kept oldest first; costs the page, not the collection.

    `newest_first` reads it from its end (LST-1), otherwise from its beginning (MSG-3).
    """
    total = len(collection)
    start, end = page_bounds(total, number, size)
    elements = collection[total - end : total - start][::-1] if newest_first else collection[start:end]
    return Page(elements, number, size, total, count_pages(total, size))
