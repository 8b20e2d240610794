"""Whether a client waits when it is told for how long, and stops using a token that it was told is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import follows, passed_s, sent_of
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Findings, Rule, found
from mockserver.verdict.vocabulary import Vocabulary

IN_FLIGHT_S = 0.1
"""What comes so soon after an answer may have been on its way already: a page asks for several things at once."""

TOLERANCE = 0.02
"""Share of Retry-After by which a timer may be early."""

_PLACES = 200
_TOKENS = 200


class RetryAfter(Rule):
    """The same call (method, path and, of a message, its id) comes again before its time."""

    codes = ("retry-after-ignored",)

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._told: Bounded[tuple[str, str], tuple[Entry, float, str | None]] = Bounded(_PLACES)
        self._early: Bounded[tuple[str, str], int] = Bounded(_PLACES)

    def ended(self, entry: Entry) -> Findings:
        """Judge it by the last refusal of the same call."""
        if entry.status in {429, 503} or (self._told and (entry.method, entry.path) in self._told):
            return self._judge(entry, (entry.method, entry.path))
        return ()

    def _judge(self, entry: Entry, place: tuple[str, str]) -> Iterator[Finding]:
        message_id = sent.id if (sent := sent_of(entry)) else None
        if place in self._told:
            refusal, wait_s, refused_id = self._told[place]
            waited_s = passed_s(refusal, entry)
            if waited_s >= wait_s * (1 - TOLERANCE) - 0.01:
                self._forget(place)
            elif follows(entry, refusal):
                self._early[place] = self._early.get(place, 0) + 1
                is_retry = message_id is not None and message_id == refused_id
                if is_retry or waited_s > IN_FLIGHT_S or self._early[place] > 1:
                    message = (
                        f"{entry.operation or entry.path} was refused with Retry-After: {wait_s:g} "
                        f"and came again after {max(waited_s, 0):.1f} s."
                    )
                    yield found("retry-after-ignored", message, refusal, entry, subject=" ".join(place))
        told_s = _retry_after_s(entry) if entry.status in {429, 503} else None
        if told_s:
            self._told[place] = entry, told_s, message_id

    def _forget(self, place: tuple[str, str]) -> None:
        self._told.pop(place, None)
        self._early.pop(place, None)


def _retry_after_s(entry: Entry) -> float | None:
    """The seconds of the header, which may be a number or a date."""
    text = entry.response_header("retry-after")
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (until - entry.at).total_seconds() - (entry.took_ms or 0.0) / 1000


class Tokens(Rule):
    """A token is used on after it was told to be over; there is none; it is none; it is for another workspace."""

    codes = ("expired-token-used", "token-missing", "token-invalid", "wrong-workspace")
    refusals_only = True

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._over: Bounded[str, Entry] = Bounded(_TOKENS)
        self._again: Bounded[tuple[str, str, str], int] = Bounded(_PLACES)

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge the refusal."""
        if entry.operation is None or entry.method == "OPTIONS":
            return
        if entry.status == 401 and entry.credential in {"expired", "dead"} and entry.token:
            yield from self._judge_expired(entry, entry.token)
        elif entry.status == 401 and entry.credential == "none" and not entry.faults:
            yield found("token-missing", f"{entry.operation} came without a token.", entry, subject=entry.operation)
        elif entry.status == 401 and entry.credential == "invalid" and not entry.faults:
            yield found(
                "token-invalid", f"{entry.operation} came with no valid token.", entry, subject=str(entry.token)
            )
        elif entry.status == 403 and entry.credential == "forbidden":
            message = f"{entry.operation} was called in workspace {entry.workspace} with a token of another one."
            yield found("wrong-workspace", message, entry, subject=entry.workspace)

    def _judge_expired(self, entry: Entry, token: str) -> Iterator[Finding]:
        told = self._over.get(token)
        if told is None:
            self._over[token] = entry
        elif follows(entry, told):
            place = token, entry.method, entry.path
            self._again[place] = self._again.get(place, 0) + 1
            after_s = passed_s(told, entry)
            if after_s > 1.0 or self._again[place] > 2:  # until then it may be what a page asked for at once
                message = f"The token was told to be expired, and was used again {max(after_s, 0):.1f} s later."
                yield found("expired-token-used", message, told, entry, subject=token)
