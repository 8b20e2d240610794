"""Load generators: wrk where it is there, else autocannon. Both tell how many answers were errors."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from bench.calls import FRESH_ID, Request
from bench.peers import AUTOCANNON, NotThere, obtain
from bench.results import Unmeasured
from bench.wrk import script

_LONGEST_S = 900
"""How long a fixed number of requests may take."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a generator saw.

    Attributes:
        requests: how many were answered.
        failed: how many of those were no 2xx or 3xx, and how many were not answered at all.
        bytes: of all answers.
    """

    requests: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bytes: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


class Generator(Protocol):
    """Asks a server as fast as it answers, over some connections."""

    @property
    def title(self) -> str:
        """What it is, with its version."""

    def run(self, port: int, requests: Sequence[Request], *, connections: int, seconds: int) -> Load:
        """Send the requests in turn, again and again, for so many seconds.

        Raises:
            Unmeasured: an answer was an error, or there was none.
        """

    def send(self, port: int, requests: Sequence[Request], *, connections: int, amount: int) -> None:
        """The same until so many were answered.

        Raises:
            Unmeasured: an answer was an error, or there were too few.
        """


def find_generator(folder: Path, *, offline: bool, say: Callable[[str], None]) -> Generator:
    """The generator of this run.

    Raises:
        NotThere: there is none.
    """
    wrk = shutil.which("wrk")
    if wrk:
        return Wrk(wrk)
    try:
        return Autocannon(obtain(AUTOCANNON, folder, offline=offline, say=say))
    except NotThere as error:
        raise NotThere(f"there is no wrk, and no autocannon: {error}") from None


class Wrk:
    """wrk with one thread: it is faster than any server here."""

    def __init__(self, path: str) -> None:
        self._path = path
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        self.title = " ".join((said.stdout + said.stderr).split()[:2])

    def run(self, port: int, requests: Sequence[Request], *, connections: int, seconds: int) -> Load:
        """See `Generator.run`."""
        return _read(self._start(script(requests, port), port, connections, seconds))

    def send(self, port: int, requests: Sequence[Request], *, connections: int, amount: int) -> None:
        """See `Generator.send`. wrk knows no amounts: its script counts, and ends it."""
        said = self._start(script(requests, port, amount), port, connections, _LONGEST_S)
        _check(amount, **json.loads(said.strip().splitlines()[-1]))

    def _start(self, lua: str, port: int, connections: int, seconds: int) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(lua)
            file.flush()
            options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", file.name]
            return _run([self._path, *options, f"http://127.0.0.1:{port}/"])


class Autocannon:
    """autocannon through its own interface: its command takes neither several paths nor fresh ids for each."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.title = f"autocannon {AUTOCANNON.version}"

    def run(self, port: int, requests: Sequence[Request], *, connections: int, seconds: int) -> Load:
        """See `Generator.run`."""
        return _read(self._start(requests, port, connections, {"duration": seconds}))

    def send(self, port: int, requests: Sequence[Request], *, connections: int, amount: int) -> None:
        """See `Generator.send`."""
        load = _read(self._start(requests, port, connections, {"amount": amount}))
        _check(amount, load.requests, load.failed)

    def _start(self, requests: Sequence[Request], port: int, connections: int, limit: dict[str, int]) -> str:
        asked = [asdict(each) for each in requests]
        told = {"port": port, "requests": asked, "connections": connections, "limit": limit, "freshId": FRESH_ID}
        runner = Path(__file__).with_name("autocannon.cjs")
        return _run(["node", str(runner), str(self._file)], json.dumps(told))


def _run(command: list[str], told: str = "") -> str:
    try:
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=True, timeout=_LONGEST_S + 60)
    except subprocess.CalledProcessError as error:
        raise Unmeasured(f"{Path(command[0]).name} failed: {error.stderr.strip()[-300:]}") from None
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"{Path(command[0]).name} did not end.") from None
    return done.stdout


def _read(said: str) -> Load:
    """What the generator's script has said in its last line."""
    load = Load(**json.loads(said.strip().splitlines()[-1]))
    _check(1, load.requests, load.failed)
    return load


def _check(amount: int, requests: int, failed: int) -> None:
    if failed or requests < amount:
        raise Unmeasured(f"{requests} answers came, and {failed} were errors or did not come.")
