"""What may be the user's slip rather than a fault of the backend: options that say of it what is not so.

A violation that rests on such an option is looked at again before anybody is accused. The hint names the option.
"""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.exchange import Exchange
from conformance.redaction import STAND_INS
from conformance.tokens import expires_at
from conformance.verdict import Unverified, Violation

if TYPE_CHECKING:
    from conformance.run import Run

_LEEWAY_S = 300.0
"""What a backend may allow for clocks that differ."""


def without_doubt(problem: BaseException | None, run: "Run") -> BaseException | None:
    """How a test ended, but that no violation may rest on an option that is wrong."""
    if not isinstance(problem, Violation):
        return problem
    if any(_names_the_model(exchange, run.settings.model_name) for exchange in problem.exchanges):
        return _of_the_model(problem, run)
    if any(STAND_INS["expired"] in exchange.curl and _is_success(exchange) for exchange in problem.exchanges):
        return _of_the_expired_token(problem, run)
    return problem


def _of_the_model(problem: Violation, run: "Run") -> Violation | Unverified:
    """Where the backend refuses whatever has this name in it, and nothing else, it may be right."""
    name = run.settings.model_name

    def is_refused() -> bool:
        named, plain = run.client().create_conversation({"modelName": name}), run.client().create_conversation({})
        return _is_refusal(named) and _is_success(plain)

    try:
        refused = run.ledger.once("model name refused", is_refused)
    except Unverified:
        return problem
    if not refused:
        return problem
    reason = f"this backend does not accept the model {name!r}: give one that it accepts with --model-name"
    return Unverified(reason, remedy="--model-name")


def _of_the_expired_token(problem: Violation, run: "Run") -> Violation | Unverified:
    """A token that says when it expires is believed; of any other nothing is known but what the option says."""
    token = run.client("expired").token
    expiry = None if token is None else expires_at(token)
    if expiry is None:
        expected = f"{problem.expected} (where the token of --api-expired-token is valid still, give one that is not)"
        return Violation(problem.clause.id, *problem.exchanges, expected=expected, observed=problem.observed)
    if expiry + _LEEWAY_S < time.time():
        return problem
    when = datetime.fromtimestamp(expiry, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    reason = f"the token of --api-expired-token expires at {when}: give one that expired five minutes ago or earlier"
    return Unverified(reason, remedy="--api-expired-token")


def _names_the_model(exchange: Exchange, name: str) -> bool:
    """Whether it is a create with this model that was refused."""
    if not (_is_refusal(exchange) and exchange.method == "POST" and exchange.url.endswith("/conversations")):
        return False
    try:
        sent = json.loads(exchange.request_body or "null")
    except ValueError:
        return False
    return isinstance(sent, dict) and sent.get("modelName") == name


def _is_refusal(exchange: Exchange) -> bool:
    return exchange.status is not None and 400 <= exchange.status < 500


def _is_success(exchange: Exchange) -> bool:
    return exchange.status is not None and 200 <= exchange.status < 300
