"""The mock checks itself: what it sends is held against the contract, more strictly than a backend's answers are.

Of a success and of an error the mock owes every field that the contract has for it, null where it is not set (SCH-1),
and no other; and every header that is described. Each problem is one sentence: where, what was expected, what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockserver import wire
from mockserver.rules.errors import BodyMalformed
from mockserver.rules.turn import Ending
from mockserver.schemas import BODY, CompiledSchema, find_problems, inline_refs

JSON: Final = "application/json"
STREAM: Final = "text/event-stream"

_OPTIONAL_HEADERS: Final = {"x-failing-message"}
"""Described, and yet not sent where no text makes a reply fail."""

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SHOWN = 120
"""Characters of what was sent that a problem shows."""

_ENDS_WITH: Final = {Ending.FINISHED.value: "message", Ending.FAILED.value: "error"}
"""The final event of a stream that ended so; none of any other."""


class AnswerChecks:
    """Checks answers, and streams event by event.

    Args:
        contract: the OpenAPI document.
    """

    def __init__(self, contract: Mapping[str, Any]) -> None:
        self._answers = {
            operation["operationId"]: {
                int(status): _Answer(inline_refs(contract, answer)) for status, answer in operation["responses"].items()
            }
            for item in contract["paths"].values()
            for method, operation in item.items()
            if method in _METHODS
        }
        schemas = contract["components"]["schemas"]
        self._error = CompiledSchema(_all_required(inline_refs(contract, schemas["Error"])))
        kinds = [inline_refs(contract, kind)["properties"] for kind in schemas["StreamEvent"]["oneOf"]]
        self._events = {
            kind["event"]["enum"][0]: CompiledSchema(_all_required(kind["data"]["x-content-schema"])) for kind in kinds
        }

    def check_answer(
        self, operation_id: str | None, status: int, headers: Iterable[tuple[str, str]], body: bytes
    ) -> list[str]:
        """What is wrong with an answer, nothing if all is right.

        Args:
            operation_id: the operation it answers; None at a path or by a method that the contract does not have.
            headers: their names in any case.
            body: all of it; of a stream nothing is read.
        """
        sent = {name.lower(): value for name, value in headers}
        media_type = sent.get("content-type", "").partition(";")[0].strip()
        if operation_id is None:
            return self._check_unknown(status, media_type, body)
        where = f"{operation_id} {status}"
        declared = self._answers[operation_id].get(status)
        if declared is None:
            known = ", ".join(map(str, self._answers[operation_id]))
            return [f"{operation_id}: expected one of the statuses {known}, sent {status} with {_show(body)}."]
        problems = [f"{where}: {problem}." for problem in declared.check_headers(sent)]
        if media_type not in declared.schemas:
            expected = " or ".join(declared.schemas)
            return [*problems, f"{where}: expected the media type {expected}, sent {media_type or 'none'}."]
        if media_type == STREAM:
            return problems
        found, value = _check_json(where, declared.schemas[media_type], body)
        if operation_id == "sendMessage" and status == 200 and not found:
            found = _check_reply(where, value)
        return problems + found

    def stream(self) -> StreamChecks:
        """The checks of one stream."""
        return StreamChecks(self._events)

    def _check_unknown(self, status: int, media_type: str, body: bytes) -> list[str]:
        """What is not there, and a method that is not, have the body of every error (ERR-2); all else is our own."""
        if status not in {404, 405} or not body:  # an answer to HEAD has none
            return []
        where = f"unknown path {status}"
        if media_type != JSON:
            return [f"{where}: expected the media type {JSON}, sent {media_type or 'none'}."]
        return _check_json(where, self._error, body)[0]


class StreamChecks:
    """Checks the events of one stream in the order in which they are sent; comments are no events.

    Args:
        schemas: what the data of each kind of event has to be.
    """

    def __init__(self, schemas: Mapping[str, CompiledSchema]) -> None:
        self._schemas = schemas
        self._deltas: list[str] = []
        self._final: str | None = None

    def feed(self, name: str, data: str) -> list[str]:
        """What is wrong with the next event, by itself and where it stands (STR-2, STR-3, STR-5)."""
        where = f"stream, event {name}"
        problems = (
            [] if self._final is None else [f"{where}: expected nothing after the final event, sent {_cut(data)}."]
        )
        schema = self._schemas.get(name)
        if schema is None:
            known = " or ".join(self._schemas)
            return [*problems, f"stream: expected an event {known}, sent {_cut(name)} with {_cut(data)}."]
        if name != "delta":
            self._final = name
        found, value = _check_json(where, schema, data.encode("utf-8", "backslashreplace"))
        if found:
            return problems + found
        if name == "delta":
            self._deltas.append(value["delta"])
        elif name == "message":
            joined, reply = "".join(self._deltas), value["message"]
            if reply["text"] != joined:
                problems.append(f"{where}: expected the deltas joined, {_cut(joined)}, sent {_cut(reply['text'])}.")
            problems += _check_reply(where, reply)
        return problems

    def end(self, outcome: str) -> list[str]:
        """What is wrong with a stream that ended so: an `Ending`'s value; of any other, `cut`, nothing is asked."""
        if outcome not in {ending.value for ending in Ending}:
            return []
        expected = _ENDS_WITH.get(outcome)
        if expected == self._final:
            return []
        wanted, sent = (f"a final event {kind}" if kind else "no final event" for kind in (expected, self._final))
        return [f"stream that ended {outcome}: expected {wanted}, sent {sent}."]


class _Answer:
    """What an operation may answer with one status."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.schemas = {
            media_type: CompiledSchema(_all_required(content["schema"]))
            for media_type, content in declared.get("content", {}).items()
        }
        self._headers = {name: CompiledSchema(header["schema"]) for name, header in declared.get("headers", {}).items()}

    def check_headers(self, sent: Mapping[str, str]) -> list[str]:
        """What is wrong with the headers; those that are not described are free."""
        problems = []
        for name, schema in self._headers.items():
            value = sent.get(name.lower())
            if value is None:
                if name.lower() not in _OPTIONAL_HEADERS:
                    problems.append(f"expected the header {name}, sent none")
                continue
            typed = int(value) if schema.schema["type"] == "integer" and value.isdecimal() else value
            problems += [f"header {name}: {found.message}" for found in find_problems(schema, typed)]
        return problems


def _check_json(where: str, schema: CompiledSchema, body: bytes) -> tuple[list[str], Any]:
    """What is wrong with a body, and its value."""
    try:
        value = wire.loads(body)
    except BodyMalformed:
        return [f"{where}: expected JSON, sent {_show(body)}."], None
    problems = [
        f"{where}: {'' if problem.field == BODY else f'{problem.field}: '}{problem.message}; sent {_show(body)}."
        for problem in find_problems(schema, value)
    ]
    return problems, value


def _check_reply(where: str, reply: Mapping[str, Any]) -> list[str]:
    """MSG-1: a reply is the assistant's, and says something."""
    problems = []
    if reply["source"] != "assistant":
        problems.append(f"{where}: expected a message of the assistant, sent one of the {reply['source']}.")
    if not reply["text"]:
        problems.append(f"{where}: expected a text, sent an empty one.")
    return problems


def _all_required(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with every property required, and no other allowed; what stands under `not` stays."""
    strict = dict(schema)
    if "properties" in schema:
        strict["properties"] = {name: _all_required(entry) for name, entry in schema["properties"].items()}
        strict["required"] = list(schema["properties"])
        strict["additionalProperties"] = False
    if "items" in schema:
        strict["items"] = _all_required(schema["items"])
    if "allOf" in schema:
        strict["allOf"] = [_all_required(part) for part in schema["allOf"]]
    return strict


def _show(body: bytes) -> str:
    return _cut(body[: 4 * _SHOWN].decode("utf-8", "replace")) if body else "nothing"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
