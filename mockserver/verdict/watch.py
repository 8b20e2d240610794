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
        self._began: dict[str | None, list[Callable[[Entry], Iterable[Finding]]]] = {}
        self._ended: dict[tuple[str | None, bool], list[Callable[[Entry], Iterable[Finding]]]] = {}
        """By operation, and whether it was a success: the rules that look at such ends."""
        self.log = FindingLog()
        self.coverage = Coverage(vocabulary, fault_kinds)

    def began(self, entry: Entry) -> None:
        """Show it to each rule that looks at what begins."""
        interested = self._began.get(entry.operation)
        if interested is None:
            interested = self._began[entry.operation] = [
                rule.began
                for rule in self.rules
                if type(rule).began is not Rule.began
                and (rule.beginnings is None or entry.operation in rule.beginnings)
            ]
        for see in interested:
            if findings := see(entry):
                self.log.add(findings)

    def ended(self, entry: Entry) -> None:
        """Show it to each rule that looks at what ends."""
        well = entry.status is not None and entry.status < 400
        interested = self._ended.get((entry.operation, well))
        if interested is None:
            interested = self._ended[entry.operation, well] = [
                rule.ended
                for rule in self.rules
                if (rule.operations is None or entry.operation in rule.operations) and not (well and rule.refusals_only)
            ]
        for see in interested:
            if findings := see(entry):
                self.log.add(findings)
        self.coverage.observe(entry)

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
        self._client(entry.caller).began(entry)

    def ended(self, entry: Entry) -> None:
        """An exchange is over: its entry is complete."""
        self._client(entry.caller).ended(entry)
        self._coverage.observe(entry)
        entry.forget_json()

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
