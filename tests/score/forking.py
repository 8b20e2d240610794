"""Trials as forks of one process that has imported everything already: a second of work less for each.

That process is the fork server of `multiprocessing`: a new process without threads, which lives as long as this one.
A fork is as new as any process in what a trial could leave behind: modules, environment, folder, threads. What all have
in common is how strings are hashed, which else differs from process to process.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.backend.running import ROOT
from tests.score.launching import LIMIT_S, START_WITHIN_S, TOO_LONG, without_settings

_NURSERY = "tests.score.nursery"
_ENDS_WITHIN_S = 5.0


class Forks:
    """Every process is a fork. See `Launcher`."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([_NURSERY])
        # `multiprocessing` asks after all processes when it starts one, and an answer can be read once.
        self._lock = threading.Lock()

    @contextmanager
    def backend(self, variants: Sequence[str], defect: str | None) -> Iterator[str]:
        """See `Launcher`."""
        arguments = ["--end-with-parent", *(f"--variant={name}" for name in variants)]
        arguments += [f"--defect={defect}"] if defect else []
        hears, tells = self._context.Pipe(duplex=False)
        with hears, TemporaryDirectory(prefix="score-") as folder:
            said = Path(folder, "said.txt")
            process = self.started(_serve, said, ROOT, arguments, tells)
            tells.close()
            try:
                try:
                    url = hears.recv() if hears.poll(START_WITHIN_S) else None
                except EOFError:
                    url = None
                if url is None:
                    raise RuntimeError(f"the backend with {' '.join(arguments)} did not start:\n{_text(said)}")
                yield url
            finally:
                process.terminate()
                self.ended(process, _ENDS_WITHIN_S)

    def kit(self, arguments: Sequence[str], folder: Path) -> tuple[int, str]:
        """See `Launcher`."""
        said = folder / "said.txt"
        exit_code = self.ended(self.started(_judge, said, folder, list(arguments)), LIMIT_S)
        return (5, f"{_text(said)}\n\n{TOO_LONG}") if exit_code is None else (exit_code, _text(said))

    def started(self, act: Any, said: Path, folder: Path, *told: Any) -> ForkServerProcess:
        """A fork that calls `act` with what it is told, in this folder; what it prints goes to the file `said`."""
        given = (act, str(said), str(folder), without_settings(os.environ), *told)
        process = self._context.Process(target=_begin, args=given, daemon=True)
        with self._lock:
            process.start()
        return process

    def ended(self, process: ForkServerProcess, within_s: float) -> int | None:
        """Its exit code; None where it had to be killed."""
        in_time = bool(wait([process.sentinel], within_s))
        if not in_time:
            process.kill()
        with self._lock:
            process.join()
            exit_code = process.exitcode
            process.close()
        return exit_code if in_time else None


# In the fork


def _begin(act: Any, said: str, folder: str, environment: Mapping[str, str], *told: Any) -> None:
    """Be as a new process would be, and act."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for descriptor in 1, 2:
        os.dup2(file, descriptor)
    os.close(file)
    random.seed()
    sys.path.insert(0, folder)
    act(*told)


def _judge(arguments: list[str]) -> None:
    from conformance.command import main

    sys.argv = ["conformance", *arguments]
    sys.exit(main(arguments))


def _serve(arguments: list[str], tells: Connection) -> None:
    from tests.backend.__main__ import main

    main(arguments, announce=tells.send)


def _text(said: Path) -> str:
    try:
        return said.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
