"""The data of a fresh server: there at once, its replies when somebody reads them, the same in every way."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from datetime import datetime

from mockserver.clock import SandboxClock
from mockserver.demo import LONG_CONVERSATION_TURNS, OWNER, DemoData
from mockserver.replies import ReplyRequest, ReplyWriter
from mockserver.rules.values import Message
from mockserver.store.memory import MemoryStore

BEFORE = datetime(2026, 1, 1)
COUNT = 12


class CountingWriter:
    """The built-in one, which counts."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._writer = ReplyWriter(5)

    def write(self, request: ReplyRequest) -> str:
        """A reply."""
        self.written.append(request.prompt.id)
        return self._writer.write(request)


def conversations(writer: CountingWriter) -> tuple[DemoData, list[Sequence[Message]]]:
    """The data, and the messages of each conversation as a store holds them, nothing read yet."""
    clock = SandboxClock()
    store = MemoryStore(5, lambda _: clock)
    data = DemoData(COUNT, 5, writer, before=BEFORE)
    data.load(store)
    held = store.conversations_of(OWNER.workspace)
    return data, [store.inspect(OWNER.workspace, conversation.id).messages for conversation in held]


def texts(of: list[Sequence[Message]]) -> list[list[str]]:
    """What the messages say, read from the first to the last."""
    return [[message.text for message in messages] for messages in of]


def test_a_start_writes_no_reply_and_each_is_written_once() -> None:
    """However often it is read."""
    writer = CountingWriter()
    data, held = conversations(writer)
    assert not writer.written
    first = texts(held)
    assert len(writer.written) == len(set(writer.written)) == sum(map(len, held)) / 2
    data.write_out()
    assert texts(held) == first
    assert len(writer.written) == len(set(writer.written))


def test_it_does_not_matter_what_is_read_first() -> None:
    """A reply looks back on those before it: they are written first, and not by a recursion as deep as that."""
    expected = texts(conversations(CountingWriter())[1])
    backwards = conversations(CountingWriter())[1]
    assert [[m.text for m in reversed(messages)][::-1] for messages in reversed(backwards)][::-1] == expected
    assert max(map(len, backwards)) == 2 * LONG_CONVERSATION_TURNS
    data, written_out = conversations(CountingWriter())
    data.write_out()
    assert texts(written_out) == expected


def test_two_threads_read_the_same() -> None:
    """One writes all of it soon after the start, and clients do not wait for that."""
    expected = texts(conversations(CountingWriter())[1])
    data, held = conversations(CountingWriter())
    begin = threading.Barrier(2)

    def write_out() -> None:
        begin.wait(10)
        data.write_out()

    thread = threading.Thread(target=write_out)
    thread.start()
    begin.wait(10)
    seen = texts(held)
    thread.join(10)
    assert seen == texts(held) == expected


def test_a_reply_that_is_yet_to_be_written_is_a_message_like_others() -> None:
    """To whoever copies it, prints it or asks it for something that no message has."""
    reply = conversations(CountingWriter())[1][0][1]
    assert copy.copy(reply).text == reply.text
    assert repr(reply.text) in repr(reply)
    assert not hasattr(reply, "texts")
