"""Plays steps on a backend and on the small model at once; the first disagreement is the violation (MOD-1).

A step that has nothing to act on is passed over. After each step the list of messages is compared with the model.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.client import Client, new_message
from conformance.events import Unreadable
from conformance.exchange import Exchange
from conformance.expect import (
    MESSAGE_FIELDS,
    UNAVAILABLE,
    eventually,
    expect_closed,
    expect_conversation,
    expect_final_message,
    expect_message,
    expect_page,
    expect_status,
    once_unlocked,
)
from conformance.model import Chat, Disagreement, Message, Model, Page, Question, Way
from conformance.steps import (
    CancelIdle,
    Create,
    Given,
    Hold,
    Patch,
    Refuse,
    Replay,
    Say,
    Step,
    Walk,
    WalkConversations,
)
from conformance.stream import Stream
from conformance.verdict import Unverified, Violation

C = TypeVar("C", Exchange, Stream)

_MOST_CONVERSATIONS = 2
_WHOLE_PAGE = 100
_MOST_WALKED_PAGES = 5
"""Of the list of conversations, in which others may stand before ours."""
_MOST_SHOWN_EXCHANGES = 8


@dataclass(frozen=True)
class Subject:
    """The backend that is judged, and how it has to be spoken to."""

    api: Client
    long_prompt: Callable[[int], str]
    """Asks for a reply of so many words, so that its stream can be held."""
    short_prompt: str = "Reply with OK."
    words: int = 400
    lag_s: float = 1.0
    """How long after a turn the list may lag behind, and after a stream the lock may linger."""
    closes_within_s: float = 5.0
    """How soon after a cancel a stream has to close."""
    obeys: bool = False
    """Its model is known to do what the personality says, in each reply and at once."""


class _Line:
    """One line of the list that a violation ends with."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.call: Exchange | Stream | None = None

    @property
    def exchange(self) -> Exchange | None:
        return self.call.exchange if isinstance(self.call, Stream) else self.call

    @property
    def status(self) -> int | None:
        return self.exchange.status if self.exchange else None

    def check_available(self) -> None:
        """Behind 502, 503 and 504 there is no answer of the backend, and nothing to judge."""
        if self.status in UNAVAILABLE:
            raise Unverified(f"the backend was unavailable: {self.exchange}")

    def __str__(self) -> str:
        return f"{self.text} -> {self.status or 'no answer'}"


class Execution:
    """Plays one list of steps, in conversations of its own. `taken` is how many steps it has come to."""

    def __init__(self, subject: Subject) -> None:
        self.taken = 0
        self._subject = subject
        self._api = subject.api
        self._model = Model(obeys=subject.obeys)
        self._lines: list[_Line] = []
        self._said: dict[str, str] = {}  # message id -> what it is called in the lines
        self._changed: dict[str, float] = {}  # conversation id -> when it last changed
        self._canaries = (f"zq{number}x" for number in itertools.count(1))  # none is part of another
        self._streams = ExitStack()
        self._began = len(subject.api.exchanges)

    @property
    def length(self) -> int:
        """How many calls were made, without those that only looked whether all was well."""
        return len(self._lines)

    def play(self, steps: Sequence[Step]) -> None:
        """Play the steps; no stream is left open.

        Raises:
            Violation: MOD-1; its text ends with the calls that led to it.
            Unverified: a stream broke off or failed, or a call that disagrees had to be sent twice.
        """
        try:
            with self._streams:
                for step in steps:
                    self.taken += 1
                    self._take(step)
                for chat in self._model.chats:
                    self._check_list(chat)  # nothing was changed by what was done in the other one
                self._check_conversations(_WHOLE_PAGE)
        except Violation as found:
            raise self._report(found) from None

    def _take(self, step: Step) -> None:
        match step:
            case Create():
                if len(self._model.chats) < _MOST_CONVERSATIONS:
                    self._create()
                return
            case WalkConversations():
                self._check_conversations(step.size)
                return
        while len(self._model.chats) <= step.chat:
            self._create()
        chat = self._model.chats[step.chat]
        match step:
            case Say():
                self._say(chat, self._new_message(self._subject.short_prompt), _way(step.stream))
            case Replay():
                self._replay(chat, step)
            case Hold():
                self._hold(chat, step)
            case CancelIdle():
                cancelled = self._call(f"cancel in {chat.name}", lambda: self._api.cancel_stream(chat.id))
                with _judging(cancelled):
                    chat.cancel(cancelled.status)
            case Patch():
                self._patch(chat, step)
            case Refuse():
                self._refuse(chat, step)
            case Walk():
                self._check_list(chat, step.size)
                return
        self._check_list(chat)

    def _create(self) -> None:
        name = "AB"[len(self._model.chats)]
        created = self._call(f"create conversation {name}", lambda: self._api.create_conversation({}))
        conversation = expect_conversation("CRE-1", created)
        with _judging(created):
            chat = self._model.create(conversation["id"], conversation["createdAt"])
        self._note_change(chat)

    def _say(self, chat: Chat, message: dict[str, Any], way: Way, manner: str = "") -> None:
        """Send a message, new or known, to its end."""
        if way is Way.STREAM:
            stream = self._open_stream(chat, message, manner)
            self._hear_out(chat, stream, chat.reply)
            return
        asked = _question(message)
        answer = self._call_unlocked(
            chat,
            f"send {self._name(message)} in {chat.name}{manner}",
            lambda: self._api.send_message(chat.id, message),
            chat.promise(asked, way),
        )
        self._hear(chat, answer, asked)

    def _hear(self, chat: Chat, answer: Exchange, asked: Question) -> None:
        """The answer of `/messages` to a message."""
        reply = expect_message(chat.promise(asked, Way.MESSAGES), answer)
        with _judging(answer):
            chat.reply(asked, _message(reply), Way.MESSAGES)
        self._note_change(chat)

    def _open_stream(self, chat: Chat, message: dict[str, Any], manner: str = "") -> Stream:
        clause = chat.promise(_question(message), Way.STREAM)
        what = f"stream {self._name(message)} in {chat.name}{manner}"
        stream = self._call_unlocked(chat, what, lambda: self._open(chat, message), clause)
        expect_status(clause, stream.exchange, 200)
        return stream

    def _open(self, chat: Chat, message: dict[str, Any]) -> Stream:
        stream = self._streams.enter_context(self._api.open_stream(chat.id, message))
        self._streams.callback(self._abandon, stream)
        if stream.exchange.status != 200:
            stream.close()
        return stream

    def _hear_out(self, chat: Chat, stream: Stream, note: Callable[[Question, Message, Way], None]) -> None:
        """Read a stream to its end, and tell the model its final message."""
        recording = stream.finish()
        stream.close()
        for arrival in recording.arrivals:
            if isinstance(arrival.reading, Unreadable):  # STR-2 has a test of its own
                raise Unverified(f"a stream cannot be read: {arrival.reading.reason}")
        asked = _question(stream.message)
        reply = expect_final_message(chat.promise(asked, Way.STREAM), recording)
        with _judging(recording.exchange):
            note(asked, _message(reply), Way.STREAM)
        self._note_change(chat)

    def _replay(self, chat: Chat, step: Replay) -> None:
        if not chat.answered:
            return
        asked = chat.answered[step.which % len(chat.answered)]
        text = f"Hello. {asked.text}" if step.reworded else asked.text
        message = {**new_message(text), "id": asked.id}
        self._say(chat, message, _way(step.stream), " again, reworded" if step.reworded else " again")

    def _hold(self, chat: Chat, step: Hold) -> None:
        message = self._new_message(self._subject.long_prompt(self._subject.words))
        active = self._open_stream(chat, message, ", a long reply")
        chat.open_stream(_question(message))
        # A first word, and not only a first delta: what is kept of nothing is open.
        if any(active.text.strip() for _ in active) and active.ending is None:
            if step.second:
                self._open_second(chat, active)
            if step.message:
                self._send_beside(chat, self._new_message(self._subject.short_prompt))
            if step.replay and chat.answered:
                asked = chat.answered[0]
                self._send_beside(chat, {**new_message(asked.text), "id": asked.id}, " again")
        self._cancel(chat, active)

    def _open_second(self, chat: Chat, active: Stream) -> None:
        """A second stream, judged only as far as it is certain that the first was active still."""
        message = self._new_message(self._subject.short_prompt)
        second = self._call(f"stream {self._name(message)} in {chat.name} meanwhile", lambda: self._open(chat, message))
        answer = second.exchange
        was_surely_active = answer.status != 409 and active.was_surely_active_during(answer)
        with _judging(active.exchange, answer):
            chat.open_second(
                answer.status,
                names_the_lock="conversationLocked" in answer.body,
                was_surely_active=was_surely_active,
            )
        if answer.status == 200:  # the first was over, and this is a turn like others
            self._hear_out(chat, second, chat.reply)

    def _send_beside(self, chat: Chat, message: dict[str, Any], manner: str = "") -> None:
        what = f"send {self._name(message)} in {chat.name}{manner} meanwhile"
        answer = self._call(what, lambda: self._api.send_message(chat.id, message))
        with _judging(answer):
            chat.send_beside(answer.status)
        if answer.status == 200:
            self._hear(chat, answer, _question(message))

    def _cancel(self, chat: Chat, active: Stream) -> None:
        cancelled = self._call(f"cancel in {chat.name}", lambda: self._api.cancel_stream(chat.id))
        with _judging(active.exchange, cancelled):
            chat.cancel(cancelled.status)
        if active.was_open_at(cancelled.started):
            within_s = self._subject.closes_within_s
            active.wait_until_ended(max(cancelled.finished + within_s - time.monotonic(), 0))
            recording = active.record()
            active.close()
            expect_closed("CAN-2", recording, cancelled=cancelled, within_s=within_s)
            said = str((recording.reply or {}).get("text", recording.text))
            # Deltas that do not join to the reply (STR-5) do not tell what is kept.
            chat.cut_stream(recording.text if said.startswith(recording.text) else "")
            self._note_change(chat)
        else:  # it was over before it was cancelled
            self._hear_out(chat, active, lambda _, reply, __: chat.end_stream(reply))

    def _abandon(self, stream: Stream) -> None:
        """Leave no stream open where something was wrong, and spare the backend the rest of a long reply."""
        if stream.ending is None:
            with suppress(Unverified):
                self._api.cancel_stream(stream.conversation_id)

    def _patch(self, chat: Chat, step: Patch) -> None:
        canary = next(self._canaries) if step.personality is Given.VALUE else None
        parts = {
            "personality": (step.personality, f"Always say {canary}."),
            "brandVoiceId": (step.brand_voice, "a-voice"),
            "targetAudienceId": (step.target_audience, "an-audience"),
        }
        body = {
            name: value if given is Given.VALUE else None
            for name, (given, value) in parts.items()
            if given is not Given.OMITTED
        }
        told = ", ".join(f"{name} {parts[name][0].value}" for name in body) or "nothing"
        what = f"patch {chat.name} with {told}"
        patched = self._call_unlocked(chat, what, lambda: self._api.patch_conversation(chat.id, body), "PAT-2")
        with _judging(patched):
            chat.patch(body, patched.status, canary=canary)

    def _refuse(self, chat: Chat, step: Refuse) -> None:
        message = self._new_message(self._subject.short_prompt)
        flawed = {name: value for name, value in message.items() if name != "text"}
        way = _way(step.stream)

        def send() -> Exchange:
            if way is Way.MESSAGES:
                return self._api.send_message(chat.id, flawed)
            return self._open(chat, flawed).exchange

        verb = "stream" if step.stream else "send"
        refused = self._call(f"{verb} {self._name(message)} in {chat.name} without a text", send)
        with _judging(refused):
            chat.refuse(message["id"], refused.status, way)
        self._check_list(chat)
        self._say(chat, message, _way(step.then_stream), ", corrected")

    def _check_list(self, chat: Chat, size: int = _WHOLE_PAGE) -> None:
        """The list of messages, walked by pages of this size, agrees with the model."""
        count = max(-(-len(chat.lines) // size), 1)
        manner = "" if size == _WHOLE_PAGE else f" by {size}"

        def check(line: _Line) -> None:
            pages = self._pages(chat, line, count, size)
            with _judging(line.exchange):
                chat.show(pages, size)

        self._look(f"list the messages of {chat.name}{manner}", check, self._lag_left_s(chat))

    def _pages(self, chat: Chat, line: _Line, count: int, size: int) -> list[Page]:
        pages = []
        for number in range(1, count + 1):
            line.call = answer = self._api.list_messages(chat.id, page=number, size=size)
            envelope = expect_page("PAG-1", answer)
            page, data = envelope["page"], envelope["data"]
            numbers = page["currentPage"], page["size"], page["totalElements"], page["totalPages"]
            pages.append(Page(*numbers, [_message(element) for element in data]))
        return pages

    def _check_conversations(self, size: int) -> None:
        """The list of conversations, walked by pages of this size until ours have been seen, agrees with the model."""

        def check(line: _Line) -> None:
            # Others may be created before ours all the time: where small pages do not reach ours, large ones do.
            seen = self._conversations(line, size) or self._conversations(line, _WHOLE_PAGE, judged=True)
            with _judging(line.exchange):
                self._model.show(seen)

        lag_left_s = max(map(self._lag_left_s, self._model.chats), default=0)
        self._look(f"list the conversations by {size}", check, lag_left_s)

    def _conversations(self, line: _Line, size: int, *, judged: bool = False) -> list[object]:
        """The ids on the first pages, until ours are among them. None if they are not, unless that is to be judged."""
        wanted = {chat.id for chat in self._model.chats}
        seen: list[object] = []
        for number in range(1, _MOST_WALKED_PAGES + 1):
            line.call = answer = self._api.list_conversations(page=number, size=size)
            seen += [element.get("id") for element in expect_page("PAG-1", answer)["data"]]
            if wanted <= set(seen):
                return seen
        return seen if judged else []

    def _look(self, what: str, check: Callable[[_Line], None], lag_left_s: float) -> None:
        """Look whether all is well. A look changes nothing: it is one of the calls that are told if it was the last."""
        line = _Line(what)
        try:
            eventually(lambda: check(line), lag_left_s)
        except Violation:
            self._lines.append(line)
            raise

    def _call_unlocked(self, chat: Chat, what: str, call: Callable[[], C], clause: str) -> C:
        """The answer of a call which the lock of a stream that is over may refuse for a moment."""
        line = self._add_line(what)

        def attempt() -> C:
            line.call = answer = call()
            return answer

        answer = once_unlocked(attempt, self._lag_left_s(chat))
        with _judging(line.exchange):
            chat.check_lock(line.status, clause)
        line.check_available()
        return answer

    def _call(self, what: str, call: Callable[[], C]) -> C:
        line = self._add_line(what)
        line.call = answer = call()
        line.check_available()
        return answer

    def _add_line(self, text: str) -> _Line:
        line = _Line(text)
        self._lines.append(line)
        return line

    def _note_change(self, chat: Chat) -> None:
        self._changed[chat.id] = time.monotonic()

    def _lag_left_s(self, chat: Chat) -> float:
        return max(self._changed[chat.id] + self._subject.lag_s - time.monotonic(), 0)

    def _new_message(self, text: str) -> dict[str, Any]:
        message = new_message(text)
        self._said[message["id"]] = f"message {len(self._said) + 1}"
        return message

    def _name(self, message: dict[str, Any]) -> str:
        return self._said[message["id"]]

    def _report(self, found: Violation) -> Violation:
        if any(exchange.repeated for exchange in self._api.exchanges[self._began :]):
            raise Unverified("a call before the disagreement had to be sent twice, so that nothing is proved by it")
        exchanges = [line.exchange for line in self._lines if line.exchange is not None]
        calls = "\n".join(f"    {number}. {line}" for number, line in enumerate(self._lines, 1))
        return Violation(
            "MOD-1",
            *(exchanges if len(exchanges) <= _MOST_SHOWN_EXCHANGES else found.exchanges),
            expected=f"{found.expected} ({found.clause.id})",
            observed=f"{found.observed}, at the end of these calls:\n{calls}",
        )


@contextmanager
def _judging(*exchanges: Exchange | None) -> Iterator[None]:
    """What the model disagrees with is a violation, shown by these calls."""
    try:
        yield
    except Disagreement as found:
        shown = [exchange for exchange in exchanges if exchange is not None]
        raise Violation(found.clause, *shown, expected=found.expected, observed=found.observed) from None


def _way(stream: bool) -> Way:
    return Way.STREAM if stream else Way.MESSAGES


def _question(message: Mapping[str, Any]) -> Question:
    return Question(message["id"], message["text"])


def _message(shown: Mapping[str, Any]) -> Message:
    return Message(*(shown.get(name) for name in MESSAGE_FIELDS))
