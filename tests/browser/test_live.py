"""The live view: streams in flight with a hand on them, and conversations as they change."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, button, configuration, sent_text

COUNT = "count from 1 to 12"


def test_a_stream_appears_and_obeys(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Its events come one by one with Step, and all of them with Release; then it says how it ended."""
    sandbox.configure(hold_after=0)
    page = open_console("live")
    expect(page.get_by_text("No stream is live")).to_be_visible()
    with Caller(sandbox, "alice") as alice, alice.streaming(alice.create(), COUNT) as stream:
        card = page.get_by_role("article", name=f"Stream {stream.id} of alice")
        expect(card.get_by_text("held after 0")).to_be_visible()
        expect(card.get_by_text("No text yet.")).to_be_visible()
        for step in (1, 2, 3):
            button(card, "Step").click()
            expect(card.get_by_text(f"held after {step}", exact=True)).to_be_visible()
            expect(card.get_by_text(f"{step} of {stream.facts['deltas'] + 1} events")).to_be_visible()
        expect(card.get_by_label("The text so far")).to_have_text("1 2")
        button(card, "More").click()
        button(card, "Step 5").click()
        expect(card.get_by_text("held after 8", exact=True)).to_be_visible()
        assert sent_text(sandbox, stream.facts["exchange"]) == "1\n2\n3\n4\n"
        expect(card.get_by_role("img")).to_have_accessible_name(re.compile("first token", re.IGNORECASE))
        button(card, "Release").click()
        expect(card.get_by_text("done", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="Just ended")).to_be_visible()
        expect(card.get_by_text(f"{stream.facts['deltas'] + 1} events")).to_be_visible()
        card.get_by_role("link", name=f"Journal entry {stream.facts['exchange']}").click()
        expect(page.get_by_role("heading", name=f"Request {stream.facts['exchange']}: Stream a reply")).to_be_visible()


def test_hold_stops_a_stream_that_runs(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """At once, or after an event."""
    sandbox.freeze()
    page = open_console("live")
    with Caller(sandbox) as caller, caller.streaming(caller.create(), COUNT) as stream:
        card = page.get_by_role("article", name=f"Stream {stream.id} of demo")
        expect(card.get_by_text("live", exact=True)).to_be_visible()
        button(card, "More").click()
        card.get_by_label("Hold after event").fill("4")
        button(card, "Hold there").click()
        sandbox.advance(60)
        expect(card.get_by_text("held after 4", exact=True)).to_be_visible()
        assert sandbox.streams()[0].facts["sent"] == 4


@pytest.mark.parametrize("press", ["Truncate", "Reset", "End early"])
def test_a_killed_stream_says_that_it_was_cut(open_console: MakePage, sandbox: WorkspaceHandle, press: str) -> None:
    """As does the journal."""
    sandbox.configure(hold_after=2)
    page = open_console("live")
    with Caller(sandbox) as caller, caller.streaming(caller.create(), COUNT) as stream:
        card = page.get_by_role("article", name=f"Stream {stream.id} of demo")
        expect(card.get_by_text("held after 2", exact=True)).to_be_visible()
        button(card, "More").click()
        button(card, press).click()
        expect(page.get_by_role("heading", name="Just ended")).to_be_visible()
        expect(card.get_by_text("cut", exact=True).first).to_be_visible()
        assert sandbox.streams() == []
        assert sandbox.exchange(stream.facts["exchange"])["outcome"] == "cut"


def test_new_streams_are_held_by_a_switch(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """For spinners: before the first token, or after some."""
    page = open_console("live")
    page.get_by_label("after", exact=False).fill("0")
    page.get_by_label("Hold every new stream").check()
    with Caller(sandbox) as caller, caller.streaming(caller.create(), COUNT) as stream:
        assert stream.facts["holdAfter"] == 0
        expect(page.get_by_text("held after 0")).to_be_visible()
    page.get_by_label("Hold every new stream").uncheck()
    expect(page.get_by_label("Hold every new stream")).not_to_be_checked()
    assert configuration(sandbox)["holdAfter"] is None


def test_a_fault_is_marked_where_it_hit(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """On the time line of the stream that has ended."""
    sandbox.configure(speed="instant")
    sandbox.arm("truncate", after=3)
    page = open_console("live")
    with Caller(sandbox) as caller:
        caller.call("GET", "/conversations")
        sandbox.configure(hold_after=0)
        with caller.streaming(caller.create(), COUNT) as stream:
            card = page.get_by_role("article", name=f"Stream {stream.id} of demo")
            expect(card.get_by_text("held after 0")).to_be_visible()
            stream.release()
            expect(card.get_by_text("truncated", exact=True)).to_be_visible()
            expect(card.get_by_role("img")).to_have_accessible_name(re.compile("truncate"))


def test_conversations_show_what_the_last_patch_said(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Left out, null and set are three different things."""
    with Caller(sandbox) as caller:
        conversation = caller.create(personality="A pirate", brandVoiceId="bv-1", targetAudienceId="ta-1")
        page = open_console("live")
        row = page.get_by_role("row", name=conversation[:8])
        expect(row).to_contain_text("A pirate")
        row.get_by_role("link").click()
        shown = page.get_by_role("region", name=f"Conversation {conversation}")
        expect(shown.get_by_text("never patched")).to_have_count(4)
        patch = {"personality": "A nurse", "targetAudienceId": None}
        caller.call("PATCH", f"/conversations/{conversation}", patch).raise_for_status()
        for name, now, said in (
            ("Personality", "A nurse", "set to a value"),
            ("Brand voice", "bv-1", "left out: stayed as it was"),
            ("Target audience", "nothing", "null: cleared"),
        ):
            field = shown.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
            expect(field).to_contain_text(now)
            expect(field).to_contain_text(said)
        expect(row).to_contain_text("A nurse")
        sandbox.configure(speed="instant")
        caller.send(conversation, "Something new")
        expect(shown.get_by_text("Something new", exact=True)).to_be_visible()
        expect(row.get_by_role("cell", name="2", exact=True)).to_be_visible()
