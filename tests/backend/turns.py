"""Which turns are under way: the lock of each conversation, and the message ids that are being answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tests.backend.store import Conversation


class Locked(Exception):
    """Another turn is in the way."""


End = Literal["done", "failed", "cancelled", "gone", "unused"]


class Stream:
    """A reply under way. Its pieces are noted before they are sent, so that nothing received can be lost."""

    def __init__(self, conversation: Conversation, message_id: str) -> None:
        self.conversation = conversation
        self.message_id = message_id
        self.pieces: list[str] = []
        self.end: End | None = None
        self.over = threading.Event()
        self.ending = threading.RLock()

    def note(self, piece: str) -> bool:
        """Note a piece, unless the stream is over."""
        with self.ending:
            if not self.over.is_set():
                self.pieces.append(piece)
            return not self.over.is_set()


class Turns:
    """All that is under way, behind one mutex."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.streams: dict[str, Stream] = {}
        self.answering: set[tuple[str, str]] = set()

    def key(self, conversation: Conversation) -> str:
        """What a stream locks (LCK-3)."""
        return conversation.id

    @contextmanager
    def answer_alone(self, conversation: Conversation, message_id: str) -> Iterator[None]:
        """Wait until nobody else answers this message (IDM-7)."""
        turn = (conversation.id, message_id)
        with self.changed:
            self.changed.wait_for(lambda: turn not in self.answering)
            self.answering.add(turn)
        try:
            yield
        finally:
            self.done(turn)

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        """Take the conversation's lock, or raise `Locked`: looked at and taken in one step (LCK-6)."""
        turn = (conversation.id, message_id)
        with self.changed:
            if self.key(conversation) in self.streams or turn in self.answering:
                raise Locked
            self.answering.add(turn)
            stream = self.streams[self.key(conversation)] = Stream(conversation, message_id)
        return stream

    def active_stream(self, conversation: Conversation) -> Stream | None:
        """The conversation's stream."""
        stream = self.streams.get(self.key(conversation))
        return stream if stream and stream.conversation.id == conversation.id else None

    def close_stream(self, stream: Stream) -> None:
        """Free the lock that this stream holds."""
        with self.changed:
            if self.streams.get(self.key(stream.conversation)) is stream:
                del self.streams[self.key(stream.conversation)]
        self.done((stream.conversation.id, stream.message_id))

    def done(self, turn: tuple[str, str]) -> None:
        """Nobody answers this message any more."""
        with self.changed:
            self.answering.discard(turn)
            self.changed.notify_all()
