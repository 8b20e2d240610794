"""Bug reports: what is in one, what is wrong with one, in which order it is played, what is compared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mockserver.faults.catalogue import make_fault
from mockserver.faults.values import Fired
from mockserver.journal.comparison import Difference, compare
from mockserver.journal.entries import Entry
from mockserver.journal.events import SentEvent, SentEvents
from mockserver.journal.playing import AwaitEnd, Do, HangUp, LetStreamSend, Send, plan, token_for
from mockserver.journal.recorder import Act, Recorder
from mockserver.journal.recording import Exchange, RecordingError, make_recording, parse_recording
from mockserver.snapshots import FORMAT as SNAPSHOT_FORMAT

from .given import make_entry

JsonObject = dict[str, Any]

STREAM = [("content-type", "text/event-stream; charset=utf-8")]
SNAPSHOT = {
    "format": SNAPSHOT_FORMAT,
    "version": 1,
    "workspaces": {"w": {"store": {"created": 0, "conversations": []}}},
}


def make_recorder(*acts: Act, streams: int = 0, dropped: int = 0) -> Recorder:
    """A recorder that has begun at the very first."""
    recorder = Recorder()
    recorder.keep_by(lambda: lambda: SNAPSHOT)
    recorder.begin(order=0, dropped=dropped, streams=streams)
    for act in acts:
        recorder.note(act)
    return recorder


def make_report(*entries: Entry, recorder: Recorder | None = None, dropped: int = 0) -> JsonObject:
    """A file, as it is read from disk."""
    report = make_recording(
        server={"seed": 0}, workspace="w", recorder=recorder or make_recorder(), entries=entries, dropped=dropped
    )
    copied: JsonObject = json.loads(json.dumps(report))
    return copied


def make_stream(number: int, began: int, ended: int | None, orders: list[int], outcome: str, **other: Any) -> Entry:
    """A stream of conversation c-1."""
    return make_entry(
        number=number,
        began=began,
        ended=ended,
        took_s=None if ended is None else 1.0,
        operation="openMessageStream",
        conversation="c-1",
        status=200,
        response_headers=STREAM,
        outcome=outcome,
        events=SentEvents(SentEvent(0.1, order, "delta", '{"delta":"a"}') for order in orders),
        **other,
    )


def steps_of(*entries: Entry, acts: tuple[Act, ...] = ()) -> list[str]:
    """The plan in short: `send 1`, `let 1 2`, `end 1`, `gone 1`, `do armFault`."""
    told = []
    for step in plan(parse_recording(make_report(*entries, recorder=make_recorder(*acts)))):
        match step:
            case Send(exchange):
                told.append(f"send {exchange.number}")
            case LetStreamSend(exchange, events):
                told.append(f"let {exchange.number} {events}")
            case AwaitEnd(exchange):
                told.append(f"end {exchange.number}")
            case HangUp(exchange):
                told.append(f"gone {exchange.number}")
            case Do(act):
                told.append(f"do {act.operation}")
    return told


def test_what_is_made_can_be_read() -> None:
    """Bodies of bytes that are no text, too."""
    entry = make_entry(
        number=3, began=4, ended=5, took_s=0.5, request_body=b"\xff\x00", request_bytes=2,
        response_body=b'{"id":1}', response_bytes=8, customer=42,
        faults=[Fired(make_fault("token-expires", {"after": 2}), None, "token")],
    )  # fmt: skip
    recording = parse_recording(make_report(entry, recorder=make_recorder(Act(7, 1.5, "armFault", {}, {"fault": "x"}))))
    assert recording.snapshot == SNAPSHOT
    assert recording.acts == [Act(7, 1.5, "armFault", {}, {"fault": "x"})]
    read = recording.exchanges[0]
    assert (read.request_body, read.response_body, read.customer, read.dies_after) == (b"\xff\x00", b'{"id":1}', 42, 2)
    assert read.ended_s == pytest.approx(entry.at_s + 0.5)


def test_what_came_before_it_began_is_not_in_it() -> None:
    """Nor does what was dropped before count."""
    recorder = Recorder()
    recorder.keep_by(lambda: lambda: SNAPSHOT)
    recorder.begin(order=10, dropped=3, streams=0)
    recorder.begin(order=20, dropped=9, streams=1)  # it has begun
    early, late = (make_entry(number=n, began=order, ended=order + 1, took_s=0) for n, order in ((1, 5), (2, 11)))
    report = make_report(early, late, recorder=recorder, dropped=3)
    assert [exchange["number"] for exchange in report["exchanges"]] == [2]
    assert (report["complete"], report["dropped"]) == (True, 0)


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (lambda: make_report(dropped=2), "has dropped the 2 oldest"),
        (lambda: make_report(recorder=make_recorder(streams=1)), "1 streams were live when"),
        (
            lambda: make_report(recorder=make_recorder(Act(1, 0, "startScenario", {"scenario": "own"}))),
            "own comes from a file",
        ),
        (lambda: make_report(make_entry(ended=9, took_s=0, request_body=b"x", request_bytes=9)), "only 1 bytes"),
        (lambda: make_report(make_entry(ended=9, took_s=0, query="token=***")), "has a secret"),
        (lambda: make_report(make_entry(ended=None, took_s=None)), "had not ended"),
    ],
)
def test_it_says_why_it_is_not_complete(report: Any, why: str) -> None:
    """One sentence for each."""
    made = report()
    assert not made["complete"]
    assert len(made["why"]) == 1
    assert why in made["why"][0]


def damaged(**changes: Any) -> JsonObject:
    """A report of which something was changed."""
    return make_report(make_entry(ended=9, took_s=0)) | changes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"nonsense", "The bug report is not JSON"),
        (b"[]", "This is no bug report"),
        ({"format": SNAPSHOT_FORMAT, "version": 1}, "This is no bug report"),
        (damaged(version=2), "made by version 2, this server reads 1"),
        (damaged(version=True), "made by version True, this server reads 1"),
        (damaged(workspace=7), "damaged at workspace: expected a string"),
        (damaged(exchanges=[{}]), "damaged at exchanges[0]"),
        (damaged(snapshot={"format": "other"}), "damaged at snapshot: This is no snapshot"),
        (damaged(workspace="v"), "damaged at snapshot.workspaces"),
    ],
)
def test_what_is_wrong_is_named(data: Any, message: str) -> None:
    """In one sentence."""
    with pytest.raises(RecordingError) as caught:
        parse_recording(data)
    assert message in str(caught.value)


def test_a_body_that_cannot_be_decoded_is_named() -> None:
    """With its place."""
    report = make_report(make_entry(ended=9, took_s=0))
    report["exchanges"][0]["response"] |= {"body": "?", "encoding": "base64"}
    with pytest.raises(RecordingError, match=r"damaged at exchanges\[0\]\.response\.body"):
        parse_recording(report)


def test_happenings_come_in_their_order() -> None:
    """Two streams in turns, an act between them."""
    other = replace(make_stream(2, 3, 9, [5], "finished"), conversation="c-2")
    told = steps_of(make_stream(1, 1, 10, [2, 4, 7], "finished"), other, acts=(Act(6, 0, "armFault"),))
    assert told == ["send 1", "let 1 1", "send 2", "let 1 2", "let 2 1", "do armFault", "let 1 3", "end 2", "end 1"]


def test_a_cancel_comes_after_all_that_its_stream_has_sent() -> None:
    """Also what was sent while the cancel was under way."""
    cancel = make_entry(
        number=2, began=4, ended=7, took_s=0, status=200, operation="cancelMessageStream", conversation="c-1"
    )
    told = steps_of(make_stream(1, 1, 6, [2, 3, 5], "cancelled"), cancel)
    assert told == ["send 1", "let 1 3", "send 2", "end 1", "end 2"]


@pytest.mark.parametrize(("status", "first"), [(200, "gone 1"), (409, "send 2")])
def test_a_message_that_was_taken_comes_after_the_stream_before(status: int, first: str) -> None:
    """One that was refused comes while it is live."""
    second = make_entry(
        number=2, began=4, ended=8, took_s=0, status=status, operation="sendMessage", conversation="c-1"
    )
    told = steps_of(make_stream(1, 1, 6, [2, 3], "client gone"), second)
    assert told[2] == first
    assert sorted(told) == sorted(["send 1", "let 1 2", "gone 1", "send 2", "end 2"])


def test_what_goes_on_still_is_not_waited_for() -> None:
    """Nor are its bytes compared."""
    assert steps_of(make_stream(1, 1, None, [2], "finished")) == ["send 1", "let 1 1"]


def test_events_that_were_not_kept_are_sent_before_the_end() -> None:
    """They are counted, at the least."""
    assert steps_of(make_stream(1, 1, 9, [2], "finished", events_dropped=5)) == ["send 1", "let 1 6", "end 1"]


def exchange(**changes: Any) -> Exchange:
    """An exchange as it is read from a file."""
    given: JsonObject = {"ended": 9, "took_s": 0, "status": 200, "outcome": "answered", **changes}
    given.setdefault("response_bytes", len(given.get("response_body", b"")))
    return parse_recording(make_report(make_entry(**given))).exchanges[0]


def test_headers_that_follow_from_the_request_are_compared() -> None:
    """The others are not: dates, numbers of exchanges, lengths."""
    one = exchange(response_headers=[("retry-after", "3"), ("date", "a"), ("mock-exchange", "1")])
    other = exchange(response_headers=[("retry-after", "4"), ("date", "b"), ("mock-exchange", "2")])
    assert compare(one, one) == []
    assert compare(one, other) == [Difference(one.number, "header retry-after", "3", "4")]


def test_bodies_are_compared_byte_for_byte() -> None:
    """The first byte that differs is told, with both sides; so is another length of what was not kept."""
    differences = compare(exchange(response_body=b'{"a":1}'), exchange(response_body=b'{"a":2}'))
    assert [(each.what, each.recorded, each.replayed) for each in differences] == [
        ("body at byte 5", """'{"a":1}'""", """'{"a":2}'""")
    ]
    shorter = compare(exchange(response_body=b"ab"), exchange(response_body=b"a"))
    assert shorter[0].what == "body at byte 1"
    assert [each.what for each in compare(exchange(response_bytes=8), exchange(response_bytes=9))] == [
        "bytes of the body"
    ]


def test_timestamps_of_the_wall_are_left_out() -> None:
    """Only where that is asked for."""
    one, other = (exchange(response_body=b'{"createdAt":"2026-05-01T09:00:0%d"}' % second) for second in (1, 2))
    assert compare(one, other, timestamps=False) == []
    assert len(compare(one, other)) == 1


def test_comments_at_the_end_of_a_stream_that_was_cancelled_are_left_out() -> None:
    """Of one that came to its end by itself they are not, and nor is anything else."""
    body = b'event: delta\ndata: {"delta":"a"}\n\n'
    for outcome, recorded, right in [
        ("cancelled", body + b": keep-alive\n\n", True),
        ("finished", body + b": keep-alive\n\n", False),
        ("cancelled", body + b"event: delta\n", False),
    ]:
        one = exchange(response_body=recorded, outcome=outcome, response_headers=STREAM)
        other = exchange(response_body=body, outcome=outcome, response_headers=STREAM)
        assert (compare(one, other) == []) is right


def test_how_it_ended_is_compared() -> None:
    """Finished or cut makes a difference."""
    assert [each.what for each in compare(exchange(outcome="finished"), exchange(outcome="cut"))] == ["outcome"]


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"credential": "none"}, None),
        ({"credential": "valid", "caller": "customer-42", "customer": 42}, {"caller": "customer-42"}),
        ({"credential": "valid", "caller": "bob", "customer": 42}, {"caller": "bob", "customer": 42}),
        ({"credential": "expired"}, {"bad": "expired"}),
        ({"credential": "dead"}, {"diesAfterCalls": 0}),
        ({"credential": "invalid", "response_body": b"its signature is wrong"}, {"bad": "wrong-key"}),
        ({"credential": "invalid", "response_body": b"it is no JWT"}, {"bad": "malformed"}),
        ({"credential": "invalid", "response_body": b"something else"}, {"bad": "no-signature"}),
        ({"credential": "forbidden", "caller": "bob", "path": "/workspaces/v/x"}, {"caller": "bob"}),
        ({"credential": "forbidden", "path": "/workspaces/w/x"}, {"bad": "no-workspace"}),
    ],
)
def test_the_token_is_refused_for_the_same_reason(facts: JsonObject, asked: JsonObject | None) -> None:
    """Or taken, for the same caller with the same number."""
    assert token_for(exchange(**facts), "w") == asked
