"""LCK and CAN: locks that are not taken or not freed, and cancels that miss."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.store import Conversation, Message
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


# Cancel


class IdleCancel(Backend):
    """Does something of its own when there is no stream to cancel."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        if self.turns.active_stream(conversation) is None:
            self.idle(conversation)
        return super().cancel_stream(conversation)

    def idle(self, conversation: Conversation) -> None:
        raise NotImplementedError


@defect("CAN-1")
class IdleCancel404(IdleCancel):
    """A cancel without a stream is 404."""

    def idle(self, conversation: Conversation) -> None:
        raise Refused(404, "notFound", "No stream is active.")


@defect("CAN-1")
class IdleCancel409(IdleCancel):
    """A cancel without a stream is 409."""

    def idle(self, conversation: Conversation) -> None:
        raise Refused(409, "conflict", "No stream is active.")


@defect("CAN-1")
class SecondCancel404(IdleCancel):
    """A second cancel without a stream is 404."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cancelled: set[str] = set()

    def idle(self, conversation: Conversation) -> None:
        if conversation.id in self.cancelled:
            raise Refused(404, "notFound", "No stream is active.")
        self.cancelled.add(conversation.id)


@defect("CAN-1")
class IdleCancelDeletesTheLastReply(IdleCancel):
    """A cancel without a stream deletes the last reply."""

    def idle(self, conversation: Conversation) -> None:
        with self.store.db as db:
            last = "SELECT max(number) FROM message WHERE conversation = ? AND source = 'assistant'"
            db.execute(f"DELETE FROM message WHERE number = ({last})", (conversation.id,))  # noqa: S608


@defect("CAN-1", "MOD-1")
class IdleCancelEndsTheNextStream(IdleCancel):
    """A cancel without a stream ends the next one after its first delta."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.pending: set[str] = set()

    def idle(self, conversation: Conversation) -> None:
        self.pending.add(conversation.id)

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        for event in super().events(stream, text, fails_after):
            yield event
            if stream.conversation.id in self.pending:
                self.pending.discard(stream.conversation.id)
                self.finish(stream, "cancelled")


@defect("CAN-1", "SCH-1")
class CancelAnswers204(Backend):
    """A cancel is answered with 204."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        super().cancel_stream(conversation)
        return Response(status=204)


@defect("CAN-2", "LCK-5")
class CancelIgnored(Backend):
    """A cancel is 200, and the stream runs on."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        return self.answer({})


@defect("CAN-2")
class CancelOnlyFreesTheLock(Backend):
    """A cancel frees the lock, and the stream runs on."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        stream = self.turns.active_stream(conversation)
        if stream:
            self.turns.close_stream(stream)
        return self.answer({})


@defect("CAN-2")
class CancelledConnectionStaysOpen(Backend):
    """A cancelled stream has no more deltas, but stays open for twenty seconds."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        yield from super().events(stream, text, fails_after)
        if stream.end == "cancelled":
            for _ in range(100):
                yield b": still here\n\n"
                time.sleep(0.2)


@defect("CAN-2")
class CancelIsAConflict(Backend):
    """A cancel of an active stream ends it, and is answered with 409."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        active = self.turns.active_stream(conversation)
        answer = super().cancel_stream(conversation)
        if active:
            raise Refused(409, "conversationLocked", "A stream was active.")
        return answer


class KeepsOtherwise(Backend):
    """Keeps another part of a cancelled reply than was sent."""

    def keep(self, stream: Stream) -> Message:
        if stream.end == "cancelled":
            stream.pieces[:] = [self.part("".join(stream.pieces), stream.pieces)]
        return super().keep(stream)

    def part(self, text: str, pieces: list[str]) -> str:
        raise NotImplementedError


@defect("CAN-3")
class CancelKeepsAnEmptyReply(KeepsOtherwise):
    """Of a cancelled reply an empty text is kept."""

    def part(self, text: str, pieces: list[str]) -> str:
        return ""


@defect("CAN-3")
class CancelKeepsHalf(KeepsOtherwise):
    """Of a cancelled reply half of what was sent is kept."""

    def part(self, text: str, pieces: list[str]) -> str:
        return text[: len(text) // 2]


@defect("CAN-3")
class CancelKeepsAllButTheLastDelta(KeepsOtherwise):
    """Of a cancelled reply the last delta is not kept."""

    def part(self, text: str, pieces: list[str]) -> str:
        return "".join(pieces[:-1])


@defect("CAN-3")
class CancelTrimsThePart(KeepsOtherwise):
    """The part of a cancelled reply loses its first word."""

    def part(self, text: str, pieces: list[str]) -> str:
        return text.lstrip().partition(" ")[2]


@defect("CAN-3")
class CancelReplacesThePart(KeepsOtherwise):
    """A cancelled reply is a remark that it was cancelled."""

    def part(self, text: str, pieces: list[str]) -> str:
        return "(This reply was cancelled.)"


@defect("CAN-3")
class CancelKeepsNothing(Backend):
    """Of a cancelled reply nothing is kept."""

    def finish(self, stream: Stream, end: End) -> Message | None:
        if end == "cancelled":
            with stream.ending:
                stream.pieces.clear()
                return super().finish(stream, end)
        return super().finish(stream, end)


@defect("CAN-3")
class CancelLosesTheUsersMessage(Backend):
    """A cancel takes the user's message away."""

    def keep(self, stream: Stream) -> Message:
        if stream.end == "cancelled":
            with self.store.db as db:
                delete = "DELETE FROM message WHERE conversation = ? AND id = ?"
                db.execute(delete, (stream.conversation.id, json.dumps(stream.message_id)))
        return super().keep(stream)


class CancelsMore(Backend):
    """Cancels other streams than that of the conversation."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        for stream in self.chosen(list(self.turns.streams.values()), conversation):
            self.finish(stream, "cancelled")
        return super().cancel_stream(conversation)

    def chosen(self, active: list[Stream], conversation: Conversation) -> list[Stream]:
        raise NotImplementedError


@defect("CAN-4")
class CancelEndsEveryStream(CancelsMore):
    """A cancel ends all streams."""

    def chosen(self, active: list[Stream], conversation: Conversation) -> list[Stream]:
        return active


@defect("CAN-4")
class CancelEndsTheCallersStreams(CancelsMore):
    """A cancel ends all streams of its caller."""

    def chosen(self, active: list[Stream], conversation: Conversation) -> list[Stream]:
        return [stream for stream in active if stream.conversation.author == conversation.author]


@defect("CAN-4", "CAN-1")
class IdleCancelEndsAnotherStream(CancelsMore):
    """A cancel without a stream ends the caller's stream in another conversation."""

    def chosen(self, active: list[Stream], conversation: Conversation) -> list[Stream]:
        own = any(stream.conversation.id == conversation.id for stream in active)
        return [] if own else [stream for stream in active if stream.conversation.author == conversation.author]


@defect("MOD-1", "CAN-1")
class CancelForgetsTheSteering(Backend):
    """A cancel clears what steers the conversation."""

    def cancel_stream(self, conversation: Conversation) -> Response:
        self.store.set_steering(conversation, dict.fromkeys(conversation.steering))
        return super().cancel_stream(conversation)


@defect("MOD-1", "LCK-5")
class CancelledConversationStaysSilent(Backend):
    """After a cancel, the next message at `/messages` is answered with what was kept of the cancelled reply."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.parts: dict[str, str] = {}

    def keep(self, stream: Stream) -> Message:
        kept = super().keep(stream)
        if stream.end == "cancelled":
            self.parts[stream.conversation.id] = kept.text
        return kept

    def generate(self, conversation: Conversation, message: Any) -> str:
        text = super().generate(conversation, message)
        return self.parts.pop(conversation.id, text) if request.endpoint == "send_message" else text
