"""How a client treats streams: one at a time, cancelled rather than dropped, complete by their final event alone."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import FINAL_EVENTS, SENDS, Fate, Sent, fate_of, follows, passed_s, sent_of
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Findings, Rule, found
from mockserver.verdict.vocabulary import Vocabulary

NEAR_S = 10.0
"""A cancel so long before or after a closed connection belongs to it."""

_CONVERSATIONS = 100
_LIVE = 100
_OPEN = "openMessageStream"
_CANCEL = "cancelMessageStream"


class OneStreamAtATime(Rule):
    """A second stream under a new id, while one is live as far as its client can see.

    The same id again is a reconnection. After a cancel was asked for, or the final event was sent, a stream is over.
    """

    codes = ("second-stream",)
    operations = frozenset({_OPEN})
    beginnings = frozenset({_OPEN, _CANCEL})

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._live: Bounded[int, Entry] = Bounded(_LIVE)
        self._beside: Bounded[int, Entry] = Bounded(_LIVE)

    def began(self, entry: Entry) -> Iterator[Finding]:
        """Note which stream is live beside it."""
        if entry.operation == _CANCEL:
            for number in [n for n, live in self._live.items() if live.conversation == entry.conversation]:
                del self._live[number]
        elif entry.operation == _OPEN:
            for live in reversed(self._live.values()):
                if live.conversation == entry.conversation and _sends_on(live):
                    self._beside[entry.number] = live
                    break
            self._live[entry.number] = entry
        return iter(())

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Both bodies are known by now."""
        self._live.pop(entry.number, None)
        live = self._beside.pop(entry.number, None)
        if live is None or (not entry.is_stream and entry.status != 409):
            return
        if live.outcome == "client gone":  # it had left already, and the server did not know: see `Abandoned`
            return
        ids = [body.get("id") if isinstance(body, dict) else None for body in (live.json, entry.json)]
        if None not in ids and ids[0] != ids[1]:
            message = f"A stream with id {ids[1]!r} was opened while the one with id {ids[0]!r} was live."
            yield found("second-stream", message, live, entry, subject=str(entry.conversation))


def _sends_on(entry: Entry) -> bool:
    """It has begun to send events, and no final one yet."""
    return entry.is_stream and not entry.complete and FINAL_EVENTS.isdisjoint(entry.events.kinds)


class Abandoned(Rule):
    """The client closed the connection before the final event: excused by a cancel near it, or the same id again.

    A stream with a stall is to be left: who waits for ever waits in vain.
    """

    codes = ("stream-abandoned",)
    operations = SENDS

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._left: Bounded[int, Sent] = Bounded(_LIVE)
        self._cancelled: Bounded[str | None, Entry] = Bounded(_CONVERSATIONS)

    def began(self, entry: Entry) -> Findings:
        """A cancel excuses; time condemns."""
        return self._judge(entry) if self._left or entry.operation == _CANCEL else ()

    def _judge(self, entry: Entry) -> Iterator[Finding]:
        for number, sent in list(self._left.items()):
            near = passed_s(sent.entry, entry) <= NEAR_S
            if near and entry.operation == _CANCEL and entry.conversation == sent.entry.conversation:
                del self._left[number]
            elif not near and entry.operation not in SENDS:
                del self._left[number]
                yield self._tell(sent)
        if entry.operation == _CANCEL:
            self._cancelled[entry.conversation] = entry

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """The same id again excuses too."""
        sent = sent_of(entry)
        if sent is None:
            return
        for number, left in list(self._left.items()):
            if left.id == sent.id and left.entry.conversation == entry.conversation:
                del self._left[number]
            elif passed_s(left.entry, entry) > NEAR_S:
                del self._left[number]
                yield self._tell(left)
        if entry.is_stream and entry.outcome == "client gone" and not entry.replayed:
            final = not FINAL_EVENTS.isdisjoint(entry.events.kinds) or entry.events_dropped
            cancel = self._cancelled.get(entry.conversation)
            stalled = any("stall" in fired.fault.kind for fired in entry.faults)
            if not final and not stalled and not (cancel and cancel.began > entry.began):
                self._left[entry.number] = sent

    def pending(self) -> Iterator[Finding]:
        """So far nothing excuses them."""
        return (self._tell(sent) for sent in self._left.values())

    def _tell(self, sent: Sent) -> Finding:
        message = f"The stream with id {sent.id!r} was closed by the client before its final event, and not cancelled."
        return found("stream-abandoned", message, sent.entry, subject=str(sent.entry.conversation))


class Incomplete(Rule):
    """After a stream without its final event comes a new turn: neither the id again nor the list before it."""

    codes = ("incomplete-taken-as-complete",)
    operations = SENDS | {"listMessages"}

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._open: Bounded[str | None, Sent] = Bounded(_CONVERSATIONS)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge what follows."""
        before = self._open.get(entry.conversation)
        if entry.operation == "listMessages" and entry.status == 200 and before and follows(entry, before.entry):
            del self._open[entry.conversation]
            return
        sent = sent_of(entry)
        if sent is None or sent.fate is Fate.REFUSED:
            return
        if before and follows(sent.entry, before.entry):
            if sent.id != before.id and sent.text_digest != before.text_digest:  # the same text is a double post
                message = f"The stream with id {before.id!r} had no final event; id {sent.id!r} followed as if it had."
                yield found(
                    "incomplete-taken-as-complete", message, before.entry, sent.entry, subject=str(entry.conversation)
                )
            del self._open[entry.conversation]
        if sent.fate is Fate.INCOMPLETE:
            self._open[entry.conversation] = sent


class IdleCancels(Rule):
    """Cancels in a row with nothing to cancel; a send in between begins a new row."""

    codes = ("cancel-without-stream",)
    operations = SENDS | {_CANCEL}
    beginnings = SENDS

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._row: Bounded[str | None, list[Entry]] = Bounded(_CONVERSATIONS)

    def began(self, entry: Entry) -> Iterator[Finding]:
        """A send may be what the next cancel is for."""
        if entry.operation in SENDS:
            self._row.pop(entry.conversation, None)
        return iter(())

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Count it."""
        if entry.operation in SENDS and fate_of(entry) is not Fate.REFUSED:
            self._row.pop(entry.conversation, None)
        if entry.operation != _CANCEL or entry.status != 200:
            return
        row = [*self._row.get(entry.conversation, []), entry][-3:]
        self._row[entry.conversation] = row
        if len(row) == 3:
            message = "Three cancels followed each other, with no stream since the first of them."
            yield found("cancel-without-stream", message, *row, subject=str(entry.conversation))
