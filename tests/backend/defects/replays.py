"""IDM: message ids that are not idempotent, or too much so."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import SENDING, endpoint, forget_reply, stored_text
from tests.backend.store import Caller, Conversation, Message, Store
from tests.backend.turns import Stream, Turns
from tests.backend.validation import Field, Problem

Json = dict[str, Any]


class AtReplay(Backend):
    """Does something of its own when `/messages` or a stream gets an id that has a reply."""

    at: tuple[str, ...] = ("send_message",)

    def send_message(self, conversation: Conversation) -> Response:
        self.look_for_replay(conversation)
        return super().send_message(conversation)

    def open_stream(self, conversation: Conversation) -> Response:
        self.look_for_replay(conversation)
        return super().open_stream(conversation)

    def look_for_replay(self, conversation: Conversation) -> None:
        if endpoint() in self.at:
            message = self.read(str(endpoint()), validation.MESSAGE)
            reply = self.store.reply_to(conversation, message["id"])
            if reply:
                self.replay(conversation, message, reply)

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        """What is done before the answer is given."""
        raise NotImplementedError


@defect("IDM-1", "IDM-2")
class ReplayRegenerates(AtReplay):
    """A replay at `/messages` is answered with a new reply."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        forget_reply(self.store, conversation, message["id"])


class ChangedReplay(AtReplay):
    """Answers a replay with a reply that is changed a little."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        request.environ["backend.replay"] = True

    def message_json(self, message: Message) -> Json:
        replayed = endpoint() is not None and "backend.replay" in request.environ
        return super().message_json(self.changed(message) if replayed else message)

    def changed(self, reply: Message) -> Message:
        raise NotImplementedError


@defect("IDM-1")
class ReplayHasNewText(ChangedReplay):
    """A replay has the reply's id, and a text that was generated anew."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, text=self.model.reply("", {}, []))


@defect("IDM-1")
class ReplayHasNewId(ChangedReplay):
    """A replay has the reply's text, and another id."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, id=self.store.new_id())


@defect("IDM-1")
class ReplayHasNewCreatedAt(ChangedReplay):
    """A replay has the time of the replay for its `createdAt`."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, created_at=time.time())


@defect("IDM-1", "MSG-1")
class ReplayHasNoText(ChangedReplay):
    """A replay has an empty text."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, text="")


@defect("IDM-1")
class ReplayCreatedAtRounded(ChangedReplay):
    """A replay's `createdAt` has lost its fraction."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, created_at=float(int(reply.created_at)))


@defect("IDM-6", "IDM-1")
class LongReplayCut(ChangedReplay):
    """A replay ends after 500 characters, since no more of the reply was cached."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, text=reply.text[:500])


@defect("IDM-1", "IDM-2", "IDM-4")
class IdsForgottenAfterThreeSeconds(AtReplay):
    """An id is replayed for three seconds; later it is answered anew."""

    at = SENDING

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if time.time() - reply.created_at > 3:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-1", "MOD-1")
class PatchForgetsTheIds(Backend):
    """After a patch the ids of its conversation are answered anew."""

    def update_conversation(self, conversation: Conversation) -> Response:
        answer = super().update_conversation(conversation)
        with self.store.db as db:
            db.execute("UPDATE message SET answers = NULL WHERE conversation = ?", (conversation.id,))
        return answer


@defect("IDM-1")
class ReplayIsAConflict(AtReplay):
    """A replay at `/messages` is 409."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        raise Refused(409, "duplicateMessage", "This message was sent before.")


@defect("IDM-2")
class ReplayStoresTheMessageAgain(AtReplay):
    """A replay stores the user's message once more."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        self.store.insert_message(conversation, message["id"] + " (again)", message["text"], "user")


@defect("IDM-2")
class ReplayStoresTheReplyAgain(AtReplay):
    """A replay stores the reply once more."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        self.store.insert_message(conversation, reply.id, reply.text, "assistant")


@defect("IDM-2")
class StreamReplayStoresTheReplyAgain(ReplayStoresTheReplyAgain):
    """A replay in a stream stores the reply once more."""

    at = ("open_stream",)


@defect("IDM-2")
class ReplayTouchesTheMessage(AtReplay):
    """A replay gives the listed message of the user the time of the replay."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        with self.store.db as db:
            update = "UPDATE message SET created_at = ? WHERE conversation = ? AND id = ?"
            db.execute(update, (time.time(), conversation.id, json.dumps(message["id"])))


@defect("IDM-2", "PAG-7")
class ReplayCountedAgain(AtReplay):
    """`totalElements` is a counter that a replay raises by one."""

    at = SENDING

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.replays: Counter[str] = Counter()

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        self.replays[conversation.id] += 1

    def page_json(self, page: int, size: int, total: int, data: list[Json]) -> Json:
        conversation_id = str((request.view_args or {}).get("conversation_id"))
        return super().page_json(page, size, total + self.replays[conversation_id], data)


@defect("IDM-2")
class ReplayMovesTheTurn(AtReplay):
    """A replay moves the turn to the end of the list."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        for column in "id", "answers":
            with self.store.db as db:
                number = "(SELECT max(number) + 1 FROM message)"
                update = f"UPDATE message SET number = {number} WHERE conversation = ? AND {column} = ?"  # noqa: S608
                db.execute(update, (conversation.id, json.dumps(message["id"])))


@defect("IDM-2", "IDM-3")
class ReplayRewritesTheMessage(AtReplay):
    """A replay with another text replaces the text that is listed."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        with self.store.db as db:
            update = "UPDATE message SET text = ? WHERE conversation = ? AND id = ?"
            db.execute(update, (json.dumps(message["text"]), conversation.id, json.dumps(message["id"])))


@defect("IDM-3")
class ReplayComparesTheText(AtReplay):
    """A replay with another text is refused."""

    at = SENDING

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if stored_text(self.store, conversation, message["id"]) != message["text"]:
            raise Refused(422, "validationFailed", "This id was used for another message.", [])


@defect("IDM-3")
class ReplayOfAnotherTextGenerates(AtReplay):
    """A replay with another text is answered with a new reply."""

    at = SENDING

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if stored_text(self.store, conversation, message["id"]) != message["text"]:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-3")
class ReplayComparesTheTime(AtReplay):
    """A replay with another `createdAt` is answered with a new reply."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.sent_at: dict[tuple[str, str], str] = {}

    def send_message(self, conversation: Conversation) -> Response:
        message = self.read("send_message", validation.MESSAGE)
        answer = super().send_message(conversation)
        self.sent_at[conversation.id, message["id"]] = message["createdAt"]
        return answer

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if self.sent_at.get((conversation.id, message["id"]), message["createdAt"]) != message["createdAt"]:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-3")
class ReplayComparesTheContext(AtReplay):
    """A replay with another `additionalContext` or `contextSize` is answered with a new reply."""

    at = SENDING

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.contexts: dict[tuple[str, str], Any] = {}

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        self.contexts[conversation.id, message["id"]] = self.context(message)
        return super().generate(conversation, message)

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if self.contexts[conversation.id, message["id"]] != self.context(message):
            forget_reply(self.store, conversation, message["id"])

    def context(self, message: Mapping[str, Any]) -> object:
        return message.get("additionalContext"), message.get("contextSize")


@defect("IDM-4")
class ReplayAnswersTheNewest(Store):
    """A replay is answered with the newest reply of the conversation."""

    def reply_to(self, conversation: Conversation, message_id: str) -> Message | None:
        newest = "SELECT * FROM message WHERE conversation = ? AND source = 'assistant' ORDER BY number DESC LIMIT 1"
        if super().reply_to(conversation, message_id) is None:
            return None
        return self.read_message(self.db.execute(newest, (conversation.id,)).fetchone())


@defect("IDM-4", "MOD-1")
class IdsForgottenAfterFiveTurns(AtReplay):
    """The sixth turn makes the conversation forget the first one's id."""

    at = SENDING

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        later = "SELECT count(*) FROM message WHERE conversation = ? AND source = 'assistant' AND number > "
        later += "(SELECT number FROM message WHERE conversation = ? AND answers = ?)"
        arguments = (conversation.id, conversation.id, json.dumps(message["id"]))
        if self.store.db.execute(later, arguments).fetchone()[0] >= 5:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-4")
class OnlyTheLastIdIsKnown(AtReplay):
    """Only the last turn's id is replayed; an earlier one is answered anew."""

    at = SENDING

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        newest = "SELECT id FROM message WHERE conversation = ? AND source = 'assistant' ORDER BY number DESC LIMIT 1"
        if json.loads(self.store.db.execute(newest, (conversation.id,)).fetchone()["id"]) != reply.id:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-4", "IDM-2")
class IdsInASmallCache(AtReplay):
    """Only the last twelve ids are replayed, whoever sent them wherever."""

    at = SENDING

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.newest: deque[tuple[str, str]] = deque(maxlen=12)

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        self.newest.append((conversation.id, message["id"]))
        return super().generate(conversation, message)

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if (conversation.id, message["id"]) not in self.newest:
            forget_reply(self.store, conversation, message["id"])


# Across the endpoints


@defect("IDM-5")
class StreamReplayGenerates(ReplayRegenerates):
    """A stream with an id that has a reply generates another."""

    at = ("open_stream",)


class KnowsTheEndpoint(AtReplay):
    """Remembers which ids were answered by streams."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.streamed: set[tuple[str, str]] = set()

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        if endpoint() == "open_stream":
            self.streamed.add((conversation.id, message["id"]))
        return super().generate(conversation, message)


@defect("IDM-5")
class StreamsIgnoreMessages(KnowsTheEndpoint):
    """A stream with an id that `/messages` has answered generates another reply."""

    at = ("open_stream",)

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if (conversation.id, message["id"]) not in self.streamed:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-6")
class MessagesIgnoreStreams(KnowsTheEndpoint):
    """A message with an id that a stream has answered is answered anew."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if (conversation.id, message["id"]) in self.streamed:
            forget_reply(self.store, conversation, message["id"])


@defect("IDM-6")
class StreamedIdIsAConflict(KnowsTheEndpoint):
    """A message with an id that a stream has answered is 409."""

    def replay(self, conversation: Conversation, message: Json, reply: Message) -> None:
        if (conversation.id, message["id"]) in self.streamed:
            raise Refused(409, "conflict", "This message was streamed.")


class ChangedStreamReplay(Backend):
    """Replays another reply in a stream than was given."""

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        return super().replayed_events(self.changed(reply))

    def changed(self, reply: Message) -> Message:
        raise NotImplementedError


@defect("IDM-5")
class StreamReplayHasNewId(ChangedStreamReplay):
    """A replay in a stream has another id."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, id=self.store.new_id())


@defect("IDM-5")
class StreamReplayHasNoText(ChangedStreamReplay):
    """A replay in a stream has an empty text."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, text="")


@defect("IDM-5")
class StreamReplayIsCut(ChangedStreamReplay):
    """A replay in a stream has the reply without its last word."""

    def changed(self, reply: Message) -> Message:
        return replace(reply, text=reply.text.rstrip().rpartition(" ")[0])


@defect("IDM-5")
class StreamReplayIsSilent(Backend):
    """A replay in a stream has no event at all."""

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        return [b": nothing new\n\n"]


class ReplaysAsDeltas(Backend):
    """Replays a reply in a stream word by word."""

    separator = " "

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        words = reply.text.split(" ")
        pieces = [word + self.separator for word in words[:-1]] + words[-1:]
        return [*(self.event("delta", {"delta": piece}) for piece in pieces), *self.final_events(reply)]

    def final_events(self, reply: Message) -> Iterable[bytes]:
        return super().replayed_events(reply)


@defect("STR-5", "IDM-5")
class ReplayedDeltasLoseSpaces(ReplaysAsDeltas):
    """A replay in a stream comes word by word, without the spaces between."""

    separator = ""


@defect("STR-3", "IDM-5")
class ReplayEndsWithoutFinalEvent(ReplaysAsDeltas):
    """A replay in a stream comes word by word, and ends without its final event."""

    def final_events(self, reply: Message) -> Iterable[bytes]:
        return []


@defect("STR-1", "IDM-5", "SCH-1")
class StreamReplayIsJson(Backend):
    """A replay in a stream is answered as at `/messages`, with the reply as JSON."""

    def open_stream(self, conversation: Conversation) -> Response:
        message = self.read("open_stream", validation.MESSAGE)
        reply = self.store.reply_to(conversation, message["id"])
        return self.answer(self.message_json(reply)) if reply else super().open_stream(conversation)


# At once, refused, and of others


@defect("IDM-7")
class SameIdAtOnceTwice(Turns):
    """The same new id sent twice at once makes two turns."""

    @contextmanager
    def answer_alone(self, conversation: Conversation, message_id: str) -> Iterator[None]:
        yield


@defect(name="same_id_at_once_twice")
class _TwoRepliesToOneId(Store):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.db.execute("DROP INDEX one_reply")

    def add_reply(self, conversation: Conversation, message_id: str, text: str) -> Message:
        reply = Message(self.new_id(), text, "assistant", time.time())
        self.insert_message(conversation, reply.id, text, reply.source, answers=message_id)
        return reply


@defect("IDM-7")
class SameIdAtOnceAtBothEndpoints(Turns):
    """The same new id sent at once to `/messages` and to a stream makes two turns."""

    def open_stream(self, conversation: Conversation, message_id: str) -> Stream:
        with self.changed:
            self.answering.discard((conversation.id, message_id))
            return super().open_stream(conversation, message_id)


@defect(name="same_id_at_once_at_both_endpoints")
class _AlsoTwoReplies(_TwoRepliesToOneId):
    pass


@defect("IDM-7")
class SecondOfTwoAtOnceIsNotStored(Turns):
    """Of the same new id sent twice at once, both get a reply of their own, and one of these is stored."""

    @contextmanager
    def answer_alone(self, conversation: Conversation, message_id: str) -> Iterator[None]:
        yield


@defect(name="second_of_two_at_once_is_not_stored")
class _AnswersItsOwn(Store):
    def add_reply(self, conversation: Conversation, message_id: str, text: str) -> Message:
        stored = super().add_reply(conversation, message_id, text)
        return stored if stored.text == text else Message(self.new_id(), text, "assistant", time.time())


@defect("IDM-8")
class RefusedRequestBurnsItsId(Backend):
    """The id of a refused message cannot be used any more."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.burnt: set[str] = set()

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        if operation in SENDING and isinstance(body, dict) and isinstance(body.get("id"), str):
            if found:
                self.burnt.add(body["id"])
            elif body["id"] in self.burnt:
                return [validation.problem("id", "used before", "duplicate")]
        return found


@defect("IDM-8")
class RefusalIsReplayed(Backend):
    """The error that an invalid message got is remembered with its id, and answered again."""

    remembered: tuple[int, ...] = (400, 422)

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.refusals: dict[str, Refused] = {}

    def send_message(self, conversation: Conversation) -> Response:
        return self.remember(super().send_message, conversation)

    def open_stream(self, conversation: Conversation) -> Response:
        return self.remember(super().open_stream, conversation)

    def remember(self, operation: Callable[[Conversation], Response], conversation: Conversation) -> Response:
        body = request.get_json(silent=True)
        message_id = str(body.get("id")) if isinstance(body, dict) else ""
        if message_id in self.refusals:
            raise self.refusals[message_id]
        try:
            return operation(conversation)
        except Refused as refused:
            if refused.status in self.remembered:
                self.refusals[message_id] = refused
            raise


@defect("IDM-8", "LCK-2")
class LockedRequestBurnsItsId(RefusalIsReplayed):
    """The id of a message that met a lock cannot be used any more."""

    remembered = (409,)


@defect("IDM-8", "LCK-2")
class LockedIdGetsTheActiveReply(Backend):
    """The id of a stream that met a lock is answered, when it is sent again, with the reply of the active stream."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.instead: dict[tuple[str, str], str] = {}

    def open_stream(self, conversation: Conversation) -> Response:
        active = self.turns.active_stream(conversation)
        try:
            return super().open_stream(conversation)
        except Refused as refused:
            if active and refused.status == 409:
                self.instead[conversation.id, request.get_json()["id"]] = active.message_id
            raise

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> Json:
        body = super().read(operation, fields, required=required)
        if operation in SENDING:
            conversation_id = str((request.view_args or {})["conversation_id"])
            return body | {"id": self.instead.get((conversation_id, body["id"]), body["id"])}
        return body


@defect("IDM-10")
class IdsAreEveryones(Store):
    """A reply is found by the message's id alone, whoever sent it wherever."""

    def reply_to(self, conversation: Conversation, message_id: str) -> Message | None:
        select = "SELECT * FROM message WHERE answers = ? ORDER BY number"
        row = self.db.execute(select, (json.dumps(message_id),)).fetchone()
        return self.read_message(row) if row else None


@defect("IDM-10")
class IdsAreEveryonesInStreams(Backend):
    """A stream finds a reply by the message's id alone, whoever sent it wherever."""

    def open_stream(self, conversation: Conversation) -> Response:
        message = self.read("open_stream", validation.MESSAGE)
        select = "SELECT * FROM message WHERE answers = ? ORDER BY number"
        row = self.store.db.execute(select, (json.dumps(message["id"]),)).fetchone()
        if row:
            return self.event_stream(self.replayed_events(self.store.read_message(row)))
        return super().open_stream(conversation)


@defect("IDM-10", "AUT-5")
class ColleaguesShareConversations(Backend):
    """Whoever knows a conversation of the workspace can use it."""

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        found = self.store.find_conversation(caller.workspace, conversation_id)
        return found or super().find(operation, caller, conversation_id)
