"""The verifiers: what each lets pass, and what its verdict shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest

from conformance import expect
from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.stream import Recording
from conformance.verdict import Unverified, Violation

from .backend import EVENT_STREAM, Answer, Backend

REPLY = {"id": "r", "text": "Hello you", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}
CONVERSATION = {"id": "c", "createdAt": "2026-05-01T09:00:00.123+02:00", "modelName": None, "legacyCustomerId": 42}
ENVELOPE = {"page": {"size": 20, "totalElements": 0, "totalPages": 1, "currentPage": 1}, "data": []}

Answers = Callable[..., Exchange]
Streams = Callable[..., Recording]


def event(name: str, value: Any) -> str:
    """An event of the contract's shape."""
    return f"event: {name}\ndata: {json.dumps({name: value})}\n\n"


@pytest.fixture
def answer(backend: Backend, client: Client) -> Answers:
    """`answer(status, body)`: an exchange with this answer."""

    def make(status: int, body: Any) -> Exchange:
        text = body if isinstance(body, str) else json.dumps(body)
        backend.answer = lambda request: Answer(status, {"Content-Type": "application/json"}, [text.encode()])
        return client.list_conversations()

    return make


@pytest.fixture
def stream(backend: Backend, client: Client) -> Iterator[Streams]:
    """`stream(text)`: a stream that was read to its end."""
    with ExitStack() as opened:

        def make(text: str, content_type: str = "text/event-stream") -> Recording:
            pieces = [text.encode("utf-8", "surrogateescape")] if text else []
            backend.answer = lambda request: Answer(200, {"Content-Type": content_type}, pieces)
            return opened.enter_context(client.open_stream("c", new_message("Hi"))).finish()

        yield make


@pytest.mark.parametrize("status", [200, 201])
def test_a_conversation_may_have_more_fields_and_either_status(answer: Answers, status: int) -> None:
    """What a correct backend may do raises no alarm."""
    assert expect.expect_conversation("CRE-1", answer(status, CONVERSATION | {"title": "x"}))["id"] == "c"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, CONVERSATION),
        (201, CONVERSATION | {"id": 7}),
        (201, CONVERSATION | {"id": ""}),
        (201, {"id": "c"}),
        (201, [CONVERSATION]),
        (201, "created"),
    ],
)
def test_what_is_no_conversation_is_a_violation(answer: Answers, status: int, body: Any) -> None:
    """Of the clause that the caller named."""
    with pytest.raises(Violation, match=r"^CRE-2 \(must\)"):
        expect.expect_conversation("CRE-2", answer(status, body))


@pytest.mark.parametrize("change", [{"text": " "}, {"source": "user"}, {"id": None}, {"createdAt": 5}])
def test_a_reply_is_a_message_of_the_assistant_with_text(answer: Answers, change: dict[str, Any]) -> None:
    """MSG-1."""
    assert expect.expect_message("MSG-1", answer(200, REPLY | {"tokens": 3}))["text"] == "Hello you"
    with pytest.raises(Violation, match="MSG-1"):
        expect.expect_message("MSG-1", answer(200, REPLY | change))


@pytest.mark.parametrize(
    "change", [{"size": "20"}, {"totalElements": True}, {"totalPages": 1.0}, {"currentPage": None}]
)
def test_an_envelope_has_four_integers(answer: Answers, change: dict[str, Any]) -> None:
    """PAG-1: true is no number, and no string is."""
    expect.expect_page("PAG-1", answer(200, ENVELOPE | {"links": {}}))
    with pytest.raises(Violation, match="PAG-1"):
        expect.expect_page("PAG-1", answer(200, ENVELOPE | {"page": ENVELOPE["page"] | change}))  # type: ignore[operator]


def test_page_numbers_are_compared(answer: Answers) -> None:
    """PAG-2, and what was said instead."""
    exchange = answer(200, ENVELOPE)
    expect.expect_page_numbers("PAG-2", exchange, page=1, size=20)
    with pytest.raises(Violation, match="observed  currentPage 1, size 20"):
        expect.expect_page_numbers("PAG-2", exchange, page=1, size=10)


def test_a_replay_is_compared_by_the_four_fields(answer: Answers) -> None:
    """IDM-1: other fields may change, these not, and only those that did are shown."""
    first = answer(200, REPLY)
    expect.expect_same_reply("IDM-1", first, answer(200, REPLY | {"replayed": True}))
    with pytest.raises(Violation, match=r"expected  text 'Hello you'\n  observed  text 'Bye'\n"):
        expect.expect_same_reply("IDM-1", first, answer(200, REPLY | {"text": "Bye"}))


def test_listings_are_searched_compared_and_ordered(answer: Answers) -> None:
    """By id; a listing is unchanged when the messages' own fields are."""
    user = REPLY | {"id": "u", "source": "user"}
    listing = answer(200, ENVELOPE | {"data": [user, REPLY]})
    expect.expect_listed("MSG-2", listing, {"id": "u", "source": "user"})
    expect.expect_not_listed("LCK-2", listing, {"id": "x"})
    expect.expect_order("MSG-3", listing, ["u", "r"])
    expect.expect_unchanged("IDM-2", listing, answer(200, ENVELOPE | {"data": [user | {"read": True}, REPLY]}))
    with pytest.raises(Violation, match="2 elements, none with this id"):
        expect.expect_listed("MSG-2", listing, {"id": "x"})
    with pytest.raises(Violation, match="observed  text 'Hello you'"):
        expect.expect_listed("MSG-2", listing, {"id": "u", "text": "Bye"})
    with pytest.raises(Violation, match="LCK-2"):
        expect.expect_not_listed("LCK-2", listing, {"id": "u"})
    with pytest.raises(Violation, match="observed  u, r"):
        expect.expect_order("MSG-3", listing, ["r", "u"])
    with pytest.raises(Violation, match="IDM-2"):
        expect.expect_unchanged("IDM-2", listing, answer(200, ENVELOPE | {"data": [user]}))


GOOD = event("delta", "Hello") + ": ping\n\n" + event("delta", " you") + event("message", REPLY)


@pytest.mark.parametrize("content_type", ["text/event-stream", 'Text/Event-Stream; charset="UTF-8"'])
@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD + ": bye\n"])
def test_a_correct_stream_passes_every_verifier(stream: Streams, text: str, content_type: str) -> None:
    """Line ends, a byte order mark, pings and parameters are the backend's own."""
    read = stream(text, content_type)
    expect.expect_event_stream("STR-1", read)
    expect.expect_readable_events("STR-2", read)
    assert expect.expect_final_message("STR-3", read) == REPLY
    expect.expect_joined_deltas("STR-5", read)


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (GOOD, "text/plain"),
        (GOOD, "text/event-stream; charset=latin-1"),
        (GOOD.replace("Hello", "H\udcffllo"), "text/event-stream"),
        (GOOD[:-1], "text/event-stream"),
    ],
)
def test_an_ill_formed_stream_breaks_str_1(stream: Streams, text: str, content_type: str) -> None:
    """The media type, the encoding, an end without its blank line."""
    with pytest.raises(Violation, match="STR-1"):
        expect.expect_event_stream("STR-1", stream(text, content_type))


@pytest.mark.parametrize(
    ("text", "observed"),
    [
        ("", "no event; it ended"),
        (event("delta", "a") * 3, "3 delta; it ended"),
        (GOOD + event("message", REPLY), "2 delta, 2 final; it ended"),
        (GOOD + event("delta", "b"), "2 delta, 1 final, 1 delta; it ended"),
        (GOOD + event("error", "late"), "2 delta, 1 final, 1 failed; it ended"),
        (GOOD + "data: [DONE]\n\n", "2 delta, 1 final, 1 unreadable; it ended"),
    ],
)
def test_a_stream_without_its_one_final_event_breaks_str_3(stream: Streams, text: str, observed: str) -> None:
    """The verdict shows the sequence in one line, however long the stream."""
    with pytest.raises(Violation) as caught:
        expect.expect_final_event("STR-3", stream(text))
    assert caught.value.observed == observed


def test_a_generation_that_fails_breaks_nothing(stream: Streams) -> None:
    """An error is a final event; what needs a reply stays unverified."""
    failed = stream(event("delta", "Hel") + event("error", "too long"))
    expect.expect_final_event("STR-3", failed)
    with pytest.raises(Unverified):
        expect.expect_final_message("STR-6", failed)


def test_deltas_are_joined_where_there_are_any(stream: Streams) -> None:
    """STR-5: a lost one shows; a stream without any proves nothing."""
    with pytest.raises(Violation, match=r"STR-5 \(should\)"):
        expect.expect_joined_deltas("STR-5", stream(event("delta", "Hello") + event("message", REPLY)))
    with pytest.raises(Unverified):
        expect.expect_joined_deltas("STR-5", stream(event("message", REPLY)))


def test_the_lock_is_a_409_with_its_code_somewhere(answer: Answers, stream: Streams) -> None:
    """LCK-1: where in the body the code stands is a matter of ERR-2."""
    active = stream(GOOD)
    expect.expect_locked("LCK-1", answer(409, {"detail": {"code": "conversationLocked"}}), active=active)
    for refused in answer(423, {"code": "conversationLocked"}), answer(409, {"code": "conflict"}):
        with pytest.raises(Violation, match=r"(?s)LCK-1.*message-streams -> 200.*conversations -> 4"):
            expect.expect_locked("LCK-1", refused, active=active)


@pytest.mark.parametrize(
    ("kept", "passes"), [("Hello you", True), ("Hello you and more", True), ("Hello", False), ("", False)]
)
def test_a_kept_reply_begins_with_what_was_received(answer: Answers, stream: Streams, kept: str, passes: bool) -> None:
    """CAN-3: more may have been produced than arrived, less may not."""
    cancelled = stream(event("delta", "Hello") + event("delta", " you"))
    user = {**cancelled.message, "source": "user"}
    listing = answer(200, ENVELOPE | {"data": [user, REPLY | {"text": kept}]})
    if passes:
        expect.expect_kept("CAN-3", listing, cancelled)
    else:
        with pytest.raises(Violation, match="CAN-3"):
            expect.expect_kept("CAN-3", listing, cancelled)


def test_a_cancelled_stream_has_a_while_to_close(backend: Backend, client: Client, answer: Answers) -> None:
    """CAN-2: counted from the cancel's answer."""
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield event("delta", "Hello").encode()
        go_on.wait(10)

    backend.answer = lambda request: Answer(200, EVENT_STREAM, pieces())
    with client.open_stream("c", new_message("Hi")) as stream:
        cancelled = answer(200, {})
        stream.wait_until_ended(0.2)
        with pytest.raises(Violation, match=r"(?s)CAN-2.*observed  still open"):
            expect.expect_closed("CAN-2", stream.record(), cancelled=cancelled, within_s=0.2)
        go_on.set()
        expect.expect_closed("CAN-2", stream.finish(), cancelled=answer(200, {}), within_s=2)


def test_eventually_waits_for_the_first_success() -> None:
    """And answers with it."""
    tries = count()

    def third_time() -> int:
        if (number := next(tries)) < 2:
            raise Violation("LCK-4", expected="200", observed="409")
        return number

    assert expect.eventually(third_time) == 2


def test_eventually_gives_up_with_the_last_violation() -> None:
    """Of a try that was begun when the time was over, so that a slow answer is not held against the backend."""
    tries = count()

    def never() -> None:
        raise Violation("LCK-4", expected="200", observed=f"try {next(tries)}")

    with pytest.raises(Violation, match=r"try [1-9]"):
        expect.eventually(never, within_s=0.1)
