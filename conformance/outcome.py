"""What a run found, as plain values: what one test says of a clause, and what all of them make of it.

No pytest, no HTTP and no I/O: these values cross from worker to worker as JSON, and every report is drawn from them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from conformance.contract import Clause

REPORT_VERSION = 1
"""Raised when a field of the JSON report changes its meaning or goes; new fields leave it as it is."""


class Outcome(StrEnum):
    """What came of a clause, from the best to the worst: of several outcomes the last one counts."""

    SKIPPED = "skipped"
    """Left out by `--skip-clause`, with its reason."""
    NOTED = "noted"
    """A `may`: what the backend does was recorded, and is right."""
    PASSED = "passed"
    UNVERIFIED = "unverified"
    """What it needs was not given, could not be paid for, or could not be observed."""
    BLOCKED = "blocked"
    """What it needs is broken: another clause, its `cause`."""
    WARNED = "warned"
    """A broken `should` where the gate is `must`."""
    KNOWN = "known"
    """Broken, and the file of known failures says so."""
    FAILED = "failed"
    FAULT = "fault"
    """A fault of the kit: it says nothing of the backend."""

    @classmethod
    def worst(cls, outcomes: Iterable[Self]) -> Self | None:
        """The one that counts; None of none."""
        found = set(outcomes)
        return next((outcome for outcome in reversed(cls) if outcome in found), None)


@dataclass(frozen=True)
class Evidence:
    """One exchange as it is shown: redacted, long bodies cut. Times are seconds since the run began."""

    at_s: float
    elapsed_s: float
    method: str
    url: str
    status: int | None
    """None: no answer came, and `note` says why."""
    note: str
    request_body: str | None
    headers: Mapping[str, str]
    body: str
    curl: str
    events: list[tuple[float, str, str]] = field(default_factory=list)
    """Of a stream: when each event came (seconds since the run began), its name and its data."""


@dataclass(frozen=True)
class Judgement:
    """What one test says of one clause."""

    clause: str
    test: str
    """`test_lock.py::test_...`"""
    outcome: Outcome
    reason: str = ""
    """One line: why it is unverified, blocked or skipped; what was noted."""
    expected: str = ""
    observed: str = ""
    cause: str | None = None
    """Of a blocked one: the clause that is broken."""
    remedy: str | None = None
    """Of an unverified one: the option that would have helped, such as `--api-second-token`."""
    replies: int = 0
    """Generated replies that the test spent."""
    duration_s: float = 0.0
    exchanges: list[Evidence] = field(default_factory=list)
    """In the order in which they ended. Of a violation: those that show it."""
    details: str = ""
    """Of a fault: the traceback."""
    in_passing: bool = False
    """Whether the test found it although the clause is not its own."""

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "outcome": self.outcome.value, "exchanges": [dict(vars(each)) for each in self.exchanges]}

    def redacted(self, redact: Callable[[str], str]) -> Self:
        """The judgement without secrets. Its exchanges were recorded without any."""
        return replace(
            self,
            reason=redact(self.reason),
            expected=redact(self.expected),
            observed=redact(self.observed),
            details=redact(self.details),
        )

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The judgement that `to_json` was called on."""
        exchanges = [
            Evidence(**{**exchange, "events": [tuple(event) for event in exchange["events"]]})
            for exchange in values["exchanges"]
        ]
        return cls(**{**values, "outcome": Outcome(values["outcome"]), "exchanges": exchanges})


@dataclass(frozen=True)
class ClauseResult:
    """What all tests together make of a clause. Without a judgement it was not part of the run (`outcome` is None)."""

    clause: Clause
    judgements: list[Judgement]
    outcome: Outcome | None
    known_reason: str = ""
    """Why it may fail, after the file of known failures."""

    @property
    def family(self) -> str:
        """`LCK` of `LCK-4`."""
        return self.clause.id.partition("-")[0]

    @property
    def decisive(self) -> Judgement | None:
        """The judgement that made the outcome."""
        worst = Outcome.worst(judgement.outcome for judgement in self.judgements)
        return next((judgement for judgement in self.judgements if judgement.outcome is worst), None)


@dataclass(frozen=True)
class Verdict:
    """The end of a run: an exit code from 0 to 5 and one sentence.

    0 conforms, 1 does not conform, 2 wrong use, 3 incomplete, 4 nothing there to judge, 5 a fault of the kit.
    """

    exit_code: int
    sentence: str


@dataclass(frozen=True)
class RunReport:
    """A whole run: everything that a report shows."""

    verdict: Verdict
    clauses: list[ClauseResult]
    """Every clause of the contract, in its order by family."""
    base_url: str
    workspace_id: str
    started_at: str
    """ISO 8601 in UTC."""
    duration_s: float
    kit_version: str
    contract_version: str
    run_id: str
    seed: int
    gate: str
    replies_spent: int
    replies_budget: int | None
    repeated_calls: int
    """Calls that had to be sent again: after 429, 502 to 504, or a connection that broke."""
    calibration: Mapping[str, float] = field(default_factory=dict)
    """What the smoke pass measured: `reply_s`, how long a plain reply took; `call_s`, a call that needs none."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The options that were given, without secrets."""
    notes: list[str] = field(default_factory=list)
    """What else whoever reads the report should know: stale known failures, retries, leftovers."""
