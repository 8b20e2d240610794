"""Plain `pytest` runs this project's tests, one of which lets the suite judge our own mock.

With `--base-url URL` only the conformance suite is collected, and it judges what answers there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.server import BackgroundServer

pytest_plugins = ["pytester"]

_TOP = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With a server to judge, the suite alone; without one, all but the suite, unless it was asked for by name."""
    judges = config.getoption("base_url") or config.getoption("conformance_list_clauses", None)
    if judges and collection_path.is_relative_to(_TOP / "tests"):
        return True
    asked_for = config.args != config.getini("testpaths")
    if not judges and not asked_for and collection_path.is_relative_to(_TOP / "conformance"):
        return True
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: two for each processor, as half of the time these tests wait for streams and processes."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def paced_server() -> Iterator[BackgroundServer]:
    """A mock that takes its time for a reply, as a model does, but less of it: streams can be held and cut."""
    from mockserver import Settings, create_app  # not at the top: a run with --base-url needs no mock
    from mockserver.server import BackgroundServer

    settings = Settings(port=0, check_answers=True, first_token_ms=30, tokens_per_second=60, log_level="warning")
    with BackgroundServer(create_app(settings)) as server:
        yield server
