"""CAN: cancels that miss, keep too little or do too much."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Response

from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.store import Conversation, Message
from tests.backend.turns import End, Stream

# Without a stream


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


@defect("CAN-2", "LCK-5")
class SecondCancelIgnored(Backend):
    """Only the first active stream of a conversation can be cancelled; a later one runs on."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cancelled: set[str] = set()

    def cancel_stream(self, conversation: Conversation) -> Response:
        if conversation.id in self.cancelled:
            return self.answer({})
        if self.turns.active_stream(conversation):
            self.cancelled.add(conversation.id)
        return super().cancel_stream(conversation)


@defect("MOD-1", "STR-3")
class CancelEndsTheNextStreamToo(Backend):
    """A cancel ends the active stream, and the next one after its first delta."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.flagged: set[str] = set()

    def cancel_stream(self, conversation: Conversation) -> Response:
        if self.turns.active_stream(conversation):
            self.flagged.add(conversation.id)
        return super().cancel_stream(conversation)

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        for event in super().events(stream, text, fails_after):
            yield event
            if stream.conversation.id in self.flagged and stream.end is None:
                self.flagged.discard(stream.conversation.id)
                self.finish(stream, "cancelled")


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
class CancelKeepsOneLine(KeepsOtherwise):
    """In the part of a cancelled reply that is kept, the line breaks are spaces."""

    def part(self, text: str, pieces: list[str]) -> str:
        return text.replace("\n", " ")


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
class EarlyCancelKeepsNothing(Backend):
    """Of a reply that is cancelled before its fifth delta nothing is kept."""

    def finish(self, stream: Stream, end: End) -> Message | None:
        with stream.ending:
            if end == "cancelled" and len(stream.pieces) < 5:
                stream.pieces.clear()
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


@defect("CAN-4")
class CancelEndsStreamsOfTheSameMessage(CancelsMore):
    """A cancel ends the streams of other conversations, too, whose message has the same id."""

    def chosen(self, active: list[Stream], conversation: Conversation) -> list[Stream]:
        ids = [stream.message_id for stream in active if stream.conversation.id == conversation.id]
        return [stream for stream in active if stream.message_id in ids]


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
