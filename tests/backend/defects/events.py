"""STR: streams that are not what they should be."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import endpoint
from tests.backend.model import Model
from tests.backend.store import Conversation, Message
from tests.backend.turns import Stream

Json = dict[str, Any]

# The bytes


@defect("STR-1", "SCH-1")
class StreamAsJson(Backend):
    """A stream says that it is JSON."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        answer = super().event_stream(events)
        answer.headers["Content-Type"] = "application/json"
        return answer


@defect("STR-1", "SCH-1")
class StreamAsText(Backend):
    """A stream says that it is plain text."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        answer = super().event_stream(events)
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
        return answer


@defect("STR-1")
class StreamInLatin1(Backend):
    """A stream is in Latin-1."""

    def event(self, name: str, data: object) -> bytes:
        return super().event(name, data).decode().encode("latin-1", "replace")


@defect("STR-1")
class DeltaCutInsideACharacter(Model):
    """The text is cut by bytes: a delta may end inside a character, and is no UTF-8."""

    def tokens(self, reply: str) -> list[str]:
        encoded = reply.encode("utf-8", "surrogatepass")
        pieces = (encoded[start : start + 5] for start in range(0, len(encoded), 5))
        return [piece.decode("utf-8", "surrogateescape") for piece in pieces]


@defect(name="delta_cut_inside_a_character")
class _HalfCharacters(Backend):
    def encode(self, body: object) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogateescape")


@defect("STR-1", "STR-3")
class LastEventUnterminated(Backend):
    """The blank line after the last event is missing."""

    def event(self, name: str, data: object) -> bytes:
        event = super().event(name, data)
        return event if name == "delta" else event.rstrip(b"\n")


@defect("STR-2", "STR-1")
class DataOverBareLines(Backend):
    """The JSON of an event is indented, and only its first line is marked as data."""

    def event(self, name: str, data: object) -> bytes:
        return f"event: {name}\ndata: {json.dumps(data, indent=1)}\n\n".encode()


@defect("STR-1", "STR-2")
class EventsWithoutBlankLines(Backend):
    """Events follow each other without a blank line between them."""

    def event(self, name: str, data: object) -> bytes:
        return super().event(name, data)[:-1]


@defect("STR-2", "STR-1")
class EventsSplitAtUnicodeLines(Backend):
    """The JSON of an event becomes several lines where its text has a line separator, as Python splits lines."""

    def event(self, name: str, data: object) -> bytes:
        lines = [f"data: {line}\n" for line in self.encode(data).decode().splitlines()]
        return f"event: {name}\n{''.join(lines)}\n".encode()


@defect("STR-2", "STR-3")
class FinalEventCutAtFourThousand(Backend):
    """An event of more than 4,096 bytes is cut there, as by a buffer of this size."""

    def event(self, name: str, data: object) -> bytes:
        event = super().event(name, data)
        return event if len(event) <= 4096 else event[:4094].decode(errors="ignore").encode() + b"\n\n"


# The kinds


@defect("STR-2")
class UnknownEventKind(Backend):
    """A stream begins with an event `start`."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(itertools.chain([b"event: start\ndata: {}\n\n"], events))


@defect("STR-2")
class EventsWithoutNames(Backend):
    """Events have no names."""

    def event(self, name: str, data: object) -> bytes:
        return b"data: %b\n\n" % self.encode(data)


@defect("STR-2")
class DeltaIsPlainText(Backend):
    """The data of a delta is its text, not JSON."""

    def event(self, name: str, data: object) -> bytes:
        if name == "delta" and isinstance(data, dict):
            return b"event: delta\ndata: " + self.encode(data["delta"])[1:-1] + b"\n\n"
        return super().event(name, data)


@defect("STR-2")
class DoneMarker(Backend):
    """A stream ends with `data: [DONE]`."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(itertools.chain(events, [b"data: [DONE]\n\n"]))


@defect("STR-2")
class FinalEventHasADeltaToo(Backend):
    """The final event has `delta` beside `message`."""

    def event(self, name: str, data: object) -> bytes:
        more = {"delta": ""} if name == "message" else {}
        return super().event(name, {**data, **more} if isinstance(data, dict) else data)


@defect("STR-2")
class DeltaIsAnObject(Backend):
    """`delta` is an object with the text in it."""

    def event(self, name: str, data: object) -> bytes:
        nested = {"delta": {"content": data["delta"]}} if name == "delta" and isinstance(data, dict) else data
        return super().event(name, nested)


@defect("STR-2", "STR-3")
class FinalEventIsFlat(Backend):
    """The final event is the message itself, rather than an object with `message`."""

    def event(self, name: str, data: object) -> bytes:
        return super().event(name, data["message"] if name == "message" and isinstance(data, dict) else data)


# The final event


class OtherEvents(Backend):
    """Sends other events than were produced."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        return self.changed(super().events(stream, text, fails_after))

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        raise NotImplementedError


@defect("STR-3")
class FinalEventMissing(OtherEvents):
    """A stream ends without its final event."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        return (event for event in events if event.startswith(b"event: delta"))


@defect("STR-3")
class FinalEventDoubled(OtherEvents):
    """The final event comes twice."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        for event in events:
            yield event if event.startswith(b"event: delta") else event + event


@defect("STR-3")
class DeltaAfterTheFinalEvent(OtherEvents):
    """After the final event comes an empty delta."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        for event in events:
            yield event if event.startswith(b"event: delta") else event + self.event("delta", {"delta": ""})


@defect("STR-3")
class ErrorAfterTheFinalEvent(OtherEvents):
    """After the final message comes an error."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        yield from events
        yield self.event("error", {"error": "The stream is closed.", "code": "closed"})


@defect("STR-3")
class FinalEventMissingAfterLongReplies(OtherEvents):
    """A stream of more than thirty deltas ends without its final event."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        for number, event in enumerate(events):
            if number <= 30 or event.startswith(b"event: delta"):
                yield event


@defect("STR-2", "SCH-1")
class ErrorEventSaysMessage(Backend):
    """The event of a failure has its text in `message` rather than in `error`."""

    def event(self, name: str, data: object) -> bytes:
        if name == "error" and isinstance(data, dict):
            data = {"message": data["error"], "code": data["code"]}
        return super().event(name, data)


@defect("STR-3")
class FailedStreamJustCloses(OtherEvents):
    """A stream that fails ends without an event that says so."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        return (event for event in events if not event.startswith(b"event: error"))


@defect("STR-3", "MSG-5")
class FinalEventSaysUser(Backend):
    """The final event's message has the `source` of the user's."""

    def event(self, name: str, data: object) -> bytes:
        if name == "message" and isinstance(data, dict):
            data = {"message": data["message"] | {"source": "user"}}
        return super().event(name, data)


# The deltas


@defect("STR-4")
class StreamComesInOnePiece(Backend):
    """All events come together, when the reply is complete."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(b"".join(each) for each in [events])


@defect("STR-4")
class EventsFlushedAtEightThousandBytes(Backend):
    """A proxy sends what it has of a stream when that is 8,192 bytes, or all."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(self.in_blocks(events))

    def in_blocks(self, events: Iterable[bytes]) -> Iterator[bytes]:
        held = b""
        for event in events:
            held += event
            if len(held) >= 8192:
                yield held
                held = b""
        yield held


class OtherDeltas(Backend):
    """Sends other deltas than were produced."""

    def event(self, name: str, data: object) -> bytes:
        if name == "delta" and isinstance(data, dict):
            data = {"delta": self.changed(data["delta"])}
        return super().event(name, data)

    def changed(self, piece: str) -> str:
        raise NotImplementedError


@defect("STR-5")
class DeltasLoseSpaces(OtherDeltas):
    """The spaces at the end of deltas are lost."""

    def changed(self, piece: str) -> str:
        return piece.strip(" ")


@defect("STR-5")
class DeltasLoseLineBreaks(OtherDeltas):
    """The line breaks in deltas are lost."""

    def changed(self, piece: str) -> str:
        return piece.replace("\n", "")


@defect("STR-5")
class DeltasHaveReplacementCharacters(OtherDeltas):
    """In deltas, a character beyond ASCII is as many replacement characters as it has bytes."""

    def changed(self, piece: str) -> str:
        return piece.encode("utf-8", "replace").decode("ascii", "replace")


@defect("STR-5")
class DeltasAreEscaped(OtherDeltas):
    """In deltas, what is beyond ASCII is escaped for HTML."""

    def changed(self, piece: str) -> str:
        return piece.encode("ascii", "xmlcharrefreplace").decode()


@defect("STR-5")
class DeltasAccumulate(Backend):
    """Each delta has all of the text so far."""

    def events(self, stream: Stream, text: str, fails_after: int | None = None) -> Iterator[bytes]:
        for event in super().events(stream, text, fails_after):
            grown = self.event("delta", {"delta": "".join(stream.pieces)})
            yield grown if event.startswith(b"event: delta") else event


@defect("STR-5")
class FirstDeltaLost(OtherEvents):
    """The first delta is not sent."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        return itertools.islice(events, 1, None)


@defect("STR-5")
class SecondDeltaTwice(OtherEvents):
    """The second delta is sent twice."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        for number, event in enumerate(events):
            yield event * 2 if number == 1 and event.startswith(b"event: delta") else event


@defect("STR-5")
class DeltasOutOfOrder(OtherEvents):
    """The second delta is sent after the third."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        held = b""
        for number, event in enumerate(events):
            if number == 1 and event.startswith(b"event: delta"):
                held = event
                continue
            yield event + held if event.startswith(b"event: delta") else held + event
            held = b""


@defect("STR-5")
class LastDeltaLost(OtherEvents):
    """The last delta is not sent."""

    def changed(self, events: Iterator[bytes]) -> Iterator[bytes]:
        held = b""
        for event in events:
            if event.startswith(b"event: delta"):
                yield held
                held = event
            else:
                yield event


# What stays


@defect("STR-6", "IDM-5")
class FinalIdNotListed(Backend):
    """The final event has another id than the list."""

    def event(self, name: str, data: object) -> bytes:
        if name == "message" and isinstance(data, dict):
            data = {"message": data["message"] | {"id": self.store.new_id()}}
        return super().event(name, data)


@defect("STR-6")
class FinalTextNotListed(Backend):
    """The reply that is listed lacks the last word of the stream."""

    def keep(self, stream: Stream) -> Message:
        text = "".join(stream.pieces)
        if stream.end == "done":
            stream.pieces[:] = [text.rpartition(" ")[0]]
        kept = super().keep(stream)
        return Message(kept.id, text, kept.source, kept.created_at)


@defect("STR-6")
class StreamedMessageNotListed(Backend):
    """The user's message is not stored when its reply is streamed."""

    def open_stream(self, conversation: Conversation) -> Response:
        answer = super().open_stream(conversation)
        with self.store.db as db:
            delete = "DELETE FROM message WHERE conversation = ? AND id = ?"
            db.execute(delete, (conversation.id, json.dumps(request.get_json()["id"])))
        return answer


@defect("STR-6", "IDM-5")
class StreamedReplyNotListed(Backend):
    """A streamed reply is not stored."""

    def keep(self, stream: Stream) -> Message:
        kept = super().keep(stream)
        with self.store.db as db:
            db.execute("DELETE FROM message WHERE id = ?", (json.dumps(kept.id),))
        return kept


@defect("STR-6", "MOD-1")
class PlaceholderStays(Backend):
    """The placeholder for a streamed reply stays in the list beside it."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        text = super().generate(conversation, message)
        if endpoint() == "open_stream":
            self.store.insert_message(conversation, self.store.new_id(), "...", "assistant")
        return text


@defect("STR-6", "MOD-1")
class ReadingFreezesTheReply(Backend):
    """Where the list is read while a stream is active, what was there then is all that is stored of the reply."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.frozen: dict[Stream, str] = {}

    def list_messages(self, conversation: Conversation) -> Response:
        active = self.turns.active_stream(conversation)
        if active and any(active.pieces):
            self.frozen.setdefault(active, "".join(active.pieces))
        return super().list_messages(conversation)

    def keep(self, stream: Stream) -> Message:
        text = "".join(stream.pieces)
        if stream.end == "done":
            stream.pieces[:] = [self.frozen.pop(stream, text)]
        return replace(super().keep(stream), text=text)


@defect("STR-6", "MOD-1")
class ListCachedUntilTheNextMessage(Backend):
    """A page of messages is cached until the next message at `/messages`: a stream does not renew it."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cached: dict[str, dict[bytes, bytes]] = {}

    def send_message(self, conversation: Conversation) -> Response:
        try:
            return super().send_message(conversation)
        finally:
            self.cached.pop(conversation.id, None)

    def list_messages(self, conversation: Conversation) -> Response:
        pages = self.cached.setdefault(conversation.id, {})
        if request.query_string not in pages:
            pages[request.query_string] = super().list_messages(conversation).get_data()
        return Response(pages[request.query_string], content_type="application/json")


# Requests


@defect("STR-7")
class StreamCanBeFetched(Backend):
    """GET on a stream is 200."""

    def refusal(self, refused: Refused) -> Response:
        if refused.status == 405 and request.method == "GET":
            return self.answer({"active": False})
        return super().refusal(refused)


@defect("STR-7")
class FetchedStreamIsEmpty(Backend):
    """GET on a stream is one without events."""

    def refusal(self, refused: Refused) -> Response:
        if refused.status == 405 and request.method == "GET":
            return self.event_stream([b": nothing is active\n\n"])
        return super().refusal(refused)


@defect("STR-8")
class BadRequestIsAStream(Backend):
    """A bad request to a stream is answered with a stream that has an error in it."""

    def open_stream(self, conversation: Conversation) -> Response:
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if refused.status not in (400, 422):
                raise
            return self.event_stream([self.event("error", {"error": refused.error, "code": refused.code})])


@defect("STR-8", "MSG-4")
class BadStreamRequestStored(Backend):
    """What is bad about a request to a stream is found after its message was stored."""

    def open_stream(self, conversation: Conversation) -> Response:
        body = request.get_json(silent=True)
        if isinstance(body, dict) and isinstance(body.get("id"), str):
            message = {"id": body["id"], "text": str(body.get("text", ""))}
            self.store.add_user_message(conversation, message)
        return super().open_stream(conversation)


@defect("STR-8", "LCK-4")
class BadStreamRequestKeepsTheLock(Backend):
    """A bad request to a stream leaves a lock."""

    def open_stream(self, conversation: Conversation) -> Response:
        try:
            self.read("open_stream", validation.MESSAGE)
        except Refused:
            if not self.turns.active_stream(conversation):
                self.turns.open_stream(conversation, "bad")
            raise
        return super().open_stream(conversation)


@defect("STR-9")
class CacheControlMissing(Backend):
    """Nothing is said about caching a stream."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        answer = super().event_stream(events)
        del answer.headers["Cache-Control"]
        return answer


@defect("STR-9")
class StreamMayBeCached(Backend):
    """A stream may be stored by anyone for an hour."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        answer = super().event_stream(events)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


@defect("STR-9")
class ReplayMayBeCached(Backend):
    """Nothing is said about caching a stream that is a replay."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        answer = super().event_stream(events)
        if isinstance(events, list):
            del answer.headers["Cache-Control"]
        return answer
