"""Bug reports: the exchanges of a workspace with its state before them, in one file that can be played again. Pure.

`mockserver.journal.playing` knows in which order, `mockserver.journal.comparison` what has to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockserver import wire
from mockserver.faults.scenarios import SCENARIOS
from mockserver.journal.bodies import read_bytes, show_bytes
from mockserver.journal.entries import Entry
from mockserver.journal.masking import MASKED
from mockserver.journal.recorder import Act, Recorder
from mockserver.jwts import mask_jwts, mask_jwts_in_json
from mockserver.rules.errors import BodyMalformed
from mockserver.schemas import BODY, compile_schema, find_problems
from mockserver.snapshots import SnapshotError, parse_snapshot

JsonObject = dict[str, Any]

FORMAT: Final = "conversations-mock bug report"
VERSION: Final = 1


class RecordingError(ValueError):
    """A bug report that cannot be read; the text is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event of a stream: its place in the row of happenings and when it was sent, in seconds of the clock."""

    order: int
    at_s: float
    comment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and what came of it, as a bug report has them.

    Attributes:
        at_s, ended_s: when it began and ended, in seconds of the workspace's clock.
        ended: None where it went on still.
        events_dropped: events that came after those in `events`.
        dies_after: the token was to die after so many deltas of this stream.
    """

    number: int
    began: int
    ended: int | None
    at_s: float
    ended_s: float | None
    method: str
    path: str
    query: str
    operation: str | None
    conversation: str | None
    caller: str | None
    customer: int | None
    credential: str
    request_headers: Sequence[tuple[str, str]]
    request_body: bytes
    request_bytes: int
    status: int | None
    response_headers: Sequence[tuple[str, str]]
    response_body: bytes
    response_bytes: int
    events: Sequence[Sent]
    events_dropped: int
    outcome: str | None
    dies_after: int | None

    @property
    def is_stream(self) -> bool:
        """It was answered with a stream of events."""
        return any(name == "content-type" and "event-stream" in value for name, value in self.response_headers)

    def __str__(self) -> str:
        """`#3 POST /api/... -> 200 cancelled`."""
        answer = "no answer" if self.status is None else self.status
        outcome = "" if self.outcome in {None, "answered"} else f" {self.outcome}"
        return f"#{self.number} {self.method} {self.path}{f'?{self.query}' if self.query else ''} -> {answer}{outcome}"


@dataclass(frozen=True, slots=True)
class Recording:
    """A bug report.

    Attributes:
        server: the settings that change answers, as `mockserver.settings.Settings` names them.
        workspace: its name.
        snapshot: the workspace alone, before the first exchange; None where nothing ever happened in it.
        why: sentences that say why it is not complete; none where it is.
    """

    server: Mapping[str, Any]
    workspace: str
    snapshot: Mapping[str, Any] | None
    exchanges: Sequence[Exchange]
    acts: Sequence[Act]
    why: Sequence[str] = ()


def make_recording(
    *, server: Mapping[str, Any], workspace: str, recorder: Recorder, entries: Iterable[Entry], dropped: int
) -> JsonObject:
    """The file, as JSON.

    Args:
        entries: those that the journal has, the oldest first.
        dropped: how many it has dropped since it was cleared.
    """
    kept = [entry for entry in entries if entry.began > recorder.since]
    missing = dropped - recorder.dropped
    why = list(_why_not(recorder, kept, missing))
    return {
        "format": FORMAT,
        "version": VERSION,
        "server": dict(server),
        "workspace": workspace,
        "complete": not why,
        "dropped": missing,
        "why": why,
        "snapshot": mask_jwts_in_json(recorder.baseline),
        "exchanges": [_encode(entry) for entry in kept],
        "acts": [
            {
                "order": act.order,
                "atS": act.at_s,
                "operation": act.operation,
                "parameters": dict(act.parameters),
                "payload": act.payload,
            }
            for act in recorder.acts
        ],
    }


def _why_not(recorder: Recorder, entries: Sequence[Entry], missing: int) -> Iterator[str]:
    if missing:
        remedy = "Give the server more --journal-entries, or start a recording later."
        yield f"The journal has dropped the {missing} oldest exchanges. {remedy}"
    if recorder.streams:
        yield f"{recorder.streams} streams were live when the recording began."
    if recorder.acts_dropped:
        yield f"{recorder.acts_dropped} acts of the control plane were too many to keep."
    for act in recorder.acts:
        name = act.parameters.get("scenario")
        if act.operation == "startScenario" and name not in SCENARIOS:
            yield f"The scenario {name} comes from a file: start the server that replays with --scenario FILE."
    for entry in entries:
        if entry.request_bytes > len(entry.request_body):
            yield f"Of the body of exchange {entry.number} only {len(entry.request_body)} bytes were kept."
        if MASKED in entry.query:
            yield f"The query of exchange {entry.number} has a secret, which was not kept."
        if entry.masked:
            yield f"The path or the body of exchange {entry.number} has a secret, which was not kept."
        if not entry.complete:
            yield f"Exchange {entry.number} had not ended: its answer is not compared."


def _encode(entry: Entry) -> JsonObject:
    dies_after = next((f.fault.parameters.get("after") for f in entry.faults if f.source == "token"), None)
    return {
        "number": entry.number,
        "began": entry.began,
        "ended": entry.ended,
        "atS": entry.at_s,
        "endedS": None if entry.took_s is None else entry.at_s + entry.took_s,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "operation": entry.operation,
        "conversation": entry.conversation,
        "caller": entry.caller,
        "customer": entry.customer,
        "credential": entry.credential,
        "diesAfter": dies_after,
        "outcome": entry.outcome,
        "faults": [mask_jwts(str(fired.fault)) for fired in entry.faults],
        "status": entry.status,
        "request": _encode_side(entry.request_headers, entry.request_body, entry.request_bytes),
        "response": _encode_side(entry.response_headers, entry.response_body, entry.response_bytes),
        "events": [
            {"order": event.order, "atS": entry.at_s + event.at_s, "comment": event.kind == "comment"}
            for event in entry.events
        ],
        "eventsDropped": entry.events_dropped,
    }


def _encode_side(headers: Iterable[tuple[str, str]], body: bytes, length: int) -> JsonObject:
    shown, encoding = show_bytes(body)
    return {"headers": [list(pair) for pair in headers], "body": shown, "encoding": encoding, "bytes": length}


def is_recording(data: object) -> bool:
    """Whether JSON is a bug report, of whatever version, rather than something else."""
    return isinstance(data, Mapping) and data.get("format") == FORMAT


def parse_recording(data: bytes | Mapping[str, Any]) -> Recording:
    """The bug report in a file's bytes, or in JSON.

    Raises:
        RecordingError: it is none, or of another version, or damaged: names the field.
    """
    try:
        report = wire.loads(data) if isinstance(data, bytes) else data
    except BodyMalformed as error:
        raise RecordingError(str(error).replace("The body", "The bug report", 1)) from None
    if not is_recording(report):
        raise RecordingError(f'This is no bug report: one is a JSON object whose "format" is "{FORMAT}".')
    version = report.get("version")
    if version != VERSION or isinstance(version, bool):
        made_by = version if isinstance(version, int) and abs(version) < 10**9 else "(none)"
        raise RecordingError(
            f"The bug report was made by version {made_by}, this server reads {VERSION}: replay it with its own."
        )
    for problem in find_problems(compile_schema(_REPORT), report, first_only=True):
        where = "its top" if problem.field == BODY else problem.field
        raise RecordingError(f"The bug report is damaged at {where}: {problem.message}.")
    if report["snapshot"] is not None:
        _check_snapshot(report)
    return Recording(
        server=report["server"],
        workspace=report["workspace"],
        snapshot=report["snapshot"],
        exchanges=[_decode(number, entry) for number, entry in enumerate(report["exchanges"])],
        acts=[
            Act(int(act["order"]), float(act["atS"]), act["operation"], act["parameters"], act["payload"])
            for act in report["acts"]
        ],
        why=report["why"],
    )


def _check_snapshot(report: Mapping[str, Any]) -> None:
    try:
        parts = parse_snapshot(report["snapshot"])
    except SnapshotError as error:
        raise RecordingError(f"The bug report is damaged at snapshot: {error}") from None
    if list(parts) != [report["workspace"]]:
        raise RecordingError("The bug report is damaged at snapshot.workspaces: expected the one of the report alone.")


def _decode(place: int, data: Mapping[str, Any]) -> Exchange:
    return Exchange(
        number=int(data["number"]),
        began=int(data["began"]),
        ended=_whole(data["ended"]),
        at_s=float(data["atS"]),
        ended_s=data["endedS"],
        method=data["method"],
        path=data["path"],
        query=data["query"],
        operation=data["operation"],
        conversation=data["conversation"],
        caller=data["caller"],
        customer=_whole(data["customer"]),
        credential=data["credential"],
        request_headers=_pairs(data["request"]),
        request_body=_body(place, "request", data),
        request_bytes=int(data["request"]["bytes"]),
        status=_whole(data["status"]),
        response_headers=_pairs(data["response"]),
        response_body=_body(place, "response", data),
        response_bytes=int(data["response"]["bytes"]),
        events=[Sent(int(event["order"]), float(event["atS"]), event["comment"]) for event in data["events"]],
        events_dropped=int(data["eventsDropped"]),
        outcome=data["outcome"],
        dies_after=_whole(data["diesAfter"]),
    )


def _pairs(side: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in side["headers"]]


def _body(place: int, side: str, data: Mapping[str, Any]) -> bytes:
    try:
        return read_bytes(data[side]["body"], data[side]["encoding"])
    except ValueError as error:
        raise RecordingError(f"The bug report is damaged at exchanges[{place}].{side}.body: {error}.") from None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TEXT: Final = {"type": "string"}


def _nullable(schema: Mapping[str, Any]) -> JsonObject:
    return {**schema, "nullable": True}


def _object(**properties: Any) -> JsonObject:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Mapping[str, Any]) -> JsonObject:
    return {"type": "array", "items": dict(items)}


_SIDE: Final = _object(
    headers=_list({"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}),
    body=_TEXT,
    encoding=_TEXT,
    bytes=_COUNT,
)
_EXCHANGE: Final = _object(
    number=_COUNT,
    began=_COUNT,
    ended=_nullable(_COUNT),
    atS=_NUMBER,
    endedS=_nullable(_NUMBER),
    method=_TEXT,
    path=_TEXT,
    query=_TEXT,
    operation=_nullable(_TEXT),
    conversation=_nullable(_TEXT),
    caller=_nullable(_TEXT),
    customer=_nullable(_COUNT),
    credential=_TEXT,
    diesAfter=_nullable(_COUNT),
    outcome=_nullable(_TEXT),
    status=_nullable(_COUNT),
    request=_SIDE,
    response=_SIDE,
    events=_list(_object(order=_COUNT, atS=_NUMBER, comment={"type": "boolean"})),
    eventsDropped=_COUNT,
)
_REPORT: Final = _object(
    server={"type": "object"},
    workspace=_TEXT,
    why=_list(_TEXT),
    snapshot={"type": "object", "nullable": True},
    exchanges=_list(_EXCHANGE),
    acts=_list(
        _object(order=_COUNT, atS=_NUMBER, operation=_TEXT, parameters={"type": "object"}, payload={}),
    ),
)
