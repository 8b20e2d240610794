"""What runs for long is told while it runs."""

from __future__ import annotations

import time

import pytest

from conformance import progress


class Terminal:
    """What pytest's terminal reporter can do."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def ensure_newline(self) -> None:
        """Begin a line."""

    def write_line(self, line: str) -> None:
        """A line."""
        self.lines.append(line)


def test_a_slow_test_is_told_again_and_again_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick one never; nothing is told after the end."""
    monkeypatch.setattr(progress, "_EVERY_S", 0.1)
    terminal = Terminal()
    watch = progress.Progress(terminal)
    watch.began("suite/test_lock.py::test_slow")
    watch.began("suite/test_lock.py::test_quick")
    watch.ended("suite/test_lock.py::test_quick")
    time.sleep(0.5)
    watch.ended("suite/test_lock.py::test_slow")
    told = len(terminal.lines)
    time.sleep(0.25)
    watch.stop()
    assert told >= 2
    assert len(terminal.lines) == told
    assert set(terminal.lines) == {"  test_lock.py::test_slow is still running, for 0 s now"}


def test_without_a_terminal_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of pytest can be without its terminal reporter."""
    monkeypatch.setattr(progress, "_EVERY_S", 0.05)
    watch = progress.Progress(None)
    watch.began("suite/test_lock.py::test_slow")
    time.sleep(0.2)
    watch.stop()
