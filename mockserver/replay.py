"""Plays a bug report on a running mock over HTTP, and tells where the answers differ from those that were recorded.

The clock of the workspace stands, and is moved to the time of each thing that happened; streams are held, and let on
event by event. So all comes in the order in which it was recorded, however fast either machine is. What cannot be the
same is left out: see `mockserver.journal.comparison`.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx

from mockserver import create_app
from mockserver.control.mount import load_control_contract
from mockserver.journal.comparison import ENDED_FROM_OUTSIDE, Difference, compare
from mockserver.journal.entries import KEPT_BYTES
from mockserver.journal.masking import is_secret_header
from mockserver.journal.playing import AwaitEnd, Do, HangUp, LetStreamSend, Send, plan, token_for
from mockserver.journal.recorder import Act
from mockserver.journal.recording import Exchange, Recording, parse_recording
from mockserver.jwts import mask_jwts_in_bytes
from mockserver.server import BackgroundServer
from mockserver.settings import REPLAYED_SETTINGS, Settings

JsonObject = dict[str, Any]

_SNAPSHOT: Final = "the-beginning-of-a-bug-report"
_LOOK_AGAIN_S: Final = 0.003
_STREAM_S: Final = 600.0
"""How long a stream may say nothing while others are played, in real seconds."""

_CONTROL_S: Final = 30.0
_BEGIN_S: Final = 5.0
_SETTLE_S: Final = 0.3
_END_S: Final = 10.0
_MOST_EVENTS: Final = 1000

_NOT_SENT: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "transfer-encoding"}
)
"""Request headers that belong to a connection, and are made anew."""

_URL_SAFE: Final = "/%:@!$&'()*+,;=~-._"


class ReplayError(Exception):
    """The server cannot be used for a replay; one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one exchange; `what` names it."""

    number: int
    what: str
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all.

    Attributes:
        notes: why it may differ: what the bug report lacks, how the server is another.
    """

    results: Sequence[Result]
    notes: Sequence[str] = ()

    @property
    def same(self) -> bool:
        """Nothing differs."""
        return not any(result.differences for result in self.results)

    def lines(self) -> list[str]:
        """For people: a line an exchange, and what differs under it, with both sides."""
        lines = [f"note: {note}" for note in self.notes]
        for result in self.results:
            lines.append(f"{'differs' if result.differences else 'same':<8} {result.what}")
            lines += [f"           {difference}" for difference in result.differences]
        differing = sum(bool(result.differences) for result in self.results)
        total = len(self.results)
        return [*lines, f"{differing} of {total} differ." if differing else f"All {total} are the same."]


async def replay(recording: Recording, url: str) -> Report:
    """Play a bug report on the server at a base URL. What its workspace of that name held before is gone.

    Raises:
        ReplayError: it is no mock that can be used for it.
    """
    # A proxy of the environment is for the world outside; each exchange has a connection of its own, which may break.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with (
        httpx.AsyncClient(timeout=_STREAM_S, limits=limits, trust_env=False) as api,
        httpx.AsyncClient(timeout=_CONTROL_S, trust_env=False) as control,
    ):
        player = _Player(recording, url.rstrip("/"), api, control)
        try:
            return await player.run()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ReplayError(f"{url} cannot be used: {str(error) or repr(error)}.") from None
        finally:
            player.stop()


def replay_on(recording: Recording, url: str) -> Report:
    """`replay`, for callers without an event loop.

    Raises:
        ReplayError: it is no mock that can be used for it.
    """
    return asyncio.run(replay(recording, url))


def replay_fresh(recording: Recording) -> Report:
    """Play a bug report on a server of its own, which has the settings that were recorded.

    Raises:
        SettingError: they cannot be.
    """
    settings = {name: value for name, value in recording.server.items() if name in REPLAYED_SETTINGS}
    with BackgroundServer(create_app(Settings(port=0, empty=True, **settings))) as server:
        return replay_on(recording, server.url)


@dataclass
class _Playing:
    """One exchange while it is played."""

    number: int
    """On the server that replays."""
    task: asyncio.Task[None]
    received: bytearray = field(default_factory=bytearray)
    whole: bool = False
    """Its answer was read to the end."""


class _Player:
    def __init__(self, recording: Recording, url: str, api: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
        self._recording = recording
        self._url = url
        self._api = api
        self._control = control
        self._mock = f"{url}/_mock"
        self._own = f"{self._mock}/workspaces/{quote(recording.workspace, safe='')}"
        self._playing: dict[int, _Playing] = {}
        self._failed: list[Result] = []

    async def run(self) -> Report:
        notes = [*self._recording.why, *await self._begin()]
        for step in plan(self._recording):
            await self._let_pass(step.at_s)
            match step:
                case Send(exchange):
                    await self._send(exchange)
                case LetStreamSend(exchange, events):
                    await self._let_send(self._playing[exchange.number], events)
                case AwaitEnd(exchange):
                    await self._await_end(exchange, self._playing[exchange.number])
                case HangUp(exchange):
                    await self._hang_up(exchange, self._playing[exchange.number])
                case Do(act):
                    await self._do(act)
        return Report([*await self._compare(), *self._failed], notes)

    def stop(self) -> None:
        """Close what is still open."""
        for playing in self._playing.values():
            playing.task.cancel()

    async def _begin(self) -> list[str]:
        """Bring the workspace into the state from which the report begins; what is to be said of the server."""
        overview = await self._ask("GET", self._mock)
        seed = self._recording.server.get("seed")
        notes = [f"The server has the seed {overview['seed']}, not {seed}."] if overview.get("seed") != seed else []
        await self._ask("POST", f"{self._mock}/workspaces", {"name": self._recording.workspace, "tokens": 0})
        await self._ask("POST", f"{self._own}/reset")
        if self._recording.snapshot is not None:
            snapshot = copy.deepcopy(dict(self._recording.snapshot))
            workspace = snapshot["workspaces"][self._recording.workspace]
            workspace["clock"] = {**(workspace.get("clock") or {"nowS": 0, "shiftS": 0}), "rate": 0}
            if workspace.get("configuration"):
                workspace["configuration"] = {**workspace["configuration"], "hold_after": 0}
            await self._ask("PUT", f"{self._mock}/snapshots/{_SNAPSHOT}", snapshot)
            await self._ask("POST", f"{self._own}/snapshots/{_SNAPSHOT}/load")
            await self._ask("DELETE", f"{self._mock}/snapshots/{_SNAPSHOT}")
        return notes

    async def _let_pass(self, instant: float) -> None:
        await self._ask("PATCH", f"{self._own}/clock", {"nowS": max(instant, 0)})

    async def _send(self, exchange: Exchange) -> None:
        """Send a request, and go on when the server has begun it."""
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in exchange.request_headers
            if name not in _NOT_SENT and not is_secret_header(name)
        ]
        token = await self._credential(exchange)
        if token is not None:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        query = f"?{quote(exchange.query, safe=_URL_SAFE + '?[]{}|^')}" if exchange.query else ""
        raw_path = (quote(exchange.path, safe=_URL_SAFE.replace("%", "")) + query).encode()
        url = httpx.URL(self._url).copy_with(raw_path=raw_path)
        request = self._api.build_request(exchange.method, url, headers=headers, content=exchange.request_body or None)
        number = len(self._playing) + 1
        playing = self._playing[exchange.number] = _Playing(number, asyncio.current_task())  # type: ignore[arg-type]
        playing.task = asyncio.create_task(self._read(request, playing))
        await asyncio.wait({playing.task}, timeout=_LOOK_AGAIN_S)
        await self._wait(lambda: self._has_begun(playing), _BEGIN_S)
        await self._wait(lambda: self._has_settled(playing), _SETTLE_S)

    async def _read(self, request: httpx.Request, playing: _Playing) -> None:
        with suppress(httpx.HTTPError):
            answer = await self._api.send(request, stream=True)
            try:
                async for piece in answer.aiter_raw():
                    playing.received += piece
                playing.whole = True
            finally:
                await answer.aclose()

    async def _let_send(self, playing: _Playing, events: int) -> None:
        """Step a stream until it has sent so many events."""
        await self._wait(lambda: self._is_live_or_over(playing), _BEGIN_S)
        while (live := await self._stream(playing)) is not None and live["sent"] < events:
            wanted = min(events - live["sent"], _MOST_EVENTS)
            if not await self._step(live["id"], wanted):
                return

    async def _step(self, stream: int, events: int) -> int:
        """How many events it has sent more; none if it has ended."""
        answer = await self._control.post(f"{self._own}/streams/{stream}/step", json={"events": events, "timeoutS": 2})
        stepped: int = answer.json()["stepped"] if answer.status_code == 200 else 0
        return stepped

    async def _await_end(self, exchange: Exchange, playing: _Playing) -> None:
        """Let it come to its end: a stream by all that it would send, anything else by the time that it takes."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        forward_s = 1.0
        while not await self._is_over(playing) and loop.time() < begun + _END_S:
            live = await self._stream(playing)
            if live is not None and exchange.outcome not in ENDED_FROM_OUTSIDE:
                await self._step(live["id"], _MOST_EVENTS)
            elif loop.time() > begun + _SETTLE_S:
                now = (await self._ask("GET", f"{self._own}/clock"))["nowS"]
                await self._let_pass(now + forward_s)
                forward_s *= 2
            await asyncio.sleep(_LOOK_AGAIN_S)
        if await self._is_over(playing):
            await asyncio.wait({playing.task}, timeout=_BEGIN_S)
        playing.task.cancel()

    async def _hang_up(self, exchange: Exchange, playing: _Playing) -> None:
        """Close the connection, when all has come that its client was sent."""

        async def has_all() -> bool:
            return len(playing.received) >= exchange.response_bytes or playing.task.done()

        if exchange.is_stream:
            await self._wait(has_all, _SETTLE_S)
        playing.task.cancel()
        await asyncio.wait({playing.task}, timeout=_BEGIN_S)
        await self._await_end(exchange, playing)

    async def _do(self, act: Act) -> None:
        """Let the control plane do it: on a clock that stands and with streams that are held all the same."""
        payload, parameters = act.payload, dict(act.parameters)
        if act.operation == "changeClock":
            payload = {name: value for name, value in payload.items() if name not in {"rate", "nowS"}}
            if not payload:
                return
        elif act.operation == "changeConfiguration":
            payload = {**payload, "holdAfter": 0}
        if "exchange" in parameters:
            playing = self._playing.get(parameters.pop("exchange"))
            live = await self._stream(playing) if playing else None
            parameters["stream"] = live["id"] if live else 0
        parameters["workspace"] = self._recording.workspace
        method, template = _operation(act.operation)
        path = re.sub(r"\{(\w+)\}", lambda match: quote(str(parameters[match[1]]), safe=""), template)
        answer = await self._control.request(method, self._mock + path, json=payload)
        if answer.is_error:
            difference = Difference(0, act.operation, "done", answer.text[:300])
            self._failed.append(Result(0, f"{method} /_mock{path}", [difference]))

    async def _credential(self, exchange: Exchange) -> str | None:
        """A token that is taken, or refused, as the one of the exchange was."""
        if b"development token" in exchange.response_body and exchange.credential == "invalid":
            return "@"
        asked = token_for(exchange, self._recording.workspace)
        return None if asked is None else await self._mint(asked)

    async def _mint(self, asked: JsonObject) -> str:
        token: str = (await self._ask("POST", f"{self._own}/tokens", asked))["token"]
        return token

    async def _compare(self) -> list[Result]:
        """Hold what the server now has in its journal against the record, and what came against what it has."""
        own = parse_recording(await self._ask("GET", f"{self._own}/bug-report"))
        replayed = {exchange.number: exchange for exchange in own.exchanges}
        wall = self._recording.server.get("clock") == "wall"
        results = []
        for exchange in self._recording.exchanges:
            playing = self._playing[exchange.number]
            found = replayed.get(playing.number)
            if found is None:
                missing = Difference(exchange.number, "exchange", "there", "not in the journal of the server")
                results.append(Result(exchange.number, str(exchange), [missing]))
                continue
            differences = compare(exchange, found, timestamps=not wall)
            if exchange.ended is not None and exchange.method != "HEAD":
                differences += _compare_arrival(exchange, found, playing)
            results.append(Result(exchange.number, str(exchange), differences))
        return results

    async def _stream(self, playing: _Playing) -> JsonObject | None:
        """The live stream of an exchange."""
        streams = (await self._ask("GET", f"{self._own}/streams"))["streams"]
        return next((stream for stream in streams if stream["exchange"] == playing.number), None)

    async def _has_begun(self, playing: _Playing) -> bool:
        answer = await self._control.get(f"{self._own}/journal/{playing.number}")
        return answer.status_code == 200

    async def _is_over(self, playing: _Playing) -> bool:
        answer = await self._control.get(f"{self._own}/journal/{playing.number}")
        return answer.status_code == 200 and bool(answer.json()["complete"])

    async def _is_live_or_over(self, playing: _Playing) -> bool:
        return await self._stream(playing) is not None or await self._is_over(playing)

    async def _has_settled(self, playing: _Playing) -> bool:
        """It has ended, or is a stream that is live; a request that takes its time does so by the clock."""
        return playing.task.done() or await self._is_live_or_over(playing)

    async def _wait(self, holds: Any, seconds: float) -> None:
        """Wait in real time until something holds, or the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not await holds() and loop.time() < end:  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _ask(self, method: str, url: str, body: Any = None) -> Any:
        answer = await self._control.request(method, url, json=body)
        if answer.is_error:
            what = f"{method} {url} answered {answer.status_code}"
            raise ReplayError(f"The server cannot replay this: {what} with {answer.text[:300]}")
        return answer.json() if answer.content else None


def _compare_arrival(recorded: Exchange, replayed: Exchange, playing: _Playing) -> list[Difference]:
    """What came over the connection is what the server says that it sent; of a broken one, the beginning of it."""
    sent, came = replayed.response_body, mask_jwts_in_bytes(bytes(playing.received))
    right = (
        came[:KEPT_BYTES] == sent and len(came) == replayed.response_bytes
        if playing.whole
        else sent.startswith(came[:KEPT_BYTES])
    )
    if right:
        return []
    return [Difference(recorded.number, "bytes that came", str(replayed.response_bytes), str(len(came)))]


def _operation(operation_id: str) -> tuple[str, str]:
    """Method and path of an operation of the control plane.

    Raises:
        ReplayError: there is none.
    """
    paths: Mapping[str, Any] = load_control_contract()["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            if isinstance(operation, Mapping) and operation.get("operationId") == operation_id:
                return method.upper(), path
    raise ReplayError(f"The control plane has no operation {operation_id}: was the report made by another version?")
