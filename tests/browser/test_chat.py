"""The chat: what a person sees of a reply that streams, stops, breaks off or is refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from mockserver.control.client import WorkspaceHandle

from .conftest import LAPTOP, PHONE, MakePage
from .tools import WIRE_FAULTS, Caller, button, composer, overflow, reply_text, say, sent_text

COUNT = "count from 1 to 12"
LATE = {"huge", "buffered", "glued", "torture"}
"""Faults of the wire that may keep words until the end."""


def test_a_reply_streams_in_word_by_word(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """What the server has sent is shown, no more and no less."""
    sandbox.configure(hold_after=0)
    page = open_console()
    say(page, COUNT)
    stream = sandbox.wait_for_stream()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    expect(page.get_by_text("Waiting for the first word…")).to_be_visible()
    reply = page.get_by_test_id("reply")
    for step in range(1, 6):
        assert stream.step() == 1
        expect(reply).to_have_text(re.compile(rf"· {step} (word|piece)s?\s*$"))
        expect(reply_text(page)).to_have_text(sent_text(sandbox, stream.facts["exchange"]))
    stream.release()
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    with Caller(sandbox) as caller:
        stored = caller.messages(stream.facts["conversation"])[-1]["text"]
    expect(reply_text(page)).to_contain_text(" ".join(str(number) for number in range(1, 13)))
    assert sent_text(sandbox, stream.facts["exchange"]) == stored
    expect(reply).to_have_text(re.compile(rf"· {stream.facts['deltas']} (word|piece)s"))


def test_stop_keeps_the_part(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """And says so; the API has the same part, and the next message is taken."""
    sandbox.configure(hold_after=3)
    page = open_console()
    say(page, COUNT)
    stream = sandbox.wait_for_stream()
    expect(reply_text(page)).to_have_text("1 2")
    button(page, "Stop").click()
    outcome = page.get_by_test_id("outcome")
    expect(outcome).to_contain_text("Stopped after 3 pieces. What had come is kept.")
    expect(reply_text(page)).to_have_text("1 2")
    expect(button(page, "Stop")).to_be_hidden()
    with Caller(sandbox) as caller:
        assert caller.messages(stream.facts["conversation"])[-1]["text"] == "1\n2"
    assert sandbox.exchange(stream.facts["exchange"])["outcome"] == "cancelled"
    sandbox.configure(hold_after=None, speed="instant")
    say(page, COUNT)
    expect(page.get_by_text("The reply is complete.")).to_be_visible()


def test_a_message_sent_while_a_reply_streams_shows_the_409(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """In plain words, beside the message; once the stream has ended, the same message is taken."""
    sandbox.configure(hold_after=2)
    page = open_console()
    say(page, COUNT)
    stream = sandbox.wait_for_stream()
    expect(page.get_by_text("Send now to see a 409.")).to_be_visible()
    say(page, "And now?")
    refusal = page.get_by_test_id("refusal")
    expect(refusal).to_contain_text("409")
    expect(refusal).to_contain_text("conversationLocked")
    expect(refusal).to_contain_text("A reply is still streaming in this conversation")
    assert [call["status"] for call in sandbox.journal(operation="openMessageStream")] == [409, 200]
    sandbox.configure(hold_after=None, speed="instant")
    stream.release()
    expect(page.get_by_test_id("reply").first).not_to_have_attribute("aria-busy", "true")
    button(refusal, "Retry, same id").click()
    expect(refusal).to_be_hidden()
    expect(page.get_by_test_id("reply")).to_have_count(2)
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    first, second = (call["number"] for call in sandbox.journal(operation="openMessageStream", status="200")[::-1])
    refused = sandbox.journal(operation="openMessageStream", status=409)[0]["number"]
    ids = [sandbox.exchange(number)["request"]["body"]["id"] for number in (first, refused, second)]
    assert ids[0] != ids[1] == ids[2]


def break_off(page: Page, sandbox: WorkspaceHandle) -> None:
    """Let the stream that is held after three words go on to its fault, once the page has them.

    What a browser has received but not yet handed on, it throws away when the connection breaks.
    """
    expect(page.get_by_test_id("reply").last).to_have_text(re.compile(r"· 3 (word|piece)s\s*$"))
    sandbox.wait_for_stream().release()


def test_a_truncated_stream_is_shown_as_such(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """With what came of it, and a retry under the same id, which brings what the server has."""
    sandbox.configure(hold_after=3)
    sandbox.arm("truncate", after=3)
    page = open_console()
    say(page, COUNT)
    outcome = page.get_by_test_id("outcome")
    break_off(page, sandbox)
    expect(outcome).to_contain_text("broke off after 3 pieces; no final event came.")
    expect(outcome).to_contain_text("The server has kept this part.")
    expect(reply_text(page)).to_have_text("1 2")
    expect(page.get_by_text("The reply broke off.")).to_be_visible()
    sandbox.configure(hold_after=None)
    button(outcome, "Retry, same id").click()
    expect(outcome).to_contain_text("the reply of the first time came again")
    expect(reply_text(page)).to_have_text("1 2")
    assert [call["replayed"] for call in sandbox.journal(operation="openMessageStream")] == [True, False]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("truncate; after=0", "broke off after 0 words; no final event came."),
        ("error; after=2", "An error event ended the stream after 2 pieces"),
        ("end-early; after=0", "broke off after 0 words; no final event came."),
    ],
)
def test_where_there_is_no_reply_yet_the_same_id_gets_one(
    open_console: MakePage, sandbox: WorkspaceHandle, fault: str, says: str
) -> None:
    """An `error` event is shown as what it is, and no retry makes a second message."""
    kind, _, parameter = fault.partition("; ")
    sandbox.configure(speed="instant")
    sandbox.arm(kind, after=int(parameter.removeprefix("after=")))
    page = open_console()
    say(page, COUNT)
    outcome = page.get_by_test_id("outcome")
    expect(outcome).to_contain_text(says)
    button(outcome, "Retry, same id").click()
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    expect(reply_text(page)).to_contain_text("11 12")
    expect(outcome).to_be_hidden()
    expect(page.get_by_test_id("turn")).to_have_count(1)
    sandbox.verdict().assert_clean()


def test_a_fault_armed_in_the_chat_fires_once(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """And it says so before; the next stream is whole."""
    sandbox.configure(speed="instant", hold_after=3)
    page = open_console()
    page.get_by_role("button", name="Break the next stream after three words").click()
    note = page.get_by_role("note", name="Armed faults")
    expect(note).to_contain_text("The next stream will break off after 3 words.")
    expect(composer(page)).to_be_focused()
    say(page, COUNT)
    break_off(page, sandbox)
    expect(page.get_by_test_id("outcome")).to_contain_text("broke off after 3")
    expect(note).to_be_hidden()
    sandbox.configure(hold_after=None)
    say(page, "count from 1 to 9")
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    expect(reply_text(page)).to_contain_text("8 9")
    fired = [[fault["kind"] for fault in call["faults"]] for call in sandbox.journal(operation="openMessageStream")]
    assert fired == [[], ["truncate"]]


def test_an_armed_fault_can_be_undone(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Before anything meets it."""
    page = open_console()
    page.get_by_role("button", name="Break the next stream after three words").click()
    note = page.get_by_role("note", name="Armed faults")
    button(note, "Undo").click()
    expect(note).to_be_hidden()
    assert sandbox.armed() == []


@pytest.mark.parametrize("kind", WIRE_FAULTS)
def test_the_torture_pack_renders_as_a_clean_stream(
    open_console: MakePage, sandbox: WorkspaceHandle, kind: str
) -> None:
    """Once all its words are there, and after its final event."""
    sandbox.configure(speed="instant")
    page = open_console()
    say(page, "!reply emoji")
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    clean = reply_text(page, 0).inner_html()
    assert len(clean) > 60
    sandbox.configure(hold_after=0)
    sandbox.arm(kind)
    say(page, "!reply emoji")
    stream = sandbox.wait_for_stream()
    if kind not in LATE:
        stream.hold(after=stream.facts["deltas"])
        expect(page.get_by_test_id("reply").nth(1)).to_have_text(re.compile(rf"· {stream.facts['deltas']} "))
        assert reply_text(page, 1).inner_html() == clean
    stream.release()
    expect(page.get_by_text("The reply is complete.")).to_be_visible()
    assert reply_text(page, 1).inner_html() == clean
    assert [fired["kind"] for call in sandbox.journal() for fired in call["faults"]] == [kind]


HOSTILE = {
    "script": "<script>window.harmed = 1</script> and </textarea><script src=data:,window.harmed=1></script>",
    "image": '<img src=x onerror="window.harmed = 1"> ![x](x" onerror="window.harmed=1) <svg onload=window.harmed=1>',
    "link": "[press](javascript:window.harmed=1) <javascript:harmed=1> <a href='javascript:window.harmed=1'>x</a>",
    "frame": "<iframe srcdoc='<script>parent.harmed = 1</script>'></iframe><style>main { display: none }</style>",
    "long": "x" * 10_000,
    "wide": "`" + "y" * 3_000 + "`\n\n    " + "z" * 3_000 + "\n\n| " + "w" * 3_000 + " | b |\n|---|---|\n| c | d |",
    "direction": "\u202eetirw\u202d \u2067right\u2066 to left \u202e\u202e\u202e",
    "nul": "a\u0000b\u0007c\u001b[31md\ufeff\ufffe",
    "deep": ">" * 400 + " deep " + "[" * 400 + "*" * 400,
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_does_no_harm(open_console: MakePage, sandbox: WorkspaceHandle, kind: str) -> None:
    """As a message, and in a reply that cites it: nothing runs, nothing is put in, nothing moves the page."""
    text = HOSTILE[kind]
    sandbox.configure(speed="instant")
    with Caller(sandbox) as caller:
        conversation = caller.create(personality=text[:7900])
        page = open_console("chat", conversation)
        say(page, text)
        expect(page.get_by_text("The reply is complete.")).to_be_visible()
        sent = next(each["text"] for each in caller.messages(conversation) if each["source"] == "user")
    shown = page.get_by_test_id("turn").locator(".bubble").evaluate("(bubble) => bubble.lastChild.data")
    assert shown == sent
    cited = reply_text(page).inner_text()
    letters = "".join(re.findall("[a-z]{4,}", text))[:200]
    assert letters[:4] in cited
    assert page.evaluate("window.harmed") is None
    injected = "main :is(script, img, iframe, style, object, embed, base, form form, [onerror], [onload], [srcdoc])"
    assert page.locator(injected).count() == 0
    assert set(page.locator("main a").evaluate_all("(all) => all.map((each) => each.protocol)")) <= {"http:", "https:"}
    for view, there in (("live", page.get_by_role("heading", name="What steers it")), ("chat", reply_text(page))):
        for size in (PHONE, LAPTOP):
            page.set_viewport_size(size)
            assert overflow(page) == []
        page.goto(f"{page.url.split('#')[0]}#/{sandbox.name}/{view}/{conversation}")
        expect(there).to_be_visible()
    expect(composer(page)).to_be_in_viewport()
    assert page.evaluate("window.harmed") is None


def test_one_scrolls_back_through_older_pages(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """They are read as they are needed, and what is in sight stays where it is."""
    sandbox.configure(speed="instant")
    with Caller(sandbox) as caller:
        conversation = caller.create()
        for number in range(1, 71):
            caller.send(conversation, f"This is message {number}. reply with OK")
    page = open_console("chat", conversation)

    def own(number: int) -> Locator:
        return page.get_by_text(re.compile(rf"^\s*You: This is message {number}\."))

    expect(page.get_by_text("140 messages")).to_be_visible()
    expect(own(70)).to_be_in_viewport()
    turns = page.get_by_test_id("turn")
    expect(turns).to_have_count(20)
    assert len(sandbox.journal(operation="listMessages")) == 2
    for count, top in ((45, 51), (70, 26)):
        button(page, "Older messages").scroll_into_view_if_needed()
        expect(turns).to_have_count(count)
        expect(turns.first).not_to_be_in_viewport()
        expect(own(top)).to_be_in_viewport()
    expect(button(page, "Older messages")).to_be_hidden()
    own(1).scroll_into_view_if_needed()
    button(page, "To the newest").click()
    expect(own(70)).to_be_in_viewport()


def test_a_patch_leaves_sets_and_clears(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Each field as it was chosen; the API then has what the page says."""
    with Caller(sandbox) as caller:
        conversation = caller.create(personality="A pirate", brandVoiceId="bv-1", targetAudienceId="ta-1")
    page = open_console("chat", conversation)
    button(page, "Steering").click()
    drawer = page.get_by_role("dialog", name="Steering")
    personality = drawer.get_by_role("group", name="Personality", exact=True)
    expect(personality).to_contain_text("A pirate")
    expect(personality).to_contain_text("never patched")
    personality.get_by_text("Set", exact=True).click()
    drawer.get_by_label("New value of Personality").fill("A nurse")
    drawer.get_by_role("group", name="Target audience id").get_by_text("Clear", exact=True).click()
    expect(drawer.get_by_label("The patch")).to_have_text('{ "personality": "A nurse", "targetAudienceId": null }')
    button(drawer, "Send the patch").click()
    expect(drawer.get_by_text("Changed: personality, targetAudienceId.")).to_be_visible()
    expect(personality).to_contain_text("A nurse")
    expect(personality).to_contain_text("set by the last patch")
    expect(drawer.get_by_role("group", name="Target audience id")).to_contain_text("cleared by the last patch")
    expect(drawer.get_by_role("group", name="Brand voice id")).to_contain_text("left out by the last patch")
    state = sandbox.conversation(conversation)
    assert state["steering"] | {"personality": "A nurse", "targetAudienceId": None} == state["steering"]
    assert (state["lastPatch"]["personality"], state["lastPatch"]["targetAudienceId"]) == ("set", "null")
    assert state["lastPatch"]["brandVoiceId"] == "omitted"


def test_an_empty_patch_shows_what_the_api_says(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """The page sends it all the same: one may want to see that."""
    with Caller(sandbox) as caller:
        page = open_console("chat", caller.create())
    button(page, "Steering").click()
    drawer = page.get_by_role("dialog", name="Steering")
    button(drawer, "Send the patch").click()
    expect(drawer.get_by_test_id("refusal")).to_contain_text("422")


def test_a_reload_comes_back_to_the_same_place(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """As the same caller, in the same conversation."""
    sandbox.configure(speed="instant")
    with Caller(sandbox, "alice") as alice:
        conversation = alice.create()
        alice.send(conversation, "The one of alice")
    page = open_console("chat", conversation)
    for _ in range(2):
        expect(page.get_by_role("button", name="You call as alice")).to_be_visible()
        expect(page.get_by_test_id("turn")).to_contain_text("The one of alice")
        page.reload()


def test_callers_do_not_see_each_others_conversations(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """A second caller begins with none, and the first still has the own ones."""
    with Caller(sandbox) as caller:
        caller.create()
    page = open_console()
    conversations = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Conversation"))
    expect(conversations).to_have_count(1)
    page.get_by_role("button", name="You call as demo").click()
    page.get_by_label("Be somebody else").fill("bob")
    button(page, "Get a token").click()
    expect(page.get_by_text("No conversations yet")).to_be_visible()
    expect(conversations).to_have_count(0)
    page.get_by_role("button", name="You call as bob").click()
    page.get_by_role("listitem").get_by_role("button", name="demo").click()
    expect(conversations).to_have_count(1)


def test_a_bad_token_shows_the_401(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Picked in the page; a good one comes with a press."""
    with Caller(sandbox) as caller:
        conversation = caller.create()
    page = open_console("chat", conversation)
    page.get_by_role("button", name="You call as demo").click()
    page.get_by_text("Or with a token that is refused").click()
    page.get_by_role("button", name=re.compile("^expired")).click()
    refusals = page.get_by_test_id("refusal")
    expect(refusals.first).to_contain_text("401")
    expect(refusals.first).to_contain_text("The API does not know who is calling")
    button(page, "Get a good one").click()
    expect(refusals).to_have_count(0)
    assert sandbox.journal(status=401)
