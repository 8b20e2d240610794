"""The verdict as JSON, and as a few plain lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mockserver.verdict.codes import CODES, Severity
from mockserver.verdict.findings import Finding
from mockserver.verdict.watch import ClientWatch

NOBODY = "(no valid token)"
"""What a line calls a caller who is not known."""


def is_clean(findings: Iterable[Finding]) -> bool:
    """No error and no warning; hints are allowed."""
    return all(finding.severity is Severity.HINT for finding in findings)


def encode_verdict(watch: ClientWatch, caller: str | None = None) -> dict[str, Any]:
    """The verdict on all clients of a workspace, or on one.

    `clean` and `codes` (how many findings each code has) are of the clients that are told of; `coverage` is of all of
    them together, and beside each client of that one.
    """
    callers = watch.callers if caller is None else [caller]
    findings = {name: _findings(watch, name) for name in callers}
    every = [finding for found in findings.values() for finding in found]
    earned = Counter(finding.code for finding in every)
    return {
        "clean": is_clean(every),
        "codes": {code: earned[code] for code in CODES if earned[code]},
        "severities": {s.value: sum(finding.severity is s for finding in every) for s in Severity},
        "clients": [
            {
                "caller": name,
                "clean": is_clean(findings[name]),
                "findings": [encode_finding(finding) for finding in findings[name]],
                "coverage": None if name is None else watch.coverage(name).encode(),
            }
            for name in callers
        ],
        "coverage": watch.coverage(caller).encode(),
    }


def encode_finding(finding: Finding) -> dict[str, Any]:
    """One finding, with what its code says."""
    code = CODES[finding.code]
    return {
        "code": code.id,
        "severity": code.severity.value,
        "title": code.title,
        "message": finding.message,
        "hint": code.hint,
        "count": finding.count,
        "exchanges": list(finding.entries),
        "firstAtS": finding.at_s if finding.first_at_s is None else finding.first_at_s,
        "lastAtS": finding.at_s,
    }


def encode_codes() -> list[dict[str, str]]:
    """The table of codes."""
    return [
        {"code": code.id, "severity": code.severity.value, "title": code.title, "hint": code.hint}
        for code in CODES.values()
    ]


def summary_lines(watch: ClientWatch, caller: str | None = None, *, most: int = 20) -> list[str]:
    """A few plain lines: how it stands, then a line a finding, the worst first, `most` of them.

    For the exit summary of the command, and for the message of an assertion.
    """
    findings = watch.findings(caller)
    who = f"client {caller}" if caller is not None else f"{len(watch.callers)} client{'s' * (len(watch.callers) != 1)}"
    counts = [(sum(f.severity is severity for f in findings), severity.value) for severity in Severity]
    told = ", ".join(f"{number} {name}{'s' * (number != 1)}" for number, name in counts if number)
    ratio = watch.coverage(caller).encode()["ratio"]
    lines = [f"Verdict on {who}: {told or 'clean'}. {ratio:.0%} of the contract was met."]
    for finding in findings[:most]:
        lines += _lines(finding)
    if len(findings) > most:
        lines.append(f"  and {len(findings) - most} more")
    return lines


def _lines(finding: Finding) -> list[str]:
    name = NOBODY if finding.caller is None else finding.caller
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    numbers = ", ".join(map(str, finding.entries))
    return [
        f"  {finding.severity.value} {finding.code}{times}, {name}, exchanges {numbers}: {finding.message}",
        f"    {CODES[finding.code].hint}",
    ]


def _findings(watch: ClientWatch, caller: str | None) -> list[Finding]:
    return watch.findings_of_nobody() if caller is None else watch.findings(caller)
