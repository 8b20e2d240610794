"""Named bundles of fault rules and a pace: those that are built in, and those of a YAML file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mockserver.faults.catalogue import shown
from mockserver.faults.rules import parse_rule
from mockserver.faults.spelling import did_you_mean
from mockserver.faults.values import FaultError, Rule
from mockserver.pacing import SHORTEST_KEEP_ALIVE_S

_FIELDS: Final = ("summary", "rules", "configuration")
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "first_token_ms": (0, 3_600_000), "tokens_per_second": (0.001, 1_000_000), "jitter": (0, 1),
    "keep_alive_s": (0, 3600),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules, as the data that `parse_rule` reads, and what of the pace is different (None: nothing)."""

    name: str
    summary: str
    rules: list[dict[str, Any]] = field(default_factory=list)
    configuration: dict[str, float] | None = None

    def parse(self, operations: Collection[str]) -> list[Rule]:
        """Its rules; their ids and their source follow from its name."""
        source = f"scenario {self.name}"
        numbered = enumerate(self.rules, 1)
        return [parse_rule(rule, id=f"{self.name}-{n}", source=source, operations=operations) for n, rule in numbered]


def _rule(fault: str, *, rate: float = 1.0, where: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """A rule of a scenario goes on until the scenario is over."""
    return {"fault": fault, "parameters": parameters, "where": where or {}, "times": None, "rate": rate}


_ASKS_MODEL: Final = ({"operation": "openMessageStream"}, {"operation": "sendMessage"})

_BUILT_IN: Final = (
    Scenario(
        "flaky-network",
        "One call in ten is slow, some break off before or after the headers, and so do some streams.",
        [
            _rule("delay", rate=0.1, ms=1500, distribution="lognormal"),
            _rule("reset-before-headers", rate=0.05),
            _rule("reset-after-headers", rate=0.03),
            _rule("reset", rate=0.1, after=5),
            _rule("truncate", rate=0.1, after=8),
        ],
    ),
    Scenario("rate-limited", "Five calls at once, then one every two seconds.", [_rule("quota", limit=5, per_s=10)]),
    Scenario(
        "slow-model", "The model thinks for eight seconds and writes three tokens a second.", [],
        {"first_token_ms": 8000, "tokens_per_second": 3, "jitter": 0.8},
    ),
    Scenario(
        "model-down", "Every message gets a 503; all else works.",
        [_rule("status", where=where, code=503, retry_after=30) for where in _ASKS_MODEL],
    ),
    Scenario("expired-login", "Every call gets a 401, as with an expired token.", [_rule("expired-token")]),
    Scenario(
        "expiring-login", "The token dies in mid-stream.",
        [{"fault": "token-expires", "parameters": {"after": 5}, "times": None}],
    ),
    Scenario(
        "cut-streams", "Every stream is cut: closed, reset or ended early.",
        [_rule("truncate", rate=0.4, after=5), _rule("reset", rate=0.5, after=3), _rule("end-early", after=7)],
    ),
    Scenario(
        "stalling-streams", "Every stream stands still for twenty seconds.",
        [_rule("stall", after=4, seconds=20)],
    ),
    Scenario(
        "failing-model", "Every second reply ends in an error event.", [_rule("error", rate=0.5, after=6)],
    ),
    Scenario(
        "gateway-errors", "A third of all calls get a gateway's HTML page or an empty reply.",
        [_rule("html-error", rate=0.2, code=502), _rule("html-error", rate=0.1, code=504),
         _rule("empty-reply", rate=0.05)],
    ),
    Scenario(
        "wire-torture", "Every stream comes in odd bytes and odd pieces; clients show the same.", [_rule("torture")],
    ),
    Scenario("buffering-proxy", "Every stream comes in one piece at its end.", [_rule("buffered")]),
    Scenario(
        "lossy-ending", "Final events are missing, doubled, early, or have a wrong id.",
        [
            _rule("missing-final", rate=0.4),
            _rule("duplicate-final", rate=0.3),
            _rule("early-final", rate=0.3),
            _rule("wrong-id", rate=0.3),
        ],
    ),
)  # fmt: skip

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in _BUILT_IN}
"""Those that are built in."""


def load_scenarios(path: Path, operations: Collection[str]) -> list[Scenario]:
    """The scenarios of a YAML file: `NAME: {summary, rules: [...], configuration: {...}}`.

    Raises:
        FaultError: the file cannot be read, or something in it cannot be; names file, scenario, rule and field.
    """
    import yaml  # not at the top: few servers have a file of scenarios

    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise FaultError(str(path), f"cannot be read as YAML: {problem}") from None
    if not isinstance(data, Mapping) or not data:
        raise FaultError(str(path), "expected scenarios by their names, such as `mine: {rules: [{fault: truncate}]}`")
    return [parse_scenario(str(name), value, operations, where=f"{path}: ") for name, value in data.items()]


def parse_scenario(name: str, data: object, operations: Collection[str], *, where: str = "") -> Scenario:
    """One scenario from JSON; `where` is put before what an error names.

    Raises:
        FaultError: it cannot be; names scenario, rule and field.
    """
    place = f"{where}scenario {name}"
    if not isinstance(data, Mapping):
        raise FaultError(place, f"expected an object with {', '.join(_FIELDS)}, got {shown(data)}")
    for key in data:
        if key not in _FIELDS:
            hint = did_you_mean(str(key), _FIELDS)
            raise FaultError(f"{place}: {key}", f"there is no such field; there are {', '.join(_FIELDS)}{hint}")
    summary, rules = data.get("summary") or "", data.get("rules") or []
    if not isinstance(summary, str):
        raise FaultError(f"{place}: summary", f"expected a string, got {shown(summary)}")
    if not isinstance(rules, list):
        raise FaultError(f"{place}: rules", f"expected a list, got {shown(rules)}")
    for number, rule in enumerate(rules, 1):
        try:
            parse_rule(rule, id="", source="", operations=operations)
        except FaultError as error:
            raise FaultError(f"{place}: rule {number}: {error.field}", error.message) from None
    return Scenario(name, summary, [dict(rule) for rule in rules], _read_pace(data.get("configuration"), place))


def _read_pace(data: object, place: str) -> dict[str, float] | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise FaultError(f"{place}: configuration", f"expected an object, got {shown(data)}")
    for name, value in data.items():
        if name not in _RANGES:
            hint = did_you_mean(str(name), _RANGES)
            message = f"there is no such field; there are {', '.join(_RANGES)}{hint}"
            raise FaultError(f"{place}: configuration.{name}", message)
        low, high = _RANGES[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            message = f"expected a number from {low:g} to {high:.7g}, got {shown(value)}"
            raise FaultError(f"{place}: configuration.{name}", message)
    if 0 < data.get("keep_alive_s", 0) < SHORTEST_KEEP_ALIVE_S:
        message = f"expected {SHORTEST_KEEP_ALIVE_S} or more, or 0 for none"
        raise FaultError(f"{place}: configuration.keep_alive_s", message)
    return dict(data)
