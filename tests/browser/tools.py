"""What the tests of the console need beside the page: a client of the mocked API, and what one does in the page."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

from mockserver.control.client import StreamHandle, WorkspaceHandle
from mockserver.faults.catalogue import KINDS, Stage

_TIMEOUT_S = 30
WIRE_FAULTS = sorted(kind for kind, facts in KINDS.items() if facts.stage is Stage.WIRE)
"""Those that change the form of a stream, and not what it says."""


class Caller:
    """A client of the mocked API: one caller of a workspace, or whoever `token` says."""

    def __init__(self, workspace: WorkspaceHandle, name: str = "demo", *, token: str | None = None) -> None:
        self.workspace = workspace
        self._http = httpx.Client(
            base_url=workspace.url,
            headers={"Authorization": f"Bearer {token or workspace.token(name)}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Any call, whatever comes of it."""
        return self._http.request(method, path, json=body, **options)

    def create(self, **steering: Any) -> str:
        """A new conversation; its id."""
        return str(self.call("POST", "/conversations", steering).raise_for_status().json()["id"])

    def send(self, conversation: str, text: str) -> str:
        """Send a message; the text of its reply."""
        answer = self.call("POST", f"/conversations/{conversation}/messages", message(text))
        return str(answer.raise_for_status().json()["text"])

    def messages(self, conversation: str, size: int = 100) -> list[dict[str, Any]]:
        """The messages of the first page, oldest first."""
        answer = self.call("GET", f"/conversations/{conversation}/messages?size={size}")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]
        return found

    @contextlib.contextmanager
    def streaming(self, conversation: str, text: str) -> Iterator[StreamHandle]:
        """A stream that is read while the block runs, and that ends with it."""
        known = len(self.workspace.streams())

        def read() -> None:
            # However it ends: that is what the tests are about.
            with contextlib.suppress(httpx.HTTPError):
                url = f"/conversations/{conversation}/message-streams"
                with self._http.stream("POST", url, json=message(text), timeout=None) as answer:
                    for _ in answer.iter_bytes():
                        pass

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        stream = self.workspace.wait_for_stream(known + 1)
        try:
            yield stream
        finally:
            if stream.id in [each.id for each in self.workspace.streams()]:
                stream.kill("end")
            thread.join(_TIMEOUT_S)


def message(text: str) -> dict[str, str]:
    """A message under an id of its own."""
    return {"id": str(uuid.uuid4()), "text": text, "createdAt": "2026-05-01T09:00:00"}


def configuration(workspace: WorkspaceHandle) -> dict[str, Any]:
    """The pace of a workspace as it is."""
    found: dict[str, Any] = workspace.control.call("GET", f"/workspaces/{workspace.name}/configuration")
    return found


def sent_text(workspace: WorkspaceHandle, exchange: int) -> str:
    """What the deltas of a stream say together, as far as it was sent."""
    events = workspace.exchange(exchange)["events"]
    return "".join(json.loads(event["data"])["delta"] for event in events if event["kind"] == "delta")


def until_connected(page: Page) -> None:
    """Wait until the page follows the mock."""
    page.get_by_role("status").get_by_text("Live", exact=True).wait_for()


def composer(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("textbox", name="Message", exact=True)


def say(page: Page, text: str) -> None:
    """Write a message in the chat, and send it."""
    composer(page).fill(text)
    composer(page).press("Enter")


def reply_text(page: Page, nth: int = -1) -> Locator:
    """The text of a reply in the chat, without what is said about it."""
    return page.get_by_test_id("reply").nth(nth).locator(".md")


def button(page: Page | Locator, name: str) -> Locator:
    """The button of exactly this name."""
    return page.get_by_role("button", name=name, exact=True)


def answer(page: Page, choice: str) -> None:
    """Answer the question that the page asks."""
    button(page.get_by_role("dialog"), choice).click()


def copied(page: Page) -> str:
    """What was copied last."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def overflow(page: Page) -> list[str]:
    """What makes the page scroll sideways; nothing, if it does not."""
    return list(
        page.evaluate(
            """() => {
              const boxes = [document.documentElement, document.querySelector("main")];
              if (boxes.every((box) => box.scrollWidth <= box.clientWidth)) return [];
              const isWide = (each) => each.getBoundingClientRect().right > innerWidth + 1;
              const wide = [...document.querySelectorAll("main *")].filter(isWide).slice(0, 5);
              const shown = wide.map((each) => each.outerHTML.slice(0, 120));
              return [`${boxes[0].scrollWidth} of ${innerWidth} px`, ...shown];
            }"""
        )
    )
