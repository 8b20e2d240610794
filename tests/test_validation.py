"""What is said about a request that is not valid: all of it, each with its field, what was expected and what came."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract import load_contract
from mockserver.validation import compile_schema, find_problems, name_path, name_value, to_json_schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "count": {"type": "integer", "minimum": 1, "maximum": 100},
        "colour": {"type": "string", "enum": ["crimson", "teal"]},
        "day": {"type": "string", "pattern": "^[0-9]{2}$", "example": "07"},
        "voice": {"type": "string", "nullable": True},
        "list": {"type": "array", "items": {"type": "object", "required": ["content"]}},
    },
}


def problems(value: Any, schema: dict[str, Any] = SCHEMA) -> list[tuple[str, str, str]]:
    """The problems of a value, as triples."""
    return [(p.field, p.message, p.type) for p in find_problems(compile_schema(schema), value)]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, ("id", "required, but not there", "missing")),
        ({"id": 5}, ("id", "expected a string, got the number 5", "wrongType")),
        ({"id": True}, ("id", "expected a string, got true", "wrongType")),
        ({"id": "a", "voice": []}, ("voice", "expected a string or null, got an array", "wrongType")),
        ({"id": "a", "count": 0}, ("count", "expected 1 or more, got the number 0", "tooSmall")),
        ({"id": "a", "count": 101}, ("count", "expected 100 or less, got the number 101", "tooLarge")),
        ({"id": "a", "count": 1.5}, ("count", "expected an integer, got the number 1.5", "wrongType")),
        (
            {"id": "a", "colour": "teel"},
            ("colour", 'got the string "teel" (did you mean teal?), expected one of crimson, teal', "notAllowed"),
        ),
        ({"id": "a", "day": "7"}, ("day", 'expected a text such as 07, got the string "7"', "pattern")),
        ({"id": "a", "list": [{"content": 1}, {}]}, ("list[1].content", "required, but not there", "missing")),
        ([], ("body", "expected an object, got an array", "wrongType")),
    ],
)
def test_a_problem_names_field_expectation_and_what_came(value: Any, problem: tuple[str, str, str]) -> None:
    """SCH-3, and a developer who has to see at once what to change."""
    assert problems(value) == [problem]


def test_all_problems_are_told_at_once() -> None:
    """One round trip, not one for each."""
    found = problems({"count": "x", "voice": 1, "list": [7]})
    assert sorted(field for field, _, _ in found) == ["count", "id", "list[0]", "voice"]


@pytest.mark.parametrize(
    "value", [{"id": "a"}, {"id": "", "voice": None}, {"id": "\ud800", "other": "\udfff"}, {"id": "a", "count": 5.0}]
)
def test_what_is_allowed_has_no_problems(value: Any) -> None:
    """SCH-2: also what is odd. Unknown properties are ignored."""
    assert problems(value) == []


def test_a_lone_surrogate_does_not_hide_a_problem() -> None:
    """ERR-1: the validator itself cannot read one."""
    assert problems({"id": "\ud800", "count": "\ud800"})[0][0] == "count"


def test_of_a_large_body_the_first_problem_is_told() -> None:
    """ERR-1: a million wrong entries do not keep the server from its other clients."""
    compiled = compile_schema(SCHEMA)
    (problem,) = find_problems(compiled, {"id": "a", "list": [0] * 1_000_000}, first_only=True)
    assert problem.field == "list[0]"
    assert list(find_problems(compiled, {"id": "a"}, first_only=True)) == []


@pytest.mark.clause("PAT-1")
def test_the_fields_of_which_one_is_needed_are_named() -> None:
    """So that the remedy can be read off."""
    contract = load_contract()
    schema = contract["components"]["schemas"]["SteeringPatch"]
    message = "expected at least one of personality, brandVoiceId, targetAudienceId, got none of them"
    assert problems({"personalityId": 3}, schema) == [("body", message, "missing")]
    assert problems({"personality": None}, schema) == []


def test_nullable_reaches_an_enum_too() -> None:
    """A nullable enum without null in its list takes null all the same."""
    assert to_json_schema({"type": "string", "enum": ["a"], "nullable": True})["enum"] == ["a", None]


def test_long_values_are_cut_in_messages() -> None:
    """A message of a megabyte does not come back."""
    assert len(name_value("x" * 10**6)) < 80
    assert name_value(10**50) == "the number of 40 digits and more"


def test_paths_are_written_as_in_code() -> None:
    """Ready to be pasted."""
    assert name_path(["additionalContext", 0, "content"]) == "additionalContext[0].content"
