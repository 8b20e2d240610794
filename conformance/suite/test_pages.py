"""PAG: the pages of both lists.

Nobody says anything more in the conversation whose messages are read, so that its list stands still. The list of
conversations does not: others, and other tests, create meanwhile. What is read of it is judged by `judged`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    expect_all_listed,
    expect_asked,
    expect_filled,
    expect_final_message,
    expect_limited,
    expect_one_order,
    expect_one_total,
    expect_page,
    expect_page_numbers,
    expect_refused,
    expect_same_elements,
    expect_status,
    expect_total_pages,
    listed_ids,
)
from conformance.suite.scenes.collections import Own
from conformance.suite.scenes.refusals import MoreTurns
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.turns import Turn
from conformance.verdict import Unverified, Violation

Asked = tuple[int | str | None, int | str | None]
"""A page and a size; None is not said."""

ByTotal = Callable[[int], Iterable[Asked]]
"""Which pages to read of a list that has so many elements."""

_TRIES = 6
_MOST_PAGES = 20


@dataclass(frozen=True)
class Collection:
    """One of the lists, as it is read. `stands_still`: nobody adds to it."""

    read: Callable[[int | str | None, int | str | None], Exchange]
    stands_still: bool = True

    @property
    def total(self) -> int:
        """How many elements it has now, as its first page says."""
        return int(expect_page("PAG-1", self.read(1, 1))["page"]["totalElements"])


@pytest.fixture
def conversations(api: Client, many_conversations: tuple[Exchange, ...]) -> Collection:
    """The caller's conversations, more than a page of 20 of them."""
    return Collection(api.list_conversations, stands_still=False)


@pytest.fixture
def messages(api: Client, second_turn: Turn) -> Collection:
    """The messages of a conversation in which nothing more is said: two turns."""
    conversation_id = second_turn.conversation_id
    return Collection(lambda page, size: api.list_messages(conversation_id, page, size))


@pytest.fixture
def many_messages(api: Client, refused_then_right_plain: Turn, more_turns: MoreTurns) -> Collection:
    """Those of another one, where replies are free more than a page of 20 of them."""
    conversation_id = refused_then_right_plain.conversation_id
    return Collection(lambda page, size: api.list_messages(conversation_id, page, size))


@pytest.fixture
def nothing(api: Client, own: Own) -> Collection:
    """The messages of a conversation in which nothing was said."""
    conversation_id = own.empty.id
    return Collection(lambda page, size: api.list_messages(conversation_id, page, size))


def judged(collection: Collection, asked: Iterable[Asked] | ByTotal, expect: Callable[..., None], clause: str) -> None:
    """Read these pages and expect this of them.

    What somebody may have brought about who created a conversation between two pages, or while one was read, is read
    again; it counts where the total was the same before and after.

    Raises:
        Unverified: somebody created one each time.
    """
    pages = asked if callable(asked) else list(asked)
    for _ in range(_TRIES):
        before = collection.total
        read = [collection.read(*each) for each in (pages(before) if callable(pages) else pages)]
        try:
            expect(clause, *read)
            return
        except Violation:
            if collection.stands_still or collection.total == before:
                raise
    raise Unverified(f"conversations were created all the time while {len(read)} pages of their list were read")


def expect_each(expect: Callable[[str, Exchange], None]) -> Callable[..., None]:
    """Expect it of each page."""

    def each(clause: str, *pages: Exchange) -> None:
        for page in pages:
            expect(clause, page)

    return each


def within(total: int, sizes: Iterable[int], *, most: int = 4) -> list[Asked]:
    """Of each size the first pages and the last two that there are."""
    found: list[Asked] = []
    for size in sizes:
        last = max(math.ceil(total / size), 1)
        pages = {*range(1, min(most, last) + 1), max(last - 1, 1), last}
        found += [(page, size) for page in sorted(pages)]
    return found


def past_the_end(collection: Collection, size: int) -> list[Asked]:
    """A page past the end, if the list answers such pages."""
    page = math.ceil(collection.total / size) + 2
    return [(page, size)] if collection.read(page, size).status == 200 else []


def first_and_past(size: int | None, beyond: int) -> ByTotal:
    """The first page, and one that is so many pages past the end."""
    return lambda total: [(1, size), (max(math.ceil(total / (size or 20)), 1) + beyond, size)]


SIZES_OF_FEW = (1, 2, 3, 4, 5, 20, 99, 100)
"""Of four messages: exact multiples and others, smaller and larger."""

SIZES_OF_MANY = (1, 2, 3, 7, 10, 19, 20, 21, 25, 50, 51, 99, 100)


# PAG-1


@pytest.mark.clause("PAG-1", essential=True)
def test_conversations_come_in_the_envelope(conversations: Collection) -> None:
    """A list answers the envelope `{page: {size, totalElements, totalPages, currentPage}, data}`."""
    for asked in (None, None), (2, 3), (1, 100):
        expect_page("PAG-1", conversations.read(*asked))


@pytest.mark.clause("PAG-1")
def test_messages_come_in_the_envelope(messages: Collection) -> None:
    """So does the list of messages."""
    for asked in (None, None), (2, 3), (1, 100):
        expect_page("PAG-1", messages.read(*asked))


@pytest.mark.clause("PAG-1")
def test_nothing_comes_in_the_envelope(nothing: Collection) -> None:
    """So does a list without elements."""
    envelope = expect_page("PAG-1", answer := nothing.read(None, None))
    if envelope["data"] or envelope["page"]["totalElements"] != 0:
        raise Violation("PAG-7", answer, expected="no elements: nothing was said", observed=answer.body)


# PAG-2


@pytest.mark.clause("PAG-2")
def test_20_conversations_of_page_1_are_the_default(conversations: Collection) -> None:
    """Without parameters a list answers page 1 with a size of 20."""
    expect_page_numbers("PAG-2", conversations.read(None, None), page=1, size=20)
    judged(conversations, [(None, None), (1, 20)], expect_same_elements, "PAG-2")


@pytest.mark.clause("PAG-2")
def test_20_messages_of_page_1_are_the_default(messages: Collection, many_messages: Collection) -> None:
    """So does the list of messages."""
    for collection in messages, many_messages:
        expect_page_numbers("PAG-2", collection.read(None, None), page=1, size=20)
        judged(collection, [(None, None), (1, 20)], expect_same_elements, "PAG-2")


@pytest.mark.clause("PAG-2")
def test_each_parameter_has_its_default(
    conversations: Collection, many_messages: Collection, nothing: Collection
) -> None:
    """Also where only the other one is given."""
    for collection in conversations, many_messages, nothing:
        expect_page_numbers("PAG-2", collection.read(None, 3), page=1, size=3)
        judged(collection, [(None, 3), (1, 3)], expect_same_elements, "PAG-2")
        expect_page_numbers("PAG-2", collection.read(1, None), page=1, size=20)
        judged(collection, [(1, None), (1, 20)], expect_same_elements, "PAG-2")


# PAG-3


@pytest.mark.clause("PAG-3")
def test_the_envelope_repeats_what_was_asked_of_conversations(conversations: Collection) -> None:
    """`size` and `currentPage` repeat what was asked for, also past the end, if such a page is answered at all."""
    for asked in [*within(conversations.total, SIZES_OF_MANY), *past_the_end(conversations, 3)]:
        expect_asked("PAG-3", conversations.read(*asked))


@pytest.mark.clause("PAG-3")
def test_the_envelope_repeats_what_was_asked_of_messages(messages: Collection) -> None:
    """Also where `data` holds fewer."""
    for asked in [*within(messages.total, SIZES_OF_FEW), *past_the_end(messages, 3)]:
        expect_asked("PAG-3", messages.read(*asked))


@pytest.mark.clause("PAG-3")
def test_the_envelope_repeats_what_was_asked_of_nothing(nothing: Collection) -> None:
    """Also where it holds none."""
    for asked in [*((1, size) for size in SIZES_OF_FEW), *past_the_end(nothing, 3)]:
        expect_asked("PAG-3", nothing.read(*asked))


# PAG-4


@pytest.mark.clause("PAG-4")
def test_total_pages_of_conversations(conversations: Collection) -> None:
    """`totalPages` is `totalElements` divided by `size`, rounded up."""
    total = conversations.total
    exact = [size for size in range(2, 101) if total % size == 0][:3]
    for asked in within(total, [*SIZES_OF_MANY, *exact], most=2):
        expect_total_pages("PAG-4", conversations.read(*asked))


@pytest.mark.clause("PAG-4")
def test_total_pages_of_messages(messages: Collection) -> None:
    """Also where the total is a multiple of the size, or less than it."""
    for asked in within(messages.total, SIZES_OF_FEW):
        expect_total_pages("PAG-4", messages.read(*asked))


@pytest.mark.clause("PAG-4")
def test_total_pages_of_nothing(nothing: Collection) -> None:
    """With no elements it is 0 (1 is tolerated)."""
    for size in SIZES_OF_FEW:
        expect_total_pages("PAG-4", nothing.read(1, size))


# PAG-5


@pytest.mark.clause("PAG-5")
@pytest.mark.parametrize("size", [*SIZES_OF_MANY, None])
def test_pages_of_conversations_are_full(conversations: Collection, size: int | None) -> None:
    """Every page but the last is full: `data` holds the smaller of `size` and what remains; nothing past the end."""
    asked = [(page, size) for page, _ in within(conversations.total, [size or 20], most=2)]
    for each in [*asked, *past_the_end(conversations, size or 20)]:
        judged(conversations, [each], expect_each(expect_filled), "PAG-5")


@pytest.mark.clause("PAG-5")
def test_pages_of_messages_are_full(messages: Collection, nothing: Collection) -> None:
    """So are those of messages."""
    for collection in messages, nothing:
        asked = [*within(collection.total, SIZES_OF_FEW), *past_the_end(collection, 3), (None, None)]
        judged(collection, asked, expect_each(expect_filled), "PAG-5")


# PAG-6


@pytest.mark.clause("PAG-6")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, None, 50, 51, 99])
def test_conversations_have_one_order(conversations: Collection, size: int | None) -> None:
    """A walk over the pages gives each element once and in the list's one order, whatever the size."""
    total = conversations.total
    asked = [(page, size) for page, _ in within(total, [size or 20])]
    judged(conversations, [*asked, *within(total, [100], most=2)], expect_one_order, "PAG-6")


@pytest.mark.clause("PAG-6")
def test_messages_have_one_order(messages: Collection) -> None:
    """So it is with messages."""
    sizes = [size for size in SIZES_OF_FEW if size < 100]
    judged(messages, [*within(messages.total, sizes), (1, None), (1, 100)], expect_one_order, "PAG-6")


@pytest.mark.clause("PAG-6")
def test_a_walk_gives_every_conversation(own: Own, conversations: Collection) -> None:
    """Each that was made is on one of the pages."""
    ids = [made.id for made in own.made]
    pages: list[Exchange] = []
    while len(pages) < _MOST_PAGES:
        pages.append(conversations.read(len(pages) + 1, 100))
        if not listed_ids(pages[-1]) or set(ids) <= {id_ for page in pages for id_ in listed_ids(page)}:
            break
    else:
        raise Unverified(f"the conversations of this run are not among the newest {_MOST_PAGES * 100}")
    expect_all_listed("PAG-6", ids, *pages)


@pytest.mark.clause("PAG-6")
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_walk_gives_every_message(plain_turn: Turn, second_turn: Turn, messages: Collection, size: int) -> None:
    """Each that was said is on one of the pages."""
    ids = [id_ for turn in (plain_turn, second_turn) for id_ in (turn.message["id"], turn.reply["id"])]
    pages = [messages.read(page, size) for page in range(1, math.ceil(len(ids) / size) + 1)]
    expect_one_order("PAG-6", *pages)
    expect_all_listed("PAG-6", ids, *pages)


# PAG-7


@pytest.mark.clause("PAG-7")
def test_conversations_have_one_total(conversations: Collection) -> None:
    """`totalElements` is the same for every page and size, also past the end, if such a page is answered at all."""
    asked: Sequence[Asked] = [(1, 100), (1, 20), (1, 1), (2, 1), (2, 20), (3, 7), (None, None)]
    last = [*within(conversations.total, [20], most=1), *past_the_end(conversations, 3)]
    judged(conversations, [*asked, *last], expect_one_total, "PAG-7")


@pytest.mark.clause("PAG-7")
def test_messages_have_one_total(messages: Collection) -> None:
    """So it is with messages."""
    asked = [(None, None), *within(messages.total, SIZES_OF_FEW), *past_the_end(messages, 3)]
    judged(messages, asked, expect_one_total, "PAG-7")


@pytest.mark.clause("PAG-7")
def test_the_total_counts_every_message(messages: Collection) -> None:
    """It counts the collection."""
    expect_counted("PAG-7", messages.read(1, 100))


@pytest.mark.clause("PAG-7")
def test_the_total_counts_what_was_streamed(api: Client, streamed_turn: StreamedTurn) -> None:
    """Also a reply that was streamed, and the message that it answers."""
    listing = api.list_messages(streamed_turn.stream.conversation_id, size=100)
    reply = expect_final_message("STR-3", streamed_turn.stream)
    expect_all_listed("STR-6", [streamed_turn.stream.message["id"], reply["id"]], listing)
    expect_counted("PAG-7", listing)


def expect_counted(clause: str, listing: Exchange) -> None:
    """The page has the whole collection, and its total is how many elements it has."""
    total, count = expect_page("PAG-1", listing)["page"]["totalElements"], len(set(listed_ids(listing)))
    if total != count:
        raise Violation(clause, listing, expected=f"totalElements {count}, as there are", observed=f"{total}")


@pytest.mark.clause("PAG-7")
def test_the_total_counts_what_is_made(own: Own) -> None:
    """With each conversation that is made it grows."""
    before, after = (expect_page("PAG-1", listing)["page"]["totalElements"] for listing in (own.before, own.listing))
    if after < before + len(own.made):
        expected = f"{before + len(own.made)} or more, since {len(own.made)} were made after it was {before}"
        raise Violation("PAG-7", own.before, own.listing, expected=expected, observed=f"totalElements {after}")


# PAG-8 to PAG-10


@pytest.mark.clause("PAG-8")
@pytest.mark.parametrize("size", [101, 150, 1000, 2**31])
def test_no_page_holds_more_than_100(conversations: Collection, nothing: Collection, size: int) -> None:
    """A `size` above 100 is refused (100, and 100 repeated, is tolerated)."""
    for collection in conversations, nothing:
        expect_status("SCH-2", collection.read(1, 100), 200)
        expect_limited("PAG-8", collection.read(1, size))
        expect_limited("PAG-8", collection.read(None, size))


@pytest.mark.clause("PAG-8")
def test_no_odd_size_holds_more_than_100(conversations: Collection) -> None:
    """Nor is there another way to more."""
    for size in 0, -1, "all", "1e3", "":
        answer = conversations.read(1, size)
        if answer.status == 200 and len(listed_ids(answer)) > 100:
            raise Violation("PAG-8", answer, expected="at most 100 elements", observed=f"{len(listed_ids(answer))}")


@pytest.mark.clause("PAG-9")
def test_page_0_is_refused(conversations: Collection, nothing: Collection) -> None:
    """Pages count from 1: page 0 is refused."""
    for collection in conversations, nothing:
        expect_status("SCH-2", collection.read(1, 5), 200)
        for size in None, 5, 100:
            expect_refused("PAG-9", collection.read(0, size), why="pages count from 1")


@pytest.mark.clause("PAG-10")
@pytest.mark.parametrize("page", [-1, -100, "abc", 1.5, "one"])
def test_an_odd_page_is_refused(conversations: Collection, nothing: Collection, page: str) -> None:
    """A page that is negative, and anything but an integer, is refused with a 4xx."""
    for collection in conversations, nothing:
        expect_status("SCH-2", collection.read(1, 5), 200)
        expect_refused("PAG-10", collection.read(page, 5), why=f"{page} is no page")
        expect_refused("PAG-10", collection.read(page, None), why=f"{page} is no page")


@pytest.mark.clause("PAG-10")
@pytest.mark.parametrize("size", [0, -1, -100, "abc", 1.5, "all"])
def test_an_odd_size_is_refused(conversations: Collection, nothing: Collection, size: str) -> None:
    """So is a size that is zero, negative or anything but an integer."""
    for collection in conversations, nothing:
        expect_status("SCH-2", collection.read(1, 5), 200)
        expect_refused("PAG-10", collection.read(1, size), why=f"{size} is no size")
        expect_refused("PAG-10", collection.read(None, size), why=f"{size} is no size")


# PAG-11


@pytest.mark.clause("PAG-11")
@pytest.mark.parametrize("beyond", [1, 2, 1000])
def test_past_the_end_of_conversations(conversations: Collection, beyond: int) -> None:
    """A page past the end is a 200 with empty `data` and the true totals."""
    for size in 20, 100:
        judged(conversations, first_and_past(size, beyond), expect_end, "PAG-11")


@pytest.mark.clause("PAG-11")
@pytest.mark.parametrize("beyond", [1, 2, 1000])
def test_past_the_end_of_messages(messages: Collection, beyond: int) -> None:
    """So is one of messages."""
    for size in 1, 3, 4, None:
        judged(messages, first_and_past(size, beyond), expect_end, "PAG-11")


@pytest.mark.clause("PAG-11")
@pytest.mark.parametrize("beyond", [1, 2, 1000])
def test_past_the_end_of_nothing(nothing: Collection, beyond: int) -> None:
    """So is the second page where there are no elements."""
    judged(nothing, first_and_past(20, beyond), expect_end, "PAG-11")


def expect_end(clause: str, first: Exchange, past: Exchange) -> None:
    """The second page has nothing, and says the same totals as the first."""
    expect_status(clause, past, 200)
    envelope, truth = expect_page(clause, past), expect_page("PAG-1", first)["page"]
    said = envelope["page"]
    if envelope["data"]:
        raise Violation(clause, past, expected="no elements past the end", observed=f"{len(envelope['data'])}")
    expect_asked(clause, past)
    for name in "totalElements", "totalPages":
        if said[name] != truth[name]:
            raise Violation(clause, first, past, expected=f"{name} {truth[name]}", observed=f"{name} {said[name]}")
