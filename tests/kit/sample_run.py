"""A run that has every outcome in it, hostile text among the evidence; an empty one; and one with too much evidence.

Told by hand rather than run: what the reports show must not depend on what the kit does today.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from conformance.contract import clauses
from conformance.exchange import curl_line
from conformance.outcome import ClauseResult, Evidence, Judgement, Outcome, RunReport, Verdict

FAMILIES = ["CRE", "LST", "PAG", "MSG", "IDM", "STR", "LCK", "CAN", "PAT", "AUT", "ERR", "SCH", "MOD"]
BASE_URL = "https://staging.chat.example/gateway"
CONVERSATION = "0b9f1b1e-6a0c-4c7b-9d2b-8f3f8f5c2f01"
PATH = f"{BASE_URL}/api/v1/workspaces/demo/conversations"

SCRIPT = "</script></style></pre><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
INVISIBLE = "nul \x00, escape \x1b[31mred\x1b[0m, bidi \u202egnp.exe\u202c, lone \ud800, bom \ufeff, end"
MARKDOWN = "| pipe | ``` ```` ticks </details> @everyone #1 [link](javascript:alert(1)) `code` ]]> &amp; \\"


def evidence(
    at_s: float,
    elapsed_s: float,
    method: str,
    url: str,
    *,
    status: int | None = 200,
    note: str = "",
    send: object = None,
    answer: object = "",
    headers: dict[str, str] | None = None,
    events: list[tuple[float, str, str]] | None = None,
) -> Evidence:
    """An exchange whose bodies are given as values, or as text where they are no JSON."""
    body = None if send is None else json.dumps(send)
    return Evidence(
        at_s=at_s,
        elapsed_s=elapsed_s,
        method=method,
        url=url,
        status=status,
        note=note,
        request_body=body,
        headers={"content-type": "application/json", "date": "Mon, 23 Nov 2026 09:12:05 GMT"} | (headers or {}),
        body=answer if isinstance(answer, str) else json.dumps(answer, separators=(",", ":")),
        curl=curl_line(method, url, authorization="Bearer $TOKEN", body=body, stream=events is not None),
        events=events or [],
    )


def message(text: str) -> dict[str, object]:
    """A user's message as it is sent."""
    return {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "text": text, "createdAt": "2026-11-23T09:12:04.318000Z"}


def stream(at_s: float, words: str, *, first_s: float = 0.31, gap_s: float = 0.041) -> Evidence:
    """A stream that went well, a delta for each word."""
    pieces = [word + " " for word in words.split()]
    events = [
        (at_s + first_s + index * gap_s, "delta", json.dumps({"delta": piece})) for index, piece in enumerate(pieces)
    ]
    end_s = events[-1][0] + gap_s
    final = {"id": "9c1d7a3e", "text": "".join(pieces), "source": "assistant", "createdAt": "2026-11-23T09:12:06"}
    events.append((end_s, "message", json.dumps({"message": final})))
    return evidence(
        at_s,
        end_s - at_s + 0.004,
        "POST",
        f"{PATH}/{CONVERSATION}/message-streams",
        note=f"events read: {len(events)}, closed by the server",
        send=message("Write three sentences about the sea."),
        headers={"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "server": "nginx"},
        events=events,
    )


SEA = (
    "The sea keeps no record of the ships that crossed it, and yet every harbour remembers. Its tides come in with "
    "the patience of a clerk who has all day. By evening the water has signed for everything and filed it away."
)
LISTING = {
    "page": {"size": 20, "totalElements": 2, "totalPages": 1, "currentPage": 1},
    "data": [
        {"id": "3fa85f64", "text": "Write three sentences about the sea.", "source": "user", "tags": [], "meta": {}},
        {"id": "9c1d7a3e", "text": "The sea keeps no record", "source": "assistant", "score": 1.0},
    ],
}


def passed(clause: str, at_s: float) -> Judgement:
    """A clause that holds, as most do."""
    call = evidence(
        at_s,
        0.038,
        "GET",
        f"{PATH}/{CONVERSATION}/messages?page=1&size=20",
        answer=LISTING,
        headers={"server": "nginx", "x-request-id": "c0ffee"},
    )
    return Judgement(
        clause, f"test_{clause[:3].lower()}.py::test_that_holds", Outcome.PASSED, exchanges=[call], duration_s=0.041
    )


def _lock_broken() -> Judgement:
    first = stream(41.412, SEA)
    second = evidence(
        41.852,
        0.012,
        "POST",
        f"{PATH}/{CONVERSATION}/message-streams",
        note="the first stream was open, 3 deltas read",
        send=message("And one about the wind."),
        headers={"content-type": "text/event-stream; charset=utf-8"},
        events=[(41.861, "delta", '{"delta":"Wind "}')],
    )
    return Judgement(
        "LCK-1",
        "test_lock.py::test_a_second_stream_is_refused_while_one_is_active",
        Outcome.FAILED,
        expected="409, code conversationLocked",
        observed="200 text/event-stream",
        replies=2,
        duration_s=2.113,
        exchanges=[second, first],
    )


def _hostile(clause: str) -> Judgement:
    call = evidence(
        88.0,
        0.034,
        "POST",
        f"{PATH}?q={SCRIPT}",
        status=500,
        note=INVISIBLE,
        send={"personality": SCRIPT},
        answer=f"{SCRIPT}\n{INVISIBLE}\n{MARKDOWN}",
        headers={"x-evil": SCRIPT, "x-hidden": INVISIBLE, "x-marks": MARKDOWN},
        events=[(88.01, SCRIPT, INVISIBLE), (88.02, "x" * 300, MARKDOWN)],
    )
    return Judgement(
        clause,
        f"test_errors.py::test_no_input[{SCRIPT}]",
        Outcome.FAILED,
        reason=INVISIBLE,
        expected=f"no 5xx, whatever the body says: {MARKDOWN}",
        observed=f"500 {SCRIPT} {INVISIBLE}",
        duration_s=0.2,
        exchanges=[call],
    )


def _no_answer(clause: str) -> Judgement:
    silent = evidence(
        60.2, 60.0, "POST", f"{PATH}/{CONVERSATION}/messages", status=None, note="ReadTimeout: timed out", headers={}
    )
    return Judgement(
        clause,
        "test_messages.py::test_the_answer_is_the_reply",
        Outcome.FAILED,
        expected="an answer within 60 s",
        observed="no answer",
        replies=1,
        duration_s=60.3,
        exchanges=[dataclasses.replace(silent, headers={}, request_body='{"not": json')],
    )


def _buffered(clause: str) -> Judgement:
    late = stream(120.5, SEA, first_s=2.9, gap_s=0.0002)
    return Judgement(
        clause,
        "test_streams.py::test_deltas_arrive_as_they_are_produced",
        Outcome.WARNED,
        expected="deltas spread over the time that the reply takes",
        observed=f"{len(late.events)} events within 8 ms, 2.9 s after the call",
        replies=1,
        duration_s=3.0,
        exchanges=[late],
    )


def _unverified(clause: str, reason: str, remedy: str | None = None) -> Judgement:
    return Judgement(
        clause, f"test_callers.py::test_{clause[:3].lower()}", Outcome.UNVERIFIED, reason=reason, remedy=remedy
    )


def _blocked(clause: str, cause: str, reason: str) -> Judgement:
    return Judgement(clause, "test_lock.py::test_that_needs_the_lock", Outcome.BLOCKED, reason=reason, cause=cause)


def _in_passing(clause: str, number: int) -> Judgement:
    call = evidence(70.0 + number, 0.02, "GET", f"{PATH}?page={number}", answer={"data": {}})
    return Judgement(
        clause,
        "test_list.py::test_the_newest_comes_first",
        Outcome.FAILED,
        expected="an array at /data",
        observed=f"an object on page {number}",
        exchanges=[call],
        in_passing=True,
    )


def _noted(clause: str, reason: str) -> Judgement:
    return Judgement(clause, "test_notes.py::test_noted", Outcome.NOTED, reason=reason)


def _noted_otherwise(clause: str) -> Judgement:
    call = evidence(95.0, 0.02, "POST", PATH, send={"personality": None}, answer={"id": CONVERSATION}, status=201)
    return Judgement(
        clause,
        "test_errors.py::test_null_for_an_optional_field",
        Outcome.NOTED,
        reason="201",
        expected="a 4xx",
        observed="201",
        exchanges=[call],
    )


def _skipped(clause: str) -> Judgement:
    return Judgement(clause, "test_errors.py::test_skipped", Outcome.SKIPPED, reason="the gateway answers these itself")


def _known(clause: str) -> Judgement:
    call = evidence(30.0, 0.02, "GET", f"{PATH}?size=101", answer={"page": {"size": 101}, "data": []})
    return Judgement(
        clause,
        "test_pages.py::test_no_page_holds_more_than_100",
        Outcome.FAILED,
        expected="400, 422, or 100 repeated",
        observed="200 with a size of 101",
        duration_s=0.03,
        exchanges=[call],
    )


def _fault(clause: str) -> Judgement:
    return Judgement(
        clause,
        "test_schemas.py::test_every_success[createConversation]",
        Outcome.FAULT,
        reason="KeyError: 'content'",
        details="Traceback (most recent call last):\n  File \"suite/test_schemas.py\", line 31\nKeyError: 'content'",
    )


_SPECIAL: dict[str, Callable[[str], list[Judgement]]] = {
    "PAG-8": lambda clause: [_known(clause)],
    "MSG-1": lambda clause: [passed(clause, 58.0), _no_answer(clause)],
    "IDM-9": lambda clause: [_noted(clause, "scoped to their conversation")],
    "IDM-10": lambda clause: [_unverified(clause, "no second caller was given", "--api-foreign-token")],
    "IDM-11": lambda clause: [_noted(clause, "409 at both")],
    "STR-4": lambda clause: [_buffered(clause)],
    "STR-6": lambda clause: [_unverified(clause, "it would need 2 replies, and 1 of the 40 was left")],
    "LCK-1": lambda clause: [_lock_broken()],
    "LCK-2": lambda clause: [_blocked(clause, "LCK-1", "without the lock there is no stream to wait for")],
    "LCK-5": lambda clause: [_blocked(clause, "LCK-1", "needs LCK-1"), passed(clause, 50.0)],
    "AUT-2": lambda clause: [_unverified(clause, "no token of another workspace was given", "--api-foreign-token")],
    "AUT-3": lambda clause: [_unverified(clause, "no token of another workspace was given", "--api-foreign-token")],
    "AUT-5": lambda clause: [_noted(clause, "a 403")],
    "ERR-1": lambda clause: [_hostile(clause)],
    "ERR-3": lambda clause: [_skipped(clause)],
    "ERR-4": lambda clause: [_noted_otherwise(clause)],
    "SCH-1": lambda clause: [_fault(clause)],
    "SCH-2": lambda clause: [passed(clause, 69.0), _in_passing(clause, 1), _in_passing(clause, 2)],
    "MOD-1": lambda clause: [],
}


def sample_run() -> RunReport:
    """Every outcome is in it: PAG-8 is known, MSG-1 failed beside a pass, MOD-1 was not part of the run."""
    results = [_result(name, _judgements(name, index)) for index, name in enumerate(_ids())]
    return RunReport(
        verdict=Verdict(1, "does not conform: MSG-1, LCK-1, ERR-1, SCH-2"),
        clauses=results,
        base_url=BASE_URL,
        workspace_id="demo",
        started_at="2026-11-23T09:12:04.318000+00:00",
        duration_s=187.4,
        kit_version="0.1.0",
        contract_version="1.0.0",
        run_id="k7f3q9",
        seed=20261123,
        gate="must",
        replies_spent=38,
        replies_budget=40,
        repeated_calls=3,
        calibration={"reply_s": 2.412, "call_s": 0.038},
        settings={"--reply-timeout": "60", "--gate": "must", "--api-token": "$TOKEN"},
        notes=[
            "3 calls were sent again after 429; the longest wait was 2 s.",
            "PAG-4 is in the file of known failures, and holds: take it out.",
            f"A note with {SCRIPT} in it",
        ],
    )


def empty_run() -> RunReport:
    """Nobody answered, so no clause was judged."""
    return dataclasses.replace(
        sample_run(),
        verdict=Verdict(4, "nothing to judge: nobody answers at https://staging.chat.example/gateway"),
        clauses=[_result(name, []) for name in _ids()],
        replies_spent=0,
        replies_budget=None,
        repeated_calls=0,
        calibration={},
        settings={},
        notes=[],
    )


def huge_run() -> RunReport:
    """Every clause is broken, with evidence that is long; for one of them it is a megabyte, and many of everything."""
    big = ("</script>`````" * 50 + "\x00") * 1_500
    call = _long_call(big[:6_000])
    many = dataclasses.replace(
        stream(1.0, SEA), body=big, events=[(1 + n / 1000, "delta", big[:2_000]) for n in range(1_000)]
    )
    judgements = {
        name: Judgement(
            name, "test_x.py::test_huge", Outcome.FAILED, expected=call.body, observed=call.body, exchanges=[call]
        )
        for name in _ids()
    }
    judgements["STR-5"] = dataclasses.replace(judgements["STR-5"], observed=big, exchanges=[many] + [call] * 100)
    return dataclasses.replace(sample_run(), clauses=[_result(name, [found]) for name, found in judgements.items()])


def _long_call(text: str) -> Evidence:
    call = evidence(1.0, 0.1, "POST", PATH, answer=text, status=500, note=text)
    return dataclasses.replace(call, request_body=text, curl=f"curl {text}")


def _ids() -> list[str]:
    def place(clause_id: str) -> tuple[int, int]:
        family, _, number = clause_id.partition("-")
        return FAMILIES.index(family), int(number)

    return sorted(clauses(), key=place)


def _judgements(clause_id: str, index: int) -> list[Judgement]:
    return _SPECIAL[clause_id](clause_id) if clause_id in _SPECIAL else [passed(clause_id, 2.0 + index * 1.7)]


def _result(clause_id: str, judgements: list[Judgement]) -> ClauseResult:
    known = clause_id == "PAG-8"
    return ClauseResult(
        clause=clauses()[clause_id],
        judgements=judgements,
        outcome=Outcome.KNOWN if known and judgements else Outcome.worst(each.outcome for each in judgements),
        known_reason="API-1432: the limit comes with release 14" if known else "",
    )
