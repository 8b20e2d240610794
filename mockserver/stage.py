"""ASGI middleware round the API: opens an exchange for each request, carries out the faults that hit it, journals it.

It stands outside of routing, security and validation, so that it sees what those refuse, and inside of CORS, so that a
page can read what a fault answers. Faults of streams are carried out by `mockserver.streaming`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver import wire
from mockserver.alarms import Alarms
from mockserver.arrivals import ARRIVED
from mockserver.checks import AnswerChecks
from mockserver.connection import Connection
from mockserver.errors import JsonAnswer
from mockserver.exchange import EXCHANGE, Exchange
from mockserver.faults.answers import GARBAGE, FaultAnswer, answer_of, delay_s
from mockserver.faults.catalogue import KINDS, Stage, make_fault
from mockserver.faults.triggers import from_prefer, from_query, read_text, strip_query
from mockserver.faults.values import Call, Fault, FaultError, Fired
from mockserver.ids import make_random
from mockserver.journal.entries import KEPT_BYTES, Entry
from mockserver.journal.masking import ANY_JWT, mask_query
from mockserver.logs import note
from mockserver.mending import MENDED
from mockserver.operations import Operations
from mockserver.preamble import Preamble, read_preamble
from mockserver.rules.errors import BodyMalformed, NotAuthenticated
from mockserver.rules.turn import Ending
from mockserver.sandbox import Sandbox, Sandboxes
from mockserver.tokens import Identity, Tokens

logger = logging.getLogger("mockserver")

FAULT_HEADER = "Mock-Fault"
SEED_HEADER = "Mock-Seed"
EXCHANGE_HEADER = "Mock-Exchange"
MENDED_HEADER = "Mock-Mended"
_EXCHANGE_HEADER = EXCHANGE_HEADER.lower().encode()
ECHOES = [EXCHANGE_HEADER, FAULT_HEADER, MENDED_HEADER, SEED_HEADER]
"""What answers say of themselves beyond the contract, so that a failure seen elsewhere can be found here."""

STREAM_OPERATION = "openMessageStream"
_LONGEST_SECRET = 8 * 1024
"""Bytes beyond those that are kept, so that what is masked is not cut before."""

SEND_OPERATIONS = {STREAM_OPERATION, "sendMessage"}


@dataclass(frozen=True, slots=True)
class StageOptions:
    """How the stage behaves.

    Attributes:
        triggers: headers, queries and message texts may ask for faults; without, only the control plane may.
        checks: looks at every answer; None: nobody does.
    """

    seed: int
    triggers: bool
    max_body_kib: int
    checks: AnswerChecks | None


class AnswersStage:
    """The middleware."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sandboxes: Sandboxes,
        tokens: Tokens,
        operations: Operations,
        alarms: Alarms,
        options: StageOptions,
    ) -> None:
        self._app = app
        self._sandboxes = sandboxes
        self._tokens = tokens
        self._operations = operations
        self._alarms = alarms
        self._options = options
        self._seed_header = (SEED_HEADER.lower().encode(), str(options.seed).encode())
        self.breaches: list[str] = []
        """Where answers were found to break the contract (see `StageOptions.checks`)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" and self.takes(scope):
            await self._perform(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def takes(self, scope: MutableMapping[str, Any]) -> bool:
        """The request is one of the API, to be looked at."""
        return scope["method"] != "OPTIONS" and self._operations.is_api(scope["path"])

    def begin(self, scope: MutableMapping[str, Any], said: Preamble, body: bytes) -> Exchange:
        """Open the exchange of a request, and find out which faults hit it."""
        exchange = scope["extensions"][EXCHANGE] = self._open(scope, said, body)
        try:
            self._aim(scope, exchange, body)
        except FaultError as error:
            exchange.refusal = _refusal(error)
        return exchange

    def complete(self, exchange: Exchange, answer: JsonAnswer, scope: MutableMapping[str, Any]) -> None:
        """Note an answer that goes out in one piece, and give it the headers by which it can be found again."""
        entry = exchange.entry
        answer.raw_headers += self.echoes(exchange, scope["extensions"].get(MENDED, []))
        exchange.answered(answer.status_code, answer.raw_headers)
        entry.response_body = exchange.said.mask.bytes(answer.body)[:KEPT_BYTES]
        entry.response_bytes = len(answer.body)
        self.check(entry, answer.body)
        exchange.end()

    async def _perform(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, self._options.max_body_kib)
        await body.read()
        begun: Exchange | None = scope["extensions"].get(EXCHANGE)
        exchange = begun or self.begin(scope, read_preamble(scope["headers"]), body.data)
        watched = _Answer(exchange, send, self, Connection(scope), scope["extensions"].setdefault(MENDED, []))
        try:
            if exchange.refusal:
                await _respond(watched, exchange.refusal)
            else:
                await self._carry_out(scope, body, watched, exchange)
        finally:
            watched.end()

    def _open(self, scope: MutableMapping[str, Any], said: Preamble, body: bytes) -> Exchange:
        """The exchange, as far as its request tells."""
        mask = said.mask
        found = self._operations.find(scope["method"], scope["path"])
        asked_for = found.parameters.get("workspaceId", "")
        try:
            identity: Identity | NotAuthenticated = self._tokens.identify(said.authorization, 0, asked_for=asked_for)
        except NotAuthenticated as refused:
            identity = refused
        if isinstance(identity, Identity):
            sandbox = self._sandboxes.of(identity.caller.workspace or asked_for)
        else:
            sandbox = self._sandboxes.passing(asked_for)
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
        checks = self._options.checks if found.operation == STREAM_OPERATION else None
        return Exchange(
            sandbox=sandbox,
            entry=entry,
            found=found,
            identity=identity,
            began_real=arrived,
            said=said,
            checks=checks.stream() if checks else None,
            on_problems=self.note_breach,
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
        if self._options.triggers:
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

    async def _carry_out(self, scope: Scope, body: _Body, send: _Answer, exchange: Exchange) -> None:
        """Answer as the API does, unless a fault has it otherwise."""
        connection = Connection(scope)
        for fired in exchange.entry.faults:
            fault = fired.fault
            if KINDS[fault.kind].stage is not Stage.ANSWER:
                continue
            match fault.kind:
                case "delay":
                    if not await self._delay(exchange, body, delay_s(fault, self._random(exchange, "delay"))):
                        await connection.close()
                        return
                case "reset-before-headers":
                    await connection.reset()
                    return
                case "reset-after-headers":
                    send.reset_after_headers = True
                case "lost-answer":
                    send.lost = True
                case "empty-reply":
                    await connection.close()
                    return
                case "garbage":
                    await connection.write(GARBAGE)
                    await connection.close()
                    return
                case _:
                    entry = exchange.entry
                    allowed = self._operations.methods_at(entry.path)
                    answer = answer_of(fault, method=entry.method, allowed=allowed)
                    await _respond(send, answer)
                    return
        await self._app(scope, body.replay, send)
        if send.lost:
            exchange.entry.events.clear()  # they went nowhere
            exchange.entry.outcome = "cut"
            await connection.close()

    async def _delay(self, exchange: Exchange, body: _Body, seconds: float) -> bool:
        """Wait; False if nothing is to be done any more: the client has gone, or the workspace is another now."""
        sandbox, clock = exchange.sandbox, exchange.sandbox.clock
        alarm = self._alarms.new(clock)
        sandbox.waiting.add(alarm)
        watcher = asyncio.create_task(body.gone())
        watcher.add_done_callback(lambda task: None if task.cancelled() else alarm.ring())
        try:
            over = await alarm.wait_until(clock.now() + seconds)
        finally:
            watcher.cancel()
            sandbox.waiting.discard(alarm)
            self._alarms.discard(alarm)
        exchange.delayed_s += seconds
        if watcher.done() and not watcher.cancelled():
            exchange.entry.outcome = Ending.CLIENT_GONE.value
        return over or self._alarms.shutting_down

    def _random(self, exchange: Exchange, purpose: str) -> Any:
        return make_random(self._options.seed, purpose, exchange.sandbox.name, str(exchange.sandbox.calls))

    def echoes(self, exchange: Exchange, mended: list[str]) -> list[tuple[bytes, bytes]]:
        """The headers by which an answer can be found again."""
        headers = [self._seed_header, (_EXCHANGE_HEADER, b"%d" % exchange.entry.number)]
        if exchange.entry.faults:
            faults = ", ".join(str(fired.fault) for fired in exchange.entry.faults)
            headers.append((FAULT_HEADER.lower().encode(), faults.encode("ascii", "backslashreplace")))
        if mended:
            headers.append((MENDED_HEADER.lower().encode(), json.dumps(mended).encode()))
        return headers

    def check(self, entry: Entry, body: bytes) -> None:
        """Hold an answer against the contract, unless a fault made it."""
        if self._options.checks and not entry.faults and entry.status is not None:
            problems = self._options.checks.check_answer(entry.operation, entry.status, entry.response_headers, body)
            if problems:
                self.note_breach(entry, problems)

    def note_breach(self, entry: Entry, problems: list[str]) -> None:
        """The mock has broken the contract: that is a fault of ours, and is said aloud."""
        for problem in map(ANY_JWT.text, problems):
            self.breaches.append(f"{entry.method} {entry.path}: {problem}")
            logger.error("this answer breaks the contract: %s", self.breaches[-1])


class _Answer:
    """`send`, watched: what goes out is kept for the journal."""

    def __init__(
        self, exchange: Exchange, send: Send, stage: AnswersStage, connection: Connection, mended: list[str]
    ) -> None:
        self._exchange = exchange
        self._send = send
        self._stage = stage
        self._connection = connection
        self._body: list[bytes] = []
        self._kept = self._sent = 0
        self._mended = mended
        self._is_stream = False
        self.reset_after_headers = False
        self.lost = False
        """Nothing goes out."""

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        if self.lost:
            return
        if message["type"] == "http.response.body":
            if not self.reset_after_headers:
                self._keep(message.get("body", b""))
                await self._send(message)
            return
        entry = self._exchange.entry
        if self._connection.gone:
            entry.outcome = Ending.CLIENT_GONE.value  # before it was told anything
            return
        headers = [*message["headers"], *self._stage.echoes(self._exchange, self._mended)]
        self._exchange.answered(message["status"], headers)
        self._is_stream = entry.is_stream
        await self._send({**message, "headers": headers})
        if self.reset_after_headers:
            await self._connection.reset()

    def _keep(self, piece: bytes) -> None:
        """Of a stream, which may be long, only so much as the journal takes."""
        self._sent += len(piece)
        if self._kept < KEPT_BYTES + _LONGEST_SECRET or not self._is_stream:
            self._body.append(piece)
            self._kept += len(piece)

    def end(self) -> None:
        """There is nothing more to come."""
        body = b"".join(self._body)
        entry = self._exchange.entry
        entry.response_body, entry.response_bytes = self._exchange.said.mask.bytes(body)[:KEPT_BYTES], self._sent
        if not self._is_stream:
            self._stage.check(entry, body)
        self._exchange.end()


class _Body:
    """The body of a request, read before anything is decided, so far as it is no larger than the server takes."""

    def __init__(self, receive: Receive, max_body_kib: int) -> None:
        self._receive = receive
        self._limit = max_body_kib * 1024
        self._messages: list[Message] = []
        self._more = True
        self.data = b""

    async def read(self) -> None:
        """Read it."""
        chunks, size, more = [], 0, True
        while more and size <= self._limit:
            message = await self._receive()
            self._messages.append(message)
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message["type"] == "http.request" and message.get("more_body", False)
        self._messages.reverse()
        self._more = more
        self.data = chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def gone(self) -> None:
        """Return when the client has gone; of one that has not sent its whole body yet that is not known."""
        if self._more:
            await asyncio.Event().wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def replay(self) -> Message:
        """`receive`, from the beginning."""
        return self._messages.pop() if self._messages else await self._receive()


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


async def _respond(send: _Answer, answer: FaultAnswer) -> None:
    given = [("Content-Type", answer.media_type), ("Content-Length", str(len(answer.body))), *answer.headers]
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in given]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
