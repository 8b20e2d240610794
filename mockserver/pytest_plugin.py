"""pytest fixtures for teams that test a Python client: a real mock server on a free port.

Installed with the package. Override `mock_server_settings` in a conftest to change how the server behaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.server import BackgroundServer
    from mockserver.settings import Settings


@pytest.fixture(scope="session")
def mock_server_settings() -> Settings:
    """How the server of `mock_server` behaves: replies at once, and its answers are checked.

    Its port is a free one whatever this says.
    """
    from mockserver.settings import Settings  # not at the top: every pytest run of every user loads this plugin

    return Settings(speed="instant", check_answers=True)


@pytest.fixture(scope="session")
def mock_server_process(mock_server_settings: Settings) -> Iterator[BackgroundServer]:
    """The one server of the session, never reset. Most tests want `mock_server`."""
    from mockserver import create_app
    from mockserver.server import BackgroundServer

    settings = replace(mock_server_settings, port=0)  # any other would be taken when tests run in parallel
    with BackgroundServer(create_app(settings)) as server:
        yield server


@pytest.fixture
def mock_server(mock_server_process: BackgroundServer) -> BackgroundServer:
    """A mock server with fresh data: `url`, `token(caller, workspace)`, `workspace()`, `verdict()`, `reset()`.

    def test_my_client(mock_server):
        workspace = mock_server.workspace()  # a fresh one: `url`, `token("alice")`
        workspace.arm("truncate", after=3)  # its next stream stops half-way
        ...  # the code under test
        mock_server.verdict().assert_clean()  # fails with what the client did wrong, and what to do instead
    """
    mock_server_process.reset()
    return mock_server_process
