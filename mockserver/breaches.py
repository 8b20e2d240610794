"""Where the mock was found to break its own contract: a fault of ours, which is said aloud."""

from __future__ import annotations

import logging

from mockserver.checks import AnswerChecks
from mockserver.journal.entries import Entry
from mockserver.journal.masking import ANY_JWT

logger = logging.getLogger("mockserver")


class Breaches:
    """Looks at answers, and keeps what is wrong with them.

    Args:
        checks: what looks at every answer; None: nobody does.

    Attributes:
        found: a sentence for each breach.
    """

    def __init__(self, checks: AnswerChecks | None) -> None:
        self.checks = checks
        self.found: list[str] = []

    def check(self, entry: Entry, body: bytes) -> None:
        """Hold an answer against the contract, unless a fault made it. A stream is looked at event by event."""
        if self.checks and not entry.faults and entry.status is not None and not entry.is_stream:
            self.note(entry, self.checks.check_answer(entry.operation, entry.status, entry.response_headers, body))

    def note(self, entry: Entry, problems: list[str]) -> None:
        """An answer has these."""
        for problem in map(ANY_JWT.text, problems):
            self.found.append(f"{entry.method} {entry.path}: {problem}")
            logger.error("this answer breaks the contract: %s", self.found[-1])
