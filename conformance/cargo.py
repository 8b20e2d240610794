"""What the kit has pytest's reports carry, from the worker that judged to the process that draws the verdict."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

SHOWN = {
    "passed": ("passed", ".", "passed"),
    "noted": ("noted", "n", "noted"),
    "warned": ("warned", "W", "warned"),
    "unverified": ("unverified", "u", "unverified"),
    "blocked": ("blocked", "b", "blocked"),
    "known": ("known to fail", "k", "known"),
    "failed": ("failed", "F", "FAILED"),
    "fault": ("failed", "E", "FAULT"),
}
"""How the outcome of a test is shown: the category of pytest's last line, a letter, a word."""


def attach(report: pytest.TestReport, said: dict[str, Any]) -> None:
    """Have a report carry what was judged. As text, since what xdist sends cannot hold every string of a backend."""
    report.__dict__["conformance"] = json.dumps(said)


def attached(report: pytest.TestReport) -> dict[str, Any] | None:
    """What `attach` was given; None where it was not called. Not to be changed."""
    said = getattr(report, "conformance", None)
    return None if said is None else _read(said)


@lru_cache(maxsize=1)
def _read(said: str) -> dict[str, Any]:
    """Once for all that ask of a report, one after the other."""
    read: dict[str, Any] = json.loads(said)
    return read


def redact_report(report: pytest.TestReport, redact: Callable[[str], str]) -> None:
    """Take secrets out of what pytest shows: a traceback with its locals, and what was written meanwhile."""
    told = report.longreprtext
    if redact(told) != told:
        report.longrepr = redact(told)
    report.sections = [(title, redact(text)) for title, text in report.sections]
