"""What the tests of the running mock share: real servers on free ports, and a caller in a workspace of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from conformance.client import Client, Conduct
from mockserver import Settings, create_app
from mockserver.server import BackgroundServer

hypothesis.settings.register_profile("tests", deadline=None)  # how long an example takes is the machine's matter
if hypothesis.settings.get_current_profile_name() == "default":  # or else whoever runs the tests chose one
    hypothesis.settings.load_profile("tests")

MakeCaller = Callable[..., Client]


@pytest.fixture(scope="session")
def instant_server() -> Iterator[BackgroundServer]:
    """A mock that replies at once. Never reset: a test that needs a fresh workspace takes `workspace`."""
    with BackgroundServer(create_app(Settings(port=0, check_answers=True, speed="instant"))) as server:
        yield server


@pytest.fixture
def workspace() -> str:
    """A workspace that no other test knows."""
    return f"w-{uuid.uuid4()}"


@pytest.fixture
def call_as(workspace: str) -> Iterator[MakeCaller]:
    """`call_as(server, "alice")`: a client of that caller in the test's own workspace (or in `workspace=`)."""
    clients: list[Client] = []

    def make(server: BackgroundServer, caller: str = "alice", workspace: str = workspace) -> Client:
        token = f"{caller}@{workspace}"
        clients.append(Client(server.url, token=token, workspace_id=workspace, conduct=Conduct(reply_timeout_s=20)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def alice(instant_server: BackgroundServer, call_as: MakeCaller) -> Client:
    """A caller of the mock that replies at once."""
    return call_as(instant_server)


@pytest.fixture
def paced_alice(paced_server: BackgroundServer, call_as: MakeCaller) -> Client:
    """A caller of the mock that streams as a model does: first delta after 30 ms, 60 a second."""
    return call_as(paced_server)
