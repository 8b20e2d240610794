"""Tells what runs for long while it runs: a line every ten seconds for a test that is not over by then."""

import threading
import time
from typing import Any

_EVERY_S = 10.0
_LOOKS_EVERY_S = 1.0


class Progress:
    """Watches the tests that have begun. `terminal` is pytest's terminal reporter, or None for no output."""

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="conformance-progress", daemon=True)
        self._thread.start()

    def began(self, nodeid: str) -> None:
        """A test begins."""
        with self._lock:
            self._running[nodeid] = time.monotonic()

    def ended(self, nodeid: str) -> None:
        """A test is over."""
        with self._lock:
            self._running.pop(nodeid, None)

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        told: dict[str, float] = {}
        while not self._over.wait(min(_LOOKS_EVERY_S, _EVERY_S)):
            now = time.monotonic()
            with self._lock:
                running = dict(self._running)
            for name, since in running.items():
                if now - max(since, told.get(name, 0.0)) >= _EVERY_S:
                    told[name] = now
                    self._tell(f"  {name.rpartition('/')[2]} is still running, for {now - since:.0f} s now")

    def _tell(self, line: str) -> None:
        if self._terminal is not None:
            self._terminal.ensure_newline()
            self._terminal.write_line(line)
