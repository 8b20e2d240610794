"""LST: listing conversations."""

from collections.abc import Iterable

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    expect_all_listed,
    expect_as_created,
    expect_conversation,
    expect_descending,
    expect_newest_first,
    expect_newest_first_by_our_clock,
    expect_page,
    expect_same_order,
    expect_status,
    listed_ids,
)
from conformance.suite.scenes.collections import LIST_LAGS_S, Other, Own
from conformance.suite.scenes.turns import Turn
from conformance.verdict import Unverified, Violation

_MOST_PAGES = 20


@pytest.mark.clause("LST-1", essential=True)
def test_the_newest_comes_first(own: Own) -> None:
    """Of what was made one after the other, the last comes first."""
    expect_conversation("CRE-2", own.empty.answer)
    expect_newest_first("LST-1", own.listing, own.conversations)
    expect_newest_first_by_our_clock("LST-1", own.listing, own.answers)


@pytest.mark.clause("LST-1")
def test_the_newest_comes_first_however_times_are_written(
    api: Client, own: Own, made_in_a_hurry: tuple[Exchange, ...]
) -> None:
    """Also where the text of the older one's `createdAt` is the greater one."""
    made = [expect_conversation("CRE-1", answer) for answer in made_in_a_hurry]
    expect_newest_first("LST-1", api.list_conversations(size=100), [*own.conversations, *made])


@pytest.mark.clause("LST-1")
def test_a_page_goes_from_new_to_old(own: Own) -> None:
    """Down the page, `createdAt` goes back."""
    expect_status("PAG-1", own.listing, 200)
    expect_descending("LST-1", own.listing)


@pytest.mark.clause("LST-1")
def test_the_order_is_the_same_each_time(api: Client, own: Own) -> None:
    """Conversations of one instant keep one order."""
    for again in own.again, own.made[-1].listing, api.list_conversations(size=100):
        expect_same_order("LST-1", own.listing, again)


@pytest.mark.clause("LST-1")
def test_what_is_said_moves_nothing(api: Client, own: Own, plain_turn: Turn) -> None:
    """A conversation in which something was said stays where it was: it is no newer for it."""
    expect_status("MSG-1", plain_turn.answer, 200)
    mine = own.conversations[-1]
    for page in range(1, _MOST_PAGES + 1):
        listing = api.list_conversations(page=page, size=100)
        elements = {element.get("id"): element for element in expect_page("PAG-1", listing)["data"]}
        if plain_turn.conversation_id in elements:
            # The first conversation of the run: all others are newer.
            expect_newest_first("LST-1", listing, [elements[plain_turn.conversation_id], mine])
            return
        if len(elements) < 100:
            break
    raise Unverified("the conversation in which something was said is not on the first pages")


@pytest.mark.clause("LST-2")
def test_a_colleagues_conversations_are_not_mine(colleague: Other) -> None:
    """Only what the caller authored is listed: not what a colleague made."""
    expect_all_listed("LST-3", colleague.ids, colleague.theirs)
    expect_none_listed("LST-2", colleague.made, colleague.ours)


@pytest.mark.clause("LST-2")
def test_mine_are_not_a_colleagues(own: Own, colleague: Other) -> None:
    """Nor has a colleague's list what I made."""
    expect_all_listed("LST-3", colleague.ids, colleague.theirs)
    expect_none_listed("LST-2", own.answers, colleague.theirs)


@pytest.mark.clause("LST-2")
def test_a_colleagues_conversations_do_not_count(colleague: Other) -> None:
    """Nor is it counted in `totalElements`."""
    expect_uncounted("LST-2", colleague)


@pytest.mark.clause("LST-2")
def test_another_workspaces_conversations_are_not_listed(foreigner: Other) -> None:
    """Only what was made in this workspace is listed."""
    expect_all_listed("LST-3", foreigner.ids, foreigner.theirs)
    expect_none_listed("LST-2", foreigner.made, foreigner.ours)


@pytest.mark.clause("LST-2")
def test_mine_are_not_listed_in_another_workspace(own: Own, foreigner: Other) -> None:
    """Nor has another workspace's list what I made here."""
    expect_all_listed("LST-3", foreigner.ids, foreigner.theirs)
    expect_none_listed("LST-2", own.answers, foreigner.theirs)


@pytest.mark.clause("LST-2")
def test_another_workspaces_conversations_do_not_count(foreigner: Other) -> None:
    """Nor are they counted in `totalElements`."""
    expect_uncounted("LST-2", foreigner)


@pytest.mark.clause("LST-3", essential=True)
def test_a_new_conversation_is_on_the_first_page_at_once(own: Own) -> None:
    """A new conversation is on the first page at once."""
    expect_conversation("CRE-2", own.empty.answer)
    for made in own.made:
        if made.id not in listed_ids(made.listing):
            expected = f"{made.id!r} on the first page within {LIST_LAGS_S:g} s"
            observed = f"{len(listed_ids(made.listing))} others"
            raise Violation("LST-3", made.answer, made.listing, expected=expected, observed=observed)


@pytest.mark.clause("LST-3")
def test_an_element_is_what_create_answered(own: Own) -> None:
    """An element equals what its creation answered."""
    expect_conversation("CRE-2", own.empty.answer)
    for made in own.made:
        expect_as_created("LST-3", made.listing, made.answer)


@pytest.mark.clause("LST-3")
def test_an_element_stays_what_create_answered(own: Own) -> None:
    """Also when it is read again, after others were made."""
    expect_conversation("CRE-2", own.empty.answer)
    for made in own.made:
        expect_as_created("LST-3", own.again, made.answer)


def expect_none_listed(clause: str, created: Iterable[Exchange], listing: Exchange) -> None:
    """None of what was created is on the page: an id may be there for another conversation, of another time."""
    listed = {(element.get("id"), element.get("createdAt")) for element in expect_page("PAG-1", listing)["data"]}
    for answer in created:
        conversation = expect_conversation("CRE-1", answer)
        if (conversation["id"], conversation["createdAt"]) in listed:
            expected = "no conversation of another caller"
            raise Violation(clause, answer, listing, expected=expected, observed=f"there is {conversation['id']!r}")


def expect_uncounted(clause: str, other: Other) -> None:
    """The total did not rise with each conversation that another caller made.

    It may rise, since others work with the caller's own token: proof is what happens each time the other makes a
    conversation and never in between.
    """
    counted = all(interval.growth == 1 for interval in other.creating)
    if counted and all(interval.growth == 0 for interval in other.idle):
        first = other.creating[0]
        observed = f"one more each time another caller made a conversation, {len(other.creating)} times"
        raise Violation(
            clause, first.before, other.made[0], first.after, expected="the caller's own total", observed=observed
        )
