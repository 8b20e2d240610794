"""Requests made from the contract's schemas: those that it allows and those that it forbids. Sends nothing.

Schemathesis makes them (see `conformance.schema_drawing`), and its labels are not believed: a case counts as allowed
only if every correct backend must accept it, and as forbidden only if the contract says so, both as the schemas here
judge what would be sent. What lies between the two is dropped: there the contract is silent, or another clause speaks.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance import contract
from conformance.schema_answers import Problem, Schema, json_schema, loads, quote
from conformance.schema_drawing import Sent, covered, drawn, encode

_JSON = "application/json"

# What every correct backend takes where the contract names a type and no more. A text begins with a letter or a digit
# (other signs may mean something to the backend) and has no character that a database or a gateway might refuse.
_SURE_TEXT = "^[0-9A-Za-z][ -~\nÀ-ÿßŁжЯβ字あ€😀]{0,60}$"
_SURE_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_SURE_INTEGER = {"minimum": 1, "maximum": 2**31 - 1}
_SURE_ITEMS = 3


@dataclass(frozen=True)
class Case:
    """A request as far as it varies: its query and its body, as they are sent. The ids of the path are the sender's.

    `query` is encoded and has no `?`; `body` None is none at all. `description` says what is sent, and of a forbidden
    case what is wrong with it. Message ids are the same in every run: see `with_fresh_id`.
    """

    operation_id: str
    valid: bool
    description: str
    query: str
    body: bytes | None
    content_type: str | None


@dataclass(frozen=True)
class Known:
    """Values that the backend is known to accept. What is None is not sent in a valid case."""

    model_name: str | None = None
    brand_voice_id: str | None = None
    target_audience_id: str | None = None


NOTHING_KNOWN = Known()


def coverage_cases(operation_id: str, *, valid: bool, known: Known = NOTHING_KNOWN) -> list[Case]:
    """What Schemathesis' coverage phase makes of each keyword of the operation's schemas. The same in every run.

    Raises:
        KeyError: there is no such operation.
    """
    request = _request(operation_id, known)
    cases = _judged(request, covered(_document(request, valid=valid), valid=valid), valid=valid)
    return [*cases, *_with_unknown_property(request)] if valid else cases


def fuzzed_cases(operation_id: str, *, valid: bool, count: int, seed: int, known: Known = NOTHING_KNOWN) -> list[Case]:
    """Up to `count` cases that Hypothesis draws; fewer where it finds fewer. The same in every run with this seed.

    Raises:
        KeyError: there is no such operation.
    """
    request = _request(operation_id, known)
    if not (request.query.written.node["properties"] or request.body):
        return []  # nothing varies
    generated = drawn(_document(request, valid=valid), valid=valid, count=count * 3 // 2, seed=seed)
    return _judged(request, generated, valid=valid)[:count]


def with_fresh_id(case: Case) -> Case:
    """The case with a message id that was never used, where it has one.

    Sent again with the old id, a message would be answered with the reply that it got in an earlier run.
    """
    body = loads(case.body.decode()) if case.body else None
    if not (isinstance(body, dict) and isinstance(body.get("id"), str)):
        return case
    return replace(case, body=encode(body | {"id": str(uuid.uuid4())}))


# What the contract says of a request, and what of it is beyond doubt


@dataclass(frozen=True)
class _Part:
    """The query, as an object, or the body: as the contract has it, and from both sides as all backends have it.

    What `narrow` allows, every correct backend accepts. What `wide` does not allow, the contract certainly forbids.
    """

    written: Schema
    narrow: Schema
    wide: Schema
    drawable: Mapping[str, Any]
    required: bool


@dataclass(frozen=True)
class _Request:
    operation_id: str
    method: str
    query: _Part
    body: _Part | None
    examples: list[Any]  # of the body, those that every correct backend accepts


@cache
def _request(operation_id: str, known: Known) -> _Request:
    method, operation = _operations()[operation_id]
    parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    query = {
        "type": "object",
        "properties": {each["name"]: {**each["schema"], "example": each["example"]} for each in parameters},
        "additionalProperties": False,
    }
    body, examples = None, []
    if "requestBody" in operation:
        media = operation["requestBody"]["content"][_JSON]
        body = _part(media["schema"], known, required=operation["requestBody"]["required"])
        examples = [each["value"] for each in media["examples"].values() if body.narrow.allows(each["value"])]
    return _Request(operation_id, method, _part(query, known, required=False), body, examples)


@cache
def _operations() -> dict[str, tuple[str, Any]]:
    return {
        operation["operationId"]: (method, json_schema(operation))
        for item in contract.document()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }


def _part(schema: Mapping[str, Any], known: Known, *, required: bool) -> _Part:
    wide = _widened(schema)
    return _Part(
        written=Schema(schema),
        narrow=Schema(_narrowed(schema, known)),
        wide=Schema(wide if required else _or_null(wide)),
        drawable=_drawable(schema),
        required=required,
    )


def _narrowed(schema: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The schema with nothing left but what every correct backend accepts."""
    match _types(schema)[0]:
        case "object":
            properties = {name: _narrowed_property(name, each, known) for name, each in schema["properties"].items()}
            return {**schema, "properties": properties, "additionalProperties": False}
        case "array":
            return {**schema, "items": _narrowed(schema["items"], known), "maxItems": _SURE_ITEMS}
        case "string":
            return {**schema, "pattern": _SURE_TEXT}
        case "integer":
            return {**_SURE_INTEGER, **schema}
    raise NotImplementedError(f"requests had no such schema when this was written: {schema}")


def _narrowed_property(name: str, schema: Mapping[str, Any], known: Known) -> dict[str, Any] | bool:
    values = _sure_values(name, schema, known)
    if values is not None:
        allowed = [*values, None] if "null" in _types(schema) else values
        return {"enum": allowed} if allowed else False
    if name == "id" and _types(schema) == ["string"]:  # of a message: some backends take nothing but UUIDs
        return {**schema, "pattern": _SURE_UUID}
    return _narrowed(schema, known)


def _sure_values(name: str, schema: Mapping[str, Any], known: Known) -> list[Any] | None:
    """The values that are sure where it takes more than a schema to know; None where the schema tells."""
    sure = {
        "modelName": known.model_name,
        "brandVoiceId": known.brand_voice_id,
        "targetAudienceId": known.target_audience_id,
        "createdAt": schema.get("example"),  # which has the reference's own form
        "page": 1,  # another may be past the end, and a list may refuse that (PAG-11 is a `should`)
    }
    return [value for value in (sure[name],) if value is not None] if name in sure else None


def _widened(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with all that a correct backend might accept beyond it."""
    types = _types(schema)
    if schema.get("x-implementation-defined"):
        return {"type": types}
    # What is above a maximum may be clamped, which PAG-8 judges; an unknown query parameter may be ignored.
    wide = {key: value for key, value in schema.items() if key not in ("maximum", "additionalProperties")}
    if "null" in types:
        wide["type"] = [*types, "object"]  # the reference prints what may be null as an object, in examples too
    if "items" in schema:
        wide["items"] = _widened(schema["items"])
    if "properties" in schema:
        wide["properties"] = {
            name: _widened(each) if name in schema.get("required", ()) else _or_null(_widened(each))
            for name, each in schema["properties"].items()
        }
    return wide


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Null for what is optional: that it is refused is a `may` (ERR-4)."""
    return {**schema, "type": list(dict.fromkeys([*_types(schema), "null"]))}


def _drawable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that wrong values are drawn from: without what makes it slow, or makes cases that are dropped.

    So no object is open, and where the backend has a word to say, nothing is wrong but a value of another type.
    """
    if schema.get("x-implementation-defined"):
        # A pattern, since an enum of one value is far slower to draw from.
        return {"type": schema["type"]} | ({"pattern": f"^{schema['example']}$"} if "example" in schema else {})
    drawable = dict(schema)
    if "items" in schema:
        drawable["items"] = _drawable(schema["items"])
    if "properties" in schema:
        drawable.pop("example", None)  # it has what only some backends accept
        drawable["additionalProperties"] = False
        drawable["properties"] = {name: _drawable(each) for name, each in schema["properties"].items()}
    return drawable


def _types(schema: Mapping[str, Any]) -> list[str]:
    written = schema["type"]
    return list(written) if isinstance(written, list) else [written]


# Which of the generated requests are allowed or forbidden


def _judged(request: _Request, generated: Iterable[Sent], *, valid: bool) -> list[Case]:
    """Of what was generated the cases that are what they should be, each once."""
    judge = _what_is_allowed if valid else _why_forbidden
    found: dict[tuple[str, str], Case] = {}
    for sent in generated:
        description = judge(request, sent)
        if description is not None:
            content_type = None if sent.body is None else _JSON
            case = Case(request.operation_id, valid, description, sent.query, sent.body, content_type)
            found.setdefault(sent.key, case)
    return list(found.values())


def _with_unknown_property(request: _Request) -> Iterator[Case]:
    """One case that shows whether unknown properties are ignored; in others they would only hide what else is wrong."""
    for example in request.examples[:1]:
        body = {"notInTheContract": "ignored", **example}
        yield Case(request.operation_id, True, f"unknown property, body {quote(body)}", "", encode(body), _JSON)


def _what_is_allowed(request: _Request, sent: Sent) -> str | None:
    """What is sent, if every correct backend accepts it."""
    values = sent.query_values
    if values is None or not _is_surely_allowed(request.query, values):
        return None
    if request.body is None:
        return f"query {sent.query}" if sent.query else "no query"
    if sent.body is None:
        return None if request.body.required else "no body"
    return f"body {quote(sent.body_value)}" if _is_surely_allowed(request.body, sent.body_value) else None


def _why_forbidden(request: _Request, sent: Sent) -> str | None:
    """What is wrong, if the contract certainly forbids it."""
    values = sent.query_values
    if values is None:
        return None
    if problem := _certain_problem(request.query, values):
        return f"query parameter {problem.pointer.removeprefix('#/')} = {problem.value} (expected: {problem.expected})"
    if request.body is None:
        return None
    if sent.body is None:
        return "no body (expected: a JSON object)" if request.body.required else None
    if problem := _certain_problem(request.body, sent.body_value):
        return f"body {problem.pointer} = {problem.value} (expected: {problem.expected})"
    return None


def _is_surely_allowed(part: _Part, value: Any) -> bool:
    return part.narrow.allows(value) and part.written.allows(value)


def _certain_problem(part: _Part, value: Any) -> Problem | None:
    certain = next(iter(part.wide.problems(value)), None)
    if certain is None:
        return None
    # Told in the contract's words, which do not mention what is tolerated beside them.
    return next((problem for problem in part.written.problems(value) if problem.pointer == certain.pointer), certain)


# What Schemathesis is given


def _document(request: _Request, *, valid: bool) -> str:
    """An OpenAPI document of the one operation, with nothing in it that must not vary: no ids in the path, no token.

    It is the same text for operations of the same shape, and what was generated for one serves the other.
    """

    def schema_of(part: _Part) -> Mapping[str, Any]:
        return part.narrow.node if valid else part.drawable

    examples_of = {name: each["example"] for name, each in request.query.written.node["properties"].items()}
    parameters = [
        {"in": "query", "name": name, "schema": schema, "example": examples_of[name]}
        for name, schema in schema_of(request.query)["properties"].items()
    ]
    operation: dict[str, Any] = {"parameters": parameters, "responses": {"200": {"description": "any"}}}
    if request.body:
        examples = {str(number): {"value": value} for number, value in enumerate(request.examples)}
        content = {_JSON: {"schema": schema_of(request.body), "examples": examples}}
        operation["requestBody"] = {"required": request.body.required, "content": content}
    paths = {"/": {request.method: operation}}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "one operation", "version": "1"}, "paths": paths})
