"""The sending of a stream, with a clock that is looked at and a client that is made up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from mockserver.exchange import EXCHANGE
from mockserver.pacing import Pace
from mockserver.replies import ReplyRequest
from mockserver.rules.errors import ConversationLocked, ConversationNotFound, GenerationFailed
from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Owner, Prompt, Steering
from mockserver.script import Script, healthy
from mockserver.service import Service
from mockserver.store.base import NewConversation
from mockserver.store.memory import MemoryStore
from mockserver.streaming import OpenedStream, ReplyStream
from mockserver.timetable import WAKE_TOGETHER

from .sandboxes import make_exchange, make_sandboxes

ALICE = Owner("demo", "alice")


class Says:
    """A writer that says what it is given, or raises it."""

    def __init__(self, *replies: Any) -> None:
        self._replies = list(replies)

    def write(self, _request: ReplyRequest) -> str:
        """See `mockserver.service.Writer`."""
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        said: str = reply
        return said


async def make_service(*replies: Any, pace: Pace = Pace(0, 1000, 0)) -> tuple[Service, str]:  # noqa: B008 - frozen
    """A service and a conversation of Alice's in it."""
    sandboxes = make_sandboxes(pace)
    store = MemoryStore(0, lambda name: sandboxes.of(name).clock)
    service = Service(store=store, writer=Says(*replies), sandboxes=sandboxes, seed=0)
    conversation = await service.create_conversation(NewConversation(ALICE, None, None, Steering()))
    return service, conversation.id


async def perform(service: Service, opened: OpenedStream, script: Script, *, arrived_s_ago: float = 0) -> list[bytes]:
    """The bodies that are sent, to a client that stays."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    stream = ReplyStream(store=service.store, opened=replace(opened, script=script), alarms=service.alarms, seed=0)
    exchange = make_exchange(service.sandboxes.of(ALICE.workspace), arrived_s_ago=arrived_s_ago)
    scope = {"type": "http", "extensions": {EXCHANGE: exchange}}
    await stream(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]  # it never receives anything
    return [message["body"] for message in sent if message["type"] == "http.response.body"]


def play(due: Sequence[float], *, arrived_s_ago: float) -> tuple[list[bytes], float]:
    """The bodies of a stream of three deltas, and the seconds that it took."""

    async def scenario() -> tuple[list[bytes], float]:
        service, conversation = await make_service("one two three")
        opened = await service.open_stream(ALICE, conversation, Prompt("m", "Hi"))
        begun = time.perf_counter()
        bodies = await perform(service, opened, healthy(["one ", "two ", "three"], due), arrived_s_ago=arrived_s_ago)
        assert not service.alarms.sleeping
        return bodies, time.perf_counter() - begun

    return asyncio.run(asyncio.wait_for(scenario(), timeout=20))


def test_due_times_count_from_the_arrival() -> None:
    """Who was served late is not paced late: what is overdue is sent at once, and in one piece."""
    bodies, took_s = play([10, 20, 30], arrived_s_ago=60)
    assert took_s < 5
    assert bodies[0].count(b"event: delta") == 3


def test_what_is_not_due_yet_is_not_sent() -> None:
    """One by one, each at its time."""
    bodies, took_s = play([0.05, 0.1, 0.15], arrived_s_ago=0)
    assert took_s >= 0.15
    assert [body.count(b"event: delta") for body in bodies] == [1, 1, 1, 0]
    assert bodies[-1].startswith(b"event: message")


class Reader:
    """Reads a stream, and stops when it is told to."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self.pieces: list[bytes] = []

    async def send(self, message: Any) -> None:
        """ASGI's."""
        await self.reading.wait()
        self.pieces.append(message.get("body", b""))

    @property
    def deltas(self) -> int:
        """How many came so far."""
        return b"".join(self.pieces).count(b"event: delta")


async def open_streams(count: int, pace: Pace) -> tuple[Service, list[Reader], list[asyncio.Task[None]]]:
    """So many streams in a workspace whose clock stands, each of three deltas in a conversation of its own."""
    service, _ = await make_service(*["one two three"] * count, pace=pace)
    sandbox, readers, streams = service.sandboxes.of(ALICE.workspace), [], []
    sandbox.clock.run(0)
    for _ in range(count):
        conversation = await service.create_conversation(NewConversation(ALICE, None, None, Steering()))
        opened = await service.open_stream(ALICE, conversation.id, Prompt("m", "Hi"))
        stream = ReplyStream(store=service.store, opened=opened, alarms=service.alarms, seed=0)
        scope = {"type": "http", "extensions": {EXCHANGE: make_exchange(sandbox)}}
        readers.append(Reader())
        streams.append(asyncio.create_task(stream(scope, asyncio.Event().wait, readers[-1].send)))  # type: ignore[arg-type]
    while not all(reader.pieces for reader in readers):  # noqa: ASYNC110 - turns are all there is
        await asyncio.sleep(0)
    return service, readers, streams


def test_thousands_that_are_due_leave_others_their_turns() -> None:
    """A request that comes then takes its turns between theirs, rather than after all of them."""

    async def scenario() -> list[int]:
        service, readers, streams = await open_streams(1000, Pace(1, 20, 0))
        service.sandboxes.of(ALICE.workspace).clock.advance(1)
        served = [0]
        while served[-1] < len(readers):
            await asyncio.sleep(0)
            served.append(sum(reader.deltas > 0 for reader in readers))
        service.shut_down()
        await asyncio.gather(*streams)
        return served

    served = asyncio.run(asyncio.wait_for(scenario(), timeout=60))
    assert max(after - before for before, after in pairwise(served)) <= WAKE_TOGETHER


def test_a_stream_that_is_seldom_served_sends_more_at_once() -> None:
    """What has become due meanwhile goes out in one piece, so that it catches up."""

    async def scenario() -> list[bytes]:
        service, (reader,), (stream,) = await open_streams(1, Pace(1, 20, 0))
        service.sandboxes.of(ALICE.workspace).clock.advance(600)
        await stream
        return reader.pieces

    head, deltas, final = asyncio.run(asyncio.wait_for(scenario(), timeout=20))
    assert (head, deltas.count(b"event: delta"), final.count(b"event: message")) == (b"", 3, 1)


def test_a_client_that_stops_reading_delays_nobody_else() -> None:
    """Its own stream waits with one piece in hand, and goes on with all that is due when it reads again."""

    async def scenario() -> None:
        service, readers, streams = await open_streams(3, Pace(1, 20, 0))
        clock, (slow, *others) = service.sandboxes.of(ALICE.workspace).clock, readers
        slow.reading.clear()
        clock.advance(1)
        while not all(reader.deltas == 1 for reader in others):  # noqa: ASYNC110 - turns are all there is
            await asyncio.sleep(0)
        clock.advance(600)
        await asyncio.gather(*streams[1:])
        assert (slow.pieces, streams[0].done(), len(service.sandboxes.of(ALICE.workspace).streams)) == ([b""], False, 1)
        slow.reading.set()
        await streams[0]
        assert [piece.count(b"event: delta") for piece in slow.pieces] == [0, 1, 2, 0]

    asyncio.run(asyncio.wait_for(scenario(), timeout=20))


@pytest.mark.clause("LCK-9")
@pytest.mark.parametrize("reply", ["", b"no text", RuntimeError("out of words")], ids=["empty", "bytes", "raises"])
def test_whatever_the_writer_does_wrong_leaves_no_lock(reply: object) -> None:
    """The stream is its error event, and the next one opens."""

    async def scenario() -> bytes:
        service, conversation = await make_service(reply, "Here you are.")
        opened = await service.open_stream(ALICE, conversation, Prompt("m", "Hi"))
        with pytest.raises(ConversationLocked):
            await service.open_stream(ALICE, conversation, Prompt("n", "Hi"))
        (failed,) = await perform(service, opened, opened.script)
        again = await service.open_stream(ALICE, conversation, Prompt("m", "Hi"))
        assert again.script.deltas
        return failed

    assert asyncio.run(scenario()).startswith(b"event: error\n")


@pytest.mark.clause("IDM-7", "LCK-9")
@pytest.mark.parametrize("channel", Channel)
def test_those_who_wait_for_a_reply_that_fails_try_themselves(channel: Channel) -> None:
    """One of them generates it, and all get it but the first, which was told."""

    async def scenario() -> list[Any]:
        service, conversation = await make_service(RuntimeError("once"), "Here you are.", pace=Pace(0.05, 1000, 0))
        first = await service.store.begin_turn(ALICE, conversation, Prompt("m", "Hi"), Channel.SYNC)
        waiting = [asyncio.create_task(service.send_message(ALICE, conversation, Prompt("m", "Hi"))) for _ in range(4)]
        if channel is Channel.STREAM:
            waiting.append(asyncio.create_task(service.open_stream(ALICE, conversation, Prompt("m", "Hi"))))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await service.store.end_turn(first.lease, Ending.FAILED)  # type: ignore[arg-type]
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(asyncio.wait_for(scenario(), timeout=20))
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    replies = {answer.text for answer in answers if hasattr(answer, "text")}
    assert [type(error) for error in failed] == [GenerationFailed]
    assert replies == {"Here you are."}


def test_a_message_that_sleeps_through_a_reset_is_told_so() -> None:
    """Its conversation is gone."""

    async def scenario() -> None:
        service, conversation = await make_service("reply", pace=Pace(0.05, 1000, 0))
        sending = asyncio.create_task(service.send_message(ALICE, conversation, Prompt("m", "Hi")))
        await asyncio.sleep(0.01)
        await service.store.reset()
        with pytest.raises(ConversationNotFound):
            await sending

    asyncio.run(asyncio.wait_for(scenario(), timeout=20))
