"""What the tests of the running mock share: a server whose replies are as long as a test asks, and bare HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from conformance.client import Client, Conduct
from mockserver.server import BackgroundServer

from .given import ObedientWriter, make_http, make_server


@pytest.fixture(scope="session")
def writer() -> ObedientWriter:
    """What writes the replies of `obedient_server`."""
    return ObedientWriter()


@pytest.fixture(scope="session")
def obedient_server(writer: ObedientWriter) -> Iterator[BackgroundServer]:
    """A mock whose replies have as many words as the message says: the first after 30 ms, 100 a second."""
    with make_server(writer, first_token_ms=30, tokens_per_second=100, jitter=0) as server:
        yield server


@pytest.fixture
def streamer(obedient_server: BackgroundServer, workspace: str) -> Iterator[Client]:
    """A caller of the mock whose replies are as long as the message says."""
    client = Client(
        obedient_server.url, token=f"alice@{workspace}", workspace_id=workspace, conduct=Conduct(reply_timeout_s=20)
    )
    yield client
    client.close()


@pytest.fixture
def http(instant_server: BackgroundServer, workspace: str) -> Iterator[httpx.Client]:
    """Alice's bare HTTP client of the mock that replies at once."""
    with make_http(instant_server, workspace) as client:
        yield client
