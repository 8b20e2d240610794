"""The whole vocabulary of assertions.

Each verifier is given the clause that is broken when what it expects is not so, raises `Violation` for it, and
returns what the next step of a test needs.
"""

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from conformance.events import Failed, Final, Ping, Unreadable
from conformance.exchange import Exchange
from conformance.schema_answers import Finding
from conformance.stream import Recording
from conformance.verdict import Unverified, Violation

T = TypeVar("T")
A = TypeVar("A", Exchange, Recording)

CONVERSATION_FIELDS = ("id", "createdAt", "modelName", "legacyCustomerId")
MESSAGE_FIELDS = ("id", "text", "source", "createdAt")

LOCK_LINGERS_S = 1.0
"""How long a lock may outlive its stream: within a second is soon enough."""

_POLL_EVERY_S = 0.05
_LONGEST_QUOTE = 300
_MOST_IDS = 10
_AT_ONCE = timedelta(seconds=2)
_UNAVAILABLE = (502, 503, 504)


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


def once_unlocked(call: Callable[[], A]) -> A:
    """The answer to a call that comes after a stream, whose lock may linger for a moment: a 409 is asked again."""
    deadline = time.monotonic() + LOCK_LINGERS_S
    while True:
        started = time.monotonic()
        answer = call()
        if answer.status != 409 or started >= deadline:
            return answer
        time.sleep(_POLL_EVERY_S)


def expect_status(clause: str, exchange: Exchange, *accepted: int) -> None:
    """The answer has one of the accepted statuses.

    Raises:
        Unverified: the backend was unavailable, also when it was asked again; that says nothing of the clause.
    """
    if exchange.status in _UNAVAILABLE and exchange.status not in accepted:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status not in accepted:
        wanted = " or ".join(str(status) for status in accepted)
        raise Violation(clause, exchange, expected=wanted, observed=answered(exchange))


def expect_refused(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is a 4xx. `why` says what is wrong with the request."""
    if exchange.status in _UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or not 400 <= exchange.status < 500:
        raise Violation(clause, exchange, expected=f"a 4xx, because {why}", observed=answered(exchange))


def expect_conversation(clause: str, exchange: Exchange) -> dict[str, Any]:
    """201 (200 is tolerated) with a Conversation: at least its id, a non-empty string, and its `createdAt`."""
    expect_status(clause, exchange, 201, 200)
    conversation = _object(clause, exchange)
    if not (_is_id(conversation.get("id")) and isinstance(conversation.get("createdAt"), str)):
        expected = "a Conversation, with a non-empty string as id and a timestamp as createdAt"
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
    return conversation


def expect_message(clause: str, exchange: Exchange) -> dict[str, Any]:
    """200 with the assistant's reply: a Message with a non-empty id and text, from the assistant."""
    expect_status(clause, exchange, 200)
    message = _object(clause, exchange)
    if not _is_reply(message):
        expected = "a Message of the assistant, with an id, a non-empty text and createdAt"
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
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
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
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
        raise Violation(clause, before, after, expected=f"still {quoted(was)}", observed=quoted(now))


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
    if len(finals) <= 1 and not finals and not stream.ran_to_its_end:
        raise Unverified(f"the stream did not run to its end: {stream.ending}")
    if len(finals) != 1 or readings[-1] is not finals[0]:
        observed = ", ".join(_runs(type(reading).__name__.lower() for reading in readings)) or "no event"
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
    if not _is_reply(final.message):
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


def expect_locked(clause: str, refused: Exchange, *, active: Recording) -> None:
    """409 with `conversationLocked` somewhere in the body, while the other stream is active."""
    if refused.status in _UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {refused}")
    if refused.status != 409 or "conversationLocked" not in refused.body:
        expected = "409, code conversationLocked"
        raise Violation(clause, active.exchange, refused, expected=expected, observed=answered(refused))


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


# Pages


def asked(exchange: Exchange) -> tuple[int, int]:
    """The page and the size that a list was asked for, the defaults where it was not told."""
    query = parse_qs(urlsplit(exchange.url).query)
    return int(query.get("page", ["1"])[0]), int(query.get("size", ["20"])[0])


def expect_asked(clause: str, listing: Exchange) -> None:
    """`currentPage` and `size` are those that were asked for."""
    page, size = asked(listing)
    expect_page_numbers(clause, listing, page=page, size=size)


def expect_total_pages(clause: str, listing: Exchange) -> None:
    """`totalPages` is what `totalElements` makes at the size that was asked for."""
    said, size = expect_page("PAG-1", listing)["page"], asked(listing)[1]
    total, pages = said["totalElements"], -(-said["totalElements"] // size)
    if said["totalPages"] not in ({0, 1} if total == 0 else {pages}):
        expected = f"totalPages {pages}: {total} elements, {size} on a page"
        raise Violation(clause, listing, expected=expected, observed=f"totalPages {said['totalPages']}")


def expect_filled(clause: str, listing: Exchange) -> None:
    """`data` has as many elements as are left for this page, and no more than fit on it."""
    envelope, (page, size) = expect_page("PAG-1", listing), asked(listing)
    total, count = envelope["page"]["totalElements"], len(envelope["data"])
    wanted = min(size, max(total - (page - 1) * size, 0))
    if count != wanted:
        expected = f"{wanted} elements on page {page} of size {size}, of {total} in all"
        raise Violation(clause, listing, expected=expected, observed=f"{count} elements")


def expect_limited(clause: str, listing: Exchange) -> None:
    """A size above 100 is refused; or it is 100, which the envelope then says, too."""
    expected = "a 4xx, or at most 100 elements with size 100 in the envelope"
    if listing.status != 200:
        expect_refused(clause, listing, why="no page holds more than 100 elements")
        return
    envelope = expect_page("PAG-1", listing)
    size, count = envelope["page"]["size"], len(envelope["data"])
    if size != 100 or count > 100:
        raise Violation(clause, listing, expected=expected, observed=f"size {size}, {count} elements")


def expect_one_total(clause: str, *listings: Exchange) -> None:
    """`totalElements` is the same in all of them."""
    totals = [expect_page("PAG-1", listing)["page"]["totalElements"] for listing in listings]
    different = next((listing for listing, total in zip(listings, totals, strict=True) if total != totals[0]), None)
    if different is not None:
        observed = ", ".join(
            f"{total} (page {asked(listing)[0]} of size {asked(listing)[1]})"
            for listing, total in zip(listings, totals, strict=True)
        )
        expected = "one totalElements, whatever the page and the size"
        raise Violation(clause, listings[0], different, expected=expected, observed=observed)


def expect_same_elements(clause: str, first: Exchange, second: Exchange) -> None:
    """The two pages have the same elements in the same order."""
    one, other = listed_ids(first), listed_ids(second)
    if one != other:
        expected = f"the same {len(one)} elements: {_some(one)}"
        raise Violation(clause, first, second, expected=expected, observed=f"{len(other)} elements: {_some(other)}")


def expect_one_order(clause: str, *listings: Exchange) -> None:
    """The pages are cut from one list: each place has one element, each element one place, whatever the size.

    Places are counted from the beginning; or, where others have put something there meanwhile, from the end.
    """
    found = _misplaced(listings, from_end=False)
    if found and _misplaced(listings, from_end=True):
        first, second, observed = found
        expected = "each element at one place of the list, whatever page and size it was read with"
        raise Violation(clause, first, second, expected=expected, observed=observed)


def expect_all_listed(clause: str, ids: Iterable[str], *listings: Exchange) -> None:
    """Each of the ids is on one of the pages."""
    listed = {id_ for listing in listings for id_ in listed_ids(listing)}
    missing = [id_ for id_ in ids if id_ not in listed]
    if missing:
        expected = f"an element with id {missing[0]!r} on one of the pages"
        raise Violation(clause, *listings, expected=expected, observed=f"{len(listed)} elements, none with this id")


def listed_ids(listing: Exchange) -> list[str]:
    """The ids of the elements of a page, in its order."""
    found = (element.get("id") for element in expect_page("PAG-1", listing)["data"])
    return [id_ if isinstance(id_, str) else repr(id_) for id_ in found]


def _misplaced(listings: Iterable[Exchange], *, from_end: bool) -> tuple[Exchange, Exchange, str] | None:
    """Two pages that cannot be of one list, and what of them cannot."""
    elements: dict[int, tuple[str, Exchange]] = {}
    places: dict[str, tuple[int, Exchange]] = {}
    for listing in listings:
        page, size = asked(listing)
        start = (page - 1) * size
        if from_end:
            start -= expect_page("PAG-1", listing)["page"]["totalElements"]
        for place, id_ in enumerate(listed_ids(listing), start):
            other, there = elements.setdefault(place, (id_, listing))
            if other != id_:
                return there, listing, f"at place {place + 1} first {other!r}, then {id_!r}"
            earlier, seen = places.setdefault(id_, (place, listing))
            if earlier != place:
                return seen, listing, f"{id_!r} at places {earlier + 1} and {place + 1}"
    return None


# Conversations


def expect_newest_first(clause: str, listing: Exchange, made: Sequence[Mapping[str, Any]]) -> None:
    """Of conversations that were made in this order, a later one is listed before an earlier one, ties aside."""
    places = {id_: place for place, id_ in enumerate(listed_ids(listing))}
    listed = [conversation for conversation in made if conversation["id"] in places]
    for index, newer in enumerate(listed):
        for older in listed[:index]:
            if _is_before(older["createdAt"], newer["createdAt"]) and places[older["id"]] < places[newer["id"]]:
                raise Violation(
                    clause,
                    listing,
                    expected=f"{newer['id']!r} of {newer['createdAt']} before {older['id']!r} of {older['createdAt']}",
                    observed=f"at place {places[newer['id']] + 1}, after it at place {places[older['id']] + 1}",
                )


def expect_descending(clause: str, listing: Exchange) -> None:
    """No element of the page is newer than one that comes before it, as their `createdAt` says."""
    data = expect_page("PAG-1", listing)["data"]
    for above, below in itertools.pairwise(data):
        # Of two that are made at once, the one that gets its time first may well be stored last.
        if _is_before(above.get("createdAt"), below.get("createdAt"), by=_AT_ONCE):
            expected = "createdAt from the newest to the oldest"
            observed = f"{above.get('createdAt')}, then {below.get('createdAt')}"
            raise Violation(clause, listing, expected=expected, observed=observed)


def expect_same_order(clause: str, first: Exchange, second: Exchange) -> None:
    """What is on both pages is in the same order on both."""
    one, other = listed_ids(first), listed_ids(second)
    was, now = ([id_ for id_ in ids if id_ in one and id_ in other] for ids in (one, other))
    if was != now:
        raise Violation(clause, first, second, expected=_some(was), observed=_some(now))


def expect_as_created(clause: str, listing: Exchange, created: Exchange) -> None:
    """The listed element is what create answered; null and not there are the same."""
    conversation = expect_conversation("CRE-1", created)
    data = expect_page("PAG-1", listing)["data"]
    listed = next((element for element in data if element.get("id") == conversation["id"]), None)
    if listed is None:
        expected = f"the conversation {conversation['id']!r} on the first page"
        raise Violation(clause, created, listing, expected=expected, observed=f"{len(data)} others")
    different = [name for name in CONVERSATION_FIELDS if listed.get(name) != conversation.get(name)]
    if different:
        raise Violation(
            clause, created, listing, expected=_fields(conversation, different), observed=_fields(listed, different)
        )


def _is_before(one: object, other: object, *, by: timedelta = timedelta()) -> bool:
    """Whether one timestamp is certainly before the other; never where they are written in ways that do not compare."""
    try:
        return datetime.fromisoformat(str(one)) + by < datetime.fromisoformat(str(other))
    except (ValueError, TypeError, OverflowError):
        return False


# Answers of any kind


def expect_not_accepted(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is no 2xx."""
    if exchange.status in _UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is not None and 200 <= exchange.status < 300:
        raise Violation(clause, exchange, expected=f"no 2xx, because {why}", observed=answered(exchange))


def expect_no_server_error(clause: str, exchange: Exchange, *, alive: Callable[[], Exchange]) -> None:
    """The answer is no 5xx, and there is one. `alive` makes a plain call, to tell this from a backend that is down."""
    silent = exchange.status is None or exchange.status in _UNAVAILABLE
    if exchange.status is None and "Timeout" in exchange.note:
        raise Unverified(f"a time-out proves nothing: {exchange}")
    if silent and alive().status != 200:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or exchange.status >= 500:
        # It was asked again, which counts for and not against the evidence.
        shown = dataclasses.replace(exchange, repeated=False)
        raise Violation(clause, shown, expected="an answer that is no 5xx", observed=answered(exchange))


def expect_as_documented(exchange: Exchange, findings: Sequence[Finding]) -> None:
    """Nothing was found that the contract does not allow in this answer."""
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        first = findings[0]
        raise Violation(first.clause, exchange, expected=first.expected, observed=f"{first.observed}{more}")


def expect_same_text(clause: str, listing: Exchange, message: Mapping[str, Any]) -> None:
    """The listed message has the text that was sent, character by character."""
    listed = [found for found in expect_page("PAG-1", listing)["data"] if found.get("id") == message["id"]]
    if not listed:
        raise Violation(clause, listing, expected=f"a message with id {message['id']!r}", observed="none with this id")
    sent, text = message["text"], listed[0].get("text")
    if text != sent:
        came = text if isinstance(text, str) else repr(text)
        place = next((at for at in range(len(sent)) if came[at : at + 1] != sent[at]), len(sent))
        around = slice(max(place - 20, 0), place + 40)
        raise Violation(
            clause,
            listing,
            expected=f"{len(sent)} characters, at {place} {sent[around]!a}",
            observed=f"{len(came)} characters, at {place} {came[around]!a}",
        )


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(ids[:_MOST_IDS]) + more


def expect_accepted(clause: str, exchange: Exchange) -> None:
    """The answer is a 2xx."""
    if exchange.status in _UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or not 200 <= exchange.status < 300:
        raise Violation(clause, exchange, expected="a 2xx", observed=answered(exchange))


def expect_plain_refusal(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is a 4xx, and no event stream."""
    expect_refused(clause, exchange, why=why)
    if exchange.media_type == "text/event-stream":
        raise Violation(clause, exchange, expected="a plain 4xx, no event stream", observed=answered(exchange))


def expect_listed_once(clause: str, listing: Exchange, message: Mapping[str, Any]) -> None:
    """The listed page has one element, no more, with the id of this message and whatever else is given of it."""
    data = expect_page("PAG-1", listing)["data"]
    same_id = [found for found in data if found.get("id") == message["id"]]
    fitting = [found for found in same_id if all(name in found and found[name] == message[name] for name in message)]
    if len(fitting) == 1:
        return
    if fitting:
        observed = f"{len(fitting)} such elements"
    elif same_id:
        observed = _difference(message, same_id[0])
    else:
        observed = f"{len(data)} elements, none with this id"
    raise Violation(clause, listing, expected=f"one element with {_fields(message, list(message))}", observed=observed)


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
                expected = _fields(reply, ("id", "text"))
                raise Violation(clause, stream.exchange, expected=expected, observed=_difference(reply, message))
        case found:
            observed = "an error event" if found else "no final event"
            raise Violation(clause, stream.exchange, expected="the reply as the final event", observed=observed)


def _difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What is otherwise; of a long text the place where it begins to be."""
    names = [name for name in ("id", "text", "source") if name in wanted and wanted[name] != found.get(name)]
    told = _fields(found, names)
    one, other = wanted.get("text"), found.get("text")
    if "text" in names and isinstance(one, str) and isinstance(other, str):
        at = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
        told += f": otherwise from character {at} on, {quoted(one[at : at + 20])} became {quoted(other[at : at + 20])}"
    return told


def _object(clause: str, exchange: Exchange) -> dict[str, Any]:
    try:
        body = exchange.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Violation(clause, exchange, expected="a JSON object", observed=answered(exchange))
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


def answered(exchange: Exchange) -> str:
    """The answer in one line: status, media type, body."""
    if exchange.status is None:
        return exchange.note
    return " ".join(part for part in (str(exchange.status), exchange.media_type, _clip(exchange.body)) if part)


def _fields(values: Mapping[str, Any], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {quoted(values[name]) if name in values else 'missing'}" for name in names)


def quoted(value: object) -> str:
    """The value in one line, clipped."""
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
