"""The workspace is the sandbox: its clock, faults, journal, watch, live streams and pace belong to it alone.

Tests that call with tokens of their own workspaces so share one server and never see each other. The conversations of
a workspace are the store's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from mockserver.alarms import Alarm
from mockserver.clock import SandboxClock
from mockserver.faults.rules import Armory
from mockserver.journal.journal import Journal
from mockserver.journal.recorder import Recorder
from mockserver.journal.together import JournalsTogether
from mockserver.live import LiveStreams
from mockserver.pacing import SHORTEST_KEEP_ALIVE_S, Pace
from mockserver.parts import (
    BOOLEAN,
    COUNT,
    FARTHEST_S,
    TEXT,
    PartError,
    a_list,
    an_object,
    check_part,
    nullable,
    number,
)
from mockserver.verdict.watch import ClientWatch


@dataclass(frozen=True, slots=True)
class Configuration:
    """What can be changed while the server runs.

    Attributes:
        keep_alive_s: seconds between the comments of a stream; 0 sends none.
        hold_after: streams are held after so many events from their beginning on; None: they are not.
    """

    pace: Pace
    keep_alive_s: float
    hold_after: int | None = None

    def dump(self) -> dict[str, Any]:
        """As JSON, for a snapshot."""
        dumped = asdict(self)
        if math.isinf(self.pace.tokens_per_second):
            dumped["pace"]["tokens_per_second"] = None  # JSON has no infinity
        return dumped


_CONFIGURATION: Final = an_object(
    {
        "pace": an_object(
            {
                "first_token_s": number(0, 3600),
                "tokens_per_second": nullable(number(0.001, 1e6)),
                "jitter": number(0, 1),
            }
        ),
        "keep_alive_s": number(0, FARTHEST_S),
        "hold_after": nullable(COUNT),
    }
)


def parse_configuration(data: Mapping[str, Any]) -> Configuration:
    """What `Configuration.dump` gave.

    Raises:
        PartError: it is not that; names the field.
    """
    check_part(_CONFIGURATION, data)
    if 0 < data["keep_alive_s"] < SHORTEST_KEEP_ALIVE_S:
        raise PartError("keep_alive_s", f"expected {SHORTEST_KEEP_ALIVE_S} or more, or 0 for none")
    pace, hold_after = data["pace"], data["hold_after"]
    rate = math.inf if pace["tokens_per_second"] is None else float(pace["tokens_per_second"])
    return Configuration(
        Pace(float(pace["first_token_s"]), rate, float(pace["jitter"])),
        float(data["keep_alive_s"]),
        None if hold_after is None else int(hold_after),
    )


REVIVAL_S = 60.0
"""After so long a token is good again that a fault has killed and that would never expire by itself."""


@dataclass(frozen=True, slots=True)
class Death:
    """That of a token.

    Attributes:
        until_s: by the workspace's clock; None: for good.
        by_fault: a fault has killed it; else it was minted to die.
    """

    until_s: float | None = None
    by_fault: bool = False


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What was known of tokens when it was dumped; deaths come with the seconds that were left, None: for good."""

    uses: Mapping[str, int]
    dead: Mapping[str, tuple[float | None, bool]]
    callers: Mapping[str, str]


_DEAD: Final = an_object({"token": TEXT, "left": nullable(number(-FARTHEST_S, FARTHEST_S)), "byFault": BOOLEAN})
_LEDGER: Final = an_object(
    {
        "uses": {"type": "object", "additionalProperties": COUNT},
        "dead": a_list(_DEAD),
        "callers": {"type": "object", "additionalProperties": TEXT},
    }
)


def parse_tokens(data: Mapping[str, Any]) -> LedgerState:
    """What `TokenLedger.dump` gave.

    Raises:
        PartError: it is not that; names the field.
    """
    check_part(_LEDGER, data)
    dead: dict[str, tuple[float | None, bool]] = {}
    for place, item in enumerate(data["dead"]):
        if item["token"] in dead:
            raise PartError(f"dead[{place}].token", "another entry before it has the same")
        dead[item["token"]] = (None if item["left"] is None else float(item["left"]), item["byFault"])
    uses = {digest: int(count) for digest, count in data["uses"].items()}
    return LedgerState(uses, dead, dict(data["callers"]))


@dataclass
class TokenLedger:
    """What became of the tokens of a workspace: how often those were used that die of it, and which are dead.

    Attributes:
        callers: whose they are, so far as that is known.
    """

    uses: dict[str, int] = field(default_factory=dict)
    dead: dict[str, Death] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)

    def use(self, digest: str, dies_after_calls: int | None, now: float, caller: str) -> bool:
        """Count a use; False if the token is dead, or dies of this use."""
        if dies_after_calls is not None:
            self.callers[digest] = caller
            self.uses[digest] = self.uses.get(digest, 0) + 1
            if self.uses[digest] > dies_after_calls:
                self.dead.setdefault(digest, Death())
        self._expire(digest, now)
        return digest not in self.dead

    def kill(self, digest: str, death: Death, caller: str | None) -> None:
        """Refuse it from now on."""
        self.dead[digest] = death
        if caller is not None:
            self.callers[digest] = caller

    def known(self, now: float) -> list[str]:
        """The tokens that are dead by now, or whose uses are counted; by their digests."""
        for digest in list(self.dead):
            self._expire(digest, now)
        return sorted(self.uses.keys() | self.dead.keys())

    def revive(self, digest: str) -> None:
        """It is good again, and its uses count from 0."""
        for kept in (self.uses, self.dead, self.callers):
            kept.pop(digest, None)

    def revive_killed(self) -> None:
        """Those that faults have killed are good again."""
        for digest in [digest for digest, death in self.dead.items() if death.by_fault]:
            del self.dead[digest]

    def dump(self, now: float) -> dict[str, Any]:
        """As JSON, for a snapshot: digests, which say nothing of the tokens; times as seconds from now."""
        dead = [
            {"token": digest, "left": None if death.until_s is None else death.until_s - now, "byFault": death.by_fault}
            for digest, death in sorted(self.dead.items())
        ]
        return {"uses": dict(self.uses), "dead": dead, "callers": dict(self.callers)}

    def restore(self, state: LedgerState, now: float) -> None:
        """Go on from a snapshot."""
        self.uses, self.callers = dict(state.uses), dict(state.callers)
        self.dead = {
            digest: Death(None if left is None else now + left, by_fault)
            for digest, (left, by_fault) in state.dead.items()
        }

    def _expire(self, digest: str, now: float) -> None:
        death = self.dead.get(digest)
        if death is not None and death.until_s is not None and death.until_s <= now:
            del self.dead[digest]


@dataclass(frozen=True, slots=True)
class SandboxParts:
    """What a new sandbox is made with; each function makes a fresh part for the workspace of that name."""

    clock: Callable[[], SandboxClock]
    armory: Callable[[str], Armory]
    journal: Callable[[], Journal]
    watch: Callable[[], ClientWatch]
    configuration: Configuration


class Sandbox:
    """What belongs to one workspace beside its conversations."""

    def __init__(self, name: str, parts: SandboxParts) -> None:
        self.name = name
        self._parts = parts
        self.clock = parts.clock()
        self.journal = parts.journal()
        self.recorder = Recorder()
        self.streams = LiveStreams()
        self.armory = parts.armory(name)
        self.watch = parts.watch()
        self.tokens = TokenLedger()
        self.configuration = parts.configuration
        self.calls = 0
        self.waiting: set[Alarm] = set()
        """Those who were told to wait before anything is done for them."""

    def reset(self) -> None:
        """As fresh. The clock is the same one, for others may be waiting on it."""
        self.clock.reset()
        self.journal.forget()
        self.recorder.restart()
        self.armory = self._parts.armory(self.name)
        self.watch = self._parts.watch()
        self.tokens = TokenLedger()
        self.configuration = self._parts.configuration
        self.calls = 0
        self.end_waiting()

    def end_waiting(self) -> None:
        """What waits is of a state that is no more: nothing is done for it, and its connection is closed."""
        for alarm in self.waiting:
            alarm.ring()

    def restore_configuration(self) -> None:
        """As the server was started with."""
        self.configuration = self._parts.configuration

    def configure(self, **changes: Any) -> None:
        """Change parts of the configuration; streams that are live go on as they began."""
        self.configuration = replace(self.configuration, **changes)

    def record(self) -> None:
        """Begin to record what a bug report needs, unless that has begun."""
        if not self.recorder.begun:
            journal, live = self.journal, len(self.streams)
            self.recorder.begin(order=journal.next_order(), dropped=journal.dropped, streams=live)

    def next_call(self) -> int:
        """The number of the call that comes now."""
        self.calls += 1
        return self.calls


class Sandboxes:
    """All sandboxes of a server, made when they are first asked for."""

    def __init__(self, parts: SandboxParts, prepare: Callable[[Sandbox], None] = lambda _: None) -> None:
        self._parts = parts
        self._prepare = prepare
        self._followers: list[Callable[[Sandbox], None]] = []
        self._by_name: dict[str, Sandbox] = {}
        self._journals = JournalsTogether()

    def __iter__(self) -> Iterator[Sandbox]:
        """In the order they were first used."""
        return iter(list(self._by_name.values()))

    def __contains__(self, name: str) -> bool:
        """Whether somebody has used that workspace."""
        return name in self._by_name

    def of(self, name: str) -> Sandbox:
        """The sandbox of a workspace."""
        sandbox = self._by_name.get(name)
        if sandbox is None:
            sandbox = self._by_name[name] = Sandbox(name, self._parts)
            self._journals.add(sandbox.journal)
            self._prepare(sandbox)
            for show in self._followers:
                show(sandbox)
        return sandbox

    def passing(self, name: str) -> Sandbox:
        """The sandbox for a call that is refused: that of the workspace, or if there is none, one that is not kept."""
        if name in self._by_name:
            return self._by_name[name]
        sandbox = Sandbox(name, self._parts)
        self._prepare(sandbox)
        return sandbox

    def follow(self, show: Callable[[Sandbox], None]) -> None:
        """Show all sandboxes to someone: those that are there, and from now on each new one."""
        self._followers.append(show)
        for sandbox in self:
            show(sandbox)

    def reset(self, name: str) -> Sandbox:
        """A workspace as fresh as it was when it was first used."""
        sandbox = self.of(name)
        sandbox.reset()
        self._prepare(sandbox)
        return sandbox

    def remove(self, name: str) -> None:
        """Forget a workspace; it is made anew when somebody uses it."""
        sandbox = self._by_name.pop(name, None)
        if sandbox:
            sandbox.end_waiting()
            self._journals.remove(sandbox.journal)
