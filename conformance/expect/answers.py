"""One answer: its status, and what it says."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conformance.exchange import Exchange
from conformance.expect.telling import answered, told_fields
from conformance.schema_answers import Finding
from conformance.verdict import Unverified, Violation

CONVERSATION_FIELDS = ("id", "createdAt", "modelName", "legacyCustomerId")
MESSAGE_FIELDS = ("id", "text", "source", "createdAt")

UNAVAILABLE = (502, 503, 504)
"""Behind these there is no answer of the backend, and nothing to judge."""


def expect_status(clause: str, exchange: Exchange, *accepted: int) -> None:
    """The answer has one of the accepted statuses.

    Raises:
        Unverified: the backend was unavailable, also when it was asked again; that says nothing of the clause.
    """
    if exchange.status in UNAVAILABLE and exchange.status not in accepted:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status not in accepted:
        wanted = " or ".join(str(status) for status in accepted)
        raise Violation(clause, exchange, expected=wanted, observed=answered(exchange))


def expect_refused(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is a 4xx. `why` says what is wrong with the request."""
    if exchange.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or not 400 <= exchange.status < 500:
        raise Violation(clause, exchange, expected=f"a 4xx, because {why}", observed=answered(exchange))


def expect_plain_refusal(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is a 4xx, and no event stream."""
    expect_refused(clause, exchange, why=why)
    if exchange.media_type == "text/event-stream":
        raise Violation(clause, exchange, expected="a plain 4xx, no event stream", observed=answered(exchange))


def expect_accepted(clause: str, exchange: Exchange) -> None:
    """The answer is a 2xx."""
    if exchange.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or not 200 <= exchange.status < 300:
        raise Violation(clause, exchange, expected="a 2xx", observed=answered(exchange))


def expect_not_accepted(clause: str, exchange: Exchange, *, why: str) -> None:
    """The answer is no 2xx."""
    if exchange.status in UNAVAILABLE:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is not None and 200 <= exchange.status < 300:
        raise Violation(clause, exchange, expected=f"no 2xx, because {why}", observed=answered(exchange))


def expect_no_server_error(clause: str, exchange: Exchange, *, alive: Callable[[], Exchange]) -> None:
    """The answer is no 5xx, and there is one. `alive` makes a plain call, to tell this from a backend that is down."""
    silent = exchange.status is None or exchange.status in UNAVAILABLE
    if exchange.status is None and "Timeout" in exchange.note:
        raise Unverified(f"a time-out proves nothing: {exchange}")
    if silent and alive().status != 200:
        raise Unverified(f"the backend was unavailable: {exchange}")
    if exchange.status is None or exchange.status >= 500:
        # It was asked again, which counts for and not against the evidence.
        shown = dataclasses.replace(exchange, repeated=False)
        raise Violation(clause, shown, expected="an answer that is no 5xx", observed=answered(exchange))


def expect_as_documented(exchange: Exchange, findings: Sequence[Finding]) -> None:
    """Nothing was found that the contract does not allow in this answer."""
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        first = findings[0]
        raise Violation(first.clause, exchange, expected=first.expected, observed=f"{first.observed}{more}")


def expect_conversation(clause: str, exchange: Exchange) -> dict[str, Any]:
    """201 (200 is tolerated) with a Conversation: at least its id, a non-empty string, and its `createdAt`."""
    expect_status(clause, exchange, 201, 200)
    conversation = json_object(clause, exchange)
    if not (_is_id(conversation.get("id")) and isinstance(conversation.get("createdAt"), str)):
        expected = "a Conversation, with a non-empty string as id and a timestamp as createdAt"
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
    return conversation


def expect_different_ids(clause: str, *answers: Exchange) -> None:
    """Each answer is a conversation, and no two have the same id."""
    seen: dict[str, Exchange] = {}
    for answer in answers:
        id_ = expect_conversation(clause, answer)["id"]
        if id_ in seen:
            raise Violation(clause, seen[id_], answer, expected="two ids", observed=f"{id_!r} twice")
        seen[id_] = answer


def expect_message(clause: str, exchange: Exchange) -> dict[str, Any]:
    """200 with the assistant's reply: a Message with a non-empty id and text, from the assistant."""
    expect_status(clause, exchange, 200)
    message = json_object(clause, exchange)
    if not is_reply(message):
        expected = "a Message of the assistant, with an id, a non-empty text and createdAt"
        raise Violation(clause, exchange, expected=expected, observed=answered(exchange))
    return message


def expect_same_reply(clause: str, first: Exchange, again: Exchange) -> None:
    """The second answer is the first one's reply: id, text, source and createdAt."""
    reply, replayed = expect_message("MSG-1", first), expect_message(clause, again)
    different = [name for name in MESSAGE_FIELDS if reply[name] != replayed[name]]
    if different:
        raise Violation(
            clause,
            first,
            again,
            expected=told_fields(reply, different),
            observed=told_fields(replayed, different),
        )


def json_object(clause: str, exchange: Exchange) -> dict[str, Any]:
    """The body, which is a JSON object."""
    try:
        body = exchange.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Violation(clause, exchange, expected="a JSON object", observed=answered(exchange))
    return body


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_reply(message: Mapping[str, Any]) -> bool:
    """Whether it is a message of the assistant, with all that a Message has and a text that is not empty."""
    return (
        _is_id(message.get("id"))
        and isinstance(message.get("text"), str)
        and message["text"].strip() != ""
        and message.get("source") == "assistant"
        and isinstance(message.get("createdAt"), str)
    )
