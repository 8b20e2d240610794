"""Whether the times that a client writes on its messages can be times. Nothing is derived from them here. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.clock import START
from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import SENDS, first, speaks_to_mock
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Rule, found
from mockserver.verdict.vocabulary import Vocabulary

FAR = timedelta(days=1)
"""Beyond any time zone that a time without an offset may be meant in."""

_START = START.replace(tzinfo=UTC)
APART_S = 5.0
_TIMES = 200
_IDS = 2000


class Timestamps(Rule):
    """`createdAt` of messages: any form of ISO 8601, with or without an offset, near one of the clocks there are."""

    codes = ("timestamp-without-sense", "timestamp-constant")
    operations = SENDS

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._used: Bounded[str, list[Entry]] = Bounded(_TIMES)
        self._seen: Bounded[str, None] = Bounded(_IDS)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge the message's own time."""
        body = entry.json
        if entry.operation not in SENDS or not isinstance(body, dict) or not isinstance(body.get("createdAt"), str):
            return  # what is of another type is refused
        if speaks_to_mock(entry):
            return
        text: str = body["createdAt"]
        moment = _moment(text)
        if moment is None:
            message = f"createdAt {first(text)} is not a time such as 2026-05-01T09:01:30Z."
            yield found("timestamp-without-sense", message, entry, subject="form")
        elif not any(abs(moment - clock) <= FAR for clock in _clocks(entry)):
            message = f"createdAt {text} is more than a day from the wall clock and from the server's."
            yield found("timestamp-without-sense", message, entry, subject="far")
        else:
            yield from self._judge_constant(text, str(body.get("id")), entry)

    def _judge_constant(self, text: str, message_id: str, entry: Entry) -> Iterator[Finding]:
        if message_id in self._seen:  # a repetition is no other message
            return
        self._seen[message_id] = None
        row = self._used.of(text, list)
        row.append(entry)
        oldest = row[0]
        apart_s = min((entry.at - oldest.at).total_seconds(), entry.at_s - oldest.at_s)  # by both clocks
        if len(row) >= 3 and apart_s > APART_S:
            message = f"{len(row)} messages with different ids have the same createdAt, {text}."
            yield found("timestamp-constant", message, *row, subject=text)
        del row[1:-8]  # the oldest stays, to tell how long it has gone on


def _clocks(entry: Entry) -> Iterator[datetime]:
    """The moments that a message may have been sent at: by the wall, by the answer, by the logical clock's start."""
    yield entry.at
    yield _START + timedelta(seconds=entry.at_s)
    answers: list[Any] = [entry.answer]
    answers += [_json(event.data).get("message") for event in entry.events.of_kind("message")]
    for answer in answers:
        if isinstance(answer, dict) and isinstance(answer.get("createdAt"), str):
            moment = _moment(answer["createdAt"])
            if moment is not None:
                yield moment


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _moment(text: str) -> datetime | None:
    """The time, UTC where it does not say; None if it is none."""
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
