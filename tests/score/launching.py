"""How a trial starts what it needs, each as a process of its own: a backend, and the kit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from tests.backend.running import running_backend

START_WITHIN_S = 60.0
"""Many start at once."""
LIMIT_S = 900.0


class Launcher(Protocol):
    """Starts a backend, and the kit."""

    def backend(self, variants: Sequence[str], defect: str | None) -> AbstractContextManager[str]:
        """The URL of a fresh backend, which ends with the block.

        Raises:
            RuntimeError: it did not start in time, with what it said.
        """
        ...

    def kit(self, arguments: Sequence[str], folder: Path) -> tuple[int, str]:
        """The exit code of the kit with these arguments, run in this folder, and what it said."""
        ...


class Anew:
    """Every process is a new one, as a user's would be."""

    def backend(self, variants: Sequence[str], defect: str | None) -> AbstractContextManager[str]:
        """See `Launcher`."""
        return running_backend(variants, defect, start_within_s=START_WITHIN_S)

    def kit(self, arguments: Sequence[str], folder: Path) -> tuple[int, str]:
        """See `Launcher`."""
        return run_command([sys.executable, "-m", "conformance", *arguments], folder)


ANEW = Anew()


def run_command(command: Sequence[str], folder: Path, **variables: str) -> tuple[int, str]:
    """The exit code of a command, and what it said."""
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**without_settings(os.environ), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return 5, f"{late.output!r}\n\n{TOO_LONG}"
    return ended.returncode, ended.stdout


TOO_LONG = f"It took longer than {LIMIT_S:.0f} s."


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that would tell the kit or pytest something."""
    return {name: value for name, value in environment.items() if not name.startswith(("CONFORMANCE_", "PYTEST_"))}
