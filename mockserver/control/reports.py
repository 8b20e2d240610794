"""What tests make of the control plane's answers: a verdict to assert on, and failures that say enough. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class ControlFailed(Exception):
    """The server refused: its sentence, with every wrong field, and `status` and `code` for programs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Verdict:
    """What clients did wrong, as the control plane tells it."""

    facts: Mapping[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """All findings, with the `caller` of each."""
        return list(self._findings())

    @property
    def codes(self) -> list[str]:
        """The codes that were earned."""
        return list(self.facts["codes"])

    @property
    def coverage(self) -> dict[str, Any]:
        """What the clients have met of the contract and of the faults."""
        return dict(self.facts["coverage"])

    def assert_clean(self, allow: Collection[str] = ()) -> None:
        """Fail if there is an error or a warning, those of the codes in `allow` aside. Hints are allowed.

        Raises:
            AssertionError: tells each finding, its exchanges, and what to do instead.
        """
        told = [f for f in self._findings() if f["severity"] != "hint" and f["code"] not in allow]
        if told:
            count = f"{len(told)} thing{'s' * (len(told) != 1)}"
            raise AssertionError("\n".join([f"The client did {count} wrong:", *map(_describe, told)]))

    def _findings(self) -> Iterator[dict[str, Any]]:
        for client in self.facts["clients"]:
            for finding in client["findings"]:
                yield {"caller": client["caller"], **finding}


def _describe(finding: Mapping[str, Any]) -> str:
    times = f" ({finding['count']} times)" if finding["count"] > 1 else ""
    numbers = ", ".join(map(str, finding["exchanges"]))
    head = f"  {finding['severity']} {finding['code']}{times}, {finding['caller'] or '(no valid token)'}"
    return f"{head}, exchanges {numbers}: {finding['message']}\n    {finding['hint']}"


def fail_unless_verified(result: Mapping[str, Any]) -> None:
    """Fail if a verification does not hold.

    Raises:
        AssertionError: says what was expected and what came nearest.
    """
    if not result["ok"]:
        raise AssertionError(result["message"])


def failure_of(status: int, body: Mapping[str, Any], text: str) -> ControlFailed:
    """What a refusal says: its body as JSON, or its text where it is none."""
    problems = body.get("errors", ())
    message = str(body.get("error") or text or f"status {status}")
    if len(problems) > 1:
        message += "".join(f"\n  {problem['field']}: {problem['message']}" for problem in problems)
    return ControlFailed(status, str(body.get("code", "")), message)
