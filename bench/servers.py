"""Servers as processes: started on a free port, waited for, weighed, stopped with all that they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.calls import Request, list_conversations, raw
from bench.results import Unmeasured

TOP = Path(__file__).parent.parent
_LONGEST_START_S = 120
_LONGEST_WRONG_S = 10
"""How long a server may take to its first answer, and how long it may answer something else than a 200."""
_PAUSE_S = 0.002


@dataclass(frozen=True, slots=True)
class Kind:
    """A server that can be started.

    Attributes:
        command: the command that serves at a port.
    """

    key: str
    title: str
    command: Callable[[int], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        start_s: seconds from its start as a process to its first 200.
    """

    kind: Kind
    port: int
    process_id: int
    start_s: float


@contextlib.contextmanager
def running(kind: Kind, first: Request | None = None) -> Iterator[Running]:
    """A server in a process of its own, which has answered the first request (the list, unless told otherwise).

    Raises:
        Unmeasured: it ended, or did not answer in two minutes.
    """
    port = free_port()
    with tempfile.TemporaryFile() as complaints:
        begun = time.perf_counter()
        process = subprocess.Popen(
            kind.command(port),
            cwd=TOP,
            env={**os.environ, **kind.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,  # Ctrl-C is for this program alone, and a signal reaches all that it has started
        )
        try:
            start_s = _wait(port, raw(first or list_conversations(), port, close=True).encode(), process, begun)
            if start_s is None:
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip()[-300:]
                raise Unmeasured(f"{kind.title} did not start (exit code {process.poll()}): {said}")
            yield Running(kind, port, process.pid, start_s)
        finally:
            _stop(process)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def resident_mib(process_id: int) -> float:
    """The resident memory of a process and of all that it has started, in MiB."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = {process_id}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(_resident_kib(member) for member in family) / 1024


def _resident_kib(process_id: int) -> int:
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def _wait(port: int, asked: bytes, process: subprocess.Popen[bytes], begun: float) -> float | None:
    """Seconds from the beginning to the first 200; None if it never came."""
    until = begun + _LONGEST_START_S
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(asked)
            answered = connection.recv(4096).partition(b"\r\n")[0]
            if b" 200 " in answered:
                return time.perf_counter() - begun
            if answered:
                until = min(until, time.perf_counter() + _LONGEST_WRONG_S)
        time.sleep(_PAUSE_S)
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            break
    with contextlib.suppress(ProcessLookupError):  # what it has started may outlive it
        os.killpg(process.pid, signal.SIGKILL)
