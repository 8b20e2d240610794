"""Snapshots over the control plane."""

from __future__ import annotations

import pytest

from mockserver import Settings, create_app
from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle
from mockserver.control.shelf import Shelf
from mockserver.server import BackgroundServer

from .given import Api, Call, make_control


def read(api: Api, conversation: str) -> object:
    """What the API shows of a conversation."""
    return api.http.get(f"/conversations/{conversation}/messages").json()


def test_a_workspace_returns_to_what_it_was(sandbox: WorkspaceHandle, api: Api) -> None:
    """Conversations, faults, clock and configuration; what came since is gone."""
    conversation = api.create()
    api.send(conversation)
    before = read(api, conversation)
    sandbox.arm("status", code=500, where={"operation": "cancelMessageStream"})
    sandbox.configure(jitter=0.25)
    sandbox.snapshot("mine")
    api.send(conversation, "More", "m-2")
    api.create()
    sandbox.disarm()
    sandbox.configure(jitter=0)
    sandbox.load("mine")
    assert read(api, conversation) == before
    assert [armed["fault"] for armed in sandbox.armed()] == ["status"]
    assert sandbox._call("GET", "/configuration")["jitter"] == 0.25
    assert len(api.http.get("/conversations").json()["data"]) == 1


def test_a_snapshot_goes_into_another_workspace(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """Its conversations are that one's then."""
    conversation = call().create()
    call().send(conversation)
    sandbox.snapshot("shared")
    other = control.workspace()
    other.load("shared")
    assert read(call(workspace=other), conversation) == read(call(), conversation)
    other.delete()


def test_two_workspaces_save_under_one_name(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """Each loads, downloads and deletes its own; whoever has none of that name gets the newest."""
    other = control.workspace()
    mine, theirs = call().create(), call(workspace=other).create()
    sandbox.snapshot("same")
    other.snapshot("same")
    for workspace, conversation in ((sandbox, mine), (other, theirs)):
        workspace.reset()
        workspace.load("same")
        assert workspace.conversation(conversation)["id"] == conversation
    download = control.call("GET", "/snapshots/same", workspace=sandbox.name)
    assert list(download["workspaces"]) == [sandbox.name]
    assert list(control.call("GET", "/snapshots/same")["workspaces"]) == [other.name]
    control.call("DELETE", "/snapshots/same", workspace=sandbox.name)
    assert list(control.call("GET", "/snapshots/same", workspace=sandbox.name)["workspaces"]) == [other.name]
    other.delete()


def test_the_shelf_is_bounded() -> None:
    """In the snapshots of each workspace, and in the bytes of all."""
    shelf = Shelf(bound=2, kept_bytes=100)
    for workspace, name in (("a", "1"), ("b", "1"), ("a", "2"), ("a", "3")):
        shelf.put(name, {"workspaces": {workspace: {}}}, b"x" * 20, workspace)
    assert [(kept.workspaces, kept.name) for kept in shelf] == [(("b",), "1"), (("a",), "2"), (("a",), "3")]
    shelf.put("4", {"workspaces": {"c": {}}}, b"x" * 70, "c")
    assert [kept.name for kept in shelf] == ["3", "4"]


def test_a_snapshot_is_a_file(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """Downloaded, deleted, uploaded under another name, and loaded."""
    conversation = call().create()
    sandbox.snapshot("first")
    download = control._http.get("/snapshots/first")
    assert download.headers["Content-Disposition"] == 'attachment; filename="first.json"'
    control.call("DELETE", "/snapshots/first")
    with pytest.raises(ControlFailed, match="no snapshot 'first'"):
        sandbox.load("first")
    control.call("PUT", "/snapshots/second", download.json())
    sandbox.reset()
    sandbox.load("second")
    assert read(call(), conversation) == {
        "page": {"size": 20, "totalElements": 0, "totalPages": 0, "currentPage": 1},
        "data": [],
    }


def test_snapshots_are_listed(control: ControlClient, sandbox: WorkspaceHandle) -> None:
    """With what they are of; a misspelt one is told."""
    sandbox.snapshot("before-login")
    listed = {entry["name"]: entry["workspaces"] for entry in control.call("GET", "/snapshots")["snapshots"]}
    assert listed["before-login"] == [sandbox.name]
    with pytest.raises(ControlFailed, match="did you mean before-login"):
        sandbox.load("before-logn")


@pytest.mark.parametrize(
    ("change", "says"),
    [({"version": 99}, "version 99"), ({"format": "x"}, "no snapshot"), ({"workspaces": {"w": {}}}, "damaged")],
)
def test_a_file_that_is_none(control: ControlClient, sandbox: WorkspaceHandle, change: object, says: str) -> None:
    """Is refused with a sentence, and nothing is lost by it."""
    sandbox.snapshot("good")
    file = control.call("GET", "/snapshots/good")
    for path in ("/snapshots/bad", "/snapshot"):
        with pytest.raises(ControlFailed, match=says):
            control.call("PUT", path, {**file, **change})  # type: ignore[dict-item]
    assert sandbox.name in control.workspaces()


def test_a_whole_server_moves(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """To another one: its workspaces are those of the file, and no others."""
    conversation = call().create()
    call().send(conversation)
    with BackgroundServer(create_app(Settings(port=0, empty=True))) as server, make_control(server.url) as elsewhere:
        elsewhere.workspace("goes")
        elsewhere.load(control.snapshot())
        assert elsewhere.workspaces() == control.workspaces()
        there = elsewhere.workspace(sandbox.name)
        moved = Api(there)
        assert read(moved, conversation) == read(call(), conversation)
        moved.http.close()


def test_a_damaged_file_changes_nothing(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """What is wrong is found before anything is changed, for one workspace and for all."""
    conversation = call().create()
    sandbox.snapshot("sound")
    file = control.call("GET", "/snapshots/sound")
    file["workspaces"][sandbox.name] |= {"store": {"created": 0, "conversations": []}}
    del file["workspaces"][sandbox.name]["configuration"]["pace"]["jitter"]
    field = f"workspaces.{sandbox.name}.configuration.pace.jitter"
    with pytest.raises(ControlFailed, match=rf"{field}: required, but not there \(the snapshot is damaged\)"):
        control.call("PUT", "/snapshots/damaged", file)
    with pytest.raises(ControlFailed, match="damaged"):
        control.load(file)
    assert sandbox.conversation(conversation)["id"] == conversation
    assert "demo" in control.workspaces()
