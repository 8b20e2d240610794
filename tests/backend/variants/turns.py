"""Turns, locks and cancels that go another way."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import _GeneratorContextManager
from typing import Any

from flask import Response

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import variant
from tests.backend.model import Model
from tests.backend.store import Conversation
from tests.backend.turns import Stream, Turns


@variant()
class LockLingers(Turns):
    """The lock outlives its stream by 300 ms."""

    def close_stream(self, stream: Stream) -> None:
        _later(0.3, super().close_stream, stream)


@variant()
class LockLingersForMostOfASecond(Turns):
    """The lock outlives its stream by 700 ms."""

    def close_stream(self, stream: Stream) -> None:
        _later(0.7, super().close_stream, stream)


@variant()
class LockOutlivesADisconnect(Backend):
    """The lock of a client that went away ends six seconds later, or with a cancel."""

    def hang_up(self, stream: Stream) -> None:
        if not stream.over.is_set():
            _later(6, super().hang_up, stream)


@variant()
class CancelTakesAMoment(Backend):
    """A cancel is answered at once, and the stream closes 400 ms later."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        stream = self.turns.active_stream(conversation)
        if stream:
            _later(0.4, self.finish, stream, "cancelled")
        return self.answer({})


def _later(delay_s: float, act: Any, *arguments: object) -> None:
    timer = threading.Timer(delay_s, act, arguments)
    timer.daemon = True
    timer.start()


class _KnowsCancelled(Backend):
    """Tells a stream that was cancelled from one that has ended."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cancelled: set[Stream] = set()

    def cancel_stream(self, conversation: Conversation) -> Response:
        stream = self.turns.active_stream(conversation)
        if stream is None:
            return super().cancel_stream(conversation)
        with stream.ending:
            if not stream.over.is_set():
                self.cancelled.add(stream)
            return super().cancel_stream(conversation)


@variant()
class CancelledStreamEndsWithError(_KnowsCancelled):
    """A cancelled stream ends with an error event."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        yield from super().events(stream, text, fails_after)
        if stream in self.cancelled:
            yield self.event("error", {"error": "The stream was cancelled.", "code": "cancelled"})


@variant()
class CancelledStreamEndsWithMessage(_KnowsCancelled):
    """A cancelled stream ends with the part of the reply as its final message."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        yield from super().events(stream, text, fails_after)
        part = self.store.reply_to(stream.conversation, stream.message_id) if stream in self.cancelled else None
        if part:
            yield self.event("message", {"message": self.message_json(part)})


@variant()
class CancelKeepsMore(Backend):
    """A cancelled reply is kept with a remark at its end."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        stream = self.turns.active_stream(conversation)
        if stream and stream.pieces:
            with stream.ending:
                stream.note(" [interrupted]")
                self.finish(stream, "cancelled")
        return super().cancel_stream(conversation)


@variant()
class GeneratesOnAfterDisconnect(Backend):
    """A reply is produced to its end although its client went away; the lock ends with it."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        produced: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        generated = super().events(stream, text, fails_after)

        def produce() -> None:
            for event in generated:
                produced.put(event)
            produced.put(None)

        threading.Thread(target=produce, daemon=True).start()
        return iter(produced.get, None)

    def hang_up(self, stream: Stream) -> None:
        pass


@variant()
class ReplayDuringStreamAnswered(Backend):
    """A replay is answered at both endpoints while a stream is active."""

    def open_stream(self, conversation: Conversation) -> Response:
        message = self.read("open_stream", validation.MESSAGE)
        reply = self.store.reply_to(conversation, message["id"])
        return self.event_stream(self.replayed_events(reply)) if reply else super().open_stream(conversation)


@variant()
class ReplayDuringStreamRefused(Backend):
    """A replay is 409 at both endpoints while a stream is active."""

    def send_message(self, conversation: Conversation) -> Response:
        self.read("send_message", validation.MESSAGE)
        self.refuse_while_streaming(conversation)
        return super().send_message(conversation)


@variant()
class MessagesDuringStreamAccepted(Backend):
    """A new message is answered at `/messages` while a stream is active."""

    def refuse_while_streaming(self, conversation: Conversation) -> None:
        pass


@variant()
class MessagesWaitForTheStream(Backend):
    """A new message at `/messages` waits for the active stream to end."""

    def refuse_while_streaming(self, conversation: Conversation) -> None:
        while stream := self.turns.active_stream(conversation):
            stream.over.wait(0.1)


@variant()
class SameIdAtOnce409(Turns):
    """Of one new id sent twice at once, the second is 409 rather than the one reply."""

    def answer_alone(self, conversation: Conversation, message_id: str) -> _GeneratorContextManager[None]:
        with self.changed:
            if (conversation.id, message_id) in self.answering:
                raise Refused(409, "conversationLocked", "This message is being answered.")
            return super().answer_alone(conversation, message_id)


@variant()
class ContextSizeIgnored(Backend):
    """The model reads the whole history, whatever `contextSize` says."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        return super().generate(conversation, {**message, "contextSize": 10**9})


@variant()
class TalkativeModel(Model):
    """Each reply is longer than was asked for by 120 words."""

    def content(self, text: str) -> str:
        return f"{super().content(text)} {self.words(120)} {self.random.randrange(10**6)}"


@variant()
class SlowReplies(Model):
    """A model that takes 1.5 s before it says anything."""

    def think(self) -> None:
        time.sleep(1.5)

    def produce(self, reply: str, stopped: threading.Event) -> Iterator[str]:
        stopped.wait(1.5)
        return super().produce(reply, stopped)
