"""SCH: what the contract's schemas say of answers, and of requests. The requests are made up, from the run's seed."""

import json
import math
from collections.abc import Callable

import pytest

from conformance import schema_cases
from conformance.client import Call, Client, conversation_path
from conformance.exchange import Exchange
from conformance.expect import (
    UNAVAILABLE,
    answered,
    expect_as_documented,
    expect_refused,
    expect_status,
    quoted,
)
from conformance.run import Run
from conformance.schema_cases import Case, Known
from conformance.suite.scenes.collections import Own
from conformance.suite.scenes.requests import EDGES, HostileTurn
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.turns import Turn
from conformance.verdict import Unverified, Violation

_MOST_CREATED = 6
_FUZZED = 12
_MOST_TOLD = 5

_METHODS = {
    "createConversation": ("POST", None),
    "listConversations": ("GET", None),
    "updateConversation": ("PATCH", ""),
    "sendMessage": ("POST", "messages"),
    "listMessages": ("GET", "messages"),
    "openMessageStream": ("POST", "message-streams"),
}
_GENERATING = ("sendMessage", "openMessageStream")


# SCH-1


@pytest.mark.clause("SCH-1", essential=True)
def test_a_created_conversation_is_as_documented(run: Run, own: Own) -> None:
    """Every success has the media type and the schema of the contract: that of a create."""
    for made in own.made:
        expect_documented_success(run, "CRE-1", made.answer)


@pytest.mark.clause("SCH-1")
def test_a_list_of_conversations_is_as_documented(run: Run, own: Own) -> None:
    """That of the list of conversations."""
    expect_documented_success(run, "PAG-1", own.listing)


@pytest.mark.clause("SCH-1")
def test_a_patch_is_as_documented(run: Run, api: Client, own: Own) -> None:
    """That of a patch."""
    answer = api.patch_conversation(own.steered_again.id, {"personality": "Be brief."})
    expect_documented_success(run, "PAT-2", answer)


@pytest.mark.clause("SCH-1", essential=True)
def test_a_reply_is_as_documented(run: Run, plain_turn: Turn) -> None:
    """That of a message."""
    expect_documented_success(run, "MSG-1", plain_turn.answer)


@pytest.mark.clause("SCH-1")
def test_a_list_of_messages_is_as_documented(run: Run, api: Client, own: Own, plain_turn: Turn) -> None:
    """That of the list of messages, also without elements."""
    expect_documented_success(run, "PAG-1", plain_turn.listing)
    expect_documented_success(run, "PAG-1", api.list_messages(own.empty.id))


@pytest.mark.clause("SCH-1", essential=True)
def test_a_stream_is_as_documented(run: Run, streamed_turn: StreamedTurn) -> None:
    """That of a stream, and each of its events."""
    expect_documented_success(run, "STR-1", streamed_turn.stream.exchange)


@pytest.mark.clause("SCH-1")
def test_a_cancel_is_as_documented(run: Run, api: Client, own: Own) -> None:
    """That of a cancel."""
    expect_documented_success(run, "CAN-1", api.cancel_stream(own.empty_again.id))


def expect_documented_success(run: Run, clause: str, answer: Exchange) -> None:
    """It is a success, which is a matter of the clause, and as the contract has it."""
    if answer.status is None or answer.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {answer}")
    if not 200 <= answer.status < 300:
        expect_status(clause, answer, 200)
    expect_as_documented(answer, run.check_answer(answer))


# SCH-2


@pytest.mark.clause("SCH-2")
@pytest.mark.parametrize("operation", ["createConversation", "listConversations", "updateConversation", "listMessages"])
def test_what_is_allowed_is_accepted(run: Run, api: Client, own: Own, operation: str) -> None:
    """Every request that the contract allows is accepted (what costs replies is left to other clauses)."""
    cases = made_up(run, operation, valid=True, known=accepted_by(run, own))
    if operation == "createConversation":
        cases = cases[:: math.ceil(len(cases) / _MOST_CREATED)]  # what is made stays for ever
    for case in cases:
        expect_allowed(sent_case(api, case, own.steered_again.id), case.description)


@pytest.mark.clause("SCH-2")
@pytest.mark.parametrize("operation", ["createConversation", "updateConversation"])
def test_what_is_just_allowed_is_accepted(api: Client, own: Own, operation: str) -> None:
    """Also what the contract sets no bounds to: no text is too short or too long, no number too small."""
    for body in EDGES[operation]:
        expect_allowed(sent(api, operation, own.steered_again.id, body=json.dumps(body).encode()), str(body))


@pytest.mark.clause("SCH-2")
def test_a_message_that_is_allowed_is_accepted(hostile_turn: HostileTurn) -> None:
    """Also a long text with all sorts of characters, and unknown properties."""
    for answer in hostile_turn.answer, *hostile_turn.allowed:
        expect_allowed(answer, quoted(answer.request_body))


@pytest.mark.clause("SCH-2")
def test_json_may_name_its_charset(api: Client, own: Own) -> None:
    """Also where the media type of the body says that it is in UTF-8, as many clients do."""
    body = json.dumps({"personality": "Be brief."}).encode()
    for method, path in ("PATCH", conversation_path(own.steered_again.id)), ("POST", "/conversations"):
        call = Call(method, path, body, content_type="application/json; charset=utf-8")
        expect_allowed(api.call(call), "application/json; charset=utf-8")


def expect_allowed(answer: Exchange, what: str) -> None:
    """It is a success. `what` was sent."""
    if answer.status is None or answer.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {answer}")
    if not 200 <= answer.status < 300:
        expected = f"a 2xx, because the contract allows this: {what}"
        raise Violation("SCH-2", answer, expected=expected, observed=answered(answer))


# SCH-3


@pytest.mark.clause("SCH-3")
@pytest.mark.parametrize("operation", _METHODS)
def test_what_is_forbidden_is_refused(run: Run, api: Client, own: Own, operation: str) -> None:
    """Every request that the contract forbids is refused."""
    accepted: list[tuple[Case, Exchange]] = []
    for case in made_up(run, operation, valid=False, known=accepted_by(run, own)):
        answer = sent_case(api, case, own.empty_again.id)
        if answer.status is not None and 200 <= answer.status < 300:
            accepted.append((case, answer))
        if len(accepted) >= _MOST_TOLD or (accepted and run.pays and operation in _GENERATING):
            break
    if accepted:
        told = "; ".join(f"{answer.status} for {case.description}" for case, answer in accepted)
        expected = "a 4xx for what the contract forbids"
        raise Violation("SCH-3", *(answer for _, answer in accepted), expected=expected, observed=told)


@pytest.mark.clause("SCH-3")
@pytest.mark.parametrize("wrap", [lambda body: [body], json.dumps], ids=["in a list", "in a string"])
def test_a_wrapped_body_is_refused(run: Run, api: Client, own: Own, wrap: Callable[[object], object]) -> None:
    """So is one that stands in a list, or was encoded twice."""
    bodies: dict[str, object] = {"updateConversation": {"personality": "Be brief."}, "createConversation": {}}
    if not run.pays:  # it may be accepted
        bodies |= {operation: run.message() for operation in _GENERATING}
    for operation, body in bodies.items():
        answer = sent(api, operation, own.empty_again.id, body=json.dumps(wrap(body)).encode())
        expect_refused("SCH-3", answer, why="the body is no object")


def made_up(run: Run, operation: str, *, valid: bool, known: Known) -> list[Case]:
    """Requests: first of all kinds that the schemas have, then some that were drawn; fewer where replies cost."""
    cases = schema_cases.coverage_cases(operation, valid=valid, known=known)
    if run.pays:
        return cases
    return cases + schema_cases.fuzzed_cases(operation, valid=valid, count=_FUZZED, seed=run.settings.seed, known=known)


def accepted_by(run: Run, own: Own) -> Known:
    """What this backend is known to accept."""
    settings = run.settings
    model_name = settings.model_name if own.with_model.answer.status in (200, 201) else None
    return Known(model_name, settings.brand_voice_id, settings.target_audience_id)


def sent_case(api: Client, case: Case, conversation_id: str) -> Exchange:
    """The answer to a made-up request."""
    fresh = schema_cases.with_fresh_id(case)
    return sent(api, case.operation_id, conversation_id, body=fresh.body, query=case.query)


def sent(api: Client, operation: str, conversation_id: str, *, body: bytes | None, query: str = "") -> Exchange:
    """The answer to a call of this operation."""
    method, rest = _METHODS[operation]
    path = "/conversations" if rest is None else conversation_path(conversation_id, *filter(None, [rest]))
    return api.call(Call(method, path, body, query))
