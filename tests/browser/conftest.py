"""A real browser, a mock of its own, and pages in which anything that goes wrong unseen fails the test.

Not part of plain `pytest`: `pytest -m browser tests/browser`, with Chromium installed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, ViewportSize, sync_playwright

from mockserver import Settings, create_app
from mockserver.control.client import WorkspaceHandle
from mockserver.server import BackgroundServer

from .tools import until_connected

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # in a container there is none to be had
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAPTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)

MakePage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need a browser, and time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(120))


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Chromium: that of `CHROMIUM`, of the system, or Playwright's own."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_ARGUMENTS, *arguments])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server() -> Iterator[BackgroundServer]:
    """A mock at its usual pace, without the conversations of the demo."""
    settings = Settings(port=0, demo_conversations=0, check_answers=True, first_token_ms=150, tokens_per_second=40)
    with BackgroundServer(create_app(settings)) as server:
        yield server


@pytest.fixture
def sandbox(server: BackgroundServer) -> WorkspaceHandle:
    """A workspace of the test's own."""
    return server.workspace()


@pytest.fixture
def make_page(browser: Browser) -> Iterator[MakePage]:
    """`make_page(url)`: a page that shows it. Its errors, and what its policy refused, fail the test at the end.

    `viewport`, `color_scheme` and the like are Playwright's; `expects` are texts of console messages that are no
    fault: a browser reports each answer of 400 and more as an error.
    """
    contexts, problems = [], list[str]()
    expected = ["Failed to load resource", "net::ERR"]

    def make(url: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": LAPTOP, "reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))

        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not any(text in message.text for text in expected):
                problems.append(f"{message.type}: {message.text}")

        page.on("console", note)
        page.goto(url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def open_console(server: BackgroundServer, sandbox: WorkspaceHandle, make_page: MakePage) -> MakePage:
    """`open_console("faults")`: that view of the console, in the test's own workspace."""

    def make(view: str = "chat", detail: str = "", **options: object) -> Page:
        place = "/".join(part for part in (sandbox.name, view, detail) if part)
        page = make_page(f"{server.url}/_mock/ui#/{place}", **options)
        until_connected(page)
        return page

    return make
