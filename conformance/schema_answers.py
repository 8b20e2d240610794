"""Judges recorded answers by the contract's schemas: statuses, media types, bodies, stream events. Pure.

jsonschema-rs is used directly rather than through Schemathesis: `validate_response` there looks at the body alone,
so that a wrong media type passes, and wants a response object, which the record of a call is not.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from conformance import contract
from conformance.exchange import Exchange
from conformance.sse import Event

if TYPE_CHECKING:
    import jsonschema_rs

_EVENT_STREAM = "text/event-stream"
_ERROR_MEDIA_TYPES = ("application/json", "application/problem+json")
_WITHOUT_405 = ("HEAD", "OPTIONS")  # the one has no body, the other is a matter of CORS

_LONGEST_QUOTE = 120
_MOST_ERRORS = 1000  # looked at in one body


@dataclass(frozen=True)
class Finding:
    """One breach: the clause, what the contract says and what came, each in one line."""

    clause: Literal["SCH-1", "ERR-1", "ERR-2"]
    expected: str
    observed: str


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a JSON value: what was expected, where (`#/data/0/id`), and what is there."""

    expected: str
    pointer: str
    value: str

    def __str__(self) -> str:
        return f"{self.pointer} is {self.value}"


def check_answer(exchange: Exchange) -> list[Finding]:
    """What the contract does not allow in an answer; nothing where it does not speak of such an answer.

    SCH-1: a success has the documented status, media type and body. Properties beyond the documented are tolerated.
    ERR-2: an error whose status is documented has the documented body. A 5xx is the business of ERR-1.
    """
    responses = _documented_responses(exchange)
    if exchange.status is None or not responses:
        return []
    if 200 <= exchange.status < 300:
        return _check_success(exchange, responses)
    if 400 <= exchange.status < 500:
        return _check_error(exchange, responses)
    return []


def check_stream_events(events: Iterable[Event], exchange: Exchange) -> list[Finding]:
    """SCH-1 for the events of the stream that `exchange` opened: their names, and the JSON in their `data`.

    What is wrong in many events in the same way is told once. Events named `ping` are passed over. Not for a backend
    with a hook of its own to read events: they are shaped otherwise there, and rightly so.
    """
    stream = _documented_responses(exchange).get(str(exchange.status), {}).get(_EVENT_STREAM)
    if stream is None or exchange.media_type != _EVENT_STREAM:
        return []
    found: dict[tuple[str, str], Finding] = {}
    for number, event in enumerate(events, start=1):
        for expected, observed in _event_breaches(event, _data_schemas(stream)):
            finding = Finding("SCH-1", expected, f"event {number}: {observed}")
            found.setdefault((event.name, expected), finding)
    return list(found.values())


class Schema:
    """A JSON Schema that is compiled when it is first needed. `node` is the schema as it is written."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        self.node = node

    @cached_property
    def _validator(self) -> "jsonschema_rs.Validator":
        import jsonschema_rs  # here, because the plugin is loaded in every pytest run

        # Of a draft that agrees with JSON that 5.0 is an integer.
        return jsonschema_rs.Draft202012Validator(dict(self.node))

    def problems(self, value: Any) -> list[Problem]:
        """All that is wrong with a JSON value; what is wrong in many elements of an array in the same way, once.

        Nothing is said of a value that is nested more than 250 deep: it is JSON, but the validator cannot take it.
        """
        found: dict[tuple[str, ...], Problem] = {}
        with _deep_nesting_passed_over():
            for error in islice(self._validator.iter_errors(_encodable(value)), _MOST_ERRORS):
                # Where in the schema the error is tells its kind, up to the name of a property that is missing.
                kind = (*map(str, error.schema_path), str(error.kind.as_dict().get("property")))
                if kind not in found:
                    found[kind] = Problem(
                        self._expectation(error), _pointer(error.instance_path), quote(error.instance)
                    )
        return list(found.values())

    def allows(self, value: Any) -> bool:
        """Whether nothing is wrong with a JSON value."""
        return not self.problems(value)

    def _expectation(self, error: "jsonschema_rs.ValidationError") -> str:  # noqa: PLR0911 - a table
        facts, around = error.kind.as_dict(), self._around(error.schema_path)
        match error.kind.name:
            case "required":
                return f"the property {facts['property']}"
            case "type":
                return " or ".join(_TYPES[name] for name in sorted(facts["types"], key=lambda name: name == "null"))
            case "enum":
                return " or ".join(map(quote, facts["options"]))
            case "pattern":
                return f"a text like {around.get('example', facts['pattern'])}"
            case "minimum":
                return f"{around['minimum']} or more"
            case "maximum":
                return f"{around['maximum']} or less"
            case "anyOf":
                return f"at least one of the properties {', '.join(_required_in(around['anyOf']))}"
            case "not":
                return f"no property {' or '.join(_required_in(around['not'].get('anyOf', ())))}"
        return " ".join(error.message.split())[:_LONGEST_QUOTE]

    def _around(self, path: Iterable[str | int]) -> Any:
        """The schema that has the keyword at the end of the path."""
        node: Any = self.node
        *steps, _ = path
        for step in steps:
            node = node[step]
        return node


def json_schema(node: Any) -> Any:
    """A part of the contract as JSON Schema: references in place, and null a type, or a value, where it is allowed.

    Raises:
        KeyError: a reference leads nowhere.
    """
    if isinstance(node, list):
        return [json_schema(entry) for entry in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(reference := node.get("$ref"), str):
        return json_schema(_referred(reference))
    plain = {key: json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") is True and "type" in plain:
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
    return plain


def loads(text: str) -> Any:
    """The JSON value of a text, strictly: Python's parser takes NaN and Infinity too. A byte order mark is tolerated.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def quote(value: Any) -> str:
    """A JSON value for a sentence: on one line, printable, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        text = json.dumps(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}... ({len(text)} characters)"


_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
}

_Response = Mapping[str, Schema]  # by media type


@dataclass(frozen=True)
class _Operation:
    method: str
    path: re.Pattern[str]
    responses: Mapping[str, _Response]  # by status, those tolerated with those documented


@cache
def _operations() -> list[_Operation]:
    return [
        _Operation(
            method=method.upper(),
            path=re.compile(".*" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
            responses=dict(_responses(operation)),
        )
        for path, item in contract.document()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def _responses(operation: Mapping[str, Any]) -> Iterator[tuple[str, _Response]]:
    for status, response in json_schema(operation["responses"]).items():
        schemas = {media_type: Schema(content["schema"]) for media_type, content in response["content"].items()}
        for accepted in (status, *response.get("x-tolerated-statuses", ())):
            yield accepted, schemas


def _operations_at(path: str) -> list[_Operation]:
    return [operation for operation in _operations() if operation.path.fullmatch(path)]


def _documented_responses(exchange: Exchange) -> Mapping[str, _Response]:
    """What the contract says of the answers to this call; of a method that the path does not have, its 405."""
    here = _operations_at(urlsplit(exchange.url).path)
    for operation in here:
        if operation.method == exchange.method:
            return operation.responses
    if here and exchange.method not in _WITHOUT_405:
        return {"405": here[0].responses["405"]}
    return {}


def _check_success(exchange: Exchange, responses: Mapping[str, _Response]) -> list[Finding]:
    successes = [status for status in responses if status.startswith("2")]
    if not successes:
        return []
    response = responses.get(str(exchange.status))
    if response is None:
        return [Finding("SCH-1", f"status {' or '.join(successes)}", f"status {exchange.status}")]
    if exchange.media_type not in response:
        return [_wrong_media_type("SCH-1", exchange, " or ".join(response))]
    if exchange.media_type == _EVENT_STREAM:  # its events are judged one by one
        return []
    return _check_body("SCH-1", exchange, [response[exchange.media_type]])


def _check_error(exchange: Exchange, responses: Mapping[str, _Response]) -> list[Finding]:
    if str(exchange.status) not in responses:
        return []
    if exchange.media_type not in _ERROR_MEDIA_TYPES:
        return [_wrong_media_type("ERR-2", exchange, "application/json")]
    allowed = [responses[str(exchange.status)]["application/json"]]
    if exchange.status == 400:  # bad input is a 400 or a 422, and may be told field by field in either
        allowed.append(_component("ValidationError"))
    if exchange.status == 409:
        # Another conflict than the lock's has a code of its own (IDM-7). That the lock's has `conversationLocked`
        # is for those to judge who know that a stream was active.
        allowed = [_component("Error")]
    return _check_body("ERR-2", exchange, allowed)


def _wrong_media_type(clause: Literal["SCH-1", "ERR-1", "ERR-2"], exchange: Exchange, expected: str) -> Finding:
    return Finding(clause, f"media type {expected}", f"media type {exchange.media_type or 'not given'}")


def _check_body(clause: Literal["SCH-1", "ERR-1", "ERR-2"], exchange: Exchange, allowed: list[Schema]) -> list[Finding]:
    """What is wrong with the body by each of the schemas, as told by the one that it comes nearest to."""
    try:
        body = loads(exchange.body)
    except ValueError:
        return [Finding(clause, "a JSON body", f"the body is {quote(exchange.body)}" if exchange.body else "no body")]
    told = min((schema.problems(body) for schema in allowed), key=len)
    return [Finding(clause, problem.expected, str(problem)) for problem in told]


def _event_breaches(event: Event, data_schemas: Mapping[str, Schema]) -> list[tuple[str, str]]:
    """What was expected of the event, and what came."""
    if event.name == "ping":
        return []
    if event.name not in data_schemas:
        return [(f"an event named {' or '.join(data_schemas)}", f"one named {quote(event.name)}")]
    try:
        data = loads(event.data)
    except ValueError:
        return [("data that is JSON", f"the data is {quote(event.data)}")]
    return [(problem.expected, str(problem)) for problem in data_schemas[event.name].problems(data)]


@cache
def _data_schemas(stream: Schema) -> dict[str, Schema]:
    """By the name of an event, the schema of the JSON in its data."""
    return {
        name: Schema(branch["properties"]["data"]["x-content-schema"])
        for branch in stream.node["oneOf"]
        for name in branch["properties"]["event"]["enum"]
    }


@cache
def _component(name: str) -> Schema:
    return Schema(json_schema({"$ref": f"#/components/schemas/{name}"}))


@contextmanager
def _deep_nesting_passed_over() -> Iterator[None]:
    try:
        yield
    except RecursionError:  # of Python's json
        pass
    except ValueError as problem:  # of jsonschema-rs
        if "Recursion limit" not in str(problem):
            raise


def _referred(reference: str) -> Any:
    node: Any = contract.document()
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _encodable(value: Any) -> Any:
    """The value without lone surrogates: JSON has them, the validator cannot take them, and no schema names one."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return value


def _pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer as a URI fragment has it, `#/data/0/id`."""
    return "".join(["#", *(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)])


def _required_in(branches: Iterable[Mapping[str, Any]]) -> list[str]:
    return [name for branch in branches for name in branch.get("required", ())]
