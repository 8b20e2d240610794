"""What faults are made of: a fault, the call it may hit, and the rule that aims it. Frozen values, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class FaultError(ValueError):
    """A fault, a rule or a scenario that cannot be: `field` names what is wrong, the text says what it takes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with all of its parameters, made by `mockserver.faults.catalogue.make_fault`."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """`truncate; after=3`: as a `Prefer` header would ask for it; parameters that are `None` are left out."""
        given = [f"{name}={_text(value)}" for name, value in self.parameters.items() if value is not None]
        return "; ".join([self.kind, *given])


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a request before anything is done for it."""

    number: int
    """The n-th call of its workspace, from 1."""
    method: str
    path: str
    operation: str | None = None
    """The operationId; None where the contract has none at this path."""
    workspace: str = ""
    caller: str | None = None
    conversation: str | None = None
    text: str | None = None
    """The text of the message that it sends."""
    streaming: bool = False
    """A stream is live in the conversation."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which calls a rule means: all that is given has to fit; nothing given means every call."""

    operation: str | None = None
    caller: str | None = None
    conversation: str | None = None
    nth: int | None = None
    """Only the n-th of the calls that fit otherwise, counted from 1 since the rule was armed."""
    streaming: bool | None = None
    text: str | None = None
    """A regular expression that is found in the message's text."""


@dataclass(frozen=True, slots=True)
class HowOften:
    """When a rule has had enough. With `times=None` and no `seconds` it stays until it is disarmed."""

    times: int | None = 1
    """Fires so often at the most."""
    rate: float = 1.0
    """The share of the calls that fit at which it fires, drawn from the seed: `0 < rate <= 1`."""
    seconds: float | None = None
    """Fires for so long at the most, by the workspace's clock, counted from when it was armed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault that is aimed."""

    id: str
    fault: Fault
    where: Where = Where()
    how_often: HowOften = HowOften()
    source: str = "control"
    """Who armed it: `control`, `console`, `scenario NAME`, or for one call `prefer`, `query`, `text`, `token`."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that hits one call."""

    fault: Fault
    rule_id: str | None
    source: str


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
