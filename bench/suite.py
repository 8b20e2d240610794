"""The conformance suite against the mock, as the project's own gate runs it: with two workers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from bench import fleet
from bench.results import Unmeasured
from bench.servers import TOP, Running, running
from bench.session import Session, say

_FEW = "test_list"
"""What a smoke run asks for: the tests that have this in their names, or in their modules'."""

_TOKENS = {
    "CONFORMANCE_API_TOKEN": "judge@demo",
    "CONFORMANCE_API_SECOND_TOKEN": "ben@demo",
    "CONFORMANCE_API_FOREIGN_TOKEN": "eve@elsewhere",
    "CONFORMANCE_FOREIGN_WORKSPACE_ID": "elsewhere",
}


def measure_suite(session: Session) -> None:
    """Samples `suite` (s), and `suite tests`: how many passed."""
    for _ in range(session.plan.suite_runs):
        session.attempt("suite", "mock", _run, session)


def _run(session: Session) -> None:
    with running(fleet.mock()) as server:
        seconds, passed = _judge(server, whole=session.plan.whole_suite)
    say(f"the conformance suite: {seconds:.1f} s, {passed} passed")
    session.results.add("suite", "mock", seconds)
    session.results.add("suite tests", "mock", passed)


def _judge(server: Running, *, whole: bool) -> tuple[float, int]:
    """Seconds, and how many tests passed."""
    token = [sys.executable, "-m", "mockserver", "token", "--expires-in=-60"]
    expired = subprocess.run(token, capture_output=True, text=True, check=True, cwd=TOP).stdout.strip()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--gate", "should"]
    command += ["--base-url", f"http://127.0.0.1:{server.port}"] + ([] if whole else ["-k", _FEW])
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=TOP,
        env={**os.environ, **_TOKENS, "CONFORMANCE_API_EXPIRED_TOKEN": expired},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    seconds = time.perf_counter() - begun
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or passed is None:
        raise Unmeasured(f"The suite ended with exit code {done.returncode}: {done.stdout.strip()[-500:]}")
    return seconds, int(passed[1])
