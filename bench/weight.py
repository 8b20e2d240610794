"""How long a server takes to its first answer, and how much memory it holds after a number of requests."""

from __future__ import annotations

from bench import calls
from bench.client import Client
from bench.servers import Kind, resident_mib, running
from bench.session import Session, in_turn, say

_SHARES = {"list": 0.4, "create": 0.2, "patch": 0.2, "message": 0.2}


def measure_start(session: Session) -> None:
    """Samples `start` (s): from the process's start to its first 200, as a user starts it, the mock with its data."""
    plan, results = session.plan, session.results
    kinds = [session.mock(), *session.others]

    def start(kind: Kind, counted: bool) -> None:
        with running(kind) as server:
            if counted:
                say(f"start {kind.title:26}{server.start_s:8.2f} s")
                results.add("start", kind.key, server.start_s)

    for trial in range(-1 if plan.warm_s else 0, plan.starts):  # the first reads files that are in no cache yet
        for kind in in_turn(kinds, trial):
            session.attempt("start", kind.key, start, kind, trial >= 0)


def measure_memory(session: Session) -> None:
    """Samples `memory` (MiB): each server fresh, and after the same number of requests for each."""
    plan = session.plan
    kinds = [session.mock("--empty", "--speed", "instant"), *session.others]
    for run in range(plan.memory_runs):
        for kind in in_turn(kinds, run):
            session.attempt("memory", kind.key, _weigh, session, kind)


def _weigh(session: Session, kind: Kind) -> None:
    plan = session.plan
    with running(kind) as server:
        before = resident_mib(server.process_id)
        with Client(server.port) as client:
            conversation_ids = client.new_conversations(plan.conversations)
        for call, share in _SHARES.items():
            asked = calls.requests_of(call, conversation_ids)
            amount = int(plan.memory_requests * share)
            session.generator.send(server.port, asked, connections=plan.connections, amount=amount)
        after = resident_mib(server.process_id)
    say(f"memory {kind.title:26}{before:6.0f} MiB fresh, {after:.0f} MiB after {plan.memory_requests:,} requests")
    session.results.add("memory when fresh", kind.key, before)
    session.results.add("memory", kind.key, after)
