"""Streams without pauses: events a second, against a bare ASGI application that sends the same events."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from bench import calls, fleet
from bench.client import Client
from bench.results import Unmeasured
from bench.servers import Running, running
from bench.session import Session, in_turn, say

_SHORTEST = 0.9
"""Of the bytes of one stream: if those of a trial have fewer on average, they were not the same."""


def measure_unpaced(session: Session) -> None:
    """Samples `events` (a second) of the mock, of `bare` (an event a send) and of `bare-joined` (all in one)."""
    with ExitStack() as stack:
        mock = stack.enter_context(running(session.mock("--empty", "--speed", "instant")))
        bare = stack.enter_context(running(fleet.bare(session.material)))
        servers = {"mock": (mock, ""), "bare": (bare, ""), "bare-joined": (bare, "?joined")}
        for trial in range(session.plan.trials):
            for key in in_turn(list(servers), trial):
                server, query = servers[key]
                session.attempt("events", key, _trial, session, key, server, query, trial)


def _trial(session: Session, key: str, server: Running, query: str, trial: int) -> None:
    plan = session.plan
    with Client(server.port) as client:
        conversation_ids = client.new_conversations(plan.conversations)
        asked = [calls.stream(each, plan.count_to) for each in conversation_ids]
        asked = [replace(each, path=each.path + query) for each in asked]
        sample = client.ask(asked[0]).body
    if sample.count(b"event: message") != 1:
        raise Unmeasured("A stream did not end with its final event.")
    load = session.generator.run(server.port, asked, connections=plan.connections, seconds=plan.seconds)
    if load.bytes < _SHORTEST * len(sample) * load.requests:
        raise Unmeasured(f"Streams of {len(sample)} bytes had {load.bytes // load.requests} on average.")
    events = load.rate * sample.count(b"\n\n")
    say(f"trial {trial + 1} of {plan.trials}, unpaced {key:12}{events:10,.0f} events/s, {load.rate:,.0f} streams/s")
    session.results.add("events", key, events)
