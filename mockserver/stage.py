"""ASGI middleware round the API: opens an exchange for each request, carries out the faults that hit it, journals it.

It stands outside of routing, security and validation, so that it sees what those refuse, and inside of CORS, so that a
page can read what a fault answers. Faults of streams are carried out by `mockserver.streaming`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.alarms import Alarms
from mockserver.breaches import Breaches
from mockserver.connection import Connection
from mockserver.errors import JsonAnswer
from mockserver.exchange import EXCHANGE, Exchange
from mockserver.faults.answers import GARBAGE, FaultAnswer, answer_of, delay_s
from mockserver.faults.catalogue import KINDS, Stage
from mockserver.ids import make_random
from mockserver.journal.entries import KEPT_BYTES
from mockserver.mending import MENDED
from mockserver.opening import Opener
from mockserver.preamble import read_preamble
from mockserver.rules.turn import Ending
from mockserver.script import CutKind

FAULT_HEADER = "Mock-Fault"
SEED_HEADER = "Mock-Seed"
EXCHANGE_HEADER = "Mock-Exchange"
MENDED_HEADER = "Mock-Mended"
_EXCHANGE_HEADER = EXCHANGE_HEADER.lower().encode()
ECHOES = [EXCHANGE_HEADER, FAULT_HEADER, MENDED_HEADER, SEED_HEADER]
"""What answers say of themselves beyond the contract, so that a failure seen elsewhere can be found here."""

_NOTICED_S = 0.02
"""So long the application has to notice that its client has left."""

_LONGEST_SECRET = 8 * 1024
"""Bytes beyond those that are kept, so that what is masked is not cut before."""


_Parting = Callable[[], Awaitable[None]]
"""How a connection is broken."""


class AnswersStage:
    """The middleware."""

    def __init__(
        self, app: ASGIApp, *, opener: Opener, alarms: Alarms, breaches: Breaches, seed: int, max_body_kib: int
    ) -> None:
        self._app = app
        self._opener = opener
        self._alarms = alarms
        self._breaches = breaches
        self._seed = seed
        self._seed_header = (SEED_HEADER.lower().encode(), str(seed).encode())
        self._max_body_kib = max_body_kib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" and self._opener.takes(scope):
            await self._perform(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def complete(self, exchange: Exchange, answer: JsonAnswer, scope: MutableMapping[str, Any]) -> None:
        """Note an answer that goes out in one piece, and give it the headers by which it can be found again."""
        answer.raw_headers += self.echoes(exchange, scope["extensions"].get(MENDED, []))
        exchange.answered(answer.status_code, answer.raw_headers)
        _end(exchange, self._breaches, answer.body, len(answer.body))

    async def _perform(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, self._max_body_kib)
        await body.read()
        begun: Exchange | None = scope["extensions"].get(EXCHANGE)
        exchange = begun or self._opener.open(scope, read_preamble(scope["headers"]), body.data)
        mended = scope["extensions"].setdefault(MENDED, [])
        echoes = partial(self.echoes, exchange, mended)
        watched = _Answer(exchange, send, Connection(scope), echoes=echoes, breaches=self._breaches)
        part: _Parting | None = None
        try:
            if exchange.refusal:
                await _respond(watched, exchange.refusal)
            else:
                part = await self._carry_out(scope, body, watched, exchange)
        finally:
            watched.end()
        if part:  # whoever sees the connection break may call again at once, and finds all of this call done
            await part()

    async def _carry_out(self, scope: Scope, body: _Body, send: _Answer, exchange: Exchange) -> _Parting | None:
        """Answer as the API does, unless a fault has it otherwise; how the connection is to be broken, if it is."""
        connection = Connection(scope)
        instead_of_an_answer: dict[str, _Parting] = {
            "reset-before-headers": connection.reset,
            "empty-reply": connection.close,
            "garbage": partial(connection.close, GARBAGE),
        }
        for fired in exchange.entry.faults:
            fault = fired.fault
            if KINDS[fault.kind].stage is not Stage.ANSWER:
                continue
            if fault.kind in instead_of_an_answer:
                return instead_of_an_answer[fault.kind]
            match fault.kind:
                case "delay":
                    if not await self._delay(exchange, body, delay_s(fault, self._random(exchange, "delay"))):
                        return connection.close
                case "reset-after-headers":
                    send.reset_after_headers = True
                case "lost-answer":
                    send.lost = True
                case _:
                    entry = exchange.entry
                    allowed = self._opener.operations.methods_at(entry.path)
                    answer = answer_of(fault, method=entry.method, allowed=allowed)
                    await _respond(send, answer)
                    return None
        leaving = send.reset_after_headers
        await self._app(scope, body.leave_when(send.begun) if leaving else body.replay, send)
        if leaving or exchange.cut is CutKind.RESET:
            return connection.reset
        if send.lost:
            exchange.entry.events.clear()  # they went nowhere
            exchange.entry.outcome = "cut"
        return connection.close if send.lost or exchange.cut is CutKind.TRUNCATE else None

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
        return make_random(self._seed, purpose, exchange.sandbox.name, str(exchange.sandbox.calls))

    def echoes(self, exchange: Exchange, mended: list[str]) -> list[tuple[bytes, bytes]]:
        """The headers by which an answer can be found again."""
        headers = [self._seed_header, (_EXCHANGE_HEADER, b"%d" % exchange.entry.number)]
        if exchange.entry.faults:
            faults = ", ".join(str(fired.fault) for fired in exchange.entry.faults)
            headers.append((FAULT_HEADER.lower().encode(), faults.encode("ascii", "backslashreplace")))
        if mended:
            headers.append((MENDED_HEADER.lower().encode(), json.dumps(mended).encode()))
        return headers


class _Answer:
    """`send`, watched: what goes out is kept for the journal."""

    def __init__(
        self,
        exchange: Exchange,
        send: Send,
        connection: Connection,
        *,
        echoes: Callable[[], Iterable[tuple[bytes, bytes]]],
        breaches: Breaches,
    ) -> None:
        self._exchange = exchange
        self._send = send
        self._connection = connection
        self._echoes = echoes
        self._breaches = breaches
        self._body: list[bytes] = []
        self._kept = self._sent = 0
        self._is_stream = self._gone = False
        self.begun = asyncio.Event()
        self.reset_after_headers = False
        """Nothing goes out after them."""
        self.lost = False
        """Nothing goes out."""

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        if self.lost or self._gone:
            return
        if message["type"] == "http.response.body":
            if not self.reset_after_headers:
                self._keep(message.get("body", b""))
                await self._send(message)
            return
        entry = self._exchange.entry
        if self._connection.gone:
            entry.outcome = Ending.CLIENT_GONE.value  # before it was told anything
            self._gone = True
            return
        headers = [*message["headers"], *self._echoes()]
        self._exchange.answered(message["status"], headers)
        self._is_stream = entry.is_stream
        await self._send({**message, "headers": headers})
        if self.reset_after_headers:
            self.begun.set()
            await asyncio.sleep(_NOTICED_S)

    def _keep(self, piece: bytes) -> None:
        """Of a stream, which may be long, only so much as the journal takes."""
        self._sent += len(piece)
        if self._kept < KEPT_BYTES + _LONGEST_SECRET or not self._is_stream:
            self._body.append(piece)
            self._kept += len(piece)

    def end(self) -> None:
        """There is nothing more to come."""
        _end(self._exchange, self._breaches, b"".join(self._body), self._sent)


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

    def leave_when(self, begun: asyncio.Event) -> Receive:
        """`receive`, from the beginning, of a client that leaves as soon as it has been told something."""

        async def receive() -> Message:
            if self._messages:
                return self._messages.pop()
            await begun.wait()
            return {"type": "http.disconnect"}

        return receive

    async def replay(self) -> Message:
        """`receive`, from the beginning."""
        return self._messages.pop() if self._messages else await self._receive()


def _end(exchange: Exchange, breaches: Breaches, body: bytes, length: int) -> None:
    """There is nothing more to come of an answer, which was so long; of a stream `body` may be the beginning."""
    entry = exchange.entry
    entry.response_body, entry.response_bytes = exchange.said.mask.bytes(body)[:KEPT_BYTES], length
    breaches.check(entry, body)
    exchange.end()


async def _respond(send: _Answer, answer: FaultAnswer) -> None:
    given = [("Content-Type", answer.media_type), ("Content-Length", str(len(answer.body))), *answer.headers]
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in given]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
