"""Requests a second and latency: the same calls of each server in turn, again and again."""

from __future__ import annotations

from contextlib import ExitStack

from bench import calls
from bench.client import Client
from bench.results import Unmeasured
from bench.servers import Running, resident_mib, running
from bench.session import Session, in_turn, say


def measure_rates(session: Session, chosen: list[str]) -> None:
    """Samples `rate CALL` (a second), `p50 CALL`, `p99 CALL` (ms), and `memory at the end` (MiB)."""
    plan, results = session.plan, session.results
    kinds = [session.mock("--empty", "--speed", "instant"), *session.others]
    with ExitStack() as stack:
        up: dict[str, Running] = {}
        for kind in kinds:
            session.attempt("server", kind.key, lambda k: up.update({k.key: stack.enter_context(running(k))}), kind)
        if plan.warm_s:
            for server in up.values():
                say(f"warming up {server.kind.title}")
                for call in chosen:
                    session.attempt(f"rate {call}", server.kind.key, _warm, session, server, call)
        for trial in range(plan.trials):
            for call in chosen:
                for kind in in_turn(kinds, trial):
                    if kind.key in up:
                        session.attempt(f"rate {call}", kind.key, _trial, session, up[kind.key], call, trial)
        for server in up.values():
            results.add("memory at the end", server.kind.key, resident_mib(server.process_id))


def _warm(session: Session, server: Running, call: str) -> None:
    asked = calls.requests_of(call, _prepare(session, server))
    session.generator.run(server.port, asked, connections=session.plan.connections, seconds=session.plan.warm_s)


def _trial(session: Session, server: Running, call: str, trial: int) -> None:
    plan = session.plan
    conversation_ids = _prepare(session, server)
    asked = calls.requests_of(call, conversation_ids)
    load = session.generator.run(server.port, asked, connections=plan.connections, seconds=plan.seconds)
    if call == "message" and server.kind.key == "mock":
        _check_turns(server, conversation_ids, load.requests)
    whose = f"trial {trial + 1} of {plan.trials}, {call:8} {server.kind.title:26}"
    say(f"{whose}{load.rate:8,.0f}/s  p99 {load.p99_ms:.1f} ms")
    for what, value in (("rate", load.rate), ("p50", load.p50_ms), ("p99", load.p99_ms)):
        session.results.add(f"{what} {call}", server.kind.key, value)


def _prepare(session: Session, server: Running) -> list[str]:
    """Fresh conversations for a trial, and a look at one answer to each call: a 2xx, and a list of twenty."""
    with Client(server.port) as client:
        conversation_ids = client.new_conversations(session.plan.conversations)
        for each in (calls.patch(conversation_ids[0]), calls.message(conversation_ids[0])):
            client.ask(each)
        listed = client.ask(calls.list_conversations()).json["data"]
    if len(listed) != 20:
        raise Unmeasured(f"A list of 20 had {len(listed)} elements.")
    return conversation_ids


def _check_turns(server: Running, conversation_ids: list[str], answered: int) -> None:
    """Look whether each message made a turn: replays would be no replies."""
    with Client(server.port) as client:
        pages = (calls.Request("GET", f"{calls.COLLECTION}/{each}/messages?size=1") for each in conversation_ids)
        held = sum(client.ask(page).json["page"]["totalElements"] for page in pages)
    if held < 2 * answered:
        raise Unmeasured(f"{answered} messages were answered, but the conversations hold only {held // 2} turns.")
