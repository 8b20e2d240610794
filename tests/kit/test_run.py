"""A run: where its tokens come from, what the hooks of a backend may answer, and whom it accuses."""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import doubts
from conformance.events import Delta, Final
from conformance.exchange import Exchange
from conformance.ledger import Ledger
from conformance.options import Settings
from conformance.redaction import Secret
from conformance.run import Run
from conformance.settings import UsageError
from conformance.sse import Event
from conformance.verdict import Unverified, Violation

from .backend import TOKEN, Answer, Backend, Request

MakeRun = Callable[..., Run]
JSON = {"Content-Type": "application/json"}


def hooks(**answers: Callable[..., Any]) -> SimpleNamespace:
    """Pytest's relay, with a conftest that has these of the kit's hooks."""
    names = ("token", "read_event", "create_conversation", "long_prompt", "failing_prompt")
    return SimpleNamespace(
        **{f"pytest_conformance_{name}": answers.get(name, lambda **_: None) for name in names},
    )


@pytest.fixture
def make_run(backend: Backend, tmp_path: Path) -> Iterator[MakeRun]:
    """`make_run(hooks(...), model_name="m")`: a run against that backend."""
    runs: list[Run] = []

    def make(relay: object = None, **told: Any) -> Run:
        settings = Settings(**{"base_url": backend.url, "api_token": Secret(TOKEN), **told})
        runs.append(Run(settings, Ledger(tmp_path / "ledger"), "r1", relay or hooks()))
        return runs[-1]

    yield make
    for run in runs:
        run.close()


def test_the_command_for_the_token_is_run_once(make_run: MakeRun, backend: Backend, tmp_path: Path) -> None:
    """To see whether there is a token, and for the calls."""
    runs = tmp_path / "runs"
    run = make_run(api_token=None, api_token_command=f"echo >> {shlex.quote(str(runs))}; echo {TOKEN}")
    run.check_token()
    run.client().list_conversations()
    assert backend.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert len(runs.read_text()) == 1


# Hooks


def test_a_hook_that_answers_what_it_should_is_heard(make_run: MakeRun) -> None:
    """None, and an empty text, leave it to the kit."""
    run = make_run(hooks(long_prompt=lambda lines: f"{lines} lines", read_event=lambda event: Delta("x")))
    assert run.long_prompt(7) == "7 lines"
    assert run.read_event(Event("message", "")) == Delta("x")
    assert "from 1 to 7" in make_run(hooks(long_prompt=lambda lines: "")).long_prompt(7)


@pytest.mark.parametrize(
    ("name", "ask", "answer"),
    [
        ("token", lambda run: run.client("second"), 7),
        ("read_event", lambda run: run.read_event(Event("message", "")), {"delta": TOKEN}),
        ("read_event", lambda run: run.read_event(Event("message", "")), Final),
        ("create_conversation", lambda run: run.make_conversation(), {"id": TOKEN}),
        ("long_prompt", lambda run: run.long_prompt(3), ["x"]),
        ("failing_prompt", lambda run: run.failing_prompt(), True),
    ],
)
def test_a_hook_of_the_wrong_type_is_named(
    make_run: MakeRun, name: str, ask: Callable[[Run], object], answer: object
) -> None:
    """With what it should answer, and without what it did, which may be a secret."""
    run = make_run(hooks(**{name: lambda **_: answer}))
    with pytest.raises(UsageError) as raised:
        ask(run)
    said = str(raised.value)
    assert said.startswith(f"The hook pytest_conformance_{name} answers with {type(answer).__name__}. Let it answer")
    assert TOKEN not in said


def test_a_token_of_a_hook_is_one_that_a_header_can_carry(make_run: MakeRun) -> None:
    """As those of the options are."""
    with pytest.raises(UsageError, match=r"^The hook pytest_conformance_token, asked for 'second': .* no HTTP header"):
        make_run(hooks(token=lambda caller: "two words")).client("second")


def test_a_hook_that_fails_is_named_with_its_place(make_run: MakeRun) -> None:
    """It is no fault of the kit."""

    def fail(lines: int) -> str:
        raise KeyError(lines)

    with pytest.raises(UsageError, match=r"^The hook pytest_conformance_long_prompt failed \(test_run.py, line \d+\)"):
        make_run(hooks(long_prompt=fail)).long_prompt(3)


def test_what_a_client_says_within_a_hook_goes_on(make_run: MakeRun) -> None:
    """A hook may make calls, and those may find that nothing can be said."""

    def give_up(api: object) -> str:
        raise Unverified("no answer")

    with pytest.raises(Unverified, match="no answer"):
        make_run(hooks(create_conversation=give_up)).make_conversation()


# What may be the user's slip


def refuse_models(*refused: object) -> Callable[[Request], Answer]:
    """A backend that creates, but not with these names of models."""

    def answer(request: Request) -> Answer:
        body = json.loads(request.body or b"{}")
        return Answer(422 if body.get("modelName") in refused else 201, JSON, [b'{"id": "c"}'])

    return answer


def test_a_model_that_the_backend_does_not_know_accuses_nobody(make_run: MakeRun, backend: Backend) -> None:
    """It refuses every create with it and no other one: the option may be what is wrong."""
    backend.answer = refuse_models("no-such-model")
    run = make_run(model_name="no-such-model")
    refused = run.client().create_conversation({"personality": "x", "modelName": "no-such-model"})
    found = doubts.without_doubt(Violation("CRE-3", refused, expected="201", observed="422"), run)
    assert isinstance(found, Unverified)
    assert found.remedy == "--model-name"
    assert "does not accept the model 'no-such-model'" in str(found)


def test_a_model_that_is_refused_with_something_else_is_a_breach(make_run: MakeRun, backend: Backend) -> None:
    """By itself it is accepted, so that it is not to blame."""
    run = make_run(model_name="m")
    backend.answer = lambda request: Answer(422 if b"personality" in request.body else 201, JSON, [b"{}"])
    refused = run.client().create_conversation({"personality": "x", "modelName": "m"})
    broken = Violation("CRE-3", refused, expected="201", observed="422")
    assert doubts.without_doubt(broken, run) is broken


def test_a_backend_that_creates_nothing_is_accused(make_run: MakeRun, backend: Backend) -> None:
    """Whatever the model is called."""
    backend.answer = lambda request: Answer(422, JSON, [b"{}"])
    run = make_run(model_name="m")
    broken = Violation("CRE-3", run.client().create_conversation({"modelName": "m"}), expected="201", observed="422")
    assert doubts.without_doubt(broken, run) is broken


def token_until(expiry: float) -> Secret:
    """A JWT that says so."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expiry}).encode()).decode().rstrip("=")
    return Secret(f"eyJhbGciOiJub25lIn0.{claims}.c2lnbmF0dXJl")


def accepted(run: Run) -> tuple[Exchange, Violation]:
    """A call with the expired token, and what a test makes of it."""
    exchange = run.client("expired").list_conversations()
    return exchange, Violation("AUT-4", exchange, expected="401", observed="200")


@pytest.mark.parametrize("since_s", [-3600, 60])
def test_a_token_that_has_not_expired_yet_accuses_nobody(make_run: MakeRun, since_s: float) -> None:
    """By its own word; nor does one that expired a moment ago, for clocks differ."""
    run = make_run(api_expired_token=token_until(time.time() - since_s))
    found = doubts.without_doubt(accepted(run)[1], run)
    assert isinstance(found, Unverified)
    assert found.remedy == "--api-expired-token"


def test_a_token_that_has_expired_by_its_own_word_is_a_breach(make_run: MakeRun) -> None:
    """There is no doubt."""
    run = make_run(api_expired_token=token_until(time.time() - 3600))
    broken = accepted(run)[1]
    assert doubts.without_doubt(broken, run) is broken


def test_an_opaque_token_is_a_breach_with_a_hint(make_run: MakeRun) -> None:
    """Only the option says that it has expired."""
    run = make_run(api_expired_token=Secret("opaque-token"))
    exchange, broken = accepted(run)
    found = doubts.without_doubt(broken, run)
    assert isinstance(found, Violation)
    assert found.exchanges == (exchange,)
    assert found.expected.startswith("401 (where the token of --api-expired-token is valid still")


def test_an_expired_token_that_is_refused_is_no_question(make_run: MakeRun, backend: Backend) -> None:
    """Its 401 may lack the header that it should have."""
    backend.answer = lambda request: Answer(401)
    run = make_run(api_expired_token=Secret("opaque-token"))
    refused = accepted(run)[1]
    assert doubts.without_doubt(refused, run) is refused


def test_what_is_no_violation_is_no_question(make_run: MakeRun) -> None:
    """It goes on as it is."""
    for problem in None, Unverified("no"), ValueError():
        assert doubts.without_doubt(problem, make_run()) is problem
