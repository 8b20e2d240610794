"""The pages of both lists: the envelope, its numbers, and how pages fit together."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.exchange import Exchange
from conformance.expect.answers import expect_refused, expect_status, json_object
from conformance.expect.telling import answered, told_ids
from conformance.verdict import Violation


def expect_page(clause: str, exchange: Exchange) -> dict[str, Any]:
    """200 with the envelope: `page` with its four integers, `data` a list of objects."""
    expect_status(clause, exchange, 200)
    envelope = json_object(clause, exchange)
    page, data = envelope.get("page"), envelope.get("data")
    counts = ("size", "totalElements", "totalPages", "currentPage")
    if not (
        isinstance(page, dict)
        and all(type(page.get(name)) is int for name in counts)  # not isinstance: True is an int to Python
        and isinstance(data, list)
        and all(isinstance(element, dict) for element in data)
    ):
        expected = "{page: {size, totalElements, totalPages, currentPage}, data}, with integers and a list of objects"
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
    return envelope


def listed_ids(listing: Exchange) -> list[str]:
    """The ids of the elements of a page, in its order."""
    found = (element.get("id") for element in expect_page("PAG-1", listing)["data"])
    return [id_ if isinstance(id_, str) else repr(id_) for id_ in found]


def expect_page_numbers(clause: str, exchange: Exchange, *, page: int, size: int) -> None:
    """The envelope says this page and this size."""
    said = expect_page(clause, exchange)["page"]
    if (said["currentPage"], said["size"]) != (page, size):
        observed = f"currentPage {said['currentPage']}, size {said['size']}"
        raise Violation(clause, exchange, expected=f"currentPage {page}, size {size}", observed=observed)


def asked(exchange: Exchange) -> tuple[int, int]:
    """The page and the size that a list was asked for, the defaults where it was not told."""
    query = parse_qs(urlsplit(exchange.url).query)
    return int(query.get("page", ["1"])[0]), int(query.get("size", ["20"])[0])


def expect_asked(clause: str, listing: Exchange) -> None:
    """`currentPage` and `size` are those that were asked for."""
    page, size = asked(listing)
    expect_page_numbers(clause, listing, page=page, size=size)


def expect_total_pages(clause: str, listing: Exchange) -> None:
    """`totalPages` is what `totalElements` makes at the size that was asked for."""
    said, size = expect_page("PAG-1", listing)["page"], asked(listing)[1]
    total, pages = said["totalElements"], -(-said["totalElements"] // size)
    if said["totalPages"] not in ({0, 1} if total == 0 else {pages}):
        expected = f"totalPages {pages}: {total} elements, {size} on a page"
        raise Violation(clause, listing, expected=expected, observed=f"totalPages {said['totalPages']}")


def expect_filled(clause: str, listing: Exchange) -> None:
    """`data` has as many elements as are left for this page, and no more than fit on it."""
    envelope, (page, size) = expect_page("PAG-1", listing), asked(listing)
    total, count = envelope["page"]["totalElements"], len(envelope["data"])
    wanted = min(size, max(total - (page - 1) * size, 0))
    if count != wanted:
        expected = f"{wanted} elements on page {page} of size {size}, of {total} in all"
        raise Violation(clause, listing, expected=expected, observed=f"{count} elements")


def expect_limited(clause: str, listing: Exchange) -> None:
    """A size above 100 is refused; or it is 100, which the envelope then says, too."""
    expected = "a 4xx, or at most 100 elements with size 100 in the envelope"
    if listing.status != 200:
        expect_refused(clause, listing, why="no page holds more than 100 elements")
        return
    envelope = expect_page("PAG-1", listing)
    size, count = envelope["page"]["size"], len(envelope["data"])
    if size != 100 or count > 100:
        raise Violation(clause, listing, expected=expected, observed=f"size {size}, {count} elements")


def expect_one_total(clause: str, *listings: Exchange) -> None:
    """`totalElements` is the same in all of them."""
    totals = [expect_page("PAG-1", listing)["page"]["totalElements"] for listing in listings]
    different = next((listing for listing, total in zip(listings, totals, strict=True) if total != totals[0]), None)
    if different is not None:
        observed = ", ".join(
            f"{total} (page {asked(listing)[0]} of size {asked(listing)[1]})"
            for listing, total in zip(listings, totals, strict=True)
        )
        expected = "one totalElements, whatever the page and the size"
        raise Violation(clause, listings[0], different, expected=expected, observed=observed)


def expect_same_elements(clause: str, first: Exchange, second: Exchange) -> None:
    """The two pages have the same elements in the same order."""
    one, other = listed_ids(first), listed_ids(second)
    if one != other:
        expected = f"the same {len(one)} elements: {told_ids(one)}"
        raise Violation(clause, first, second, expected=expected, observed=f"{len(other)} elements: {told_ids(other)}")


def expect_one_order(clause: str, *listings: Exchange) -> None:
    """The pages are cut from one list: each place has one element, each element one place, whatever the size.

    Places are counted from the beginning; or, where others have put something there meanwhile, from the end.
    """
    found = _misplaced(listings, from_end=False)
    if found and _misplaced(listings, from_end=True):
        first, second, observed = found
        expected = "each element at one place of the list, whatever page and size it was read with"
        raise Violation(clause, first, second, expected=expected, observed=observed)


def expect_all_listed(clause: str, ids: Iterable[str], *listings: Exchange) -> None:
    """Each of the ids is on one of the pages."""
    listed = {id_ for listing in listings for id_ in listed_ids(listing)}
    missing = [id_ for id_ in ids if id_ not in listed]
    if missing:
        expected = f"an element with id {missing[0]!r} on one of the pages"
        raise Violation(clause, *listings, expected=expected, observed=f"{len(listed)} elements, none with this id")


def _misplaced(listings: Iterable[Exchange], *, from_end: bool) -> tuple[Exchange, Exchange, str] | None:
    """Two pages that cannot be of one list, and what of them cannot."""
    elements: dict[int, tuple[str, Exchange]] = {}
    places: dict[str, tuple[int, Exchange]] = {}
    for listing in listings:
        page, size = asked(listing)
        start = (page - 1) * size
        if from_end:
            start -= expect_page("PAG-1", listing)["page"]["totalElements"]
        for place, id_ in enumerate(listed_ids(listing), start):
            other, there = elements.setdefault(place, (id_, listing))
            if other != id_:
                return there, listing, f"at place {place + 1} first {other!r}, then {id_!r}"
            earlier, seen = places.setdefault(id_, (place, listing))
            if earlier != place:
                return seen, listing, f"{id_!r} at places {earlier + 1} and {place + 1}"
    return None
