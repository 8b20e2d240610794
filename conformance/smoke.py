"""The smoke pass: whether there is an implementation of this API to judge, and how long it takes.

It tells "not reachable", "wrong token", "wrong workspace", "another API" and "down" from "does not conform": the
first five end the run at once with a sentence that says what to do.
"""

import time
from dataclasses import dataclass
from typing import Any

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.options import Settings
from conformance.verdict import NoAnswer, NothingToJudge, Unverified

_MOST_PATIENCE_S = 25.0
"""What a backend may take for the first list, however long `--request-timeout` is: half a minute for the pass."""


@dataclass(frozen=True)
class FirstTurn:
    """A plain message that was sent in a fresh conversation, and its answer."""

    conversation_id: str
    message: dict[str, Any]
    answer: Exchange


@dataclass(frozen=True)
class Calibration:
    """What the smoke pass measured, in seconds: a call that needs no model, and the first turn, if there was one."""

    call_s: float
    first_turn: FirstTurn | None = None
    failing_prompt: str | None = None
    """What the backend announces in `X-Failing-Message`: a text at which generation fails (LCK-9)."""

    @property
    def reply_s(self) -> float | None:
        """How long a plain reply takes. All waits for what a model does scale from it."""
        return self.first_turn.answer.elapsed if self.first_turn and self.first_turn.answer.status == 200 else None


def smoke(api: Client, settings: Settings, message: dict[str, Any] | None) -> Calibration:
    """List, create, and send `message` if there is one.

    Both of the first two have to be so far off that nothing can be judged before the run is given up. The turn is
    recorded, whatever came of it: it is not thrown away but judged.

    Raises:
        NothingToJudge: with what to do about it.
    """
    patient = api.patient(request_timeout_s=min(settings.request_timeout_s, _MOST_PATIENCE_S))
    began = time.monotonic()
    listed = _answer(patient.list_conversations, settings)
    call_s = time.monotonic() - began
    if _is_envelope(listed):
        # The create is made all the same: it says whether generation can be made to fail.
        try:
            created: Exchange | None = patient.create_conversation({})
        except Unverified:
            created = None
    else:
        created = _answer(lambda: patient.create_conversation({}), settings)
        if not _is_conversation(created):
            raise NothingToJudge(_diagnosis(listed, created, settings))
    failing = created.headers.get("x-failing-message") if created else None
    turn = _first_turn(api, created, message) if created and message else None
    return Calibration(call_s=call_s, first_turn=turn, failing_prompt=failing)


def _first_turn(api: Client, created: Exchange, message: dict[str, Any]) -> FirstTurn | None:
    body = _json(created)
    conversation_id = body.get("id") if isinstance(body, dict) else None
    if not isinstance(conversation_id, str):
        return None
    try:
        return FirstTurn(conversation_id, message, api.send_message(conversation_id, message))
    except Unverified:
        return None


def _answer(call: Any, settings: Settings) -> Exchange:
    where = settings.base_url
    try:
        answered: Exchange = call()
    except NoAnswer as silence:
        note = silence.exchange.note
        if "Connect" in note and "Timeout" not in note:
            raise NothingToJudge(
                f"Nothing answers at {where} ({note}). Start the backend, or put --base-url right."
            ) from None
        if "Timeout" in note:
            raise NothingToJudge(
                f"{where} did not answer within {silence.exchange.elapsed:.0f} s. "
                f"Is it up? A slow one may need a longer --request-timeout ({_MOST_PATIENCE_S:.0f} s count here)."
            ) from None
        raise NothingToJudge(
            f"{where} takes connections but gives no HTTP answer ({note}). Is --base-url the right port and scheme?"
        ) from None
    except Unverified as limited:
        raise NothingToJudge(f"{where} refuses all calls: {limited}. Wait, or lower --max-rps.") from None
    return answered


def _is_envelope(exchange: Exchange) -> bool:
    """Whether it is a list of this API, be it a faulty one."""
    body = _json(exchange)
    return exchange.status == 200 and isinstance(body, dict) and ("data" in body or "page" in body)


def _is_conversation(exchange: Exchange) -> bool:
    body = _json(exchange)
    return exchange.status in (200, 201, 202) and isinstance(body, dict) and "id" in body


def _json(exchange: Exchange) -> object:
    try:
        return exchange.json()
    except (ValueError, RecursionError):
        return None


def _diagnosis(listed: Exchange, created: Exchange, settings: Settings) -> str:
    """What is wrong, by the two answers, and what to do about it."""
    where, workspace = settings.base_url, settings.workspace_id
    statuses = {listed.status or 0, created.status or 0}
    seen = ", ".join(
        f"{name}: {exchange.status} {exchange.media_type}".rstrip()
        for name, exchange in (("list", listed), ("create", created))
    )
    if statuses == {401}:
        return (
            f"{where} does not take the token (401 on list and create). "
            "Give another in CONFORMANCE_API_TOKEN or with --api-token."
        )
    if statuses <= {401, 403}:
        return (
            f"The token may not work in workspace {workspace!r} ({seen}). "
            "Give the token's own workspace with --workspace-id, or a token for this one."
        )
    if min(statuses) >= 500:
        return f"{where} is down: it answers everything with an error of its own ({seen}). Look at its log."
    if statuses <= {301, 302, 303, 307, 308}:
        target = listed.headers.get("location", "elsewhere")
        return f"{where} redirects to {target}. Give the address that answers itself as --base-url."
    if statuses <= {401, 403, 404, 405}:
        return (
            f"There is no workspace {workspace!r} of the Conversations API at {where} ({seen}). "
            "Put --base-url (all that stands before /api/v1) or --workspace-id right."
        )
    return (
        f"What answers at {where} is not the Conversations API ({seen}). "
        "Put --base-url right: all that stands before /api/v1."
    )
