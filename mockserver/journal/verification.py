"""Was it called so often, in this way? The answer, and where it is no, which call came nearest to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from mockserver.journal.bodies import NOT_JSON, read_json, show_bytes
from mockserver.journal.entries import Entry
from mockserver.journal.expectation import Expectation, times
from mockserver.journal.matching import ABSENT, Difference, is_matcher, match
from mockserver.journal.query import fits_status

_ANOTHER_CALL = 8
"""The weight of another operation, method or path: any call of the right one is nearer."""

_ANOTHER_PLACE = 2
"""The weight of another caller or conversation."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The call that differs least from what was expected, with all of its differences."""

    number: int
    call: str
    """`POST /api/... -> 409`."""
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer.

    Attributes:
        count: how many calls fit; of an order, how many of its calls were found.
        expected: what was expected, in words.
        matched: the numbers of the exchanges that fit, the oldest first.
        nearest: where calls are missing, the nearest of those that do not fit; None where there is none. Where some
            fit, only one of the same operation, method and path.
        warning: why the count may be short.
    """

    ok: bool
    count: int
    expected: str
    matched: Sequence[int]
    nearest: NearMiss | None = None
    warning: str | None = None

    def __str__(self) -> str:
        """All of it, for people, on several lines."""
        found = f"it was {times(self.count)}" if self.count != 0 else "it never was"
        lines = [f"Expected {self.expected}: {'as expected' if self.ok else found}."]
        if self.matched:
            lines.append(f"  fit: {', '.join(f'#{number}' for number in self.matched)}")
        if self.nearest:
            lines.append(f"  nearest: #{self.nearest.number} {self.nearest.call}")
            lines += [f"    {difference}" for difference in self.nearest.differences]
        return "\n".join([*lines, *([f"  {self.warning}"] if self.warning else [])])


def verify(entries: Iterable[Entry], expectation: Expectation, dropped: int = 0) -> Verification:
    """Whether the exchanges, the oldest first, are as expected.

    Args:
        dropped: how many exchanges the journal does not have any more.
    """
    calls = list(entries)
    warning = (
        f"The journal has dropped {dropped} older exchange{'s' * (dropped != 1)}, so the count may be short."
        if dropped
        else None
    )
    if expectation.in_order:
        return _verify_order(calls, expectation, warning)
    judged = [(entry, list(find_differences(entry, expectation))) for entry in calls]
    matched = [entry.number for entry, differences in judged if not differences]
    most = expectation.at_most
    ok = expectation.at_least <= len(matched) and (most is None or len(matched) <= most)
    nearest = None
    if len(matched) < expectation.at_least:  # where some fit, a call of something else explains nothing
        nearest = _find_nearest(each for each in judged if not matched or not _is_another_call(each[1]))
    return Verification(ok, len(matched), str(expectation), matched, nearest, warning)


def _verify_order(calls: Sequence[Entry], expectation: Expectation, warning: str | None) -> Verification:
    """The first call that fits is taken for each, which finds the order if there is one."""
    matched: list[int] = []
    start = 0
    for wanted in expectation.in_order:
        judged = [(entry, list(find_differences(entry, wanted))) for entry in calls[start:]]
        found = next((index for index, (_, differences) in enumerate(judged) if not differences), None)
        if found is None:
            nearest = _find_nearest(judged)
            expected = f"{expectation} (call {len(matched) + 1} of {len(expectation.in_order)} is missing)"
            return Verification(False, len(matched), expected, matched, nearest, warning)
        matched.append(judged[found][0].number)
        start += found + 1
    return Verification(True, len(matched), str(expectation), matched, None, warning)


def _is_another_call(differences: Iterable[Difference]) -> bool:
    return any(each.field in {"operation", "method", "path"} for each in differences)


def _find_nearest(judged: Iterable[tuple[Entry, Sequence[Difference]]]) -> NearMiss | None:
    """The one with the lightest differences; of equals the latest."""
    missed = [(entry, differences) for entry, differences in judged if differences]
    if not missed:
        return None
    entry, differences = min(missed, key=lambda miss: (sum(each.weight for each in miss[1]), -miss[0].number))
    status = "no answer" if entry.status is None else entry.status
    return NearMiss(entry.number, f"{entry.method} {entry.path} -> {status}", tuple(differences))


def find_differences(entry: Entry, expectation: Expectation) -> Iterator[Difference]:
    """Where an exchange is not as expected; nothing where it fits."""
    wanted = expectation
    if wanted.operation is not None and entry.operation != wanted.operation:
        yield Difference("operation", wanted.operation, _or_absent(entry.operation), _ANOTHER_CALL)
    if wanted.method is not None and entry.method.upper() != wanted.method.upper():
        yield Difference("method", wanted.method, entry.method, _ANOTHER_CALL)
    if wanted.path is not None and not _fits_path(wanted.path, entry.path):
        yield Difference("path", wanted.path, entry.path, _ANOTHER_CALL)
    if wanted.caller is not None and entry.caller != wanted.caller:
        yield Difference("caller", wanted.caller, _or_absent(entry.caller), _ANOTHER_PLACE)
    if wanted.conversation is not None and entry.conversation != wanted.conversation:
        yield Difference("conversation", wanted.conversation, _or_absent(entry.conversation), _ANOTHER_PLACE)
    if wanted.status is not None and not fits_status(wanted.status, entry.status):
        yield Difference("status", wanted.status, _or_absent(entry.status))
    given = parse_qsl(entry.query, keep_blank_values=True)
    for name, value in wanted.query.items():
        yield from _match_one_of(value, [each for key, each in given if key == name], f"query.{name}")
    for name, value in wanted.headers.items():
        values = [each for key, each in entry.request_headers if key.lower() == name]
        yield from _match_one_of(value, values, f"headers.{name}")
    if wanted.body is not ABSENT:
        yield from _match_body(entry, wanted.body)
    if wanted.fault is not None and all(fired.fault.kind != wanted.fault for fired in entry.faults):
        kinds = [fired.fault.kind for fired in entry.faults]
        yield Difference("fault", wanted.fault, ", ".join(kinds) if kinds else ABSENT)


def _or_absent(value: Any) -> Any:
    return ABSENT if value is None else value


def _fits_path(pattern: str, path: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), path, re.DOTALL) is not None


def _match_one_of(expected: Any, values: Sequence[str], field: str) -> Iterator[Difference]:
    """A name that is given several times fits if one of its values does."""
    candidates: Sequence[Any] = values or [ABSENT]
    if all(any(True for _ in match(expected, value, field)) for value in candidates):
        yield Difference(field, expected, candidates[0] if len(candidates) == 1 else list(candidates))


def _match_body(entry: Entry, expected: Any) -> Iterator[Difference]:
    """A body that is no JSON is taken for a text; one that is cut cannot be judged, and does not fit."""
    body = entry.request_body
    if entry.request_bytes > len(body):
        got = f"a body of {entry.request_bytes} bytes, of which {len(body)} are kept"
        yield Difference("body", expected, got)
        return
    value = read_json(body) if body else ABSENT
    if value is NOT_JSON:
        value = show_bytes(body)[0]
    if isinstance(expected, dict) and not is_matcher(expected) and value is ABSENT:
        value = {}  # so that each field that is missing is named
    yield from match(expected, value, "body")


def encode_verification(verification: Verification) -> dict[str, Any]:
    """The answer as JSON; `got` of what is not there is null, and `absent` says so."""
    nearest = verification.nearest
    return {
        "ok": verification.ok,
        "count": verification.count,
        "expected": verification.expected,
        "matched": list(verification.matched),
        "nearest": nearest
        and {
            "number": nearest.number,
            "call": nearest.call,
            "differences": [
                {
                    "field": each.field,
                    "expected": each.expected,
                    "got": None if each.got is ABSENT else each.got,
                    "absent": each.got is ABSENT,
                }
                for each in nearest.differences
            ],
        },
        "warning": verification.warning,
        "message": str(verification),
    }
