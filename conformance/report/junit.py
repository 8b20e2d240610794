"""The report as JUnit XML, which every CI knows: a suite for each family, a case for each judgement.

Valid XML 1.0 whatever the backend sent: what XML cannot hold is written out (see `text.visible`).
"""

from collections import Counter
from xml.etree import ElementTree as ET

from conformance.outcome import ClauseResult, Judgement, Outcome, RunReport
from conformance.report import digest
from conformance.report.digest import Family
from conformance.report.terminal import story_lines
from conformance.report.text import one_line, visible

_SKIPPED = (Outcome.UNVERIFIED, Outcome.BLOCKED, Outcome.SKIPPED, Outcome.KNOWN)
_TALLIED = ("tests", "failures", "errors", "skipped")


def render(report: RunReport) -> str:
    """The report as XML text."""
    root = ET.Element("testsuites", name="conformance", time=f"{report.duration_s:.3f}")
    for family in digest.families(report):
        root.append(_suite(report, family))
    for name in _TALLIED:
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    # ElementTree would declare the locale's encoding; the file is UTF-8.
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(report: RunReport, family: Family) -> ET.Element:
    cases = [_case(result, judgement) for result in family.results for judgement in result.judgements]
    _number_namesakes(cases)
    suite = ET.Element(
        "testsuite",
        name=f"{family.id} {family.name}".rstrip(),
        tests=str(len(cases)),
        failures=str(_having(cases, "failure")),
        errors=str(_having(cases, "error")),
        skipped=str(_having(cases, "skipped")),
        time=f"{family.duration_s:.3f}",
    )
    if began := digest.started(report):
        suite.set("timestamp", f"{began:%Y-%m-%dT%H:%M:%S}")  # UTC; the format has no place for an offset
    _add_properties(suite, _facts(report))
    suite.extend(cases)
    return suite


def _case(result: ClauseResult, judgement: Judgement) -> ET.Element:
    outcome = digest.judged_as(result, judgement)
    reason = digest.why(result, judgement)
    case = ET.Element(
        "testcase",
        classname=f"conformance.{result.family}",
        name=f"{result.clause.id} {digest.test_name(judgement)}",
        time=f"{judgement.duration_s:.3f}",
    )
    properties = {
        "clause": result.clause.id,
        "level": result.clause.level,
        "outcome": str(outcome),
        "reason": reason,
        "replies": str(judgement.replies),
    }
    _add_properties(case, properties)
    story = "\n".join(visible(line) for line in story_lines(judgement, result.clause))
    if outcome is Outcome.FAILED:
        ET.SubElement(case, "failure", message=reason, type=f"{result.clause.level} broken").text = story
    elif outcome is Outcome.FAULT:
        ET.SubElement(case, "error", message=reason, type="fault of the kit").text = story
    elif outcome in _SKIPPED:
        ET.SubElement(case, "skipped", message=f"{outcome}: {reason}")
    if outcome in (Outcome.WARNED, Outcome.KNOWN):
        ET.SubElement(case, "system-out").text = story
    return case


def _number_namesakes(cases: list[ET.Element]) -> None:
    """One test may say several things of a clause, yet a CI takes two cases of one name for one."""
    seen: Counter[str] = Counter()
    for case in cases:
        name = case.get("name", "")
        seen[name] += 1
        if seen[name] > 1:
            case.set("name", f"{name} ({seen[name]})")


def _facts(report: RunReport) -> dict[str, str]:
    return {
        "base_url": report.base_url,
        "workspace_id": report.workspace_id,
        "run_id": report.run_id,
        "seed": str(report.seed),
        "gate": report.gate,
        "kit_version": report.kit_version,
        "contract_version": report.contract_version,
        "exit_code": str(report.verdict.exit_code),
        "verdict": report.verdict.sentence,
    }


def _add_properties(element: ET.Element, values: dict[str, str]) -> None:
    properties = ET.SubElement(element, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=one_line(value, 1_000))


def _having(cases: list[ET.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)
