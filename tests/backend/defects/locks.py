"""LCK: locks that are not taken, taken too widely, or not freed when they should be."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from flask import Response

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.store import Conversation
from tests.backend.turns import End, Locked, Stream, Turns

# Taking it


@defect("LCK-1", "LCK-6")
class NoLock(Turns):
    """Any number of streams may be active in a conversation."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        with self.changed:
            self.streams.pop(self.key(conversation), None)
        return super().open_stream(conversation, message_id)


@defect("LCK-1")
class Locked423(Backend):
    """A second stream is 423."""

    def locked(self) -> Refused:
        return Refused(423, "conversationLocked", "A stream is active in this conversation.")


@defect("LCK-1", "ERR-2")
class LockedWithoutCode(Backend):
    """The 409 of a second stream says nothing of a lock."""

    def locked(self) -> Refused:
        return Refused(409, "conflict", "Conflict.")


@defect("LCK-1", "STR-8")
class LockedIsAStream(Backend):
    """A second stream is a 200 with an error event in it."""

    def open_stream(self, conversation: Conversation) -> Response:
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if refused.status != 409:
                raise
            return self.event_stream([self.event("error", {"error": refused.error, "code": refused.code})])


@defect("LCK-1")
class LockIsWaitedFor(Turns):
    """A second stream waits for the first to end."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        while True:
            try:
                return super().open_stream(conversation, message_id)
            except Locked:
                time.sleep(0.02)


@defect("LCK-1")
class LockTimesOut(Turns):
    """A lock is worth nothing after half a second, although its stream runs on."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, float] = {}

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        with self.changed:
            if time.monotonic() - self.taken.get(self.key(conversation), 0.0) > 0.5:
                self.streams.pop(self.key(conversation), None)
            stream = super().open_stream(conversation, message_id)
            self.taken[self.key(conversation)] = time.monotonic()
            return stream


@defect("LCK-1")
class RefusalFreesTheLock(Turns):
    """A second stream is refused, and the lock is free for a third."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        try:
            return super().open_stream(conversation, message_id)
        except Locked:
            with self.changed:
                self.streams.pop(self.key(conversation), None)
            raise


class FreesTheLock(Backend):
    """Frees the lock of a stream that runs on."""

    def free(self, conversation: Conversation) -> None:
        with self.turns.changed:
            self.turns.streams.pop(self.turns.key(conversation), None)


@defect("LCK-1")
class ReplayFreesTheLock(FreesTheLock):
    """A replay in a stream is answered while another stream is active, and frees the lock of that when it ends."""

    def open_stream(self, conversation: Conversation) -> Response:
        message = self.read("open_stream", validation.MESSAGE)
        reply = self.store.reply_to(conversation, message["id"])
        if reply is None:
            return super().open_stream(conversation)
        answer = self.event_stream(self.replayed_events(reply))
        answer.call_on_close(lambda: self.free(conversation))
        return answer


@defect("LCK-1")
class MessageFreesTheLock(FreesTheLock):
    """A message that is 409 at `/messages`, since a stream is active, frees the lock of that."""

    def send_message(self, conversation: Conversation) -> Response:
        try:
            return super().send_message(conversation)
        except Refused as refused:
            if refused.status == 409:
                self.free(conversation)
            raise


@defect("LCK-1", "STR-8")
class BadRequestFreesTheLock(FreesTheLock):
    """A bad request to a stream frees the lock of the active one."""

    def open_stream(self, conversation: Conversation) -> Response:
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if refused.status != 409:
                self.free(conversation)
            raise


@defect("LCK-1", "MOD-1")
class PatchFreesTheLock(FreesTheLock):
    """A patch frees the lock of the active stream, which is a column of the row that it saves."""

    def update_conversation(self, conversation: Conversation) -> Response:
        answer = super().update_conversation(conversation)
        self.free(conversation)
        return answer


@defect("SCH-2", "MOD-1")
class PatchDuringAStreamRefused(Backend):
    """A patch is 409 while a stream is active."""

    def update_conversation(self, conversation: Conversation) -> Response:
        if self.turns.active_stream(conversation):
            raise self.locked()
        return super().update_conversation(conversation)


@defect("LCK-6")
class LockLookedAtThenTaken(Turns):
    """Whether there is a lock is looked at some time before it is taken."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        if self.active_stream(conversation):
            raise Locked
        time.sleep(0.05)
        with self.changed:
            stream = self.streams[self.key(conversation)] = Stream(conversation, message_id)
        return stream


@defect("LCK-6")
class LockTakenAtTheFirstDelta(Backend):
    """The lock is taken when the first delta is there."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        self.turns.streams.pop(self.turns.key(stream.conversation), None)
        return self.locking_events(stream, super().events(stream, text, fails_after))

    def locking_events(self, stream: Stream, events: Iterator[bytes]) -> Iterator[bytes]:
        for number, event in enumerate(events):
            if number == 0:
                self.turns.streams[self.turns.key(stream.conversation)] = stream
            yield event


@defect("LCK-2")
class RefusedStreamStored(Backend):
    """The message of a refused stream is stored."""

    def open_stream(self, conversation: Conversation) -> Response:
        message = self.read("open_stream", validation.MESSAGE)
        self.store.add_user_message(conversation, message)
        return super().open_stream(conversation)


@defect("LCK-2")
class RefusalEndsTheActiveStream(Backend):
    """A second stream is refused, and the first one ends."""

    def open_stream(self, conversation: Conversation) -> Response:
        active = self.turns.active_stream(conversation)
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if active and refused.status == 409:
                self.finish(active, "cancelled")
            raise


@defect("LCK-2")
class RefusalSilencesTheActiveStream(Backend):
    """A second stream is refused, and the first one loses what comes later, but for its final event."""

    def open_stream(self, conversation: Conversation) -> Response:
        active = self.turns.active_stream(conversation)
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if active and refused.status == 409:
                self.silenced = {*getattr(self, "silenced", ()), active}
            raise

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        for event in super().events(stream, text, fails_after):
            if stream not in getattr(self, "silenced", ()) or not event.startswith(b"event: delta"):
                yield event


@defect("LCK-3")
class LockOfTheWorkspace(Turns):
    """One stream at a time in a workspace."""

    def key(self, conversation: Conversation) -> str:
        return conversation.workspace


@defect("LCK-3")
class LockOfTheCaller(Turns):
    """One stream at a time for a caller."""

    def key(self, conversation: Conversation) -> str:
        return conversation.author


@defect("LCK-3")
class LockByHash(Turns):
    """Four locks for all conversations, after the first letter of their ids."""

    def key(self, conversation: Conversation) -> str:
        return str(ord(conversation.id[0]) % 4)


@defect("LCK-3")
class TwoStreamsAtMost(Turns):
    """A caller's third stream at a time is 409, in whichever conversation."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        with self.changed:
            authors = [stream.conversation.author for stream in self.streams.values()]
            if authors.count(conversation.author) >= 2:
                raise Locked
            return super().open_stream(conversation, message_id)


# Freeing it


class KeepsLocks(Turns):
    """Does not free the lock after some ends of a stream; or some seconds later, if so told."""

    ends: tuple[End, ...] = ()
    later_s: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, float] = {}

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        with self.changed:
            until = self.kept.get(self.key(conversation), 0.0)
            if time.monotonic() < until:
                raise Locked
            return super().open_stream(conversation, message_id)

    def close_stream(self, stream: Stream) -> None:
        super().close_stream(stream)
        if stream.end in self.ends:
            with self.changed:
                until = float("inf") if self.later_s is None else time.monotonic() + self.later_s
                self.kept[self.key(stream.conversation)] = until


@defect("LCK-4")
class LockKeptAfterTheEnd(KeepsLocks):
    """The lock stays when a stream has ended."""

    ends = ("done",)


@defect("LCK-4")
class LockKeptForFiveSeconds(KeepsLocks):
    """The lock ends five seconds after its stream."""

    ends, later_s = ("done",), 5.0


@defect("LCK-4")
class LockKeptAfterLongStreams(KeepsLocks):
    """The lock of a stream with more than a hundred deltas, which was prolonged meanwhile, ends five seconds late."""

    later_s = 5.0

    def close_stream(self, stream: Stream) -> None:
        self.ends = ("done",) if len(stream.pieces) > 100 else ()
        super().close_stream(stream)


@defect("LCK-4", "MOD-1")
class LockKeptAfterTheSecondStream(KeepsLocks):
    """The lock stays when the second stream of a conversation has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: Counter[str] = Counter()

    def close_stream(self, stream: Stream) -> None:
        self.ended[stream.conversation.id] += stream.end == "done"
        self.ends = ("done",) if self.ended[stream.conversation.id] == 2 else ()
        super().close_stream(stream)


@defect("LCK-5")
class LockKeptAfterCancel(KeepsLocks):
    """The lock stays when a stream was cancelled."""

    ends = ("cancelled",)


@defect("LCK-5")
class LockKeptForFiveSecondsAfterCancel(KeepsLocks):
    """The lock ends five seconds after a cancel."""

    ends, later_s = ("cancelled",), 5.0


@defect("LCK-7", "LCK-8")
class LockKeptForEverAfterDisconnect(KeepsLocks):
    """The lock stays when a client went away, and no cancel ends it."""

    ends = ("gone",)


@defect("LCK-7", "LCK-8")
class LockKeptForEverAfterEarlyDisconnect(KeepsLocks):
    """The lock stays when a client went away soon after the first delta, and no cancel ends it."""

    ends = ("gone",)

    def close_stream(self, stream: Stream) -> None:
        if len(stream.pieces) > 30:
            stream.end = "done"
        super().close_stream(stream)


@defect("LCK-8")
class LockKeptAfterDisconnect(KeepsLocks):
    """The lock stays when a client went away, until a cancel ends it."""

    ends = ("gone",)


@defect(name="lock_kept_after_disconnect")
class _CancelFreesTheLock(Backend):
    def cancel_stream(self, conversation: Conversation) -> Response:
        assert isinstance(self.turns, KeepsLocks)
        self.turns.kept.pop(self.turns.key(conversation), None)
        return super().cancel_stream(conversation)


@defect("LCK-9")
class LockKeptAfterError(KeepsLocks):
    """The lock stays when a stream ended in an error."""

    ends = ("failed",)


@defect("LCK-4", "IDM-5")
class LockKeptAfterReplay(KeepsLocks):
    """The lock stays when a stream was a replay."""

    ends = ("unused",)


@defect("LCK-4")
class RefusalKeepsTheLock(Turns):
    """A stream that was in the way of another never frees its lock."""

    def __init__(self) -> None:
        super().__init__()
        self.contended: set[str] = set()

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        if self.key(conversation) in self.contended:
            raise Locked
        try:
            return super().open_stream(conversation, message_id)
        except Locked:
            self.contended.add(self.key(conversation))
            raise
