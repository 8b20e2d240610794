"""Judges requests by the contract's schemas, through the seams that Connexion has for it.

Says everything that is wrong with a request at once, each with its field's path, what was expected and what came.
Validators are compiled once per schema; Connexion makes its validator objects anew for each request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
from connexion.datastructures import MediaTypeDict
from connexion.validators import AbstractRequestBodyValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import wire
from mockserver.rules.errors import BodyMalformed, BodyTooLarge, FieldProblem, FieldsInvalid

Schema = Mapping[str, Any]

BODY = "body"
"""What an error about the body as a whole names as its field."""

_EXPLAINED_KIB = 16
_MAX_PROBLEMS = 100
"""Of a larger body the first problem is told, of a smaller one a hundred at most: each costs time."""

_MAX_SUGGESTION = 100
"""Characters of a value for which a near one is looked up."""

_INTEGER = re.compile(r"-?[0-9]{1,4300}\Z", re.ASCII)


def validator_map(max_body_kib: int) -> dict[str, Any]:
    """What Connexion's `validator_map` takes: the validators of this module for parameters and JSON bodies."""
    body = partial(JsonBody, max_body_kib=max_body_kib)
    return {"parameter": QueryParameters, "body": MediaTypeDict({"*/*json": body})}


class CanonicalMediaType:
    """ASGI middleware: writes the media type of a body as the contract does.

    It is one in capitals too, and with blanks before its parameters (RFC 9110, section 8.3.1); Connexion compares
    letter by letter. The parameters go: JSON has none, and is UTF-8 whatever they say. Without a body there is no
    media type to judge (CRE-2), whatever the header says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http":
            given = dict(scope["headers"])
            empty = b"transfer-encoding" not in given and given.get(b"content-length", b"0") == b"0"
            headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
            if b"content-type" in given and not empty:
                headers.append((b"content-type", given[b"content-type"].partition(b";")[0].strip().lower()))
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class JsonBody(AbstractRequestBodyValidator):
    """Reads a body once, judges it, and hands the parsed value on as the handler's `payload`.

    An empty body is one that is not there, however it was sent: a chunked request has no length to go by.
    """

    def __init__(self, *, max_body_kib: int, **options: Any) -> None:
        super().__init__(**options)
        self._max_body_kib = max_body_kib

    async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
        """Connexion's entry.

        Raises:
            BodyMalformed: 400; not JSON, or required and not there.
            BodyTooLarge: 413.
            FieldsInvalid: 422.
        """
        raw = await self._read(receive)
        if raw:
            body = wire.loads(raw)
            schema = compile_schema(self._schema)
            found = find_problems(schema, body, first_only=len(raw) > _EXPLAINED_KIB * 1024)
            problems = list(islice(found, _MAX_PROBLEMS))
            if problems:
                raise FieldsInvalid(problems)
        elif self._required:
            raise BodyMalformed("A JSON body is required.")
        else:
            body = {}
        scope["extensions"]["connexion_context"]["payload"] = body
        return receive, scope

    async def _read(self, receive: Receive) -> bytes:
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyMalformed("The client went away before the body was complete.")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_body_kib * 1024:
                raise BodyTooLarge(self._max_body_kib)
            more = message.get("more_body", False)
        return b"".join(chunks)


class QueryParameters:
    """Judges the query: path parameters are strings, and the token is judged elsewhere.

    Stricter than Python's `int`, which takes `+1`, `1_0` and digits of other scripts.
    """

    def __init__(self, parameters: Sequence[Mapping[str, Any]], **_options: Any) -> None:
        self._parameters = [parameter for parameter in parameters if parameter["in"] == "query"]

    def validate(self, scope: Scope) -> None:
        """Connexion's entry.

        Raises:
            FieldsInvalid: 422.
        """
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        problems = [
            problem
            for parameter in self._parameters
            for name, value in given  # one that is given twice counts as it stands last, and is judged each time
            if name == parameter["name"]
            for problem in find_problems(compile_schema(parameter["schema"]), _parse(value), name)
        ]
        if problems:
            raise FieldsInvalid(problems)


def _parse(text: str) -> int | str:
    return int(text) if _INTEGER.match(text) else text


class CompiledSchema:
    """A schema of the contract together with its validator."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        # Draft 7 is the first to agree with JSON that 5.0 is an integer.
        self._validator = jsonschema_rs.Draft7Validator(to_json_schema(schema))

    def find_errors(self, value: Any, *, first_only: bool) -> Iterable[jsonschema_rs.ValidationError]:
        """The validator's errors. All of them cost as much as there are, the first costs next to nothing."""
        if not first_only:
            return self._validator.iter_errors(value)
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []


_compiled: dict[int, CompiledSchema] = {}


def compile_schema(schema: Schema) -> CompiledSchema:
    """The compiled form of a schema, made once. It keeps the schema alive, so that its identity may be the key."""
    known = _compiled.get(id(schema))
    if known is None or known.schema is not schema:
        known = _compiled[id(schema)] = CompiledSchema(schema)
    return known


def to_json_schema(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes one more type, and one more value of an enum."""
    if isinstance(schema, list):
        return [to_json_schema(entry) for entry in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: to_json_schema(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True and "type" in plain:
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
    return plain


def find_problems(
    compiled: CompiledSchema, value: Any, field: str = "", *, first_only: bool = False
) -> Iterator[FieldProblem]:
    """All that is wrong with a value, or the first of it; `field` is where the value itself stands."""
    try:
        errors = compiled.find_errors(value, first_only=first_only)
    except UnicodeEncodeError:  # A lone surrogate: JSON has it, the validator cannot. No schema asks for one.
        encodable = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        errors = compiled.find_errors(encodable, first_only=first_only)
    told: set[str] = set()
    for error in errors:
        problem = _describe(error, compiled.schema, field)
        if problem.field not in told:  # what is of the wrong type is none of the allowed values either
            told.add(problem.field)
            yield problem


def _describe(  # noqa: PLR0911 - a table, one return a kind
    error: jsonschema_rs.ValidationError, schema: Schema, field: str
) -> FieldProblem:
    kind, facts, came = error.kind.name, error.kind.as_dict(), name_value(error.instance)
    path = field + name_path(error.instance_path)
    match kind:
        case "required":
            return FieldProblem(_join(path, facts["property"]), "required, but not there", "missing")
        case "type":
            return FieldProblem(path or BODY, f"expected {name_types(facts['types'])}, got {came}", "wrongType")
        case "enum":
            near = _name_nearest(facts["options"], error.instance)
            options = ", ".join(map(str, facts["options"]))
            return FieldProblem(path, f"got {came}{near}, expected one of {options}", "notAllowed")
        case "pattern":
            example = _subschema(schema, error.schema_path).get("example")
            return FieldProblem(path, f"expected a text such as {example}, got {came}", "pattern")
        case "minimum":
            return FieldProblem(path, f"expected {facts['limit']} or more, got {came}", "tooSmall")
        case "maximum":
            return FieldProblem(path, f"expected {facts['limit']} or less, got {came}", "tooLarge")
        case "anyOf":
            names = [branch["required"][0] for branch in _subschema(schema, error.schema_path)["anyOf"]]
            return FieldProblem(
                path or BODY, f"expected at least one of {', '.join(names)}, got none of them", "missing"
            )
    return FieldProblem(path or BODY, error.message, kind)


def _subschema(schema: Any, schema_path: Sequence[str | int]) -> Any:
    """The schema that has the keyword at the end of the path."""
    for step in schema_path[:-1]:
        schema = schema[step]
    return schema


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def name_path(path: Sequence[str | int]) -> str:
    """`additionalContext[0].content`, from the steps that lead there."""
    named = ""
    for step in path:
        named = f"{named}[{step}]" if isinstance(step, int) else _join(named, step)
    return named


_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def name_types(types: Sequence[str]) -> str:
    """`a string or null`."""
    return " or ".join(_TYPES[name] for name in sorted(types, key=lambda name: name == "null"))


def _name_nearest(options: Sequence[Any], given: Any) -> str:
    short = isinstance(given, str) and len(given) <= _MAX_SUGGESTION
    near = get_close_matches(given, options, n=1) if short else []
    return f" (did you mean {near[0]}?)" if near else ""


def name_value(value: Any) -> str:
    """What came, for a sentence: long texts are cut."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"the string {json.dumps(value if len(value) <= 40 else value[:40] + '…', ensure_ascii=False)}"
        case int() | float():
            text = str(value) if abs(value) < 10**40 else "of 40 digits and more"
            return f"the number {text}"
        case list():
            return "an array"
        case _:
            return "an object"
