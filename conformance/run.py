"""One run against one backend: its settings, its callers, and what all of its tests share.

A process has one at a time; under xdist each worker has its own, and they share a ledger.
"""

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeVar

from conformance import doubts, events, judging, known_failures, schema_answers, sse
from conformance.client import Client, Conduct, new_message
from conformance.early import taken_over
from conformance.exchange import Exchange
from conformance.hooks import Caller, asked
from conformance.ledger import Ledger
from conformance.options import Settings
from conformance.outcome import Judgement
from conformance.redaction import STAND_INS, Redactor, Secret
from conformance.settings import UsageError
from conformance.smoke import Calibration, smoke
from conformance.tokens import CommandToken, FixedToken, TokenSource, read_token
from conformance.verdict import Unverified

if TYPE_CHECKING:
    import pytest

T = TypeVar("T")

SHORT_PROMPT = "Reply with OK."
LONG_PROMPT = "Count from 1 to {lines}, one number per line, without leaving any out."

_FREE_REPLY_S = 1.0
"""What takes longer than this to say OK is a model that somebody pays for."""

_REMEDIES: dict[Caller, str] = {
    "caller": "--api-token",
    "second": "--api-second-token",
    "foreign": "--api-foreign-token",
    "expired": "--api-expired-token",
}


@dataclass
class _Current:
    run: "Run | None" = None


_current = _Current()


def current() -> "Run":
    """The run of this process.

    Raises:
        RuntimeError: there is none, which is a slip of the kit.
    """
    if _current.run is None:
        raise RuntimeError("there is no run")
    return _current.run


def kit_version() -> str:
    """The version of the kit that is installed; "unknown" where it is not installed."""
    try:
        return version("conversations-mock")
    except PackageNotFoundError:
        return "unknown"


class Run:
    """The callers and givens of one run. `hooks` is pytest's hook relay, or anything with the same methods."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        run_id: str,
        hooks: Any,
        *,
        spends: bool = True,
        began: float | None = None,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.id = run_id
        self.hooks = hooks
        self.spends = spends  # whether any test of the run needs a reply
        self.began = time.monotonic() if began is None else began
        self._spent_before = 0
        self._test_began = self.began
        self._reads_events_otherwise = False
        self._calibration: Calibration | None = None
        self.redactor = Redactor()
        for caller, token in self._given_tokens().items():
            if token:
                self.redactor.hide(token, STAND_INS[caller])
        ledger.redact = self.redactor
        self.known = known_failures.load(settings.known_failures) if settings.known_failures else {}
        self.exchanges: list[Exchange] = []
        self._clients: dict[Caller, Client] = {}
        self.conduct = Conduct(
            request_timeout_s=settings.request_timeout_s,
            reply_timeout_s=settings.reply_timeout_s,
            max_rps=settings.max_rps,
            headers=settings.header,
            user_agent=f"conversations-conformance/{kit_version()} (run {run_id})",
            read_event=self.read_event,
        )
        _current.run = self

    def close(self) -> None:
        """Close the connections and the ledger."""
        for client in self._clients.values():
            client.close()
        self.ledger.close()
        if _current.run is self:
            _current.run = None

    def aside(self) -> "Run":
        """The same run for what goes on beside its tests: what it sends and spends is recorded apart. To be closed."""
        other = copy.copy(self)
        other.ledger, other.exchanges, other._clients = self.ledger.another(), [], {}
        return other

    def seen(self, name: str, play: Callable[[], T]) -> T:
        """What comes of a scene, which is played once for all workers, maybe before any test has asked for it."""
        try:
            return self.ledger.once(name, play)
        finally:
            exchanges, replies = taken_over(self, name)
            self.exchanges += exchanges
            self._spent_before -= replies

    def client(self, caller: Caller = "caller") -> Client:
        """The client of a caller.

        Raises:
            Unverified: there is no token for this caller.
        """
        if caller not in self._clients:
            workspace = self.settings.workspace_id
            if caller == "foreign" and self.settings.foreign_workspace_id:
                workspace = self.settings.foreign_workspace_id
            self._clients[caller] = Client(
                self.settings.base_url,
                token=self._token(caller),
                workspace_id=workspace,
                conduct=self.conduct,
                ledger=self.ledger,
                redactor=self.redactor,
                stand_in=STAND_INS[caller],
                exchanges=self.exchanges,
            )
        self._check_let_in(caller)
        return self._clients[caller]

    def _check_let_in(self, caller: Caller) -> None:
        """See that the token of a colleague or a stranger is one: what is refused them must not be put down to others.

        The caller's own was seen by the smoke pass, and an expired one is meant to be refused.
        """
        at_home = caller == "second" or (caller == "foreign" and self.settings.foreign_workspace_id)
        if not at_home:
            return
        api = self._clients[caller]
        status = self.ledger.once(f"caller {caller}", lambda: api.list_conversations(size=1).status)
        if status in (401, 403, 404):
            where = f"in workspace {api.workspace_id!r} ({status})"
            raise Unverified(f"the token of {_REMEDIES[caller]} is not taken {where}: give one that is")

    def _given_tokens(self) -> dict[Caller, Secret | None]:
        return {
            "caller": self.settings.api_token,
            "second": self.settings.api_second_token,
            "foreign": self.settings.api_foreign_token,
            "expired": self.settings.api_expired_token,
        }

    def _token(self, caller: Caller) -> TokenSource:
        if caller == "caller" and self.settings.api_token_command:
            return CommandToken(self.settings.api_token_command)
        if given := self._given_tokens()[caller]:
            return FixedToken(given)
        name = "pytest_conformance_token"
        token: str | None = asked(self.hooks, name, str, caller=caller)
        if not token:
            raise Unverified(f"give {_REMEDIES[caller]}", remedy=_REMEDIES[caller])
        try:
            return FixedToken(read_token(token))
        except ValueError as problem:
            raise UsageError(f"The hook {name}, asked for {caller!r}: {problem}") from None

    def check_token(self) -> None:
        """See whether there is a token to call with.

        Raises:
            Unverified: none was given.
            TokenError: the command that prints it fails.
        """
        _ = self.client().token

    def ready(self) -> Calibration:
        """Play the smoke pass, once for all workers.

        Raises:
            NothingToJudge: there is no implementation of this API.
        """
        if self._calibration is None:
            message = self.message() if self.spends else None
            self._calibration = self.ledger.once("smoke", lambda: smoke(self.client(), self.settings, message))
        return self._calibration

    @property
    def calibration(self) -> Calibration:
        """What the smoke pass measured."""
        return self.ready()

    def read_event(self, event: sse.Event) -> events.StreamEvent:
        """As the backend's conftest reads it, or as the contract has it."""
        own: events.StreamEvent | None = asked(
            self.hooks, "pytest_conformance_read_event", events.StreamEvent, event=event
        )
        self._reads_events_otherwise = self._reads_events_otherwise or own is not None
        return own or events.read_event(event)

    def long_prompt(self, lines: int) -> str:
        """A text that asks for a long reply."""
        own: str | None = asked(self.hooks, "pytest_conformance_long_prompt", str, lines=lines)
        return own or LONG_PROMPT.format(lines=lines)

    def message(self, text: str = SHORT_PROMPT) -> dict[str, Any]:
        """A new message, marked as one of this run."""
        return new_message(f"{text} (conformance run {self.id})")

    def check_answer(self, exchange: Exchange) -> list[schema_answers.Finding]:
        """What the contract's schemas say of an answer; of events only where they are shaped as the contract's."""
        findings = schema_answers.check_answer(exchange)
        if exchange.events and not self._reads_events_otherwise:
            arrived = [sse.Event(name, data) for _, name, data in exchange.events]
            findings += schema_answers.check_stream_events(arrived, exchange)
        return findings

    def make_conversation(self, body: dict[str, Any] | None = None) -> str:
        """The id of a new conversation, for tests that need one as given.

        Raises:
            Violation: CRE-1, when none is made.
        """
        from conformance.expect import expect_conversation

        api = self.client()
        own: str | None = None
        if not body:
            own = asked(self.hooks, "pytest_conformance_create_conversation", str, api=api)
        return own or str(expect_conversation("CRE-1", api.create_conversation(body or {}))["id"])

    def failing_prompt(self) -> str:
        """A text at which generation fails.

        Raises:
            Unverified: nobody has named one.
        """
        own: str | None = asked(self.hooks, "pytest_conformance_failing_prompt", str)
        prompt = own or self.calibration.failing_prompt
        if not prompt:
            raise Unverified(
                "nobody has said how generation can be made to fail (the hook pytest_conformance_failing_prompt)"
            )
        return prompt

    @property
    def pays(self) -> bool:
        """Whether replies cost something: there is a budget of them, or each takes its time."""
        return self.settings.llm_budget is not None or (self.calibration.reply_s or 0) > _FREE_REPLY_S

    @property
    def closes_within_s(self) -> float:
        """How soon a cancelled stream has to be closed: a backend may notice it only with the model's next piece."""
        return min(max(5.0, 2 * (self.calibration.reply_s or 0)), 30.0)

    def measured(self) -> dict[str, float]:
        """What the smoke pass measured, for the report; nothing where there was none."""
        if not self.ledger.was_played("smoke"):
            return {}
        try:
            calibration = self.calibration
        except Exception:  # what went wrong there has been told by every test
            return {}
        return {"call_s": round(calibration.call_s, 4)} | (
            {"reply_s": round(calibration.reply_s, 4)} if calibration.reply_s is not None else {}
        )

    def begin_test(self) -> None:
        """From here on, what is sent and spent is the next test's."""
        self.exchanges.clear()
        self._spent_before = self.ledger.spent_here
        self._test_began = time.monotonic()

    @property
    def replies_of_test(self) -> int:
        """What was spent in the test that runs; with what its scenes have spent early."""
        return self.ledger.spent_here - self._spent_before

    def judge_test(
        self, item: "pytest.Item", own: tuple[str, ...], problem: BaseException | None, note: str
    ) -> list[Judgement]:
        """What a test says of its own clauses, and what was seen in passing."""
        said: dict[str, Any] = {
            "test": f"{item.path.name}::{item.name}",
            "gate": self.settings.gate,
            "known": self.known,
            "began": self.began,
        }
        given: Mapping[str, Any] = getattr(item, "funcargs", {})
        looked_at = [exchange for value in given.values() for exchange in exchanges_in(value)]
        # A scene's exchanges are copies of those of the client where this process has played it.
        exchanges = list(
            {(exchange.started, exchange.url): exchange for exchange in [*self.exchanges, *looked_at]}.values()
        )
        exchanges.sort(key=lambda exchange: exchange.started)
        problem = doubts.without_doubt(problem, self)
        judgements = [
            judgement.redacted(self.redactor)
            for judgement in judging.judge(own, problem, exchanges=exchanges, note=note, **said)
        ]
        passing = judging.judge_in_passing(self.exchanges, self.check_answer, **said)
        first, *rest = judgements
        first = replace(first, replies=self.replies_of_test, duration_s=round(time.monotonic() - self._test_began, 4))
        also = [found for found in passing if found.clause not in own or problem is None]
        return [
            first,
            # A cause counts also where it was not asked for: it is why the test's own clause could not be judged.
            *(found for found in rest if found.clause not in self.settings.skip_clause),
            *(found for found in also if found.clause in self.settings.chosen - set(self.settings.skip_clause)),
        ]


def exchanges_in(value: Any) -> Iterator[Exchange]:
    """Every exchange that a scene holds, in the order of its fields."""
    if isinstance(value, Exchange):
        yield value
        return
    for name in _parts(type(value)):  # type: ignore[arg-type]  # mypy looks at the hash of its instances
        yield from exchanges_in(getattr(value, name))
    if isinstance(value, list | tuple):
        for element in value:
            yield from exchanges_in(element)


@cache
def _parts(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass; none of anything else."""
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()
