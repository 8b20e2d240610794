"""Paced streams: thousands at once in one server, against the instants at which each delta is due.

The server counts from 1 to 100 at 20 deltas a second without jitter: so every due time is known to the client, and
they are the same for all, which is the hardest for the server.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

from bench import calls
from bench.client import Client
from bench.results import Unmeasured, percentile
from bench.servers import TOP, Running, running
from bench.session import Session, say

FIRST_S = 0.3
RATE = 20.0
RAMP_S = 5.0
"""Over how many seconds the streams are opened in the second kind of run; in the first all are at one instant."""


def measure_streams(session: Session) -> None:
    """Samples of the streams that are opened at one instant, and with the suffix `, ramp` of those that are not.

    `completion p50`, `p99`, `max`: the time to the final event divided by its ideal. `first p50`, `p99`, `max`: how
    late the first delta was (s). `client lag p99`: how late the client itself was (s).
    """
    allow_files(2 * session.plan.streams + 500)
    pace = ["--first-token-ms", str(int(FIRST_S * 1000)), "--tokens-per-second", str(RATE), "--jitter", "0"]
    for _ in range(session.plan.stream_runs):
        for suffix, ramp_s in (("", 0.0), (", ramp", RAMP_S)):
            session.attempt("streams" + suffix, "mock", _run, session, pace, suffix, ramp_s)


def _run(session: Session, pace: list[str], suffix: str, ramp_s: float) -> None:
    plan = session.plan
    with running(session.mock("--empty", *pace)) as server:
        with Client(server.port) as client:
            conversation_ids = client.new_conversations(plan.streams)
        asked = [calls.stream(each, plan.count_to) for each in conversation_ids]
        ended = _ask(server, asked, plan.stream_clients, ramp_s)
    figures = summarise(ended["streams"], len(asked))
    figures["client lag p99"] = percentile(ended["lags"], 0.99)
    for what, value in figures.items():
        session.results.add(what + suffix, "mock", value)
    say(
        f"{len(asked)} streams{suffix or ', at one instant'}: p99 of completion {figures['completion p99']:.3f} of the"
        f" ideal, p99 of the first delta {figures['first p99']:.3f} s late, client {figures['client lag p99']:.4f} s"
    )


def summarise(streams: list[dict[str, Any]], opened: int) -> dict[str, float]:
    """The figures of streams that have ended.

    Raises:
        Unmeasured: one of them was refused, or did not end with its final event.
    """
    broken = [stream for stream in streams if not stream["final_s"]]
    if broken or len(streams) != opened:
        said = broken[0]["head"] if broken else "never begun"
        raise Unmeasured(
            f"{len(broken) or opened - len(streams)} of {opened} streams did not end as they should: {said}"
        )
    ratios = [stream["final_s"] / (FIRST_S + (stream["deltas"] - 1) / RATE) for stream in streams]
    late = [stream["first_s"] - FIRST_S for stream in streams]
    figures = {"deltas": float(sum(stream["deltas"] for stream in streams))}
    for name, values in (("completion", ratios), ("first", late)):
        figures |= {
            f"{name} p50": percentile(values, 0.5),
            f"{name} p99": percentile(values, 0.99),
            f"{name} max": max(values),
        }
    return figures


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many files open.

    Raises:
        Unmeasured: the system does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        if hard < count:
            raise Unmeasured(f"The system allows {hard} open files, {count} are needed (ulimit -n).")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def _ask(server: Running, asked: list[calls.Request], clients: int, ramp_s: float) -> dict[str, list[Any]]:
    """What the clients saw: processes of their own, which begin at one instant."""
    begin = time.monotonic() + 1
    started = []
    try:
        for number in range(clients):
            told = {
                "port": server.port,
                "requests": [calls.raw(_with_id(each), server.port, close=True) for each in asked[number::clients]],
                "begin": begin,
                "ramp_s": ramp_s,
            }
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.stream_client"],
                cwd=TOP,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=300)[0] or "null") for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    if not all(answers):
        raise Unmeasured("A client of the streams has failed.")
    return {key: [each for answer in answers for each in answer[key]] for key in ("streams", "lags")}


def _with_id(request: calls.Request) -> calls.Request:
    return calls.Request(request.method, request.path, request.body.replace(calls.FRESH_ID, "1"), request.token)
