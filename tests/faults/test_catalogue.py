"""The table of faults: every kind can be made from its example, and what is wrong is named."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from mockserver.codes import code_of
from mockserver.faults.answers import Bucket, answer_of, delay_s, retry_after
from mockserver.faults.catalogue import KINDS, STATUSES, make_fault
from mockserver.faults.document import document
from mockserver.faults.scenarios import SCENARIOS, load_scenarios
from mockserver.faults.triggers import from_prefer
from mockserver.faults.values import Fault, FaultError
from mockserver.replies.on_cue import FORMS, help_text, write_on_cue

OPERATIONS = ["openMessageStream", "sendMessage", "listMessages"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_fault_with_its_defaults_says_itself_anew(kind: object) -> None:
    """`str()` of a fault asks for the same fault."""
    name = kind.name  # type: ignore[attr-defined]
    fault = make_fault(name)
    if KINDS[name].needs_rule:
        with pytest.raises(FaultError, match="control API"):
            from_prefer([f"fault={fault}"])
    else:
        assert from_prefer([f"fault={fault}"]) == [fault]
        assert from_prefer([f"fault={KINDS[name].example}"])[0].kind == name


@pytest.mark.parametrize(
    ("kind", "parameters", "problem"),
    [
        ("truncat", {}, "fault: there is no fault 'truncat'; did you mean truncate?"),
        ("truncate", {"aftr": 1}, "aftr: there is no such parameter; truncate has after; did you mean after?"),
        ("truncate", {"after": -1}, "after: expected a whole number from 0 to 1000000, got -1"),
        ("truncate", {"after": "1.5"}, "after: expected a whole number"),
        ("truncate", {"after": True}, "after: expected a whole number"),
        ("truncate", {"after": None}, "after: expected a whole number"),
        ("slow", {"factor": "nan"}, "factor: expected a number from 1 to 1000, got 'nan'"),
        ("status", {"code": 418}, "code: expected 400, 401"),
        ("status", {"code": 404, "retry_after": 3}, "retry_after: goes with the codes 429 and 503, not with 404"),
        ("delay", {"distribution": "unifrom"}, "did you mean uniform?"),
        ("delay", {"distribution": ["uniform"]}, "distribution: expected fixed, uniform or lognormal"),
    ],
)
def test_what_cannot_be_is_named(kind: str, parameters: dict[str, object], problem: str) -> None:
    """Field, remedy, and what was meant."""
    with pytest.raises(FaultError) as caught:
        make_fault(kind, parameters)
    assert problem in str(caught.value)


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_on_cue_has_the_body_of_the_contract(status: int) -> None:
    """Sentence and code, and the headers that go with some."""
    answer = answer_of(make_fault("status", {"code": str(status)}), method="PUT", allowed=["GET", "PUT", "POST"])
    body = json.loads(answer.body)
    assert (answer.status, answer.media_type) == (status, "application/json")
    assert body["code"] == code_of(status)
    assert body["error"].endswith(".")
    assert ("errors" in body) == (status == 422)
    wanted = {401: ("WWW-Authenticate", "Bearer"), 405: ("Allow", "GET, POST"), 429: ("Retry-After", "1")}
    assert answer.headers == ([wanted[status if status != 503 else 429]] if status in {*wanted, 503} else [])


def test_the_other_answers() -> None:
    """An expired token, a gateway's page, a given `Retry-After`, a quota that knows when."""
    assert b"The token has expired." in answer_of(make_fault("expired-token")).body
    page = answer_of(make_fault("html-error", {"code": 504}))
    assert (page.status, page.media_type) == (504, "text/html; charset=utf-8")
    assert b"504 Gateway Timeout" in page.body
    later = answer_of(make_fault("status", {"code": 503, "retry_after": 7}))
    assert later.headers == [("Retry-After", "7")]
    assert answer_of(Fault("quota", {"retry_after": 3})).headers == [("Retry-After", "3")]


def test_a_bucket_tells_the_truth() -> None:
    """After `Retry-After` a call is allowed, before the wait none is; it refills no further than its limit."""
    bucket = Bucket(2, 10)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0]
    wait = bucket.take(1.0)
    assert wait == pytest.approx(4.0)
    assert bucket.take(1.0 + wait - 0.01) > 0
    assert bucket.take(1.0 + retry_after(wait)) == 0.0
    assert [bucket.take(1000.0) == 0 for _ in range(3)] == [True, True, False]


def test_delays_are_drawn() -> None:
    """As their distribution says, and the same from the same seed."""
    assert delay_s(make_fault("delay", {"ms": 800}), random.Random(1)) == 0.8
    for distribution in ("uniform", "lognormal"):
        fault = make_fault("delay", {"ms": 1000, "distribution": distribution, "spread": 0.2})
        drawn = [delay_s(fault, random.Random(seed)) for seed in range(300)]
        assert drawn == [delay_s(fault, random.Random(seed)) for seed in range(300)]
        assert len(set(drawn)) == 300
        assert 0.95 < sorted(drawn)[150] < 1.05
        assert distribution == "lognormal" or 0.8 <= min(drawn) < max(drawn) <= 1.2


def test_the_document_is_up_to_date() -> None:
    """Else write it anew: python -m mockserver.faults.document > docs/faults.md."""
    written = Path(__file__).parents[2] / "docs" / "faults.md"
    assert written.read_text("utf-8") == document(), "python -m mockserver.faults.document > docs/faults.md"


def test_help_lists_every_word() -> None:
    """All kinds that a message can ask for, and all forms."""
    text = help_text()
    assert all(f"!fault {name}" in text for name in KINDS if not KINDS[name].needs_rule)
    assert "!fault quota" not in text
    assert all(f"`{form}`" in text for form in FORMS)


def test_replies_on_cue_are_what_they_are_called() -> None:
    """The forms whose size or signs matter."""
    assert all(write_on_cue(form).strip() for form in FORMS)
    assert len(write_on_cue("long")) > 4000
    assert len(write_on_cue("unbroken").split()[0]) == 2000
    assert "\u200d" in write_on_cue("emoji")
    assert any("\u0590" <= character <= "\u05ff" for character in write_on_cue("rtl"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_built_in_scenarios_can_be(name: str) -> None:
    """Each of their rules parses, and each changes something."""
    scenario = SCENARIOS[name]
    rules = scenario.parse(OPERATIONS)
    assert rules or scenario.configuration
    assert {rule.source for rule in rules} <= {f"scenario {name}"}
    assert len({rule.id for rule in rules}) == len(rules)


def test_scenarios_from_a_file(tmp_path: Path) -> None:
    """The example of the document is one."""
    path = tmp_path / "mine.yaml"
    path.write_text(document().split("```yaml\n")[1].split("```")[0], "utf-8")
    (scenario,) = load_scenarios(path, OPERATIONS)
    assert scenario.name == "bad-evening"
    assert [rule.fault.kind for rule in scenario.parse(OPERATIONS)] == ["truncate", "status"]
    assert scenario.configuration == {"first_token_ms": 3000, "tokens_per_second": 5, "jitter": 0.5}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "cannot be read as YAML"),
        ("[1]", "expected scenarios by their names"),
        ("a: 1", "scenario a: expected an object"),
        ("a: {ruels: []}", "scenario a: ruels: there is no such field"),
        ("a: {rules: [{fault: truncate}, {fault: stal}]}", "scenario a: rule 2: fault: there is no fault 'stal'"),
        ("a: {rules: [{fault: stall, parameters: {after: x}}]}", "scenario a: rule 1: parameters.after: expected"),
        ("a: {rules: [7]}", "scenario a: rule 1: rule: expected an object, got 7"),
        ("a: {configuration: {jiter: 1}}", "configuration.jiter: there is no such field"),
        ("a: {configuration: {jitter: 2}}", "configuration.jitter: expected a number from 0 to 1, got 2"),
    ],
)
def test_a_mistake_in_a_file_is_found(tmp_path: Path, text: str, problem: str) -> None:
    """File, scenario, rule and field."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(FaultError) as caught:
        load_scenarios(path, OPERATIONS)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)
