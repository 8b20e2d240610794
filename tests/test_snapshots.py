"""Snapshots: what is loaded is what was saved, goes on as it would have, and what cannot be loaded is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.clock import SandboxClock
from mockserver.rules.errors import RuleError
from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Owner, Prompt, Steering, SteeringPatch
from mockserver.snapshots import Part, SnapshotError, make_snapshot, parse_snapshot, read_file, write_file
from mockserver.store.base import Generation, NewConversation, Replay
from mockserver.store.memory import MemoryStore

TEXT = st.text(max_size=6)
AUTHORS = st.sampled_from(["alice", "bob"])
MESSAGE_IDS = st.sampled_from(["1", "2", "3"])
WHICH = st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("create"), AUTHORS, TEXT),
    st.tuples(st.just("patch"), AUTHORS, WHICH, TEXT | st.none()),
    st.tuples(st.just("cancel"), AUTHORS, WHICH),
    st.tuples(
        st.just("turn"),
        AUTHORS,
        WHICH,
        MESSAGE_IDS,
        TEXT,
        st.sampled_from(Channel),
        st.lists(TEXT, max_size=3),
        st.sampled_from(Ending) | st.none(),  # none: it is still being produced
    ),
    st.tuples(st.just("advance"), st.integers(1, 1000)),
)
Step = tuple[Any, ...]


class Driver:
    """A store that is told to do things, and its clock; `heard` is all that it answered."""

    def __init__(self) -> None:
        self.clock = SandboxClock()
        self.store = MemoryStore(7, lambda _name: self.clock)
        self.heard: list[Any] = []
        self.live: list[Any] = []

    async def do(self, steps: Sequence[Step]) -> None:
        """Do them all; what a rule forbids is answered with its name."""
        for step in steps:
            try:
                self.heard.append(await self._do(*step))
            except RuleError as error:
                self.heard.append(type(error).__name__)

    async def _do(self, what: str, *told: Any) -> Any:
        if what == "advance":
            self.clock.advance(told[0])
            return None
        owner = Owner("demo", told[0])
        if what == "create":
            return await self.store.create_conversation(NewConversation(owner, 5, told[1], Steering(told[1], 3)))
        page = await self.store.list_conversations(owner, 1, 20)
        if told[1] >= len(page.elements):
            return page
        conversation_id = page.elements[told[1]].id
        if what == "patch":
            patch = SteeringPatch(personality=told[2]) if told[2] != "" else SteeringPatch(brand_voice_id=None)
            return await self.store.patch_conversation(owner, conversation_id, patch)
        if what == "cancel":
            return await self.store.cancel_stream(owner, conversation_id)
        return await self._turn(owner, conversation_id, *told[2:])

    async def _turn(
        self, owner: Owner, conversation_id: str, message_id: str, text: str, channel: Channel, fragments: list[str],
        ending: Ending | None,
    ) -> Any:  # fmt: skip
        begun = await self.store.begin_turn(owner, conversation_id, Prompt(message_id, text), channel)
        if isinstance(begun, Replay):
            if begun.lease:
                await self.store.end_turn(begun.lease, Ending.FINISHED)
            return begun.reply
        if not isinstance(begun, Generation):
            return type(begun).__name__
        fragments = [*fragments, "!"] if ending is Ending.FINISHED else fragments
        await self.store.produce(begun.lease, fragments)
        if ending is None:
            self.live.append(begun.lease)
            return None
        reply = await self.store.end_turn(begun.lease, ending)
        return (begun.history, begun.conversation, reply)

    async def cut(self) -> None:
        """All who still wait for a reply go away."""
        for lease in self.live:
            await self.store.end_turn(lease, Ending.CLIENT_GONE)


def reload(data: Any) -> dict[str, Any]:
    """What a store dumped, written and read again."""
    snapshot = json.dumps(make_snapshot({"demo": Part(data)})).encode()
    return dict(parse_snapshot(snapshot)["demo"].store)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(before=st.lists(STEP, max_size=14), after=st.lists(STEP, max_size=8))
def test_what_is_frozen_stays_as_it_was(before: list[Step], after: list[Step]) -> None:
    """Whatever happens before it is written out."""

    async def run() -> None:
        driver = Driver()
        await driver.do(before)
        data, frozen = driver.store.dump("demo"), driver.store.freeze("demo")
        await driver.cut()
        await driver.do(after)
        assert frozen() == data
        await driver.store.reset("demo")
        assert frozen() == data

    asyncio.run(run())


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(before=st.lists(STEP, max_size=14), after=st.lists(STEP, max_size=8))
def test_a_loaded_workspace_goes_on_exactly_as_the_one_it_was_taken_from(before: list[Step], after: list[Step]) -> None:
    """The same next ids, timestamps, replays and refusals; live streams are as cut ones leave them."""

    async def run() -> None:
        first, second = Driver(), Driver()
        await first.do(before)
        data = first.store.dump("demo")
        second.store.load("demo", reload(data))
        assert second.store.dump("demo") == data
        await first.cut()
        assert first.store.dump("demo") == data
        second.clock.advance(first.clock.shift.total_seconds())
        first.heard.clear()
        for driver in (first, second):
            await driver.do([("create", "bob", "x"), *after, ("create", "alice", "y")])
        assert first.heard == second.heard
        assert first.store.dump("demo") == second.store.dump("demo")
        for held in first.store.conversations_of("demo"):
            assert first.store.inspect("demo", held.id) == second.store.inspect("demo", held.id)

    asyncio.run(run())


def test_to_load_ends_what_was_going_on_there() -> None:
    """And there alone: another workspace, which nobody loaded anything into, stays."""

    async def run() -> None:
        driver = Driver()
        await driver.do([("create", "alice", "x"), ("turn", "alice", 0, "1", "t", Channel.STREAM, ["a"], None)])
        other = await driver.store.create_conversation(NewConversation(Owner("other", "alice"), None, None, Steering()))
        (lease,) = driver.live
        data = driver.store.dump("demo")
        driver.store.load("demo", data)
        await asyncio.wait_for(driver.store.wait(lease), timeout=5)
        assert not await driver.store.produce(lease, ["late"])
        assert driver.store.dump("demo") == data
        assert [c["id"] for c in driver.store.dump("other")["conversations"]] == [other.id]
        driver.store.load("other", data)
        assert driver.store.dump("other") == data
        assert driver.store.dump("nobody") == {"created": 0, "conversations": []}
        assert (await driver.store.list_conversations(Owner("other", "alice"), 1, 5)).total_elements == 1

    asyncio.run(run())


def test_the_instant_of_a_clock_that_was_put_forward_is_kept_to_the_microsecond() -> None:
    """Messages go on from it."""

    async def run() -> None:
        first, second = Driver(), Driver()
        first.clock.advance(0.1 + 0.2)
        await first.do([("create", "alice", "x")])
        second.clock.advance(0.1 + 0.2)
        second.store.load("demo", reload(first.store.dump("demo")))
        turn: Step = ("turn", "alice", 0, "1", "t", Channel.SYNC, [], Ending.FINISHED)
        for driver in (first, second):
            driver.heard.clear()
            await driver.do([turn])
        assert first.heard == second.heard
        assert first.clock.shift == timedelta(seconds=0.3)

    asyncio.run(run())


@pytest.fixture(scope="module")
def snapshot() -> dict[str, Any]:
    """A snapshot of a workspace with one turn answered and one not."""

    async def run() -> dict[str, Any]:
        driver = Driver()
        turns = [
            ("turn", "alice", 0, "1", "t", Channel.SYNC, ["a"], Ending.FINISHED),
            ("turn", "alice", 0, "2", "u", Channel.SYNC, [], Ending.FAILED),
        ]
        await driver.do([("create", "alice", "x"), ("create", "alice", "y"), *turns])
        return make_snapshot({"demo": Part(driver.store.dump("demo"), clock=driver.clock.dump())})

    return asyncio.run(run())


def conversation(snapshot: dict[str, Any]) -> Any:
    """The conversation of a snapshot that has messages."""
    return snapshot["workspaces"]["demo"]["store"]["conversations"][1]


AT = "The snapshot is damaged at workspaces.demo.store.conversations[1]"
WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (lambda s: s.pop("format"), 'This is no snapshot: one is a JSON object whose "format" is'),
    (
        lambda s: s.update(version=2),
        "The snapshot was made by version 2, this server reads 1: save it again with a server that writes version 1.",
    ),
    (lambda s: s.update(version=True), "made by version"),
    (lambda s: s.pop("version"), "made by version (none)"),
    (lambda s: s.update(workspaces=[]), "damaged at workspaces: expected an object"),
    (lambda s: s["workspaces"].update(demo=5), "damaged at workspaces.demo: expected an object, got the number 5"),
    (lambda s: s["workspaces"]["demo"].pop("store"), "damaged at workspaces.demo.store: required, but not there"),
    (
        lambda s: s["workspaces"]["demo"].update(fault=[]),
        "damaged at workspaces.demo.fault: there is no such part (did you mean faults?)",
    ),
    (
        lambda s: s["workspaces"]["demo"]["store"].update(created=-1),
        "damaged at workspaces.demo.store.created: expected 0 or more, got the number -1",
    ),
    (
        lambda s: s["workspaces"]["demo"].update(clock={"nowS": 0, "rate": None, "shiftS": 0}),
        "damaged at workspaces.demo.clock.rate: expected a number, got null.",
    ),
    (lambda s: s["workspaces"]["demo"].update(faults=[1]), "damaged at workspaces.demo.faults: expected an object"),
    (lambda s: conversation(s).pop("author"), f"{AT}.author: required, but not there"),
    (lambda s: conversation(s).update(createdAt="now"), f"{AT}.createdAt: expected a time such as"),
    (lambda s: conversation(s).update(createdAt="2026-05-01T09:00:00Z"), f"{AT}.createdAt: expected a time such as"),
    (lambda s: conversation(s)["messages"][1].update(createdAt=""), f"{AT}.messages[1].createdAt: expected a time"),
    (
        lambda s: conversation(s).update(id=s["workspaces"]["demo"]["store"]["conversations"][0]["id"]),
        f"{AT}.id: the same id as workspaces.demo.store.conversations[0]",
    ),
    (lambda s: conversation(s).update(lastPatch={"personality": 5}), f"{AT}.lastPatch.personality: expected a string"),
    (lambda s: conversation(s).update(lastPatch={"voice": None}), f"{AT}.lastPatch.voice: there is no such field"),
    (lambda s: conversation(s)["turns"].append(conversation(s)["turns"][0]), f"{AT}.turns[2].id: the same id as"),
    (lambda s: conversation(s)["turns"][0].update(state="generating"), f"{AT}.turns[0].state: got the string"),
    (lambda s: conversation(s)["turns"][0].update(position=1), f"{AT}.turns[0].position: message 1 is not the user's"),
    (lambda s: conversation(s)["turns"][0].update(position=99), f"{AT}.turns[0].position: message 99 is not the"),
    (lambda s: conversation(s)["turns"][0].update(reply=0), f"{AT}.turns[0].reply: message 0 is not the assistant's"),
    (lambda s: conversation(s)["turns"][0].update(reply=99), f"{AT}.turns[0].reply: message 99 is not the"),
    (lambda s: conversation(s)["turns"][0].update(reply=None), f"{AT}.turns[0].reply: an answered turn has a reply"),
    (lambda s: conversation(s)["turns"][1].update(reply=1), f"{AT}.turns[1].reply: an answered turn has a reply"),
]


@pytest.mark.parametrize(("damage", "sentence"), WRONG, ids=[sentence[-50:] for _, sentence in WRONG])
def test_what_cannot_be_loaded_is_named(snapshot: dict[str, Any], damage: Callable[[Any], Any], sentence: str) -> None:
    """The field and the remedy, in one sentence; the whole snapshot is refused."""
    damaged = deepcopy(snapshot)
    damage(damaged)
    with pytest.raises(SnapshotError) as caught:
        parse_snapshot(json.dumps(damaged).encode())
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "The snapshot is not JSON: Expecting property name"),
        (b"\xff", "The snapshot is not JSON: byte 0 is not UTF-8."),
        (b"[]", "This is no snapshot"),
        (b'{"openapi": "3.0.3"}', "This is no snapshot"),
    ],
)
def test_what_is_no_snapshot(data: bytes, sentence: str) -> None:
    """Of any kind."""
    with pytest.raises(SnapshotError) as caught:
        parse_snapshot(data)
    assert str(caught.value).startswith(sentence)


def test_the_parts_of_others_are_kept_as_they_are(snapshot: dict[str, Any]) -> None:
    """Judged by their modules, and as JSON still; a part that nobody gave is none."""
    part = parse_snapshot(snapshot)["demo"]
    assert part.clock == snapshot["workspaces"]["demo"]["clock"]
    assert (part.faults, part.configuration, part.tokens) == (None, None, None)


def test_a_whole_number_may_have_a_fraction_of_zero(snapshot: dict[str, Any]) -> None:
    """JSON has one kind of number, and other programs may write a snapshot again."""
    rewritten = deepcopy(snapshot)
    rewritten["workspaces"]["demo"]["store"]["created"] = 2.0
    conversation(rewritten)["turns"][0].update(position=0.0, reply=1.0)
    store = MemoryStore(7, lambda _name: SandboxClock())
    store.load("demo", parse_snapshot(rewritten)["demo"].store)
    assert json.dumps(store.dump("demo")) == json.dumps(snapshot["workspaces"]["demo"]["store"])


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, snapshot: dict[str, Any]) -> None:
    """What was there before stays if the new one cannot be written; nothing else is left lying about."""
    path = tmp_path / "saved.json"
    write_file(path, snapshot)
    before = path.read_bytes()
    assert read_file(path) == parse_snapshot(snapshot)
    with pytest.raises(TypeError):
        write_file(path, {"workspaces": object()})
    assert path.read_bytes() == before
    write_file(path, make_snapshot({}))
    assert read_file(path) == {}
    assert [entry.name for entry in tmp_path.iterdir()] == ["saved.json"]


def test_a_text_that_no_encoding_has_survives_a_file(tmp_path: Path, snapshot: dict[str, Any]) -> None:
    """A lone surrogate: JSON can say it, UTF-8 cannot."""
    odd = deepcopy(snapshot)
    conversation(odd)["messages"][0]["text"] = "\ud800 é 🧁"
    write_file(tmp_path / "odd.json", odd)
    (read,) = read_file(tmp_path / "odd.json").values()
    assert read.store["conversations"][1]["messages"][0]["text"] == "\ud800 é 🧁"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """With what is wrong with them."""
    path = tmp_path / "none" / "saved.json"
    for use in (lambda: read_file(path), lambda: write_file(path, {})):
        with pytest.raises(SnapshotError, match=r"saved\.json cannot be (read|written): No such file or directory\."):
            use()
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SnapshotError, match=r"x\.json: This is no snapshot"):
        read_file(tmp_path / "x.json")
