"""The requests that are made from the contract's schemas: labelled rightly, and beyond doubt (SCH-2, SCH-3)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest

from conformance import schema_cases
from conformance.client import Call, Client
from conformance.contract import document
from conformance.exchange import Exchange
from conformance.schema_answers import check_answer
from conformance.schema_cases import Case, Known, coverage_cases, fuzzed_cases, with_fresh_id
from conformance.schema_drawing import Sent
from mockserver.validation import to_json_schema

ROOT = Path(__file__).parents[2]

OPERATIONS = {
    "createConversation": ("POST", "/conversations"),
    "listConversations": ("GET", "/conversations"),
    "updateConversation": ("PATCH", "/conversations/{}"),
    "sendMessage": ("POST", "/conversations/{}/messages"),
    "listMessages": ("GET", "/conversations/{}/messages"),
    "openMessageStream": ("POST", "/conversations/{}/message-streams"),
    "cancelMessageStream": ("DELETE", "/conversations/{}/message-streams"),
}
VARYING = [name for name in OPERATIONS if name != "cancelMessageStream"]
WITH_BODY = ["createConversation", "updateConversation", "sendMessage", "openMessageStream"]
BODIES = {
    "createConversation": "ConversationCreate",
    "updateConversation": "SteeringPatch",
    "sendMessage": "UserMessage",
    "openMessageStream": "UserMessage",
}
KNOWN = Known(model_name="o3", brand_voice_id="voice-1", target_audience_id="audience-1")
SEEDS = (1, 2)


def cases(operation_id: str, *, valid: bool, known: Known = schema_cases.NOTHING_KNOWN) -> list[Case]:
    """All cases of an operation, the fuzzed ones of several seeds with them."""
    found = coverage_cases(operation_id, valid=valid, known=known)
    for seed in SEEDS:
        found += fuzzed_cases(operation_id, valid=valid, count=30, seed=seed, known=known)
    return found


def body_of(case: Case) -> Any:
    """The JSON value of a body."""
    assert case.body is not None
    return json.loads(case.body)


def query_of(case: Case) -> dict[str, str]:
    """The parameters of a query, each given once."""
    pairs = parse_qsl(case.query, keep_blank_values=True, strict_parsing=bool(case.query))
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def values_in(value: Any) -> Iterator[Any]:
    """Every value of a JSON value, the names of properties among them."""
    yield value
    if isinstance(value, dict):
        for name, child in value.items():
            yield name
            yield from values_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from values_in(child)


def resolve(node: Any) -> Any:
    """A node of the contract with every reference replaced, by the test's own means."""
    if isinstance(node, list):
        return [resolve(child) for child in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolve(target)
    return {key: resolve(child) for key, child in node.items()}


def follows_the_contract(case: Case) -> bool:
    """Whether the contract allows it, as the mock's reading of the schemas has it."""
    if case.operation_id in BODIES:
        if case.body is None:
            return case.operation_id == "createConversation"
        schema = resolve(document()["components"]["schemas"][BODIES[case.operation_id]])
        return jsonschema_rs.Draft7Validator(to_json_schema(schema)).is_valid(body_of(case))
    numbers = {name: int(value) if re.fullmatch("-?[0-9]+", value) else 0 for name, value in query_of(case).items()}
    return numbers.keys() <= {"page", "size"} and all(number >= 1 for number in numbers.values())


@pytest.mark.parametrize("known", [schema_cases.NOTHING_KNOWN, KNOWN], ids=["nothing known", "all known"])
@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize("valid", [True, False])
def test_each_case_is_what_its_label_says(operation_id: str, valid: bool, known: Known) -> None:
    """SCH-2, SCH-3: a case of the wrong kind would accuse a correct backend."""
    for case in cases(operation_id, valid=valid, known=known):
        assert (case.operation_id, case.valid) == (operation_id, valid)
        assert follows_the_contract(case) == valid, case.description


@pytest.mark.parametrize("operation_id", VARYING)
@pytest.mark.parametrize("valid", [True, False])
def test_each_operation_that_varies_has_cases_of_both_kinds(operation_id: str, valid: bool) -> None:
    """From the coverage phase and from Hypothesis. Of another Schemathesis this fails first."""
    assert len(coverage_cases(operation_id, valid=valid)) >= 5
    assert len(fuzzed_cases(operation_id, valid=valid, count=30, seed=1)) >= 10


def test_an_operation_that_does_not_vary_has_one_valid_case() -> None:
    """A cancel has neither query nor body."""
    assert coverage_cases("cancelMessageStream", valid=True) == [
        Case("cancelMessageStream", valid=True, description="no query", query="", body=None, content_type=None)
    ]
    assert coverage_cases("cancelMessageStream", valid=False) == []
    for valid in (True, False):
        assert fuzzed_cases("cancelMessageStream", valid=valid, count=30, seed=1) == []


def test_an_unknown_operation_is_an_error() -> None:
    """A slip of the kit."""
    with pytest.raises(KeyError):
        coverage_cases("deleteConversation", valid=True)


@pytest.mark.parametrize("operation_id", VARYING)
@pytest.mark.parametrize("valid", [True, False])
def test_no_case_comes_twice(operation_id: str, valid: bool) -> None:
    """Two messages that differ in nothing but their ids are one case: each may cost a reply."""
    for found in (
        coverage_cases(operation_id, valid=valid),
        fuzzed_cases(operation_id, valid=valid, count=30, seed=1),
    ):
        bodies = [None if case.body is None else body_of(case) for case in found]
        for body in bodies:
            if isinstance(body, dict) and isinstance(body.get("id"), str):
                body["id"] = "the same"
        keys = [
            (case.query, case.body is None, json.dumps(body, sort_keys=True))
            for case, body in zip(found, bodies, strict=True)
        ]
        assert len(set(keys)) == len(keys)


def test_as_many_are_fuzzed_as_were_asked_for_at_the_most() -> None:
    """The count is a budget."""
    assert len(fuzzed_cases("updateConversation", valid=False, count=3, seed=1)) == 3


def test_another_seed_makes_other_cases() -> None:
    """Or a second run would find nothing new."""
    first, second = (fuzzed_cases("updateConversation", valid=False, count=30, seed=seed) for seed in SEEDS)
    assert first != second


def digest() -> str:
    """A fingerprint of every case."""
    found = [cases(operation_id, valid=valid) for operation_id in OPERATIONS for valid in (True, False)]
    return hashlib.sha256(repr(found).encode()).hexdigest()


@pytest.mark.whole
def test_the_cases_are_the_same_in_another_process(tmp_path: Path) -> None:
    """Whatever else is loaded there, and whatever configuration of Schemathesis and Hypothesis lies about."""
    (tmp_path / "schemathesis.toml").write_text("this is no TOML")
    (tmp_path / "own.py").write_text("LITERALS = ['a literal of mine', 4711, 'another']")
    code = "import own; from tests.kit import test_schema_cases as cases; print(cases.digest())"
    paths = os.pathsep.join([str(ROOT), str(tmp_path)])
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": "5", "CI": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
    )
    assert ended.stdout.strip() == digest()


def test_nothing_costly_is_imported_before_it_is_needed() -> None:
    """The plugin is loaded in every pytest run of whoever installed the kit."""
    code = (
        "import sys; from conformance import schema_answers, schema_cases; "
        "print(sorted({'schemathesis', 'hypothesis', 'jsonschema_rs', 'yaml'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize("operation_id", VARYING)
def test_only_the_query_and_the_body_vary(operation_id: str) -> None:
    """Bodies are JSON; a query is encoded."""
    for valid in (True, False):
        for case in cases(operation_id, valid=valid):
            assert case.content_type == ("application/json" if case.body is not None else None)
            assert re.fullmatch(r"[A-Za-z0-9%&=+._~-]*", case.query)
            assert len(case.body or b"") <= 20_000
            assert case.description.isprintable()


@pytest.mark.parametrize("operation_id", WITH_BODY)
def test_valid_bodies_have_nothing_that_a_backend_might_not_take(operation_id: str) -> None:
    """No odd characters, no large numbers, no empty texts, and no values that only the backend can know."""
    for case in cases(operation_id, valid=True):
        if case.body is None:
            continue
        body = body_of(case)
        for value in values_in(body):
            if isinstance(value, str):
                assert 0 < len(value.strip()) <= 200
                assert all(sign.isprintable() or sign == "\n" for sign in value)
            elif not isinstance(value, dict | list | bool | None):
                assert isinstance(value, int)
                assert 1 <= value < 2**31
        assert "modelName" not in body
        assert body.get("brandVoiceId") is None
        assert body.get("targetAudienceId") is None
        assert body.get("createdAt", "2026-05-01T09:01:30") == "2026-05-01T09:01:30"
        if "id" in body:
            assert re.fullmatch("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", body["id"])


def test_values_that_the_backend_is_known_to_accept_are_sent() -> None:
    """And no other models, voices and audiences."""
    found = [
        body_of(case)
        for operation_id in ("createConversation", "updateConversation")
        for case in cases(operation_id, valid=True, known=KNOWN)
        if case.body is not None
    ]
    assert {body["modelName"] for body in found if "modelName" in body} == {"o3"}
    assert {body["brandVoiceId"] for body in found if "brandVoiceId" in body} == {"voice-1", None}
    assert {body["targetAudienceId"] for body in found if "targetAudienceId" in body} == {"audience-1", None}


@pytest.mark.parametrize("operation_id", WITH_BODY)
def test_one_valid_body_has_an_unknown_property(operation_id: str) -> None:
    """The contract says that they are ignored; one is enough to see it."""
    found = [case for case in cases(operation_id, valid=True) if "unknown property" in case.description]
    assert len(found) == 1
    assert body_of(found[0])["notInTheContract"] == "ignored"


@pytest.mark.parametrize("operation_id", ["listConversations", "listMessages"])
def test_valid_queries_ask_for_the_first_page(operation_id: str) -> None:
    """Another may be past the end: that it is answered at all is a `should` of its own (PAG-11)."""
    for case in cases(operation_id, valid=True):
        query = query_of(case)
        assert query.get("page", "1") == "1"
        assert 1 <= int(query.get("size", "20")) <= 100


MESSAGE = {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "text": "Hello", "createdAt": "2026-05-01T09:01:30"}


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("createConversation", {"modelName": "no-such-model"}),
        ("createConversation", {"modelName": "gpt-4"}),
        ("createConversation", {"brandVoiceId": "voice-2"}),
        ("createConversation", {"personality": None}),
        ("createConversation", {"personalityId": 0}),
        ("createConversation", {"personalityId": 2**31}),
        ("createConversation", {"personality": ""}),
        ("createConversation", {"personality": "a\0b"}),
        ("createConversation", None),
        ("updateConversation", {"brandVoiceId": "voice-2"}),
        ("updateConversation", {"personality": {}}),
        ("updateConversation", {"personality": "Hello", "personalityId": None}),
        ("sendMessage", MESSAGE | {"createdAt": "yesterday"}),
        ("sendMessage", MESSAGE | {"createdAt": "2026-05-01T09:01:30+18:30"}),
        ("sendMessage", MESSAGE | {"id": "m-1"}),
        ("sendMessage", MESSAGE | {"id": " "}),
        ("sendMessage", MESSAGE | {"text": ""}),
        ("sendMessage", MESSAGE | {"text": "\u3000"}),
        ("sendMessage", MESSAGE | {"text": "long " * 5000}),
        ("sendMessage", MESSAGE | {"contextSize": 0}),
        ("sendMessage", MESSAGE | {"contextSize": -1}),
        ("sendMessage", MESSAGE | {"contextSize": None}),
        ("sendMessage", MESSAGE | {"additionalContext": None}),
        ("sendMessage", MESSAGE | {"additionalContext": [{"id": 1, "content": "a", "category_name": None}]}),
        ("openMessageStream", MESSAGE | {"unknown": 1e300}),
    ],
)
def test_a_body_on_which_correct_backends_differ_is_of_neither_kind(operation_id: str, body: Any) -> None:
    """Implementation-defined values, null for optional fields (ERR-4), and what the reference is silent about."""
    request = schema_cases._request(operation_id, schema_cases.NOTHING_KNOWN)
    sent = Sent("", json.dumps(body).encode())
    assert schema_cases._why_forbidden(request, sent) is None
    assert schema_cases._what_is_allowed(request, sent) is None


@pytest.mark.parametrize(
    "query",
    [
        *("size=101", "size=100000", "unknown=1", "page=1&page=1", "page=0&page=1", "page=2", "page=99999999999"),
        *("size=1.0", "size=%2B1", "size=+1", "size=01", "size=1e0", "size=%EF%BC%91", "size=1_0", "size=0x1", "size="),
        *("size=-1.0", "size=-0", "size=00", "size=%D9%A3"),
    ],
)
def test_a_query_on_which_correct_backends_differ_is_of_neither_kind(query: str) -> None:
    """Clamped sizes (PAG-8), unknown and repeated parameters, pages past the end, and odd ways to write a number."""
    request = schema_cases._request("listConversations", schema_cases.NOTHING_KNOWN)
    sent = Sent(query, None)
    assert schema_cases._why_forbidden(request, sent) is None
    assert schema_cases._what_is_allowed(request, sent) is None


@pytest.mark.parametrize(
    ("operation_id", "query", "body", "reason"),
    [
        ("listMessages", "size=0", None, "query parameter size = 0 (expected: 1 or more)"),
        ("listMessages", "page=1&size=abc", None, 'query parameter size = "abc" (expected: an integer)'),
        ("listMessages", "page=-1", None, "query parameter page = -1 (expected: 1 or more)"),
        ("listMessages", "page=0.5", None, 'query parameter page = "0.5" (expected: an integer)'),
        ("sendMessage", "", None, "no body (expected: a JSON object)"),
        ("createConversation", "", {"personality": 5}, "body #/personality = 5 (expected: a string)"),
        ("createConversation", "", {"modelName": 5}, "body #/modelName = 5 (expected: a string)"),
        ("sendMessage", "", MESSAGE | {"createdAt": None}, "body #/createdAt = null (expected: a string)"),
        ("sendMessage", "", MESSAGE | {"contextSize": "5"}, 'body #/contextSize = "5" (expected: an integer)'),
        (
            "updateConversation",
            "",
            {"personalityId": 1},
            'body # = {"personalityId": 1} '
            "(expected: at least one of the properties personality, brandVoiceId, targetAudienceId)",
        ),
        (
            "sendMessage",
            "",
            MESSAGE | {"additionalContext": [{"id": 1}]},
            'body #/additionalContext/0 = {"id": 1} (expected: the property content)',
        ),
    ],
)
def test_a_forbidden_case_says_why_it_is_one(operation_id: str, query: str, body: Any, reason: str) -> None:
    """In the contract's words."""
    request = schema_cases._request(operation_id, schema_cases.NOTHING_KNOWN)
    sent = Sent(query, None if body is None else json.dumps(body).encode())
    assert schema_cases._why_forbidden(request, sent) == reason


def test_a_message_can_be_given_a_fresh_id() -> None:
    """With the old one it would be answered with what an earlier run got."""
    for case in cases("sendMessage", valid=True):
        fresh = with_fresh_id(case)
        assert body_of(fresh)["id"] != body_of(case)["id"]
        assert body_of(fresh) | {"id": ""} == body_of(case) | {"id": ""}


@pytest.mark.parametrize("operation_id", VARYING)
def test_a_fresh_id_mends_no_forbidden_case(operation_id: str) -> None:
    """A body that is no message, or has no id or a wrong one, stays as it is."""
    for case in cases(operation_id, valid=False):
        assert not follows_the_contract(with_fresh_id(case))


def send(client: Client, case: Case, conversation_id: str) -> Exchange:
    """Send a case with the real ids of the path."""
    method, path = OPERATIONS[case.operation_id]
    sent = with_fresh_id(case)
    return client.call(Call(method, path.format(conversation_id), sent.body, sent.query, sent.content_type))


@pytest.fixture
def conversation_id(alice: Client) -> str:
    """A conversation of the mock."""
    made: str = alice.create_conversation({}).json()["id"]
    return made


@pytest.mark.clause("SCH-1", "SCH-2")
@pytest.mark.parametrize("known", [schema_cases.NOTHING_KNOWN, KNOWN], ids=["nothing known", "all known"])
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_the_mock_accepts_every_valid_case(
    operation_id: str, known: Known, alice: Client, conversation_id: str
) -> None:
    """Where a case costs a reply, a handful of them; each answer has the documented schema."""
    found = cases(operation_id, valid=True, known=known)
    for case in found[::8] if operation_id in ("sendMessage", "openMessageStream") else found:
        answer = send(alice, case, conversation_id)
        assert answer.status in (200, 201), (case.description, answer.body)
        assert check_answer(answer) == []


@pytest.mark.clause("SCH-3", "ERR-2")
@pytest.mark.parametrize("operation_id", VARYING)
def test_the_mock_refuses_every_forbidden_case(operation_id: str, alice: Client, conversation_id: str) -> None:
    """With a 4xx whose body is the documented one."""
    for case in cases(operation_id, valid=False):
        answer = send(alice, case, conversation_id)
        assert answer.status in (400, 422), (case.description, answer.body)
        assert check_answer(answer) == []
