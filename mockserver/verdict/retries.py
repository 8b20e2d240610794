"""How a client repeats itself: what it does after a failure, and with the ids of its messages."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import (
    SENDS,
    Fate,
    Sent,
    follows,
    passed_s,
    sent_of,
    speaks_to_mock,
)
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Rule, found
from mockserver.verdict.vocabulary import Vocabulary

SOON_S = 60.0
"""After so many seconds the same text is a new message rather than a retry."""

HASTE_S = 0.1
"""A pause that is shorter is none."""

_CONVERSATIONS = 100
_MESSAGES = 30
_IDS = 2000

_KEEPS_REPLY = frozenset({Fate.ANSWERED, Fate.CANCELLED, Fate.LEFT})


class DoublePost(Rule):
    """After a send whose fate is unknown the same text comes under another id.

    Forgiven where the first id was repeated, or the messages were listed in between: the client knows then what
    became of it. A stop by the user, an error event and a refusal leave nothing unknown. A message of trigger words is
    no message: a person types it twice.
    """

    codes = ("double-post",)
    operations = SENDS | {"listMessages"}

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._sent: Bounded[str | None, list[Sent]] = Bounded(_CONVERSATIONS)
        self._listed: Bounded[str | None, list[Entry]] = Bounded(_CONVERSATIONS)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge it with those before, and with those that overtook it."""
        if entry.operation == "listMessages" and entry.status == 200:
            listed = self._listed.of(entry.conversation, list)
            listed.append(entry)
            del listed[:-_MESSAGES]
        new = sent_of(entry)
        if new is None or speaks_to_mock(entry):
            return
        row = self._sent.of(entry.conversation, list)
        for other in row if new.unsure else [other for other in row if other.unsure]:
            if other.text_digest != new.text_digest or other.id == new.id:
                continue
            lost, again = sorted((other, new), key=lambda sent: sent.entry.began)
            if self._is_double(lost, again, row):
                message = (
                    f"{lost.entry.operation} with id {lost.id!r} {_how(lost)}, "
                    f"and its text came again under id {again.id!r}."
                )
                yield found("double-post", message, lost.entry, again.entry, subject=str(entry.conversation))
        row.append(new)
        del row[:-_MESSAGES]

    def _is_double(self, lost: Sent, again: Sent, row: list[Sent]) -> bool:
        if not lost.unsure or again.fate is Fate.REFUSED:
            return False
        if follows(again.entry, lost.entry):
            if passed_s(lost.entry, again.entry) > SOON_S:
                return False
        elif lost.entry.outcome != "client gone":  # sent side by side: it did not know of the failure
            return False
        repeated = any(
            sent.id == lost.id and lost.entry.began < sent.entry.began < again.entry.began and not sent.unsure
            for sent in row
        )
        listed = any(
            lost.entry.began < entry.began < again.entry.began
            for entry in self._listed.get(again.entry.conversation, ())
        )
        return not repeated and not listed


def _how(lost: Sent) -> str:
    if lost.fate is Fate.INCOMPLETE:
        return "ended without a final event"
    if lost.entry.status is not None and lost.entry.status >= 500:
        return f"was answered {lost.entry.status}"
    return "got no complete answer"


class OneIdOneMessage(Rule):
    """An id that has its reply stands for one message: the same text, in the same conversation."""

    codes = ("id-reused-with-other-text", "id-reused-across-conversations")
    operations = SENDS

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._answered: Bounded[tuple[str | None, str], Sent] = Bounded(_IDS)
        self._unsure: Bounded[tuple[str | None, str], Sent] = Bounded(_IDS)
        self._home: Bounded[str, Sent] = Bounded(_IDS)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge it by the first that was answered."""
        sent = sent_of(entry)
        if sent is None or sent.fate is Fate.REFUSED:
            return
        yield from self._judge_text(sent)
        yield from self._judge_home(sent)

    def _judge_text(self, sent: Sent) -> Iterator[Finding]:
        key = sent.entry.conversation, sent.id
        before = self._answered.get(key)
        if before is None and sent.replayed:
            before = self._unsure.get(key)
        if before and before.text_digest != sent.text_digest and follows(sent.entry, before.entry):
            message = f"id {sent.id!r} was sent with another text than the one it has its reply to; this text is lost."
            yield found("id-reused-with-other-text", message, before.entry, sent.entry, subject=sent.id)
        if sent.fate in _KEEPS_REPLY:
            self._answered.setdefault(key, sent)
            self._answered[key] = self._answered[key]
        elif sent.unsure:
            self._unsure[key] = self._unsure.get(key, sent)

    def _judge_home(self, sent: Sent) -> Iterator[Finding]:
        home = self._home.get(sent.id)
        if home and home.entry.conversation != sent.entry.conversation:
            message = (
                f"id {sent.id!r} was answered in conversation {home.entry.conversation}, "
                f"and came again in {sent.entry.conversation}."
            )
            yield found("id-reused-across-conversations", message, home.entry, sent.entry, subject=sent.id)
        if sent.fate in _KEEPS_REPLY:
            self._home[sent.id] = home or sent


class PatienceAfterLock(Rule):
    """Three times in a row refused by the lock, and no pause between them. A cancel begins a new row."""

    codes = ("no-wait-after-409",)
    operations = SENDS | {"cancelMessageStream"}

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._row: Bounded[str | None, list[Entry]] = Bounded(_CONVERSATIONS)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge the row."""
        if entry.operation == "cancelMessageStream":
            self._row.pop(entry.conversation, None)
        if entry.operation not in SENDS:
            return
        if entry.status != 409:
            self._row.pop(entry.conversation, None)
            return
        row = self._row.get(entry.conversation, [])
        hasty = bool(row) and follows(entry, row[-1]) and passed_s(row[-1], entry) < HASTE_S
        row = [*row, entry] if hasty else [entry]
        self._row[entry.conversation] = row[-3:]
        if len(row) >= 3:
            message = (
                f"The conversation was locked (409), and {len(row[-3:])} calls followed each other without a pause."
            )
            yield found("no-wait-after-409", message, *row[-3:], subject=str(entry.conversation))
