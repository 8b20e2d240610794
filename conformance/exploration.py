"""MOD-1: lists of steps that are played on a backend: a fixed one, or many that Hypothesis draws and shrinks."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from conformance.execution import Execution, Subject
from conformance.steps import GRAND_TOUR, TOSSES, Step, read_step
from conformance.verdict import Unverified, Violation


def tour(subject: Subject) -> None:
    """Play `GRAND_TOUR`, once: for a backend whose replies are paid for.

    Raises:
        Violation: MOD-1.
        Unverified: see `Execution.play`, and whatever the client raises.
    """
    Execution(subject).play(GRAND_TOUR)


@dataclass(frozen=True)
class Explored:
    """What an exploration that found nothing has done."""

    examples: int
    calls: int


def explore(subject: Subject, *, seed: int, examples: int, steps: int, shrink: bool = True) -> Explored:
    """Play so many lists of at most so many steps, drawn from the seed.

    A failing list is shrunk, unless told otherwise: that plays it again and again, shorter each time.

    Raises:
        Violation: MOD-1, with the shortest list of calls that was seen to break it.
        Unverified: see `Execution.play`, and whatever the client raises.
    """
    memory = _Memory(subject)
    began = len(subject.api.exchanges)
    try:
        for number in range(examples):
            _draw_and_play(memory.play, seed=f"{seed}-{number}", steps=steps, shrink=shrink)
    except (Violation, Flaky):  # Flaky needs a violation first, and that is in the memory
        raise memory.shortest_violation(confirm=shrink) from None
    except _Stopped as stopped:
        if memory.has_violation:  # what was seen is evidence, though it could not be made shorter
            raise memory.shortest_violation(confirm=False) from None
        raise stopped.reason from None
    return Explored(len(memory), len(subject.api.exchanges) - began)


def _draw_and_play(play: Callable[[tuple[Step, ...]], None], *, seed: str, steps: int, shrink: bool) -> None:
    """Have Hypothesis draw one list of at most so many steps, and shrink it if playing it raises a violation.

    One, because those that it draws in one run are mostly variations of each other: too much alike for so few.
    """

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=2,  # the first is always the simplest: no step at all
        phases=[hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrink else [])],
        database=None,
        derandomize=False,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(st.lists(st.tuples(*[st.booleans()] * TOSSES), min_size=steps, max_size=steps))
    def play_drawn(tosses: list[tuple[bool, ...]]) -> None:
        play(tuple(step for step in map(read_step, tosses) if step))

    play_drawn()


class _Stopped(BaseException):
    """Nothing can be judged any more. No `Exception`: Hypothesis would take it for a failure and try again."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason
        super().__init__(str(reason))


class _Memory:
    """What came of each list of steps. None is played twice: that takes time, and many draws say the same."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._passed: set[tuple[Step, ...]] = {()}
        self._failed: dict[tuple[Step, ...], tuple[int, Violation]] = {}

    def __len__(self) -> int:
        return len(self._passed) - 1

    @property
    def has_violation(self) -> bool:
        return bool(self._failed)

    def play(self, steps: tuple[Step, ...]) -> None:
        """Play the steps, or remember. What follows after a step that failed makes no difference.

        Raises:
            Violation: MOD-1.
            _Stopped: nothing can be judged.
        """
        for failed, (_, violation) in self._failed.items():
            if steps[: len(failed)] == failed:
                raise violation
        if steps in self._passed:
            return
        execution = Execution(self._subject)
        try:
            execution.play(steps)
        except Violation as violation:
            self._failed[steps[: execution.taken]] = execution.length, violation
            raise
        except Unverified as reason:
            raise _Stopped(reason) from None
        self._passed.add(steps)

    def shortest_violation(self, *, confirm: bool) -> Violation:
        """The one with the fewest calls; `confirm` by playing it once more, and say so if it is not there again."""
        steps, (_, found) = min(self._failed.items(), key=lambda item: item[1][0])
        note = ""
        if confirm:
            with suppress(Violation, Unverified):
                Execution(self._subject).play(steps)
                note = "\n    When these calls were made once more, all was well."
        # A new one: Hypothesis has added notes of its own to the other.
        return Violation("MOD-1", *found.exchanges, expected=found.expected, observed=found.observed + note)
