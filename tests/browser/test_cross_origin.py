"""A page of another origin calls the mocked API, and reads its streams with the module that the mock serves."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from mockserver.control.client import WorkspaceHandle
from mockserver.faults.catalogue import KINDS

from .conftest import MakePage
from .tools import WIRE_FAULTS


@pytest.fixture(scope="session")
def other_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page that is served from another port, and has nothing in it."""
    folder = tmp_path_factory.mktemp("page")
    Path(folder, "index.html").write_text("<!doctype html><html lang=en><link rel=icon href=data:,><title>Page</title>")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/index.html"
        http.shutdown()
        thread.join()


@pytest.fixture
def page(other_origin: str, make_page: MakePage) -> Page:
    """That page."""
    return make_page(other_origin)


CALL_ALL = """async ({ url, token }) => {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const call = async (method, path, body) => {
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, exchange: answer.headers.get("mock-exchange"), body: await answer.text() };
  };
  const message = (id) => ({ id, text: "Hello", createdAt: "2026-05-01T09:00:00" });
  const created = await call("POST", "/conversations", { personality: "a pirate" });
  const place = `/conversations/${JSON.parse(created.body).id}`;
  return [
    created,
    await call("GET", "/conversations?size=3"),
    await call("POST", `${place}/messages`, message("m-1")),
    await call("POST", `${place}/message-streams`, message("m-2")),
    await call("GET", `${place}/messages`),
    await call("PATCH", place, { personality: null }),
    await call("DELETE", `${place}/message-streams`),
    await call("PUT", place, {}),
  ];
}"""


def test_every_method_goes_through_its_preflight(page: Page, sandbox: WorkspaceHandle) -> None:
    """Answers and refusals can be read, and so can the headers that the mock adds."""
    answers = page.evaluate(CALL_ALL, {"url": sandbox.url, "token": sandbox.token("alice")})
    statuses = [answer["status"] for answer in answers]
    assert statuses[:6] == [201, 200, 200, 200, 200, 200]
    assert (statuses[6] < 500, statuses[7]) == (True, 405)
    assert all(answer["exchange"] for answer in answers[:6])


READ = """async ({ base, url, token, fault }) => {
  const { ConversationsClient, newMessage } = await import(`${base}/_mock/client.js`);
  const client = new ConversationsClient({ url, token });
  const { id } = await client.createConversation({ personality: "a müller 👩‍🚀 of words" });
  const headers = fault ? { Prefer: `fault=${fault}` } : {};
  let text = "";
  const kinds = [];
  const message = { ...newMessage("Write a table, please: ünïcødé 👩‍🚀"), id: "m-1" };
  for await (const event of await client.streamMessage(id, message, { headers })) {
    kinds.push(event.kind);
    if (event.kind === "delta") text += event.data.delta;
  }
  const reply = (await client.listMessages(id)).data.find(({ source }) => source === "assistant");
  return { text, kinds, stored: reply.text };
}"""


@pytest.mark.parametrize("fault", WIRE_FAULTS)
def test_the_torture_pack_reads_as_a_clean_stream(page: Page, sandbox: WorkspaceHandle, fault: str) -> None:
    """However the bytes come: in a real browser, over a real connection, from another origin."""
    given = {"base": sandbox.url.partition("/api")[0], "url": sandbox.url, "token": sandbox.token("alice")}
    sandbox.configure(speed="instant")
    seen = page.evaluate(READ, {**given, "fault": KINDS[fault].example})
    assert seen["text"] == seen["stored"]
    assert len(seen["text"]) > 20
    assert seen["kinds"][-1] == "message"
    assert [fired["kind"] for call in sandbox.journal() for fired in call["faults"]] == [fault]
