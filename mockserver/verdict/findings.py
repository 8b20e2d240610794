"""A finding: one thing that a client did wrong, with its evidence; and the log that folds equal ones. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mockserver.verdict.codes import CODES, Severity

MAX_EVIDENCE = 10
"""Exchanges that a finding names at the most: the latest."""

MAX_SUBJECTS = 200
"""Different findings that are kept of a client; the oldest of the commonest code go first, so that no code is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a client did wrong.

    Attributes:
        code: a key of `mockserver.verdict.codes.CODES`.
        caller: who; None is whoever came without a valid token.
        entries: the numbers of the exchanges that show it.
        message: one sentence with the facts of the latest time.
        at_s: when it happened last, in seconds of the workspace's clock.
        subject: what it is about; findings of one code and one subject are one.
        count: how often it happened.
        first_at_s: when it happened first.
    """

    code: str
    caller: str | None
    entries: tuple[int, ...]
    message: str
    at_s: float
    subject: str = ""
    count: int = 1
    first_at_s: float | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return CODES[self.code].severity

    def fold(self, later: Finding) -> Finding:
        """The two as one: the later one's facts, and the evidence of both."""
        numbers = sorted({*self.entries, *later.entries})[-MAX_EVIDENCE:]
        first = self.at_s if self.first_at_s is None else self.first_at_s
        return replace(later, entries=tuple(numbers), count=self.count + later.count, first_at_s=first)


class FindingLog:
    """The findings of one client, folded, in the order in which each was first made."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        """Take new ones in."""
        for finding in findings:
            key = finding.code, finding.subject
            earlier = self._found.get(key)
            self._found[key] = earlier.fold(finding) if earlier else finding
            if len(self._found) > MAX_SUBJECTS:
                [(commonest, _)] = Counter(code for code, _ in self._found).most_common(1)
                del self._found[next(key for key in self._found if key[0] == commonest)]

    def copy(self) -> FindingLog:
        """Another log with the same findings."""
        other = FindingLog()
        other._found = dict(self._found)
        return other

    def __iter__(self) -> Iterator[Finding]:
        """All of them."""
        return iter(self._found.values())


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then hints; among equals by when they first happened."""
    order = list(Severity)
    return sorted(findings, key=lambda f: (order.index(f.severity), f.at_s if f.first_at_s is None else f.first_at_s))
