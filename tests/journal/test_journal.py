"""What the journal keeps, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.journal import Journal, count_bytes
from mockserver.journal.query import Query, QueryError
from tests.journal.given import make_entry


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3000)), max_size=40), st.integers(1, 10))
def test_the_bounds_hold_the_order_stays_and_the_dropped_are_counted(calls: list[tuple[bool, int]], bound: int) -> None:
    """Whatever comes, ended or not; the newest is always kept."""
    journal = Journal(bound, kept_bytes=8000)
    for number, (complete, size) in enumerate(calls, 1):
        entry = make_entry(number, request_body=b"x" * size, ended=number if complete else None)
        journal.add(entry)
        assert journal.find(number) is entry
    kept = list(journal)
    assert [entry.number for entry in kept] == sorted(entry.number for entry in kept)
    assert len(journal) + journal.dropped == len(calls)
    assert len(journal) <= bound
    assert journal.kept_bytes == sum(map(count_bytes, kept))
    assert journal.kept_bytes <= 8000 or len(journal) == 1


def test_what_goes_on_outlives_what_has_ended() -> None:
    """The oldest that has ended goes first."""
    journal = Journal(bound=2)
    for number, ended in ((1, None), (2, 5), (3, 6)):
        journal.add(make_entry(number, ended=ended))
    assert [entry.number for entry in journal] == [1, 3]


def test_an_end_recounts_the_bytes() -> None:
    """What has grown meanwhile drops what is over."""
    journal = Journal(kept_bytes=3000)
    journal.add(make_entry(1))
    growing = make_entry(2, ended=None)
    journal.add(growing)
    growing.response_body, growing.ended = b"x" * 2500, 9
    journal.settle(growing)
    assert [entry.number for entry in journal] == [2]
    assert journal.kept_bytes == count_bytes(growing)


def test_numbers_go_on_after_a_clear_and_begin_again_after_forget() -> None:
    """So that no number means two exchanges."""
    journal = Journal()
    assert [journal.next_number(), journal.next_order(), journal.next_order()] == [1, 1, 2]
    journal.clear()
    assert [journal.next_number(), journal.next_order()] == [2, 3]
    journal.forget()
    assert [journal.next_number(), journal.next_order()] == [1, 1]


def test_those_who_follow_are_told_until_they_stop() -> None:
    """Of an exchange that was cleared away nothing more is told."""
    journal, told = Journal(), []
    stop = journal.subscribe(lambda change, entry: told.append((change, entry and entry.number)))
    entry = make_entry(1)
    journal.add(entry)
    journal.tell_events(entry)
    journal.settle(entry)
    journal.clear()
    journal.settle(entry)
    stop()
    journal.add(make_entry(2))
    assert told == [("began", 1), ("event", 1), ("ended", 1), ("cleared", None)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Query(), [3, 2, 1]),
        (Query(status="4XX"), [2]),
        (Query(status=200), [3, 1]),
        (Query(since=1, caller="bob"), [3]),
        (Query(method="post", complete=False), [3]),
        (Query(text="HELLO"), [1]),
        (Query(fault="reset"), []),
    ],
    ids=str,
)
def test_a_query_takes_what_fits_all_of_it(query: Query, numbers: list[int]) -> None:
    """The newest first, by pages too."""
    journal = Journal()
    journal.add(make_entry(1, request_body=b"say hello"))
    journal.add(make_entry(2, status=409))
    journal.add(make_entry(3, caller="bob", ended=None))
    assert [entry.number for entry in journal.select(query)] == numbers
    page = journal.page(query, 1, 2)
    assert ([entry.number for entry in page.elements], page.total_elements) == (numbers[:2], len(numbers))


def test_a_status_that_is_none_is_refused() -> None:
    """With what it takes."""
    with pytest.raises(QueryError, match="status: 'teapot' is no status"):
        Query(status="teapot")
