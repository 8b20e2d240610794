"""The model behind MOD-1: it goes along with all that a correct backend may do, and disagrees with the rest."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import clauses
from conformance.model import Chat, Disagreement, Message, Model, Page, Question, Way

MESSAGES, STREAM = Way.MESSAGES, Way.STREAM
ONE, TWO = Question("1", "Hello"), Question("2", "Hello again")


def said(text: str, id: str | None = None, created_at: str = "2026-05-01T09:00:00") -> Message:
    """A reply."""
    return Message(id or f"id of {text}", text, "assistant", created_at)


def asked(question: Question) -> Message:
    """A user's message as it is listed."""
    return Message(question.id, question.text, "user", "2026-05-01T09:00:00")


def pages_of(messages: Sequence[Message], size: int = 100) -> list[Page]:
    """The pages of a list, as they should be."""
    count = -(-len(messages) // size)
    return [
        Page(number, size, len(messages), count, messages[(number - 1) * size : number * size])
        for number in range(1, max(count, 1) + 1)
    ]


@pytest.fixture
def chat() -> Chat:
    """A conversation without messages."""
    return Model().create("c", "2026-05-01T09:00:00")


def expect_disagreement(clause: str, chat: Chat | Model, note: Callable[[], object]) -> None:
    """The model disagrees by that clause, and stays as it was."""
    before = copy.deepcopy(vars(chat))
    with pytest.raises(Disagreement) as raised:
        note()
    assert raised.value.clause == clause
    assert clause in clauses()
    assert raised.value.expected != raised.value.observed
    assert vars(chat) == before


@pytest.mark.parametrize(
    ("first", "way", "again", "later", "clause"),
    [
        (MESSAGES, MESSAGES, ONE, False, "IDM-1"),
        (MESSAGES, MESSAGES, replace(ONE, text="Other"), False, "IDM-3"),
        (MESSAGES, MESSAGES, ONE, True, "IDM-4"),
        (MESSAGES, STREAM, ONE, False, "IDM-5"),
        (STREAM, STREAM, ONE, False, "IDM-5"),
        (STREAM, MESSAGES, ONE, False, "IDM-6"),
    ],
)
@pytest.mark.parametrize(
    "wrong", [said("Other", "r"), said("First", "other"), said("First", "r")], ids=["text", "id", ""]
)
def test_a_replay_answers_the_first_reply(
    chat: Chat, first: Way, way: Way, again: Question, later: bool, clause: str, wrong: Message
) -> None:
    """Its own, by either way, whatever its body now says."""
    right = said("First", "r")
    chat.reply(ONE, right, first)
    if later:
        chat.reply(TWO, said("Second"), MESSAGES)
    assert chat.promise(again, way) == clause
    if wrong == right:
        chat.reply(again, right, way)
    else:
        expect_disagreement(clause, chat, lambda: chat.reply(again, wrong, way))


def test_the_moment_of_a_reply_is_compared_by_one_way_only(chat: Chat) -> None:
    """Two ways may write it in two forms; each has to keep to its own."""
    chat.reply(ONE, said("First", created_at="09:00"), STREAM)
    chat.reply(ONE, said("First", created_at="09:00Z"), MESSAGES)
    chat.reply(ONE, said("First", created_at="09:00"), STREAM)
    expect_disagreement("IDM-6", chat, lambda: chat.reply(ONE, said("First", created_at="09:00"), MESSAGES))


def test_a_message_that_was_refused_is_new(chat: Chat) -> None:
    """It is answered as if it had not been there."""
    expect_disagreement("MSG-4", chat, lambda: chat.refuse("1", 200, MESSAGES))
    expect_disagreement("STR-8", chat, lambda: chat.refuse("1", 500, STREAM))
    chat.refuse("1", 400, MESSAGES)
    chat.show(pages_of([]), 100)
    assert chat.promise(ONE, MESSAGES) == "IDM-8"
    chat.reply(ONE, said("First"), MESSAGES)


def test_nothing_is_locked_without_a_stream(chat: Chat) -> None:
    """The clause is the one that freed the lock, or the promise where there never was one."""
    expect_disagreement("IDM-1", chat, lambda: chat.check_lock(409, "IDM-1"))
    chat.open_stream(ONE)
    chat.check_lock(409, "IDM-1")
    chat.end_stream(said("First"))
    expect_disagreement("LCK-4", chat, lambda: chat.check_lock(409, "IDM-1"))
    chat.open_stream(TWO)
    chat.cut_stream("Sec")
    expect_disagreement("LCK-5", chat, lambda: chat.check_lock(409, "IDM-1"))
    chat.check_lock(200, "IDM-1")


def test_a_second_stream_is_refused_while_one_is_surely_active(chat: Chat) -> None:
    """Where the first was over perhaps, it may be let through."""
    chat.open_stream(ONE)
    for sure in True, False:
        chat.open_second(409, names_the_lock=True, was_surely_active=sure)
        for status, named in (409, False), (423, True), (500, False):
            expect_disagreement(
                "LCK-1",
                chat,
                lambda: chat.open_second(status, names_the_lock=named, was_surely_active=sure),  # noqa: B023
            )
    chat.open_second(200, names_the_lock=False, was_surely_active=False)
    expect_disagreement("LCK-1", chat, lambda: chat.open_second(200, names_the_lock=False, was_surely_active=True))


def test_a_message_beside_a_stream_is_answered_or_refused(chat: Chat) -> None:
    """As the backend likes."""
    chat.open_stream(ONE)
    chat.send_beside(200)
    chat.send_beside(409)
    expect_disagreement("LCK-10", chat, lambda: chat.send_beside(422))


def test_turns_side_by_side_are_listed_in_any_order(chat: Chat) -> None:
    """Each of them in its own order, after what was there and before what comes."""
    zero, three = Question("0", "Hi"), Question("3", "Bye")
    chat.reply(zero, said("Zeroth"), MESSAGES)
    chat.open_stream(ONE)
    chat.reply(TWO, said("Second"), MESSAGES)
    chat.end_stream(said("First"))
    chat.reply(three, said("Third"), MESSAGES)
    head, tail = [asked(zero), said("Zeroth")], [asked(three), said("Third")]
    for middle in (
        [asked(ONE), said("First"), asked(TWO), said("Second")],
        [asked(ONE), asked(TWO), said("Second"), said("First")],
        [asked(TWO), asked(ONE), said("First"), said("Second")],
    ):
        chat.show(pages_of([*head, *middle, *tail]), 100)
    for wrong in (
        [said("First"), asked(ONE), asked(TWO), said("Second")],
        [asked(ONE), said("First"), said("Second"), asked(TWO)],
    ):
        expect_disagreement("MSG-3", chat, lambda: chat.show(pages_of([*head, *wrong, *tail]), 100))  # noqa: B023


def test_what_was_received_before_a_cancel_is_kept(chat: Chat) -> None:
    """A reply that begins with it, with any id, and certainly a reply. A replay of it is open."""
    chat.open_stream(ONE)
    chat.cancel(200)
    chat.cut_stream("Once upon")
    chat.show(pages_of([asked(ONE), said("Once upon a time")]), 100)
    chat.show(pages_of([asked(ONE), said("Once upon")]), 100)
    for wrong in [], [asked(ONE)], [asked(ONE), said("Once")], [asked(ONE), said("Once upon"), said("a time")]:
        expect_disagreement("CAN-3", chat, lambda: chat.show(pages_of(wrong), 100))  # noqa: B023
    assert chat.answered == []


def test_a_cancel_is_200(chat: Chat) -> None:
    """With a stream to cancel or without."""
    chat.cancel(200)
    expect_disagreement("CAN-1", chat, lambda: chat.cancel(404))
    chat.open_stream(ONE)
    expect_disagreement("CAN-2", chat, lambda: chat.cancel(204))


@pytest.mark.parametrize(
    ("operation", "clause"),
    [
        (lambda chat: None, "MSG-2"),
        (lambda chat: chat.reply(ONE, said("First"), MESSAGES), "IDM-2"),
        (lambda chat: chat.reply(ONE, said("First"), STREAM), "IDM-5"),
        (lambda chat: chat.reply(TWO, said("Second"), STREAM), "STR-6"),
        (lambda chat: chat.cancel(200), "CAN-1"),
        (lambda chat: chat.refuse("2", 422, MESSAGES), "MSG-4"),
        (lambda chat: chat.patch({"personality": None}, 200), "PAT-7"),
        (lambda chat: chat.patch({}, 422), "PAT-6"),
    ],
)
def test_the_last_operation_says_what_the_list_shows(
    chat: Chat, operation: Callable[[Chat], None], clause: str
) -> None:
    """A list that is wrong after it is a breach of its clause."""
    chat.reply(ONE, said("First"), MESSAGES)
    operation(chat)
    expect_disagreement(clause, chat, lambda: chat.show(pages_of([asked(ONE), said("First"), said("First")]), 100))


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"number": 1}, "PAG-3"),
        ({"size": 1}, "PAG-3"),
        ({"pages": 1}, "PAG-4"),
        ({"messages": []}, "PAG-5"),
        ({"total": 5, "pages": 3, "messages": [said("x"), said("y")]}, "PAG-6"),
        ({"total": 4, "pages": 2}, None),
    ],
)
def test_a_page_is_what_its_numbers_say(chat: Chat, change: dict[str, object], clause: str | None) -> None:
    """And its numbers are those of the whole list."""
    messages = [asked(ONE), said("First"), asked(TWO), said("Second")]
    chat.reply(ONE, messages[1], MESSAGES)
    chat.reply(TWO, messages[3], MESSAGES)
    first, second = pages_of(messages, 2)
    pages = [first, replace(second, **change)]  # type: ignore[arg-type]
    if clause is None:
        chat.show(pages, 2)
    else:
        expect_disagreement(clause, chat, lambda: chat.show(pages, 2))


def test_all_pages_tell_one_total(chat: Chat) -> None:
    """Also where the page is whole by its own count."""
    chat.reply(ONE, said("First"), MESSAGES)
    page = Page(1, 1, 3, 3, [asked(ONE)])
    expect_disagreement("PAG-7", chat, lambda: chat.show([page, Page(2, 1, 3, 3, [said("First")])], 1))


def test_an_empty_list_has_no_page_or_one(chat: Chat) -> None:
    """Both are tolerated."""
    for pages in 0, 1:
        chat.show([Page(1, 20, 0, pages, [])], 20)
    expect_disagreement("PAG-4", chat, lambda: chat.show([Page(1, 20, 0, 2, [])], 20))


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ({}, {400, 422}),
        ({"personalityId": 7}, {400, 422}),
        ({"personality": "a pirate"}, {200}),
        ({"personality": None, "brandVoiceId": None}, {200}),
        ({"targetAudienceId": None}, {200}),
        ({"personality": None, "brandVoiceId": "v"}, {200, 400, 404, 422}),
        ({"targetAudienceId": "a"}, {200, 400, 404, 422}),
    ],
    ids=range(7),  # a set has no order, and with workers every name has to be the same in each
)
def test_a_patch_is_accepted_or_refused(chat: Chat, body: dict[str, object], accepted: set[int]) -> None:
    """An id that the backend may not know may be refused."""
    for status in 200, 204, 400, 404, 422, 500:
        if status in accepted:
            chat.patch(body, status)
        elif body.keys() & {"personality", "brandVoiceId", "targetAudienceId"}:
            expect_disagreement("PAT-2", chat, lambda: chat.patch(body, status))  # noqa: B023
        elif not 400 <= status < 500:
            expect_disagreement("PAT-1", chat, lambda: chat.patch(body, status))  # noqa: B023


def test_a_personality_shows_in_each_reply_where_the_model_obeys() -> None:
    """A value replaces, what is omitted stays, null clears, and what is refused changes nothing."""
    chat = Model(obeys=True).create("c", "2026-05-01T09:00:00")
    steps: list[tuple[dict[str, object], int, str | None, str, str, str]] = [
        ({"personality": "say A1"}, 200, "A1", "so a1 it is", "without", "PAT-3"),
        ({"brandVoiceId": "v"}, 200, None, "A1", "without", "PAT-4"),
        ({"personality": "say B2"}, 200, "B2", "B2", "A1 and B2", "PAT-3"),
        ({"personality": "say C3", "brandVoiceId": "v"}, 404, "C3", "B2", "C3", "PAT-6"),
        ({"personality": None}, 200, None, "nothing", "B2", "PAT-5"),
    ]
    for number, (body, status, canary, right, wrong, clause) in enumerate(steps):
        chat.patch(body, status, canary=canary)
        question = Question(str(number), "Hi")
        for way in Way:
            expect_disagreement(clause, chat, lambda: chat.reply(question, said(wrong), way))  # noqa: B023
        chat.reply(question, said(right), MESSAGES)


def test_a_personality_is_nothing_to_judge_otherwise(chat: Chat) -> None:
    """A model need not obey."""
    chat.patch({"personality": "say A1"}, 200, canary="A1")
    chat.reply(ONE, said("No."), MESSAGES)


def test_own_conversations_are_listed_newest_first() -> None:
    """Among those of others, each of them; a caller's other traffic may stand between them."""
    model = Model()
    model.create("a", "2026-05-01T09:00:00")
    model.create("b", "2026-05-01T09:00:00.5")
    for ids in ["b", "a"], ["x", "b", "y", "b", "a", "z"]:
        model.show(ids)
    expect_disagreement("LST-1", model, lambda: model.show(["a", "b"]))
    expect_disagreement("LST-3", model, lambda: model.show(["b", "x"]))
    expect_disagreement("CRE-1", model, lambda: model.create("a", "2026-05-01T09:00:01"))


@pytest.mark.parametrize("later", ["2026-05-01T09:00:00", "2026-05-01T11:00:00+02:00", "2026-05-01T08:59:59Z", "soon"])
def test_conversations_of_one_moment_are_listed_in_any_order(later: str) -> None:
    """As far as can be told; a clock may go back."""
    model = Model()
    model.create("a", "2026-05-01T09:00:00")
    model.create("b", later)
    model.show(["a", "b"])
    model.show(["b", "a"])


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(Way), st.just(0)),
        st.tuples(st.just("replay"), st.sampled_from(Way), st.integers(0, 9)),
        st.tuples(st.just("hold"), st.just(STREAM), st.integers(0, 1)),
        st.tuples(st.just("idle"), st.just(STREAM), st.just(0)),
    ),
    max_size=12,
)


def play(operations: list[tuple[str, Way, int]]) -> tuple[Chat, list[Message]]:
    """The model after operations on a backend that makes no mistakes, and that backend's list."""
    chat, listed, replies = Model().create("c", "2026-05-01T09:00:00"), [], dict[Question, Message]()
    for number, (what, way, which) in enumerate(operations):
        question, reply = Question(str(number), f"Message {number}"), said(f"Reply {number}")
        if what == "say":
            replies[question] = reply
            chat.reply(question, reply, way)
        elif what == "replay" and replies:
            known = list(replies)[which % len(replies)]
            chat.reply(known, replies[known], way)
        elif what == "hold":
            chat.open_stream(question)
            chat.open_second(409, names_the_lock=True, was_surely_active=True)
            if which:
                replies[question] = reply
                chat.end_stream(reply)
            else:
                chat.cancel(200)
                chat.cut_stream("Reply")
        else:
            chat.cancel(200)
        if what in ("say", "hold"):
            listed += [asked(question), reply]
    return chat, listed


@given(OPERATIONS, st.integers(1, 100))
def test_the_model_agrees_with_a_backend_that_makes_no_mistakes(
    operations: list[tuple[str, Way, int]], size: int
) -> None:
    """Whatever is done, by pages of whatever size."""
    chat, listed = play(operations)
    chat.show(pages_of(listed, size), size)


@given(OPERATIONS, st.integers(1, 100), st.data())
def test_the_model_disagrees_with_any_other_list(
    operations: list[tuple[str, Way, int]], size: int, data: st.DataObject
) -> None:
    """One that has lost a message, has one twice, has two in another order, or another source or text."""
    chat, listed = play([*operations, ("say", MESSAGES, 0)])
    place = data.draw(st.integers(0, len(listed) - 1))
    chosen = listed[place]
    spoilt = data.draw(
        st.sampled_from(
            [
                [*listed[:place], *listed[place + 1 :]],
                [*listed[:place], chosen, *listed[place:]],
                [*listed[: place - 1], chosen, listed[place - 1], *listed[place + 1 :]] if place else listed[::-1],
                [*listed[:place], replace(chosen, text="Other"), *listed[place + 1 :]],
                [*listed[:place], replace(chosen, source="system"), *listed[place + 1 :]],
            ]
        )
    )
    before = copy.deepcopy(chat)
    with pytest.raises(Disagreement):
        chat.show(pages_of(spoilt, size), size)
    assert chat == before


@pytest.mark.parametrize(
    ("way", "refused", "clause"),
    [
        (MESSAGES, False, "MSG-1"),
        (STREAM, False, "STR-3"),
        (MESSAGES, True, "IDM-8"),
        (STREAM, True, "IDM-8"),
    ],
)
def test_a_first_reply_is_promised_by_the_way_it_is_asked_for(chat: Chat, way: Way, refused: bool, clause: str) -> None:
    """Or by what says that a refused message is new."""
    if refused:
        chat.refuse("1", 400, MESSAGES)
    assert chat.promise(ONE, way) == clause


@pytest.mark.parametrize("status", [None, 200, 399, 400, 499, 500, 501, 503])
def test_a_refusal_is_a_4xx(chat: Chat, status: int | None) -> None:
    """From the first to the last of them."""
    if status in (400, 499):
        chat.refuse("1", status, MESSAGES)
        chat.patch({}, status)
        chat.patch({"brandVoiceId": "v"}, status)
    else:
        expect_disagreement("MSG-4", chat, lambda: chat.refuse("1", status, MESSAGES))
        expect_disagreement("PAT-1", chat, lambda: chat.patch({}, status))
        if status != 200:
            expect_disagreement("PAT-2", chat, lambda: chat.patch({"brandVoiceId": "v"}, status))


def test_a_reply_by_a_held_stream_is_steered_too() -> None:
    """When it ends."""
    chat = Model(obeys=True).create("c", "2026-05-01T09:00:00")
    chat.patch({"personality": "say A1"}, 200, canary="A1")
    chat.open_stream(ONE)
    expect_disagreement("PAT-3", chat, lambda: chat.end_stream(said("no word")))
    chat.end_stream(said("A1 it is"))


def test_a_list_after_a_second_stream_is_wrong_by_its_clause(chat: Chat) -> None:
    """What was refused has left nothing behind."""
    chat.reply(TWO, said("Second"), MESSAGES)
    chat.open_stream(ONE)
    chat.open_second(409, names_the_lock=True, was_surely_active=True)
    messages = [asked(TWO), said("Second"), said("more")]
    expect_disagreement("LCK-2", chat, lambda: chat.show(pages_of(messages), 100))


def test_any_new_id_is_an_id() -> None:
    """In whatever order they are given out."""
    model = Model()
    for number, id in enumerate(["b", "a", "c", "aa"]):
        assert model.create(id, "2026-05-01T09:00:00").name == "ABCD"[number]
    for id in "b", "aa":
        expect_disagreement("CRE-1", model, lambda: model.create(id, "2026-05-01T09:00:00"))  # noqa: B023


def told(note: Callable[[], object]) -> tuple[str, str]:
    """What the model says of what it does not go along with."""
    with pytest.raises(Disagreement) as raised:
        note()
    return raised.value.expected, raised.value.observed


def test_the_first_message_that_does_not_fit_is_told(chat: Chat) -> None:
    """Which it is, how many there are, and what stands there instead."""
    chat.reply(ONE, said("First", "r"), MESSAGES)
    chat.open_stream(TWO)
    chat.cut_stream("Sec")
    right = [asked(ONE), said("First", "r"), asked(TWO), said("Second", "s")]
    assert told(lambda: chat.show(pages_of(right[:1]), 100)) == (
        "4 messages, number 2: assistant 'First' (id 'r')",
        "1 message, number 2: none",
    )
    assert told(lambda: chat.show(pages_of([*right[:3], said("Other", "s")]), 100)) == (
        "4 messages, number 4: assistant beginning with 'Sec'",
        "4 messages, number 4: assistant 'Other' (id 's')",
    )
    assert told(lambda: chat.show(pages_of([*right, said("more", "m")]), 100)) == (
        "4 messages, number 5: none",
        "5 messages, number 5: assistant 'more' (id 'm')",
    )


def test_what_is_no_lock_is_told(chat: Chat) -> None:
    """A 409 that does not name it, or another status."""
    chat.open_stream(ONE)
    assert told(lambda: chat.open_second(409, names_the_lock=False, was_surely_active=True)) == (
        "409 with conversationLocked",
        "409 without conversationLocked",
    )
    assert told(lambda: chat.open_second(423, names_the_lock=True, was_surely_active=False)) == (
        "409 with conversationLocked (or 200)",
        "423",
    )
