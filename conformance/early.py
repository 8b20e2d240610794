"""Scenes that are begun before a test asks for them, so that a long wait for replies passes beside other tests.

That is for runs with workers, which do several things at once anyway, and where replies are free: one that is paid for
is asked for when a test needs it. What a scene sent early counts as sent by the test that first asks for it.
"""

import inspect
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.scene import early_scenes

if TYPE_CHECKING:
    from conformance.exchange import Exchange
    from conformance.run import Run

Sent = tuple[tuple["Exchange", ...], int]
"""The calls of a scene, and how many replies they spent."""


class Early:
    """Plays scenes, each in a thread of its own, with whatever scenes they build on.

    `names` are the scenes that will be asked for: of these, those are played that may be, and nobody has begun yet.
    """

    def __init__(self, run: "Run", names: Collection[str]) -> None:
        self._run = run
        self._threads = [
            threading.Thread(target=self._begin, args=[name], name=f"conformance-{name}", daemon=True)
            for name in early_scenes()
            if name in names and not run.ledger.was_begun(name)
        ]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Come to an end with all of them: somebody may be waiting for what they make."""
        for thread in self._threads:
            thread.join()

    def _begin(self, name: str) -> None:
        with suppress(Exception):  # the ledger keeps it for the tests that ask, and they are told
            self._played(name)

    def _played(self, name: str) -> Any:
        play = early_scenes()[name]
        aside = self._run.aside()
        try:
            arguments = [self._argument(aside, parameter) for parameter in inspect.signature(play).parameters]
            return aside.ledger.once(name, lambda: _recorded(aside, name, lambda: play(*arguments)))
        finally:
            aside.close()

    def _argument(self, aside: "Run", name: str) -> Any:
        match name:
            case "run":
                return aside
            case "api":
                return aside.client()
        return self._played(name)


def taken_over(run: "Run", name: str) -> Sent:
    """What a scene sent early, for the first who asks; nothing for all others, and of scenes that were not early."""
    sent: Sent | None = run.ledger.take(_calls_of(name))
    return sent or ((), 0)


def _recorded(aside: "Run", name: str, play: Callable[[], Any]) -> Any:
    try:
        return play()
    finally:  # before the result is there: who finds that finds these, too
        sent: Sent = tuple(aside.exchanges), aside.ledger.spent_here
        aside.ledger.once(_calls_of(name), lambda: sent)


def _calls_of(name: str) -> str:
    return f"calls of {name}"
