"""The contract itself: valid OpenAPI, examples that keep their schemas, clauses that can be cited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from conformance import contract as kit_contract
from mockserver.contract import load_contract
from mockserver.validation import to_json_schema

CONTRACT = load_contract()

OPERATIONS = {
    "createConversation": ("post", "/conversations"),
    "listConversations": ("get", "/conversations"),
    "updateConversation": ("patch", "/conversations/{conversationId}"),
    "sendMessage": ("post", "/conversations/{conversationId}/messages"),
    "listMessages": ("get", "/conversations/{conversationId}/messages"),
    "openMessageStream": ("post", "/conversations/{conversationId}/message-streams"),
    "cancelMessageStream": ("delete", "/conversations/{conversationId}/message-streams"),
}
BASE = "/api/v1/workspaces/{workspaceId}"


def resolve(node: Any) -> Any:
    """The contract's node with every reference replaced by what it names."""
    if isinstance(node, list):
        return [resolve(entry) for entry in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(reference := node.get("$ref"), str):
        target: Any = CONTRACT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        return resolve(target)
    return {key: resolve(value) for key, value in node.items()}


def media_types(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every media type object of a body, with its place in the contract."""
    if isinstance(node, list):
        for index, entry in enumerate(node):
            yield from media_types(entry, f"{where}/{index}")
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key == "content" and isinstance(value, Mapping) and "schema" not in value:
                for name, media_type in value.items():
                    yield f"{where}/{name}", media_type
            else:
                yield from media_types(value, f"{where}/{key}")


def schema_examples() -> Iterator[tuple[str, Any, Any]]:
    """Every example of a named schema, of a parameter and of a body: its place, its schema, its value."""
    components = resolve(CONTRACT["components"])
    for name, schema in components["schemas"].items():
        if "example" in schema:
            yield f"schema {name}", schema, schema["example"]
    for name, parameter in components["parameters"].items():
        yield f"parameter {name}", parameter["schema"], parameter["example"]
    for where, media_type in media_types(resolve(CONTRACT["paths"])):
        assert media_type["examples"], f"{where} has no example"
        for name, example in media_type["examples"].items():
            yield f"{where} {name}", media_type["schema"], example["value"]


def matching_data_schemas(event: Any, schema: Any) -> list[Any]:
    """The schemas of the JSON in an event's `data`, so far as the example is an event."""
    branches = schema.get("oneOf", [schema]) if isinstance(schema, Mapping) else []
    return [
        branch["properties"]["data"]["x-content-schema"]
        for branch in branches
        if "x-content-schema" in branch.get("properties", {}).get("data", {})
        and event["event"] in branch["properties"]["event"]["enum"]
    ]


def test_the_document_is_valid_openapi() -> None:
    """SCH-1 stands on it: openapi-spec-validator accepts the file, as OpenAPI 3.0.3."""
    assert CONTRACT["openapi"] == "3.0.3"
    validate(CONTRACT)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_each_operation_stands_at_its_path(operation_id: str) -> None:
    """The seven operations of the reference, at its paths and methods."""
    method, path = OPERATIONS[operation_id]
    assert CONTRACT["paths"][BASE + path][method]["operationId"] == operation_id


def test_there_are_no_other_operations() -> None:
    """The contract says nothing that the reference does not have."""
    found = [
        operation["operationId"]
        for item in CONTRACT["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    assert sorted(found) == sorted(OPERATIONS)


@pytest.mark.parametrize(("schema", "value"), [pytest.param(s, v, id=where) for where, s, v in schema_examples()])
def test_each_example_keeps_its_schema(schema: Any, value: Any) -> None:
    """What the document shows is what it asks for; of a stream event also the JSON in `data`."""
    assert jsonschema_rs.Draft7Validator(to_json_schema(schema)).is_valid(value)
    for data_schema in matching_data_schemas(value, schema):
        assert jsonschema_rs.Draft7Validator(to_json_schema(data_schema)).is_valid(json.loads(value["data"]))


@pytest.mark.parametrize("kind", ["delta", "message", "error"])
def test_each_stream_event_has_an_example(kind: str) -> None:
    """STR-2 names three kinds of event, and each is shown."""
    operation = CONTRACT["paths"][f"{BASE}/conversations/{{conversationId}}/message-streams"]["post"]
    examples = operation["responses"]["200"]["content"]["text/event-stream"]["examples"]
    assert examples[kind]["value"]["event"] == kind


@pytest.mark.parametrize("data", [{"delta": "a", "message": {}}, {"delta": 1}, {}, {"error": "a", "delta": "b"}])
def test_the_data_of_an_event_has_exactly_one_of_its_keys(data: dict[str, Any]) -> None:
    """STR-2: an event that mixes the kinds, or is of none, is none."""
    schemas = resolve(CONTRACT["components"]["schemas"])
    for name in ("DeltaData", "MessageData", "ErrorData"):
        assert not jsonschema_rs.Draft7Validator(to_json_schema(schemas[name])).is_valid(data)


def test_create_links_to_every_operation_that_takes_its_id() -> None:
    """Tools that follow links reach the whole API from a new conversation."""
    links = CONTRACT["paths"][f"{BASE}/conversations"]["post"]["responses"]["201"]["links"].values()
    taking = [name for name, (_, path) in OPERATIONS.items() if "{conversationId}" in path]
    assert sorted(link["operationId"] for link in links) == sorted(taking)
    assert all(link["parameters"]["conversationId"] == "$response.body#/id" for link in links)


def test_every_operation_needs_the_bearer_token() -> None:
    """AUT-1: no operation switches security off."""
    assert CONTRACT["security"] == [{"bearer": []}]
    assert not [item for item in CONTRACT["paths"].values() for method in item.values() if "security" in method]


def all_clauses(node: Any) -> Iterator[dict[str, str]]:
    """Every clause, wherever it stands."""
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    if isinstance(node, Mapping):
        yield from node.get("x-clauses", ())
    for child in children:
        yield from all_clauses(child)


def test_each_clause_has_an_id_of_its_own_a_level_and_a_text() -> None:
    """A verdict can cite a clause by its id alone."""
    clauses = list(all_clauses(CONTRACT))
    ids = [clause["id"] for clause in clauses]
    assert len(ids) == len(set(ids))
    for clause in clauses:
        assert re.fullmatch(r"[A-Z]{3}-[1-9][0-9]?", clause["id"])
        assert clause["level"] in {"must", "should", "may"}
        assert clause["text"].endswith(".")


def test_no_clause_number_is_missing() -> None:
    """A family counts on without a gap: a clause that is gone would show."""
    families: dict[str, list[int]] = {}
    for clause in all_clauses(CONTRACT):
        family, number = clause["id"].split("-")
        families.setdefault(family, []).append(int(number))
    assert {family: sorted(numbers) for family, numbers in families.items()} == {
        family: list(range(1, len(numbers) + 1)) for family, numbers in families.items()
    }


def test_the_kit_reads_the_same_clauses() -> None:
    """The kit and the mock share the file and nothing else."""
    assert set(kit_contract.clauses()) == {clause["id"] for clause in all_clauses(CONTRACT)}


def test_model_names_of_four_makers_are_accepted_and_any_is_read() -> None:
    """CRE-3, CRE-4: current models of OpenAI, Anthropic, Google, Mistral, with gpt-4; reads take any string."""
    schemas = CONTRACT["components"]["schemas"]
    accepted = schemas["AcceptedModelName"]["enum"]
    assert "gpt-4" in accepted
    assert {"gpt", "claude", "gemini", "mistral"} <= {name.split("-")[0] for name in accepted}
    assert "enum" not in schemas["Conversation"]["properties"]["modelName"]
