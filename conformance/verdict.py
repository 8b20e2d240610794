"""How a test of the kit ends when it does not pass. No pytest here: the plugin turns these into outcomes.

AssertionError
└── Violation     the backend broke a clause
Exception
├── Unverified    what the clause needs was not given or could not be set up
│   ├── Unaffordable  the budget of replies is spent
│   └── NoAnswer      the backend did not answer, so nothing can be judged by that call
└── NothingToJudge    the smoke pass found no implementation of this API: no test can say anything
"""

from typing import Any

from conformance import contract
from conformance.exchange import Exchange


class Violation(AssertionError):
    """The backend broke a clause. The text leads with the clause and ends with how to see it again.

    Raises:
        KeyError: the contract has no clause `clause_id`, which is a slip of the kit.
    """

    def __init__(self, clause_id: str, *exchanges: Exchange, expected: str, observed: str) -> None:
        self.clause = contract.clauses()[clause_id]
        self.expected = expected
        self.observed = observed
        self.exchanges = exchanges
        super().__init__(clause_id)

    def __str__(self) -> str:
        lines = [
            f"{self.clause.id} ({self.clause.level})  {self.clause.text}",
            f"  expected  {self.expected}",
            f"  observed  {self.observed}",
            *(f"  exchange  {exchange}" for exchange in self.exchanges),
            *(f"  repeat    {exchange.curl}" for exchange in self.exchanges),
        ]
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        """Scenes cross from worker to worker, and so does how they failed."""
        return _violation, (self.clause.id, self.exchanges, self.expected, self.observed)


def _violation(clause_id: str, exchanges: tuple[Exchange, ...], expected: str, observed: str) -> Violation:
    return Violation(clause_id, *exchanges, expected=expected, observed=observed)


class Unverified(Exception):
    """What the clause needs was not given or could not be set up. Its text is the reason.

    `remedy` is the option that would have helped, such as `--api-second-token`.
    """

    def __init__(self, reason: str, *, remedy: str | None = None) -> None:
        self.remedy = remedy
        super().__init__(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        """See `Violation`."""
        return _unverified, (type(self), self.args[0], self.remedy)


def _unverified(kind: type[Unverified], reason: str, remedy: str | None) -> Unverified:
    made = kind.__new__(kind, reason)
    Unverified.__init__(made, reason, remedy=remedy)
    return made


class Unaffordable(Unverified):
    """The budget of replies is spent."""

    def __init__(self, budget: int) -> None:
        super().__init__(f"the budget of {budget} replies is spent", remedy="a larger --llm-budget")


class NoAnswer(Unverified):
    """The backend did not answer: no connection, a connection that broke, or silence beyond the time allowed."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        super().__init__(f"no answer: {exchange}")

    def __reduce__(self) -> tuple[Any, ...]:
        """See `Violation`."""
        return NoAnswer, (self.exchange,)


class NothingToJudge(Exception):
    """There is no implementation of this API that could be judged. Its text says what to do about it."""
