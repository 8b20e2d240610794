"""One server for all tests of faults; each test has a workspace of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.server import BackgroundServer

from .given import Scene, make_server


@pytest.fixture(scope="session")
def faulty_server() -> Iterator[BackgroundServer]:
    """A mock that replies at once and always the same."""
    with make_server() as server:
        yield server


@pytest.fixture(scope="session")
def fault_control(faulty_server: BackgroundServer) -> Iterator[ControlClient]:
    """Its control plane."""
    with ControlClient(faulty_server.url) as control:
        yield control


@pytest.fixture
def sandbox(fault_control: ControlClient) -> WorkspaceHandle:
    """A workspace of the test's own."""
    return fault_control.workspace()


@pytest.fixture
def scene(sandbox: WorkspaceHandle) -> Iterator[Scene]:
    """Alice, with a conversation there."""
    scene = Scene(sandbox)
    yield scene
    scene.close()
