"""The feed of what happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.control.feed import Feed

from .given import Api, read_feed

Happenings = Iterator[tuple[str, str, dict[str, Any]]]


@contextmanager
def follow(sandbox: WorkspaceHandle, last: str | None = None, events: int = 0) -> Iterator[Happenings]:
    """The feed of a workspace, which has begun."""
    headers = {} if last is None else {"Last-Event-ID": last}
    query: dict[str, str | int] = {"workspace": sandbox.name, "events": events}
    with sandbox.control._http.stream("GET", "/feed", params=query, headers=headers) as answer:
        lines = answer.iter_lines()
        if last is None:
            assert next(lines).startswith(":")
        yield read_feed(lines)


def test_calls_and_streams_are_told(sandbox: WorkspaceHandle, api: Api) -> None:
    """When they begin and when they end, in the order in which that happens."""
    with follow(sandbox) as happenings:
        api.stream(api.create()).finish()
        told = [next(happenings) for _ in range(6)]
    assert [(name, data["change"]) for _, name, data in told] == [
        ("exchange", "began"),
        ("exchange", "ended"),
        ("exchange", "began"),
        ("stream", "opened"),
        ("stream", "ended"),
        ("exchange", "ended"),
    ]
    assert told[1][2]["exchange"]["operation"] == "createConversation"
    assert told[3][2]["stream"]["caller"] == "alice"


def test_who_asks_for_them_is_told_each_event_of_a_stream(sandbox: WorkspaceHandle, api: Api) -> None:
    """In order, between the opening and the end of the stream."""
    conversation = api.create()
    with follow(sandbox, events=1) as happenings:
        kinds = api.stream(conversation).finish()
        told = [next(happenings) for _ in range(len(kinds) + 4)]
    names = [f"{name} {data.get('change', '')}".strip() for _, name, data in told]
    assert names[:2] == ["exchange began", "stream opened"]
    assert sorted(names[-2:]) == ["exchange ended", "stream ended"]
    sent = [data for _, name, data in told if name == "sent"]
    assert [data["event"]["kind"] for data in sent] == kinds
    assert [data["index"] for data in sent] == list(range(len(kinds)))


def test_faults_and_resets_are_told(control: ControlClient, sandbox: WorkspaceHandle) -> None:
    """Of the workspace that is followed, and of no other."""
    with follow(sandbox) as happenings:
        other = control.workspace()
        other.delete()
        sandbox.arm("truncate")
        _, name, data = next(happenings)
        assert (name, data["count"]) == ("armed", 1)
        sandbox.reset()
        told = [next(happenings) for _ in range(2)]
    assert [(name, data["change"]) for _, name, data in told] == [("exchange", "cleared"), ("workspace", "reset")]


def test_what_the_control_plane_changes_is_told(sandbox: WorkspaceHandle) -> None:
    """Clock, configuration, verdict, tokens and snapshots, with the word for each."""
    changes = [
        ("POST", "/clock/advance", {"seconds": 1}, "clock"),
        ("PATCH", "/clock", {"rate": 2}, "clock"),
        ("PATCH", "/configuration", {"speed": "instant"}, "configuration"),
        ("DELETE", "/verdict", None, "verdict"),
        ("DELETE", "/tokens", None, "tokens"),
        ("POST", "/snapshots/before", None, "snapshots"),
    ]
    with follow(sandbox) as happenings:
        for method, path, body, what in changes:
            sandbox._call(method, path, body)
            _, name, data = next(happenings)
            assert (name, data) == ("changed", {"workspace": sandbox.name, "what": what})


def test_who_comes_back_is_told_what_came_since(sandbox: WorkspaceHandle) -> None:
    """From the event on that it saw last."""
    with follow(sandbox) as happenings:
        sandbox.arm("truncate")
        seen, _, _ = next(happenings)
    sandbox.disarm()
    with follow(sandbox, last=seen) as happenings:
        _, name, data = next(happenings)
    assert (name, data["count"]) == ("armed", 0)


def test_who_was_away_for_too_long_is_told_so(sandbox: WorkspaceHandle) -> None:
    """An id that this server never gave is not known either, be it one of the server that ran before."""
    for strange in ("999999999", "0123abcd-1", "x-1", "-"):
        with follow(sandbox, last=strange) as happenings:
            _, name, _ = next(happenings)
        assert name == "reset"


def test_the_backlog_is_bounded() -> None:
    """What is older than it is not known any more; what is in it is."""
    feed = Feed(backlog=2)
    for number in range(1, 5):
        feed.tell("workspace", "w", {"n": number})
    assert feed.since(1) is None
    assert [happening.number for happening in feed.since(2) or []] == [3, 4]
    assert feed.since(4) == []
    assert feed.since(5) is None
    assert [happening.number for happening in feed.since_id(f"{feed.epoch}-3") or []] == [4]


def test_the_backlog_is_bounded_by_bytes() -> None:
    """A few large events push out many small ones."""
    feed = Feed(backlog_bytes=5000)
    for number in range(20):
        feed.tell("workspace", "w", {"n": number, "text": "x" * 1000})
    assert feed.since(10) is None
    assert [happening.number for happening in feed.since(17) or []] == [18, 19, 20]
