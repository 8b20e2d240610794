"""What the tests of the kit have as given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.client import Client, Conduct

from .backend import TOKEN, Backend, running_backend


@pytest.fixture
def backend() -> Iterator[Backend]:
    """A backend that answers what the test tells it to."""
    with running_backend() as backend:
        yield backend


@pytest.fixture
def client(backend: Backend) -> Iterator[Client]:
    """A client of that backend."""
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=Conduct(reply_timeout_s=5))
    yield client
    client.close()
