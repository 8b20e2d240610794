"""Two test runs in two workspaces of one server, side by side, never see each other.

A run is a long random sequence of all that can be done to a workspace. It writes down all that it is told, and this has
to be the same, byte for byte, when it is played alone on a fresh server and when another run goes on beside it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import httpx
import pytest

from mockserver import Settings, create_app
from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle
from mockserver.server import BackgroundServer

from .given import make_message

ACTIONS = 150
RUNS = {"red": 11, "blue": 12}
"""The runs by their workspaces, with the seeds of their sequences."""

_SETTINGS = Settings(port=0, first_token_ms=5, tokens_per_second=1500, check_answers=True)
_TOLD_HEADERS = ("allow", "content-type", "location", "mock-exchange", "mock-fault", "mock-seed", "retry-after")
_BY_REAL_TIME = {"at", "atS", "tookMs", "tookS", "firstByteS"}
_CODES = {
    "id-reused-across-conversations",
    "id-reused-with-other-text",
    "incomplete-taken-as-complete",
    "token-invalid",
    "unknown-field",
    "wrong-workspace",
}
"""Findings for which it makes no difference how much time has passed between two calls."""

_LONG_S = 600.0
"""More than any stream takes."""

_RULES: list[dict[str, Any]] = [
    {"kind": "status", "code": 503, "retry_after": 3, "where": {"operation": "listConversations"}, "rate": 0.5},
    {"kind": "status", "code": 500, "where": {"operation": "sendMessage"}, "rate": 0.3},
    {"kind": "truncate", "after": 2, "rate": 0.5},
    {"kind": "end-early", "after": 4},
    {"kind": "error", "after": 3, "rate": 0.5},
    {"kind": "wrong-id"},
    {"kind": "missing-final"},
    {"kind": "duplicate-delta", "after": 1},
    {"kind": "swap-deltas", "after": 1},
    {"kind": "crlf", "rate": 0.5},
    {"kind": "torture", "rate": 0.5},
    {"kind": "html-error", "where": {"nth": 3}},
    {"kind": "reset-before-headers"},
    {"kind": "empty-reply", "where": {"operation": "listMessages"}},
]
_SCENARIOS = ["gateway-errors", "failing-model", "lossy-ending", "wire-torture"]


@dataclass
class State:
    """What a run knows of its workspace."""

    conversations: list[tuple[str, str]] = field(default_factory=list)
    """Each with its caller."""
    messages: int = 0
    frozen: bool = False


class Run:
    """One test run.

    Attributes:
        told: all that the server told, a line each.
    """

    def __init__(self, url: str, name: str, seed: int) -> None:
        self.told: list[str] = []
        self._name = name
        self._random = random.Random(seed)
        self._control = ControlClient(url)
        self._workspace: WorkspaceHandle = self._control.workspace(name)
        self._base = url + "/api/v1/workspaces"
        # Each call has a connection of its own: one that is kept may just be closed by a fault.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=self._workspace.url, timeout=20, trust_env=False, limits=limits)
        self._callers = [f"alice-{name}", f"bob-{name}"]
        self._state = State()
        self._saved: dict[str, State] = {}
        self._numbers: list[int] = []
        """Of the exchanges that the journal should have."""
        self._next_number = 1
        self._armed: set[str] = set()

    def play(self, actions: int) -> list[str]:
        """Play the sequence; what was told."""
        menu: list[tuple[Callable[[], None], int]] = [
            (self._create, 5),
            (self._patch, 4),
            (self._list, 6),
            (self._read, 5),
            (self._send, 6),
            (self._refused, 3),
            (self._stream, 8),
            (self._held_stream, 12),
            (self._stalled_stream, 3),
            (self._arm, 8),
            (self._disarm, 3),
            (self._scenario, 3),
            (self._quota, 2),
            (self._freeze, 2),
            (self._run_clock, 4),
            (self._advance, 3),
            (self._pace, 3),
            (self._dying_token, 3),
            (self._save, 3),
            (self._load, 3),
            (self._clear_journal, 2),
            (self._reset, 2),
        ]
        choices, weights = zip(*menu, strict=True)
        try:
            self._create()
            for action in self._random.choices(choices, weights, k=actions):
                self._note("do", action.__name__)
                if not self._state.conversations:
                    self._create()
                action()
                self._look()
            self._workspace.disarm()
            self._note("journal", [_timeless(self._workspace.exchange(number)) for number in self._numbers])
            for conversation, _ in self._state.conversations:
                self._note("conversation", self._workspace.conversation(conversation))
        finally:
            self._http.close()
            self._control.close()
        return self.told

    def _note(self, what: str, value: Any) -> None:
        self.told.append(f"{what}: {json.dumps(value, sort_keys=True)}")

    def _look(self) -> None:
        """All of the workspace is this run's own, and nothing is missing."""
        assert self._live() == []
        entries = self._settled()
        assert [entry["number"] for entry in entries] == self._numbers[::-1]
        own = f"/api/v1/workspaces/{self._name}/"
        assert all(entry["path"].startswith(own) or entry["credential"] == "forbidden" for entry in entries)
        assert {entry["caller"] for entry in entries} <= {*self._callers, None}
        self._note("journal", [_timeless(entry) for entry in entries[:5]])
        owned = self._control.all_pages(f"/workspaces/{self._name}/conversations")
        assert sorted((each["id"], each["caller"]) for each in owned) == sorted(self._state.conversations)
        verdict = self._workspace.verdict()
        assert {finding["caller"] for finding in verdict.findings} <= {*self._callers, None}
        assert all(number < self._next_number for f in verdict.findings for number in f["exchanges"])
        told = [(f["caller"] or "", f["code"], f["count"]) for f in verdict.findings if f["code"] in _CODES]
        self._note("verdict", sorted(told))
        self._note("coverage", verdict.coverage)
        self._note("armed", [{**rule, "secondsLeft": None} for rule in self._workspace.armed()])

    def _live(self) -> list[Any]:
        """The live streams, as soon as none is left that is ending."""
        give_up = time.monotonic() + 10
        while (streams := self._workspace.streams()) and time.monotonic() < give_up:
            pass
        return streams

    def _settled(self) -> list[dict[str, Any]]:
        """The journal, as soon as all in it is complete."""
        give_up = time.monotonic() + 10
        while not all(entry["complete"] for entry in self._workspace.journal()) and time.monotonic() < give_up:
            pass
        return self._workspace.journal()

    def _headers(self, caller: str, prefer: str | None = None) -> dict[str, str]:
        headers = {"Authorization": caller if " " in caller else f"Bearer {caller}@{self._name}"}
        return headers | ({"Prefer": prefer} if prefer else {})

    def _begin(self) -> None:
        self._numbers.append(self._next_number)
        self._next_number += 1

    def _call(
        self, method: str, path: str, body: Any = None, *, caller: str, prefer: str | None = None
    ) -> httpx.Response | None:
        """A call of the API; None where the connection broke."""
        self._begin()
        answer = None
        with suppress(httpx.TransportError):
            answer = self._http.request(method, path, json=body, headers=self._headers(caller, prefer))
        self._tell(answer, answer.text if answer else "")
        return answer

    def _tell(self, answer: httpx.Response | None, text: str) -> None:
        if answer is None:
            self._note("answer", "broken")
            return
        assert answer.headers["mock-exchange"] == str(self._next_number - 1)
        self._note("answer", [answer.status_code, {name: answer.headers.get(name) for name in _TOLD_HEADERS}, text])

    def _caller(self) -> str:
        return self._random.choice(self._callers)

    def _pick(self) -> tuple[str, str]:
        return self._random.choice(self._state.conversations)

    def _message(self) -> dict[str, str]:
        """A new one, or now and then an old one again."""
        if self._random.random() > 0.2 or not self._state.messages:
            self._state.messages += 1
        text = self._random.choice(["Hello", "Tell me a story", "!reply short", "Make me a list", "What is a cat?"])
        return make_message(f"m-{self._random.randint(max(1, self._state.messages - 2), self._state.messages)}", text)

    def _create(self) -> None:
        caller = self._caller()
        body = self._random.choice([{}, {"personality": "a pirate"}, {"temperature": "hot"}])
        answer = self._call("POST", "/conversations", body, caller=caller)
        if answer and answer.status_code == 201:
            self._state.conversations.append((answer.json()["id"], caller))

    def _patch(self) -> None:
        conversation, caller = self._pick()
        body = self._random.choice([{"personality": None}, {"personality": "a bard"}, {"brandVoiceId": "x"}])
        self._call("PATCH", f"/conversations/{conversation}", body, caller=caller)

    def _list(self) -> None:
        caller = self._caller()
        answer = self._call("GET", "/conversations?size=100", caller=caller)
        if answer and answer.status_code == 200:
            own = [conversation for conversation, owner in self._state.conversations if owner == caller]
            assert sorted(each["id"] for each in answer.json()["data"]) == sorted(own)

    def _read(self) -> None:
        conversation, caller = self._pick()
        self._call("GET", f"/conversations/{conversation}/messages?size=100", caller=caller)

    def _send(self) -> None:
        conversation, caller = self._pick()
        prefer = None if self._state.frozen else self._random.choice([None, "delay=5", "code=429"])
        path = f"/conversations/{conversation}/messages"
        self._answered(lambda: self._call("POST", path, self._message(), caller=caller, prefer=prefer))

    def _answered(self, call: Callable[[], object]) -> None:
        """A call that takes its time, also where the clock stands."""
        if not self._state.frozen:
            call()
            return
        self._workspace.configure(speed="instant")
        call()
        self._workspace.configure(speed="model", first_token_ms=5, tokens_per_second=1500)

    def _refused(self) -> None:
        """What belongs to the other workspace is not to be had, and the attempt is this one's; nor without a token."""
        conversation, caller = self._pick()
        other = next(name for name in RUNS if name != self._name)
        for path, who in (("conversations", caller), (f"conversations/{conversation}/messages", "Bearer nonsense")):
            workspace = other if who == caller else self._name
            answer = self._call("GET", f"{self._base}/{workspace}/{path}", caller=who)
            assert answer is None or answer.status_code >= 400

    def _stream(self) -> None:
        """To its end."""
        self._open(None, lambda _: None)

    def _held_stream(self) -> None:
        """Held after some events, then ended in one of many ways."""
        endings: list[Callable[[tuple[str, str]], object]] = [
            self._cancel,
            self._cancel,
            lambda _: "hang up",
            lambda _: "hang up",
            lambda _: self._stream_now().kill(self._random.choice(["truncate", "end"])),
            lambda _: self._stream_now().release(),
            lambda _: self._stream_now().step(2),
            self._send_meanwhile,
            lambda _: self._reset(),
            lambda _: self._load(),
        ]
        self._open(self._random.randint(0, 4), self._random.choice(endings))

    def _stalled_stream(self) -> None:
        """One that would stand for ever."""
        self._open(None, self._cancel, prefer="fault=stall; after=1")

    def _stream_now(self) -> Any:
        return self._workspace.wait_for_stream()

    def _cancel(self, chosen: tuple[str, str]) -> None:
        conversation, caller = chosen
        self._call("DELETE", f"/conversations/{conversation}/message-streams", caller=caller)

    def _send_meanwhile(self, chosen: tuple[str, str]) -> None:
        conversation, caller = chosen
        message = make_message("m-other", "Hello?")
        self._call("POST", f"/conversations/{conversation}/messages", message, caller=caller)

    def _open(
        self, hold_after: int | None, meanwhile: Callable[[tuple[str, str]], object], prefer: str | None = None
    ) -> None:
        """A stream, and what happens while it is held, or stands."""
        chosen = self._pick()
        conversation, caller = chosen
        path, headers = f"/conversations/{conversation}/message-streams", self._headers(caller, prefer)
        if hold_after is not None:
            self._workspace.configure(hold_after=hold_after)
        request = self._http.build_request("POST", path, json=self._message(), headers=headers)
        self._begin()
        try:
            answer = self._http.send(request, stream=True)
        except httpx.TransportError:
            self._tell(None, "")
            self._workspace.configure(hold_after=None)
            return
        if self._state.frozen:
            self._workspace.advance(_LONG_S)
        number = self._next_number - 1
        facts = self._wait_until_it_stands(hold_after, stalls=prefer is not None)
        self._note("stream", facts)
        done = None
        if facts:
            assert (facts["conversation"], facts["exchange"], facts["caller"]) == (conversation, number, caller)
            done = meanwhile(chosen)
        text = "hung up"
        if done == "hang up":
            answer.close()
            assert self._live() == []
        self._workspace.configure(hold_after=None)
        for live in self._workspace.streams():
            with suppress(ControlFailed):  # it may have ended just now
                live.release()
        if self._state.frozen:
            self._workspace.advance(_LONG_S)
        if done != "hang up":
            text = b"".join(self._pieces(answer)).decode()
            answer.close()
        self._note("streamed", [answer.status_code, {name: answer.headers.get(name) for name in _TOLD_HEADERS}, text])
        assert self._live() == []

    def _pieces(self, answer: httpx.Response) -> list[bytes]:
        pieces = []
        try:
            for piece in answer.iter_raw():
                pieces.append(piece)
        except httpx.TransportError:
            pieces.append(b"(broken)")
        return pieces

    def _wait_until_it_stands(self, hold_after: int | None, *, stalls: bool) -> dict[str, Any] | None:
        """The facts of the one live stream once it is held, or stalls; None if it ends by itself."""
        if hold_after is None and not stalls:
            return None
        give_up = time.monotonic() + 10
        while streams := self._workspace.streams():
            (live,) = streams
            if live.facts["sent"] >= (1 if hold_after is None else hold_after):
                return {key: value for key, value in live.facts.items() if key not in {"openedAt", "openedAtS"}}
            assert time.monotonic() < give_up, live.facts
        return None

    def _arm(self) -> None:
        rule = deepcopy(self._random.choice(_RULES))
        self._note("arm", self._workspace.arm(rule.pop("kind"), times=self._random.choice([1, 2, 5]), **rule))

    def _disarm(self) -> None:
        armed = self._workspace.armed()
        self._workspace.disarm(self._random.choice(armed)["id"] if armed else None)

    def _scenario(self) -> None:
        name = self._random.choice(_SCENARIOS)
        self._workspace.scenario(name)
        for _ in range(3):
            self._list()
        self._stream()
        self._workspace.stop_scenario(name)

    def _quota(self) -> None:
        """By a clock that stands, so that what is left does not depend on how fast this machine is."""
        self._freeze()
        self._workspace.arm("quota", limit=3, per_s=30)
        for _ in range(5):
            self._list()
        self._workspace.advance(10)
        self._list()

    def _freeze(self) -> None:
        self._workspace.freeze()
        self._state.frozen = True

    def _run_clock(self) -> None:
        self._workspace.disarm()
        self._workspace.run(self._random.choice([1, 3, 50]))
        self._state.frozen = False

    def _advance(self) -> None:
        self._workspace.advance(self._random.choice([0.5, 60, 86400]))

    def _pace(self) -> None:
        self._workspace.configure(
            tokens_per_second=self._random.choice([500, 1000, 5000]), jitter=self._random.choice([0, 0.5, 1])
        )

    def _dying_token(self) -> None:
        token = f"Bearer {self._workspace.token(self._callers[0], dies_after_calls=2)}"
        for _ in range(4):
            self._call("GET", "/conversations?size=1", caller=token)

    def _save(self) -> None:
        name = self._random.choice(["before", "after"])
        self._workspace.snapshot(name)
        self._saved[name] = deepcopy(self._state)

    def _load(self) -> None:
        if self._saved:
            name = self._random.choice(sorted(self._saved))
            self._workspace.load(name)
            self._state = deepcopy(self._saved[name])

    def _clear_journal(self) -> None:
        self._settled()
        self._control.call("DELETE", f"/workspaces/{self._name}/journal")
        self._numbers = []

    def _reset(self) -> None:
        self._workspace.reset()
        self._state = State()
        self._numbers, self._next_number = [], 1


def _timeless(entry: dict[str, Any]) -> dict[str, Any]:
    """An exchange without what the real time has made of it, and without what this client says of itself."""
    told = {key: value for key, value in entry.items() if key not in _BY_REAL_TIME}
    if "request" in told:
        told["request"] = {key: value for key, value in told["request"].items() if key != "headers"}
        told["events"] = [{**event, "atS": None} for event in told["events"]]
    return told


def _play_alone(name: str, seed: int) -> list[str]:
    with BackgroundServer(create_app(_SETTINGS)) as server:
        return Run(server.url, name, seed).play(ACTIONS)


@pytest.fixture(scope="module")
def alone() -> dict[str, list[str]]:
    """What each run is told when it is alone."""
    return {name: _play_alone(name, seed) for name, seed in RUNS.items()}


@pytest.mark.whole
def test_runs_side_by_side_are_told_what_they_are_told_alone(alone: dict[str, list[str]]) -> None:
    """To the byte: ids, texts, timestamps, refusals, faults, journal, findings."""
    with BackgroundServer(create_app(_SETTINGS)) as server, ThreadPoolExecutor(len(RUNS)) as pool:
        runs = {name: pool.submit(Run(server.url, name, seed).play, ACTIONS) for name, seed in RUNS.items()}
        beside = {name: run.result() for name, run in runs.items()}
    for name in RUNS:
        pairs = enumerate(zip_longest(alone[name], beside[name]))
        differences = [(place, *pair) for place, pair in pairs if pair[0] != pair[1]]
        assert not differences, (
            f"{name}, after {alone[name][differences[0][0] - 3 : differences[0][0]]}: {differences[0]}"
        )
        assert sum(line.startswith("do: ") for line in beside[name]) == ACTIONS
