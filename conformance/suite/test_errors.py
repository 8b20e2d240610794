"""ERR: what is odd, and what is wrong. Whatever is refused here generates nothing."""

import json
from collections.abc import Callable

import pytest

from conformance.client import Call, Client, conversation_path
from conformance.exchange import Exchange
from conformance.expect import (
    expect_as_documented,
    expect_no_server_error,
    expect_not_accepted,
    expect_refused,
    expect_same_text,
    expect_status,
)
from conformance.run import Run
from conformance.suite.scenes.collections import Own
from conformance.suite.scenes.intruders import UNKNOWN_ID
from conformance.suite.scenes.requests import (
    ODD_ACCEPTS,
    ODD_AUTHORIZATIONS,
    ODD_IDS,
    ODD_JSON,
    ODD_MEDIA_TYPES,
    ODD_MESSAGES,
    ODD_OBJECTS,
    ODD_PATCHES,
    ODD_QUERIES,
    ODD_TEXTS,
    ODD_WORKSPACES,
    HostileTurn,
    answer_or_silence,
)
from conformance.verdict import Unverified, Violation

_MESSAGES, _STREAMS = "messages", "message-streams"
_GOOD_PATCH = {"personality": "Be brief."}
_BIG = 5 * 1024 * 1024


# ERR-1


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_no_odd_text_brings_it_down(api: Client, own: Own, name: str) -> None:
    """No input is answered with a 5xx: not a text."""
    text = ODD_TEXTS[name]
    path = conversation_path(own.steered_again.id)
    for field in "personality", "brandVoiceId", "targetAudienceId":
        expect_survived(api, Call("PATCH", path, {field: text}))
    expect_survived(api, Call("PATCH", path, {"personality": "a", text[:1000]: text}))
    expect_survived(api, Call("POST", "/conversations", {"modelName": text}))
    expect_survived(api, Call("GET", "/conversations"))


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("name", [*ODD_JSON, *ODD_OBJECTS, *ODD_PATCHES])
def test_no_odd_patch_brings_it_down(api: Client, own: Own, name: str) -> None:
    """Not the body of a patch."""
    body = (ODD_JSON | ODD_OBJECTS | ODD_PATCHES)[name]
    expect_survived(api, Call("PATCH", conversation_path(own.steered_again.id), body))


@pytest.mark.clause("ERR-1")
def test_no_odd_create_brings_it_down(api: Client) -> None:
    """Not the body of a create."""
    for body in ODD_JSON.values():
        expect_survived(api, Call("POST", "/conversations", body))
    odd = {"personality": "\0".join(ODD_TEXTS.values())[:100_000], "personalityId": 2**63, "unknown": [ODD_TEXTS] * 2}
    expect_survived(api, Call("POST", "/conversations", odd))
    expect_survived(api, Call("GET", "/conversations"))


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("endpoint", [_MESSAGES, _STREAMS])
def test_no_odd_message_brings_it_down(api: Client, own: Own, endpoint: str) -> None:
    """Not what is said, or is no message at all."""
    path = conversation_path(own.empty_again.id, endpoint)
    messages = [json.dumps(message).encode() for message in ODD_MESSAGES.values()]
    for body in [*ODD_JSON.values(), *ODD_OBJECTS.values(), *messages]:
        answer = expect_survived(api, Call("POST", path, body))
        expect_not_accepted("MSG-4" if endpoint == _MESSAGES else "STR-8", answer, why="it is no message")


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize("name", ODD_IDS)
def test_no_odd_id_brings_it_down(api: Client, name: str) -> None:
    """Not the id of a conversation."""
    path = f"/conversations/{ODD_IDS[name]}"
    expect_survived(api, Call("GET", f"{path}/{_MESSAGES}"))
    expect_survived(api, Call("PATCH", path, _GOOD_PATCH))
    expect_survived(api, Call("DELETE", f"{path}/{_STREAMS}"))
    expect_survived(api, Call("POST", f"{path}/{_MESSAGES}", {}))
    expect_survived(api, Call("POST", f"{path}/{_STREAMS}", {}))


@pytest.mark.clause("ERR-1")
def test_no_odd_workspace_or_token_brings_it_down(api: Client) -> None:
    """Not a workspace, nor a token that is none."""
    for workspace in ODD_WORKSPACES:
        for call in Call("GET", "/conversations"), Call("PATCH", conversation_path(UNKNOWN_ID), _GOOD_PATCH):
            expect_survived(api.in_workspace(workspace), call, alive=api)
    for authorization in ODD_AUTHORIZATIONS:
        expect_survived(api.with_authorization(authorization), Call("GET", "/conversations"), alive=api)


@pytest.mark.clause("ERR-1")
def test_no_big_body_brings_it_down(api: Client, own: Own) -> None:
    """Not a body that is larger than most servers take."""
    path = conversation_path(own.steered_again.id)
    answer = answer_or_silence(lambda: api.call(Call("PATCH", path, {**_GOOD_PATCH, "unknown": "a" * _BIG})))
    if answer.status is None:  # some close the connection before they have read it all, and their answer gets lost
        raise Unverified(f"the backend did not take the body: {answer}")
    expect_no_server_error("ERR-1", answer, alive=lambda: api.list_conversations(size=1))


@pytest.mark.clause("ERR-1")
def test_no_odd_query_brings_it_down(api: Client, own: Own) -> None:
    """Not a page, a size, or what else stands in a query."""
    for path in "/conversations", conversation_path(own.empty.id, _MESSAGES):
        for query in ODD_QUERIES:
            expect_survived(api, Call("GET", path, query=query))


@pytest.mark.clause("ERR-1")
def test_no_odd_media_type_brings_it_down(api: Client, own: Own) -> None:
    """Not a media type."""
    path, body = conversation_path(own.steered_again.id), json.dumps(_GOOD_PATCH).encode()
    for media_type in ODD_MEDIA_TYPES:
        expect_survived(api, Call("PATCH", path, body, content_type=media_type))
    for accept in ODD_ACCEPTS:
        expect_survived(api, Call("GET", "/conversations", accept=accept))
        expect_survived(api, Call("PATCH", path, body, accept=accept))
        expect_survived(api, Call("POST", f"{path}/{_STREAMS}", {}, accept=accept))


@pytest.mark.clause("ERR-1")
def test_nothing_that_is_said_brings_it_down(api: Client, hostile_turn: HostileTurn) -> None:
    """Not a text that is said."""
    turn = hostile_turn
    for answer in turn.answer, turn.listing, *turn.unlikely, *turn.allowed, turn.afterwards:
        expect_no_server_error("ERR-1", answer, alive=lambda: api.list_conversations(size=1))


@pytest.mark.clause("MSG-2")
def test_an_odd_text_is_listed_as_it_was_sent(hostile_turn: HostileTurn) -> None:
    """The user's message is listed with the text that the client sent, to the last blank."""
    status = hostile_turn.answer.status
    if status is None or 400 <= status < 500:
        raise Unverified(f"the backend did not take the text: {hostile_turn.answer}")
    expect_status("MSG-1", hostile_turn.answer, 200)
    expect_same_text("MSG-2", hostile_turn.listing, hostile_turn.message)


def expect_survived(client: Client, call: Call, *, alive: Client | None = None) -> Exchange:
    """It is answered, and not with a 5xx. `alive` is a client that may call."""
    answer = answer_or_silence(lambda: client.call(call))
    expect_no_server_error("ERR-1", answer, alive=lambda: (alive or client).list_conversations(size=1))
    return answer


# ERR-2


@pytest.mark.clause("ERR-2")
def test_a_404_has_its_body(run: Run, api: Client) -> None:
    """Errors have the bodies described in the contract: that of an unknown conversation."""
    expect_error_body(run, "MSG-9", api.list_messages(UNKNOWN_ID), 404)


@pytest.mark.clause("ERR-2")
def test_a_401_has_its_body(run: Run, api: Client) -> None:
    """That of a call without a token."""
    expect_error_body(run, "AUT-1", api.with_authorization(None).list_conversations(), 401)


@pytest.mark.clause("ERR-2")
def test_a_validation_error_has_its_body(run: Run, api: Client, own: Own) -> None:
    """That of invalid input, in a body and in a query."""
    expect_error_body(run, "PAT-1", api.patch_conversation(own.steered_again.id, {}), 422, 400)
    expect_error_body(run, "CRE-6", api.create_conversation({"personality": 5}), 422, 400)
    expect_error_body(run, "MSG-4", api.send_message(own.empty_again.id, {}), 422, 400)
    expect_error_body(run, "PAG-9", api.list_conversations(page=0), 422, 400)


@pytest.mark.clause("ERR-2")
def test_malformed_json_has_its_body(run: Run, api: Client, own: Own) -> None:
    """That of what is no JSON."""
    expect_error_body(run, "ERR-3", api.patch_conversation(own.steered_again.id, b"{"), 400, 422)


def expect_error_body(run: Run, clause: str, answer: Exchange, *statuses: int) -> None:
    """The answer has one of these statuses, which is a matter of the clause, and the body that goes with it."""
    expect_status(clause, answer, *statuses)
    expect_as_documented(answer, run.check_answer(answer))


# ERR-3


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize("body", [b"{", b'{"personality": "a"', b"{'personality': 'a'}", b"personality=a", b"{]}"])
def test_malformed_json_is_refused(api: Client, own: Own, body: bytes) -> None:
    """Malformed JSON is a 4xx."""
    id_, spare = own.steered_again.id, own.empty_again.id
    for path in "/conversations", conversation_path(spare, _MESSAGES), conversation_path(spare, _STREAMS):
        expect_refused("ERR-3", api.call(Call("POST", path, body)), why="the body is no JSON")
    expect_refused("ERR-3", api.patch_conversation(id_, body), why="the body is no JSON")


@pytest.mark.clause("ERR-3")
def test_a_body_that_goes_on_after_its_json_is_refused(api: Client, own: Own) -> None:
    """What only a parser that stops reading makes something of: then it would be a good patch, and a good create.

    Of `NaN`, and of bytes that are no UTF-8, some languages' own parsers make something too: that is no breach.
    """
    body = b'{"personality": "a"} b'
    expect_refused("ERR-3", api.patch_conversation(own.steered_again.id, body), why="the body is no JSON")
    expect_refused("ERR-3", api.create_conversation(body), why="the body is no JSON")


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize(
    ("rest", "allowed"),
    [(None, {"GET", "POST"}), ("", {"PATCH"}), (_MESSAGES, {"GET", "POST"}), (_STREAMS, {"POST", "DELETE"})],
)
def test_another_method_is_405(api: Client, own: Own, rest: str | None, allowed: set[str]) -> None:
    """A method that a path does not have is a 405, which says in `Allow` which ones it has."""
    id_ = own.steered_again.id
    path = "/conversations" if rest is None else conversation_path(id_, *filter(None, [rest]))
    answer = api.call(Call("PUT", path, {}))
    expect_status("ERR-3", answer, 405)
    said = {method.strip().upper() for method in answer.headers.get("allow", "").split(",")}
    if not allowed <= said:
        expected = f"Allow: {', '.join(sorted(allowed))}"
        raise Violation("ERR-3", answer, expected=expected, observed=f"Allow: {answer.headers.get('allow', '(none)')}")


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_media_type_is_refused(run: Run, api: Client, own: Own, media_type: str) -> None:
    """Another media type is a 4xx."""
    id_ = own.steered_again.id
    expect_status("PAT-2", api.patch_conversation(id_, _GOOD_PATCH), 200)
    calls = [Call("POST", "/conversations", {}), Call("PATCH", conversation_path(id_), _GOOD_PATCH)]
    if not run.pays:  # it may be accepted
        said = own.empty_again.id
        calls += [Call("POST", conversation_path(said, end), run.message()) for end in (_MESSAGES, _STREAMS)]
    for call in calls:
        answer = api.call(call._replace(content_type=media_type))
        expect_refused("ERR-3", answer, why=f"it was sent as {media_type}")


# ERR-4


@pytest.mark.clause("ERR-4")
def test_null_for_what_is_not_nullable(api: Client, own: Own, note: Callable[[str], None]) -> None:
    """Null for an optional field that is not nullable is refused."""
    note(f"create with personality null: answered {api.create_conversation({'personality': None}).status}")
    patch = {"personality": "Be brief.", "personalityId": None}
    note(f"patch with personalityId null: answered {api.patch_conversation(own.steered_again.id, patch).status}")
