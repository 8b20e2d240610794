"""The list of messages: what is in it, once and in its order, and as it was sent."""

from collections.abc import Mapping
from typing import Any

from conformance.exchange import Exchange
from conformance.expect.answers import MESSAGE_FIELDS
from conformance.expect.pages import expect_page
from conformance.expect.telling import quoted, told_difference, told_fields
from conformance.verdict import Violation


def expect_listed(clause: str, listing: Exchange, element: Mapping[str, Any]) -> None:
    """The listed page has an element with the id of this one, and with the same of whatever else is given of it."""
    data = expect_page("PAG-1", listing)["data"]
    listed = next((found for found in data if found.get("id") == element["id"]), None)
    if listed is None:
        observed = f"{len(data)} elements, none with this id"
        raise Violation(clause, listing, expected=f"an element with id {element['id']!r}", observed=observed)
    different = [name for name in element if name not in listed or listed[name] != element[name]]
    if different:
        raise Violation(
            clause, listing, expected=told_fields(element, different), observed=told_fields(listed, different)
        )


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
        observed = told_difference(message, same_id[0])
    else:
        observed = f"{len(data)} elements, none with this id"
    raise Violation(
        clause, listing, expected=f"one element with {told_fields(message, list(message))}", observed=observed
    )


def expect_turn_listed(clause: str, listing: Exchange, message: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    """The user's message and the reply to it are listed with their ids and texts, once each."""
    for wanted in message, reply:
        expect_listed_once(clause, listing, {"id": wanted["id"], "text": wanted["text"]})


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
