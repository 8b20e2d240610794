"""A reply stream: its events, its end, and what comes of it."""

from collections.abc import Mapping
from typing import Any

from conformance.events import Failed, Final, Ping, Unreadable
from conformance.exchange import Exchange
from conformance.expect.answers import UNAVAILABLE, expect_status, is_reply
from conformance.expect.messages import expect_listed
from conformance.expect.pages import expect_page
from conformance.expect.telling import answered, quoted, told_difference, told_fields, told_runs
from conformance.stream import Recording
from conformance.verdict import Unverified, Violation


def expect_event_stream(clause: str, stream: Recording) -> None:
    """The stream is a 200 with `text/event-stream`, well-formed and in UTF-8."""
    exchange, expected = stream.exchange, "200 text/event-stream in UTF-8"
    expect_status(clause, exchange, 200)
    charset = exchange.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0]
    if exchange.media_type != "text/event-stream" or charset.strip("\"' ") not in ("", "utf-8", "utf8"):
        observed = f"content-type {exchange.headers.get('content-type', '(none)')}"
        raise Violation(clause, exchange, expected=expected, observed=observed)
    if stream.invalid_utf8:
        raise Violation(clause, exchange, expected=expected, observed="bytes that are not UTF-8")
    if stream.tail and stream.ran_to_its_end:
        observed = f"an end without one: {quoted(stream.tail)}"
        raise Violation(clause, exchange, expected="a blank line after the last event", observed=observed)


def expect_readable_events(clause: str, stream: Recording) -> None:
    """Each event is a delta, the final message or an error."""
    for arrival in stream.arrivals:
        if isinstance(arrival.reading, Unreadable):
            expected = "a delta, the final message or an error"
            raise Violation(clause, stream.exchange, expected=expected, observed=arrival.reading.reason)


def expect_final_event(clause: str, stream: Recording) -> Final | Failed:
    """The stream ran to its end, and has exactly one final event, message or error, which is the last.

    Raises:
        Unverified: it did not run to its end.
    """
    readings = [arrival.reading for arrival in stream.arrivals if not isinstance(arrival.reading, Ping)]
    finals = stream.finals
    if not finals and not stream.ran_to_its_end:
        raise Unverified(f"the stream did not run to its end: {stream.ending}")
    if len(finals) != 1 or readings[-1] is not finals[0]:
        observed = ", ".join(told_runs(type(reading).__name__.lower() for reading in readings)) or "no event"
        raise Violation(
            clause, stream.exchange, expected="one final event, the last", observed=f"{observed}; {stream.ending}"
        )
    return finals[0]


def expect_final_message(clause: str, stream: Recording) -> dict[str, Any]:
    """The final event is the assistant's reply.

    Raises:
        Unverified: it is an error, since generation may fail.
    """
    final = expect_final_event(clause, stream)
    if isinstance(final, Failed):
        raise Unverified(f"the stream ended with the error {final.code!r}, which no clause forbids")
    if not is_reply(final.message):
        expected = "a Message of the assistant, with an id, a non-empty text and createdAt"
        raise Violation(clause, stream.exchange, expected=expected, observed=quoted(final.message))
    return final.message


def expect_joined_deltas(clause: str, stream: Recording) -> None:
    """The deltas joined are the final text.

    Raises:
        Unverified: the stream came without any delta, or ended in an error.
    """
    text = expect_final_message("STR-3", stream)["text"]
    if not stream.deltas:
        raise Unverified("the stream had no deltas, which no clause forbids")
    if stream.text != text:
        raise Violation(clause, stream.exchange, expected=quoted(text), observed=quoted(stream.text))


def expect_replayed(clause: str, reply: Mapping[str, Any], stream: Recording) -> None:
    """The stream replays this reply: 200, and its final event has the reply's id and text.

    `createdAt` is not compared: the two endpoints may write one moment in two forms.
    """
    expect_status(clause, stream.exchange, 200)
    expect_readable_events("STR-2", stream)
    if not stream.finals and not stream.ran_to_its_end:
        raise Unverified(f"the replayed stream did not run to its end: {stream.ending}")
    match stream.finals:
        case [Final(message), *_]:
            if any(message.get(name) != reply[name] for name in ("id", "text")):
                expected = told_fields(reply, ("id", "text"))
                raise Violation(clause, stream.exchange, expected=expected, observed=told_difference(reply, message))
        case found:
            observed = "an error event" if found else "no final event"
            raise Violation(clause, stream.exchange, expected="the reply as the final event", observed=observed)


def expect_locked(clause: str, refused: Exchange, *, active: Recording, after: Exchange | None = None) -> None:
    """409 with `conversationLocked` somewhere in the body, while the other stream is active."""
    if refused.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {refused}")
    if refused.status != 409 or "conversationLocked" not in refused.body:
        expected = "409, code conversationLocked"
        calls = [exchange for exchange in (active.exchange, after, refused) if exchange]
        raise Violation(clause, *calls, expected=expected, observed=answered(refused))


def expect_closed(clause: str, stream: Recording, *, cancelled: Exchange, within_s: float) -> None:
    """The stream had closed by then after the cancel's answer, however it ended."""
    if stream.ended_at is None or stream.ended_at > cancelled.finished + within_s:
        expected = f"closed within {within_s:g} s of the cancel"
        raise Violation(clause, stream.exchange, cancelled, expected=expected, observed="still open")


def expect_kept(clause: str, listing: Exchange, stream: Recording) -> None:
    """The listed messages hold the user's message and, after it, a reply that begins with all that was received."""
    expect_listed(clause, listing, {name: stream.message[name] for name in ("id", "text")})
    data = expect_page("PAG-1", listing)["data"]
    place = next(index for index, message in enumerate(data) if message.get("id") == stream.message["id"])
    replies = [message.get("text") for message in data[place:] if message.get("source") == "assistant"]
    if not any(isinstance(text, str) and text.startswith(stream.text) for text in replies):
        raise Violation(
            clause,
            stream.exchange,
            listing,
            expected=f"a reply that begins with {quoted(stream.text)}",
            observed=quoted(replies),
        )
