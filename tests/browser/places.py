"""The places of the console, and a workspace in which each of them has something to show."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import Final

import httpx
from playwright.sync_api import Page, expect

from mockserver.control.client import WorkspaceHandle

from .tools import Caller, message

PLACES: Final = {
    "new-chat": ("chat/new", "Say something to the mock."),
    "chat": ("chat/{talk}", "41 %"),
    "live": ("live", "held after 4"),
    "conversation": ("live/{talk}", "What steers it"),
    "faults": ("faults", "Nonsense instead of HTTP"),
    "fault": ("faults/status", "The same without this page"),
    "journal": ("journal", "List conversations"),
    "refused-request": ("journal/{refused}", "fields are wrong"),
    "broken-stream": ("journal/{broken}", "A fault hit it"),
    "verdict": ("verdict", "Calls of the API"),
    "sandbox": ("sandbox", "Counted and dead ones"),
}
"""Each place by its name: its address below the workspace's, and a text that is there once all is there."""

_filled: dict[str, dict[str, str | int]] = {}


def fill(workspace: WorkspaceHandle, stack: ExitStack) -> None:
    """Put something into each view. A stream is live until `stack` ends."""
    demo = stack.enter_context(Caller(workspace))
    workspace.configure(speed="instant")
    talk = demo.create(personality="A patient teacher", brandVoiceId="bv-1")
    for text in ("!reply links", "!reply code", "!reply markdown", "!reply rtl", "!reply table"):
        demo.send(talk, text)
    patch = {"personality": "A nurse", "brandVoiceId": None}
    demo.call("PATCH", f"/conversations/{talk}", patch).raise_for_status()
    demo.call("POST", f"/conversations/{talk}/messages", {"id": "m-1", "text": 5})
    refused = workspace.journal()[0]["number"]
    for path in ("/conversations?page=0", "/conversations?siez=2", "/conversations/nobody/messages"):
        demo.call("GET", path)
    workspace.configure(speed="model")
    workspace.arm("truncate", after=12)
    with suppress(httpx.HTTPError):  # it is cut
        demo.call("POST", f"/conversations/{demo.create()}/message-streams", message("A headline for a bakery"))
    broken = workspace.journal(operation="openMessageStream")[0]["number"]
    workspace.arm("status", code=429, retry_after=5, where={"caller": "nobody"}, rate=0.5, times=None, for_s=9000)
    workspace.scenario("slow-model")
    workspace.snapshot("before-login")
    with Caller(workspace, token=workspace.token("zoe", dies_after_calls=0)) as zoe:
        zoe.call("GET", "/conversations")
    workspace.configure(hold_after=4, speed="instant")
    stack.enter_context(demo.streaming(demo.create(personality="A pirate"), "Write a headline for a bakery"))
    _filled[workspace.name] = {"talk": talk, "refused": refused, "broken": broken}


def visit(page: Page, workspace: str, place: str) -> None:
    """Go to a place of a workspace that was filled, and wait until all is there."""
    address, there = PLACES[place]
    page.goto(f"{page.url.split('#')[0]}#/{workspace}/{address.format(**_filled[workspace])}")
    expect(page.get_by_text(there).first).to_be_visible()
