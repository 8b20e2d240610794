"""Rules hit the calls that they mean, as often as they should, and are then gone."""

from __future__ import annotations

import pytest

from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.faults.scenarios import SCENARIOS

from .given import FAULT_HEADER, Asked, Scene, assert_error, assert_healthy, make_server, wait_until


def statuses(scene: Scene, count: int) -> list[int]:
    """What so many calls get."""
    return [scene.list_conversations().status for _ in range(count)]


def configuration(scene: Scene) -> object:
    """That of the workspace now."""
    return scene.sandbox.control.call("GET", f"/workspaces/{scene.sandbox.name}/configuration")


def test_an_operation(scene: Scene) -> None:
    """Others pass."""
    scene.sandbox.arm("status", code=503, where={"operation": "sendMessage"})
    assert statuses(scene, 2) == [200, 200]
    assert_healthy(scene.stream())
    assert [scene.send().status, scene.send().status] == [503, 200]


def test_a_caller(scene: Scene) -> None:
    """Another in the same workspace passes."""
    bob = scene.sandbox.token("bob")
    scene.sandbox.arm("status", code=503, where={"caller": "bob"})
    assert [
        scene.list_conversations().status,
        scene.list_conversations(token=bob).status,
        scene.list_conversations(token=bob).status,
    ] == [200, 503, 200]


def test_a_conversation(scene: Scene) -> None:
    """Another of the same caller passes."""
    other = scene.new_conversation()
    scene.sandbox.arm("truncate", after=1, where={"conversation": other})
    assert_healthy(scene.stream())
    assert scene.stream(conversation=other).read().ended == "closed"
    assert_healthy(scene.stream(conversation=other))


def test_the_nth_call(scene: Scene) -> None:
    """Of those that fit otherwise, since it was armed."""
    assert scene.list_conversations().status == 200
    scene.sandbox.arm("status", code=503, where={"operation": "listConversations", "nth": 3})
    assert scene.send().status == 200
    assert statuses(scene, 5) == [200, 200, 503, 200, 200]
    assert scene.sandbox.armed() == []


def test_while_a_stream_is_live(scene: Scene) -> None:
    """In that conversation; a call of another one passes."""
    other = scene.new_conversation()
    scene.sandbox.arm("status", code=500, where={"streaming": True}, times=None)
    scene.sandbox.configure(hold_after=1)
    stream = scene.stream().read_events(1)
    path = "/conversations/{}/messages"
    assert scene.call("GET", path.format(other)).status == 200
    assert scene.call("GET", path.format(scene.conversation)).status == 500
    scene.sandbox.wait_for_stream().release()
    assert_healthy(stream)
    wait_until(lambda: not scene.sandbox.streams())
    assert scene.call("GET", path.format(scene.conversation)).status == 200


@pytest.mark.parametrize(
    ("pattern", "text", "hit"),
    [
        ("^Über", "Über alles", True),
        ("(?i)ÜBER", "ganz über", True),
        ("^Über", "ganz Über", False),
        ("☕+", "☕☕", True),
    ],
)
def test_a_text(scene: Scene, pattern: str, text: str, hit: bool) -> None:
    """Any regular expression in any script, in streams and in replies of one piece."""
    scene.sandbox.arm("status", code=503, where={"text": pattern}, times=2)
    expected = 503 if hit else 200
    assert scene.list_conversations().status == 200
    assert scene.send(Asked(text=text)).status == expected
    assert scene.stream(Asked(text=text)).read().status == expected


def test_so_many_times(scene: Scene) -> None:
    """Then it is gone; with no end it stays until it is disarmed."""
    scene.sandbox.arm("status", code=503, times=2)
    assert statuses(scene, 3) == [503, 503, 200]
    fault = scene.sandbox.arm("status", code=500, times=None)
    assert statuses(scene, 4) == [500] * 4
    assert scene.sandbox.armed()[0]["fired"] == 4
    scene.sandbox.disarm(fault)
    assert statuses(scene, 1) == [200]


def test_for_seconds_of_the_clock(scene: Scene) -> None:
    """A window ends when the workspace's clock says so."""
    scene.sandbox.freeze()
    scene.sandbox.arm("status", code=503, for_s=30)
    assert statuses(scene, 2) == [503, 503]
    scene.sandbox.advance(29)
    assert statuses(scene, 1) == [503]
    scene.sandbox.advance(2)
    assert statuses(scene, 1) == [200]
    assert scene.sandbox.armed() == []


def test_a_share_of_calls_follows_from_the_seed() -> None:
    """The same on two servers, another with another seed; and so do the pieces in which a stream is sent."""
    patterns, pieces = [], []
    for seed in (1, 1, 2):
        with make_server(seed=seed) as server, ControlClient(server.url) as control:
            scene = Scene(control.workspace("twin"))
            pieces.append(scene.stream(Asked({"Prefer": "fault=torture"})).read().pieces)
            scene.sandbox.arm("status", code=503, rate=0.5, times=None)
            patterns.append(statuses(scene, 40))
            scene.close()
    assert patterns[0] == patterns[1] != patterns[2]
    assert pieces[0] == pieces[1] != pieces[2]
    assert 8 < patterns[0].count(503) < 32


def test_a_quota_refills_as_it_says(scene: Scene) -> None:
    """Who waits as long as `Retry-After` says gets through, and who does not, does not."""
    scene.sandbox.freeze()
    scene.sandbox.arm("quota", limit=2, per_s=20, where={"operation": "listConversations"})
    assert statuses(scene, 2) == [200, 200]
    refused = scene.list_conversations()
    assert_error(refused, 429, "rateLimited", "listConversations")
    wait_s = int(refused.headers["retry-after"])
    assert wait_s == 10
    assert refused.headers[FAULT_HEADER].startswith("quota; limit=2; per_s=20")
    assert scene.send().status == 200, "it counts what it means"
    scene.sandbox.advance(wait_s - 1)
    again = scene.list_conversations()
    assert (again.status, again.headers["retry-after"]) == (429, "1")
    scene.sandbox.advance(1)
    assert statuses(scene, 2) == [200, 429]
    scene.sandbox.advance(1000)
    assert statuses(scene, 3) == [200, 200, 429]


def test_another_workspace_never_sees_it(scene: Scene, fault_control: ControlClient) -> None:
    """Faults, clock and configuration are a workspace's own."""
    other = Scene(fault_control.workspace())
    scene.sandbox.arm("status", code=503, times=None)
    scene.sandbox.freeze()
    scene.sandbox.configure(first_token_ms=1000, hold_after=0)
    assert_healthy(other.stream())
    assert other.sandbox.armed() == []
    assert scene.list_conversations().status == 503
    other.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_by_its_name(scene: Scene, name: str) -> None:
    """Started, its faults come and are named after it; stopped, all is as before."""
    before = configuration(scene)
    scene.sandbox.run(0 if name == "rate-limited" else 200)
    scene.sandbox.scenario(name)
    armed = scene.sandbox.armed()
    assert {each["source"] for each in armed} == ({f"scenario {name}"} if SCENARIOS[name].rules else set())
    fired: list[str] = []
    for _ in range(40):
        scene.stream().read()
        wait_until(lambda: scene.newest()["complete"])
        fired += [each["source"] for each in scene.newest()["faults"]]
        if fired or not armed:
            break
    assert set(fired) == {each["source"] for each in armed}
    assert (configuration(scene) != before) == (SCENARIOS[name].configuration is not None)
    if not armed:
        assert scene.newest()["tookS"] > 1, "it takes its time on the clock of the workspace"
    scene.sandbox.stop_scenario(name)
    scene.token = scene.sandbox.token("alice", expires_in_s=999_999)
    assert scene.sandbox.armed() == []
    assert configuration(scene) == before
    wait_until(lambda: not scene.sandbox.streams())
    assert_healthy(scene.stream())


def test_disarming_and_reset(sandbox: WorkspaceHandle) -> None:
    """All at once, or with the whole workspace."""
    scene = Scene(sandbox)
    sandbox.arm("status", times=None)
    sandbox.arm("delay", times=None)
    sandbox.disarm()
    assert scene.list_conversations().status == 200
    sandbox.arm("status", times=None)
    sandbox.reset()
    assert scene.list_conversations().status == 200
    scene.close()
