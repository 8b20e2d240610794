"""How recorded answers are judged by the contract's schemas (SCH-1, ERR-2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import document
from conformance.exchange import Exchange
from conformance.schema_answers import Finding, check_answer, check_stream_events, json_schema
from conformance.sse import Event

LIST = "/api/v1/workspaces/demo/conversations"
ONE = f"{LIST}/c-1"
MESSAGES = f"{ONE}/messages"
STREAMS = f"{ONE}/message-streams"
OPERATIONS = {
    "createConversation": ("POST", LIST),
    "listConversations": ("GET", LIST),
    "updateConversation": ("PATCH", ONE),
    "sendMessage": ("POST", MESSAGES),
    "listMessages": ("GET", MESSAGES),
    "openMessageStream": ("POST", STREAMS),
    "cancelMessageStream": ("DELETE", STREAMS),
}

CONVERSATION = {"id": "c-1", "createdAt": "2026-05-01T09:00:00", "modelName": None, "legacyCustomerId": 42}
MESSAGE = {"id": "m-1", "text": "Hello!", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}
PAGE = {"size": 20, "totalElements": 1, "totalPages": 1, "currentPage": 1}


def exchange(
    method: str, path: str, status: int | None, body: Any = None, media_type: str = "application/json"
) -> Exchange:
    """A recorded call; a `body` that is no text is sent as JSON."""
    return Exchange(
        method=method,
        url=f"https://api.example.org{path}",
        request_body=None,
        status=status,
        headers={"content-type": media_type} if media_type else {},
        body=body if isinstance(body, str) else json.dumps(body),
        started=0.0,
        elapsed=0.1,
        curl="curl",
    )


def stream(*, media_type: str = "text/event-stream") -> Exchange:
    """A stream that was opened."""
    return exchange("POST", STREAMS, 200, "", media_type)


def documented_examples() -> Iterator[tuple[str, str, int, str, Any]]:
    """Every example of an answer in the contract: operation, status, media type, name, value."""
    for item in json_schema(document()["paths"]).values():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for status, response in operation["responses"].items():
                for media_type, content in response["content"].items():
                    for name, example in content["examples"].items():
                        what = f"{operation['operationId']} {status} {name}"
                        yield what, operation["operationId"], int(status), media_type, example["value"]


EXAMPLES = list(documented_examples())


@pytest.mark.parametrize(("method", "path"), OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("prefix", ["", "/gateway/v2", "/api/v1/workspaces/other/conversations"])
def test_an_operation_is_known_by_method_and_path(method: str, path: str, prefix: str) -> None:
    """Whatever stands before `/api/v1`, and whatever the ids are."""
    for same in prefix + path, path.replace("c-1", "a%2Fb").replace("demo", "w%20x"):
        assert [finding.clause for finding in check_answer(exchange(method, same, 299))] == ["SCH-1"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", LIST),
        ("HEAD", LIST),
        ("GET", STREAMS),
        ("GET", f"{LIST}/"),
        ("GET", ONE),
        ("POST", f"{MESSAGES}/m-1"),
        ("GET", "/api/v2/workspaces/demo/conversations"),
        ("GET", "/"),
    ],
)
def test_other_calls_are_no_operation(method: str, path: str) -> None:
    """And what they answer with a success is for others to judge."""
    assert check_answer(exchange(method, path, 200, "<html>", "text/html")) == []


@pytest.mark.parametrize(
    ("operation_id", "status", "media_type", "value"),
    [pytest.param(*rest, id=what) for what, *rest in EXAMPLES],
)
def test_each_example_of_the_contract_is_right(operation_id: str, status: int, media_type: str, value: Any) -> None:
    """What the contract shows is what it asks for."""
    method, path = OPERATIONS[operation_id]
    assert check_answer(exchange(method, path, status, value, media_type)) == []
    if media_type == "text/event-stream":
        assert check_stream_events([Event(value["event"], value["data"])], stream()) == []


@pytest.mark.parametrize(
    ("answer", "expected", "observed"),
    [
        (exchange("POST", LIST, 202, CONVERSATION), "status 201 or 200", "status 202"),
        (exchange("DELETE", STREAMS, 204, "", ""), "status 200", "status 204"),
        (exchange("POST", LIST, 201, CONVERSATION, "text/html"), "media type application/json", "media type text/html"),
        (exchange("PATCH", ONE, 200, "", ""), "media type application/json", "media type not given"),
        (
            exchange("GET", LIST, 200, {"page": PAGE, "data": []}, "application/problem+json"),
            "media type application/json",
            "media type application/problem+json",
        ),
        (exchange("POST", STREAMS, 200, MESSAGE), "media type text/event-stream", "media type application/json"),
        (exchange("POST", LIST, 201, "<html>"), "a JSON body", 'the body is "<html>"'),
        (exchange("PATCH", ONE, 200, ""), "a JSON body", "no body"),
        (exchange("POST", LIST, 201, json.dumps(CONVERSATION)[:-1] + ', "x": NaN}'), "a JSON body", 'the body is "{'),
        (exchange("PATCH", ONE, 200, []), "an object", "# is []"),
        (exchange("POST", LIST, 201, {"id": "c-1"}), "the property createdAt", '# is {"id": "c-1"}'),
        (exchange("POST", LIST, 201, CONVERSATION | {"id": 5}), "a string", "#/id is 5"),
        (exchange("POST", LIST, 201, CONVERSATION | {"modelName": 5}), "a string or null", "#/modelName is 5"),
        (
            exchange("POST", LIST, 201, CONVERSATION | {"legacyCustomerId": 4.5}),
            "an integer or null",
            "#/legacyCustomerId is 4.5",
        ),
        (
            exchange("POST", LIST, 201, CONVERSATION | {"createdAt": "2026-05-01 09:00:00"}),
            "a text like 2026-05-01T09:00:00",
            '#/createdAt is "2026-05-01 09:00:00"',
        ),
        (
            exchange("POST", MESSAGES, 200, MESSAGE | {"source": "bot"}),
            '"user" or "assistant"',
            '#/source is "bot"',
        ),
        (
            exchange("GET", LIST, 200, {"page": PAGE | {"size": "20"}, "data": [CONVERSATION]}),
            "an integer",
            '#/page/size is "20"',
        ),
        (
            exchange("GET", MESSAGES, 200, {"page": PAGE, "data": [MESSAGE, MESSAGE | {"text": None}]}),
            "a string",
            "#/data/1/text is null",
        ),
    ],
)
def test_a_wrong_success_is_one_finding(answer: Exchange, expected: str, observed: str) -> None:
    """SCH-1, with what the contract says and where what came differs."""
    (finding,) = check_answer(answer)
    assert (finding.clause, finding.expected) == ("SCH-1", expected)
    assert finding.observed.startswith(observed)


@pytest.mark.parametrize(
    "answer",
    [
        exchange("POST", LIST, 200, CONVERSATION),
        exchange("POST", LIST, 201, CONVERSATION, "application/json; charset=utf-8"),
        exchange("POST", LIST, 201, CONVERSATION, "Application/JSON"),
        exchange("POST", LIST, 201, {"id": "c-1", "createdAt": "2026-05-01T09:00:00"}),
        exchange("POST", LIST, 201, CONVERSATION | {"createdAt": "2026-05-01T09:00:00.123456+02:00"}),
        exchange("POST", LIST, 201, CONVERSATION | {"createdAt": "2026-05-01T09:00:00Z"}),
        exchange("POST", LIST, 201, CONVERSATION | {"modelName": "a model that is gone", "owner": {"id": 1}}),
        exchange("POST", LIST, 201, CONVERSATION | {"legacyCustomerId": 10**30}),
        exchange("POST", LIST, 201, CONVERSATION | {"legacyCustomerId": 42.0}),
        exchange("POST", LIST, 201, "\ufeff" + json.dumps(CONVERSATION)),
        exchange("POST", LIST, 201, CONVERSATION | {"modelName": "\ud800"}),
        exchange("POST", LIST, 201, CONVERSATION | {"deep": json.loads("[" * 500 + "]" * 500)}),
        exchange("PATCH", ONE, 200, {"changed": True}),
        exchange("GET", LIST, 200, {"page": PAGE | {"totalPages": 0, "hasNext": False}, "data": []}),
        exchange("POST", STREAMS, 200, "", "text/event-stream; charset=utf-8"),
        exchange("POST", STREAMS, 200, "data: of no account here", "text/event-stream"),
        exchange("POST", LIST, 300, "", ""),
        exchange("POST", LIST, 307, "", ""),
        exchange("POST", LIST, None, ""),
    ],
)
def test_what_is_tolerated_in_a_success_is_no_finding(answer: Exchange) -> None:
    """SCH-1 must not fail a backend for what the contract leaves open."""
    assert check_answer(answer) == []


@pytest.mark.parametrize(
    ("answer", "expected", "observed"),
    [
        (exchange("POST", LIST, 401, "no", "text/plain"), "media type application/json", "media type text/plain"),
        (exchange("POST", LIST, 403, {"detail": "no"}), "the property error", '# is {"detail": "no"}'),
        (exchange("GET", MESSAGES, 404, {"error": 404}), "a string", "#/error is 404"),
        (exchange("PUT", LIST, 405, {}), "the property error", "# is {}"),
        (exchange("POST", STREAMS, 409, "locked"), "a JSON body", 'the body is "locked"'),
        (exchange("POST", MESSAGES, 413, ""), "a JSON body", "no body"),
        (exchange("PATCH", ONE, 415, []), "an object", "# is []"),
        (exchange("POST", LIST, 422, {"error": "bad"}), "the property errors", '# is {"error": "bad"}'),
        (
            exchange("POST", LIST, 422, {"errors": [{"field": "text", "message": "no"}]}),
            "the property type",
            '#/errors/0 is {"field": "text", "message": "no"}',
        ),
        (exchange("GET", LIST, 429, {"error": "wait", "code": 7}), "a string", "#/code is 7"),
        (
            exchange("POST", LIST, 400, {"title": "Bad"}, "application/problem+json"),
            "the property error",
            '# is {"title": "Bad"}',
        ),
    ],
)
def test_a_wrong_error_is_one_finding(answer: Exchange, expected: str, observed: str) -> None:
    """ERR-2, a `should`: the bodies of errors."""
    assert check_answer(answer) == [Finding("ERR-2", expected, observed)]


VALIDATION = {"errors": [{"field": "text", "message": "required", "type": "missing"}]}


@pytest.mark.parametrize(
    "answer",
    [
        exchange("POST", LIST, 400, {"error": "bad"}),
        exchange("POST", LIST, 400, VALIDATION),
        exchange("POST", LIST, 400, {"error": "bad", "errors": ["of another shape"]}),
        exchange("POST", LIST, 422, VALIDATION, "application/problem+json; charset=utf-8"),
        exchange("POST", LIST, 403, {"error": "no", "code": "aCodeOfItsOwn", "trace": []}),
        exchange("POST", MESSAGES, 409, {"error": "this id is being answered", "code": "inProgress"}),
        # Statuses that the contract does not have there
        exchange("GET", LIST, 400, "bad", "text/plain"),
        exchange("GET", LIST, 404, "<html>", "text/html"),
        exchange("POST", LIST, 410, ""),
        exchange("POST", LIST, 418, ""),
        exchange("POST", LIST, 500, "<html>", "text/html"),
        exchange("POST", LIST, 503, "<html>", "text/html"),
        # Calls that are no operation
        exchange("HEAD", LIST, 405, "", ""),
        exchange("OPTIONS", LIST, 405, "", ""),
        exchange("PUT", LIST, 404, "<html>", "text/html"),
        exchange("GET", "/elsewhere", 404, "<html>", "text/html"),
    ],
)
def test_what_is_tolerated_in_an_error_is_no_finding(answer: Exchange) -> None:
    """ERR-2 speaks of documented statuses, and bad input is a 400 or a 422 in either shape."""
    assert check_answer(answer) == []


def test_the_same_breach_in_many_elements_is_one_finding() -> None:
    """A page of a hundred wrong timestamps is one thing to mend."""
    page = {"page": PAGE, "data": [MESSAGE | {"createdAt": f"at {number}"} for number in range(100)]}
    (finding,) = check_answer(exchange("GET", MESSAGES, 200, page))
    assert finding.observed == '#/data/0/createdAt is "at 0"'


def test_different_breaches_are_findings_of_their_own() -> None:
    """Two properties that are missing are two things to mend."""
    findings = check_answer(exchange("POST", LIST, 201, {}))
    assert [finding.expected for finding in findings] == ["the property id", "the property createdAt"]


def test_a_finding_is_one_printable_line() -> None:
    """Whatever came: long values are cut."""
    (finding,) = check_answer(exchange("POST", LIST, 201, CONVERSATION | {"createdAt": "a\n\u2028\x1b" + "b" * 5000}))
    assert finding.observed.isprintable()
    assert len(finding.observed) < 200


def delta(**data: Any) -> Event:
    """A delta event with this data."""
    return Event("delta", json.dumps(data))


@pytest.mark.parametrize(
    ("event", "expected", "observed"),
    [
        (Event("done", "{}"), "an event named delta or message or error", 'event 1: one named "done"'),
        (Event("delta", "Hel"), "data that is JSON", 'event 1: the data is "Hel"'),
        (Event("delta", '{"delta": NaN}'), "data that is JSON", "event 1: the data is"),
        (delta(text="Hel"), "the property delta", 'event 1: # is {"text": "Hel"}'),
        (delta(delta=5), "a string", "event 1: #/delta is 5"),
        (delta(delta="a", message=MESSAGE), "no property message or error", "event 1: # is"),
        (
            Event("message", json.dumps({"message": MESSAGE | {"source": "bot"}})),
            '"user" or "assistant"',
            "event 1: #/m",
        ),
        (Event("error", '{"code": "generationFailed"}'), "the property error", "event 1: # is"),
    ],
)
def test_a_wrong_event_is_one_finding(event: Event, expected: str, observed: str) -> None:
    """SCH-1 for each event, and for the JSON in its data."""
    (finding,) = check_stream_events([event], stream())
    assert (finding.clause, finding.expected) == ("SCH-1", expected)
    assert finding.observed.startswith(observed)


@pytest.mark.parametrize(
    "event",
    [
        Event("ping", ""),
        Event("ping", "not JSON"),
        delta(delta=""),
        delta(delta="\ud800", index=3),
        Event("message", json.dumps({"message": MESSAGE | {"usage": 3}}), "event-7"),
        Event("error", '{"error": "too long"}'),
    ],
)
def test_what_is_tolerated_in_an_event_is_no_finding(event: Event) -> None:
    """Keep-alives that are events, and properties beyond the documented."""
    assert check_stream_events([event], stream()) == []


def test_the_same_breach_in_many_events_is_one_finding() -> None:
    """The first event that has it is named."""
    (finding,) = check_stream_events([delta(delta="a"), *[delta(delta=5)] * 100], stream())
    assert finding.observed == "event 2: #/delta is 5"


@pytest.mark.parametrize(
    "opened",
    [
        stream(media_type="application/json"),
        stream(media_type="text/plain"),
        exchange("POST", STREAMS, 409, {}),
        exchange("GET", LIST, 200, {}),
        exchange("POST", "/elsewhere", 200, "", "text/event-stream"),
    ],
)
def test_events_of_what_is_no_stream_are_not_judged(opened: Exchange) -> None:
    """Its answer was judged already."""
    assert check_stream_events([Event("done", "")], opened) == []


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MESSAGE, *PAGE, "data"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(list(OPERATIONS.values())), st.sampled_from([200, 201, 400, 404, 409, 422]), ANY_JSON, st.text())
def test_judging_never_raises(call: tuple[str, str], status: int, body: Any, data: str) -> None:
    """Whatever a backend answers is its own fault, not the kit's."""
    for answer in (exchange(*call, status, body), exchange(*call, status, data)):
        assert all(isinstance(finding, Finding) for finding in check_answer(answer))
    for text in (json.dumps(body), data):
        assert all(isinstance(each, Finding) for each in check_stream_events([Event("message", text)], stream()))


def test_null_is_allowed_where_the_contract_says_nullable() -> None:
    """JSON Schema has no such keyword: null becomes one more type, and one more value."""
    assert json_schema({"type": "string", "nullable": True, "enum": ["a"]}) == {
        "type": ["string", "null"],
        "enum": ["a", None],
    }
    assert json_schema({"type": "string", "nullable": False}) == {"type": "string"}
