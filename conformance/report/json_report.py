"""The report as JSON: all that a run found, uncut.

`docs/report.md` says what each field is, `report.schema.json` its shape.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from conformance.contract import Clause
from conformance.outcome import REPORT_VERSION, ClauseResult, Evidence, Judgement, Outcome, RunReport, Verdict
from conformance.report import digest
from conformance.report.text import escape_json

_OWN_SHAPE = ("verdict", "clauses")


def render(report: RunReport) -> str:
    """The report as JSON text."""
    return escape_json(json.dumps(to_json(report), ensure_ascii=False, indent=2)) + "\n"


def to_json(report: RunReport) -> dict[str, Any]:
    """The report as plain values."""
    counts = digest.count(report.clauses)
    facts = {each.name: getattr(report, each.name) for each in fields(report) if each.name not in _OWN_SHAPE}
    return {
        "version": REPORT_VERSION,
        "verdict": {"exit_code": report.verdict.exit_code, "sentence": report.verdict.sentence},
        "counts": {label.replace(" ", "_"): counts[label] for label in digest.LABELS},
        **{name: dict(fact) if isinstance(fact, Mapping) else fact for name, fact in facts.items()},
        "clauses": [_clause_to_json(result) for result in report.clauses],
    }


def read(text: str) -> RunReport:
    """The run that a JSON report tells of. Fields that this version does not know are passed over.

    Raises:
        ValueError: it is no JSON, or a report of another version.
    """
    values = json.loads(text)
    if not isinstance(values, dict) or values.get("version") != REPORT_VERSION:
        raise ValueError(f"this is no report of version {REPORT_VERSION}")
    return RunReport(
        **{
            **_known_fields(RunReport, values),
            "verdict": Verdict(**_known_fields(Verdict, values["verdict"])),
            "clauses": [_clause_from_json(clause) for clause in values["clauses"]],
        }
    )


def _clause_to_json(result: ClauseResult) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "family": result.family,
        "level": result.clause.level,
        "text": result.clause.text,
        "outcome": None if result.outcome is None else str(result.outcome),
        "known_reason": result.known_reason,
        "judgements": [judgement.to_json() for judgement in result.judgements],
    }


def _clause_from_json(values: Mapping[str, Any]) -> ClauseResult:
    return ClauseResult(
        clause=Clause(id=values["id"], level=values["level"], text=values["text"]),
        judgements=[_judgement_from_json(judgement) for judgement in values["judgements"]],
        outcome=None if values["outcome"] is None else Outcome(values["outcome"]),
        known_reason=values["known_reason"],
    )


def _judgement_from_json(values: Mapping[str, Any]) -> Judgement:
    exchanges = [_known_fields(Evidence, exchange) for exchange in values["exchanges"]]
    return Judgement.from_json({**_known_fields(Judgement, values), "exchanges": exchanges})


def _known_fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: values[each.name] for each in fields(kind) if each.name in values}
