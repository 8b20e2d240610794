"""Rules from JSON and back, and the armory: which of a workspace's rules fire at a call. Pure; time is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from mockserver import patterns
from mockserver.faults.answers import Bucket, retry_after
from mockserver.faults.catalogue import Stage, kind_of, make_fault, shown
from mockserver.faults.spelling import did_you_mean
from mockserver.faults.values import Call, Fault, FaultError, Fired, HowOften, Rule, Where
from mockserver.ids import make_random
from mockserver.parts import (
    COUNT,
    FARTHEST_S,
    MOST,
    TEXT,
    PartError,
    a_list,
    an_object,
    check_part,
    nullable,
    number,
)

STREAM_OPERATION: Final = "openMessageStream"

MOST_ARMED: Final = 200
"""So many faults can be armed in a workspace: each call asks every one of them."""

_RULE_FIELDS: Final = ("fault", "parameters", "where", "times", "rate", "seconds")
_WHERE_FIELDS: Final[dict[str, type]] = {
    "operation": str, "caller": str, "conversation": str, "nth": int, "streaming": bool, "text": str,
}  # fmt: skip


def parse_rule(data: Mapping[str, Any], *, id: str, source: str, operations: Collection[str]) -> Rule:
    """The rule that JSON describes; `operations` are the operationIds that there are.

    Raises:
        FaultError: it cannot be, or could never fire.
    """
    _check_names(data, _RULE_FIELDS, "")
    if not isinstance(data.get("fault"), str):
        raise FaultError("fault", "name the kind of the fault, such as truncate")
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise FaultError("parameters", f"expected an object, got {shown(parameters)}")
    try:
        fault = make_fault(data["fault"], parameters)
    except FaultError as error:
        raise FaultError(
            error.field if error.field == "fault" else f"parameters.{error.field}", error.message
        ) from None
    where = _parse_where(data.get("where") or {}, operations)
    if kind_of(fault).stage is not Stage.ANSWER and where.operation not in {None, STREAM_OPERATION}:
        raise FaultError("where.operation", f"{fault.kind} can only hit {STREAM_OPERATION}, never {where.operation}")
    return Rule(id=id, fault=fault, where=where, how_often=_parse_how_often(data, fault), source=source)


def encode_rule(rule: Rule) -> dict[str, Any]:
    """The JSON that `parse_rule` reads, with all that has a default; of `where` what is given."""
    return {
        "fault": rule.fault.kind,
        "parameters": dict(rule.fault.parameters),
        "where": {name: value for name, value in asdict(rule.where).items() if value is not None},
        **asdict(rule.how_often),
    }


def _check_names(data: object, known: Collection[str], prefix: str) -> None:
    if not isinstance(data, Mapping):
        raise FaultError(prefix.rstrip(".") or "rule", f"expected an object, got {shown(data)}")
    for name in data:
        if name not in known:
            hint = did_you_mean(str(name), known)
            raise FaultError(f"{prefix}{name}", f"there is no such field; there are {', '.join(known)}{hint}")


def _parse_where(data: Mapping[str, Any], operations: Collection[str]) -> Where:
    _check_names(data, _WHERE_FIELDS, "where.")
    given: dict[str, Any] = {name: value for name, value in data.items() if value is not None}
    for name, value in given.items():
        wanted = _WHERE_FIELDS[name]
        if not _is_a(wanted, value):
            words = {str: "a string", int: "a whole number from 1", bool: "true or false"}[wanted]
            raise FaultError(f"where.{name}", f"expected {words}, got {shown(value)}")
    if "operation" in given and given["operation"] not in operations:
        hint = did_you_mean(given["operation"], operations, fallback=f"there are {', '.join(sorted(operations))}")
        raise FaultError("where.operation", f"the contract has no operation {shown(given['operation'])}{hint}")
    if "text" in given:
        _check_pattern(given["text"])
    return Where(**given)


def _is_a(wanted: type, value: Any) -> bool:
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return isinstance(value, wanted)


def _check_pattern(pattern: str) -> None:
    try:
        patterns.check(pattern)
    except patterns.PatternError as error:
        raise FaultError("where.text", str(error)) from None


def _parse_how_often(data: Mapping[str, Any], fault: Fault) -> HowOften:
    """Once, unless told otherwise; a window or a quota goes on for as long as it lasts."""
    endless = data.get("seconds") is not None or kind_of(fault).needs_rule
    times = data.get("times", None if endless else 1)
    rate, seconds = data.get("rate", 1.0), data.get("seconds")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise FaultError("times", f"expected a whole number from 1, or null for no end, got {shown(times)}")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1:
        raise FaultError("rate", f"expected a number above 0 up to 1, got {shown(rate)}")
    if seconds is not None and (
        isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9
    ):
        raise FaultError("seconds", f"expected a number above 0, or null for no end, got {shown(seconds)}")
    return HowOften(times=times, rate=float(rate), seconds=None if seconds is None else float(seconds))


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule that is armed, and how far it has come."""

    rule: Rule
    fired: int
    times_left: int | None
    seconds_left: float | None
    """At the time of the last look; None where there is no window."""


@dataclass(slots=True)
class _Slot:
    """`seen` counts the calls that fit; `serial`, the place in the order of arming, is what the rate is drawn by."""

    rule: Rule
    serial: int
    since: float
    bucket: Bucket | None
    seen: int = 0
    fired: int = 0

    def fits(self, call: Call) -> bool:
        where = self.rule.where
        if kind_of(self.rule.fault).stage is not Stage.ANSWER and call.operation != STREAM_OPERATION:
            return False
        pairs = (
            (where.operation, call.operation),
            (where.caller, call.caller),
            (where.conversation, call.conversation),
            (where.streaming, call.streaming),
        )
        if any(wanted is not None and wanted != given for wanted, given in pairs):
            return False
        return where.text is None or (call.text is not None and patterns.finds(where.text, call.text))

    def seconds_left(self, now: float) -> float | None:
        seconds = self.rule.how_often.seconds
        return None if seconds is None else max(0.0, self.since + seconds - now)

    def used_up(self, now: float) -> bool:
        times, nth = self.rule.how_often.times, self.rule.where.nth
        over = self.seconds_left(now) == 0 or (times is not None and self.fired >= times)
        return over or (nth is not None and self.seen >= nth)


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule as it was armed when it was dumped; `bucket`, of a quota, is what was left and how long ago it was asked.

    Attributes:
        ago_s: how long ago it was armed.
    """

    rule: Rule
    serial: int
    ago_s: float
    seen: int
    fired: int
    bucket: tuple[float, float | None] | None


@dataclass(frozen=True, slots=True)
class ArmoryState:
    """What was armed when it was dumped, and how many rules ever were."""

    serial: int
    rules: tuple[KeptRule, ...]


_AGO: Final = number(-FARTHEST_S, FARTHEST_S)
_STATE: Final = an_object(
    {
        "serial": COUNT,
        "rules": a_list(
            an_object(
                {
                    "id": TEXT,
                    "source": TEXT,
                    "rule": {"type": "object"},
                    "serial": COUNT,
                    "ago": _AGO,
                    "seen": COUNT,
                    "fired": COUNT,
                    "bucket": nullable(an_object({"left": number(0, MOST), "ago": nullable(_AGO)})),
                }
            )
        ),
    }
)


def parse_armory(data: Mapping[str, Any]) -> ArmoryState:
    """What `Armory.dump` gave. Any operation is taken: the contract may be another by now.

    Raises:
        PartError: it is not that, or a rule in it cannot be; names the field.
    """
    check_part(_STATE, data)
    if len(data["rules"]) > MOST_ARMED:
        raise PartError("rules", f"there are {len(data['rules'])}, and a workspace has {MOST_ARMED} at the most")
    rules: dict[str, KeptRule] = {}
    for number_of_it, item in enumerate(data["rules"]):
        at = f"rules[{number_of_it}]"
        if not item["id"]:
            raise PartError(f"{at}.id", "expected a name, got nothing")
        if item["id"] in rules:
            raise PartError(f"{at}.id", "another rule before it has the same")
        if item["serial"] > data["serial"]:
            raise PartError(f"{at}.serial", "it is beyond that of the last rule that was armed")
        rules[item["id"]] = _parse_kept(item, at)
    return ArmoryState(int(data["serial"]), tuple(rules.values()))


def _parse_kept(item: Mapping[str, Any], at: str) -> KeptRule:
    where = item["rule"].get("where")
    operation = where.get("operation") if isinstance(where, Mapping) else None
    known = [operation] if isinstance(operation, str) else []
    try:
        rule = parse_rule(item["rule"], id=item["id"], source=item["source"], operations=known)
    except FaultError as error:
        raise PartError(f"{at}.rule.{error.field}", error.message) from None
    bucket = item["bucket"]
    if bucket is not None and _bucket(rule) is None:
        raise PartError(f"{at}.bucket", f"{rule.fault.kind} counts no calls: expected null")
    if bucket is not None:
        bucket = (float(bucket["left"]), None if bucket["ago"] is None else float(bucket["ago"]))
    counts = (int(item["seen"]), int(item["fired"]))
    return KeptRule(rule, int(item["serial"]), float(item["ago"]), *counts, bucket)


class Armory:
    """The rules of one workspace. What it draws follows from the seed, the order of arming, and the calls."""

    def __init__(self, seed: int, workspace: str) -> None:
        self._seed = seed
        self._workspace = workspace
        self._slots: dict[str, _Slot] = {}
        self._serial = 0
        self._now = 0.0

    @property
    def armed(self) -> list[Armed]:
        """The rules that can still fire, in the order armed; windows as of the last call or change."""
        return [self._describe(slot) for slot in self._slots.values()]

    @property
    def is_empty(self) -> bool:
        """Nothing is armed: no call needs to be looked at."""
        return not self._slots

    def arm(self, rule: Rule, now: float) -> Armed:
        """Arm a rule; one with the same id is replaced."""
        self.expire(now)
        self._slots.pop(rule.id, None)
        self._serial += 1
        self._slots[rule.id] = _Slot(rule, self._serial, now, _bucket(rule))
        return self._describe(self._slots[rule.id])

    def disarm(self, id: str) -> bool:
        """Take a rule away; False if there is none of this id."""
        return self._slots.pop(id, None) is not None

    def clear(self, source: str | None = None) -> None:
        """Take all rules away, or those of one source; after all, what is drawn begins anew."""
        self._slots = {id: slot for id, slot in self._slots.items() if source not in {None, slot.rule.source}}
        if source is None:
            self._serial = 0

    def expire(self, now: float) -> None:
        """Drop what is used up by now, so that `armed` is exact."""
        self._now = now
        if not self._slots:
            return
        self._slots = {id: slot for id, slot in self._slots.items() if not slot.used_up(now)}

    def draw(self, call: Call, now: float) -> list[Fired]:
        """What hits this call, in the order armed.

        One ANSWER fault that ends the call, at the most: with it, no fault of a stream is used up.
        """
        self.expire(now)
        if not self._slots:
            return []
        due = [slot for slot in self._slots.values() if self._is_due(slot, call)]
        hits: list[tuple[int, Fired]] = []
        ended = False
        for slot in sorted(due, key=lambda slot: kind_of(slot.rule.fault).stage is not Stage.ANSWER):
            kind = kind_of(slot.rule.fault)
            if ended and (kind.ends_call or kind.stage is not Stage.ANSWER):
                continue
            fault = self._fire(slot, now)
            if fault is not None:
                ended = ended or kind.ends_call
                slot.fired += 1
                hits.append((slot.serial, Fired(fault, slot.rule.id, slot.rule.source)))
        self.expire(now)
        return [fired for _, fired in sorted(hits, key=lambda hit: hit[0])]

    def dump(self, now: float) -> dict[str, Any]:
        """As JSON, for a snapshot: the rules with their counters, and times as seconds ago."""
        self.expire(now)
        rules = [
            {
                "id": slot.rule.id,
                "source": slot.rule.source,
                "rule": encode_rule(slot.rule),
                "serial": slot.serial,
                "ago": now - slot.since,
                "seen": slot.seen,
                "fired": slot.fired,
                "bucket": slot.bucket.dump(now) if slot.bucket else None,
            }
            for slot in self._slots.values()
        ]
        return {"serial": self._serial, "rules": rules}

    def restore(self, state: ArmoryState, now: float) -> None:
        """Go on from a snapshot; what was armed before is gone."""
        slots = {}
        for kept in state.rules:
            slot = _Slot(kept.rule, kept.serial, now - kept.ago_s, _bucket(kept.rule), kept.seen, kept.fired)
            if slot.bucket and kept.bucket:
                slot.bucket.restore(*kept.bucket, now)
            slots[kept.rule.id] = slot
        self._slots, self._serial = slots, state.serial
        self._now = now

    def _is_due(self, slot: _Slot, call: Call) -> bool:
        """It fits, it is the n-th, and the dice are for it. Counts the call."""
        if not slot.fits(call):
            return False
        slot.seen += 1
        if slot.rule.where.nth not in {None, slot.seen}:
            return False
        rng = make_random(self._seed, "fault", self._workspace, str(slot.serial), str(slot.seen))
        return slot.rule.how_often.rate == 1.0 or rng.random() < slot.rule.how_often.rate

    def _fire(self, slot: _Slot, now: float) -> Fault | None:
        """The fault, which of a quota exists only beyond its limit, and then knows its `retry_after`."""
        if slot.bucket is None:
            return slot.rule.fault
        wait = slot.bucket.take(now)
        return Fault("quota", {**slot.rule.fault.parameters, "retry_after": retry_after(wait)}) if wait else None

    def _describe(self, slot: _Slot) -> Armed:
        times = slot.rule.how_often.times
        left = None if times is None else times - slot.fired
        return Armed(slot.rule, slot.fired, left, slot.seconds_left(self._now))


def _bucket(rule: Rule) -> Bucket | None:
    if rule.fault.kind != "quota":
        return None
    return Bucket(rule.fault.parameters["limit"], rule.fault.parameters["per_s"])
