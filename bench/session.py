"""What every part of a run is given: the plan, the servers that there are, the load generator, where results go."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bench import fleet
from bench.load import Generator
from bench.material import Material
from bench.peers import NotThere
from bench.plan import Plan
from bench.results import Results, Unmeasured
from bench.servers import Kind

T = TypeVar("T")

_BEGUN = time.monotonic()


def say(text: str) -> None:
    """A line of progress; on standard error, for the tables go to standard output."""
    print(f"{time.monotonic() - _BEGUN:6.0f} s  {text}", file=sys.stderr, flush=True)


@dataclass
class Session:
    """One run.

    Attributes:
        generator: the load generator, or why there is none.
        others: the servers beside the mock.
    """

    plan: Plan
    results: Results
    generator_or_why: Generator | NotThere
    material: Material
    others: list[Kind] = field(default_factory=list)

    @property
    def generator(self) -> Generator:
        """The load generator.

        Raises:
            Unmeasured: there is none.
        """
        if isinstance(self.generator_or_why, NotThere):
            raise Unmeasured(f"Load cannot be made: {self.generator_or_why}.")
        return self.generator_or_why

    def mock(self, *options: str) -> Kind:
        """This mock with these options, as the plan has it."""
        return fleet.mock(*options, logs=self.plan.logs)

    def attempt(self, what: str, server: str, act: Callable[..., None], *given: Any) -> None:
        """Do it; where it cannot be measured note why and go on. What has failed is not tried again."""
        if f"{what}, {server}" in self.results.failures:
            return
        try:
            act(*given)
        except (Unmeasured, OSError, subprocess.SubprocessError) as error:
            self.results.failures[f"{what}, {server}"] = str(error)
            say(f"{what}, {server}: NOT MEASURED: {error}")


def in_turn(servers: Sequence[T], trial: int) -> list[T]:
    """The servers in the order of a trial: another one begins each time, so that no place is of advantage."""
    first = trial % len(servers) if servers else 0
    return [*servers[first:], *servers[:first]]
