"""How much is measured: a real run of about half an hour, or a smoke run of seconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass

CALLS = ("list", "create", "patch", "message")
"""What is asked over and over, at as many connections as the plan says."""

SECTIONS = ("start", "memory", "streams", "unpaced", "pages", "suite")
"""What is measured beside those."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of a run.

    Attributes:
        trials: how often each server is asked each call.
        seconds: how long one such trial takes; load generators know whole seconds only.
        conversations: among how many the messages of one trial are spread, so that none grows without end.
        memory_requests: after how many requests, of all calls together, memory is read.
        streams: how many are open at once.
        count_to: how far the replies of streams count; two deltas a number.
        small: elements of the small collection.
        big: elements of the big one.
        logs: this mock and Prism write their lines for each request, as they do by default.
        whole_suite: the conformance suite is run as a whole, rather than a few scenes of it.
    """

    trials: int = 5
    seconds: int = 5
    warm_s: int = 2
    connections: int = 16
    conversations: int = 128
    memory_requests: int = 20_000
    memory_runs: int = 3
    starts: int = 5
    streams: int = 2_000
    stream_runs: int = 3
    stream_clients: int = 1
    count_to: int = 100
    page_s: int = 2
    small: int = 1_000
    big: int = 1_000_000
    suite_runs: int = 3
    logs: bool = False
    whole_suite: bool = True


QUICK = Plan(
    trials=1,
    seconds=1,
    warm_s=0,
    conversations=32,
    memory_requests=400,
    memory_runs=1,
    starts=1,
    streams=50,
    stream_runs=1,
    count_to=20,
    page_s=1,
    big=20_000,
    suite_runs=1,
    whole_suite=False,
)
"""Says that the benchmark works; its numbers are worth nothing."""


def choose(only: str) -> tuple[list[str], list[str]]:
    """The calls and the sections that `list,streams` names; all of them for an empty text.

    Raises:
        ValueError: names what is unknown.
    """
    names = [name.strip() for name in only.split(",") if name.strip()] or [*CALLS, *SECTIONS]
    unknown = [name for name in names if name not in (*CALLS, *SECTIONS, "rates")]
    if unknown:
        raise ValueError(f"There is no {unknown[0]}. Known: rates, {', '.join((*CALLS, *SECTIONS))}.")
    calls = [name for name in CALLS if name in names or "rates" in names]
    return calls, [name for name in SECTIONS if name in names]
