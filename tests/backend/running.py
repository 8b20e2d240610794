"""Starts the backend as a process of its own, on a free port."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[2]


@contextmanager
def running_backend(
    variants: Iterable[str] = (),
    defect: str | None = None,
    *,
    tokens_per_second: float = 150.0,
    start_within_s: float = 20,
) -> Iterator[str]:
    """The URL of a fresh backend with an empty database. It ends with the block.

    Raises:
        RuntimeError: it did not start in time, with what it said.
    """
    command = [
        sys.executable,
        "-m",
        "tests.backend",
        "--end-with-parent",
        "--tokens-per-second",
        str(tokens_per_second),
    ]
    command += [argument for name in variants for argument in ("--variant", name)]
    command += ["--defect", defect] if defect else []
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True)
        assert process.stdout
        too_late = threading.Timer(start_within_s, process.kill)
        too_late.start()
        try:
            url = process.stdout.readline().strip()
            too_late.cancel()
            if not url:
                process.wait(5)
                said.seek(0)
                raise RuntimeError(f"{' '.join(command)} did not start:\n{said.read()}")
            yield url
        finally:
            too_late.cancel()
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
