"""Faults and scenarios over the control plane. What each kind does has tests of its own."""

from __future__ import annotations

import pytest

from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle
from mockserver.faults.catalogue import KINDS
from mockserver.faults.rules import MOST_ARMED
from mockserver.faults.scenarios import SCENARIOS

from .given import Api, Call


def statuses(api: Api, count: int) -> list[int]:
    """Those of so many calls."""
    return [api.http.get("/conversations").status_code for _ in range(count)]


def test_the_catalogue_has_every_kind(control: ControlClient) -> None:
    """Each with what it does and its parameters."""
    kinds = control.fault_kinds()
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    [truncate] = [kind for kind in kinds if kind["kind"] == "truncate"]
    assert [parameter["name"] for parameter in truncate["parameters"]] == ["after"]


def test_a_fault_hits_once(sandbox: WorkspaceHandle, api: Api) -> None:
    """Unless told otherwise; then it is gone, and the next call is healthy."""
    sandbox.arm("status", code=503)
    assert statuses(api, 2) == [503, 200]
    assert sandbox.armed() == []
    assert [entry["faults"][0]["kind"] for entry in sandbox.journal(fault="status")] == ["status"]


def test_a_fault_hits_so_often(sandbox: WorkspaceHandle, api: Api) -> None:
    """And says how often it has, and still will."""
    rule = sandbox.arm("status", code=500, times=3)
    assert statuses(api, 1) == [500]
    [armed] = sandbox.armed()
    assert (armed["id"], armed["fired"], armed["timesLeft"], armed["source"]) == (rule, 1, 2, "control")
    assert statuses(api, 3) == [500, 500, 200]


def test_a_fault_lasts_for_so_long(sandbox: WorkspaceHandle, api: Api) -> None:
    """By the workspace's clock."""
    sandbox.freeze()
    sandbox.arm("status", code=500, for_s=30)
    assert statuses(api, 2) == [500, 500]
    sandbox.advance(31)
    assert sandbox.armed() == []
    assert statuses(api, 1) == [200]


def test_a_fault_is_aimed(sandbox: WorkspaceHandle, api: Api, call: Call) -> None:
    """It hits the caller that is meant, and no other."""
    sandbox.arm("status", code=500, where={"caller": "bob", "operation": "listConversations"}, times=None)
    assert statuses(api, 2) == [200, 200]
    assert statuses(call("bob"), 2) == [500, 500]


def test_faults_stay_in_their_workspace(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """Another one's calls are healthy."""
    other = control.workspace()
    sandbox.arm("status", code=500, times=None)
    assert statuses(call(workspace=other), 2) == [200, 200]
    assert statuses(call(), 1) == [500]
    other.delete()


def test_faults_are_disarmed(sandbox: WorkspaceHandle, api: Api) -> None:
    """One, by its id, or all of them."""
    first, second, third = (sandbox.arm("status", code=code, times=None) for code in (500, 503, 409))
    sandbox.disarm(first)
    assert [armed["id"] for armed in sandbox.armed()] == [second, third]
    assert statuses(api, 1) == [503]
    sandbox.disarm()
    assert statuses(api, 1) == [200]
    with pytest.raises(ControlFailed, match="None is armed"):
        sandbox.disarm(first)


def test_one_fault_can_be_asked_for(sandbox: WorkspaceHandle) -> None:
    """By its id."""
    rule = sandbox.arm("delay", ms=5, where={"nth": 2})
    armed = sandbox._call("GET", f"/faults/{rule}")
    assert (armed["fault"], armed["parameters"]["ms"], armed["where"]) == ("delay", 5, {"nth": 2})


@pytest.mark.parametrize(
    ("rule", "field", "says"),
    [
        ({"fault": "truncat"}, "fault", "did you mean truncate"),
        ({"fault": "truncate", "parameters": {"afer": 3}}, "parameters.afer", "did you mean after"),
        ({"fault": "status", "where": {"operation": "sendMesage"}}, "where.operation", "did you mean sendMessage"),
        ({"fault": "status", "where": {"caler": "x"}}, "where.caler", "did you mean caller"),
        ({"fault": "status", "where": {"text": "("}}, "where.text", "no regular expression"),
        ({"fault": "status", "rate": 0}, "rate", "above 0"),
        ({"fault": "status", "times": 0}, "times", "1 or more"),
        ({"fualt": "status"}, "fault", "did you mean it by fualt"),
    ],
)
def test_a_rule_that_cannot_be(sandbox: WorkspaceHandle, rule: object, field: str, says: str) -> None:
    """Is refused with its field and the remedy, and nothing is armed."""
    refused = sandbox.control._http.post(f"/workspaces/{sandbox.name}/faults", json=rule)
    assert refused.status_code == 422
    problems = {problem["field"]: problem["message"] for problem in refused.json()["errors"]}
    assert says in problems[field]
    assert sandbox.armed() == []


def test_every_scenario_starts_and_stops(control: ControlClient, sandbox: WorkspaceHandle) -> None:
    """Its faults are armed and gone again, the configuration changed and restored."""
    before = sandbox._call("GET", "/configuration")
    assert control.scenarios() == list(SCENARIOS)
    for name, scenario in SCENARIOS.items():
        sandbox.scenario(name)
        assert {armed["source"] for armed in sandbox.armed()} <= {f"scenario {name}"}
        assert len(sandbox.armed()) == len(scenario.rules)
        assert (sandbox._call("GET", "/configuration") != before) == bool(scenario.configuration)
        sandbox.stop_scenario(name)
        assert sandbox.armed() == []
        assert sandbox._call("GET", "/configuration") == before


def test_a_scenario_begins_anew(sandbox: WorkspaceHandle, api: Api) -> None:
    """Started twice it is there once; what was armed beside it stays when it stops."""
    rule = sandbox.arm("status", code=409, times=None, where={"operation": "createConversation"})
    sandbox.scenario("expired-login")
    sandbox.scenario("expired-login")
    assert len(sandbox.armed()) == 1 + len(SCENARIOS["expired-login"].rules)
    assert statuses(api, 1) == [401]
    sandbox.stop_scenario("expired-login")
    assert [armed["id"] for armed in sandbox.armed()] == [rule]


def test_what_was_changed_since_stays(sandbox: WorkspaceHandle) -> None:
    """To stop a scenario undoes its own changes only, field by field."""
    before = sandbox._call("GET", "/configuration")
    sandbox.scenario("slow-model")
    sandbox.configure(jitter=0.25)
    sandbox.stop_scenario("slow-model")
    assert sandbox._call("GET", "/configuration") == {**before, "jitter": 0.25}


def test_scenarios_stop_in_any_order(sandbox: WorkspaceHandle) -> None:
    """The one that began later does not bring back what the earlier had changed."""
    before = sandbox._call("GET", "/configuration")
    slow = [each["name"] for each in sandbox.control.call("GET", "/scenarios")["scenarios"] if each["configuration"]]
    for first_stopped in (slow[:2], slow[1::-1]):
        for name in slow[:2]:
            sandbox.scenario(name)
        for name in first_stopped:
            sandbox.stop_scenario(name)
        assert sandbox._call("GET", "/configuration") == before


def test_a_workspace_has_so_many_armed_faults_at_the_most(sandbox: WorkspaceHandle) -> None:
    """One more is refused with the remedy; a scenario counts with all its faults."""
    for _ in range(MOST_ARMED):
        sandbox.arm("truncate")
    with pytest.raises(ControlFailed, match="200 armed faults at the most"):
        sandbox.arm("truncate")
    with pytest.raises(ControlFailed, match="200 armed faults at the most"):
        sandbox.scenario("model-down")
    sandbox.disarm()
    sandbox.arm("truncate")


def test_an_unknown_scenario(sandbox: WorkspaceHandle) -> None:
    """Is told the one that is spelt alike."""
    with pytest.raises(ControlFailed, match="did you mean model-down"):
        sandbox.scenario("model-don")
