"""What every rule of the verdict is: it sees one client's exchanges begin and end, and says what was wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from mockserver.journal.entries import Entry
from mockserver.verdict.findings import Finding
from mockserver.verdict.vocabulary import Vocabulary

Findings = Iterable[Finding]


class Rule:
    """Watches one client for one or a few codes. Its memory is bounded.

    Each exchange is shown to many rules, and few have anything to say. One that can tell at a glance that it has not
    gives `()`, which costs less than a generator that yields nothing.

    `began` comes before the body has been read: a rule must not ask for `Entry.json` there.
    """

    codes: ClassVar[tuple[str, ...]] = ()
    operations: frozenset[str] | None = None
    """Those whose ends it looks at; None: all, and what is no operation, too."""
    beginnings: ClassVar[frozenset[str] | None] = None
    """The operations whose beginnings it looks at, where it has a `began`; None: all."""
    refusals_only: ClassVar[bool] = False
    """It looks at ends only that no success is: of a status from 400 on, or none."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def began(self, entry: Entry) -> Findings:
        """A request has come."""
        return ()

    def ended(self, entry: Entry) -> Findings:
        """An exchange is over."""
        return ()

    def pending(self) -> Findings:
        """What would be a finding if nothing more came: what follows may still excuse it."""
        return ()


def found(code: str, message: str, *entries: Entry, subject: str) -> Finding:
    """A finding about exchanges; the last of them is when it happened."""
    last = entries[-1]
    numbers = tuple(sorted({entry.number for entry in entries}))
    return Finding(code=code, caller=last.caller, entries=numbers, message=message, at_s=last.at_s, subject=subject)
