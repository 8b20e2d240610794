"""The verifiers of lists, of pages and of plain answers: what each lets pass, and what it takes for a breach."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import pytest

from conformance import expect
from conformance.events import Delta, Failed, Final, Ping, StreamEvent, Unreadable
from conformance.exchange import Exchange
from conformance.schema_answers import Finding
from conformance.sse import Event
from conformance.stream import ENDED, Arrival, Recording
from conformance.verdict import Unverified, Violation

REPLY = {"id": "r", "text": "Hello you", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}
CONVERSATION = {"id": "c", "createdAt": "2026-05-01T09:00:00", "modelName": None, "legacyCustomerId": 42}


def answer(status: int | None = 200, body: Any = None, *, query: str = "", **facts: Any) -> Exchange:
    """An exchange with this answer, made without any call."""
    made = Exchange(
        method="GET",
        url="http://localhost/x" + (f"?{query}" if query else ""),
        request_body=None,
        status=status,
        headers={"content-type": "application/json"},
        body=body if isinstance(body, str) else json.dumps(body),
        started=10.0,
        elapsed=0.5,
        curl="curl http://localhost/x",
    )
    return dataclasses.replace(made, **facts)


def listing(
    elements: Sequence[str | Mapping[str, Any]], query: str = "", *, total: int | None = None, **said: int
) -> Exchange:
    """A page of these elements (or of elements with these ids); its envelope agrees with it unless told otherwise."""
    data = [{"id": element} if isinstance(element, str) else element for element in elements]
    asked = dict(pair.split("=") for pair in query.split("&")) if query else {}
    size = int(asked.get("size", 20))
    count = len(data) if total is None else total
    page = {
        "size": size,
        "totalElements": count,
        "totalPages": -(-count // size),
        "currentPage": int(asked.get("page", 1)),
    }
    return answer(body={"page": page | said, "data": data}, query=query)


def recording(*readings: StreamEvent, ending: str | None = ENDED, status: int = 200) -> Recording:
    """A stream of which this was read."""
    return Recording(
        conversation_id="c",
        message={"id": "u", "text": "Hi"},
        exchange=answer(status, ""),
        arrivals=tuple(Arrival(11.0 + at, Event("x", "x"), reading) for at, reading in enumerate(readings)),
        ending=ending,
        ended_at=None if ending is None else 20.0,
        tail="",
        invalid_utf8=False,
    )


def breaks(clause: str, verify: Callable[..., object], *arguments: Any, **named: Any) -> Violation:
    """The breach of the clause that the verifier raises."""
    with pytest.raises(Violation) as raised:
        verify(clause, *arguments, **named)
    assert raised.value.clause.id == clause
    assert raised.value.expected != raised.value.observed
    return raised.value


# Pages


@pytest.mark.parametrize(
    ("query", "page", "size"),
    [("", 1, 20), ("page=2", 2, 20), ("size=3", 1, 3), ("page=4&size=100", 4, 100)],
)
def test_a_page_is_judged_by_what_was_asked_for(query: str, page: int, size: int) -> None:
    """The first of twenty where the call does not say."""
    assert expect.asked(listing([], query)) == (page, size)
    expect.expect_asked("PAG-3", listing([], query))
    assert breaks("PAG-3", expect.expect_asked, listing([], query, currentPage=page + 1)).observed.startswith(
        f"currentPage {page + 1}, size {size}"
    )
    breaks("PAG-3", expect.expect_asked, listing([], query, size=size - 1))


@pytest.mark.parametrize(("total", "pages"), [(0, 0), (0, 1), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_pages_are_counted_by_rounding_up(total: int, pages: int) -> None:
    """An empty list may have one page or none."""
    expect.expect_total_pages("PAG-4", listing([], "size=4", total=total, totalPages=pages))
    for wrong in (pages + 2, -1) if total == 0 else (pages - 1, pages + 1):
        breaks("PAG-4", expect.expect_total_pages, listing([], "size=4", total=total, totalPages=wrong))


@pytest.mark.parametrize(
    ("page", "total", "count"), [(1, 5, 3), (2, 5, 2), (2, 6, 3), (3, 6, 0), (9, 6, 0), (1, 0, 0), (1, 1, 1)]
)
def test_a_page_has_as_many_elements_as_are_left_for_it(page: int, total: int, count: int) -> None:
    """All but the last are full; past the end there is nothing."""
    ids = [f"id {number}" for number in range(count)]
    query = f"page={page}&size=3"
    expect.expect_filled("PAG-5", listing(ids, query, total=total))
    breaks("PAG-5", expect.expect_filled, listing([*ids, "more"], query, total=total))
    if count:
        breaks("PAG-5", expect.expect_filled, listing(ids[1:], query, total=total))


def test_a_size_that_is_too_large_is_refused_or_cut() -> None:
    """Cut means that the envelope says so."""
    hundred = [f"id {number}" for number in range(100)]
    expect.expect_limited("PAG-9", answer(400, {}, query="size=101"))
    expect.expect_limited("PAG-9", listing(hundred, "size=101", total=300, size=100))
    expect.expect_limited("PAG-9", listing(hundred[:7], "size=101", size=100))
    breaks("PAG-9", expect.expect_limited, listing(hundred, "size=101"))
    breaks("PAG-9", expect.expect_limited, listing([*hundred, "more"], "size=101", size=100))
    breaks("PAG-9", expect.expect_limited, listing([], "size=101", size=99))
    breaks("PAG-9", expect.expect_limited, answer(500, {}))


def test_the_total_is_the_same_on_all_pages() -> None:
    """The two that differ are shown, and how each was asked for."""
    one, two, other = listing(["a"], "size=1", total=3), listing(["b"], "page=2&size=1", total=3), listing(["a"])
    expect.expect_one_total("PAG-7", one, two)
    expect.expect_one_total("PAG-7", listing(["a"], total=1000), listing(["b"], "page=2", total=1000))
    violation = breaks("PAG-7", expect.expect_one_total, one, two, other)
    assert violation.exchanges == (one, other)
    assert violation.observed == "3 (page 1 of size 1), 3 (page 2 of size 1), 1 (page 1 of size 20)"


def test_two_pages_are_the_same_by_ids_and_order() -> None:
    """Whatever else their elements say by now."""
    expect.expect_same_elements("PAG-2", listing(["a", "b"]), listing([{"id": "a", "n": 1}, "b"]))
    for other in ["b", "a"], ["a"], ["a", "b", "c"]:
        breaks("PAG-2", expect.expect_same_elements, listing(["a", "b"]), listing(other))


def test_many_ids_are_cut_in_a_verdict() -> None:
    """Ten are told."""
    ids = [f"i{number}" for number in range(12)]
    violation = breaks("PAG-2", expect.expect_same_elements, listing(ids[:10]), listing(ids))
    assert violation.expected.endswith("i8, i9")
    assert violation.observed.endswith("i8, i9 and 2 more")


@pytest.mark.parametrize(
    "pages",
    [
        (listing("abc", total=3),),
        (
            listing("ab", "size=2", total=5),
            listing("cd", "page=2&size=2", total=5),
            listing("e", "page=3&size=2", total=5),
        ),
        (listing("ab", "size=2", total=3), listing("abc", "size=3", total=3)),
        # One more was put before the others between the two calls: counted from the end, each has kept its place.
        (listing("ab", "size=2", total=4), listing("bc", "page=2&size=2", total=5)),
    ],
)
def test_pages_of_one_list_fit_together(pages: tuple[Exchange, ...]) -> None:
    """Whatever their sizes, and where a list has grown at its beginning, seen from its end."""
    expect.expect_one_order("PAG-6", *pages)


@pytest.mark.parametrize(
    ("pages", "observed"),
    [
        ((listing("ab", "size=2", total=4), listing("bc", "page=2&size=2", total=4)), "'b' at places 2 and 3"),
        ((listing("ab", "size=2", total=3), listing("acb", "size=3", total=3)), "at place 2 first 'b', then 'c'"),
        ((listing("aba", total=3),), "'a' at places 1 and 3"),
    ],
)
def test_pages_that_fit_no_one_list_break_the_clause(pages: tuple[Exchange, ...], observed: str) -> None:
    """An element on two pages, two elements at one place."""
    violation = breaks("PAG-6", expect.expect_one_order, *pages)
    assert violation.observed == observed
    assert violation.exchanges == (pages[0], pages[-1])


def test_all_that_was_made_is_on_one_of_the_pages() -> None:
    """The first that is missing is named."""
    pages = listing("ab", "size=2", total=3), listing("c", "page=2&size=2", total=3)
    expect.expect_all_listed("PAG-6", "cba", *pages)
    violation = breaks("PAG-6", expect.expect_all_listed, ["c", "x", "y"], *pages)
    assert (violation.expected, violation.observed) == (
        "an element with id 'x' on one of the pages",
        "3 elements, none with this id",
    )


def test_an_id_that_is_no_string_is_told_as_it_is() -> None:
    """What is wrong with it is for others to judge."""
    assert expect.listed_ids(listing([{"id": 7}, {}, "a"])) == ["7", "None", "a"]


@pytest.mark.parametrize(
    "envelope", [{"data": [1]}, {"data": {}}, {"page": []}, {"page": {"size": 20}}, {"data": None}, {"page": None}]
)
def test_what_is_no_envelope_is_no_page(envelope: dict[str, Any]) -> None:
    """`data` is a list of objects."""
    good = {"page": {"size": 20, "totalElements": 0, "totalPages": 0, "currentPage": 1}, "data": []}
    assert expect.expect_page("PAG-1", answer(body=good)) == good
    breaks("PAG-1", expect.expect_page, answer(body=good | envelope))


@pytest.mark.parametrize(
    "verify",
    [
        expect.expect_asked,
        expect.expect_total_pages,
        expect.expect_filled,
        expect.expect_limited,
        expect.expect_one_total,
        expect.expect_one_order,
        expect.expect_descending,
        lambda clause, page: expect.expect_all_listed(clause, [], page),
        lambda clause, page: expect.expect_same_elements(clause, page, page),
        lambda clause, page: expect.expect_same_order(clause, page, page),
        lambda clause, page: expect.expect_unchanged(clause, page, page),
        lambda clause, page: expect.expect_newest_first(clause, page, []),
        lambda clause, page: expect.expect_as_created(clause, page, answer(201, CONVERSATION)),
        lambda clause, page: expect.expect_order(clause, page, []),
        lambda clause, page: expect.expect_listed(clause, page, REPLY),
        lambda clause, page: expect.expect_not_listed(clause, page, REPLY),
        lambda clause, page: expect.expect_listed_once(clause, page, REPLY),
        lambda clause, page: expect.expect_same_text(clause, page, REPLY),
        lambda clause, page: expect.expect_kept(clause, page, recording()),
    ],
)
def test_whoever_reads_a_page_sees_that_it_is_none(verify: Callable[[str, Exchange], object]) -> None:
    """A breach of PAG-1, or of the clause by which it is compared; never a fault of the kit."""
    with pytest.raises(Violation) as raised:
        verify("PAG-3", answer(body={"data": [REPLY]}))
    assert raised.value.clause.id in {"PAG-1", "PAG-3"}


# Conversations


def conversation(id: str, created_at: object) -> dict[str, Any]:
    """A conversation that was made then."""
    return {"id": id, "createdAt": created_at}


EARLY = conversation("early", "2026-05-01T09:00:00")
LATE = conversation("late", "2026-05-01T09:00:01")
MUCH_LATER = conversation("much later", "2026-05-01T10:00:00")


def test_what_was_made_later_is_listed_before() -> None:
    """Those made at one moment in any order; those that are on another page not at all."""
    made = [EARLY, LATE, MUCH_LATER]
    expect.expect_newest_first("LST-1", listing(["much later", "late", "x", "early"]), made)
    expect.expect_newest_first("LST-1", listing(["much later", "early"]), made)
    expect.expect_newest_first("LST-1", listing(["early", "twin"]), [EARLY, conversation("twin", EARLY["createdAt"])])
    for order in ["late", "much later", "early"], ["much later", "early", "late"], ["early", "x", "much later"]:
        breaks("LST-1", expect.expect_newest_first, listing(order), made)
    violation = breaks("LST-1", expect.expect_newest_first, listing(["x", "early", "late"]), made)
    assert violation.expected == "'late' of 2026-05-01T09:00:01 before 'early' of 2026-05-01T09:00:00"
    assert violation.observed == "at place 3, after it at place 2"


def test_a_clock_that_stands_still_is_judged_by_ours() -> None:
    """By what was asked for five seconds after the other was made; and only where all say one moment."""

    def made(id: str, started: float, created_at: str = "2026-05-01T09:00:00") -> Exchange:
        return answer(201, conversation(id, created_at), started=started, elapsed=1.0)

    judge = expect.expect_newest_first_by_our_clock
    old, soon, new = made("old", 10.0), made("soon", 15.9), made("new", 16.0)
    judge("LST-1", listing(["new", "old"]), [old, new])
    judge("LST-1", listing(["old", "soon"]), [old, soon])
    judge("LST-1", listing(["old"]), [old, new])
    judge("LST-1", listing(["old", "new"]), [old, new, made("other", 17.0, "2026-05-01T09:00:01")])
    violation = breaks("LST-1", judge, listing(["old", "soon", "new"]), [old, soon, new])
    assert violation.exchanges[:2] == (old, new)
    assert violation.observed == "at place 3, after it at place 1; both say one createdAt"


def test_moments_that_do_not_compare_prove_nothing() -> None:
    """One with a zone and one without, or none at all."""
    for odd in "2026-05-01T23:00:00Z", "yesterday", None:
        expect.expect_newest_first("LST-1", listing(["early", "odd"]), [EARLY, conversation("odd", odd)])
        expect.expect_descending("LST-1", listing([EARLY, conversation("odd", odd)]))


def test_a_list_descends_but_for_what_was_made_at_once() -> None:
    """Two seconds are at once: who is given a time first may be stored last."""
    expect.expect_descending("LST-1", listing([MUCH_LATER, LATE, EARLY]))
    expect.expect_descending("LST-1", listing([EARLY, LATE]))
    expect.expect_descending("LST-1", listing([EARLY, conversation("2 s", "2026-05-01T09:00:02")]))
    breaks("LST-1", expect.expect_descending, listing([EARLY, conversation("more", "2026-05-01T09:00:02.1")]))
    breaks("LST-1", expect.expect_descending, listing([MUCH_LATER, EARLY, MUCH_LATER]))


def test_what_two_pages_share_is_in_one_order() -> None:
    """What only one of them has is left aside."""
    expect.expect_same_order("LST-1", listing("axbc"), listing("abyc"))
    violation = breaks("LST-1", expect.expect_same_order, listing("axbc"), listing("yacb"))
    assert (violation.expected, violation.observed) == ("a, b, c", "a, c, b")


def test_a_conversation_is_listed_as_it_was_created() -> None:
    """Null and not there are the same; other fields are the list's own."""
    created = answer(201, CONVERSATION)
    expect.expect_as_created("LST-3", listing(["x", CONVERSATION | {"title": "t"}]), created)
    expect.expect_as_created("LST-3", listing([{k: v for k, v in CONVERSATION.items() if v is not None}]), created)
    for name in "createdAt", "modelName", "legacyCustomerId":
        page = listing([CONVERSATION | {name: "other"}])
        assert breaks("LST-3", expect.expect_as_created, page, created).observed == f"{name} 'other'"
    assert breaks("LST-3", expect.expect_as_created, listing(["x"]), created).observed == "1 others"


def test_two_conversations_have_two_ids() -> None:
    """Of answers that are conversations."""
    first, second = answer(201, CONVERSATION), answer(201, CONVERSATION | {"id": "d"})
    expect.expect_different_ids("CRE-2", first, second)
    breaks("CRE-2", expect.expect_different_ids, first, first)
    breaks("CRE-2", expect.expect_different_ids, second, first, answer(201, CONVERSATION | {"id": "d"}))


# Messages


def test_the_same_reply_is_the_same_by_each_field() -> None:
    """A slip in the first answer is MSG-1's; in the second it is the replay's."""
    first = answer(200, REPLY)
    for name in "id", "text", "createdAt":
        other = answer(200, REPLY | {name: "other"})
        assert breaks("IDM-1", expect.expect_same_reply, first, other).observed == f"{name} 'other'"
    with pytest.raises(Violation, match="MSG-1"):
        expect.expect_same_reply("IDM-1", answer(200, REPLY | {"id": ""}), first)
    breaks("IDM-1", expect.expect_same_reply, first, answer(200, REPLY | {"id": ""}))


def test_a_listed_element_has_what_was_given_of_it() -> None:
    """A field that is not there is not null."""
    expect.expect_listed("LST-2", listing([{"id": "c", "modelName": None}]), {"id": "c", "modelName": None})
    violation = breaks("LST-2", expect.expect_listed, listing(["c"]), {"id": "c", "modelName": None})
    assert (violation.expected, violation.observed) == ("modelName None", "modelName missing")


def test_an_order_asks_for_all_and_for_no_others() -> None:
    """What was not asked for may stand between."""
    expect.expect_order("MSG-3", listing("xaybz"), ["a", "b"])
    for ids in "ba", "a", "aab":
        breaks("MSG-3", expect.expect_order, listing(ids), ["a", "b"])
    assert breaks("MSG-3", expect.expect_order, listing("x"), ["a"]).observed == "none"


@pytest.mark.parametrize(
    ("text", "place"),
    [("Hello yuo", 7), ("Hello yo", 8), ("Hello you!", 9), ("hello you", 0), ("", 0), (None, 0), (7, 0)],
)
def test_a_text_is_listed_character_by_character(text: object, place: int) -> None:
    """The verdict says where it begins to differ."""
    message = {"id": "r", "text": "Hello you"}
    expect.expect_same_text("MSG-6", listing(["x", REPLY]), message)
    violation = breaks("MSG-6", expect.expect_same_text, listing([REPLY | {"text": text}]), message)
    assert f"at {place} " in violation.expected
    assert f"at {place} " in violation.observed
    assert breaks("MSG-6", expect.expect_same_text, listing(["x"]), message).observed == "none with this id"


def test_a_long_text_is_shown_around_the_place() -> None:
    """Twenty characters before it, forty from it on."""
    sent = "a" * 100 + "b" + "c" * 100
    violation = breaks(
        "MSG-6",
        expect.expect_same_text,
        listing([{"id": "m", "text": sent.replace("b", "B")}]),
        {"id": "m", "text": sent},
    )
    assert violation.observed == f"201 characters, at 100 {'a' * 20 + 'B' + 'c' * 39!r}"


def test_a_turn_is_listed_by_both_of_its_messages() -> None:
    """With their ids and texts, each of them once."""
    asked = {"id": "u", "text": "Hello", "createdAt": "2019-02-03T04:05:06"}
    stored = asked | {"source": "user", "createdAt": "2026-05-01T09:00:00"}
    expect.expect_turn_listed("MSG-2", listing([stored, REPLY]), asked, REPLY)
    for wrong in [stored], [REPLY], [stored, REPLY, REPLY], [stored | {"text": "Hallo"}, REPLY]:
        breaks("MSG-2", expect.expect_turn_listed, listing(wrong), asked, REPLY)


def test_a_message_is_listed_once() -> None:
    """One with its id and all that is given of it; another with the same id and other words is none."""
    user = {"id": "u", "text": "Hi", "source": "user"}
    expect.expect_listed_once("IDM-2", listing([user | {"read": True}, REPLY]), user)
    expect.expect_listed_once("IDM-2", listing([user | {"text": "Other"}, user]), user)
    assert breaks("IDM-2", expect.expect_listed_once, listing([user, user]), user).observed == "2 such elements"
    assert (
        breaks("IDM-2", expect.expect_listed_once, listing([REPLY]), user).observed == "1 elements, none with this id"
    )
    other = breaks("IDM-2", expect.expect_listed_once, listing([user | {"text": "Ho"}]), user)
    assert other.observed == "text 'Ho': otherwise from character 1 on, 'i' became 'o'"
    without = breaks("IDM-2", expect.expect_listed_once, listing(["u"]), {"id": "u", "createdAt": None})
    assert without.expected == "one element with id 'u', createdAt None"


def test_a_replay_by_a_stream_has_the_reply_as_its_final_event() -> None:
    """By id and text; the moment may be written otherwise."""
    expect.expect_replayed("IDM-5", REPLY, recording(Delta("Hello you"), Final(REPLY | {"createdAt": "other"})))
    for message in REPLY | {"text": "Bye"}, REPLY | {"id": "other"}, {"id": "r"}:
        breaks("IDM-5", expect.expect_replayed, REPLY, recording(Final(message)))
    assert breaks("IDM-5", expect.expect_replayed, REPLY, recording(Delta("x"))).observed == "no final event"
    failed = recording(Failed("e", "generationFailed"))
    assert breaks("IDM-5", expect.expect_replayed, REPLY, failed).observed == "an error event"
    breaks("IDM-5", expect.expect_replayed, REPLY, recording(Final(REPLY), status=409))
    with pytest.raises(Violation, match="STR-2"):
        expect.expect_replayed("IDM-5", REPLY, recording(Unreadable("?"), Final(REPLY)))


def test_a_stream_that_was_cut_proves_nothing_of_its_end() -> None:
    """What had come before its end counts all the same."""
    for ending in None, "nothing came for 5 s":
        with pytest.raises(Unverified):
            expect.expect_replayed("IDM-5", REPLY, recording(Delta("x"), ending=ending))
        with pytest.raises(Unverified):
            expect.expect_final_event("STR-3", recording(Delta("x"), ending=ending))
        expect.expect_replayed("IDM-5", REPLY, recording(Final(REPLY), ending=ending))
        assert expect.expect_final_event("STR-3", recording(Delta("x"), Final(REPLY), ending=ending)) == Final(REPLY)
        breaks("STR-3", expect.expect_final_event, recording(Final(REPLY), Delta("x"), ending=ending))
        breaks("STR-3", expect.expect_final_event, recording(Final(REPLY), Final(REPLY), ending=ending))
    cut = dataclasses.replace(recording(Delta("x"), ending="it was cut"), tail="event: del")
    cut = dataclasses.replace(cut, exchange=answer(200, "", headers={"content-type": "text/event-stream"}))
    expect.expect_event_stream("STR-1", cut)
    breaks("STR-1", expect.expect_event_stream, dataclasses.replace(cut, ending=ENDED))


def test_pings_count_for_nothing() -> None:
    """Not even after the final event."""
    expect.expect_final_event("STR-3", recording(Ping(), Final(REPLY), Ping()))
    expect.expect_readable_events("STR-2", recording(Ping(), Delta("x"), Failed("e", "c")))
    assert breaks("STR-2", expect.expect_readable_events, recording(Delta("x"), Unreadable("odd"))).observed == "odd"


@pytest.mark.parametrize(
    "change",
    [{"id": ""}, {"text": "\n"}, {"text": 7}, {"source": "user"}, {"source": "Assistant"}, {"createdAt": None}],
)
def test_a_final_message_is_the_assistants_reply(change: dict[str, Any]) -> None:
    """As one of `/messages` is."""
    assert expect.expect_final_message("STR-6", recording(Final(REPLY))) == REPLY
    breaks("STR-6", expect.expect_final_message, recording(Final(REPLY | change)))


def test_the_deltas_joined_are_the_final_text() -> None:
    """None lost, none twice, none out of its order."""
    expect.expect_joined_deltas("STR-5", recording(Delta("Hello"), Delta(" you"), Final(REPLY)))
    for deltas in ["Hello"], ["Hello", " you", " you"], [" you", "Hello"], ["hello you"]:
        breaks("STR-5", expect.expect_joined_deltas, recording(*map(Delta, deltas), Final(REPLY)))


def test_a_kept_reply_stands_after_its_message() -> None:
    """One that stands before it is another's, and what the user wrote is no reply."""
    cancelled = recording(Delta("Hello"), ending="closed by the kit")
    user, kept = {"id": "u", "text": "Hi", "source": "user"}, REPLY | {"text": "Hello"}
    expect.expect_kept("CAN-3", listing(["x", user, kept]), cancelled)
    breaks("CAN-3", expect.expect_kept, listing([kept, user]), cancelled)
    breaks("CAN-3", expect.expect_kept, listing([user, kept | {"source": "user"}]), cancelled)
    breaks("CAN-3", expect.expect_kept, listing([user | {"text": "Ho"}, kept]), cancelled)
    breaks("CAN-3", expect.expect_kept, listing([user, kept | {"text": None}]), cancelled)


def test_a_stream_is_closed_in_time_up_to_the_last_moment() -> None:
    """Counted from the end of the cancel's answer."""
    cancelled = answer(200, {}, started=17.5, elapsed=0.5)
    expect.expect_closed("CAN-2", recording(), cancelled=cancelled, within_s=2)
    breaks("CAN-2", expect.expect_closed, recording(), cancelled=cancelled, within_s=1.9)
    breaks("CAN-2", expect.expect_closed, recording(ending=None), cancelled=cancelled, within_s=2)


# Answers of any kind

UNAVAILABLE = [502, 503, 504]


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_a_backend_that_is_unavailable_breaks_nothing(status: int) -> None:
    """By whichever verifier its answer is read."""
    down = answer(status, "")
    with pytest.raises(Unverified):
        expect.expect_status("PAG-1", down, 200)
    with pytest.raises(Unverified):
        expect.expect_refused("MSG-4", down, why="it is wrong")
    with pytest.raises(Unverified):
        expect.expect_plain_refusal("STR-8", down, why="it is wrong")
    with pytest.raises(Unverified):
        expect.expect_not_accepted("AUT-2", down, why="it is wrong")
    with pytest.raises(Unverified):
        expect.expect_accepted("MSG-5", down)
    with pytest.raises(Unverified):
        expect.expect_locked("LCK-1", down, active=recording())
    expect.expect_status("LCK-9", down, 409, status)


@pytest.mark.parametrize(
    ("status", "accepted", "refused"),
    [
        (None, False, False),
        (199, False, False),
        (200, True, False),
        (299, True, False),
        (300, False, False),
        (399, False, False),
        (400, False, True),
        (499, False, True),
        (500, False, False),
    ],
)
def test_what_is_accepted_and_what_is_refused(status: int | None, accepted: bool, refused: bool) -> None:
    """A 2xx, and a 4xx; the rest is neither."""
    exchange = answer(status, "", note="no connection")
    if accepted:
        expect.expect_accepted("MSG-5", exchange)
        breaks("AUT-2", expect.expect_not_accepted, exchange, why="it is another's")
    else:
        breaks("MSG-5", expect.expect_accepted, exchange)
        expect.expect_not_accepted("AUT-2", exchange, why="it is another's")
    if refused:
        expect.expect_refused("MSG-4", exchange, why="it is wrong")
        expect.expect_plain_refusal("STR-8", exchange, why="it is wrong")
    else:
        breaks("MSG-4", expect.expect_refused, exchange, why="it is wrong")
        breaks("STR-8", expect.expect_plain_refusal, exchange, why="it is wrong")


@pytest.mark.parametrize("status", [None, 200, 400, 404, 408, 410, 423, 500])
def test_no_other_status_tells_of_the_lock(status: int | None) -> None:
    """Whatever its body says; and a 409 tells of it by its code alone."""
    code = {"code": "conversationLocked"}
    expect.expect_locked("LCK-1", answer(409, code), active=recording())
    assert (
        breaks("LCK-1", expect.expect_locked, answer(status, code, note="cut"), active=recording()).exchanges[0].body
        == ""
    )
    breaks("LCK-1", expect.expect_locked, answer(409, {"code": "conflict"}), active=recording())


def test_a_refusal_is_no_event_stream() -> None:
    """A 4xx in the form of one breaks STR-8."""
    streamed = answer(400, "", headers={"content-type": "text/event-stream"})
    breaks("STR-8", expect.expect_plain_refusal, streamed, why="it is wrong")


def test_a_server_error_is_one_of_a_backend_that_is_there() -> None:
    """Silence and a 503 count only where a plain call is answered; a time-out counts nowhere."""
    there, away = answer(200, "{}"), answer(503, "")
    silent, slow = answer(None, "", note="RemoteProtocolError: cut"), answer(None, "", note="ReadTimeout: timed out")
    for status in 200, 404, 499:
        expect.expect_no_server_error("ERR-1", answer(status, ""), alive=lambda: away)
    for exchange in answer(500, ""), answer(599, ""), answer(503, ""), silent:
        breaks("ERR-1", expect.expect_no_server_error, exchange, alive=lambda: there)
    for exchange in answer(502, ""), answer(503, ""), answer(504, ""), silent:
        with pytest.raises(Unverified):
            expect.expect_no_server_error("ERR-1", exchange, alive=lambda: away)
    with pytest.raises(Unverified):
        expect.expect_no_server_error("ERR-1", slow, alive=lambda: there)
    breaks("ERR-1", expect.expect_no_server_error, answer(500, ""), alive=lambda: away)


def test_a_server_error_that_came_twice_counts() -> None:
    """Elsewhere a call that was sent again proves nothing."""
    violation = breaks("ERR-1", expect.expect_no_server_error, answer(500, "", repeated=True), alive=answer)
    assert [exchange.repeated for exchange in violation.exchanges] == [False]


def test_the_first_finding_is_told_and_the_others_are_counted() -> None:
    """Each has its own clause."""
    findings = [Finding("SCH-1", "a", "b"), Finding("ERR-1", "c", "d"), Finding("ERR-1", "c", "d")]
    expect.expect_as_documented(answer(), [])
    for count, observed in (1, "b"), (3, "b (and 2 more)"):
        with pytest.raises(Violation, match="SCH-1") as raised:
            expect.expect_as_documented(answer(), findings[:count])
        assert (raised.value.expected, raised.value.observed) == ("a", observed)


@pytest.mark.parametrize(("answers", "given"), [([409, 409, 200], 200), ([404], 404), ([409] * 9, 409)])
def test_a_lock_that_lingers_is_asked_again(answers: list[int], given: int) -> None:
    """For a while; any other answer stands at once."""
    coming = chain(answers, repeat(409))
    assert expect.once_unlocked(lambda: answer(next(coming)), within_s=0.1).status == given


def test_each_try_is_kept_until_one_is_let_through() -> None:
    """And where none is, to the first that was begun too late for a lock to be there still."""
    coming = iter([409, 409, 200, 409])
    made = expect.tries(lambda: answer(next(coming)))
    assert [each.status for each in made] == [409, 409, 200]
    assert len(list(expect.tries(lambda: answer(409), within_s=0))) == 1


def test_an_answer_is_told_in_one_line() -> None:
    """Long ones clipped, none with its reason."""
    assert expect.answered(answer(200, {"a": 1})) == '200 application/json {"a": 1}'
    assert expect.answered(answer(404, "", headers={})) == "404"
    assert expect.answered(answer(None, "", note="ConnectError")) == "ConnectError"
    assert expect.quoted("x" * 298) == f"'{'x' * 298}'"
    assert expect.quoted("x" * 299).endswith("x... (301 characters)")
