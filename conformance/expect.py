"""The whole vocabulary of assertions.

Each verifier is given the clause that is broken when what it expects is not so, raises `Violation` for it, and
returns what the next step of a test needs.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from conformance.events import Delta, Failed, Final, Ping, Unreadable
from conformance.exchange import Exchange
from conformance.stream import Stream
from conformance.verdict import Unverified, Violation

T = TypeVar("T")

CONVERSATION_FIELDS = ("id", "createdAt", "modelName", "legacyCustomerId")
MESSAGE_FIELDS = ("id", "text", "source", "createdAt")

# How soon "shortly after" is: a cancelled stream closes within this time.
CLOSES_WITHIN_S = 5.0
_POLL_EVERY_S = 0.05
_LONGEST_QUOTE = 300


def eventually(verify: Callable[[], T], within_s: float = 1.0) -> T:
    """What `verify` returns once it raises no `Violation`; the `Violation` of a try begun after `within_s` stands."""
    deadline = time.monotonic() + within_s
    while True:
        started = time.monotonic()
        try:
            return verify()
        except Violation:
            if started >= deadline:
                raise
        time.sleep(_POLL_EVERY_S)


def expect_status(clause: str, exchange: Exchange, *accepted: int) -> None:
    """The answer has one of the accepted statuses."""
    if exchange.status not in accepted:
        wanted = " or ".join(str(status) for status in accepted)
        raise Violation(clause, exchange, expected=wanted, observed=_answer(exchange))


def expect_conversation(clause: str, exchange: Exchange) -> dict[str, Any]:
    """201 (200 is tolerated) with a Conversation: at least its id, a non-empty string, and its `createdAt`."""
    expect_status(clause, exchange, 201, 200)
    conversation = _object(clause, exchange)
    if not (_is_id(conversation.get("id")) and isinstance(conversation.get("createdAt"), str)):
        expected = "a Conversation, with a non-empty string as id and a timestamp as createdAt"
        raise Violation(clause, exchange, expected=expected, observed=_answer(exchange))
    return conversation


def expect_message(clause: str, exchange: Exchange) -> dict[str, Any]:
    """200 with the assistant's reply: a Message with a non-empty id and text, from the assistant."""
    expect_status(clause, exchange, 200)
    message = _object(clause, exchange)
    if not _is_reply(message):
        expected = "a Message of the assistant, with an id, a non-empty text and createdAt"
        raise Violation(clause, exchange, expected=expected, observed=_answer(exchange))
    return message


def expect_page(clause: str, exchange: Exchange) -> dict[str, Any]:
    """200 with the envelope: `page` with its four integers, `data` a list of objects."""
    expect_status(clause, exchange, 200)
    envelope = _object(clause, exchange)
    page, data = envelope.get("page"), envelope.get("data")
    counts = ("size", "totalElements", "totalPages", "currentPage")
    if not (
        isinstance(page, dict)
        and all(type(page.get(name)) is int for name in counts)  # not isinstance: True is an int to Python
        and isinstance(data, list)
        and all(isinstance(element, dict) for element in data)
    ):
        expected = "{page: {size, totalElements, totalPages, currentPage}, data}, with integers and a list of objects"
        raise Violation(clause, exchange, expected=expected, observed=_answer(exchange))
    return envelope


def expect_page_numbers(clause: str, exchange: Exchange, *, page: int, size: int) -> None:
    """The envelope says this page and this size."""
    said = expect_page(clause, exchange)["page"]
    if (said["currentPage"], said["size"]) != (page, size):
        observed = f"currentPage {said['currentPage']}, size {said['size']}"
        raise Violation(clause, exchange, expected=f"currentPage {page}, size {size}", observed=observed)


def expect_different_ids(clause: str, first: Exchange, second: Exchange) -> None:
    """The two answers are conversations with different ids."""
    one, other = (expect_conversation(clause, exchange)["id"] for exchange in (first, second))
    if one == other:
        raise Violation(clause, first, second, expected="two ids", observed=f"{one!r} twice")


def expect_same_reply(clause: str, first: Exchange, again: Exchange) -> None:
    """The second answer is the first one's reply: id, text, source and createdAt."""
    reply, replayed = expect_message("MSG-1", first), expect_message(clause, again)
    different = [name for name in MESSAGE_FIELDS if reply[name] != replayed[name]]
    if different:
        raise Violation(
            clause,
            first,
            again,
            expected=_fields(reply, different),
            observed=_fields(replayed, different),
        )


def expect_listed(clause: str, listing: Exchange, element: Mapping[str, Any]) -> None:
    """The listed page has an element with the id of this one, and with the same of whatever else is given of it."""
    data = expect_page("PAG-1", listing)["data"]
    listed = next((found for found in data if found.get("id") == element["id"]), None)
    if listed is None:
        observed = f"{len(data)} elements, none with this id"
        raise Violation(clause, listing, expected=f"an element with id {element['id']!r}", observed=observed)
    different = [name for name in element if name not in listed or listed[name] != element[name]]
    if different:
        raise Violation(clause, listing, expected=_fields(element, different), observed=_fields(listed, different))


def expect_not_listed(clause: str, listing: Exchange, message: Mapping[str, Any]) -> None:
    """The listed page has no element with the id of this message."""
    if any(found.get("id") == message["id"] for found in expect_page("PAG-1", listing)["data"]):
        raise Violation(clause, listing, expected=f"no element with id {message['id']!r}", observed="there is one")


def expect_order(clause: str, listing: Exchange, ids: list[str]) -> None:
    """Of the listed page, the elements with these ids come in this order, all of them."""
    listed = [element.get("id") for element in expect_page("PAG-1", listing)["data"] if element.get("id") in ids]
    if listed != ids:
        raise Violation(clause, listing, expected=", ".join(ids), observed=", ".join(map(str, listed)) or "none")


def expect_unchanged(clause: str, before: Exchange, after: Exchange) -> None:
    """The two listings of one conversation's messages have the same messages in the same order."""
    was, now = (
        [{name: message.get(name) for name in MESSAGE_FIELDS} for message in expect_page("PAG-1", listing)["data"]]
        for listing in (before, after)
    )
    if was != now:
        raise Violation(clause, before, after, expected=f"still {_quote(was)}", observed=_quote(now))


def expect_event_stream(clause: str, stream: Stream) -> None:
    """The stream, read to its end, is a 200 with `text/event-stream`, well-formed and in UTF-8."""
    stream.wait_until_ended()
    exchange, expected = stream.exchange, "200 text/event-stream in UTF-8"
    expect_status(clause, exchange, 200)
    charset = exchange.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0]
    if exchange.media_type != "text/event-stream" or charset.strip("\"' ") not in ("", "utf-8", "utf8"):
        observed = f"content-type {exchange.headers.get('content-type', '(none)')}"
        raise Violation(clause, exchange, expected=expected, observed=observed)
    if stream.parser.invalid_utf8:
        raise Violation(clause, exchange, expected=expected, observed="bytes that are not UTF-8")
    if stream.tail:
        observed = f"an end without one: {_quote(stream.tail)}"
        raise Violation(clause, exchange, expected="a blank line after the last event", observed=observed)


def expect_readable_events(clause: str, stream: Stream) -> None:
    """Each event of the stream, read to its end, is a delta, the final message or an error."""
    for arrival in stream:
        if isinstance(arrival.reading, Unreadable):
            expected = "a delta, the final message or an error"
            raise Violation(clause, stream.exchange, expected=expected, observed=arrival.reading.reason)


def expect_final_event(clause: str, stream: Stream) -> Final | Failed:
    """The stream, read to its end, has exactly one final event, message or error, and it is the last."""
    readings = [arrival.reading for arrival in stream if not isinstance(arrival.reading, Ping)]
    finals = [reading for reading in readings if isinstance(reading, Final | Failed)]
    if len(finals) != 1 or readings[-1] is not finals[0]:
        observed = ", ".join(_runs(type(reading).__name__.lower() for reading in readings)) or "no event"
        raise Violation(
            clause, stream.exchange, expected="one final event, the last", observed=f"{observed}; {stream.ending}"
        )
    return finals[0]


def expect_final_message(clause: str, stream: Stream) -> dict[str, Any]:
    """The final event is the assistant's reply.

    Raises:
        Unverified: it is an error, since generation may fail.
    """
    final = expect_final_event(clause, stream)
    if isinstance(final, Failed):
        raise Unverified(f"the stream ended with the error {final.code!r}, which no clause forbids")
    if not _is_reply(final.message):
        expected = "a Message of the assistant, with an id, a non-empty text and createdAt"
        raise Violation(clause, stream.exchange, expected=expected, observed=_quote(final.message))
    return final.message


def expect_joined_deltas(clause: str, stream: Stream) -> None:
    """The deltas joined are the final text.

    Raises:
        Unverified: the stream came without any delta, or ended in an error.
    """
    text = expect_final_message("STR-3", stream)["text"]
    if not any(isinstance(arrival.reading, Delta) for arrival in stream):
        raise Unverified("the stream had no deltas, which no clause forbids")
    if stream.text != text:
        raise Violation(clause, stream.exchange, expected=_quote(text), observed=_quote(stream.text))


def expect_locked(clause: str, refused: Exchange, *, active: Stream) -> None:
    """409 with `conversationLocked` somewhere in the body, while the other stream is active."""
    if refused.status != 409 or "conversationLocked" not in refused.body:
        expected = "409, code conversationLocked"
        raise Violation(clause, active.exchange, refused, expected=expected, observed=_answer(refused))


def expect_closed(clause: str, stream: Stream, *, cancelled: Exchange) -> None:
    """The stream has closed shortly after the cancel's answer, however it ended."""
    left_s = cancelled.finished + CLOSES_WITHIN_S - time.monotonic()
    if not stream.wait_until_ended(max(left_s, 0)):
        expected = f"closed within {CLOSES_WITHIN_S:g} s of the cancel"
        raise Violation(clause, stream.exchange, cancelled, expected=expected, observed="still open")


def expect_kept(clause: str, listing: Exchange, stream: Stream) -> None:
    """The listed messages hold the user's message and a reply that begins with all the text that was received."""
    expect_listed(clause, listing, {name: stream.message[name] for name in ("id", "text")})
    replies = [
        message.get("text") for message in expect_page("PAG-1", listing)["data"] if message.get("source") == "assistant"
    ]
    if not any(isinstance(text, str) and text.startswith(stream.text) for text in replies):
        raise Violation(
            clause,
            stream.exchange,
            listing,
            expected=f"a reply that begins with {_quote(stream.text)}",
            observed=_quote(replies),
        )


def _object(clause: str, exchange: Exchange) -> dict[str, Any]:
    try:
        body = exchange.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Violation(clause, exchange, expected="a JSON object", observed=_answer(exchange))
    return body


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_reply(message: Mapping[str, Any]) -> bool:
    return (
        _is_id(message.get("id"))
        and isinstance(message.get("text"), str)
        and message["text"].strip() != ""
        and message.get("source") == "assistant"
        and isinstance(message.get("createdAt"), str)
    )


def _answer(exchange: Exchange) -> str:
    return " ".join(part for part in (str(exchange.status), exchange.media_type, _clip(exchange.body)) if part)


def _fields(values: Mapping[str, Any], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {_quote(values[name]) if name in values else 'missing'}" for name in names)


def _quote(value: object) -> str:
    return _clip(repr(value))


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}... ({len(line)} characters)"


def _runs(names: Iterable[str]) -> list[str]:
    """`[delta, delta, final]` as `[2 delta, 1 final]`, so that a long stream stays one line."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return [f"{count} {name}" for name, count in runs]
