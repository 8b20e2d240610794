"""From a request to an exchange: who calls, in which workspace, which operation is meant, which faults hit it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mockserver import wire
from mockserver.arrivals import ARRIVED
from mockserver.breaches import Breaches
from mockserver.exchange import EXCHANGE, Exchange
from mockserver.faults.answers import FaultAnswer
from mockserver.faults.catalogue import KINDS, Stage, make_fault
from mockserver.faults.triggers import from_prefer, from_query, read_text, strip_query
from mockserver.faults.values import Call, Fault, FaultError, Fired
from mockserver.journal.entries import KEPT_BYTES, Entry
from mockserver.journal.masking import mask_query
from mockserver.logs import note
from mockserver.operations import Operations
from mockserver.preamble import Preamble
from mockserver.rules.errors import BodyMalformed, NotAuthenticated
from mockserver.sandbox import Sandbox, Sandboxes
from mockserver.tokens import Identity, Tokens

STREAM_OPERATION = "openMessageStream"
SEND_OPERATIONS = {STREAM_OPERATION, "sendMessage"}


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the exchange of each request.

    Attributes:
        triggers: headers, queries and message texts may ask for faults; without, only the control plane may.
        breaches: is told where the mock breaks the contract.
    """

    sandboxes: Sandboxes
    tokens: Tokens
    operations: Operations
    triggers: bool
    breaches: Breaches

    def takes(self, scope: MutableMapping[str, Any]) -> bool:
        """The request is one of the API, to be looked at."""
        method: str = scope["method"]
        return method != "OPTIONS" and self.operations.is_api(scope["path"])

    def open(self, scope: MutableMapping[str, Any], said: Preamble, body: bytes) -> Exchange:
        """Open the exchange of a request, and find out which faults hit it."""
        exchange = scope["extensions"][EXCHANGE] = self._open(scope, said, body)
        try:
            self._aim(scope, exchange, body)
        except FaultError as error:
            exchange.refusal = _refusal(error)
        return exchange

    def _open(self, scope: MutableMapping[str, Any], said: Preamble, body: bytes) -> Exchange:
        """The exchange, as far as its request tells."""
        mask = said.mask
        found = self.operations.find(scope["method"], scope["path"])
        asked_for = found.parameters.get("workspaceId", "")
        try:
            identity: Identity | NotAuthenticated = self.tokens.identify(said.authorization, 0, asked_for=asked_for)
        except NotAuthenticated as refused:
            identity = refused
        if isinstance(identity, Identity):
            sandbox = self.sandboxes.of(identity.caller.workspace or asked_for)
        else:
            sandbox = self.sandboxes.passing(asked_for)
        caller = identity.caller if isinstance(identity, Identity) else None  # also where the token is good no more
        identity = self._judge_token(identity, said.token, sandbox)
        sandbox.record()
        path, request_body = mask.text(scope["path"]), mask.bytes(body)
        conversation = found.parameters.get("conversationId")
        arrived, query = scope["extensions"][ARRIVED], scope["query_string"]
        entry = Entry(
            number=sandbox.journal.next_number(),
            began=sandbox.journal.next_order(),
            workspace=sandbox.name,
            method=scope["method"],
            path=path,
            query=mask.text(mask_query(query.decode("latin-1"))) if query else "",
            operation=found.operation,
            conversation=None if conversation is None else mask.text(conversation),
            caller=caller.author if caller else None,
            credential=_credential(identity, asked_for),
            token=said.token,
            customer=caller.legacy_customer_id if caller else None,
            at=datetime.now(UTC),
            at_s=sandbox.clock.at(arrived),
            request_headers=said.shown,
            request_body=request_body[:KEPT_BYTES],
            masked=(path, request_body) != (scope["path"], body),
            request_bytes=len(body),
        )
        checks = self.breaches.checks if found.operation == STREAM_OPERATION else None
        return Exchange(
            sandbox=sandbox,
            entry=entry,
            found=found,
            identity=identity,
            began_real=arrived,
            said=said,
            checks=checks.stream() if checks else None,
            on_problems=self.breaches.note,
        )

    def _judge_token(
        self, identity: Identity | NotAuthenticated, token: str | None, sandbox: Sandbox
    ) -> Identity | NotAuthenticated:
        """A token that expires does so by the clock of its workspace; some die on cue."""
        if not isinstance(identity, Identity):
            return identity
        if identity.expires_at is not None and identity.expires_at <= sandbox.clock.wall_now().timestamp():
            return NotAuthenticated("The token has expired.", reason="expired")
        uses, ledger = identity.dies_after_calls, sandbox.tokens
        if token is None or (uses is None and not ledger.dead):
            return identity
        if not ledger.use(token, uses, sandbox.clock.now(), identity.caller.author):
            return NotAuthenticated("The token has expired.", reason="dead")
        return identity

    def _aim(self, scope: MutableMapping[str, Any], exchange: Exchange, body: bytes) -> None:
        """Find out which faults hit this call.

        Raises:
            FaultError: the request asks for one that there is not.
        """
        entry, sandbox, identity = exchange.entry, exchange.sandbox, exchange.identity
        text = _read_text(body) if entry.operation in SEND_OPERATIONS else None
        number = sandbox.next_call()
        sandbox.watch.began(entry)
        sandbox.journal.add(entry)
        fired = (
            [] if sandbox.armory.is_empty else sandbox.armory.draw(_call(number, exchange, text), sandbox.clock.now())
        )
        if isinstance(identity, Identity) and identity.dies_mid_stream is not None:
            fired.append(Fired(make_fault("token-expires", {"after": identity.dies_mid_stream}), None, "token"))
        if self.triggers:
            fired += self._read_triggers(scope, exchange, text)
        if fired:
            entry.faults = [each for each in fired if _applies(each, entry.operation)]
        if entry.faults:
            note(scope, fault=", ".join(str(each.fault) for each in entry.faults))

    def _read_triggers(self, scope: MutableMapping[str, Any], exchange: Exchange, text: str | None) -> list[Fired]:
        """What the request itself asks for; what no operation of this kind can suffer is an error."""
        entry = exchange.entry
        asked: list[tuple[Fault, str]] = []
        if b"__" in scope["query_string"]:
            query = scope["query_string"].decode("latin-1")
            asked = [(fault, "query") for fault in from_query(query)]
            if asked:
                scope["query_string"] = strip_query(query).encode("latin-1")
        prefer = exchange.said.prefer
        asked += [(fault, "prefer") for fault in from_prefer(prefer)] if prefer else []
        cue = read_text(text) if text is not None and "!" in text else None
        asked += [(fault, "text") for fault in cue.faults] if cue else []
        for fault, source in asked:
            if not _applies(Fired(fault, None, source), entry.operation):
                raise FaultError(
                    source, f"{fault.kind} is a fault of streams; {entry.operation or entry.path} has none to break"
                )
        return [Fired(fault, None, source) for fault, source in asked]


def _read_text(body: bytes) -> str | None:
    """The text of the message in a body, where it has one that may be a cue."""
    if b"!" not in body and b"\\u0021" not in body and b"text" not in body:
        return None
    try:
        value = wire.loads(body)
    except BodyMalformed:
        return None
    text = value.get("text") if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else None


def _call(number: int, exchange: Exchange, text: str | None) -> Call:
    """The call as rules of faults look at it."""
    entry, sandbox = exchange.entry, exchange.sandbox
    conversation = entry.conversation
    return Call(
        number=number,
        method=entry.method,
        path=entry.path,
        operation=entry.operation,
        workspace=sandbox.name,
        caller=entry.caller,
        conversation=conversation,
        text=text,
        streaming=conversation is not None and sandbox.streams.live_in(conversation) is not None,
    )


def _applies(fired: Fired, operation: str | None) -> bool:
    """Whether a fault can hit an operation at all."""
    return KINDS[fired.fault.kind].stage is Stage.ANSWER or operation == STREAM_OPERATION


def _credential(identity: Identity | NotAuthenticated, asked_for: str) -> str:
    if not isinstance(identity, Identity):
        return identity.reason
    return "valid" if identity.caller.workspace == asked_for or not asked_for else "forbidden"


def _refusal(error: FaultError) -> FaultAnswer:
    """The answer to a request that asks for a fault that there is not."""
    problem = {"field": error.field, "message": error.message, "type": "fault"}
    sentence = f"The fault cannot be: {error}"
    sentence += "" if sentence.endswith("?") else "."
    body = {"errors": [problem], "error": sentence, "code": "validationFailed"}
    return FaultAnswer(422, wire.dumps(body), "application/json")
