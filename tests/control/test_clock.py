"""Time and pace of a workspace over the control plane."""

from __future__ import annotations

import pytest

from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle

from .given import Api, Call


def test_a_frozen_clock_stands(sandbox: WorkspaceHandle) -> None:
    """Until it is advanced, or runs again."""
    sandbox.freeze()
    first, second = (sandbox._call("GET", "/clock") for _ in range(2))
    assert first["rate"] == 0
    assert first["nowS"] == second["nowS"]
    sandbox.advance(90)
    assert sandbox._call("GET", "/clock")["nowS"] == pytest.approx(first["nowS"] + 90)
    sandbox.run(60)
    assert sandbox._call("GET", "/clock")["rate"] == 60


def test_timestamps_go_on_from_where_the_clock_is_set(sandbox: WorkspaceHandle, api: Api) -> None:
    """Whatever offset the time was given with; another workspace has its own."""
    sandbox.set_time("2030-12-24T19:00:00+01:00")
    conversation = sandbox.conversation(api.create())
    assert conversation["createdAt"].startswith("2030-12-24T18:00:0")


def test_clocks_are_apart(control: ControlClient, sandbox: WorkspaceHandle) -> None:
    """One is frozen, the other runs."""
    other = control.workspace()
    sandbox.freeze()
    assert other._call("GET", "/clock")["rate"] == 1
    other.delete()


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/clock", {"rate": -1}, "rate"),
        ("PATCH", "/clock", {"set": "tomorrow"}, "set"),
        ("PATCH", "/clock", {"set": "0001-01-01T00:00:00+10:00"}, "set"),
        ("PATCH", "/clock", {"rte": 1}, "rte"),
        ("POST", "/clock/advance", {}, "seconds"),
        ("POST", "/clock/advance", {"seconds": 1e300}, "seconds"),
        ("PATCH", "/configuration", {"jitter": 2}, "jitter"),
        ("PATCH", "/configuration", {"speed": "fast"}, "speed"),
        ("PATCH", "/configuration", {"keepAlive": 2}, "keepAlive"),
    ],
)
def test_what_cannot_be_is_refused(sandbox: WorkspaceHandle, method: str, path: str, body: object, field: str) -> None:
    """422 with the field; nothing changes."""
    before = sandbox._call("GET", "/configuration")
    refused = sandbox.control._http.request(method, f"/workspaces/{sandbox.name}{path}", json=body)
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == [field]
    assert sandbox._call("GET", "/configuration") == before


def test_a_clock_cannot_leave_the_calendar(sandbox: WorkspaceHandle, call: Call) -> None:
    """However often it is put forward, timestamps can be told."""
    for _ in range(42):
        sandbox.advance(3e9)
    with pytest.raises(ControlFailed, match="the clock would be ahead"):
        sandbox.advance(3e9)
    assert call().create()


def test_the_configuration_changes_in_parts(sandbox: WorkspaceHandle) -> None:
    """What is left out stays; a reset brings all of it back."""
    before = sandbox._call("GET", "/configuration")
    changed = sandbox.configure(first_token_ms=5, hold_after=3)
    assert changed == before | {"firstTokenMs": 5, "holdAfter": 3}
    assert sandbox.configure(hold_after=None) == before | {"firstTokenMs": 5}
    sandbox.reset()
    assert sandbox._call("GET", "/configuration") == before


def test_replies_at_once_and_as_a_model(sandbox: WorkspaceHandle) -> None:
    """`speed` goes there and back."""
    before = sandbox._call("GET", "/configuration")
    instant = sandbox.configure(speed="instant")
    assert (instant["speed"], instant["firstTokenMs"], instant["tokensPerSecond"]) == ("instant", 0, None)
    assert sandbox.configure(speed="model") == before
