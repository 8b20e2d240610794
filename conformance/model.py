"""The small model behind MOD-1: what a reader of the contract would note down while the API is in use.

Pure: it is told what was asked and what was observed, as plain values, and either takes note or raises
`Disagreement` and stays as it was. It has no clock: what a backend may do a moment late is asked of it again. What
the reference leaves open is a set of accepted answers here, or is not judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from itertools import combinations, zip_longest

_LONGEST_QUOTE = 60


class Disagreement(Exception):
    """What was observed is nothing that the clause allows."""

    def __init__(self, clause: str, *, expected: str, observed: str) -> None:
        self.clause = clause
        self.expected = expected
        self.observed = observed
        super().__init__(f"{clause}: expected {expected}, observed {observed}")


class Way(Enum):
    """How a reply is asked for."""

    MESSAGES = "messages"
    STREAM = "message-streams"


@dataclass(frozen=True)
class Question:
    """A user's message, as it is sent."""

    id: str
    text: str


@dataclass(frozen=True)
class Message:
    """A message as the backend shows it, of whatever types."""

    id: object
    text: object
    source: object
    created_at: object

    def __str__(self) -> str:
        return f"{self.source} {_quote(self.text)} (id {_quote(self.id)})"


@dataclass(frozen=True)
class Page:
    """A page of messages, with what its envelope says."""

    number: int
    size: int
    total: int
    pages: int
    messages: Sequence[Message]


@dataclass(frozen=True)
class Line:
    """What an element of a message list has to be. Of a cancelled reply only the beginning is known, and no id."""

    source: str
    text: str
    id: str | None

    def fits(self, message: Message) -> bool:
        """Whether this message is it."""
        if self.id is None:
            fitting = isinstance(message.text, str) and message.text.startswith(self.text)
        else:
            fitting = (message.id, message.text) == (self.id, self.text)
        return fitting and message.source == self.source

    def __str__(self) -> str:
        if self.id is None:
            return f"{self.source} beginning with {_quote(self.text)}"
        return f"{self.source} {_quote(self.text)} (id {_quote(self.id)})"


@dataclass
class _FirstReply:
    """The reply that every replay has to answer.

    What the two ways say of `createdAt` is not compared: they may write one moment in two forms.
    """

    asked: Question
    id: object
    text: object
    way: Way
    created_at: dict[Way, object]
    turn: int
    """How many turns there were with it."""


@dataclass
class Chat:
    """One conversation, which nobody else works in."""

    name: str
    id: str
    created_at: str
    obeys: bool = False
    """Whether the personality is known to show in each reply, and never later than it is in force."""
    _stages: list[list[list[Line]]] = field(default_factory=list)
    """The turns, oldest first; those of one stage were taken side by side, so that their order is open."""
    _first: dict[str, _FirstReply] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _active: Question | None = None
    _unlocked_by: str | None = None
    """The clause that freed the lock when the last stream was over."""
    _shown_by: str = "MSG-2"
    """The clause that says what the list shows after the last operation."""
    _canary: str | None = None
    _retired: set[str] = field(default_factory=set)
    _steered_by: str = "PAT-3"

    @property
    def answered(self) -> list[Question]:
        """The messages whose replay is certain, oldest first. That of a cancelled one is open (CAN-5)."""
        return [first.asked for first in self._first.values()]

    @property
    def lines(self) -> list[Line]:
        """What the list has to show, up to the order of turns that were taken side by side."""
        return [line for stage in self._stages for turn in stage for line in turn]

    def promise(self, asked: Question, way: Way) -> str:
        """The clause that says what this message is answered with."""
        first = self._first.get(asked.id)
        if first is None:
            if asked.id in self._refused:
                return "IDM-8"
            return "STR-3" if way is Way.STREAM else "MSG-1"
        if way is Way.STREAM:
            return "IDM-5"
        if first.way is Way.STREAM:
            return "IDM-6"
        if asked != first.asked:
            return "IDM-3"
        return "IDM-4" if first.turn < len(self._stages) else "IDM-1"

    def check_lock(self, status: int | None, clause: str) -> None:
        """LCK-4, LCK-5: nothing is locked when no stream is active. `clause` is what binds where none ever was."""
        if status == 409 and self._active is None:
            observed = "409" if self._unlocked_by is None else "409, although no stream is active any more"
            raise Disagreement(self._unlocked_by or clause, expected="an answer other than 409", observed=observed)

    def reply(self, asked: Question, reply: Message, way: Way) -> None:
        """MSG-1, IDM-1 to IDM-6: a message was answered: the first time with anything, then with the same again."""
        clause = self.promise(asked, way)
        first = self._first.get(asked.id)
        if first is None:
            self._check_steering(reply.text)
            self._take_turn(asked, reply, way)
        else:
            created_at = first.created_at.get(way, reply.created_at)
            wanted = Message(first.id, first.text, "assistant", created_at)
            different = [name for name in ("id", "text", "source", "created_at") if _differ(name, wanted, reply)]
            if different:
                expected = f"its first reply, with {_fields(wanted, different)}"
                raise Disagreement(clause, expected=expected, observed=_fields(reply, different))
            first.created_at[way] = created_at
            self._shown_by = "IDM-5" if way is Way.STREAM else "IDM-2"
        if way is Way.STREAM:
            self._unlocked_by = "LCK-4"

    def open_stream(self, asked: Question) -> None:
        """A stream with a new message is active from now on, until `end_stream` or `cut_stream`."""
        self._active = asked
        self._stages.append([])

    def end_stream(self, reply: Message) -> None:
        """STR-6: the active stream ran to its end."""
        assert self._active is not None
        self._check_steering(reply.text)
        self._take_turn(self._active, reply, Way.STREAM)
        self._active, self._unlocked_by = None, "LCK-4"

    def cut_stream(self, received: str) -> None:
        """CAN-3: the active stream was cancelled after this text, which is not empty, had come."""
        assert self._active is not None
        asked, self._active = self._active, None
        self._stages[-1].append([Line("user", asked.text, asked.id), Line("assistant", received, None)])
        self._unlocked_by, self._shown_by = "LCK-5", "CAN-3"

    def open_second(self, status: int | None, *, names_the_lock: bool, was_surely_active: bool) -> None:
        """LCK-1: a second stream with a new message was asked for, when the first was active, surely or perhaps."""
        accepted = [409] if was_surely_active else [200, 409]
        if status not in accepted or (status == 409 and not names_the_lock):
            expected = "409 with conversationLocked" + ("" if was_surely_active else " (or 200)")
            unnamed = " without conversationLocked" if status == 409 else ""
            raise Disagreement("LCK-1", expected=expected, observed=f"{status}{unnamed}")
        self._shown_by = "LCK-2"

    def send_beside(self, status: int | None) -> None:
        """LCK-10, IDM-11: a message was sent to `/messages` beside an active stream: answered, or refused."""
        if status not in (200, 409):
            raise Disagreement("LCK-10", expected="200 or 409", observed=str(status))

    def cancel(self, status: int | None) -> None:
        """CAN-1, CAN-2: a cancel is 200, with a stream to cancel or without."""
        clause = "CAN-1" if self._active is None else "CAN-2"
        if status != 200:
            raise Disagreement(clause, expected="200", observed=str(status))
        if self._active is None:
            self._shown_by = clause

    def refuse(self, id: str, status: int | None, way: Way) -> None:
        """MSG-4, STR-8: a message with this id was sent that lacks its text."""
        clause = "STR-8" if way is Way.STREAM else "MSG-4"
        if status is None or not 400 <= status < 500:
            raise Disagreement(clause, expected="4xx", observed=str(status))
        self._refused.add(id)
        self._shown_by = clause

    def patch(self, body: Mapping[str, object], status: int | None, *, canary: str | None = None) -> None:
        """PAT-1 to PAT-6: a patch was sent, whose personality, if it has one, asks for the word `canary`."""
        named = [name for name in ("personality", "brandVoiceId", "targetAudienceId") if name in body]
        refused = status is not None and 400 <= status < 500
        if not named and not refused:
            raise Disagreement("PAT-1", expected="4xx", observed=str(status))
        # Which voices and audiences there are is the backend's.
        may_be_refused = any(body[name] is not None for name in named if name != "personality")
        if named and status != 200 and not (refused and may_be_refused):
            expected = "200" + (", or 4xx for an unknown id" if may_be_refused else "")
            raise Disagreement("PAT-2", expected=expected, observed=str(status))
        self._shown_by = "PAT-6" if refused else "PAT-7"
        if "personality" in body:
            gone, self._canary = (canary, self._canary) if refused else (self._canary, canary)
            self._retired |= set() if gone is None else {gone}
        self._steered_by = _steering_clause(body, refused=refused)

    def show(self, pages: Sequence[Page], size: int) -> None:
        """MSG-2, MSG-3, PAG-3 to PAG-7: the pages of this size, from the first to the last, show these messages.

        Where they show others on one page, what is broken is what the last operation promises of the list.
        """
        for number, page in enumerate(pages, 1):
            self._check_numbers(page, number, size)
        messages = [message for page in pages for message in page.messages]
        lines, at, agrees = self.lines, 0, len(messages) == len(self.lines)
        for stage in self._stages:
            length = sum(map(len, stage))
            agrees = agrees and _is_interleaving(stage, messages[at : at + length])
            at += length
        if not agrees:
            raise self._mismatch(messages, "PAG-6" if len(pages) > 1 else self._shown_by)
        for page in pages:
            if page.total != len(lines):
                expected = f"totalElements {len(lines)} on page {page.number} of size {size}"
                raise Disagreement("PAG-7", expected=expected, observed=str(page.total))

    def _check_numbers(self, page: Page, number: int, size: int) -> None:
        """The page is in itself what its numbers say."""
        counted = -(-page.total // size)
        length = min(size, max(page.total - (number - 1) * size, 0))
        for clause, name, accepted, said in (
            ("PAG-3", "currentPage", (number,), page.number),
            ("PAG-3", "size", (size,), page.size),
            ("PAG-4", "totalPages", (counted,) if counted else (0, 1), page.pages),
            ("PAG-5", "elements", (length,), len(page.messages)),
        ):
            if said not in accepted:
                wanted = " or ".join(map(str, accepted))
                expected = f"{name} {wanted} on page {number} of size {size}, with totalElements {page.total}"
                raise Disagreement(clause, expected=expected, observed=str(said))

    def _mismatch(self, messages: Sequence[Message], clause: str) -> Disagreement:
        lines = self.lines
        if len(messages) == len(lines) and all(any(line.fits(message) for message in messages) for line in lines):
            clause = "MSG-3"
        pairs = list(zip_longest(lines, messages))
        place = next((place for place, (line, message) in enumerate(pairs) if not _fit(line, message)), len(pairs) - 1)
        wanted, found = pairs[place]
        return Disagreement(
            clause,
            expected=f"{_count(lines)}, number {place + 1}: {wanted or 'none'}",
            observed=f"{_count(messages)}, number {place + 1}: {found or 'none'}",
        )

    def _take_turn(self, asked: Question, reply: Message, way: Way) -> None:
        if self._active is None:
            self._stages.append([])
        self._stages[-1].append([Line("user", asked.text, asked.id), Line("assistant", str(reply.text), str(reply.id))])
        created_at = {way: reply.created_at}
        self._first[asked.id] = _FirstReply(asked, reply.id, reply.text, way, created_at, len(self._stages))
        self._shown_by = "STR-6" if way is Way.STREAM else "MSG-2"

    def _check_steering(self, text: object) -> None:
        if not self.obeys:
            return
        said = str(text).casefold()
        if self._canary is not None and self._canary.casefold() not in said:
            expected = f"a reply with the personality's word {self._canary!r}"
            raise Disagreement(self._steered_by, expected=expected, observed=_quote(text))
        for word in sorted(self._retired):
            if word.casefold() in said:
                expected = f"a reply without {word!r}, which is not in force"
                raise Disagreement(self._steered_by, expected=expected, observed=_quote(text))


class Model:
    """The conversations that were made. The caller may have others, made before or meanwhile."""

    def __init__(self, *, obeys: bool = False) -> None:
        self.chats: list[Chat] = []  # oldest first
        self._obeys = obeys

    def create(self, id: str, created_at: str) -> Chat:
        """CRE-1: a new conversation, with an id that no other has."""
        if any(chat.id == id for chat in self.chats):
            raise Disagreement("CRE-1", expected="an id that no other conversation has", observed=_quote(id))
        chat = Chat(chr(ord("A") + len(self.chats) % 26), id, created_at, self._obeys)
        self.chats.append(chat)
        return chat

    def show(self, ids: Iterable[object]) -> None:
        """LST-1, LST-3: the list begins with conversations of these ids, among them all of ours, newest first.

        Others may stand between them. Those made at one moment, as far as their `createdAt` says, are in any order.
        """
        places: dict[object, int] = {}
        for place, id in enumerate(ids):
            places.setdefault(id, place)
        for chat in self.chats:
            if chat.id not in places:
                observed = f"{len(places)} others"
                raise Disagreement("LST-3", expected=f"{chat.name} (id {_quote(chat.id)}) listed", observed=observed)
        for older, newer in combinations(self.chats, 2):
            if places[older.id] < places[newer.id] and _is_before(older.created_at, newer.created_at):
                raise Disagreement(
                    "LST-1",
                    expected=f"{newer.name} ({newer.created_at}) before {older.name} ({older.created_at})",
                    observed=f"{older.name} before {newer.name}",
                )


def _steering_clause(body: Mapping[str, object], *, refused: bool) -> str:
    if refused:
        return "PAT-6"
    if "personality" not in body:
        return "PAT-4"
    return "PAT-5" if body["personality"] is None else "PAT-3"


def _is_interleaving(turns: Sequence[Sequence[Line]], messages: Sequence[Message]) -> bool:
    """Whether the messages are these turns, each in its own order."""
    if not messages:
        return not any(turns)
    return any(
        turn and turn[0].fits(messages[0]) and _is_interleaving([*turns[:at], turn[1:], *turns[at + 1 :]], messages[1:])
        for at, turn in enumerate(turns)
    )


def _differ(name: str, one: Message, other: Message) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _fields(message: Message, names: Iterable[str]) -> str:
    return ", ".join(f"{name} {_quote(getattr(message, name))}" for name in names)


def _fit(line: Line | None, message: Message | None) -> bool:
    return line is not None and message is not None and line.fits(message)


def _is_before(one: str, other: str) -> bool:
    """Whether the first moment is surely the earlier one."""
    try:
        moments = [datetime.fromisoformat(text) for text in (one, other)]
    except ValueError:
        return False
    first, second = (moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments)
    return first < second


def _count(messages: Sequence[object]) -> str:
    return f"{len(messages)} message{'' if len(messages) == 1 else 's'}"


def _quote(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
