"""What the clauses' tests have as given: what they say to the backend, and a turn that was taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.expect import expect_message
from conformance.stream import Stream

SHORT_PROMPT = "Reply with OK."
LONG_PROMPT = "Please write a long, detailed story about a lighthouse keeper, at least {words} words."


@dataclass(frozen=True)
class Turn:
    """A message that was sent, and the call that answered it."""

    conversation_id: str
    message: dict[str, Any]
    answer: Exchange

    @property
    def reply(self) -> dict[str, Any]:
        """The assistant's reply."""
        return expect_message("MSG-1", self.answer)


def open_second(api: Client, streams: Iterator[Stream]) -> tuple[Stream, Stream]:
    """An active stream, and the answer to a second one opened beside it, closed again.

    Where the first may have ended before the second was answered, the observation does not count, and the next of
    `streams` is tried. A 409 needs no proof: it says itself that the first was active.
    """
    for active in streams:
        with api.open_stream(active.conversation_id, new_message(SHORT_PROMPT)) as second:
            answer = second.exchange
        refused_in_time = answer.status == 409 and active.was_open_at(answer.started)
        if refused_in_time or active.was_surely_active_during(answer):
            break
    return active, second


def cancel_active(api: Client, streams: Iterator[Stream]) -> tuple[Stream, Exchange]:
    """A stream that was active, and the call that cancelled it.

    Where it had ended before the cancel was sent, the observation does not count, and the next of `streams` is tried.
    """
    for active in streams:
        cancelled = api.cancel_stream(active.conversation_id)
        if active.was_open_at(cancelled.started):
            break
    return active, cancelled
