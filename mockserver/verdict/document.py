"""Writes `docs/verdict.md` from the table of codes: `python -m mockserver.verdict.document > docs/verdict.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mockserver.verdict.codes import CODES, Severity

_HEAD = """\
# The verdict on clients

The mock watches each client, that is each caller in a workspace, for breaches of its side of the contract. What it
finds has a code that keeps its meaning, a severity, the numbers of the exchanges that show it, and a hint. A client
without errors and warnings is clean; hints are advice.

A fault that the mock injects is never held against the client. What the client does after it is.

Two clocks run, the workspace's and the wall's. Where haste is judged, the one that says more time has passed counts,
so that a clock that stands still accuses nobody.

This page is generated from the code: `python -m mockserver.verdict.document > docs/verdict.md`.
"""

_MEANING = {
    Severity.ERROR: "It breaks the contract, or loses or doubles what people wrote.",
    Severity.WARNING: "It goes well until it does not.",
    Severity.HINT: "It is unwise, and no more than that.",
}


def document() -> str:
    """The page, whole."""
    return _HEAD + "".join(_section(severity) for severity in Severity)


def _section(severity: Severity) -> str:
    return "\n".join([f"\n## {severity.value.capitalize()}s\n", f"{_MEANING[severity]}\n", *_rows(severity)]) + "\n"


def _rows(severity: Severity) -> Iterator[str]:
    yield "| code | what earns it | what to do instead |"
    yield "|---|---|---|"
    for code in CODES.values():
        if code.severity is severity:
            yield f"| `{code.id}` | {code.title} | {code.hint} |"


if __name__ == "__main__":
    sys.stdout.write(document())
