"""Watches the clients of one workspace: every rule for every caller, the findings folded, what was met counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mockserver.journal.entries import Entry
from mockserver.verdict import fields, paging, quotas, retries, steering, streams, timestamps
from mockserver.verdict.coverage import Coverage
from mockserver.verdict.findings import Finding, FindingLog, worst_first
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Rule
from mockserver.verdict.vocabulary import Vocabulary

RULES: Final[tuple[type[Rule], ...]] = (
    retries.DoublePost,
    retries.OneIdOneMessage,
    retries.PatienceAfterLock,
    streams.OneStreamAtATime,
    streams.Abandoned,
    streams.Incomplete,
    streams.IdleCancels,
    quotas.RetryAfter,
    quotas.Tokens,
    paging.Pages,
    paging.Polling,
    fields.Names,
    fields.MediaTypes,
    fields.Refusals,
    steering.Nulls,
    timestamps.Timestamps,
)
"""Each code is carried out by one of them."""

MAX_CLIENTS = 200
"""Callers that are remembered; those who were quiet for longest are forgotten first."""


class _Client:
    """One caller: its rules with their memories, what they found, what it met."""

    def __init__(self, vocabulary: Vocabulary, fault_kinds: Sequence[str]) -> None:
        self.rules = [rule(vocabulary) for rule in RULES]
        self.log = FindingLog()
        self.coverage = Coverage(vocabulary, fault_kinds)

    def feed(self, see: Callable[[Rule], Iterable[Finding]]) -> None:
        """Show it to each rule."""
        for rule in self.rules:
            self.log.add(see(rule))

    def findings(self) -> list[Finding]:
        """What was found, and what nothing has excused so far."""
        log = self.log.copy()
        for rule in self.rules:
            log.add(rule.pending())
        return list(log)


class ClientWatch:
    """The watch of a workspace. Bounded: in callers, in what is remembered of each, in findings.

    Args:
        vocabulary: what the contract knows.
        fault_kinds: the kinds of faults that there are, for the coverage.
    """

    def __init__(self, vocabulary: Vocabulary, fault_kinds: Sequence[str] = ()) -> None:
        self._vocabulary = vocabulary
        self._fault_kinds = tuple(fault_kinds)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._clients: Bounded[str | None, _Client] = Bounded(MAX_CLIENTS)
        self._coverage = Coverage(self._vocabulary, self._fault_kinds)

    def began(self, entry: Entry) -> None:
        """A request has come; its body may not be there yet."""
        self._client(entry.caller).feed(lambda rule: rule.began(entry))

    def ended(self, entry: Entry) -> None:
        """An exchange is over: its entry is complete."""
        client = self._client(entry.caller)
        client.feed(lambda rule: rule.ended(entry))
        client.coverage.observe(entry)
        self._coverage.observe(entry)

    @property
    def callers(self) -> list[str | None]:
        """Who was seen, by name; None is whoever came without a valid token, and comes last."""
        return sorted(self._clients, key=lambda caller: (caller is None, caller or ""))

    def findings(self, caller: str | None = None) -> list[Finding]:
        """What one caller did wrong, or all of them did; the worst comes first."""
        wanted = self.callers if caller is None else [caller]
        return worst_first(f for name in wanted if name in self._clients for f in self._clients[name].findings())

    def findings_of_nobody(self) -> list[Finding]:
        """What was done wrong by whoever came without a valid token."""
        return worst_first(self._clients[None].findings()) if None in self._clients else []

    def coverage(self, caller: str | None = None) -> Coverage:
        """What one caller has met, or the whole workspace has."""
        if caller is None:
            return self._coverage
        known = self._clients.get(caller)
        return known.coverage if known else Coverage(self._vocabulary, self._fault_kinds)

    def _client(self, caller: str | None) -> _Client:
        return self._clients.of(caller, lambda: _Client(self._vocabulary, self._fault_kinds))
