"""Someone who has never read the docs, with the page alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from mockserver import Settings, create_app
from mockserver.server import BackgroundServer

from .conftest import MakePage
from .tools import button, composer, reply_text


def test_someone_who_has_never_read_the_docs(make_page: MakePage) -> None:
    """Streams a reply, stops it, provokes a 409, breaks the next stream after three words, and sees what happened.

    A mock as it is by default, at its usual pace; nothing is known but what stands in the page.
    """
    with BackgroundServer(create_app(Settings(port=0))) as server:
        page = make_page(server.url)
        ideas = page.get_by_role("list", name="Things to try")
        ideas.get_by_role("button", name="A long reply: time to press Stop").click()
        expect(reply_text(page)).to_contain_text(re.compile(r"\w{3}"))
        button(page, "Stop").click()
        expect(page.get_by_test_id("outcome")).to_contain_text(
            re.compile(r"Stopped after \d+ \w+\. What had come is kept\.")
        )

        button(page, "Ideas to try").click()
        ideas.get_by_role("button", name="Provoke a 409").click()
        refusal = page.get_by_test_id("refusal")
        expect(refusal).to_contain_text("409")
        expect(refusal).to_contain_text("A reply is still streaming in this conversation, and it takes one at a time.")
        button(page, "Stop").click()
        expect(button(page, "Stop")).to_be_hidden()

        button(page, "Ideas to try").click()
        ideas.get_by_role("button", name="Break the next stream after three words").click()
        expect(page.get_by_text("The next stream will break off after 3 words.")).to_be_visible()
        composer(page).fill("Write a headline for a bakery")
        button(page, "Send").click()
        expect(page.get_by_text("The reply broke off.")).to_be_visible()
        expect(page.get_by_test_id("outcome").last).to_contain_text("broke off after")
        expect(reply_text(page)).to_be_visible()

        page.get_by_role("navigation", name="Views").get_by_role("link", name="Journal").click()
        rows = page.get_by_role("option").filter(has_text="Stream a reply")
        expect(rows.filter(has_text="409")).to_have_count(1)
        expect(rows.filter(has_text="cancelled")).to_have_count(2)
        rows.filter(has_text="truncate").click()
        detail = page.get_by_role("region", name=re.compile(r"^Request \d"))
        expect(detail).to_contain_text("truncate; after=3")
        expect(detail).to_contain_text("asked for by a rule armed in this console")
        expect(detail.get_by_label("Events of the stream").get_by_text("delta", exact=True)).to_have_count(3)
        page.keyboard.press("Escape")
        rows.filter(has_text="409").click()
        expect(detail).to_contain_text("In a conversation one stream at a time may be active")
        page.goto("about:blank")  # its feed would be a connection to wait for
