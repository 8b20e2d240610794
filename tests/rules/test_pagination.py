"""The arithmetic of pages, for every collection and size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.rules.pagination import count_pages, take_page

totals = st.integers(0, 500)
sizes = st.integers(1, 100)


@pytest.mark.clause("PAG-4")
@given(totals, sizes)
def test_pages_are_counted_by_rounding_up(total: int, size: int) -> None:
    """`totalPages` is the ceiling of total / size: 0 for none, exact where the total is a multiple."""
    assert count_pages(total, size) == math.ceil(total / size)


@pytest.mark.clause("PAG-5", "PAG-6", "PAG-7")
@given(totals, sizes, st.booleans())
def test_the_pages_join_to_the_list(total: int, size: int, newest_first: bool) -> None:
    """A walk gives each element once and in order, every page but the last is full, the total never changes."""
    collection = list(range(total))
    pages = [
        take_page(collection, number, size, newest_first=newest_first)
        for number in range(1, count_pages(total, size) + 1)
    ]
    walked = [element for page in pages for element in page.elements]
    assert walked == (collection[::-1] if newest_first else collection)
    assert all(len(page.elements) == size for page in pages[:-1])
    assert {page.total_elements for page in pages} <= {total}


@pytest.mark.clause("PAG-11")
@given(totals, sizes, st.integers(1, 10**30), st.booleans())
def test_a_page_past_the_end_is_empty_with_true_totals(total: int, size: int, beyond: int, newest_first: bool) -> None:
    """However far past the end."""
    page = take_page(list(range(total)), count_pages(total, size) + beyond, size, newest_first=newest_first)
    assert (list(page.elements), page.total_elements, page.total_pages) == ([], total, count_pages(total, size))


@pytest.mark.clause("PAG-3")
@given(totals, sizes, st.integers(1, 600))
def test_size_and_number_repeat_the_request(total: int, size: int, number: int) -> None:
    """Also where the page holds fewer elements."""
    page = take_page(list(range(total)), number, size)
    assert (page.size, page.number) == (size, number)
