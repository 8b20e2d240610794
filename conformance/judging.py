"""From what a test raised to what it says of its clauses, and from all judgements to the verdict. Pure; no pytest.

A test may stumble over a clause that is not its own: a page walk over a create that answers 500. Then its own clause
is *blocked* and names the cause, and the cause is judged as broken, with the evidence, whichever test found it. So a
root cause does not fan out, and the order of the tests (and which worker ran them) does not matter.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from conformance.contract import Clause, clauses
from conformance.exchange import Exchange
from conformance.known_failures import KnownFailure
from conformance.outcome import ClauseResult, Evidence, Judgement, Outcome, Verdict
from conformance.schema_answers import Finding
from conformance.verdict import Unverified, Violation

FAMILIES = ("CRE", "LST", "PAG", "MSG", "IDM", "STR", "LCK", "CAN", "PAT", "AUT", "ERR", "SCH", "MOD")
"""In contract order."""


@dataclass(frozen=True)
class _Extent:
    """How much is shown of an exchange and of a test: characters of a body, events of a stream, exchanges."""

    body: int
    events: int
    exchanges: int


_WHOLE = _Extent(body=16_384, events=400, exchanges=60)
_BRIEF = _Extent(body=600, events=12, exchanges=4)
"""Of what has passed: a run has hundreds of such tests, and nobody reads them all."""

_TOLD_IDS = 8

_JUDGED = (Outcome.NOTED, Outcome.PASSED, Outcome.WARNED, Outcome.KNOWN)


def contract_order(clause_id: str) -> tuple[int, int]:
    """Sorts clauses by family, then by number."""
    family, _, number = clause_id.partition("-")
    return FAMILIES.index(family), int(number)


def evidence(exchange: Exchange, began: float, extent: _Extent = _WHOLE) -> Evidence:
    """An exchange as reports show it, with times from the beginning of the run."""
    return Evidence(
        at_s=round(exchange.started - began, 4),
        elapsed_s=round(exchange.elapsed, 4),
        method=exchange.method,
        url=exchange.url,
        status=exchange.status,
        note=exchange.note,
        request_body=None if exchange.request_body is None else _cut(exchange.request_body, extent.body),
        headers=dict(exchange.headers),
        body="" if exchange.events else _cut(exchange.body, extent.body),
        curl=exchange.curl,
        events=[
            (round(at - began, 4), name, _cut(data, extent.body)) for at, name, data in exchange.events[: extent.events]
        ],
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def judge(
    own: Sequence[str],
    problem: BaseException | None,
    *,
    test: str,
    gate: str,
    known: Mapping[str, KnownFailure],
    exchanges: Sequence[Exchange],
    began: float,
    note: str = "",
) -> list[Judgement]:
    """What a test that carries the clauses `own` says, having ended with `problem`.

    `exchanges` are what it and its scenes sent; of a violation those are shown that prove it.
    """

    def show(shown: Sequence[Exchange], extent: _Extent = _WHOLE) -> list[Evidence]:
        return [evidence(exchange, began, extent) for exchange in shown[-extent.exchanges :]]

    def made(clause_id: str, outcome: Outcome, **facts: object) -> Judgement:
        return Judgement(clause=clause_id, test=test, outcome=outcome, **facts)  # type: ignore[arg-type]

    match problem:
        case None:
            return [
                made(
                    id_,
                    Outcome.NOTED if _level(id_) == "may" else Outcome.PASSED,
                    reason=note,
                    exchanges=show(exchanges, _BRIEF),
                )
                for id_ in own
            ]
        case Violation() if any(exchange.repeated for exchange in problem.exchanges):
            reason = f"a call had to be sent again, so that it proves nothing: {problem.observed}"
            return [made(id_, Outcome.UNVERIFIED, reason=reason, exchanges=show(problem.exchanges)) for id_ in own]
        case Violation():
            broken = made(
                problem.clause.id,
                _outcome_of_breach(problem.clause, gate, known),
                reason=problem.observed if problem.clause.level == "may" else "",
                expected=problem.expected,
                observed=problem.observed,
                exchanges=show(problem.exchanges),
                in_passing=problem.clause.id not in own,
            )
            blocked = [
                made(id_, Outcome.BLOCKED, reason=f"needs {problem.clause.id}", cause=problem.clause.id)
                for id_ in own
                if id_ != problem.clause.id
            ]
            return [*blocked, broken]
        case Unverified():
            return [
                made(id_, Outcome.UNVERIFIED, reason=str(problem), remedy=problem.remedy, exchanges=show(exchanges))
                for id_ in own
            ]
        case _:
            told = "".join(traceback.format_exception(problem))
            first = f"{type(problem).__name__}: {problem}".splitlines()[0]
            return [made(id_, Outcome.FAULT, reason=first, details=told, exchanges=show(exchanges)) for id_ in own]


def judge_in_passing(
    exchanges: Iterable[Exchange],
    check: Callable[[Exchange], list[Finding]],
    *,
    test: str,
    gate: str,
    known: Mapping[str, KnownFailure],
    began: float,
) -> list[Judgement]:
    """What any answer may break whatever it was asked for: SCH-1, ERR-1, ERR-2. Each kind of breach once."""
    found: dict[tuple[str, str, str], Judgement] = {}
    for exchange in exchanges:
        findings = check(exchange)
        if exchange.status is not None and exchange.status >= 500 and exchange.status not in (502, 503, 504):
            findings = [Finding("ERR-1", "no 5xx", f"{exchange.status} {exchange.body[:200]}".strip())]
        for finding in findings:
            outcome = _outcome_of_breach(clauses()[finding.clause], gate, known)
            kind = (finding.clause, exchange.method, finding.observed[:80])
            found.setdefault(
                kind,
                Judgement(
                    clause=finding.clause,
                    test=test,
                    outcome=outcome,
                    expected=finding.expected,
                    observed=finding.observed,
                    exchanges=[evidence(exchange, began)],
                    in_passing=True,
                ),
            )
    return list(found.values())


def _level(clause_id: str) -> str:
    return clauses()[clause_id].level


def _outcome_of_breach(clause: Clause, gate: str, known: Mapping[str, KnownFailure]) -> Outcome:
    if clause.level == "may":
        return Outcome.NOTED
    if clause.id in known and not known[clause.id].expired(date.today()):
        return Outcome.KNOWN
    return Outcome.WARNED if clause.level == "should" and gate == "must" else Outcome.FAILED


def results(judgements: Iterable[Judgement], known: Mapping[str, KnownFailure]) -> list[ClauseResult]:
    """Every clause of the contract in its order, with what was said of it."""
    by_clause: dict[str, list[Judgement]] = {id_: [] for id_ in sorted(clauses(), key=contract_order)}
    for judgement in judgements:
        by_clause[judgement.clause].append(judgement)
    return [
        ClauseResult(
            clause=clauses()[id_],
            judgements=said,
            outcome=Outcome.worst(judgement.outcome for judgement in said),
            known_reason=known[id_].reason if id_ in known else "",
        )
        for id_, said in by_clause.items()
    ]


def verdict(
    found: Sequence[ClauseResult],
    *,
    gate: str,
    allowed: Set[str],
    stale: Sequence[str] = (),
    interrupted: str = "",
) -> Verdict:
    """The sentence and the exit code that the clauses together make.

    `allowed` are the clauses that may stay unverified; `stale` are known failures that pass again; `interrupted`
    says why the run did not come to its end, if it did not.
    """
    failed = [result.clause.id for result in found if result.outcome is Outcome.FAILED]
    faults = [result.clause.id for result in found if result.outcome is Outcome.FAULT]
    known = {result.clause.id for result in found if result.outcome is Outcome.KNOWN}
    missing = [
        result
        for result in found
        if _is_missing(result, gate) and result.clause.id not in allowed and not _is_excused(result, known)
    ]
    judged = [result for result in found if result.outcome in _JUDGED]
    not_run = [result for result in found if result.outcome is None]
    excused = [result for result in found if _is_missing(result, gate) and result.clause.id in allowed]
    if failed or stale:
        return Verdict(1, _breach(failed, stale))
    if faults:
        return Verdict(5, f"no verdict: a fault of the kit in {_ids(faults)}")
    if interrupted:
        return Verdict(3, f"no verdict: {interrupted}")
    if missing or not judged:
        return Verdict(3, _incomplete(missing, gate) if missing else "no verdict: no clause was judged")
    if not_run:
        return Verdict(0, f"conforms in what was judged: {len(judged)} of {len(found)} clauses")
    return Verdict(0, f"conforms; unverified, as allowed: {len(excused)} clauses" if excused else "conforms")


def _is_missing(result: ClauseResult, gate: str) -> bool:
    required = ("must",) if gate == "must" else ("must", "should")
    return result.outcome in (Outcome.UNVERIFIED, Outcome.BLOCKED) and result.clause.level in required


def _is_excused(result: ClauseResult, known: Set[str]) -> bool:
    """Whether all that keeps a clause from being judged is a known failure."""
    open_ones = [
        judgement for judgement in result.judgements if judgement.outcome in (Outcome.UNVERIFIED, Outcome.BLOCKED)
    ]
    return all(judgement.cause in known for judgement in open_ones)


def _breach(failed: Sequence[str], stale: Sequence[str]) -> str:
    parts = [f"does not conform: {_ids(failed)}"] if failed else []
    if len(stale) == 1:
        parts.append(f"{stale[0]} no longer fails: remove its entry from the known failures")
    elif stale:
        parts.append(f"{_ids(stale)} no longer fail: remove their entries from the known failures")
    return "; ".join(parts)


def _incomplete(missing: Sequence[ClauseResult], gate: str) -> str:
    kind = "must " if gate == "must" else ""
    count = f"{len(missing)} {kind}clause{'s' if len(missing) > 1 else ''}"
    remedies = sorted(
        {
            judgement.remedy
            for result in missing
            for judgement in result.judgements
            if judgement.outcome is Outcome.UNVERIFIED and judgement.remedy
        }
    )
    advice = f" (give {' and '.join(remedies)})" if remedies else ""
    return f"no verdict: {count} unverified: {_ids([result.clause.id for result in missing])}{advice}"


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _TOLD_IDS} more" if len(ids) > _TOLD_IDS else ""
    return ", ".join(ids[:_TOLD_IDS]) + more
