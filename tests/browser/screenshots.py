"""Pictures of the console: two for the README, and with `--all FOLDER` each place in light, in dark, and on a phone.

python -m tests.browser.screenshots
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from mockserver import Settings, create_app
from mockserver.server import BackgroundServer

from .conftest import LAPTOP, PHONE, launch
from .places import PLACES, fill, visit
from .tools import Caller, button, message, say, until_connected

IMAGES = Path(__file__).parent.parent.parent / "docs/images"
MOST_BYTES = 150 * 1024

_SAME_IDS = """
let last = 1;
crypto.randomUUID = () => `00000000-0000-4000-8000-${String(++last).padStart(12, "0")}`;
"""
"""Replies follow from the ids of messages, too: so that a picture that is taken again is the same."""

Scheme = Literal["light", "dark"]
LOOKS: dict[str, tuple[ViewportSize, Scheme]] = {
    "light": (LAPTOP, "light"),
    "dark": (LAPTOP, "dark"),
    "narrow": (PHONE, "light"),
    "narrow-dark": (PHONE, "dark"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="each place in each look, into this folder")
    folder: Path | None = parser.parse_args(arguments).all
    with sync_playwright() as playwright:
        browser = launch(playwright, "--disable-lcd-text")
        if folder is None:
            IMAGES.mkdir(parents=True, exist_ok=True)
            take_for_readme(browser)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            take_all(browser, folder)
        browser.close()


def take_for_readme(browser: Browser) -> None:
    """The chat with a table that was streamed; and the live view with a stream that was cut."""
    with BackgroundServer(create_app(Settings(port=0, demo_conversations=7))) as server:
        workspace = server.workspace("demo")
        workspace.configure(first_token_ms=150, tokens_per_second=200)
        page = _open(browser, f"{server.url}/_mock/ui#/demo/chat", LAPTOP, "light")
        say(page, "Which channels suit a small bakery? As a table, please.")
        expect(page.get_by_text("The reply is complete.")).to_be_visible()
        live = page.get_by_role("navigation", name="Views").get_by_role("link", name="Live")
        expect(live).to_have_text("Live")  # without the number of streams
        _take(page, IMAGES / "console-chat.png")
        with ExitStack() as stack:
            alice, bob = (stack.enter_context(Caller(workspace, name)) for name in ("alice", "bob"))
            workspace.configure(first_token_ms=300, tokens_per_second=30, jitter=0.6)
            page = _open(browser, f"{server.url}/_mock/ui#/demo/live", LAPTOP, "dark")
            expect(page.get_by_text("8 conversations")).to_be_visible()
            workspace.arm("stall", after=14, seconds=0.8)
            workspace.arm("truncate", after=34)
            with suppress(httpx.HTTPError):  # it is cut
                path = f"/conversations/{alice.create(personality='A pirate')}/message-streams"
                alice.call("POST", path, message("Write a headline for a bakery"))
            expect(page.get_by_text("truncated", exact=True)).to_be_visible()
            workspace.configure(hold_after=25)
            stack.enter_context(bob.streaming(bob.create(personality="A nurse"), "Write a story about bread"))
            expect(page.get_by_text("held after 25")).to_be_visible()
            _take(page, IMAGES / "console-live.png")
            page.context.close()


def take_all(browser: Browser, folder: Path) -> None:
    """Each place in each look."""
    settings = Settings(port=0, demo_conversations=30)
    with BackgroundServer(create_app(settings)) as server, ExitStack() as stack:
        workspace = server.workspace("demo")
        fill(workspace, stack)
        for look, (size, scheme) in LOOKS.items():
            page = _open(browser, f"{server.url}/_mock/ui", size, scheme)
            for place in PLACES:
                visit(page, workspace.name, place)
                _take(page, folder / f"{place}-{look}.png")
            visit(page, workspace.name, "chat")
            button(page, "Steering").click()
            expect(page.get_by_role("dialog")).to_contain_text("Send the patch")
            _take(page, folder / f"steering-{look}.png")
            page.keyboard.press("Escape")
            button(page, "Code").last.click()
            expect(page.get_by_role("dialog")).to_contain_text("As code")
            _take(page, folder / f"code-{look}.png")
            page.context.close()


def _open(browser: Browser, url: str, size: ViewportSize, scheme: Scheme) -> Page:
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
    context.add_init_script(_SAME_IDS)
    page = context.new_page()
    page.goto(url)
    until_connected(page)
    return page


def _take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready")
    content = page.screenshot(path=path, animations="disabled", caret="hide")
    if path.is_relative_to(IMAGES) and len(content) > MOST_BYTES:
        raise SystemExit(f"{path} has {len(content)} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    main()
