"""How a client reads lists: pages that there are, in sizes that there are, and not over and over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import SENDS, passed_s, read_query, refused_by_mock
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Findings, Rule, found
from mockserver.verdict.vocabulary import Vocabulary

POLLS = 10
"""So many times the same page ..."""
WITHIN_S = 60.0
"""... within so many seconds is a loop."""

_LISTS = 100


def _lists(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(name for name, operation in vocabulary.operations.items() if operation.is_list)


class Pages(Rule):
    """Pages count from 1 to `totalPages`; `size` has a limit."""

    codes = ("past-the-last-page", "page-below-one", "size-above-limit", "parameter-refused")

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.operations = _lists(vocabulary)
        self._last: Bounded[tuple[str, int], tuple[Entry, int]] = Bounded(_LISTS)
        self._told: Bounded[tuple[str, str], bytes] = Bounded(_LISTS)
        """By path and query: how a good answer began, up to its elements."""

    def ended(self, entry: Entry) -> Findings:
        """Judge the query, then what the answer makes of it."""
        told = self._told.get((entry.path, entry.query))
        if told and entry.status == 200 and entry.response_body.startswith(told):
            return ()  # the same page of as many, and nothing was wrong with it before
        return self._judge(entry)

    def _judge(self, entry: Entry) -> Iterator[Finding]:
        operation = self.vocabulary.operations[entry.operation or ""]
        explained = False
        query = read_query(entry.query)
        page, size = _integer(query.get("page")), _integer(query.get("size"))
        limit = operation.parameters["size"].maximum
        if page is not None and page < 1:
            explained = True
            yield found("page-below-one", f"{operation.id} was asked for page {page}.", entry, subject=operation.id)
        if size is not None and limit is not None and size > limit:
            explained = True
            message = f"{operation.id} was asked for {size} elements a page; {limit} are the most."
            yield found("size-above-limit", message, entry, subject=operation.id)
        if entry.status in {400, 422} and not entry.faults and not explained and not refused_by_mock(entry):
            message = f"{operation.id} was refused: ?{entry.query[:100]}"
            yield found("parameter-refused", message, entry, subject=operation.id)
        if entry.status == 200:
            yield from self._judge_end(entry, plain=not explained)

    def _judge_end(self, entry: Entry, *, plain: bool) -> Iterator[Finding]:
        head, elements, _ = entry.response_body.partition(b',"data":[')
        info = _page_info(entry, head if elements else None)
        if not isinstance(info, dict):
            return
        size, total, page = (info.get(name) for name in ("size", "totalPages", "currentPage"))
        if not (isinstance(size, int) and isinstance(total, int) and isinstance(page, int)):
            return
        before = self._last.get((entry.path, size))
        if before and page > max(total, before[1], 1):
            message = f"Page {page} was asked for, though the last of this size was told to be {before[1]}."
            yield found("past-the-last-page", message, before[0], entry, subject=entry.path)
        elif plain and elements:
            self._told[entry.path, entry.query] = head + elements
        self._last[entry.path, size] = entry, total


def _page_info(entry: Entry, head: bytes | None) -> Any:
    """What the answer says of its page: read without the elements, which are most of it, where they come last."""
    try:
        told = entry.answer if head is None else orjson.loads(head + b"}")
    except orjson.JSONDecodeError:
        told = entry.answer
    return told.get("page") if isinstance(told, dict) else None


def _integer(text: str | None) -> int | None:
    try:
        return None if text is None or len(text) > 20 else int(text)
    except ValueError:
        return None


class Polling(Rule):
    """The same page of the same list in a loop. Anything but reading begins anew, and so does a live stream."""

    codes = ("polling",)

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._lists = _lists(vocabulary)
        self.operations = self._lists | SENDS
        self._reads: Bounded[tuple[str, str], list[Entry]] = Bounded(_LISTS)

    def began(self, entry: Entry) -> Findings:
        """A write gives a reason to read again."""
        if entry.method not in {"GET", "HEAD", "OPTIONS"}:
            self._reads.clear()
        return ()

    def ended(self, entry: Entry) -> Findings:
        """Count the reads; a reply that has come gives a reason too."""
        if entry.operation in SENDS:
            self._reads.clear()
        if entry.operation not in self._lists or entry.status != 200:
            return ()
        row = self._reads.of((entry.path, entry.query), list)
        row.append(entry)
        if len(row) < POLLS:
            return ()
        reads = list(row)
        del row[: len(row) - POLLS + 1]
        if passed_s(reads[0], reads[-1]) > WITHIN_S:
            return ()
        row.clear()
        message = f"{entry.operation} was called {len(reads)} times within a minute for the same page."
        return [found("polling", message, *reads, subject=entry.path)]
