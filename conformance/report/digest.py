"""What several kinds of report say of a run: families, counts, reasons, words. Pure: values in, values out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from conformance.outcome import ClauseResult, Evidence, Judgement, Outcome, RunReport
from conformance.report.text import one_line

NOT_RUN = "not run"
"""What a clause without a judgement is called."""

LABELS = [*reversed(Outcome), NOT_RUN]
"""Every label, from what has to be read first."""

FAMILY_NAMES = {
    "CRE": "create",
    "LST": "list",
    "PAG": "pages",
    "MSG": "messages",
    "IDM": "replay",
    "STR": "streams",
    "LCK": "lock",
    "CAN": "cancel",
    "PAT": "patch",
    "AUT": "callers",
    "ERR": "errors",
    "SCH": "schemas",
    "MOD": "model",
}

_VERDICT_WORDS = {
    0: "Conforms",
    1: "Does not conform",
    2: "Wrong use",
    3: "Incomplete",
    4: "Nothing to judge",
    5: "Fault of the kit",
}
_TONES = {0: "good", 1: "bad", 5: "bad"}
_BROKEN = (Outcome.FAILED, Outcome.WARNED, Outcome.KNOWN)


@dataclass(frozen=True)
class Family:
    """The clauses of one family, and what came of them."""

    id: str
    results: list[ClauseResult] = field(default_factory=list)

    @property
    def name(self) -> str:
        """`lock` of `LCK`; "" of a family that is new in the contract."""
        return FAMILY_NAMES.get(self.id, "")

    @property
    def counts(self) -> Counter[str]:
        """How many clauses have each label."""
        return count(self.results)

    @property
    def replies(self) -> int:
        """Replies that its tests spent."""
        return sum(judgement.replies for judgement in self._paid)

    @property
    def duration_s(self) -> float:
        """How long its tests took."""
        return sum(judgement.duration_s for judgement in self._paid)

    @property
    def _paid(self) -> list[Judgement]:
        """One judgement of each test that is the family's own: all that a test gives say what the one test cost."""
        per_test: dict[str, Judgement] = {}
        for result in self.results:
            for judgement in result.judgements:
                if not judgement.in_passing:
                    per_test.setdefault(judgement.test, judgement)
        return list(per_test.values())


@dataclass(frozen=True)
class Reason:
    """Clauses that share an outcome and the reason for it."""

    label: str
    text: str
    clauses: list[str]


def families(report: RunReport) -> list[Family]:
    """The families in the order in which the report names them."""
    found: dict[str, Family] = {}
    for result in report.clauses:
        found.setdefault(result.family, Family(result.family)).results.append(result)
    return list(found.values())


def label(result: ClauseResult) -> str:
    """The outcome as one word or two."""
    return NOT_RUN if result.outcome is None else str(result.outcome)


def count(results: Iterable[ClauseResult]) -> Counter[str]:
    """How many clauses have each label."""
    return Counter(label(result) for result in results)


def judged_as(result: ClauseResult, judgement: Judgement) -> Outcome:
    """The outcome that one judgement is shown with.

    What the clause was given (a failure that is known, a `should` that only warns) holds for the judgements that
    made it so.
    """
    worst = Outcome.worst(each.outcome for each in result.judgements)
    return result.outcome if result.outcome and judgement.outcome is worst else judgement.outcome


def why(result: ClauseResult, judgement: Judgement) -> str:
    """One line: why a judgement is what it is; "" where there is nothing to say."""
    outcome = judged_as(result, judgement)
    if outcome is Outcome.KNOWN and result.known_reason:
        text = result.known_reason
    elif outcome is Outcome.UNVERIFIED and judgement.remedy:
        text = f"give {judgement.remedy}"
    elif outcome is Outcome.BLOCKED and judgement.cause:
        text = f"{judgement.cause} is broken"
    elif outcome in _BROKEN:
        text = _contrast(judgement) or judgement.reason
    else:
        text = judgement.reason or judgement.details.strip().rpartition("\n")[2]
    return one_line(text)


def reasons(report: RunReport, labels: Iterable[str]) -> list[Reason]:
    """The distinct reasons of the clauses with these labels, label by label."""
    grouped: dict[tuple[str, str], Reason] = {}
    for wanted in labels:
        for result in report.clauses:
            if label(result) != wanted:
                continue
            for text in _whys(result):
                reason = grouped.setdefault((wanted, text), Reason(wanted, text, []))
                reason.clauses.append(result.clause.id)
    return list(grouped.values())


def further_reason(judgement: Judgement) -> str:
    """The reason of a judgement where it says more than what was observed, or its cause; else ""."""
    return "" if judgement.reason in (judgement.observed, f"needs {judgement.cause}") else judgement.reason


def broken(report: RunReport, *outcomes: Outcome) -> list[tuple[ClauseResult, Judgement]]:
    """Every judgement of the clauses with these outcomes that made them so."""
    return [
        (result, judgement)
        for result in report.clauses
        if result.outcome in outcomes
        for judgement in result.judgements
        if judged_as(result, judgement) is result.outcome
    ]


def verdict_word(exit_code: int) -> str:
    """The verdict in three words at the most."""
    return _VERDICT_WORDS.get(exit_code, f"Exit code {exit_code}")


def verdict_tone(exit_code: int) -> str:
    """`good`, `bad`, or `unsure` where nothing can be said of the backend."""
    return _TONES.get(exit_code, "unsure")


def story(judgement: Judgement) -> list[Evidence]:
    """The exchanges in the order in which they began, which is how a reader retells them; they are numbered so."""
    return sorted(judgement.exchanges, key=lambda exchange: exchange.at_s)


def test_name(judgement: Judgement) -> str:
    """The test without its file."""
    return one_line(judgement.test.partition("::")[2] or judgement.test)


def call(evidence: Evidence) -> str:
    """What was called, short: `POST .../message-streams`, as `str` of an exchange has it."""
    try:
        parts = urlsplit(evidence.url)
    except ValueError:  # a URL that the backend made up: `http://[`
        return one_line(f"{evidence.method} {evidence.url}")
    query = f"?{parts.query}" if parts.query else ""
    return one_line(f"{evidence.method} .../{parts.path.rpartition('/')[2]}{query}")


def exchange_line(evidence: Evidence) -> str:
    """One line: `POST .../messages -> 200 in 12 ms`, the note in brackets."""
    answer = "no answer" if evidence.status is None else str(evidence.status)
    note = f" ({one_line(evidence.note)})" if evidence.note else ""
    return f"{call(evidence)} -> {answer} in {evidence.elapsed_s * 1000:.0f} ms{note}"


def events_line(evidence: Evidence) -> str:
    """One line on a stream: `38 events over 1.7 s: delta 36, message 1`; "" where there is none."""
    if not evidence.events:
        return ""
    names = Counter(one_line(name, 40) for _, name, _ in evidence.events)
    shown = ", ".join(f"{name} {times}" for name, times in names.most_common(5))
    over_s = evidence.events[-1][0] - evidence.events[0][0]
    return f"{len(evidence.events)} events over {duration(over_s)}: {shown}"


def duration(seconds: float) -> str:
    """`412 ms`, `12.3 s`, `4 min 12 s`, `1 h 02 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def replies(report: RunReport) -> str:
    """`12 of 40`: replies spent, and how many were allowed."""
    allowed = "" if report.replies_budget is None else f" of {report.replies_budget}"
    return f"{report.replies_spent}{allowed}"


def started(report: RunReport) -> datetime | None:
    """When the run began, in UTC; None where the report does not say it in ISO 8601."""
    try:
        moment = datetime.fromisoformat(report.started_at)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whys(result: ClauseResult) -> list[str]:
    deciding = [judgement for judgement in result.judgements if judged_as(result, judgement) is result.outcome]
    return list(dict.fromkeys(why(result, judgement) for judgement in deciding)) or [one_line(result.known_reason)]


def _contrast(judgement: Judgement) -> str:
    if not (judgement.expected or judgement.observed):
        return ""
    return f"expected {judgement.expected or '?'}; observed {judgement.observed or '?'}"
