"""The list of conversations: its order, and its elements."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from conformance.exchange import Exchange
from conformance.expect.answers import CONVERSATION_FIELDS, expect_conversation
from conformance.expect.pages import expect_page, listed_ids
from conformance.expect.telling import told_fields, told_ids
from conformance.verdict import Violation

SURELY_LATER_S = 5.0
"""What was asked for so long after something else was made is newer, whatever the clocks of a backend say."""

_AT_ONCE = timedelta(seconds=2)


def expect_newest_first(clause: str, listing: Exchange, made: Sequence[Mapping[str, Any]]) -> None:
    """Of conversations that were made in this order, a later one is listed before an earlier one, ties aside."""
    places = {id_: place for place, id_ in enumerate(listed_ids(listing))}
    listed = [conversation for conversation in made if conversation["id"] in places]
    for older, newer in itertools.combinations(listed, 2):
        if _is_before(older["createdAt"], newer["createdAt"]) and places[older["id"]] < places[newer["id"]]:
            raise Violation(
                clause,
                listing,
                expected=f"{newer['id']!r} of {newer['createdAt']} before {older['id']!r} of {older['createdAt']}",
                observed=f"at place {places[newer['id']] + 1}, after it at place {places[older['id']] + 1}",
            )


def expect_newest_first_by_our_clock(clause: str, listing: Exchange, answers: Sequence[Exchange]) -> None:
    """The same of conversations that all say they are of one instant, though they were made seconds apart.

    There the clock of the kit tells what is newer, from one call's answer to another call.
    """
    places = {id_: place for place, id_ in enumerate(listed_ids(listing))}
    made = [(answer, expect_conversation("CRE-1", answer)) for answer in answers]
    if len({conversation["createdAt"] for _, conversation in made}) != 1:
        return
    listed = [(answer, places[conversation["id"]]) for answer, conversation in made if conversation["id"] in places]
    for (older, above), (newer, below) in itertools.combinations(listed, 2):
        apart_s = newer.started - older.finished
        if apart_s >= SURELY_LATER_S and above < below:
            expected = f"the one that was asked for {apart_s:.1f} s after the other had been made before it"
            observed = f"at place {below + 1}, after it at place {above + 1}; both say one createdAt"
            raise Violation(clause, older, newer, listing, expected=expected, observed=observed)


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
        raise Violation(clause, first, second, expected=told_ids(was), observed=told_ids(now))


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
            clause,
            created,
            listing,
            expected=told_fields(conversation, different),
            observed=told_fields(listed, different),
        )


def _is_before(one: object, other: object, *, by: timedelta = timedelta()) -> bool:
    """Whether one timestamp is certainly before the other; never where they are written in ways that do not compare."""
    try:
        return datetime.fromisoformat(str(one)) + by < datetime.fromisoformat(str(other))
    except (ValueError, TypeError, OverflowError):
        return False
