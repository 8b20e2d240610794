"""Workspaces in which more happens than the kit does."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import itertools
import random
import threading
import time
import uuid

from flask import Response

from tests.backend.app import Backend, Refused
from tests.backend.changes import variant
from tests.backend.store import INSERT_CONVERSATION, Caller, Store

ALREADY_THERE = 3000
WORKS_AFTER_S = (0.05, 0.5)
LIMITS_EVERY = 15


class FirstCalls(Backend):
    """Notices each caller's first call."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self.seen: set[Caller] = set()
        self.seeing = threading.Lock()

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        super().admit(operation, caller, workspace)
        with self.seeing:
            if caller not in self.seen:
                self.seen.add(caller)
                self.arrived(caller)

    def arrived(self, caller: Caller) -> None:
        """A caller is here for the first time."""


@variant()
class ThousandsOfConversations(FirstCalls):
    """Every caller finds 3,000 conversations of their own, ten of each instant."""

    def arrived(self, caller: Caller) -> None:
        super().arrived(caller)
        started = time.time()
        rows = (
            (str(uuid.uuid4()), *caller[::-1], started - 60 * (number // 10 + 1), "gpt-3.5-retired", "{}")
            for number in range(ALREADY_THERE)
        )
        with self.store.db as db:
            db.executemany(INSERT_CONVERSATION, rows)


@variant()
class OthersAtWork(FirstCalls):
    """A colleague makes conversations and messages in the same workspace, at irregular times."""

    def arrived(self, caller: Caller) -> None:
        super().arrived(caller)
        _start_work(self.store, caller._replace(name=f"colleague-of-{caller.name}"))


@variant()
class SameCallerAtWork(FirstCalls):
    """The caller makes other conversations and messages meanwhile, at irregular times."""

    def arrived(self, caller: Caller) -> None:
        super().arrived(caller)
        _start_work(self.store, caller)


def _start_work(store: Store, caller: Caller) -> None:
    def work() -> None:
        for number in itertools.count():
            conversation = store.add_conversation(caller, {}, None)
            message = {"id": str(uuid.uuid4()), "text": f"Message {number}"}
            store.add_user_message(conversation, message)
            store.add_reply(conversation, message["id"], f"Reply {number}")
            time.sleep(random.uniform(*WORKS_AFTER_S))

    threading.Thread(target=work, daemon=True).start()


@variant()
class RateLimited(Backend):
    """Every fifteenth call gets a 429 that asks to wait for a second."""

    calls = itertools.count(1)

    def call(self, operation: str, workspace: str, conversation_id: str | None = None) -> Response:
        if next(self.calls) % LIMITS_EVERY == 0:
            raise Refused(429, "rateLimited", "Too many calls.", headers={"Retry-After": "1"})
        return super().call(operation, workspace, conversation_id)
