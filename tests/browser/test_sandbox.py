"""The sandbox: snapshots, clock, pace, tokens and reset, a click each."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, answer, button, configuration, copied


def fact(page: Page, name: str, value: int) -> None:
    """The workspace has so many of these."""
    term = page.get_by_role("term").filter(has_text=name)
    expect(term.locator("xpath=following-sibling::dd")).to_have_text(str(value))


def test_a_state_is_saved_and_loaded(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Loading is asked first; a file can be downloaded, and uploaded under its name."""
    page = open_console("sandbox")
    page.get_by_label("Save this state as").fill("empty")
    button(page, "Save").click()
    own = page.get_by_role("list", name="Snapshots of this workspace")
    expect(own.get_by_text("empty", exact=True)).to_be_visible()
    with Caller(sandbox) as caller:
        caller.create()
    fact(page, "Conversations", 1)
    button(page, "Load empty").click()
    answer(page, "Cancel")
    fact(page, "Conversations", 1)
    button(page, "Load empty").click()
    answer(page, "Load")
    fact(page, "Conversations", 0)
    with page.expect_download() as found:
        page.get_by_role("link", name="Download empty").click()
    content = found.value.path().read_bytes()
    assert list(json.loads(content)["workspaces"])
    button(page, "Delete empty").click()
    answer(page, "Delete")
    expect(own).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        button(page, "Upload a file").click()
    chooser.value.set_files({"name": "again.json", "mimeType": "application/json", "buffer": content})
    expect(button(page, "Load again")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        button(page, "Upload a file").click()
    chooser.value.set_files({"name": "no.json", "mimeType": "application/json", "buffer": b"no"})
    expect(page.get_by_text("no.json is no snapshot: it is not JSON.")).to_be_visible()


def test_the_clock_is_frozen_and_put_forward(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """What it shows is what the mock has."""
    page = open_console("sandbox")
    button(page, "Freeze").click()
    expect(page.get_by_text("stands still")).to_be_visible()
    now = sandbox.control.call("GET", f"/workspaces/{sandbox.name}/clock")["nowS"]
    seconds = int(now)
    shown = page.get_by_test_id("clock-now")
    expect(shown).to_have_text(re.compile(rf"^00:\d\d:{seconds % 60:02}"))
    button(page, "60 s").click()
    expect(shown).to_have_text(re.compile(rf"^00:{(seconds + 60) // 60 % 60:02}:{seconds % 60:02}"))
    page.get_by_label("or by seconds").fill("7200")
    button(page, "Put forward").click()
    expect(shown).to_have_text(re.compile(r"^02:"))
    page.get_by_label("or by seconds").fill("-4")
    button(page, "Put forward").click()
    expect(page.get_by_label("or by seconds")).to_have_attribute("aria-invalid", "true")
    button(page, "Run").click()
    expect(page.get_by_text("runs", exact=True)).to_be_visible()


def test_the_pace_of_replies(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Changed here or elsewhere, it shows; what is refused stands at its field."""
    page = open_console("sandbox")
    expect(page.get_by_label("Words a second")).to_have_value("40")
    sandbox.configure(speed="instant")
    expect(button(page, "At once")).to_have_attribute("aria-pressed", "true")
    button(page, "As a model").click()
    expect(button(page, "As a model")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("How uneven").fill("7")
    button(page, "Apply").click()
    expect(page.get_by_label("How uneven")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("How uneven").fill("0")
    page.get_by_label("Hold every new stream after").fill("2")
    button(page, "Apply").click()
    expect(button(page, "Apply")).to_be_disabled()
    assert {"speed": "model", "jitter": 0, "holdAfter": 2}.items() <= configuration(sandbox).items()


def test_reset_asks_once(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Then all is as it was at first, and says so."""
    sandbox.arm("truncate")
    with Caller(sandbox) as caller:
        caller.create()
        page = open_console("sandbox")
        fact(page, "Conversations", 1)
        button(page, "Reset").click()
        answer(page, "Cancel")
        assert len(sandbox.armed()) == 1
        button(page, "Reset").click()
        answer(page, "Reset")
        for name in ("Conversations", "Armed faults", "Calls"):
            fact(page, name, 0)
        assert sandbox.armed() == []
        assert caller.call("GET", "/conversations").json()["data"] == []


def test_a_token_is_made_copied_and_dies_on_cue(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """It can be revived."""
    page = open_console("sandbox")
    page.get_by_label("Caller", exact=True).fill("zoe")
    page.get_by_label("Dies after so many calls").fill("1")
    button(page, "Make a token").click()
    expect(page.get_by_test_id("minted-token")).to_contain_text("zoe")
    button(page, "Copy the token").click()
    with Caller(sandbox, token=copied(page)) as zoe:
        assert [zoe.call("GET", "/conversations").status_code for _ in range(2)] == [200, 401]
        expect(page.get_by_text("dead", exact=True)).to_be_visible()
        button(page, "Revive the token of zoe").click()
        expect(page.get_by_text("Counted and dead ones")).to_be_hidden()
        assert zoe.call("GET", "/conversations").status_code == 200


@pytest.mark.parametrize(("name", "status"), [("Expired", 401), ("Tampered", 401), ("Wrong workspace", 403)])
def test_a_bad_token_is_refused(open_console: MakePage, sandbox: WorkspaceHandle, name: str, status: int) -> None:
    """As its name says."""
    page = open_console("sandbox")
    button(page, name).click()
    expect(page.get_by_test_id("minted-token")).to_contain_text(name)
    button(page, "Copy the token").click()
    with Caller(sandbox, token=copied(page)) as caller:
        assert caller.call("GET", "/conversations").status_code == status


def test_a_fresh_workspace_and_its_end(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """The page goes to it, and back home when it is deleted."""
    page = open_console("sandbox")
    button(page, "Fresh workspace").click()
    expect(page.get_by_text("A fresh workspace: nobody else uses it.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(f"Workspace (?!{sandbox.name})"))).to_be_visible()
    name = page.url.split("#/")[1].split("/")[0]
    assert name in sandbox.control.workspaces()
    button(page, "Delete").click()
    answer(page, "Delete")
    expect(page.get_by_role("button", name="Workspace demo: choose another")).to_be_visible()
    assert name not in sandbox.control.workspaces()


def test_a_bug_report_is_recorded(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """From here on, as a file."""
    with Caller(sandbox) as caller:
        caller.create()
        page = open_console("sandbox")
        expect(page.get_by_text("1 call recorded.")).to_be_visible()
        button(page, "Begin a recording here").click()
        answer(page, "Begin")
        expect(page.get_by_text("Nothing is recorded yet")).to_be_visible()
        caller.call("GET", "/conversations")
    expect(page.get_by_text("1 call recorded.")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("link", name="Download the report").click()
    assert found.value.suggested_filename == f"{sandbox.name}.bug.json"
    assert json.loads(found.value.path().read_bytes())
