"""One server for all tests of the control plane; each test has a workspace of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver import Settings, create_app
from mockserver.control.client import ControlClient, WorkspaceHandle
from mockserver.server import BackgroundServer

from .given import Api, Call, make_control


@pytest.fixture(scope="session")
def controlled_server() -> Iterator[BackgroundServer]:
    """A mock that takes its time for a reply, by the clock of the workspace."""
    settings = Settings(port=0, first_token_ms=30, tokens_per_second=60, check_answers=True)
    with BackgroundServer(create_app(settings)) as server:
        yield server
        assert server.app.breaches == []


@pytest.fixture
def control(controlled_server: BackgroundServer) -> Iterator[ControlClient]:
    """A client of the control plane whose every answer is held against its contract."""
    with make_control(controlled_server.url) as client:
        yield client


@pytest.fixture
def sandbox(control: ControlClient) -> Iterator[WorkspaceHandle]:
    """A workspace of the test's own."""
    workspace = control.workspace()
    yield workspace
    if workspace.name in control.workspaces():
        workspace.delete()


@pytest.fixture
def call(sandbox: WorkspaceHandle) -> Iterator[Call]:
    """`call("bob")`: a caller of the API in that workspace, or in `workspace=`, with a token of its own or `token=`."""
    callers: list[Api] = []

    def make(caller: str = "alice", *, workspace: WorkspaceHandle | None = None, token: str | None = None) -> Api:
        callers.append(Api(workspace or sandbox, caller, token))
        return callers[-1]

    yield make
    for caller in callers:
        caller.http.close()


@pytest.fixture
def api(call: Call) -> Api:
    """Alice in that workspace."""
    return call()
