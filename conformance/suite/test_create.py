"""CRE: making conversations."""

import time
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import pytest

from conformance.canary import Probe, expect_hidden
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    expect_conversation,
    expect_different_ids,
    expect_message,
    expect_refused,
    expect_status,
    listed_ids,
)
from conformance.run import Run
from conformance.suite.scenes.collections import PROPOSED_CUSTOMER, PROPOSED_ID, Other, Own
from conformance.suite.scenes.requests import WRONG_TYPES, HostileTurn, RefusedCreates
from conformance.verdict import Unverified, Violation

_TRIALS = 4
_CALLS = 4


@pytest.mark.clause("CRE-1", essential=True)
def test_each_call_makes_a_new_conversation(own: Own) -> None:
    """Each call makes a new conversation, also one that asks in the same words as the last, and answers with it."""
    expect_conversation("CRE-1", own.empty.answer)
    expect_different_ids("CRE-1", *own.answers)


@pytest.mark.clause("CRE-1")
def test_calls_at_once_make_a_conversation_each(own: Own, made_at_once: tuple[Exchange, ...]) -> None:
    """Also calls of the same moment."""
    expect_different_ids("CRE-1", *made_at_once, *own.answers)


@pytest.mark.clause("CRE-1")
def test_the_server_makes_the_id(own: Own) -> None:
    """The server chose the id: one in the body is ignored, as every unknown property."""
    expect_status("SCH-2", own.proposing.answer, 201, 200)
    conversation = expect_conversation("CRE-1", own.proposing.answer)
    if conversation["id"] == PROPOSED_ID:
        expected = "an id of the server's own making"
        raise Violation("CRE-1", own.proposing.answer, expected=expected, observed=f"the body's: {PROPOSED_ID!r}")


@pytest.mark.clause("CRE-2")
@pytest.mark.parametrize("body", ["without_body", "empty"])
def test_the_body_is_optional(own: Own, body: str) -> None:
    """None at all and `{}` both create."""
    expect_conversation("CRE-2", getattr(own, body).answer)


@pytest.mark.clause("CRE-3")
def test_an_accepted_model_name_comes_back_as_given(run: Run, own: Own) -> None:
    """An accepted `modelName` comes back as given."""
    answer, name = own.with_model.answer, run.settings.model_name
    said = expect_conversation("CRE-3", answer).get("modelName")
    if said != name:
        raise Violation("CRE-3", answer, expected=f"modelName {name!r}", observed=f"modelName {said!r}")


@pytest.mark.clause("CRE-3")
def test_without_a_model_name_the_answer_has_null_or_a_default(own: Own) -> None:
    """Without one the answer has null or the service's default."""
    for made in own.without_body, own.empty, own.steered:
        said = expect_conversation("CRE-1", made.answer).get("modelName")
        if not (said is None or (isinstance(said, str) and said)):
            expected = "null or the name of a model"
            raise Violation("CRE-3", made.answer, expected=expected, observed=f"modelName {said!r}")


@pytest.mark.clause("CRE-3")
def test_a_model_name_is_not_the_next_conversations_default(run: Run, api: Client, own: Own) -> None:
    """The default is the service's: it does not become the name that another conversation was made with."""
    name = run.settings.model_name
    before, named = own.empty.answer, api.create_conversation({"modelName": name})
    after = api.create_conversation({})
    was, _, now = (expect_conversation("CRE-3", answer).get("modelName") for answer in (before, named, after))
    if was != now == name:
        expected = f"modelName {was!r}, as before one was made with {name!r}"
        raise Violation("CRE-3", before, named, after, expected=expected, observed=f"modelName {now!r}")


@pytest.mark.clause("CRE-4")
def test_an_unknown_model_name_is_refused(refused_creates: RefusedCreates) -> None:
    """A `modelName` outside the accepted set is a 4xx."""
    for answer in refused_creates.unknown_models:
        expect_refused("CRE-4", answer, why="there is no such model")


@pytest.mark.clause("CRE-4")
def test_an_unknown_model_name_creates_nothing(api: Client, refused_creates: RefusedCreates) -> None:
    """And creates nothing."""
    for answer in refused_creates.unknown_models:
        expect_refused("CRE-4", answer, why="there is no such model")
    expect_nothing_created("CRE-4", api, refused_creates, refused_creates.unknown_models)


@pytest.mark.clause("CRE-4")
def test_an_empty_model_name_is_not_taken_for_none(api: Client) -> None:
    """Nor is an empty one none at all: it is refused like others, or comes back as others that are accepted."""
    answer = api.create_conversation({"modelName": ""})
    accepted = answer.status in (200, 201) and expect_conversation("CRE-1", answer).get("modelName") == ""
    if not accepted:
        expect_refused("CRE-4", answer, why="there is no model with an empty name")


@pytest.mark.clause("CRE-5")
def test_the_author_is_one_and_the_same(own: Own) -> None:
    """`legacyCustomerId` is one and the same for all that a caller creates, or null."""
    expect_conversation("CRE-2", own.empty.answer)
    said = [(author, made.answer) for made in own.made if (author := _author(made.answer)) is not None]
    for author, answer in said[1:]:
        if author != said[0][0]:
            expected = f"legacyCustomerId {said[0][0]!r}, as in an earlier conversation of this caller"
            observed = f"legacyCustomerId {author!r}"
            raise Violation("CRE-5", said[0][1], answer, expected=expected, observed=observed)


@pytest.mark.clause("CRE-5")
def test_the_author_is_taken_from_the_token(own: Own) -> None:
    """The author is taken from the token, whatever the body says."""
    expect_status("SCH-2", own.proposing.answer, 201, 200)
    said = _author(own.proposing.answer)
    if said == PROPOSED_CUSTOMER:
        expected = "the author that the token names, or null"
        raise Violation("CRE-5", own.proposing.answer, expected=expected, observed=f"the body's: {said}")


@pytest.mark.clause("CRE-5")
def test_another_caller_is_another_author(own: Own, colleague: Other) -> None:
    """The author is taken from the token: what two callers create has two authors."""
    mine, theirs = own.empty.answer, colleague.made[0]
    if _author(mine) is not None and _author(mine) == _author(theirs):
        observed = f"legacyCustomerId {_author(mine)!r} in both"
        raise Violation("CRE-5", mine, theirs, expected="an author each", observed=observed)


@pytest.mark.clause("CRE-6")
@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_refused(refused_creates: RefusedCreates, name: str) -> None:
    """A field of the wrong type is a 4xx."""
    for answer in refused_creates.of_field(name):
        expect_refused("CRE-6", answer, why=f"{name} has the wrong type in {answer.request_body}")


@pytest.mark.clause("CRE-6")
def test_a_body_that_is_no_object_is_refused(refused_creates: RefusedCreates) -> None:
    """So is a body of the wrong type."""
    for answer in refused_creates.no_objects:
        expect_refused("CRE-6", answer, why=f"{answer.request_body} is no object")


@pytest.mark.clause("CRE-6")
def test_a_field_of_the_wrong_type_creates_nothing(api: Client, refused_creates: RefusedCreates) -> None:
    """And creates nothing."""
    for name in WRONG_TYPES:
        answers = refused_creates.of_field(name)
        for answer in answers:
            expect_refused("CRE-6", answer, why=f"{name} has the wrong type in {answer.request_body}")
        expect_nothing_created("CRE-6", api, refused_creates, answers)


@pytest.mark.clause("MOD-1")
def test_a_conversation_is_not_steered_by_what_another_was_made_with(hostile_turn: HostileTurn) -> None:
    """What one conversation is made with does not steer the next one, which is made without a body.

    As far as replies show it: that of a model which does as it is told shows the word of its personality.
    """
    turn = hostile_turn
    if turn.made.status not in (200, 201) or turn.answer.status != 200:
        raise Unverified(f"there is no reply in a conversation that was made without a body: {turn.answer}")
    conversation, reply = expect_conversation("CRE-2", turn.made), expect_message("MSG-1", turn.answer)
    probe = Probe(conversation["id"], turn.message, reply, (turn.steered, turn.made, turn.answer))
    expect_hidden("MOD-1", probe, [turn.word])


def expect_nothing_created(clause: str, api: Client, all_refused: RefusedCreates, refused: Sequence[Exchange]) -> None:
    """These refused creates have created nothing.

    Where nothing was new on the first page after all of them, that is certain. Otherwise each is sent again several
    times: the backend creates only if there is something new each time, for each call, and nothing in between.
    """
    if not _new(all_refused.before, all_refused.after):
        return
    for first in refused:
        trials = list(takewhile(bool, (_trial(api, (first.request_body or "").encode()) for _ in range(_TRIALS))))
        if len(trials) == _TRIALS and (last := trials[-1]):
            observed = f"{_CALLS} new conversations after {_CALLS} such calls, in each of {_TRIALS} trials"
            raise Violation(clause, first, *last, expected="no new conversation in the list", observed=observed)


def _trial(api: Client, body: bytes) -> tuple[Exchange, Exchange] | None:
    """The list before and after some creates, where each seems to have made one and nobody else did."""
    started = time.monotonic()
    before = api.list_conversations(size=100)
    for _ in range(_CALLS):
        api.create_conversation(body)
    after = api.list_conversations(size=100)
    took_s = time.monotonic() - started
    if len(_new(before, after)) < _CALLS:
        return None
    time.sleep(took_s)
    return None if len(_new(after, api.list_conversations(size=100))) > 1 else (before, after)


def _new(before: Exchange, after: Exchange) -> set[str]:
    """The ids that are on the second page of a list alone."""
    return set(listed_ids(after)) - set(listed_ids(before))


def _author(answer: Exchange) -> Any:
    return expect_conversation("CRE-1", answer).get("legacyCustomerId")
