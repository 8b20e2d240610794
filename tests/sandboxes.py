"""Sandboxes and exchanges for tests that do without a server."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from mockserver.clock import SandboxClock
from mockserver.contract import load_contract
from mockserver.exchange import Exchange
from mockserver.faults.rules import Armory
from mockserver.faults.values import Fault, Fired
from mockserver.journal.entries import Entry
from mockserver.journal.journal import Journal
from mockserver.pacing import INSTANT, Pace
from mockserver.rules.errors import NotAuthenticated
from mockserver.sandbox import Configuration, Sandbox, Sandboxes, SandboxParts
from mockserver.verdict.vocabulary import build_vocabulary
from mockserver.verdict.watch import ClientWatch


def make_sandboxes(pace: Pace = INSTANT, keep_alive_s: float = 0) -> Sandboxes:
    """Sandboxes as a server has them."""
    vocabulary = build_vocabulary(load_contract())
    return Sandboxes(
        SandboxParts(
            clock=SandboxClock,
            armory=partial(Armory, 0),
            journal=Journal,
            watch=partial(ClientWatch, vocabulary),
            configuration=Configuration(pace, keep_alive_s),
        )
    )


def make_exchange(sandbox: Sandbox, *faults: Fault, arrived_s_ago: float = 0) -> Exchange:
    """An exchange that opens a stream."""
    arrived = time.monotonic() - arrived_s_ago
    entry = Entry(
        number=sandbox.journal.next_number(),
        began=sandbox.journal.next_order(),
        workspace=sandbox.name,
        method="POST",
        path="/",
        operation="openMessageStream",
        at=datetime.now(UTC),
        at_s=sandbox.clock.at(arrived),
        faults=[Fired(fault, None, "control") for fault in faults],
    )
    return Exchange(sandbox=sandbox, entry=entry, identity=NotAuthenticated("none"), began_real=arrived)
