"""PAG: pages that do not add up."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

from flask import request

from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import endpoint
from tests.backend.store import Caller, Conversation, Message, Store
from tests.backend.turns import Stream
from tests.backend.validation import Problem

Json = dict[str, Any]

# What the envelope says


@defect("PAG-4")
class TotalPagesRoundsDown(Backend):
    """`totalPages` is rounded down."""

    def total_pages(self, total: int, size: int) -> int:
        return total // size


@defect("PAG-4")
class TotalPagesOneMoreOnExactMultiple(Backend):
    """`totalPages` is one more where the total is a multiple of the size."""

    def total_pages(self, total: int, size: int) -> int:
        return total // size + 1


@defect("PAG-4")
class TotalPagesOfSizeTwenty(Backend):
    """`totalPages` is that of the default size."""

    def total_pages(self, total: int, size: int) -> int:
        return super().total_pages(total, 20)


@defect("PAG-4")
class TotalPagesOfThisPage(Backend):
    """`totalPages` is computed from what is on this page."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        shown = super().page_json(page, size, total, data)
        shown["page"]["totalPages"] = self.total_pages(len(data), size)
        return shown


@defect("PAG-3")
class SizeEchoesWhatCame(Backend):
    """`size` is the number of elements in `data`."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        shown = super().page_json(page, size, total, data)
        shown["page"]["size"] = len(data)
        return shown


@defect("PAG-3")
class CurrentPageFromZero(Backend):
    """`currentPage` counts from 0."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page - 1, size, total, data)


@defect("PAG-3")
class CurrentPageAlwaysOne(Backend):
    """`currentPage` is always 1."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(1, size, total, data)


@defect("PAG-7")
class TotalElementsOfThisPage(Backend):
    """`totalElements` is the number of elements in `data`."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, len(data), data)


@defect("PAG-7")
class TotalElementsOfWhatRemains(Backend):
    """`totalElements` counts from this page on."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, max(total - (page - 1) * size, 0), data)


@defect("PAG-7")
class TotalElementsOfWhatWasSeen(Backend):
    """`totalElements` is guessed: what was walked over so far, and one more where there is more."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, min(total, page * size + 1), data)


@defect("PAG-7", "LST-2")
class TotalElementsCountsColleagues(Store):
    """`totalElements` counts the conversations of everyone in the workspace."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        _, found = super().list_conversations(caller, offset, limit)
        select = "SELECT count(*) FROM conversation WHERE workspace = ?"
        return self.db.execute(select, (caller.workspace,)).fetchone()[0], found


@defect("PAG-1", "SCH-1")
class TotalsAsText(Backend):
    """The numbers of the envelope are strings."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        shown = super().page_json(page, size, total, data)
        return shown | {"page": {name: str(value) for name, value in shown["page"].items()}}


@defect("PAG-1", "SCH-1")
class EnvelopeFlat(Backend):
    """The numbers stand beside `data` rather than in `page`."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        shown = super().page_json(page, size, total, data)
        return {**shown["page"], "data": data}


@defect("PAG-1", "SCH-1")
class EnvelopeInSnakeCase(Backend):
    """`total_elements` rather than `totalElements`, and so on."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        pages = self.total_pages(total, size)
        page_info = {"size": size, "total_elements": total, "total_pages": pages, "current_page": page}
        return {"page": page_info, "data": data}


@defect("PAG-1", "SCH-1")
class DataNullWhenEmpty(Backend):
    """`data` is null where there are no elements."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, total, data) | {"data": data or None}


# Defaults


@defect("PAG-2")
class DefaultSizeTen(Backend):
    """`size` defaults to 10."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, 10 if name == "size" else default, at_most)


@defect("PAG-2")
class DefaultSizeHundred(Backend):
    """`size` defaults to 100."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, 100 if name == "size" else default, at_most)


@defect("PAG-5", "PAG-6")
class DefaultPageHalfFull(Backend):
    """Without a `size` 20 are promised, and 10 come."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        offset, limit = super().offset_and_limit(page, size)
        return offset, limit if "size" in request.args else 10


@defect("PAG-6")
class SecondPageOfDefaultSizeOverlaps(Backend):
    """Without a `size`, the second page begins with the eleventh element."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        offset, limit = super().offset_and_limit(page, size)
        return offset if "size" in request.args else offset // 2, limit


# Which elements come


@defect("PAG-9", "PAG-2", "PAG-6")
class PagesFromZero(Backend):
    """Pages count from 0, and 0 is the default."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if name == "page" and request.args.get(name, "0") == "0":
            return 0, []
        return super().integer(name, default, at_most)

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return page * size, size


@defect("PAG-6", "LST-3")
class FirstPageIsTheSecond(Backend):
    """Page 1 begins after the first `size` elements."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return page * size, size


@defect("PAG-9")
class PageZeroIsPageOne(Backend):
    """Page 0 is answered with page 1."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if name == "page" and request.args.get(name) == "0":
            return 1, []
        return super().integer(name, default, at_most)


@defect("PAG-8")
class Size101Accepted(Backend):
    """A size of 101 is accepted, and 101 come."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, default, at_most and at_most + 1)


@defect("PAG-8")
class SizeUnlimited(Backend):
    """Any size is accepted."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, default)


@defect("PAG-8", "PAG-3")
class SizeClampedInSecret(Backend):
    """A size above 100 gets 100 elements, and the size that was asked for is echoed."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, default)

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return super().offset_and_limit(page, min(size, 100))


@defect("PAG-5", "PAG-6")
class SizeIgnored(Backend):
    """Twenty elements come, whatever size was asked for."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return (page - 1) * size, 20


@defect("PAG-5")
class MessagesAreNotPaged(Backend):
    """All messages of a conversation come on every page."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return (0, 10_000) if endpoint() == "list_messages" else super().offset_and_limit(page, size)


@defect("PAG-5", "PAG-6")
class LastElementDropped(Backend):
    """The last element of the last page is missing."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, total, data[:-1] if page * size >= total else data)


@defect("PAG-5", "LST-2", "PAG-6")
class PagesFilteredAfterCutting(Store):
    """A page is cut from the whole workspace, then the colleagues' conversations are taken out of it."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        total, _ = super().list_conversations(caller, 0, 1)
        order = "created_at DESC, number DESC"
        _, rows = self.cut("FROM conversation WHERE workspace = ?", (caller.workspace,), order, offset, limit)
        return total, [found for found in map(self.read_conversation, rows) if found.author == caller.name]


@defect("PAG-6")
class ElementTwiceAcrossPages(Backend):
    """The last element of a page is also the first of the next."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        offset, limit = super().offset_and_limit(page, size)
        return offset - (page > 1), limit


@defect("PAG-6")
class ElementTwiceAtOddSizes(Backend):
    """Pages of an odd size overlap by one element."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        return (page - 1) * (size - size % 2), size


@defect("PAG-6")
class ElementSkippedBetweenPages(Backend):
    """Between the first page and the second an element is missing."""

    def offset_and_limit(self, page: int, size: int) -> tuple[int, int]:
        offset, limit = super().offset_and_limit(page, size)
        return offset + (page > 1), limit


@defect("PAG-6")
class OrderTurnsWithTheSize(Store):
    """Pages of more than 50 are in the opposite order."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        if limit > 50:
            order = order.replace("DESC", "ASC") if "DESC" in order else f"{order} DESC"
        return super().cut(rows, args, order, offset, limit)


@defect("PAG-5", "PAG-6")
class PagesComparedAsText(Backend):
    """Whether a page is past the end is compared as text: of ten pages the second is empty, since "2" > "10"."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        past_the_end = str(page) > str(self.total_pages(total, size))
        return super().page_json(page, size, total, [] if past_the_end else data)


@defect("PAG-6", "PAG-5")
class TiesLostBetweenPages(Store):
    """A page goes on below the last timestamp of the one before, so that what ties with it is on neither."""

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        total, found = super().list_conversations(caller, offset, limit)
        if offset:
            _, before = super().list_conversations(caller, offset - 1, 1)
            found = [each for each in found if int(each.created_at) < int(before[0].created_at)] if before else found
        return total, found


@defect(name="ties_lost_between_pages")
class _InWholeSeconds(Backend):
    def timestamp(self, seconds: float) -> str:
        return super().timestamp(float(int(seconds)))


@defect("PAG-5", "PAG-6")
class PagesCachedWithoutTheirSize(Backend):
    """A page of messages is cached for two seconds by its number alone, whatever size is asked for."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cached: dict[tuple[str, int, int], tuple[float, list[Json]]] = {}

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        if endpoint() == "list_messages":
            key = str((request.view_args or {})["conversation_id"]), page, total
            since, cached = self.cached.get(key, (0.0, data))
            if time.monotonic() - since < 2:
                data = cached
            else:
                self.cached[key] = time.monotonic(), data
        return super().page_json(page, size, total, data)


@defect("PAG-7", "MOD-1")
class StreamedRepliesNotCounted(Backend):
    """`totalElements` is a counter that streamed replies do not raise."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.uncounted: Counter[str] = Counter()

    def keep(self, stream: Stream) -> Message:
        self.uncounted[stream.conversation.id] += 1
        return super().keep(stream)

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        conversation_id = str((request.view_args or {}).get("conversation_id"))
        return super().page_json(page, size, total - self.uncounted[conversation_id], data)


@defect("SCH-2")
class SizeHundredRefused(Backend):
    """A size of 100 is refused."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        return super().integer(name, default, at_most and at_most - 1)


# Odd parameters


@defect("PAG-10", "ERR-1")
class SizeZeroDivides(Backend):
    """A size of 0 is divided by."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if name == "size" and request.args.get(name) == "0":
            return 0, []
        return super().integer(name, default, at_most)


@defect("PAG-10")
class NegativePageIsPageOne(Backend):
    """A negative page is answered with page 1."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if name == "page" and request.args.get(name, "").startswith("-"):
            return 1, []
        return super().integer(name, default, at_most)


@defect("PAG-10", "PAG-8")
class NegativeSizeListsEverything(Backend):
    """A size of -1 lists everything, as it does in SQLite."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if name == "size" and request.args.get(name) == "-1":
            return -1, []
        return super().integer(name, default, at_most)


@defect("PAG-10", "SCH-3")
class WordsAreTheDefault(Backend):
    """A page or size that is not a number counts as not given."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        if not request.args.get(name, "1").strip("-").isdigit():
            return default, []
        return super().integer(name, default, at_most)


class ReadsIntegers(Backend):
    """Takes more for an integer than the base does."""

    def integer(self, name: str, default: int, at_most: int | None = None) -> tuple[int, list[Problem]]:
        value = self.read_integer(request.args.get(name, str(default)))
        if value is None or not 0 < value <= (at_most or value):
            return super().integer(name, default, at_most)
        return value, []

    def read_integer(self, given: str) -> int | None:
        raise NotImplementedError


@defect("PAG-10", "SCH-3")
class IntegersEndAtTheFirstLetter(ReadsIntegers):
    """A page or size of `3abc` or `3.9` is 3, as it is to JavaScript's `parseInt`."""

    def read_integer(self, given: str) -> int | None:
        digits = re.match("[0-9]{1,9}", given)
        return int(digits[0]) if digits else None


@defect("ERR-1", "PAG-10")
class LongNumberFails(ReadsIntegers):
    """A page of more than 4,300 digits is a 500, as Python converts none."""

    def read_integer(self, given: str) -> int | None:
        return int(given) if given.isdecimal() else None


@defect("ERR-1", "PAG-10")
class EmptyParameterFails(ReadsIntegers):
    """`?page=` is a 500."""

    def read_integer(self, given: str) -> int | None:
        return None if given else int(given)


@defect("ERR-1")
class HugePageFails(Store):
    """An offset that SQLite cannot hold is a 500."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        self.db.execute("SELECT ?", (offset,))
        return super().cut(rows, args, order, offset, limit)


@defect("PAG-11")
class PastTheEndRepeatsTheLastPage(Store):
    """A page past the end has the elements of the last one."""

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        total, found = super().cut(rows, args, order, offset, limit)
        if found or not total:
            return total, found
        return super().cut(rows, args, order, (total - 1) // limit * limit, limit)


@defect("PAG-11")
class PastTheEndNotFound(Backend):
    """A page past the end is 404."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        if page > 1 and not data:
            raise Refused(404, "notFound", "There is no such page.")
        return super().page_json(page, size, total, data)


@defect("PAG-11", "PAG-7")
class PastTheEndHasNoTotals(Backend):
    """A page past the end says that there are no elements."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        return super().page_json(page, size, total if data else 0, data)


@defect("ERR-1")
class EmptyListFails(Backend):
    """A list without elements is a 500."""

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        shown = super().page_json(page, size, total, data)
        return shown if data[0] else {}
