"""What fits an expectation, how often, and what came nearest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.expectation import ExpectationError, parse_expectation
from mockserver.journal.matching import match
from mockserver.journal.verification import Verification, encode_verification, verify
from tests.journal.given import make_entry

CALLS = [
    make_entry(1, operation="listMessages", method="GET", query="page=1&size=5"),
    make_entry(2, caller="alice", request_body=b'{"text": "hi", "tags": [1, 2], "on": true}'),
    make_entry(3, caller="bob", status=409, request_body=b'{"text": "bye"}'),
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
)


def ask(expectation: dict[str, Any], dropped: int = 0) -> Verification:
    """Verify the calls."""
    return verify(CALLS, parse_expectation(expectation), dropped)


@given(values, st.dictionaries(st.text("xyz", min_size=1), values))
def test_every_value_fits_itself_and_objects_fit_with_more_in_them(value: Any, more: dict[str, Any]) -> None:
    """And what is more does not fit what has less."""
    assert not list(match(value, value, "body"))
    if isinstance(value, dict):
        assert not list(match(value, more | value, "body"))
        assert len(list(match(more | value, value, "body"))) == len(set(more) - set(value))


@pytest.mark.parametrize(
    ("expectation", "numbers"),
    [
        ({"operation": "sendMessage"}, [2, 3]),
        ({"body": {"text": "hi"}}, [2]),
        ({"body": {"tags": [1, 2.0]}}, [2]),
        ({"body": {"tags": [1]}}, []),
        ({"body": {"on": 1}}, []),
        ({"body": {"text": {"$regex": "^b"}}}, [3]),
        ({"body": {"text": {"$any": True}, "tags": {"$absent": True}}}, [3]),
        ({"body": {"$absent": True}}, [1]),
        ({"query": {"page": 1}}, [1]),
        ({"path": "/api/*/x", "status": "4xx"}, [3]),
        ({"path": "/api/*/y"}, []),
        ({"headers": {"Authorization": {"$absent": True}}, "caller": "bob"}, [3]),
    ],
    ids=str,
)
def test_what_fits(expectation: dict[str, Any], numbers: list[int]) -> None:
    """All that is given has to."""
    assert ask(expectation).matched == numbers


@pytest.mark.parametrize(
    ("counts", "ok"),
    [
        ({}, True),
        ({"times": 2}, True),
        ({"times": 1}, False),
        ({"atLeast": 3}, False),
        ({"atMost": 1}, False),
        ({"atMost": 2}, True),
        ({"times": 0}, False),
    ],
    ids=str,
)
def test_counts(counts: dict[str, int], ok: bool) -> None:
    """Two calls fit."""
    assert ask({"operation": "sendMessage", **counts}).ok is ok


def test_the_nearest_miss_is_the_lightest_and_told_in_full() -> None:
    """Another operation is further away than two wrong values."""
    verification = ask({"operation": "sendMessage", "status": 200, "body": {"text": "bye", "on": False}})
    assert verification.nearest is not None
    assert verification.nearest.number == 3  # both differ twice: the latest
    heavier = ask({"operation": "sendMessage", "caller": "bob", "body": {"text": "x", "n": 1}})
    assert heavier.nearest is not None
    assert heavier.nearest.number == 3
    assert list(map(str, heavier.nearest.differences)) == [
        'body.text: expected "x", got "bye"',
        "body.n: expected 1, got nothing",
    ]
    assert "nearest: #3 POST /api/v1/x -> 409" in str(heavier)
    assert json.dumps(encode_verification(heavier))


def test_calls_in_order() -> None:
    """Others may lie between; the first that is missing is named."""
    assert ask({"inOrder": [{"operation": "listMessages"}, {"caller": "bob"}]}).matched == [1, 3]
    verification = ask({"inOrder": [{"caller": "bob"}, {"operation": "listMessages"}]})
    assert (verification.ok, verification.count) == (False, 1)
    assert "call 2 of 2 is missing" in verification.expected


def test_what_was_dropped_is_warned_of() -> None:
    """For the count may be short."""
    assert "dropped 1 older exchange," in (ask({}, dropped=1).warning or "")
    assert ask({}).warning is None


def test_a_body_that_is_cut_does_not_fit() -> None:
    """It cannot be judged."""
    entry = make_entry(request_body=b'{"text":"hi"}', request_bytes=99)
    verification = verify([entry], parse_expectation({"body": {"text": "hi"}}))
    assert "of which 13 are kept" in str(verification)


@pytest.mark.parametrize(
    ("expectation", "field", "message"),
    [
        ([], "expectation", "object"),
        ({"opration": "x"}, "opration", "Did you mean operation"),
        ({"operation": "sendMesage"}, "operation", "Did you mean sendMessage"),
        ({"status": 99}, "status", "no status"),
        ({"times": True}, "times", "no count"),
        ({"times": 1, "atMost": 2}, "times", "beside"),
        ({"atLeast": 3, "atMost": 2}, "atMost", "below"),
        ({"body": {"a": [{"$regx": "x"}]}}, "body.a[0]", "Did you mean $regex"),
        ({"body": {"$regex": "("}}, "body", "no regular expression"),
        ({"headers": {"Authorization": "Bearer x"}}, "headers.authorization", "masked"),
        ({"inOrder": []}, "inOrder", "not empty"),
        ({"inOrder": [{"times": 2}]}, "inOrder[0].times", "one call"),
        ({"inOrder": [{}], "caller": "x"}, "caller", "beside"),
    ],
    ids=str,
)
def test_a_mistake_is_named(expectation: Any, field: str, message: str) -> None:
    """The field, and what it takes."""
    with pytest.raises(ExpectationError) as caught:
        parse_expectation(expectation, operations={"sendMessage", "listMessages"})
    assert caught.value.field == field
    assert message in caught.value.message
