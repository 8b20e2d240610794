"""The journal: requests as they come, found again, opened, explained, copied and exported."""

from __future__ import annotations

import json
import os
import re
import subprocess

from playwright.sync_api import Locator, Page, expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, answer, button, copied


def requests_of(page: Page) -> Locator:
    """The rows that are drawn, newest first."""
    return page.get_by_role("listbox", name="Requests, newest first").get_by_role("option")


def test_requests_appear_as_they_come(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """The newest on top; paused, they wait to be asked for."""
    page = open_console("journal")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    with Caller(sandbox, "alice") as alice:
        alice.call("GET", "/conversations")
        expect(requests_of(page)).to_have_count(1)
        expect(requests_of(page)).to_contain_text("List conversations")
        expect(requests_of(page)).to_contain_text("alice")
        alice.create()
        expect(requests_of(page).first).to_contain_text("Create a conversation")
        expect(requests_of(page)).to_have_count(2)
        button(page, "Pause").click()
        alice.call("GET", "/nowhere")
        button(page, "1 new: show").click()
        expect(requests_of(page).first).to_contain_text("404")


def test_filters_find_requests(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """By what is in them, how they were answered, and what they wanted; new ones as well."""
    with Caller(sandbox, "alice") as alice, Caller(sandbox, "bob") as bob:
        conversation = alice.create(personality="needle")
        for _ in range(3):
            bob.call("GET", "/conversations")
        bob.call("GET", "/conversations?page=0")
        page = open_console("journal")
        expect(requests_of(page)).to_have_count(5)
        button(page, "Only refused").click()
        expect(requests_of(page)).to_have_count(1)
        expect(requests_of(page)).to_contain_text("422")
        bob.call("GET", "/conversations?page=-1")
        bob.call("GET", "/conversations")
        expect(requests_of(page)).to_have_count(2)
        button(page, "Show all").click()
        page.get_by_label("Search method, path, bodies and events").fill("needle")
        expect(requests_of(page)).to_have_count(1)
        expect(requests_of(page)).to_contain_text("Create a conversation")
        button(page, "Show all").click()
        expect(requests_of(page)).to_have_count(7)
        button(page, "Filters").click()
        page.get_by_label("Operation").select_option("List conversations")
        page.get_by_label("Caller").fill("alice")
        expect(page.get_by_text("Nothing like that")).to_be_visible()
        button(page, "Do not filter by operation listConversations").click()
        expect(requests_of(page)).to_have_count(1)
        page.goto(f"{page.url.split('#')[0]}#/{sandbox.name}/journal/conversation={conversation}")
        expect(button(page, f"Do not filter by conversation {conversation}")).to_be_visible()


def test_a_refused_request_is_explained_against_the_contract(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Each wrong field: what was sent, what it takes."""
    with Caller(sandbox) as caller:
        conversation = caller.create()
        caller.call("POST", f"/conversations/{conversation}/messages", {"id": "m-1", "text": 5})
    page = open_console("journal")
    requests_of(page).filter(has_text="422").click()
    detail = page.get_by_role("region", name=re.compile(r"^Request \d+"))
    expect(detail.get_by_role("heading", name=re.compile("Send a message"))).to_be_focused()
    wrong = detail.get_by_role("region", name="Wrong fields").get_by_role("listitem")
    text = wrong.filter(has=page.get_by_text("text", exact=True))
    expect(text).to_contain_text("5")
    expect(text).to_contain_text("a text")
    expect(text).to_contain_text("has to be there")
    expect(wrong.filter(has=page.get_by_text("createdAt", exact=True))).to_contain_text("nothing: it was not there")
    expect(detail.get_by_label("Body of the request")).to_contain_text('"text": 5')
    expect(detail.get_by_label("Body of the answer")).to_contain_text("validationFailed")
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


def test_a_stream_is_shown_event_by_event(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """With the fault that ended it, and who had asked for that."""
    sandbox.configure(speed="instant", hold_after=0)
    sandbox.arm("truncate", after=3)
    with Caller(sandbox) as caller, caller.streaming(caller.create(), "count from 1 to 12") as stream:
        page = open_console("journal", str(stream.facts["exchange"]))
        detail = page.get_by_role("region", name=f"Request {stream.facts['exchange']}")
        expect(detail.get_by_text("going on", exact=True)).to_be_visible()
        stream.release()
        expect(detail.get_by_text("truncated", exact=True)).to_be_visible()
        expect(detail.get_by_role("heading", name="A fault hit it")).to_be_visible()
        expect(detail).to_contain_text("asked for by a rule armed through the control plane")
        events = detail.get_by_label("Events of the stream")
        expect(events.get_by_text("delta", exact=True)).to_have_count(3)
        expect(events.get_by_text("message", exact=True)).to_have_count(0)
        expect(detail.get_by_role("img")).to_have_accessible_name(re.compile("truncate"))


def test_copy_as_curl_runs(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """With a token of one's own: the journal keeps none."""
    with Caller(sandbox) as caller:
        caller.create(personality="It's $HOME")
    page = open_console("journal")
    requests_of(page).first.click()
    button(page, "Copy as curl").click()
    expect(page.get_by_text("Copied. The journal keeps no tokens")).to_be_visible()
    done = subprocess.run(
        ["bash", "-eu", "-c", copied(page)],
        env=os.environ | {"TOKEN": sandbox.token()},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    again, first = sandbox.journal(operation="createConversation")
    assert json.loads(done.stdout[done.stdout.index("{") :])["id"]
    assert again["status"] == 201
    assert sandbox.exchange(again["number"])["request"]["body"] == sandbox.exchange(first["number"])["request"]["body"]


def test_the_har_is_one(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Of all requests, or of those that were filtered."""
    with Caller(sandbox) as caller:
        caller.create()
        caller.call("GET", "/conversations")
        caller.call("GET", "/conversations?page=0")
    page = open_console("journal")
    for filtered, press, count in ((False, "HAR of all requests", 3), (True, "HAR of the 1 filtered", 1)):
        if filtered:
            button(page, "Only refused").click()
            expect(requests_of(page)).to_have_count(1)
        button(page, "Export").click()
        with page.expect_download() as found:
            button(page, press).click()
        har = json.loads(found.value.path().read_text(encoding="utf-8"))
        assert har["log"]["version"] == "1.2"
        assert len(har["log"]["entries"]) == count
        assert all(
            {"request", "response", "timings", "startedDateTime"} <= entry.keys() for entry in har["log"]["entries"]
        )
        assert sandbox.token() not in json.dumps(har)


def test_clear_asks_once(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Cancel leaves all as it was."""
    with Caller(sandbox) as caller:
        caller.create()
    page = open_console("journal")
    for choice, left in (("Cancel", 1), ("Clear", 0)):
        button(page, "Export").click()
        button(page, "Clear the journal").click()
        answer(page, choice)
        expect(requests_of(page)).to_have_count(left)
        assert len(sandbox.journal()) == left
    expect(page.get_by_text("No requests yet")).to_be_visible()


def test_the_keyboard_goes_through_the_rows(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Down, open, Escape, and on."""
    with Caller(sandbox) as caller:
        for _ in range(4):
            caller.call("GET", "/conversations")
    page = open_console("journal")
    expect(requests_of(page)).to_have_count(4)
    rows = page.get_by_role("listbox", name="Requests, newest first")
    rows.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    numbers = [call["number"] for call in sandbox.journal()]
    expect(page.get_by_role("region", name=f"Request {numbers[1]}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"Request {numbers[-1]}")).to_be_visible()
