"""The faults: armed with a press, with parameters, by scenario; said what is armed, and disarmed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from mockserver.control.client import WorkspaceHandle

from .conftest import MakePage
from .tools import Caller, answer, button, configuration, copied

NOTHING = "Nothing is armed: every call goes well."


def test_a_fault_armed_by_button_fires_once(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """The page says so when it is armed, and when it has fired."""
    page = open_console("faults")
    expect(page.get_by_text(NOTHING)).to_be_visible()
    button(page, "429 with Retry-After").click()
    armed = page.get_by_role("list", name="Armed faults").get_by_role("listitem")
    expect(armed).to_have_count(1)
    expect(armed).to_contain_text("status 429, try again after 5 s")
    expect(armed).to_contain_text("once")
    assert sandbox.armed()[0]["source"] == "console"
    with Caller(sandbox) as caller:
        first, second = caller.call("GET", "/conversations"), caller.call("GET", "/conversations")
    assert (first.status_code, first.headers["retry-after"], second.status_code) == (429, "5", 200)
    expect(page.get_by_text(NOTHING)).to_be_visible()


WANTED = {
    "Break the next stream after 3 words": "truncate",
    "Next call: 500": "status",
    "409: a reply is being written": "status",
    "Token expires": "expired-token",
    "Token expires in the stream": "token-expires",
    "Stall for ever": "stall",
    "Answer is lost": "lost-answer",
}


def test_what_is_wanted_most_is_a_press_away(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Each button arms what it says."""
    page = open_console("faults")
    for number, (name, kind) in enumerate(WANTED.items(), 1):
        button(page, name).click()
        expect(page.get_by_role("heading", name=f"Armed now: {number}")).to_be_visible()
        newest = sandbox.armed()[-1]
        assert (newest["fault"], newest["timesLeft"]) == (kind, 1)


def test_parameters_and_aim(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """The form says in a sentence what it means, and arms that."""
    page = open_console("faults")
    button(page, "More: Answer with an error").click()
    form = page.get_by_role("form", name="Arm Answer with an error")
    form.get_by_label("Status", exact=True).select_option("503")
    form.get_by_label("Retry-After (seconds)").fill("3")
    form.get_by_label("Call", exact=True).select_option("listMessages")
    form.get_by_label("Caller").fill("alice")
    form.get_by_label("Only the n-th of these").fill("2")
    form.get_by_label("Hits", exact=True).select_option("times")
    form.get_by_label("Times", exact=True).fill("2")
    form.get_by_label("For at most (seconds)").fill("60")
    said = form.get_by_text("status 503, try again after 3 s")
    expect(said).to_contain_text("by alice, the 2nd only, 2 times, within 60 s")
    button(form, "Arm it so").click()
    expect(page.get_by_role("list", name="Armed faults").get_by_role("listitem")).to_contain_text("by alice")
    (rule,) = sandbox.armed()
    assert rule["parameters"] == {"code": 503, "retry_after": 3}
    assert {name: value for name, value in rule["where"].items() if value is not None} == {
        "operation": "listMessages",
        "caller": "alice",
        "nth": 2,
    }
    assert rule["times"] == 2


def test_a_refusal_stands_at_its_field(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """In the words of the mock; what is put right can be armed."""
    page = open_console("faults")
    button(page, "More: Answer with an error").click()
    form = page.get_by_role("form", name="Arm Answer with an error")
    for label, wrong, right in (("The message matches", "(", ""), ("Only the n-th of these", "0", "1")):
        field = form.get_by_label(label)
        field.fill(wrong)
        button(form, "Arm it so").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(form.get_by_role("alert")).to_have_count(1)
        assert sandbox.armed() == []
        field.fill(right)
    button(form, "Arm it so").click()
    expect(page.get_by_role("heading", name="Armed now: 1")).to_be_visible()
    expect(form.get_by_label("Only the n-th of these")).not_to_have_attribute("aria-invalid", "true")


def test_the_other_spellings_do_the_same(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """As a header, and in the address."""
    page = open_console("faults")
    button(page, "More: Answer with an error").click()
    form = page.get_by_role("form", name="Arm Answer with an error")
    form.get_by_label("Status", exact=True).select_option("503")
    with Caller(sandbox) as caller:
        button(form, "Copy: As a header of the call").click()
        name, _, value = copied(page).partition(": ")
        assert caller.call("GET", "/conversations", headers={name: value}).status_code == 503
        button(form, "Copy: In the address of the call").click()
        assert caller.call("GET", f"/conversations{copied(page)}").status_code == 503


def test_a_scenario_starts_and_stops(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """With a press each; that it runs shows wherever it was started."""
    page = open_console("faults")
    scenario = page.get_by_role("button", name=re.compile("^Model down"))
    expect(scenario).to_have_attribute("aria-pressed", "false")
    scenario.click()
    expect(scenario).to_have_attribute("aria-pressed", "true")
    assert {rule["source"] for rule in sandbox.armed()} == {"scenario model-down"}
    scenario.click()
    expect(scenario).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text(NOTHING)).to_be_visible()
    assert sandbox.armed() == []
    sandbox.scenario("slow-model")
    slow = page.get_by_role("button", name=re.compile("^Slow model.*press to stop"))
    expect(slow).to_have_attribute("aria-pressed", "true")
    slow.click()
    expect(slow).to_be_hidden()
    assert configuration(sandbox)["firstTokenMs"] == 150


def test_disarm_one_and_all(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """All at once is asked first."""
    for kind in ("truncate", "stall", "delay"):
        sandbox.arm(kind)
    page = open_console("faults")
    expect(page.get_by_role("heading", name="Armed now: 3")).to_be_visible()
    button(page, "Disarm: Break the stream").click()
    expect(page.get_by_role("heading", name="Armed now: 2")).to_be_visible()
    assert [rule["fault"] for rule in sandbox.armed()] == ["stall", "delay"]
    button(page, "Disarm all").click()
    answer(page, "Cancel")
    assert len(sandbox.armed()) == 2
    button(page, "Disarm all").click()
    answer(page, "Disarm all")
    expect(page.get_by_text(NOTHING)).to_be_visible()
    assert sandbox.armed() == []


def test_time_left_follows_the_clock_of_the_workspace(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """Frozen, it stands still; advanced, it goes."""
    sandbox.freeze()
    sandbox.arm("quota", for_s=1000)
    page = open_console("faults")
    armed = page.get_by_role("list", name="Armed faults")
    expect(armed).to_contain_text("for 1000 s more")
    sandbox.advance(100)
    expect(armed).to_contain_text("for 900 s more")
    sandbox.advance(900)
    expect(page.get_by_text(NOTHING)).to_be_visible()


def test_a_word_finds_a_fault(open_console: MakePage, sandbox: WorkspaceHandle) -> None:
    """By what a user would see."""
    page = open_console("faults")
    page.get_by_label("All faults").fill("late")
    expect(button(page, "Arm once: Answer late")).to_be_visible()
    expect(button(page, "Arm once: One byte at a time")).to_be_hidden()
    page.get_by_label("All faults").fill("no such thing")
    expect(page.get_by_text("No fault is called that.")).to_be_visible()
