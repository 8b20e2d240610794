"""A test's hand on live streams: hold, step, release, kill; and a clock that makes long streams short."""

from __future__ import annotations

import time

import pytest

from mockserver.control.client import ControlFailed, WorkspaceHandle

from .given import Api


def test_a_held_stream_is_stepped_event_by_event(sandbox: WorkspaceHandle, api: Api) -> None:
    """Nothing comes but what is let go; released, it comes to its end."""
    sandbox.configure(hold_after=0)
    reader = api.stream(api.create())
    stream = sandbox.wait_for_stream()
    assert stream.facts["held"]
    assert stream.step() == 1
    assert reader.wait_for(1) == ["delta"]
    assert stream.step(2) == 2
    assert reader.wait_for(3) == ["delta"] * 3
    [facts] = [live.facts for live in sandbox.streams()]
    assert (facts["sent"], facts["held"], facts["holdAfter"]) == (3, True, 3)
    stream.release()
    names = reader.finish()
    assert names == ["delta"] * facts["deltas"] + ["message"]
    assert sandbox.streams() == []


def test_steps_end_with_the_stream(sandbox: WorkspaceHandle, api: Api) -> None:
    """Asked for more events than there are, it says how many there were, and that it is over."""
    sandbox.configure(hold_after=0)
    reader = api.stream(api.create())
    stream = sandbox.wait_for_stream()
    assert stream.step(100_000) == stream.facts["deltas"] + 1
    assert len(reader.finish()) == stream.facts["deltas"] + 1
    with pytest.raises(ControlFailed, match="stream 1 is not live"):
        stream.release()


def test_a_stream_is_held_later(sandbox: WorkspaceHandle, api: Api) -> None:
    """After the event that is asked for, where that is still to come."""
    sandbox.freeze()
    reader = api.stream(api.create())
    stream = sandbox.wait_for_stream()
    stream.hold(after=2)
    sandbox.advance(60)
    assert reader.wait_for(2) == ["delta"] * 2
    assert sandbox.wait_for_stream().facts["held"]
    stream.release()
    assert reader.finish()[-1] == "message"


@pytest.mark.parametrize(("how", "broken"), [("truncate", True), ("reset", True), ("end", False)])
def test_a_stream_is_killed(sandbox: WorkspaceHandle, api: Api, how: str, broken: bool) -> None:
    """In the way that is asked for; the lock is free after it."""
    sandbox.configure(hold_after=2)
    conversation = api.create()
    reader = api.stream(conversation)
    reader.wait_for(2)
    sandbox.wait_for_stream().kill(how)
    assert reader.finish() == ["delta", "delta"]
    assert reader.broken is broken
    sandbox.configure(hold_after=None)
    assert sandbox.conversation(conversation)["lock"] == "free"


def test_a_live_stream_holds_the_lock(sandbox: WorkspaceHandle, api: Api) -> None:
    """The control plane says so, of the conversation that it is in."""
    sandbox.configure(hold_after=1)
    conversation = api.create()
    reader = api.stream(conversation)
    stream = sandbox.wait_for_stream()
    assert (stream.facts["conversation"], stream.facts["caller"]) == (conversation, "alice")
    state = sandbox.conversation(conversation)
    assert (state["lock"], state["turns"][0]["state"]) == ("streaming", "generating")
    stream.release()
    reader.finish()


def test_a_minute_takes_no_time(sandbox: WorkspaceHandle, api: Api) -> None:
    """A stream whose first word would come after a minute plays at once when the clock is put forward."""
    sandbox.configure(first_token_ms=60_000, jitter=0)
    began = time.monotonic()
    sandbox.freeze()
    reader = api.stream(api.create())
    sandbox.wait_for_stream()
    assert reader.names == []
    sandbox.advance(600)
    assert reader.finish()[-1] == "message"
    assert time.monotonic() - began < 5


def test_a_fast_clock_paces_streams(sandbox: WorkspaceHandle, api: Api) -> None:
    """At ten thousand times the rate a minute is over in milliseconds."""
    sandbox.configure(first_token_ms=60_000)
    sandbox.run(10_000)
    began = time.monotonic()
    assert api.stream(api.create()).finish()[-1] == "message"
    assert time.monotonic() - began < 5


def test_waiting_for_a_stream_ends(sandbox: WorkspaceHandle) -> None:
    """Where none comes, after the time that it was given."""
    with pytest.raises(TimeoutError, match="0 streams are live"):
        sandbox.wait_for_stream(timeout_s=0)


def test_no_stream_of_that_number(sandbox: WorkspaceHandle, api: Api) -> None:
    """The answer names those that are live."""
    sandbox.configure(hold_after=0)
    reader = api.stream(api.create())
    stream = sandbox.wait_for_stream()
    with pytest.raises(ControlFailed, match="Live are 1"):
        sandbox._call("POST", "/streams/7/release")
    stream.kill()
    reader.finish()
