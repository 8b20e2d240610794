"""The fixtures of the clauses' tests: the run, its callers, and the scenes."""

from collections.abc import Callable

import pytest

from conformance.client import Client
from conformance.run import Run, current
from conformance.session import NOTES
from conformance.suite.scenes import *


@pytest.fixture(scope="session")
def run() -> Run:
    """The run that this test is part of."""
    return current()


@pytest.fixture(scope="session")
def api(run: Run) -> Client:
    """The caller by whom the backend is judged."""
    return run.client()


@pytest.fixture(scope="session")
def second(run: Run) -> Client:
    """A colleague: another caller of the same workspace."""
    return run.client("second")


@pytest.fixture(scope="session")
def foreign(run: Run) -> Client:
    """A caller of another workspace, on that workspace's paths."""
    return run.client("foreign")


@pytest.fixture(scope="session")
def expired(run: Run) -> Client:
    """A caller whose token has expired."""
    return run.client("expired")


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Records what a backend does where it is free to choose: the result of a test of a `may`."""
    told: Callable[[str], None] = request.node.stash[NOTES].append
    return told
