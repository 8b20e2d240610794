"""A page of 100 out of a big collection, against one out of a small: the first page, one in the middle, the last."""

from __future__ import annotations

from bench import fleet
from bench.calls import Request
from bench.client import Client
from bench.results import Unmeasured
from bench.servers import Running, running
from bench.session import Session, say

_SIZE = 100


def page_requests(name: str, count: int) -> dict[str, Request]:
    """The request of each page of the collections called `name`, by what it is in `bench.bars.PAGES`."""
    last = -(-count // _SIZE)
    paths = {
        "conversations": (f"/api/v1/workspaces/{name}/conversations", f"demo@{name}"),
        "messages": (f"/api/v1/workspaces/messages/conversations/{name}/messages", "demo@messages"),
    }
    return {
        f"{position} page of {what}": Request("GET", f"{path}?page={number}&size={_SIZE}", token=token)
        for what, (path, token) in paths.items()
        for position, number in (("first", 1), ("middle", (last + 1) // 2), ("last", last))
    }


def measure_pages(session: Session) -> None:
    """Samples `POSITION page of WHAT, small` and `…, big`: pages a second."""
    plan = session.plan
    say(f"filling a mock with {plan.big:,} conversations and {plan.big:,} messages")
    small, big = page_requests("small", plan.small), page_requests("big", plan.big)
    with running(fleet.filled(plan.small, plan.big), first=next(iter(big.values()))) as server:
        for trial in range(plan.trials):
            for page in small:
                # The two in turn, and each as the first: what the machine does meanwhile meets both.
                for name, asked in (("small", small), ("big", big))[:: 1 if trial % 2 else -1]:
                    session.attempt(page, name, _trial, session, server, page, name, asked[page])


def _trial(session: Session, server: Running, page: str, name: str, asked: Request) -> None:
    with Client(server.port) as client:
        held = len(client.ask(asked).json["data"])
    if held != _SIZE:
        raise Unmeasured(f"A page of {_SIZE} had {held} elements.")
    plan = session.plan
    load = session.generator.run(server.port, [asked], connections=plan.connections, seconds=plan.page_s)
    say(f"{page}, {name:6}{load.rate:8,.0f}/s")
    session.results.add(f"{page}, {name}", "mock", load.rate)
