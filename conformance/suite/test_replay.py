"""IDM: a message id that was used before, at either endpoint, by anybody, or in a request that was refused."""

from collections.abc import Callable

import pytest

from conformance.canary import says
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    answered,
    expect_final_event,
    expect_final_message,
    expect_message,
    expect_page,
    expect_refused,
    expect_replayed,
    expect_same_reply,
    expect_status,
    expect_turn_listed,
    expect_unchanged,
    quoted,
    told_difference,
    told_fields,
)
from conformance.stream import Recording
from conformance.suite.scenes.meanwhile import Busy, Colleague, Twins
from conformance.suite.scenes.refusals import BadRequests, MoreTurns, PutRight
from conformance.suite.scenes.steering import PatchedLater, Replaced
from conformance.suite.scenes.streams import Contested, FreedByItsEnd, StreamedTurn
from conformance.suite.scenes.tools import answer_of
from conformance.suite.scenes.turns import (
    LateReplay,
    LongStream,
    Replays,
    SecondTurn,
    StreamedReplay,
    StreamReplays,
    Turn,
)
from conformance.verdict import Unverified, Violation

# The same id at /messages


@pytest.mark.clause("IDM-1", essential=True)
def test_the_same_id_again_answers_the_same_reply(plain_turn: Turn, plain_replay: Replays) -> None:
    """The same id again answers the same reply: id, text, source and createdAt."""
    expect_replays("IDM-1", plain_turn, plain_replay)


@pytest.mark.clause("IDM-1")
def test_a_replay_after_a_patch_answers_the_same_reply(
    replaced_personality: Replaced, patched_later: PatchedLater
) -> None:
    """Also where the conversation is steered otherwise by now."""
    *_, asked = replaced_personality.probe.exchanges
    expect_same_reply("IDM-1", asked, patched_later.replay)


@pytest.mark.clause("IDM-2")
def test_a_replay_changes_nothing_in_the_list(plain_turn: Turn, plain_replay: Replays) -> None:
    """A replay changes nothing in the list."""
    expect_given(plain_replay.before, plain_turn)
    for answer in plain_replay.answers:
        expect_message("IDM-1", answer)
    expect_unchanged("IDM-2", plain_replay.before, plain_replay.after)


@pytest.mark.clause("IDM-2")
def test_a_reworded_replay_changes_nothing_in_the_list(plain_turn: Turn, reworded_replay: Replays) -> None:
    """Nor does one with another text: the list keeps what was said first."""
    expect_given(reworded_replay.before, plain_turn)
    expect_unchanged("IDM-2", reworded_replay.before, reworded_replay.after)


@pytest.mark.clause("IDM-2")
def test_a_replay_as_a_stream_changes_nothing_in_the_list(
    plain_turn: Turn, reworded_replay: Replays, stream_replay: StreamReplays
) -> None:
    """Nor does one as a stream."""
    expect_given(reworded_replay.after, plain_turn)
    expect_unchanged("IDM-2", reworded_replay.after, stream_replay.listing)


@pytest.mark.clause("IDM-2")
def test_a_late_replay_changes_nothing_in_the_list(second_turn: SecondTurn, late_replay: LateReplay) -> None:
    """Nor does one after later turns: it moves nothing to the end."""
    expect_given(second_turn.listing, second_turn)
    expect_unchanged("IDM-2", second_turn.listing, late_replay.listing)


@pytest.mark.clause("IDM-2")
def test_a_replay_of_a_streamed_turn_changes_nothing_in_the_list(
    streamed_turn: StreamedTurn, streamed_replay: StreamedReplay
) -> None:
    """Nor does one of a turn that was streamed, at either endpoint."""
    expect_final_message("STR-3", streamed_turn.stream)
    expect_unchanged("IDM-2", streamed_turn.listing, streamed_replay.listing)


@pytest.mark.clause("IDM-3")
def test_a_reworded_replay_answers_the_first_reply(
    plain_turn: Turn, plain_replay: Replays, reworded_replay: Replays
) -> None:
    """A replay answers the first reply whatever else its valid body now says: time, context, text."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    expect_replays("IDM-3", plain_turn, reworded_replay)


@pytest.mark.clause("IDM-3")
def test_a_reworded_replay_as_a_stream_answers_the_first_reply(plain_turn: Turn, stream_replay: StreamReplays) -> None:
    """So it does as a stream."""
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)
    expect_unlocked("LCK-4", stream_replay)
    expect_replayed("IDM-3", plain_turn.reply, stream_replay.reworded)


@pytest.mark.clause("IDM-4")
def test_a_late_replay_answers_its_own_reply(
    plain_turn: Turn, plain_replay: Replays, second_turn: SecondTurn, late_replay: LateReplay
) -> None:
    """After later turns a replay still answers its own reply rather than the newest."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    expect_message("MSG-1", second_turn.answer)
    expect_same_reply("IDM-4", plain_turn.answer, late_replay.plain)


@pytest.mark.clause("IDM-4")
def test_a_late_replay_as_a_stream_answers_its_own_reply(
    plain_turn: Turn, stream_replay: StreamReplays, second_turn: SecondTurn, late_replay: LateReplay
) -> None:
    """So it does as a stream."""
    expect_message("MSG-1", second_turn.answer)
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)
    expect_unlocked("LCK-4", stream_replay)
    expect_replayed("IDM-4", plain_turn.reply, late_replay.stream)


@pytest.mark.clause("IDM-4")
def test_every_id_of_a_conversation_answers_its_own_reply(
    plain_turn: Turn, plain_replay: Replays, more_turns: MoreTurns
) -> None:
    """However many turns have come after, none of the ids is forgotten or mixed up."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    answers = [answer for answer in more_turns.answers if answer.status == 200]
    for first, again in zip(answers, more_turns.replays, strict=True):
        expect_same_reply("IDM-4", first, again)


@pytest.mark.clause("IDM-4")
def test_an_old_id_is_not_forgotten(plain_turn: Turn, plain_replay: Replays, old_replay: Exchange) -> None:
    """Nor does time count, or what is said in other conversations: it is not forgotten."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    expect_same_reply("IDM-4", plain_turn.answer, old_replay)


# Across the endpoints


@pytest.mark.clause("IDM-5", essential=True)
def test_a_stream_replays_what_messages_has_answered(plain_turn: Turn, stream_replay: StreamReplays) -> None:
    """A stream opened with an id that `/messages` has answered replays that reply."""
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)


@pytest.mark.clause("IDM-5")
def test_a_stream_replays_what_a_stream_has_answered(
    streamed_turn: StreamedTurn, streamed_replay: StreamedReplay
) -> None:
    """A stream opened with an id that a stream has answered replays that reply."""
    expect_replayed("IDM-5", expect_final_message("STR-3", streamed_turn.stream), streamed_replay.stream)


@pytest.mark.clause("IDM-5")
def test_a_replayed_stream_generates_nothing(
    plain_turn: Turn, reworded_replay: Replays, stream_replay: StreamReplays
) -> None:
    """A replay as a stream generates nothing: no reply is listed that was not there before."""
    expect_status("IDM-5", stream_replay.first.exchange, 200)
    expect_given(reworded_replay.after, plain_turn)
    expect_no_new_reply("IDM-5", reworded_replay.after, stream_replay.listing)


@pytest.mark.clause("STR-3")
def test_a_replayed_stream_ends_with_one_final_event(plain_turn: Turn, stream_replay: StreamReplays) -> None:
    """One final event ends a replayed stream too."""
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)
    expect_final_event("STR-3", stream_replay.first)


@pytest.mark.clause("STR-5")
def test_the_deltas_of_a_replay_joined_are_its_text(plain_turn: Turn, stream_replay: StreamReplays) -> None:
    """Where a replay has deltas, joined they are the final text."""
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)
    replayed = stream_replay.first
    if replayed.deltas and replayed.text != plain_turn.reply["text"]:
        expected = quoted(plain_turn.reply["text"])
        raise Violation("STR-5", replayed.exchange, expected=expected, observed=quoted(replayed.text))


@pytest.mark.clause("LCK-4")
def test_the_lock_ends_with_a_replayed_stream(plain_turn: Turn, stream_replay: StreamReplays) -> None:
    """The lock ends with the stream, also with one that replays."""
    expect_replayed("IDM-5", plain_turn.reply, stream_replay.first)
    expect_unlocked("LCK-4", stream_replay)


@pytest.mark.clause("IDM-6", essential=True)
def test_messages_answers_what_a_stream_has_answered(
    plain_turn: Turn, plain_replay: Replays, streamed_turn: StreamedTurn, streamed_replay: StreamedReplay
) -> None:
    """A message sent with an id that a stream has answered gets that answer."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    expect_answered_as_streamed("IDM-6", streamed_turn.stream, streamed_replay.plain)


@pytest.mark.clause("IDM-6")
def test_messages_answers_all_of_a_long_reply_that_was_streamed(
    plain_turn: Turn, plain_replay: Replays, long_stream: LongStream
) -> None:
    """However long the answer was, it is the whole of it."""
    expect_replays("IDM-1", plain_turn, plain_replay)
    expect_answered_as_streamed("IDM-6", long_stream.stream, long_stream.plain)


# At once, and after a refusal


@pytest.mark.clause("IDM-7")
def test_the_same_new_id_twice_at_once_gets_one_reply(plain_turn: Turn, twins: tuple[Twins, ...]) -> None:
    """The same new id sent twice at once: both get the one reply, or one of them a 409."""
    expect_message("MSG-1", plain_turn.answer)
    for pair in twins:
        if pair.both_plain:
            expect_one_reply("IDM-7", [answer_of(answer) for answer in pair.answers])


@pytest.mark.clause("IDM-7")
def test_the_same_new_id_twice_at_once_makes_one_turn(twins: tuple[Twins, ...], overtaken: tuple[Twins, ...]) -> None:
    """It makes one turn: one message of the user, and one reply.

    Where replies are free, also where one of the two is a stream, which begins while `/messages` is at its reply.
    """
    for pair in (*twins, *overtaken):
        expect_one_turn("IDM-7", pair, [answer_of(answer) for answer in pair.answers])


@pytest.mark.clause("IDM-8")
def test_a_message_that_was_refused_is_answered_when_put_right(
    plain_turn: Turn, bad_messages: BadRequests, refused_then_right_plain: Turn
) -> None:
    """A refused request uses up no id: put right and sent again, it is answered with a new reply."""
    expect_message("MSG-1", plain_turn.answer)
    expect_refused("MSG-4", answer_of(bad_messages.of("no text").answer), why="there is no text")
    reply = expect_message("IDM-8", refused_then_right_plain.answer)
    expect_turn_listed("IDM-8", refused_then_right_plain.listing, refused_then_right_plain.message, reply)


@pytest.mark.clause("IDM-8")
def test_a_stream_that_was_refused_is_opened_when_put_right(
    bad_streams: BadRequests, refused_then_right: PutRight
) -> None:
    """So it is as a stream, after refusals at both endpoints."""
    assert bad_streams.elsewhere
    expect_refused("MSG-4", answer_of(bad_streams.elsewhere.answer), why="there is no text")
    expect_refused("STR-8", answer_of(bad_streams.of("no text").answer), why="there is no text")
    if refused_then_right.new:  # which tells an id that was used up from streams that do not work
        expect_status(
            "STR-8" if refused_then_right.new.last.status == 409 else "STR-1", refused_then_right.new.last.exchange, 200
        )
    right = refused_then_right.right.last
    expect_status("IDM-8", right.exchange, 200)
    expect_turn_listed("IDM-8", refused_then_right.listing, right.message, expect_final_message("IDM-8", right))


@pytest.mark.clause("IDM-8")
def test_a_stream_that_was_locked_out_is_opened_later(
    contested_stream: Contested, freed_by_its_end: FreedByItsEnd
) -> None:
    """A stream that is refused because another one is active uses up no id either."""
    refused, again, new = contested_stream.second, freed_by_its_end.again.last, freed_by_its_end.new
    expect_status("LCK-1", refused.exchange, 409)
    if new:  # which tells an id that was used up from a lock that is still there
        expect_status("LCK-4" if new.last.status == 409 else "STR-1", new.last.exchange, 200)
    if again.status != 200:
        expected = "200, since this id was refused only because another stream was active"
        raise Violation("IDM-8", refused.exchange, again.exchange, expected=expected, observed=answered(again.exchange))
    expect_other_reply("IDM-8", contested_stream.active, again)


# Elsewhere, and of somebody else


@pytest.mark.clause("IDM-9")
def test_an_id_in_another_conversation(plain_turn: Turn, reused_id: Exchange, note: Callable[[str], None]) -> None:
    """Message ids are scoped to their conversation."""
    if reused_id.status != 200:
        note(f"an id of another conversation is answered with {reused_id.status}")
    elif expect_message("MSG-1", reused_id)["id"] == plain_turn.reply["id"]:
        note("an id of another conversation is answered with the reply that it got there")
    else:
        note("an id of another conversation is answered with a reply of its own")


@pytest.mark.clause("IDM-10")
def test_a_colleagues_id_does_not_bring_their_reply(colleague_with_my_ids: Colleague) -> None:
    """An id that another caller has used never brings that caller's reply."""
    expect_page("PAG-1", colleague_with_my_ids.own_list)
    expect_not_mine("IDM-10", colleague_with_my_ids)


@pytest.mark.clause("IDM-10")
def test_a_colleagues_id_does_not_bring_their_reply_as_a_stream(colleague_with_my_ids: Colleague) -> None:
    """Nor as a stream."""
    expect_page("PAG-1", colleague_with_my_ids.own_list)
    expect_not_mine_streamed("IDM-10", colleague_with_my_ids)


@pytest.mark.clause("IDM-10")
def test_a_colleagues_id_brings_nothing_in_their_conversation(second: Client, colleague_in_mine: Colleague) -> None:
    """Nor in the conversation in which it was used, at either endpoint."""
    expect_page("PAG-1", second.list_conversations(size=1))
    expect_not_mine("IDM-10", colleague_in_mine)
    expect_not_mine_streamed("IDM-10", colleague_in_mine)


@pytest.mark.clause("IDM-11")
def test_a_replay_during_a_stream(busy_conversation: Busy, note: Callable[[str], None]) -> None:
    """While a stream is active, a replay is answered at `/messages` and refused with 409 at `/message-streams`."""
    plain = answer_of(busy_conversation.plain_replay)
    streamed = answer_of(busy_conversation.stream_replay).exchange
    if not busy_conversation.active.was_open_at(streamed.started):
        raise Unverified("the stream had ended before the replay was sent")
    if plain.status == 200:
        expect_same_reply("IDM-1", busy_conversation.first, plain)
    note(f"a replay during a stream: {plain.status} at /messages, {streamed.status} at /message-streams")


# What these expect


def expect_replays(clause: str, turn: Turn, replays: Replays) -> None:
    """Each of the replays answers the turn's reply."""
    for answer in replays.answers:
        expect_same_reply(clause, turn.answer, answer)


def expect_given(listing: Exchange, turn: Turn) -> None:
    """As a given: there is a turn that a replay could change."""
    expect_turn_listed("MSG-2", listing, turn.message, turn.reply)


def expect_unlocked(clause: str, replays: StreamReplays) -> None:
    """After one replayed stream had ended, the next was let through."""
    first, second = replays.first.exchange, replays.second.exchange
    if second.status == 409:
        expected = "200, since the stream before it has ended"
        raise Violation(clause, first, second, expected=expected, observed="409, for a second and longer")


def expect_no_new_reply(clause: str, before: Exchange, after: Exchange) -> None:
    """No reply is listed now that was not listed before."""
    known, shown = (
        [(found.get("id"), found.get("text")) for found in expect_page("PAG-1", listing)["data"]]
        for listing in (before, after)
    )
    new = [found for found in shown if found not in known]
    if new:
        raise Violation(clause, before, after, expected="no new reply", observed=quoted(new))


def expect_one_reply(clause: str, answers: list[Exchange]) -> None:
    """Both answers are the same reply, or one is a 409."""
    replies = []
    for answer in answers:
        expect_status(clause, answer, 200, 409)
        replies += [expect_message(clause, answer)] if answer.status == 200 else []
    ids = [reply["id"] for reply in replies]
    if len(set(ids)) != 1:
        observed = " and ".join(map(repr, ids)) or "two times 409"
        raise Violation(clause, *answers, expected="one reply, in both answers or in one", observed=observed)


def expect_one_turn(clause: str, pair: Twins, answers: list[Exchange]) -> None:
    """Of what came into the list one element is the user's message, and one is a reply."""
    before, after = (expect_page("PAG-1", listing)["data"] for listing in (pair.before, pair.after))
    known = [found.get("id") for found in before]
    new = [found for found in after if found.get("id") not in known]
    mine = [found for found in new if found.get("source") == "user"]
    if len(new) != 2 or [found.get("id") for found in mine] != [pair.message["id"]]:
        expected = f"the message {pair.message['id']!r} once, and one reply"
        raise Violation(clause, *answers, pair.after, expected=expected, observed=quoted(new))


def expect_answered_as_streamed(clause: str, stream: Recording, plain: Exchange) -> None:
    """The answer at `/messages` has the id and the text of the stream's final message."""
    reply, answer = expect_final_message("STR-3", stream), expect_message(clause, plain)
    if (answer["id"], answer["text"]) != (reply["id"], reply["text"]):
        expected = told_fields(reply, ("id", "text"))
        raise Violation(clause, stream.exchange, plain, expected=expected, observed=told_difference(reply, answer))


def expect_not_mine(clause: str, colleague: Colleague) -> None:
    """What a colleague got at `/messages` is not my reply: it has neither its id nor, where that tells, its word."""
    answer = answer_of(colleague.plain)
    if answer.status != 200:
        expect_refused(clause, answer, why="it is another caller's id")
        return
    reply = expect_message("MSG-1", answer)
    has_my_word = colleague.word is not None and says(reply["text"], colleague.word)
    if reply["id"] == colleague.mine["id"] or has_my_word:
        raise Violation(clause, answer, expected="anything but another caller's reply", observed=quoted(reply))


def expect_not_mine_streamed(clause: str, colleague: Colleague) -> None:
    """What a colleague got as a stream is not my reply."""
    stream = answer_of(colleague.stream)
    if stream.status != 200:
        expect_refused(clause, stream.exchange, why="it is another caller's id")
        return
    said = f"{stream.text} {(stream.reply or {}).get('text', '')}"
    has_my_word = colleague.word is not None and says(said, colleague.word)
    if has_my_word or _final_id(stream) == colleague.mine_streamed.get("id", ""):
        raise Violation(clause, stream.exchange, expected="anything but another caller's reply", observed=quoted(said))


def expect_other_reply(clause: str, active: Recording, again: Recording) -> None:
    """The message that was refused got a reply of its own, and not that of the stream that was active then."""
    reply, other = expect_final_message("STR-3", again), active.reply
    if other and reply["id"] == other.get("id"):
        expected = f"a new reply, not {reply['id']!r} of the stream that was active"
        raise Violation(clause, active.exchange, again.exchange, expected=expected, observed=quoted(reply))


def _final_id(stream: Recording) -> object:
    return None if stream.reply is None else stream.reply.get("id")
