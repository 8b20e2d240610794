"""A test's hand on the clock and on live streams: long streams take no time, and each event comes when it is let go."""

from __future__ import annotations

import time

import pytest

from mockserver.control.client import ControlClient

from .given import ALL_EVENTS, DELTAS, Scene, assert_error, assert_healthy, wait_until

MINUTE_S = 60


def take_a_minute(scene: Scene) -> None:
    """From now on a reply takes a minute of the workspace's clock."""
    rate = (len(DELTAS) - 1) / (MINUTE_S - 1)
    scene.sandbox.configure(first_token_ms=1000, tokens_per_second=rate, jitter=0)


def test_event_by_event_to_the_end(scene: Scene) -> None:
    """Held at its opening, every step lets exactly one more event through."""
    scene.sandbox.configure(hold_after=0)
    wire = scene.stream()
    stream = scene.sandbox.wait_for_stream()
    wire.read(lambda: wire.status > 0)
    for count in range(1, len(ALL_EVENTS)):
        assert scene.live_events() == count - 1
        assert wire.is_silent()
        assert stream.step() == 1
        assert wire.read_events(count).names == ALL_EVENTS[:count]
    assert stream.step() == 1
    assert_healthy(wire)


@pytest.mark.parametrize("after", [1, 5, len(DELTAS)])
def test_held_and_released(scene: Scene, after: int) -> None:
    """A live stream is held after an event of the test's choice, at its pace until then."""
    scene.sandbox.freeze()
    take_a_minute(scene)
    wire = scene.stream()
    stream = scene.sandbox.wait_for_stream()
    stream.hold(after)
    scene.sandbox.advance(600)
    assert wire.read_events(after).deltas == DELTAS[:after]
    assert scene.live_events() == after
    assert wire.is_silent()
    stream.release()
    scene.sandbox.advance(600)
    assert_healthy(wire)


def test_what_was_held_goes_on_as_if_it_had_not_been(scene: Scene) -> None:
    """The time of a hold is not made up for by a burst."""
    scene.sandbox.freeze()
    scene.sandbox.configure(first_token_ms=1000, tokens_per_second=1, jitter=0, hold_after=2)
    wire = scene.stream()
    stream = scene.sandbox.wait_for_stream()
    scene.sandbox.advance(2)
    wire.read_events(2)
    scene.sandbox.advance(100)
    stream.release()
    assert scene.live_events() == 2
    scene.sandbox.advance(1.5)
    assert wire.read_events(3).deltas == DELTAS[:3]
    assert scene.live_events() == 3
    scene.sandbox.advance(100)
    assert_healthy(wire)


def test_a_step_does_not_wait_for_the_clock(scene: Scene) -> None:
    """Of a stream that is frozen, steps come at once."""
    scene.sandbox.freeze()
    take_a_minute(scene)
    wire = scene.stream()
    stream = scene.sandbox.wait_for_stream()
    assert stream.step(3) == 3
    assert wire.read_events(3).deltas == DELTAS[:3]
    assert (scene.live_events(), wire.is_silent()) == (3, True)
    stream.release()
    assert wire.is_silent()
    scene.sandbox.advance(MINUTE_S)
    assert_healthy(wire)


@pytest.mark.parametrize(
    ("how", "complete", "ended"), [("truncate", False, "closed"), ("reset", False, "reset"), ("end", True, "")]
)
def test_a_held_stream_is_killed(scene: Scene, how: str, complete: bool, ended: str) -> None:
    """In each way; what had come is kept, and the conversation is free."""
    scene.sandbox.configure(hold_after=2)
    wire = scene.stream().read_events(2)
    scene.sandbox.wait_for_stream().kill(how)
    wire.read()
    assert (wire.deltas, wire.names) == (DELTAS[:2], ["delta"] * 2)
    assert (wire.complete, wire.ended) == (complete, ended)
    wait_until(lambda: not scene.sandbox.streams())
    assert scene.texts() == ["".join(DELTAS[:2])]
    scene.sandbox.configure(hold_after=None)
    assert_healthy(scene.stream())


def test_a_minute_in_no_time(scene: Scene) -> None:
    """Frozen and advanced, a stream of a minute is there in under a second."""
    scene.sandbox.freeze()
    take_a_minute(scene)
    begun = time.monotonic()
    wire = scene.stream()
    scene.sandbox.wait_for_stream()
    assert wire.is_silent() or not wire.events
    scene.sandbox.advance(MINUTE_S + 0.5)
    assert_healthy(wire)
    assert time.monotonic() - begun < 1
    wait_until(lambda: scene.newest()["complete"])
    assert scene.newest()["tookS"] == pytest.approx(MINUTE_S + 0.5, abs=0.1)


def test_a_clock_that_runs_a_thousand_times_as_fast(scene: Scene) -> None:
    """Each event comes at its instant of the workspace's clock."""
    take_a_minute(scene)
    scene.sandbox.run(1000)
    wire = scene.stream()
    begun = time.monotonic()
    assert_healthy(wire)
    assert time.monotonic() - begun < 5
    wait_until(lambda: scene.newest()["complete"])
    instants = [event["atS"] for event in scene.newest()["events"]]
    assert instants == sorted(instants)
    assert instants[0] >= 1
    assert instants[-1] >= MINUTE_S - 0.1


def test_a_reply_in_one_piece_waits_by_the_clock(scene: Scene) -> None:
    """No less than a stream does."""
    scene.sandbox.freeze()
    take_a_minute(scene)
    body = {"id": "one", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
    wire = scene.request("POST", f"/conversations/{scene.conversation}/messages", body=body)
    wait_until(lambda: scene.sandbox.journal(operation="sendMessage"))
    scene.sandbox.advance(MINUTE_S - 1)
    assert wire.is_silent()
    scene.sandbox.advance(1.5)
    assert wire.read().status == 200


def test_a_frozen_workspace_holds_up_nobody_else(scene: Scene, fault_control: ControlClient) -> None:
    """A clock is a workspace's own."""
    other = Scene(fault_control.workspace())
    take_a_minute(scene)
    scene.sandbox.freeze()
    wire = scene.stream()
    scene.sandbox.wait_for_stream()
    assert_healthy(other.stream())
    assert scene.live_events() == 0
    scene.sandbox.wait_for_stream().kill("end")
    assert wire.read().events == []
    other.close()


def test_timestamps_go_on_from_the_time_that_is_set(scene: Scene) -> None:
    """Of conversations and messages; advanced, they are later by as much."""
    scene.sandbox.set_time("2031-12-24T18:00:00Z")
    first = scene.call("POST", "/conversations", body={}).json()["createdAt"]
    assert first.startswith("2031-12-24T18:00:0")
    scene.sandbox.advance(3600)
    second = scene.call("POST", "/conversations", body={}).json()["createdAt"]
    assert second.startswith("2031-12-24T19:00:0")
    scene.sandbox.set_time("2020-02-29T12:00:00+02:00")
    third = scene.call("POST", "/conversations", body={}).json()["createdAt"]
    assert third.startswith("2020-02-29T10:00:0")


def test_a_token_expires_by_the_clock(scene: Scene) -> None:
    """One that was minted later is good."""
    scene.token = scene.sandbox.token("alice", expires_in_s=60)
    scene.sandbox.advance(50)
    assert scene.list_conversations().status == 200
    scene.sandbox.advance(11)
    assert (
        assert_error(scene.list_conversations(), 401, "unauthenticated", "listConversations")
        == "The token has expired."
    )
    scene.token = scene.sandbox.token("alice", expires_in_s=60)
    assert scene.list_conversations().status == 200


@pytest.mark.parametrize("end", ["reset", "delete"])
@pytest.mark.parametrize("standing", ["held", "stalled", "frozen"])
def test_a_workspace_that_goes_ends_what_stands_in_it(scene: Scene, standing: str, end: str) -> None:
    """Whatever a stream waits for; the workspace is then as new, its clock runs, and nothing is held."""
    if standing == "held":
        scene.sandbox.configure(hold_after=1)
    elif standing == "stalled":
        scene.sandbox.arm("stall", after=1)
    else:
        scene.sandbox.freeze()
        scene.sandbox.configure(first_token_ms=1000)
    wire = scene.stream()
    scene.sandbox.wait_for_stream()
    wire.read_events(0 if standing == "frozen" else 1)
    if end == "reset":
        scene.sandbox.reset()
    else:
        scene.sandbox.delete()
    assert wire.read().names in ([], ["delta"])
    scene.conversation = scene.new_conversation()
    assert_healthy(scene.stream())
