"""How requests are mended: what can be put right is, what cannot is left out, what is not there is made up."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract import load_contract
from mockserver.mending import MENDED, Mender, Mending, tell
from mockserver.schemas import compile_schema, find_problems, inline_refs

CONTRACT = load_contract()
SCHEMAS: dict[str, Any] = {
    name: inline_refs(CONTRACT, CONTRACT["components"]["schemas"][name])
    for name in ("UserMessage", "ConversationCreate", "SteeringPatch")
}
EXAMPLE = "2026-05-01T09:01:30"


def mend(body: Any, schema: str = "UserMessage", *, raw: bytes | None = None) -> tuple[dict[str, Any], list[str]]:
    """A body as it is mended, and what is said of it."""
    data = json.dumps(body).encode() if raw is None else raw
    mended, said = Mender().mend_body(SCHEMAS[schema], data, required=True, path="/x")
    return mended, [str(mending) for mending in said]


GOOD = {"id": "m", "text": "Hello!", "createdAt": EXAMPLE}


@pytest.mark.parametrize(
    ("changes", "field", "value", "said"),
    [
        ({"text": 5}, "text", "5", 'text: expected a string, got the number 5; taken for the string "5"'),
        ({"contextSize": "7"}, "contextSize", 7, 'contextSize: expected an integer, got the string "7"; taken for'),
        ({"contextSize": "x"}, "contextSize", None, 'contextSize: expected an integer, got the string "x"; left out'),
        ({"createdAt": "now"}, "createdAt", EXAMPLE, "createdAt: expected a text such as"),
        ({"additionalContext": 5}, "additionalContext", None, "additionalContext: expected an array"),
        (
            {"additionalContext": [{"id": "7", "content": "x"}, {"id": 1}, 5]},
            "additionalContext",
            [{"id": 7, "content": "x"}],
            "additionalContext[0].id: expected an integer",
        ),
    ],
)
def test_a_wrong_field_is_put_right_or_left_out(changes: dict[str, Any], field: str, value: Any, said: str) -> None:
    """The rest of the body stays."""
    mended, told = mend({**GOOD, **changes})
    assert (mended["id"], mended.get(field)) == ("m", value)
    assert told[0].startswith(said)


def test_what_has_to_be_there_is_made_up() -> None:
    """Ids are fresh, and follow from the requests."""
    mender, schema = Mender(), SCHEMAS["UserMessage"]
    first, second = (mender.mend_body(schema, b"{}", required=True, path="/x")[0] for _ in range(2))
    assert first["id"] != second["id"]
    assert {**first, "id": ""} == {"id": "", "text": "", "createdAt": EXAMPLE}
    assert Mender().mend_body(schema, b"{}", required=True, path="/x")[0] == first


def test_a_misspelt_field_is_taken_for_the_right_one() -> None:
    """It is near enough to be told so by a strict server."""
    mended, told = mend({"id": "m", "txt": "Hello!", "created_at": EXAMPLE})
    assert (mended["text"], mended["createdAt"]) == ("Hello!", EXAMPLE)
    assert told[0] == "text: required, but not there; taken from txt"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b"text=Hello"])
def test_what_is_no_object_is_taken_for_an_empty_one(raw: bytes) -> None:
    """And filled."""
    mended, told = mend(None, raw=raw)
    assert mended.keys() == GOOD.keys()
    assert told[0].startswith("body: ")
    assert "taken for {}" in told[0]


def test_a_patch_that_says_nothing_changes_nothing() -> None:
    """PAT-1 cannot be put right: nobody knows what was meant."""
    mended, told = mend({"personalityId": 3}, "SteeringPatch")
    assert mended == {"personalityId": 3}
    assert told[0].startswith("body: expected at least one of personality, brandVoiceId, targetAudienceId")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "text", "createdAt", "additionalContext", "contextSize", "personality", "personalityId", "modelName"]
SNIPPETS = st.lists(st.fixed_dictionaries({}, optional={"id": VALUES, "content": VALUES, "category_name": VALUES}))
BODIES = VALUES | st.fixed_dictionaries({}, optional={**dict.fromkeys(FIELDS, VALUES), "additionalContext": SNIPPETS})


@pytest.mark.parametrize("schema", SCHEMAS)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(body=BODIES, raw=st.none() | st.binary(max_size=20))
def test_what_is_mended_is_valid_and_what_is_valid_is_left_alone(schema: str, body: Any, raw: bytes | None) -> None:
    """Whatever came."""
    mended, told = mend(body, schema, raw=raw)
    wrong = [problem.type for problem in find_problems(compile_schema(SCHEMAS[schema]), mended)]
    assert wrong == [] or (schema, wrong) == ("SteeringPatch", ["missing"])
    if raw is None and not list(find_problems(compile_schema(SCHEMAS[schema]), body)):
        assert (mended, told) == (body, [])
    else:
        assert told


@pytest.mark.parametrize(
    ("query", "mended"),
    [
        ([("page", "0"), ("size", "500"), ("x", "y")], [("page", "1"), ("size", "100"), ("x", "y")]),
        ([("page", "-3"), ("size", "0")], [("page", "1"), ("size", "1")]),
        ([("page", "two"), ("size", "")], []),
    ],
)
def test_pages_and_sizes_are_moved_to_their_limits(query: list[tuple[str, str]], mended: list[tuple[str, str]]) -> None:
    """What is no number counts as not given."""
    schemas = {
        "page": {"type": "integer", "minimum": 1, "default": 1},
        "size": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    }
    given, told = Mender().mend_query(schemas, query)
    assert given == mended
    assert [mending.field for mending in told] == ["page", "size"]


def test_the_log_names_fields_and_no_values(caplog: pytest.LogCaptureFixture) -> None:
    """Bodies are never logged; the answer's header may say more."""
    scope: dict[str, Any] = {"method": "POST", "path": "/x\n"}
    with caplog.at_level(logging.WARNING, "mockserver"):
        tell(scope, [Mending("te\nxt", "wrongType", "got the string secret")])
        tell(scope, [])
    (record,) = caplog.records
    assert record.getMessage() == "POST '/x\\n' is not valid and was mended: te\\nxt (wrongType)"
    assert scope["extensions"] == {MENDED: ["te\nxt: got the string secret"]}


def test_only_so_much_is_told() -> None:
    """A body of a thousand wrong entries does not make a header of them."""
    _, told = mend({**GOOD, "additionalContext": [5] * 1000})
    assert len(told) == 21
    assert told[-1] == "others: 980 more were mended"
