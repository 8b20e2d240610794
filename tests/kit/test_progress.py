"""What runs for long is told while it runs."""

from __future__ import annotations

import re
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

    def wait_for(self, count: int, name: str) -> None:
        """Until so many lines tell of this test."""
        deadline = time.monotonic() + 30
        while sum(name in line for line in self.lines) < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_slow_test_is_told_again_and_again_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick one never; nothing is told after the end, when another one is told already."""
    monkeypatch.setattr(progress, "_EVERY_S", 0.2)
    terminal = Terminal()
    watch = progress.Progress(terminal)
    watch.began("suite/test_lock.py::test_slow")
    watch.began("suite/test_lock.py::test_quick")
    watch.ended("suite/test_lock.py::test_quick")
    terminal.wait_for(2, "test_slow")
    watch.ended("suite/test_lock.py::test_slow")
    watch.began("suite/test_lock.py::test_other")
    terminal.wait_for(2, "test_other")
    watch.stop()
    told = [line.split()[0] for line in terminal.lines]
    assert "test_lock.py::test_slow" not in told[told.index("test_lock.py::test_other") :]
    assert {line.partition("::")[2].split()[0] for line in terminal.lines} == {"test_slow", "test_other"}
    assert all(
        re.fullmatch(r"  test_lock.py::test_\w+ is still running, for \d+ s now", line) for line in terminal.lines
    )


def test_without_a_terminal_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of pytest can be without its terminal reporter."""
    monkeypatch.setattr(progress, "_EVERY_S", 0.05)
    watch = progress.Progress(None)
    watch.began("suite/test_lock.py::test_slow")
    time.sleep(0.2)
    watch.stop()
