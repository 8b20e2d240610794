"""Judges values by the contract's schemas, compiled once each, and says what is wrong in words that can be acted on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import jsonschema_rs

from mockserver.rules.errors import FieldProblem

Schema = Mapping[str, Any]

BODY = "body"
"""What an error about the body as a whole names as its field."""

_MAX_SUGGESTION = 100
"""Characters of a value for which a near one is looked up, and names among which one is."""


class CompiledSchema:
    """A schema of the contract together with its validator."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        # Draft 7 is the first to agree with JSON that 5.0 is an integer.
        self._validator = jsonschema_rs.Draft7Validator(to_json_schema(schema))

    def allows(self, value: Any) -> bool:
        """Whether the value is as the schema wants it; of a text that the validator cannot read, False."""
        try:
            return self._validator.is_valid(value)
        except ValueError:  # a lone surrogate, or nested too deeply: `find_problems` knows what to do
            return False

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


def inline_refs(contract: Mapping[str, Any], part: Any) -> Any:
    """A part of the contract with all that it refers to in its place. The contract has no circles."""
    if isinstance(part, list):
        return [inline_refs(contract, entry) for entry in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" in part:
        target: Any = contract
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return inline_refs(contract, target)
    return {name: inline_refs(contract, entry) for name, entry in part.items()}


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
            name = facts["property"]
            meant = nearest_unknown(_subschema(schema, error.schema_path), error.instance, name)
            hint = f" (did you mean it by {meant}?)" if meant else ""
            return FieldProblem(_join(path, name), f"required, but not there{hint}", "missing")
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
            parent = _subschema(schema, error.schema_path)
            names = [branch["required"][0] for branch in parent["anyOf"]]
            pairs = [(name, nearest_unknown(parent, error.instance, name)) for name in names]
            hint = next((f" (did you mean {name} by {meant}?)" for name, meant in pairs if meant), "")
            message = f"expected at least one of {', '.join(names)}, got none of them{hint}"
            return FieldProblem(path or BODY, message, "missing")
        case "minProperties":
            any_of = ", ".join(_subschema(schema, error.schema_path).get("properties", {}))
            return FieldProblem(path or BODY, f"expected at least one of {any_of}, got none of them", "missing")
        case "additionalProperties":
            known = list(_subschema(schema, error.schema_path).get("properties", {}))
            first = facts["unexpected"][0]
            message = f"there is no such field{_name_nearest(known, first)}; there are {', '.join(known)}"
            return FieldProblem(_join(path, first), message, "unknown")
    return FieldProblem(path or BODY, error.message, kind)


def nearest_unknown(schema: Schema, given: Any, name: str) -> str | None:
    """A property that was given and that the schema does not know, whose name is near `name`."""
    if not isinstance(given, Mapping) or len(given) > _MAX_SUGGESTION:
        return None
    known = schema.get("properties", {})
    unknown = {key.lower(): key for key in given if key not in known and len(key) <= _MAX_SUGGESTION}
    near = get_close_matches(name.lower(), unknown, n=1, cutoff=0.65)
    return unknown[near[0]] if near else None


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
