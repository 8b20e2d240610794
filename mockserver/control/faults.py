"""Faults and scenarios over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from starlette.responses import Response

from mockserver.control.configuration import (
    change_configuration,
    encode_configuration,
    encode_scenario_pace,
    undo_changes,
)
from mockserver.control.values import Control, JsonObject, done, invalid, json_answer, not_found
from mockserver.faults.catalogue import KINDS, Kind, Parameter
from mockserver.faults.rules import MOST_ARMED, Armed, Armory, encode_rule, parse_rule
from mockserver.faults.scenarios import Scenario
from mockserver.faults.values import FaultError
from mockserver.operations import Operations
from mockserver.sandbox import Configuration, Sandbox

_TYPES = {int: "integer", float: "number", str: "string"}


class FaultHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._operations = Operations(control.contract).names
        self._running: dict[tuple[str, str], _Running] = {}
        """By workspace and scenario."""

    async def list_fault_kinds(self) -> Response:
        """The catalogue."""
        return json_answer({"kinds": [_encode_kind(kind) for kind in KINDS.values()]})

    async def list_faults(self, workspace: str) -> Response:
        """Those that can still fire."""
        return json_answer({"faults": [_encode(armed) for armed in self._control.armed(workspace)]})

    async def arm_fault(self, workspace: str, payload: JsonObject, source: str = "control") -> Response:
        """One more."""
        sandbox = self._control.sandbox(workspace)
        taken = {armed.rule.id for armed in self._control.armed(workspace)}
        _check_room("fault", len(taken), 1)
        free = next(f"f-{n}" for n in count(1) if f"f-{n}" not in taken)
        armed = self._arm(sandbox, payload, free, source)
        self._tell(workspace)
        return json_answer(_encode(armed), 201)

    async def disarm_faults(self, workspace: str) -> Response:
        """All, and the tokens that faults have killed are good again."""
        sandbox = self._control.sandbox(workspace)
        sandbox.armory.clear()
        sandbox.tokens.revive_killed()
        self._tell(workspace)
        return done()

    async def get_fault(self, workspace: str, fault: str) -> Response:
        """One that can still fire."""
        return json_answer(_encode(self._find(workspace, fault)))

    async def disarm_fault(self, workspace: str, fault: str) -> Response:
        """One."""
        self._find(workspace, fault)
        self._control.sandbox(workspace).armory.disarm(fault)
        self._tell(workspace)
        return done()

    async def list_scenarios(self) -> Response:
        """Those that can be started."""
        scenarios = self._control.scenarios().values()
        return json_answer({"scenarios": [_encode_scenario(scenario) for scenario in scenarios]})

    async def start_scenario(self, workspace: str, scenario: str) -> Response:
        """Arm its faults, apply its configuration; anew, if it runs."""
        sandbox, found = self._control.sandbox(workspace), self._find_scenario(scenario)
        try:
            rules = found.parse(self._operations)
        except FaultError as error:
            raise invalid(error.field, error.message) from None
        others = [each for each in self._control.armed(workspace) if each.rule.source != f"scenario {scenario}"]
        _check_room("scenario", len(others), len(rules))
        self._stop(sandbox, scenario)
        armed = [sandbox.armory.arm(rule, sandbox.clock.now()) for rule in rules]
        before = sandbox.configuration
        changes = encode_scenario_pace(found.configuration)
        sandbox.configuration = change_configuration(before, changes, self._control.usual_pace)
        self._running[workspace, scenario] = _Running(sandbox.armory, sandbox.configuration, before)
        self._tell(workspace)
        configuration = encode_configuration(sandbox.configuration)
        faults = [_encode(each) for each in armed]
        return json_answer({"name": scenario, "faults": faults, "configuration": configuration}, 201)

    async def stop_scenario(self, workspace: str, scenario: str) -> Response:
        """Disarm what is left of it, undo what it changed of the configuration and nobody has changed since."""
        sandbox = self._control.sandbox(workspace)
        self._find_scenario(scenario)
        self._stop(sandbox, scenario)
        self._tell(workspace)
        return done()

    def _stop(self, sandbox: Sandbox, scenario: str) -> None:
        sandbox.armory.clear(f"scenario {scenario}")
        ended = self._running.pop((sandbox.name, scenario), None)
        if ended is None or ended.armory is not sandbox.armory:  # or of before a reset
            return
        sandbox.configuration = undo_changes(sandbox.configuration, ended.applied, ended.before)
        for (workspace, _), other in self._running.items():
            if workspace == sandbox.name:  # one that began later does not bring back what this one had changed
                other.before = undo_changes(other.before, ended.applied, ended.before)

    def _find_scenario(self, name: str) -> Scenario:
        known = self._control.scenarios()
        if name not in known:
            raise not_found("scenario", name, known, f"There are {', '.join(known)}.")
        return known[name]

    def _arm(self, sandbox: Sandbox, data: JsonObject, id: str, source: str) -> Armed:
        try:
            rule = parse_rule(data, id=id, source=source, operations=self._operations)
        except FaultError as error:
            raise invalid(error.field, error.message) from None
        return sandbox.armory.arm(rule, sandbox.clock.now())

    def _find(self, workspace: str, fault: str) -> Armed:
        armed = {each.rule.id: each for each in self._control.armed(workspace)}
        if fault not in armed:
            remedy = f"Armed are {', '.join(armed)}." if armed else "None is armed: those that are used up are gone."
            raise not_found("armed fault", fault, armed, remedy)
        return armed[fault]

    def _tell(self, workspace: str) -> None:
        told = {"workspace": workspace, "count": len(self._control.armed(workspace))}
        self._control.feed.tell("armed", workspace, told)


@dataclass(slots=True)
class _Running:
    """A scenario that runs: the configuration that it applied, and the one before; the armory is new after a reset."""

    armory: Armory
    applied: Configuration
    before: Configuration


def _check_room(name: str, armed: int, more: int) -> None:
    if armed + more > MOST_ARMED:
        raise invalid(
            name,
            f"a workspace has {MOST_ARMED} armed faults at the most, and {armed} are armed: disarm some with DELETE "
            "/_mock/workspaces/{workspace}/faults, or take another workspace",
        )


def _encode(armed: Armed) -> JsonObject:
    return {
        "id": armed.rule.id,
        **encode_rule(armed.rule),
        "source": armed.rule.source,
        "fired": armed.fired,
        "timesLeft": armed.times_left,
        "secondsLeft": armed.seconds_left,
    }


def _encode_scenario(scenario: Scenario) -> JsonObject:
    return {
        "name": scenario.name,
        "summary": scenario.summary,
        "rules": list(scenario.rules),
        "configuration": encode_scenario_pace(scenario.configuration),
    }


def _encode_kind(kind: Kind) -> JsonObject:
    return {
        "kind": kind.name,
        "stage": kind.stage.value,
        "summary": kind.summary,
        "example": kind.example,
        "needsRule": kind.needs_rule,
        "parameters": [_encode_parameter(parameter) for parameter in kind.parameters],
    }


def _encode_parameter(parameter: Parameter) -> JsonObject:
    encoded: dict[str, Any] = {
        "name": parameter.name,
        "type": _TYPES[parameter.type],
        "default": parameter.default,
        "summary": parameter.help,
        "minimum": parameter.low,
        "maximum": parameter.high,
        "choices": list(parameter.choices),
    }
    return encoded
