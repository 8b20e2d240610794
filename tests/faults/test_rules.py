"""Rules fire where, when and as often as they say, and the same every time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.faults.rules import Armory, encode_rule, parse_armory, parse_rule
from mockserver.faults.values import Call, FaultError, Rule

OPERATIONS = ["openMessageStream", "sendMessage", "listConversations"]


def rule(id: str = "a", **data: Any) -> Rule:
    """A rule from its JSON."""
    return parse_rule({"fault": "status", **data}, id=id, source="control", operations=OPERATIONS)


def call(operation: str = "openMessageStream", **more: Any) -> Call:
    """A call."""
    return Call(number=1, method="POST", path="/", operation=operation, **more)


def armory(*rules: Rule) -> Armory:
    """The rules, armed at 0."""
    armed = Armory(7, "demo")
    for each in rules:
        armed.arm(each, 0.0)
    return armed


def kinds(armed: Armory, given: Call, now: float = 0.0) -> list[str]:
    """What hits the call."""
    return [fired.fault.kind for fired in armed.draw(given, now)]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "fault: name the kind"),
        ({"fault": "truncate", "wehre": {}}, "wehre: there is no such field"),
        ({"fault": "truncate", "where": {"caler": "a"}}, "did you mean caller?"),
        ({"fault": "truncate", "where": {"operation": "openMessageStrem"}}, "did you mean openMessageStream?"),
        ({"fault": "truncate", "where": {"operation": "listConversations"}}, "can only hit openMessageStream, never"),
        ({"fault": "truncate", "where": {"nth": 0}}, "where.nth: expected a whole number from 1, got 0"),
        ({"fault": "truncate", "where": {"streaming": 1}}, "where.streaming: expected true or false, got 1"),
        ({"fault": "truncate", "where": {"text": "("}}, "where.text: '(' is no regular expression"),
        ({"fault": "truncate", "where": 3}, "where: expected an object, got 3"),
        ({"fault": "truncate", "parameters": {"after": "x"}}, "parameters.after: expected"),
        ({"fault": "truncate", "times": 0}, "times: expected"),
        ({"fault": "truncate", "rate": 0}, "rate: expected"),
        ({"fault": "truncate", "seconds": -1}, "seconds: expected"),
    ],
)
def test_what_cannot_be_is_named(data: dict[str, Any], problem: str) -> None:
    """Field and remedy."""
    with pytest.raises(FaultError) as caught:
        parse_rule(data, id="a", source="control", operations=OPERATIONS)
    assert problem in str(caught.value)


def test_a_rule_goes_out_and_comes_back() -> None:
    """Through JSON."""
    where = {"operation": "sendMessage", "nth": 3, "streaming": True, "text": "hi"}
    for each in (rule(), rule(fault="quota"), rule(where=where, times=2, rate=0.3, seconds=30)):
        data = json.loads(json.dumps(encode_rule(each)))
        assert parse_rule(data, id="a", source="control", operations=OPERATIONS) == each


@given(st.integers(1, 5), st.integers(0, 8))
def test_times(times: int, calls: int) -> None:
    """It fires so often, and goes by itself."""
    armed = armory(rule(times=times))
    assert sum(len(armed.draw(call(), 0.0)) for _ in range(calls)) == min(times, calls)
    assert [each.times_left for each in armed.armed] == ([times - calls] if calls < times else [])


def test_a_window_ends() -> None:
    """By the time given, and without `times` it fires at every call until then."""
    armed = armory(rule(seconds=30))
    assert kinds(armed, call(), 0.0) == kinds(armed, call(), 29.9) == ["status"]
    assert armed.armed[0].seconds_left == pytest.approx(0.1)
    assert kinds(armed, call(), 30.0) == []
    assert armed.armed == []


@settings(deadline=None, derandomize=True, database=None)  # 300 draws are about so many by chance alone
@given(st.floats(0.1, 0.9))
def test_the_rate_is_drawn_from_the_seed(rate: float) -> None:
    """About so often, and at the same calls in two armories."""
    one, other = armory(rule(rate=rate, times=None)), armory(rule(rate=rate, times=None))
    drawn = [bool(kinds(one, call())) for _ in range(300)]
    assert drawn == [bool(kinds(other, call())) for _ in range(300)]
    assert abs(sum(drawn) / 300 - rate) < 0.15


@pytest.mark.parametrize(
    ("where", "hit", "missed"),
    [
        ({"operation": "sendMessage"}, call("sendMessage"), call()),
        ({"caller": "alice"}, call(caller="alice"), call(caller="bob")),
        ({"conversation": "c"}, call(conversation="c"), call()),
        ({"streaming": True}, call(streaming=True), call()),
        ({"streaming": False}, call(), call(streaming=True)),
        ({"text": "sl.gan"}, call(text="A slogan!"), call(text="Hello")),
        ({"text": "x"}, call(text="x"), call()),
    ],
)
def test_where(where: dict[str, Any], hit: Call, missed: Call) -> None:
    """All that is given has to fit."""
    armed = armory(rule(where=where))
    assert kinds(armed, missed) == []
    assert kinds(armed, hit) == ["status"]


def test_the_nth_of_those_that_fit() -> None:
    """Others do not count, and it is over then."""
    armed = armory(rule(where={"operation": "sendMessage", "nth": 2}, times=None))
    hits = [kinds(armed, call(name)) for name in ("sendMessage", "listConversations", "sendMessage", "sendMessage")]
    assert hits == [[], [], ["status"], []]
    assert armed.armed == []


def test_one_end_and_all_delays() -> None:
    """A call ends once; what did not come to it stays for the next, which is healthy after that."""
    armed = armory(
        rule("a", fault="truncate"),
        rule("b", fault="delay"),
        rule("c"),
        rule("d", fault="garbage"),
        rule("e", fault="delay"),
    )
    assert kinds(armed, call("sendMessage")) == ["delay", "status", "delay"]
    assert kinds(armed, call()) == ["garbage"]
    assert kinds(armed, call("sendMessage")) == []
    assert kinds(armed, call()) == ["truncate"]
    assert kinds(armed, call()) == []


def test_a_quota_refills() -> None:
    """Beyond the limit it says when, and then it is true."""
    armed = armory(rule(fault="quota", parameters={"limit": 2, "per_s": 10}))
    assert [kinds(armed, call(), 0.0) for _ in range(2)] == [[], []]
    (fired,) = armed.draw(call(), 1.0)
    assert fired.fault.parameters["retry_after"] == 4
    assert kinds(armed, call(), 5.0) == []


def test_taking_away() -> None:
    """One, those of a source, all."""
    armed = armory(rule("a"), rule("b"))
    armed.arm(parse_rule({"fault": "reset"}, id="c", source="scenario x", operations=OPERATIONS), 0.0)
    assert [armed.disarm("a"), armed.disarm("a")] == [True, False]
    armed.clear("scenario x")
    assert [each.rule.id for each in armed.armed] == ["b"]
    armed.clear()
    assert armed.armed == []


def test_a_snapshot_goes_on_where_it_was() -> None:
    """Counters, windows, dice and buckets, by another clock."""
    rules = (rule("a", rate=0.5, times=9), rule("b", fault="delay", seconds=30, where={"operation": "sendMessage"}),
             rule("c", fault="quota", parameters={"limit": 3, "per_s": 10}))  # fmt: skip
    one, other = armory(*rules), Armory(7, "demo")
    for _ in range(3):
        one.draw(call(), 10.0)
    other.restore(parse_armory(json.loads(json.dumps(one.dump(10.0)))), 110.0)
    later = [one.draw(call("sendMessage"), 10.0 + n) for n in range(25)]
    assert later == [other.draw(call("sendMessage"), 110.0 + n) for n in range(25)]
    assert {fired.fault.kind for each in later for fired in each} == {"status", "delay", "quota"}
