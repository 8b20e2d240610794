"""The verdict: what a client did wrong shows as it happens, with what proves it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, answer, button


def test_a_finding_appears_with_its_evidence(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """A link leads to the exchange that shows it."""
    page = open_console("verdict")
    expect(page.get_by_text("Nothing was called yet.")).to_be_visible()
    with Caller(sandbox, "alice") as alice:
        alice.call("GET", "/conversations")
        expect(page.get_by_role("heading", name="Clean", exact=True)).to_be_visible()
        alice.call("GET", "/conversations?page=0")
    expect(page.get_by_role("heading", name="1 error", exact=True)).to_be_visible()
    finding = page.get_by_role("list", name="Findings on alice").get_by_role("listitem")
    expect(finding).to_contain_text("page-below-one")
    expect(finding).to_contain_text("The first page is 1.")
    number = sandbox.journal(status=422)[0]["number"]
    finding.get_by_role("link", name=f"Exchange #{number} in the journal").click()
    detail = page.get_by_role("region", name=f"Request {number}")
    expect(detail).to_contain_text("page=0")
    expect(detail.get_by_role("region", name="Wrong fields")).to_be_visible()


def test_severities_are_hidden_and_shown(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """And what is hidden is counted."""
    with Caller(sandbox) as caller:
        caller.call("GET", "/conversations?page=0")
    page = open_console("verdict")
    shown = page.get_by_role("group", name="Show").get_by_role("button", name="1 error")
    expect(shown).to_have_attribute("aria-pressed", "true")
    shown.click()
    expect(page.get_by_text("1 finding not shown.")).to_be_visible()
    shown.click()
    expect(page.get_by_text("1 finding not shown.")).to_be_hidden()


def test_coverage_counts_what_was_met(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Of the operations of the contract, and of each client's."""
    with Caller(sandbox) as caller:
        caller.create()
        caller.call("GET", "/conversations")
    page = open_console("verdict")
    expect(page.get_by_text(re.compile("Calls of the API")).first).to_be_visible()
    covered = sandbox.verdict().coverage["operations"]
    assert set(covered["met"]) == {"createConversation", "listConversations"}
    expect(page.get_by_role("meter", name="Calls of the API")).to_have_attribute(
        "aria-valuetext", f"2 of {covered['of']}"
    )


def test_it_can_begin_anew(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Asked once."""
    with Caller(sandbox) as caller:
        caller.call("GET", "/conversations?page=0")
    page = open_console("verdict")
    button(page, "Begin anew").click()
    answer(page, "Cancel")
    expect(page.get_by_role("heading", name="1 error", exact=True)).to_be_visible()
    button(page, "Begin anew").click()
    answer(page, "Begin anew")
    expect(page.get_by_text("Nothing was called yet.")).to_be_visible()
    assert sandbox.verdict().findings == []
