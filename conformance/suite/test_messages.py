"""MSG: sending a message, and the list of messages."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import (
    answered,
    expect_accepted,
    expect_final_message,
    expect_listed_once,
    expect_message,
    expect_order,
    expect_page,
    expect_plain_refusal,
    expect_refused,
    expect_status,
    expect_turn_listed,
    expect_unchanged,
    quoted,
)
from conformance.run import Run
from conformance.suite.scenes.meanwhile import Busy
from conformance.suite.scenes.refusals import FLAWS, STREAM_FLAWS, BadRequest, BadRequests, MoreTurns, PutRight
from conformance.suite.scenes.steering import Patchable
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.tools import answer_of
from conformance.suite.scenes.turns import ODD_DATE, LongStream, SecondTurn, Turn
from conformance.verdict import Unverified, Violation

_UNKNOWN_ZONE = timedelta(hours=14)


def flaws_of(clause: str) -> list[str]:
    """What a message can have that this clause refuses."""
    return [flaw.name for flaw in FLAWS if flaw.clause == clause]


# The reply


@pytest.mark.clause("MSG-1", essential=True)
def test_a_message_is_answered_with_the_reply(plain_turn: Turn) -> None:
    """The answer is the assistant's reply: a Message whose text is not empty."""
    expect_message("MSG-1", plain_turn.answer)


@pytest.mark.clause("MSG-1")
def test_each_message_gets_a_reply_of_its_own(plain_turn: Turn, second_turn: SecondTurn) -> None:
    """Another message gets another reply, also where its id begins as the first one's: with an id of its own."""
    first, second = (expect_message("MSG-1", turn.answer) for turn in (plain_turn, second_turn))
    if first["id"] == second["id"]:
        observed = f"{first['id']!r} twice"
        raise Violation("MSG-1", plain_turn.answer, second_turn.answer, expected="two ids", observed=observed)


# What is listed


@pytest.mark.clause("MSG-2", essential=True)
def test_both_messages_of_a_turn_are_listed(plain_turn: Turn) -> None:
    """The user's message, with the id and text that the client sent, and the reply are both listed, once each."""
    expect_turn_listed("MSG-2", plain_turn.listing, plain_turn.message, plain_turn.reply)


@pytest.mark.clause("MSG-2")
def test_both_messages_of_a_second_turn_are_listed(plain_turn: Turn, second_turn: SecondTurn) -> None:
    """So they are in a later turn, whose text is digits, and those of the first one still."""
    expect_undisturbed(plain_turn, second_turn)
    for turn in plain_turn, second_turn:
        expect_turn_listed("MSG-2", second_turn.listing, turn.message, turn.reply)


@pytest.mark.clause("MSG-2")
def test_a_text_is_listed_exactly_as_it_was_sent(plain_turn: Turn, more_turns: MoreTurns) -> None:
    """With its white space, its markup, all of its characters, and to its end."""
    expect_message("MSG-1", plain_turn.answer)
    expect_status("SCH-2", more_turns.answers[0], 200)
    for message, _ in more_turns.answered:
        expect_listed_once("MSG-2", more_turns.listing, {"id": message["id"], "text": message["text"]})


@pytest.mark.clause("MSG-2")
def test_a_text_sent_to_a_stream_is_listed_exactly_as_it_was_sent(long_stream: LongStream) -> None:
    """So it is where the reply was streamed: with the white space around it."""
    stream = long_stream.stream
    expect_final_message("STR-3", stream)
    expect_listed_once("MSG-2", long_stream.listing, {name: stream.message[name] for name in ("id", "text")})


@pytest.mark.clause("MSG-2")
def test_all_turns_of_a_conversation_are_listed(plain_turn: Turn, more_turns: MoreTurns) -> None:
    """However many turns there are, each is listed: the user's message and the reply."""
    expect_message("MSG-1", plain_turn.answer)
    for place, answer in enumerate(more_turns.answers):
        if place != more_turns.may_be_refused:
            expect_status("SCH-2", answer, 200)
    for message, reply in more_turns.answered:
        expect_turn_listed("MSG-2", more_turns.listing, message, reply)


@pytest.mark.clause("MSG-3")
def test_messages_are_listed_oldest_first(plain_turn: Turn, second_turn: SecondTurn) -> None:
    """The oldest comes first, also where a client's clock says otherwise."""
    expect_undisturbed(plain_turn, second_turn)
    turns = [(turn.message, turn.reply) for turn in (plain_turn, second_turn)]
    expect_order("MSG-3", second_turn.listing, [message["id"] for message in chain(*turns)])


@pytest.mark.clause("MSG-3")
def test_a_reply_is_listed_after_its_message(more_turns: MoreTurns) -> None:
    """Each reply comes after what it answers, and before what was said next."""
    turns = [(message["id"], reply["id"]) for message, reply in more_turns.answered]
    expect_order("MSG-3", more_turns.listing, list(chain(*turns)))


@pytest.mark.clause("MSG-3")
def test_a_streamed_reply_is_listed_after_its_message(streamed_turn: StreamedTurn) -> None:
    """So it is where the reply was streamed."""
    reply = streamed_turn.stream.reply
    if reply is None:
        raise Unverified("the stream had no final message")
    expect_order("MSG-3", streamed_turn.listing, [streamed_turn.stream.message["id"], reply["id"]])


@pytest.mark.clause("MSG-5")
def test_source_tells_who_wrote_a_message(plain_turn: Turn, second_turn: SecondTurn) -> None:
    """`source` is `user` for the user's messages and `assistant` for the replies."""
    expect_undisturbed(plain_turn, second_turn)
    for turn in plain_turn, second_turn:
        expect_sources("MSG-5", second_turn.listing, turn.message, turn.reply)


@pytest.mark.clause("MSG-5")
def test_source_tells_who_wrote_a_streamed_message(streamed_turn: StreamedTurn) -> None:
    """So it does where the reply was streamed."""
    reply = streamed_turn.stream.reply
    if reply is None:
        raise Unverified("the stream had no final message")
    expect_sources("MSG-5", streamed_turn.listing, streamed_turn.stream.message, reply)


@pytest.mark.clause("MSG-5")
def test_source_is_the_same_on_every_page(api: Client, plain_turn: Turn) -> None:
    """`source` is the message's own, wherever on a page it stands."""
    expect_sources("MSG-5", plain_turn.listing, plain_turn.message, plain_turn.reply)
    page = api.list_messages(plain_turn.conversation_id, page=2, size=1)
    found = expect_page("PAG-1", page)["data"]
    if [message.get("id") for message in found] != [plain_turn.reply["id"]]:
        raise Unverified("the reply is not on the second page of one message each")  # which is for PAG to judge
    expect_listed_once("MSG-5", page, {"id": plain_turn.reply["id"], "source": "assistant"})


@pytest.mark.clause("MSG-6")
def test_created_at_is_not_the_clients_clock(second_turn: SecondTurn) -> None:
    """`createdAt` is when the message was stored, whatever the client's clock says."""
    expect_message("MSG-1", second_turn.answer)
    far_off = moment(ODD_DATE)
    for message in expect_page("PAG-1", second_turn.listing)["data"]:
        said = moment(message.get("createdAt"))
        if far_off and said and abs(said - far_off) <= _UNKNOWN_ZONE:
            expected = f"the server's time, not {ODD_DATE}, which the client has sent"
            raise Violation(
                "MSG-6", second_turn.answer, second_turn.listing, expected=expected, observed=quoted(message)
            )


@pytest.mark.clause("MSG-6")
def test_created_at_is_when_the_message_was_stored(bad_messages: BadRequests, refused_then_right_plain: Turn) -> None:
    """`createdAt` is when the message was stored: soon after its conversation was created."""
    conversations, listing = bad_messages.conversations, refused_then_right_plain.listing
    assert conversations is not None
    stored = expect_page("PAG-1", listing)["data"]
    for message in stored:
        expect_existing_day("MSG-6", listing, message)
    created = created_at(conversations, bad_messages.conversation_id)
    listed = created + timedelta(seconds=listing.finished - conversations.started)
    for message in stored:
        said = moment(message.get("createdAt"))
        if said and not created - _UNKNOWN_ZONE <= said <= listed + _UNKNOWN_ZONE:
            expected = f"from {created.isoformat()} to {listed.isoformat()} (14 hours either way)"
            raise Violation("MSG-6", conversations, listing, expected=expected, observed=quoted(message))


# What is refused


@pytest.mark.clause("MSG-4")
@pytest.mark.parametrize("flaw", flaws_of("MSG-4"))
def test_a_message_needs_its_fields(bad_messages: BadRequests, plain_turn: Turn, flaw: str) -> None:
    """`id`, `text` and `createdAt` are required strings: without one, or with null, it is a 4xx and stores nothing."""
    expect_message("MSG-1", plain_turn.answer)
    expect_refused("MSG-4", answer_of(bad_messages.of(flaw).answer), why=flaw)
    expect_not_stored("MSG-4", bad_messages.of(flaw), bad_messages.listing)


@pytest.mark.clause("MSG-4")
def test_refused_messages_leave_an_empty_list(bad_messages: BadRequests, plain_turn: Turn) -> None:
    """Where every message was refused, nothing at all is listed."""
    expect_message("MSG-1", plain_turn.answer)
    for flaw, request in zip(FLAWS, bad_messages.requests, strict=True):
        expect_refused(flaw.clause, answer_of(request.answer), why=flaw.name)
    stored = expect_page("PAG-1", bad_messages.listing)["data"]
    if stored:
        raise Violation("MSG-4", bad_messages.listing, expected="an empty list", observed=quoted(stored))


@pytest.mark.clause("MSG-7")
def test_context_is_accepted(second_turn: SecondTurn) -> None:
    """An entry of `additionalContext` has an integer `id` and a string `content`; `category_name` is optional."""
    expect_taken("MSG-7", second_turn.with_field("additionalContext"))


@pytest.mark.clause("MSG-7")
@pytest.mark.parametrize("flaw", flaws_of("MSG-7"))
def test_malformed_context_is_refused(bad_messages: BadRequests, second_turn: SecondTurn, flaw: str) -> None:
    """A malformed entry is refused."""
    expect_taken("MSG-7", second_turn.with_field("additionalContext"))
    expect_refused("MSG-7", answer_of(bad_messages.of(flaw).answer), why=flaw)


@pytest.mark.clause("MSG-8")
def test_a_context_size_is_accepted(second_turn: SecondTurn) -> None:
    """`contextSize` is an integer, also one above the 16000 that hold where none is given."""
    expect_taken("MSG-8", second_turn.with_field("contextSize"))


@pytest.mark.clause("MSG-8")
def test_a_context_size_is_not_needed(plain_turn: Turn, second_turn: SecondTurn) -> None:
    """`contextSize` is optional."""
    expect_taken("MSG-8", second_turn.with_field("contextSize"))
    expect_taken("MSG-8", plain_turn.answer)


@pytest.mark.clause("MSG-8")
@pytest.mark.parametrize("flaw", flaws_of("MSG-8"))
def test_another_context_size_is_refused(bad_messages: BadRequests, second_turn: SecondTurn, flaw: str) -> None:
    """Anything but an integer is refused."""
    expect_taken("MSG-8", second_turn.with_field("contextSize"))
    expect_refused("MSG-8", answer_of(bad_messages.of(flaw).answer), why=flaw)


@pytest.mark.clause("STR-8")
@pytest.mark.parametrize("flaw", STREAM_FLAWS)
def test_a_bad_request_gets_no_stream(bad_streams: BadRequests, refused_then_right: PutRight, flaw: str) -> None:
    """A bad request gets a plain 4xx rather than a stream, and stores nothing."""
    expect_stream_opened(refused_then_right)
    request = bad_streams.of(flaw)
    expect_plain_refusal("STR-8", answer_of(request.answer), why=flaw)
    expect_not_stored("STR-8", request, bad_streams.listing)


@pytest.mark.clause("STR-8")
def test_a_bad_request_to_a_stream_takes_no_lock(bad_streams: BadRequests, refused_then_right: PutRight) -> None:
    """It takes no lock: a good request after it gets its stream."""
    for request in bad_streams.requests:
        expect_refused("STR-8", answer_of(request.answer), why=request.flaw)
    last = (refused_then_right.new or refused_then_right.right).last
    if last.status == 409:
        expected = "200, since a refused request takes no lock"
        raise Violation("STR-8", last.exchange, expected=expected, observed="409, for a second and longer")
    expect_status("STR-1", last.exchange, 200)


# Unknown conversations, and a conversation with an active stream


@pytest.mark.clause("MSG-9")
@pytest.mark.parametrize("operation", ["patch", "list", "cancel"])
def test_an_unknown_conversation_is_not_found(api: Client, patchable: Patchable, operation: str) -> None:
    """An unknown conversation is a 404: patch, list and cancel."""
    calls: dict[str, tuple[str, Callable[[str], Exchange]]] = {
        "patch": ("PAT-2", lambda id_: api.patch_conversation(id_, {"personality": None})),
        "list": ("PAG-1", api.list_messages),
        "cancel": ("CAN-1", api.cancel_stream),
    }
    given, call = calls[operation]
    expect_accepted(given, call(patchable.conversation_id))
    expect_status("MSG-9", call(str(uuid4())), 404)


@pytest.mark.clause("MSG-9")
def test_a_message_to_an_unknown_conversation_is_not_found(api: Client, run: Run, plain_turn: Turn) -> None:
    """So is a message."""
    expect_message("MSG-1", plain_turn.answer)
    expect_status("MSG-9", api.send_message(str(uuid4()), run.message()), 404)


@pytest.mark.clause("MSG-9")
def test_a_stream_in_an_unknown_conversation_is_not_found(api: Client, run: Run, streamed_turn: StreamedTurn) -> None:
    """So is a stream."""
    expect_status("STR-1", streamed_turn.stream.exchange, 200)
    with api.open_stream(str(uuid4()), run.message()) as stream:
        recording = stream.finish()
    expect_status("MSG-9", recording.exchange, 404)


@pytest.mark.clause("LCK-10")
def test_a_new_message_during_a_stream(busy_conversation: Busy, note: Callable[[str], None]) -> None:
    """While a stream is active, a new message at `/messages` is a 409 as well."""
    answer = answer_of(busy_conversation.new_message)
    if not busy_conversation.active.was_open_at(answer.started):
        raise Unverified("the stream had ended before the message was sent")
    note(f"a new message at /messages during a stream: {answer.status}")


# What these expect


def expect_undisturbed(first: Turn, second: SecondTurn) -> None:
    """As a given: what was replayed between the two turns has changed nothing."""
    expect_unchanged("IDM-2", first.listing, second.before)


def expect_taken(clause: str, answer: Exchange) -> None:
    """The message was not refused. What it was answered with is the business of MSG-1."""
    if answer.status is not None and 400 <= answer.status < 500:
        raise Violation(clause, answer, expected="200, since the message is valid", observed=answered(answer))
    expect_message("MSG-1", answer)


def expect_sources(clause: str, listing: Exchange, message: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    """The user's message is listed as the user's, the reply as the assistant's."""
    expect_listed_once(clause, listing, {"id": message["id"], "source": "user"})
    expect_listed_once(clause, listing, {"id": reply["id"], "source": "assistant"})


def expect_existing_day(clause: str, listing: Exchange, message: Mapping[str, Any]) -> None:
    """The message's `createdAt` is on a day of the calendar, where it is written as year, month and day."""
    day = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=T)", str(message.get("createdAt")))
    if not day:
        return  # what a timestamp looks like is judged by SCH-1
    try:
        date.fromisoformat(day[0])
    except ValueError:
        raise Violation(clause, listing, expected="a day that exists in createdAt", observed=quoted(message)) from None


def expect_not_stored(clause: str, request: BadRequest, listing: Exchange) -> None:
    """No message with the id or the text of this one is listed. Each bad one had a text of its own."""
    for found in expect_page("PAG-1", listing)["data"]:
        if found.get("id") == request.message["id"] or found.get("text") == request.message["text"]:
            shown = [request.answer] if isinstance(request.answer, Exchange) else []
            raise Violation(clause, *shown, listing, expected="nothing stored", observed=quoted(found))


def expect_stream_opened(put_right: PutRight) -> None:
    """As a given: a good request to the same endpoint gets its stream."""
    last = (put_right.new or put_right.right).last
    if last.status != 409:  # the lock is judged by itself
        expect_status("STR-1", last.exchange, 200)


def created_at(page: Exchange, conversation_id: str) -> datetime:
    """When a conversation on this page was created.

    Raises:
        Unverified: it is not there, or the time cannot be read.
    """
    listed = [found for found in expect_page("PAG-1", page)["data"] if found.get("id") == conversation_id]
    created = moment(listed[0].get("createdAt")) if listed else None
    if created is None:
        raise Unverified("when the conversation was created is not known")
    return created


def moment(timestamp: object) -> datetime | None:
    """A timestamp of the contract; UTC where it names no zone. None where it cannot be read."""
    try:
        read = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
