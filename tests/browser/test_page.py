"""The page as a whole: for everybody, by keyboard, from its own origin alone, and quick however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from mockserver import Settings, create_app
from mockserver.control.client import WorkspaceHandle
from mockserver.server import BackgroundServer

from .conftest import LAPTOP, PHONE, MakePage
from .places import PLACES, fill, visit
from .tools import Caller, button, composer, overflow, reply_text, say, until_connected

_AXE = Path(__file__).parent.parent / "javascript/node_modules/axe-core/axe.min.js"
_SERIOUS = {"serious", "critical"}
MUCH = 10_000
MOST_ELEMENTS = 3000
MOST_MIB = 0.5
"""What a page may grow by in 1,500 requests: the browser itself takes a little, rows that are kept take more."""


@pytest.fixture(scope="module")
def filled(server: BackgroundServer) -> Iterator[str]:
    """The name of a workspace in which each place has something to show."""
    with ExitStack() as stack:
        workspace = server.workspace()
        fill(workspace, stack)
        yield workspace.name


@pytest.fixture
def page(server: BackgroundServer, make_page: MakePage) -> Page:
    """The console."""
    return make_page(f"{server.url}/_mock/ui")


def violations(page: Page) -> list[str]:
    """What axe finds that is serious: what it is, and where first."""
    if not _AXE.exists():
        pytest.fail("axe-core is not there: run `npm ci` in tests/javascript")
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{each['impact']} {each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary'][:300]}"
        for each in found
        if each["impact"] in _SERIOUS
    ]


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_serious(page: Page, filled: str, place: str) -> None:
    """In light, in dark, and on a phone; and nothing scrolls sideways there."""
    page.set_viewport_size(LAPTOP)
    visit(page, filled, place)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    assert overflow(page) == []


def test_axe_finds_nothing_serious_in_dialogs(page: Page, filled: str) -> None:
    """Nor in what opens."""
    visit(page, filled, "chat")
    page.get_by_role("button", name="You call as").click()
    expect(page.get_by_text("Callers here")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for press, there in (("Steering", "Send the patch"), ("Code", "Copy")):
        page.get_by_role("button", name=press, exact=True).last.click()
        expect(page.get_by_role("dialog").get_by_text(there, exact=True)).to_be_visible()
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    visit(page, filled, "sandbox")
    button(page, "Reset").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and page.get_by_label(name, exact=True).or_(page.get_by_text(name, exact=True)).evaluate_all(
            "(all) => all.some((each) => each === document.activeElement || document.activeElement.contains(each))"
        ):
            return
    pytest.fail(f"{name} is not reached by {most} presses of Tab")


def test_it_works_by_keyboard_alone(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Skip to the content, write, send, stop, and go on to the journal; the focus can be seen."""
    sandbox.configure(hold_after=2)
    page = open_console(viewport=PHONE)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.set_viewport_size(LAPTOP)
    tab_to(page, "Message")
    page.keyboard.type("count from 1 to 12")
    page.keyboard.press("Enter")
    expect(reply_text(page)).to_have_text("1")
    expect(composer(page)).to_be_focused()
    tab_to(page, "Stop", 3)
    outline = page.locator(":focus").evaluate("(each) => getComputedStyle(each).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outcome")).to_contain_text("Stopped after 2 pieces.")
    page.keyboard.press("Control+Home")
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "Journal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox", name="Requests, newest first").get_by_role("option")).not_to_have_count(0)


def test_all_comes_from_the_mock_itself(server: BackgroundServer, make_page: MakePage, filled: str) -> None:
    """Not one request goes elsewhere, and a strict policy would not let it."""
    page = make_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{server.url}/_mock/ui")
    assert answer is not None
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    for place in PLACES:
        visit(page, filled, place)
    assert len(asked) > 30
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))] == []


def test_it_is_what_the_address_of_the_mock_shows(server: BackgroundServer, make_page: MakePage) -> None:
    """Nobody has to know its path."""
    page = make_page(server.url)
    expect(composer(page)).to_be_visible()
    assert page.url.startswith(f"{server.url}/_mock/ui")


def test_light_and_dark_can_be_chosen(open_console: MakePage) -> None:
    """Against what the system says, and it is kept."""
    page = open_console(color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    button(page, "Theme: as the system").click()
    button(page, "Theme: light").click()
    expect(button(page, "Theme: dark")).to_be_visible()
    dark = page.evaluate(ground)
    assert light != dark
    page.reload()
    expect(button(page, "Theme: dark")).to_be_visible()
    assert page.evaluate(ground) == dark


def test_the_page_goes_on_after_a_restart_of_the_server(make_page: MakePage) -> None:
    """It says that it is not connected, comes back by itself, and shows what is there now."""
    with BackgroundServer(create_app(Settings(port=0, demo_conversations=0))) as first:
        workspace = first.workspace("mine")
        workspace.arm("truncate")
        page = make_page(f"{first.url}/_mock/ui#/mine/faults")
        expect(page.get_by_role("heading", name="Armed now: 1")).to_be_visible()
        port = int(first.url.rpartition(":")[2])
    connection = page.get_by_role("status")
    expect(connection.get_by_text("Not connected", exact=True)).to_be_visible()
    with BackgroundServer(create_app(Settings(port=port, demo_conversations=0))) as second:
        workspace = second.workspace("mine")
        expect(connection.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
        expect(page.get_by_text("Nothing is armed: every call goes well.")).to_be_visible()
        workspace.arm("stall")
        expect(page.get_by_role("list", name="Armed faults")).to_contain_text("Stream stands still")
        page.get_by_role("link", name="Chat", exact=True).click()
        say(page, "reply with OK")
        expect(page.get_by_role("note", name="Armed faults")).to_be_hidden()
        page.goto("about:blank")  # its feed would be a connection to wait for


@pytest.fixture(scope="module")
def crowded() -> Iterator[WorkspaceHandle]:
    """A workspace with 10,000 conversations."""
    with BackgroundServer(create_app(Settings(port=0, demo_conversations=MUCH, journal_entries=1000))) as server:
        yield server.workspace("demo")


def _exchanges(caller: Caller, count: int) -> None:
    """So many calls, each of which the feed tells."""
    for _ in range(count):
        caller.call("GET", "/conversations?size=1")


def _held(session: CDPSession) -> tuple[float, float]:
    """MiB of JavaScript objects, and nodes, that nobody can give back."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return session.send("Runtime.getHeapUsage")["usedSize"] / 2**20, metrics["Nodes"]


def test_much_is_quick_and_small(crowded: WorkspaceHandle, make_page: MakePage) -> None:
    """Each view of a crowded workspace opens at once, and has but what can be seen."""
    base = crowded.url.partition("/api")[0]
    with Caller(crowded) as caller:
        _exchanges(caller, 1200)
    assert len(crowded.journal()) == 1000
    page = make_page(f"{base}/_mock/ui")
    for view, there in (
        ("chat", f"{MUCH} in all"),
        ("live", f"{MUCH} conversations"),
        ("journal", "1,000 requests"),
        ("verdict", "Calls of the API"),
        ("sandbox", f"{MUCH:,}"),
        ("faults", "Wanted most"),
    ):
        page.evaluate("window.began = performance.now()")
        page.get_by_role("navigation", name="Views").get_by_role("link", name=view.capitalize()).click()
        expect(page.get_by_text(there).first).to_be_visible()
        took_ms = page.evaluate("performance.now() - window.began")
        assert took_ms < 4000, f"{view} took {took_ms:.0f} ms"
        count = page.evaluate("document.querySelectorAll('*').length")
        assert count < MOST_ELEMENTS, f"{view} has {count} elements"


@pytest.mark.parametrize("view", ["journal", "live", "chat"])
def test_a_long_feed_does_not_grow_the_page(crowded: WorkspaceHandle, make_page: MakePage, view: str) -> None:
    """Once its own bounds are reached, a thousand requests more leave it as large as it was."""
    base = crowded.url.partition("/api")[0]
    page = make_page(f"{base}/_mock/ui#/demo/{view}")
    until_connected(page)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    with Caller(crowded) as caller:

        def settle() -> None:
            number = caller.call("GET", "/conversations?size=1").headers["mock-exchange"]
            if view == "journal":
                expect(page.locator(f"#request-{number}")).to_be_attached()

        _exchanges(caller, 1100)
        settle()
        before = _held(session)
        _exchanges(caller, 1500)
        settle()
        after = _held(session)
    assert after[0] - before[0] < MOST_MIB, f"{before[0]:.1f} MiB grew to {after[0]:.1f}"
    assert after[1] - before[1] < 500, f"{before[1]} nodes became {after[1]}"
    assert page.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS
