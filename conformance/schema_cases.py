"""Requests made from the contract's schemas: those that it allows and those that it forbids. Sends nothing.

Schemathesis makes them, and its labels are not believed: a case counts as allowed only if every correct backend must
accept it, and as forbidden only if the contract says so, both as the schemas here judge what would be sent. What lies
between the two is dropped: there the contract is silent, or another clause speaks.
"""

import json
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus

from conformance import contract
from conformance.schema_answers import Problem, Schema, json_schema, loads, quote

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.schemas import APIOperation, BaseSchema

_JSON = "application/json"
_LARGEST_BODY = 20_000
_INTEGER = re.compile("0|-?[1-9][0-9]{0,99}")  # in the form that all backends read alike

# What every correct backend takes where the contract names a type and no more. A text begins with a letter or a digit
# (other signs may mean something to the backend) and has no character that a database or a gateway might refuse.
_SURE_TEXT = "^[0-9A-Za-z][ -~\nÀ-ÿßŁжЯβ字あ€😀]{0,60}$"
_SURE_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_SURE_INTEGER = {"minimum": 1, "maximum": 2**31 - 1}
_SURE_ITEMS = 3

# How many cases are drawn as one.
_AT_ONCE = 4


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
    cases = _judged(request, _covered(_document(request, valid=valid), valid=valid), valid=valid)
    return [*cases, *_with_unknown_property(request)] if valid else cases


def fuzzed_cases(operation_id: str, *, valid: bool, count: int, seed: int, known: Known = NOTHING_KNOWN) -> list[Case]:
    """Up to `count` cases that Hypothesis draws; fewer where it finds fewer. The same in every run with this seed.

    Raises:
        KeyError: there is no such operation.
    """
    request = _request(operation_id, known)
    if not (request.query.written.node["properties"] or request.body):
        return []  # nothing varies
    drawn = _drawn(_document(request, valid=valid), valid=valid, count=count * 3 // 2, seed=seed)
    return _judged(request, drawn, valid=valid)[:count]


def with_fresh_id(case: Case) -> Case:
    """The case with a message id that was never used, where it has one.

    Sent again with the old id, a message would be answered with the reply that it got in an earlier run.
    """
    body = loads(case.body.decode()) if case.body else None
    if not (isinstance(body, dict) and isinstance(body.get("id"), str)):
        return case
    return replace(case, body=_encode(body | {"id": str(uuid.uuid4())}))


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


@dataclass(frozen=True)
class _Sent:
    """What would go over the wire, and nothing of what Schemathesis thinks of it."""

    query: str
    body: bytes | None

    @property
    def query_values(self) -> dict[str, Any] | None:
        """The query's values by name; None where backends may read it in different ways."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        values = dict(pairs)
        if len(values) < len(pairs) or any(map(_is_ambiguous, values.values())):
            return None
        return {name: int(value) if _INTEGER.fullmatch(value) else value for name, value in values.items()}

    @property
    def body_value(self) -> Any:
        """The body's JSON value."""
        return loads((self.body or b"null").decode())

    @property
    def key(self) -> tuple[str, str]:
        """What tells two of them apart. Messages that differ in nothing but their ids are one case."""
        value = self.body_value
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            value["id"] = ""
        return self.query, json.dumps([self.body is None, value], sort_keys=True)


def _judged(request: _Request, generated: Iterable[_Sent], *, valid: bool) -> list[Case]:
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
        yield Case(request.operation_id, True, f"unknown property, body {quote(body)}", "", _encode(body), _JSON)


def _what_is_allowed(request: _Request, sent: _Sent) -> str | None:
    """What is sent, if every correct backend accepts it."""
    values = sent.query_values
    if values is None or not _is_surely_allowed(request.query, values):
        return None
    if request.body is None:
        return f"query {sent.query}" if sent.query else "no query"
    if sent.body is None:
        return None if request.body.required else "no body"
    return f"body {quote(sent.body_value)}" if _is_surely_allowed(request.body, sent.body_value) else None


def _why_forbidden(request: _Request, sent: _Sent) -> str | None:
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


def _is_ambiguous(text: str) -> bool:
    """Whether some take it for an integer and others do not: `1.0`, `+1`, ` 1`, `01`, `1e0`, `0x1`, `1_0`, ``."""
    if _INTEGER.fullmatch(text):
        return False
    plain = unicodedata.normalize("NFKC", text).strip().replace("_", "") or "0"
    return _reads_as_integer(plain, float) or _reads_as_integer(plain, lambda digits: float(int(digits, 0)))


def _reads_as_integer(text: str, read: Callable[[str], float]) -> bool:
    try:
        return read(text).is_integer()
    except (ValueError, OverflowError):
        return False


# How Schemathesis is made to generate requests


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


@cache
def _loaded(document: str) -> "tuple[BaseSchema, APIOperation[Any, Any, Any, Any]]":
    """The operation as Schemathesis reads it, with a configuration of our own: none that lies about is looked for."""
    import schemathesis  # here, because it takes most of a second
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig.from_dict(
        {
            "generation": {"database": "none", "allow-x00": False, "allow-extra-parameters": False},
            "phases": {"coverage": {"unexpected-methods": [], "generate-duplicate-query-parameters": False}},
        }
    )
    schema = schemathesis.openapi.from_dict(json.loads(document), config=config)
    (path,) = schema
    (method,) = schema[path]
    return schema, schema[path][method]


@cache
def _covered(document: str, *, valid: bool) -> list[_Sent]:
    """What the coverage phase generates.

    Schemathesis has no public way to it but its own runs. This method of the schema is what its engine and its
    pytest plugin call; a test holds that it is there and does what is needed.
    """
    from schemathesis import GenerationMode

    schema, operation = _loaded(document)
    # With both modes, what is not meant to be wrong is right; asked for wrong values alone, it has nothing else.
    modes = [GenerationMode.POSITIVE] if valid else list(GenerationMode)
    cases = schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=schema.config.generation)
    return [sent for sent in map(_sent, cases) if sent is not None]


@cache
def _drawn(document: str, *, valid: bool, count: int, seed: int) -> list[_Sent]:
    """What Hypothesis draws: no database, no shrinking, and no heed to a profile or a seed of the user's."""
    import hypothesis.strategies
    from schemathesis import GenerationMode

    _, operation = _loaded(document)
    one = operation.as_strategy(generation_mode=GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE)
    drawn: list[_Sent | None] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=1 + count // _AT_ONCE,  # the first is the simplest of all
        database=None,
        phases=[hypothesis.Phase.generate],
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    # Several at once: one by one they would be slower, and more of them copies of each other with a small change.
    @hypothesis.given(hypothesis.strategies.lists(one, min_size=_AT_ONCE, max_size=_AT_ONCE))
    def draw(cases: "list[schemathesis.Case[Any]]") -> None:
        drawn.extend(map(_sent, cases))

    with _without_local_constants():
        draw()
    return [sent for sent in drawn if sent is not None]


@contextmanager
def _without_local_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants, which it also takes from whatever source files happen to be loaded.

    Those would make other cases of the same seed in another run, and send strings of somebody's tests to a backend.
    There is no setting for it.
    """
    from hypothesis.internal.conjecture.providers import HypothesisProvider

    name = "_maybe_draw_constant"
    original = getattr(HypothesisProvider, name)
    setattr(HypothesisProvider, name, lambda *_args, **_kwargs: None)
    try:
        yield
    finally:
        setattr(HypothesisProvider, name, original)


def _sent(case: "schemathesis.Case[Any]") -> _Sent | None:
    """A case as it would be sent; None for one that varies more than the values of the query and a JSON body."""
    from schemathesis.core import NotSet

    if case.headers:  # another media type: ERR-3's business, as is a body that is not JSON
        return None
    try:
        query = "&".join(f"{quote_plus(name)}={quote_plus(_text(case.query[name]))}" for name in sorted(case.query))
        body = None if isinstance(case.body, NotSet) else _encode(_with_plain_integers(case.body))
    except (TypeError, ValueError):  # several values of a parameter; bytes, NaN and lone surrogates in the body
        return None
    return None if body is not None and len(body) > _LARGEST_BODY else _Sent(query, body)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        raise TypeError("a query parameter with several values")
    return value if isinstance(value, str) else json.dumps(_with_plain_integers(value))


def _with_plain_integers(value: Any) -> Any:
    """Write 5.0 as 5: to JSON Schema it is an integer, to some parsers it is not."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_with_plain_integers(each) for each in value]
        case dict():
            return {name: _with_plain_integers(each) for name, each in value.items()}
    return value


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
