"""AUT: who may call. The scene `intruders` has recorded what was tried on a conversation with an active stream."""

from collections.abc import Callable

import pytest

from conformance.canary import Probe, expect_hidden
from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.expect import (
    answered,
    expect_final_event,
    expect_final_message,
    expect_not_accepted,
    expect_page,
    expect_status,
    listed_ids,
)
from conformance.run import SHORT_PROMPT
from conformance.suite.scenes.collections import Own
from conformance.suite.scenes.intruders import OF_A_CONVERSATION, OPERATIONS, Intrusion, Kind
from conformance.suite.scenes.streams import StreamedTurn
from conformance.verdict import Unverified, Violation


@pytest.mark.clause("AUT-1", essential=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_token_there_is_401(intruders: Intrusion, operation: str) -> None:
    """Without a token, or with something that is none, every operation answers 401 before it judges anything else."""
    for attempt in intruders.of("nobody", operation):
        expect_status("AUT-1", attempt.exchange, 401)


@pytest.mark.clause("AUT-1")
def test_nobody_stores_a_message(intruders: Intrusion) -> None:
    """And nothing changes: no message is stored."""
    expect_nothing_stored("AUT-1", intruders, "nobody")


@pytest.mark.clause("AUT-1")
def test_nobody_ends_a_stream(intruders: Intrusion, streamed_turn: StreamedTurn) -> None:
    """And nothing changes: the active stream runs on to its end."""
    expect_final_event("STR-3", streamed_turn.stream)
    expect_unharmed("AUT-1", intruders, "nobody")


@pytest.mark.clause("AUT-1")
def test_nobody_steers_a_conversation(intruders: Intrusion) -> None:
    """And nothing changes: a patch does not show in the reply that comes next."""
    expect_not_steered("AUT-1", intruders, "nobody")


@pytest.mark.clause("AUT-1")
def test_nobody_locks_a_conversation(intruders: Intrusion) -> None:
    """And nothing changes: a stream that was refused leaves no lock."""
    expect_not_locked("AUT-1", intruders, "nobody")


@pytest.mark.clause("AUT-2", essential=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_foreign_token_is_refused(foreign: Client, intruders: Intrusion, operation: str) -> None:
    """A token for another workspace than the path's is refused on every operation (403; 401 and 404 are tolerated)."""
    expect_known(foreign, intruders)
    for attempt in intruders.of("foreigner", operation):
        expect_status("AUT-2", attempt.exchange, 403, 401, 404)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_foreign_path_is_refused(intruders: Intrusion, operation: str) -> None:
    """So is mine on the path of another workspace."""
    for attempt in intruders.of("stray", operation):
        expect_status("AUT-2", attempt.exchange, 403, 401, 404)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("kind", ["foreigner", "stray"])
def test_between_workspaces_no_message_is_stored(intruders: Intrusion, kind: Kind) -> None:
    """And nothing changes: no message is stored."""
    expect_nothing_stored("AUT-2", intruders, kind)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("kind", ["foreigner", "stray"])
def test_between_workspaces_no_stream_is_ended(intruders: Intrusion, streamed_turn: StreamedTurn, kind: Kind) -> None:
    """And nothing changes: the active stream runs on to its end."""
    expect_final_event("STR-3", streamed_turn.stream)
    expect_unharmed("AUT-2", intruders, kind)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("kind", ["foreigner", "stray"])
def test_between_workspaces_no_conversation_is_steered(intruders: Intrusion, kind: Kind) -> None:
    """And nothing changes: a patch does not show in the reply that comes next."""
    expect_not_steered("AUT-2", intruders, kind)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("kind", ["foreigner", "stray"])
def test_between_workspaces_no_conversation_is_locked(intruders: Intrusion, kind: Kind) -> None:
    """And nothing changes: a stream that was refused leaves no lock."""
    expect_not_locked("AUT-2", intruders, kind)


@pytest.mark.clause("AUT-2")
def test_a_workspace_with_an_id_like_mine_is_not_mine(api: Client) -> None:
    """A workspace whose id begins or ends like mine is another."""
    for stray in strays_nearby(api):
        expect_not_accepted("AUT-2", stray.list_conversations(), why="the token is for another workspace")


@pytest.mark.clause("AUT-3", essential=True)
@pytest.mark.parametrize("operation", OF_A_CONVERSATION)
def test_no_foreign_path_leads_to_a_conversation(intruders: Intrusion, operation: str) -> None:
    """No path of another workspace leads to a conversation, for those whose workspace that is."""
    expect_not_theirs_by_the_same_id(intruders)
    for attempt in intruders.of("foreigner at home", operation):
        expect_not_accepted("AUT-3", attempt.exchange, why="the conversation is of another workspace")


@pytest.mark.clause("AUT-3")
def test_no_path_like_mine_leads_to_a_conversation(api: Client, own: Own) -> None:
    """Nor does that of a workspace whose id begins or ends like mine."""
    for stray in strays_nearby(api):
        answer = stray.list_messages(own.empty.id)
        expect_not_accepted("AUT-3", answer, why="the conversation is of another workspace")


@pytest.mark.clause("AUT-3")
def test_no_foreign_path_stores_a_message(intruders: Intrusion) -> None:
    """No message comes into a conversation by such a path."""
    expect_nothing_stored("AUT-3", intruders, "foreigner at home")


@pytest.mark.clause("AUT-3")
def test_no_foreign_path_ends_a_stream(intruders: Intrusion, streamed_turn: StreamedTurn) -> None:
    """And no stream is ended by one."""
    expect_final_event("STR-3", streamed_turn.stream)
    expect_not_theirs_by_the_same_id(intruders)
    expect_unharmed("AUT-3", intruders, "foreigner at home")


@pytest.mark.clause("AUT-4")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_expired_token_is_401(expired: Client, own: Own, operation: str) -> None:
    """An expired token is a 401, on every operation."""
    exchange = OPERATIONS[operation](expired, own.empty_again.id, new_message(SHORT_PROMPT))
    expect_status("AUT-4", exchange, 401)


@pytest.mark.clause("AUT-4")
def test_a_401_names_the_scheme(intruders: Intrusion) -> None:
    """A 401 carries `WWW-Authenticate: Bearer`."""
    refused = [attempt.exchange for attempt in intruders.of("nobody") if attempt.exchange.status == 401]
    if not refused:
        expect_status("AUT-1", intruders.of("nobody")[0].exchange, 401)
    for answer in refused:
        expect_challenge("AUT-4", answer)


@pytest.mark.clause("AUT-4")
def test_a_401_for_an_expired_token_names_the_scheme(expired: Client) -> None:
    """So does that for an expired token."""
    answer = expired.list_conversations()
    expect_status("AUT-4", answer, 401)
    expect_challenge("AUT-4", answer)


@pytest.mark.clause("AUT-5")
def test_a_colleagues_conversation_is_404(second: Client, own: Own, note: Callable[[str], None]) -> None:
    """A colleague's conversation in the same workspace is a 404."""
    id_ = own.empty.id
    for name, answer in ("list its messages", second.list_messages(id_)), ("cancel in it", second.cancel_stream(id_)):
        note(f"{name}: answered {answer.status}")


def expect_known(foreign: Client, intrusion: Intrusion) -> None:
    """The foreign token is one that the backend knows: it is more than a word.

    Raises:
        Unverified: nothing shows that.
    """
    statuses = {attempt.exchange.status for attempt in intrusion.of("foreigner")}
    if statuses == {401} and "foreigner at home" in intrusion.missing:
        raise Unverified(
            "the foreign token may be none at all: give its workspace, where it has to be accepted",
            remedy="--foreign-workspace-id",
        )


def expect_nothing_stored(clause: str, intrusion: Intrusion, kind: Kind) -> None:
    """No message of such an intruder is listed, and mine are: those of the turns that came to their end."""
    by_id = {attempt.message_id: attempt.exchange for attempt in intrusion.of(kind)}
    listed = listed_ids(intrusion.listing)
    for turn in intrusion.rounds:
        if turn.reply and turn.message["id"] not in listed:
            expected = f"my message {turn.message['id']!r}"
            raise Violation("STR-6", turn.exchange, intrusion.listing, expected=expected, observed="none")
    for id_ in listed:
        if id_ in by_id:
            observed = f"the intruder's {id_!r}"
            raise Violation(clause, by_id[id_], intrusion.listing, expected="my messages alone", observed=observed)


def expect_unharmed(clause: str, intrusion: Intrusion, kind: Kind) -> None:
    """The stream ran on to its end, which such an intruder's cancel had no part in."""
    if intrusion.was_cut_by(kind):
        cancels = [attempt.exchange for attempt in intrusion.cancels if attempt.kind == kind]
        observed = f"{len(intrusion.stream.deltas)} deltas, then its end, after the intruder's cancel"
        raise Violation(
            clause, intrusion.stream.exchange, *cancels, expected="a final event in the end", observed=observed
        )
    if intrusion.stream.finals:
        expect_final_message("STR-3", intrusion.stream)


def expect_not_steered(clause: str, intrusion: Intrusion, kind: Kind) -> None:
    """No reply shows the word that such an intruder's patches asked for, if the model does as it is told."""
    intrusion.of(kind)
    for patched in intrusion.patches:
        for turn in intrusion.rounds if patched.kind == kind else ():
            exchanges = *(attempt.exchange for attempt in patched.attempts), turn.exchange
            probe = Probe(turn.conversation_id, turn.message, {"text": turn.text}, exchanges)
            expect_hidden(clause, probe, [patched.word])


def expect_not_locked(clause: str, intrusion: Intrusion, kind: Kind) -> None:
    """My stream gets through after those that were refused to such an intruder.

    Raises:
        Unverified: mine could not be seen to get through before, or was not refused for its lock.
    """
    intrusion.of(kind)
    reopened = next((found for found in intrusion.reopened if found.kind == kind), None)
    if reopened is None:
        raise Unverified("there was no reply to replay, or something else was in the way of that")
    if reopened.own.status == 409:
        exchanges = *(attempt.exchange for attempt in reopened.attempts), reopened.own.exchange
        observed = answered(reopened.own.exchange)
        raise Violation(clause, *exchanges, expected="my stream, since no other is active", observed=observed)
    expect_status("IDM-5", reopened.own.exchange, 200)


def strays_nearby(api: Client) -> list[Client]:
    """The caller on paths of workspaces with longer and shorter ids. In another case it may be theirs, as a UUID is."""
    mine = api.workspace_id
    alike = f"{mine}2", f"2{mine}", mine[:-1], mine[1:]
    return [api.in_workspace(id_) for id_ in alike if id_.strip(".0 ") and id_.strip() != mine.strip()]


def expect_not_theirs_by_the_same_id(intrusion: Intrusion) -> None:
    """What the foreign caller finds by this id, if anything, is this conversation.

    Raises:
        Unverified: it is another one, since each workspace has its own ids.
    """
    seen = intrusion.seen_from_home
    if seen is None or seen.status != 200:
        return
    theirs = {message.get("id") for message in expect_page("PAG-1", seen)["data"]}
    if not theirs & set(listed_ids(intrusion.listing)):
        raise Unverified(f"the other workspace has a conversation with this id, too: {answered(seen)}")


def expect_challenge(clause: str, answer: Exchange) -> None:
    """`WWW-Authenticate` names the scheme."""
    said = answer.headers.get("www-authenticate", "")
    if "bearer" not in [scheme.strip().lower().partition(" ")[0] for scheme in said.split(",")]:
        observed = f"WWW-Authenticate: {said}" if said else "no WWW-Authenticate"
        raise Violation(clause, answer, expected="WWW-Authenticate: Bearer", observed=observed)
