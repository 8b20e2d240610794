"""How a test of the kit ends when it does not pass. No pytest here: the plugin turns these into reports.

AssertionError
└── Violation     the backend broke a clause
Exception
├── Unverified    what the clause needs was not given or could not be set up
└── NoAnswer      the backend did not answer at all, so no clause can be judged
UserWarning
└── ShouldWarning a clause of level `should` was broken
"""

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


class Unverified(Exception):
    """What the clause needs was not given or could not be set up. Its text is the reason."""


class NoAnswer(Exception):
    """The backend did not answer: no connection, a connection that broke, or silence beyond the time allowed."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        super().__init__(str(exchange))

    def __str__(self) -> str:
        return f"no answer\n  exchange  {self.exchange}\n  repeat    {self.exchange.curl}"


class ShouldWarning(UserWarning):
    """A clause of level `should` was broken: a warning, and a failure where warnings are errors."""
