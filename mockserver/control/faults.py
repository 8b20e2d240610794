"""Faults and scenarios over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

from starlette.responses import Response

from mockserver.control.configuration import change_configuration, encode_configuration, encode_scenario_pace
from mockserver.control.values import Control, JsonObject, done, invalid, json_answer, not_found
from mockserver.faults.catalogue import KINDS, Kind, Parameter
from mockserver.faults.rules import Armed, encode_rule, parse_rule
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
        self._before: dict[tuple[str, str], tuple[Configuration, Configuration]] = {}
        """By workspace and scenario: the configuration that it applied, and the one before."""

    async def list_fault_kinds(self) -> Response:
        """The catalogue."""
        return json_answer({"kinds": [_encode_kind(kind) for kind in KINDS.values()]})

    async def list_faults(self, workspace: str) -> Response:
        """Those that can still fire."""
        return json_answer({"faults": [_encode(armed) for armed in self._control.armed(workspace)]})

    async def arm_fault(self, workspace: str, payload: JsonObject) -> Response:
        """One more."""
        sandbox = self._control.sandbox(workspace)
        taken = {armed.rule.id for armed in self._control.armed(workspace)}
        free = next(f"f-{n}" for n in count(1) if f"f-{n}" not in taken)
        armed = self._arm(sandbox, payload, free, "control")
        self._tell(workspace)
        return json_answer(_encode(armed), 201)

    async def disarm_faults(self, workspace: str) -> Response:
        """All."""
        self._control.sandbox(workspace).armory.clear()
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
        self._stop(sandbox, scenario)
        armed = [sandbox.armory.arm(rule, sandbox.clock.now()) for rule in rules]
        before = sandbox.configuration
        changes = encode_scenario_pace(found.configuration)
        sandbox.configuration = change_configuration(before, changes, self._control.usual_pace)
        self._before[workspace, scenario] = (sandbox.configuration, before)
        self._tell(workspace)
        configuration = encode_configuration(sandbox.configuration)
        faults = [_encode(each) for each in armed]
        return json_answer({"name": scenario, "faults": faults, "configuration": configuration}, 201)

    async def stop_scenario(self, workspace: str, scenario: str) -> Response:
        """Disarm what is left of it, restore the configuration."""
        sandbox = self._control.sandbox(workspace)
        self._find_scenario(scenario)
        self._stop(sandbox, scenario)
        self._tell(workspace)
        return done()

    def _stop(self, sandbox: Sandbox, scenario: str) -> None:
        sandbox.armory.clear(f"scenario {scenario}")
        applied, before = self._before.pop((sandbox.name, scenario), (None, None))
        if before is not None and sandbox.configuration is applied:  # or else someone has changed it since
            sandbox.configuration = before

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
        faults = [_encode(armed) for armed in self._control.armed(workspace)]
        self._control.feed.tell("armed", workspace, {"workspace": workspace, "faults": faults})


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
