"""What the chat shows as code runs as it was copied, and gets what the page got."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import Page, expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, button, copied, reply_text, say

ACTIONS = {
    "Create a conversation": "createConversation",
    "List the conversations": "listConversations",
    "Send a message and stream the reply": "openMessageStream",
    "Send a message, get the reply as one answer": "sendMessage",
    "Stop the stream": "cancelMessageStream",
    "List the messages": "listMessages",
    "Change the steering": "updateConversation",
}
TEXT = "It's 5 o'clock: \"quotes\", `ticks`, $HOME, \\n, @file, ünïcödé 👩‍🚀"


def run(form: str, code: str) -> str:
    """What the code prints."""
    command = {"curl": ["bash", "-eu", "-s"], "fetch": ["node", "--input-type=module", "-"]}[form]
    if shutil.which(command[0]) is None or (form == "curl" and shutil.which("curl") is None):
        pytest.fail(f"{form} cannot be tried: bash, curl and node have to be installed")
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def code_of(page: Page, form: str) -> str:
    """What the dialog copies."""
    dialog = page.get_by_role("dialog", name="As code")
    dialog.get_by_role("tab", name=form).click()
    button(dialog, "Copy").click()
    expect(dialog.get_by_text("Copied.", exact=True)).to_be_visible()
    return copied(page)


@pytest.mark.parametrize("form", ["curl", "fetch"])
def test_the_code_of_a_message_gets_the_reply_that_the_page_got(
    open_console: MakePage, sandbox: WorkspaceHandle, form: str
) -> None:
    """The same id, so the same reply: nothing new is written."""
    sandbox.configure(speed="instant")
    page = open_console()
    say(page, TEXT)
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    turn = page.get_by_test_id("turn")
    button(turn, "Code").click()
    printed = run(form, code_of(page, form))
    final = next(line for line in printed.splitlines() if line.startswith('data: {"message":'))
    reply = json.loads(final.removeprefix("data: "))["message"]
    conversation = sandbox.journal(operation="openMessageStream")[0]["conversation"]
    with Caller(sandbox) as caller:
        own, newest = caller.messages(conversation)
    assert (newest["id"], newest["text"], own["text"]) == (reply["id"], reply["text"], TEXT)
    words = re.compile(r"[^\W\d_]{4,}")
    shown = words.findall(reply_text(page).inner_text())
    assert shown
    assert set(shown) <= set(words.findall(reply["text"]))
    assert [call["replayed"] for call in sandbox.journal(operation="openMessageStream")] == [True, False]


@pytest.mark.parametrize("form", ["curl", "fetch"])
def test_the_code_of_every_action_runs(open_console: MakePage, sandbox: WorkspaceHandle, form: str) -> None:
    """And makes the call that it says."""
    sandbox.configure(speed="instant")
    with Caller(sandbox) as caller:
        page = open_console("chat", caller.create())
    sandbox.control.call("DELETE", f"/workspaces/{sandbox.name}/journal")
    button(page, "Code").click()
    pieces = []
    for title in ACTIONS:
        page.get_by_role("dialog", name="As code").get_by_label("What to do").select_option(title)
        pieces.append(code_of(page, form))
    run(form, "\n".join(f"{{\n{piece}\n}}" for piece in pieces))
    calls = sandbox.journal()  # the page's own among them
    assert {call["operation"] for call in calls} == set(ACTIONS.values())
    assert {call["status"] for call in calls} <= {200, 201, 204}
    assert {call["caller"] for call in calls} == {"demo"}
    assert "…" in page.get_by_test_id("code").inner_text()
    page.get_by_label("Show the whole token").check()
    expect(page.get_by_test_id("code")).to_have_text(copied(page))
