"""One line of the table of faults, and what its judgements have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from .given import Scene
from .wire_client import Wire

JsonObject = dict[str, Any]
STREAM: Final = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Observation:
    """One fault with what is seen of it.

    Attributes:
        expect: reads the answer and judges it.
        prepare: what has to be so before the call.
        headers: the answer has any, which name the fault.
    """

    kind: str
    expect: Callable[[Scene, Wire], None]
    parameters: JsonObject = field(default_factory=dict)
    prepare: Callable[[Scene], None] = lambda _: None
    headers: bool = True

    def __str__(self) -> str:
        given = [f"{name}={value}" for name, value in self.parameters.items()]
        return " ".join([self.kind, *given])


def freeze(scene: Scene) -> None:
    """Nothing becomes due of itself; deltas do at 1 s, 2 s, 3 s."""
    scene.sandbox.freeze()
    scene.sandbox.configure(first_token_ms=1000, tokens_per_second=1, jitter=0)


def opened(wire: Wire) -> Wire:
    """The stream, read as far as it goes; so far it is one."""
    wire.read()
    assert (wire.status, wire.headers["content-type"]) == (200, STREAM)
    assert not wire.parser.close(), "an event is sent whole, or not at all"
    return wire


def final(scene: Scene) -> JsonObject:
    """The reply as it is kept."""
    return scene.messages()[-1]
