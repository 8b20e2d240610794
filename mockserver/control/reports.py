"""What tests make of the control plane's answers: a verdict to assert on, and failures that say enough. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
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
        """All findings, with the `caller` of each and, in a verdict on all workspaces, its `workspace`."""
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
                place = {"workspace": client["workspace"]} if "workspace" in client else {}
                yield {**place, "caller": client["caller"], **finding}


def _describe(finding: Mapping[str, Any]) -> str:
    times = f" ({finding['count']} times)" if finding["count"] > 1 else ""
    numbers = ", ".join(map(str, finding["exchanges"]))
    who = finding["caller"] or "(no valid token)"
    where = f" in {finding['workspace']}" if "workspace" in finding else ""
    head = f"  {finding['severity']} {finding['code']}{times}, {who}{where}"
    return f"{head}, exchanges {numbers}: {finding['message']}\n    {finding['hint']}"


def verdict_on_all(verdicts: Sequence[Mapping[str, Any]]) -> Verdict:
    """The verdicts on several workspaces as one; each says which `workspace` it is of."""
    codes: Counter[str] = Counter()
    for verdict in verdicts:
        codes.update(verdict["codes"])
    clients = [{"workspace": verdict["workspace"], **client} for verdict in verdicts for client in verdict["clients"]]
    coverage = _sum_of_coverages([verdict["coverage"] for verdict in verdicts])
    return Verdict({"codes": dict(codes), "clients": clients, "coverage": coverage})


def _sum_of_coverages(coverages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Met is what was met anywhere, missing what was met nowhere."""
    summed: dict[str, Any] = {}
    listed = missed = 0
    for section in (name for name in (coverages[0] if coverages else ()) if name != "ratio"):
        parts = [coverage[section] for coverage in coverages]
        met: Counter[str] = Counter()
        for part in parts:
            met.update(part["met"])
        of, missing = parts[0]["of"], [name for name in parts[0]["missing"] if name not in met]
        summed[section] = {"met": dict(met), "of": of, "missing": missing, "ratio": _ratio(of - len(missing), of)}
        listed, missed = listed + of, missed + len(missing)
    return {**summed, "ratio": _ratio(listed - missed, listed)}


def _ratio(met: int, of: int) -> float:
    return round(met / of, 4) if of else 1.0


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
