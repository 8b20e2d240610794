"""Plain `pytest` judges our own mock: without `--base-url` the suite runs against a server that is started here.

With `--base-url URL` only the conformance suite is collected, and it judges what answers there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.server import BackgroundServer

pytest_plugins = ["pytester"]

_OWN_TESTS = Path(__file__).parent / "tests"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this project's own tests out of a run that judges another server."""
    if config.getoption("base_url") and collection_path.is_relative_to(_OWN_TESTS):
        return True
    return None


@pytest.fixture(scope="session")
def api_base_url(request: pytest.FixtureRequest, base_url: str | None) -> str:
    """What the suite judges: the server of `--base-url`, or a mock of our own."""
    url: str = base_url or request.getfixturevalue("paced_server").url
    return url


@pytest.fixture(scope="session")
def api_token(request: pytest.FixtureRequest, base_url: str | None) -> str:
    """The caller's token: what the plugin is told for another server, or one of our own mock."""
    token: str = request.getfixturevalue("api_token") if base_url else "judge@demo"
    return token


@pytest.fixture(scope="session")
def paced_server() -> Iterator[BackgroundServer]:
    """A mock that takes its time for a reply, as a model does, but less of it: streams can be held and cut."""
    from mockserver import Settings, create_app  # not at the top: a run with --base-url needs no mock
    from mockserver.server import BackgroundServer

    settings = Settings(port=0, first_token_ms=30, tokens_per_second=60, log_level="warning")
    with BackgroundServer(create_app(settings)) as server:
        yield server
