"""Calls that a fault holds up: what is done for them when the world goes on; and what must not hold up everybody."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import httpx
import pytest

from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.control.reports import ControlFailed

from .given import Asked, Scene, wait_until

DELAYED = Asked({"Prefer": "delay=60000"})


@pytest.mark.parametrize("end", [WorkspaceHandle.reset, WorkspaceHandle.delete], ids=["reset", "delete"])
def test_what_waits_does_not_outlive_its_workspace(scene: Scene, end: Callable[[WorkspaceHandle], None]) -> None:
    """Its connection is closed, and nothing is created in the workspace that comes after it."""
    waiting = scene.request("POST", "/conversations", DELAYED, body={})
    wait_until(lambda: any(not each["complete"] for each in scene.sandbox.journal()))
    end(scene.sandbox)
    assert waiting.read_to_the_close().raw == b""
    assert scene.list_conversations().json()["data"] == []


def test_what_waits_does_not_outlive_a_snapshot_that_is_loaded(scene: Scene) -> None:
    """It was sent to another state."""
    scene.sandbox.snapshot("before-waiting")
    waiting = scene.request("POST", "/conversations", DELAYED, body={})
    wait_until(lambda: any(not each["complete"] for each in scene.sandbox.journal()))
    scene.sandbox.load("before-waiting")
    assert waiting.read_to_the_close().raw == b""
    assert len(scene.list_conversations().json()["data"]) == 1


def test_nothing_is_done_for_a_client_that_does_not_wait(scene: Scene) -> None:
    """It has gone before it was answered."""
    waiting = scene.request("POST", "/conversations", DELAYED, body={})
    wait_until(lambda: any(not each["complete"] for each in scene.sandbox.journal()))
    waiting.close()
    wait_until(lambda: all(each["complete"] for each in scene.sandbox.journal()))
    scene.sandbox.advance(120)
    assert len(scene.list_conversations().json()["data"]) == 1
    assert [each["outcome"] for each in scene.sandbox.journal() if each["faults"]] == ["client gone"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){25}"])
def test_no_pattern_holds_up_the_server(scene: Scene, pattern: str) -> None:
    """One that would take for ever is not found, neither in a rule nor in a verification."""
    text = "a" * 40 + "!"
    scene.sandbox.arm("status", where={"text": pattern}, times=None)
    begun = time.monotonic()
    assert scene.send(Asked(text=text)).status in {200, 500}
    with contextlib.suppress(AssertionError):
        scene.sandbox.verify("sendMessage", body={"text": {"$regex": pattern}})
    assert time.monotonic() - begun < 10


def test_a_caller_who_is_refused_makes_no_workspace(fault_control: ControlClient, scene: Scene) -> None:
    """A typo in a path leaves nothing behind."""
    name = f"{scene.sandbox.name}-typo"
    url = scene.sandbox.url.replace(scene.sandbox.name, name) + "/conversations"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {scene.token}"}).status_code == 403
    with pytest.raises(ControlFailed, match="There is no workspace"):
        fault_control.call("GET", f"/workspaces/{name}")
