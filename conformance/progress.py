"""Tells what runs for long while it runs: a line every ten seconds for a test that is not over by then."""

import threading
import time
from typing import Any

_EVERY_S = 10.0


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
        while not self._over.wait(_EVERY_S):
            now = time.monotonic()
            with self._lock:
                slow = [(name, now - since) for name, since in self._running.items() if now - since >= _EVERY_S]
            for name, since_s in slow:
                self._tell(f"  {name.rpartition('/')[2]} is still running, for {since_s:.0f} s now")

    def _tell(self, line: str) -> None:
        if self._terminal is not None:
            self._terminal.ensure_newline()
            self._terminal.write_line(line)
