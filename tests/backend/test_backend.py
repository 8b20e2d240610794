"""The independent backend, seen from outside: it works, and its defects show."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from tests.backend.defects import DEFECTS
from tests.backend.running import ROOT, running_backend
from tests.backend.variants import BUNDLES, VARIANTS

pytestmark = pytest.mark.timeout(20)

LONG = "Tell me a story of at least 300 words."
_callers = (f"caller{number}" for number in itertools.count())


class Caller:
    """A caller of one workspace, new to the backend."""

    def __init__(self, url: str, *, name: str | None = None, token: str | None = None, workspace: str = "demo") -> None:
        self.url = url
        self.name = name or next(_callers)
        headers = {"Authorization": f"Bearer {token or f'{self.name}@demo'}"}
        self.http = httpx.Client(base_url=f"{url}/api/v1/workspaces/{workspace}", headers=headers, timeout=10)

    def create(self, body: dict[str, Any] | None = None) -> httpx.Response:
        """The answer to a create; without any body for None."""
        return self.http.post("/conversations", json=body) if body is not None else self.http.post("/conversations")

    def conversation(self, **body: Any) -> str:
        """The path of a new conversation."""
        return f"/conversations/{self.create(body).json()['id']}"

    def send(self, conversation: str, message: dict[str, Any]) -> httpx.Response:
        """The answer to a message."""
        return self.http.post(f"{conversation}/messages", json=message)

    def says(self, conversation: str) -> str:
        """What the model says to a new message."""
        return str(self.send(conversation, new_message()).json()["text"])

    def listed(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The elements of a page, the first hundred unless told otherwise."""
        data: list[dict[str, Any]] = self.http.get(path, params={"size": 100} | params).json()["data"]
        return data

    @contextmanager
    def stream(self, conversation: str, message: dict[str, Any]) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
        """The status of a stream, and its events as they arrive."""
        with self.http.stream("POST", f"{conversation}/message-streams", json=message) as response:
            yield response.status_code, read_events(response)

    def stream_status(self, conversation: str) -> int:
        """The status of a short stream, which is read to its end."""
        with self.stream(conversation, new_message()) as (status, events):
            list(events)
            return status


def new_message(text: str = "Reply with OK.", **more: Any) -> dict[str, Any]:
    """A message with an id of its own."""
    return {"id": str(uuid.uuid4()), "text": text, "createdAt": "2026-05-01T09:00:00", **more}


def read_events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream in the base's own form: a name, the data."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def joined(events: Iterator[tuple[str, Any]]) -> str:
    """The text of the deltas."""
    return "".join(data["delta"] for name, data in events if name == "delta")


@contextmanager
def calling(url: str, **caller: Any) -> Iterator[Caller]:
    """A caller whose connections are closed."""
    api = Caller(url, **caller)
    with api.http:
        yield api


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The backend without any change."""
    with running_backend() as url:
        yield url


@pytest.fixture
def api(base: str) -> Iterator[Caller]:
    """A new caller of it."""
    with calling(base) as caller:
        yield caller


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A new caller of the backend with the defect that the test is named after."""
    name = request.node.name.removeprefix("test_defect_")
    with running_backend(defect=name, tokens_per_second=300) as url, calling(url) as caller:
        yield caller


def test_create_answers_what_the_list_shows(api: Caller) -> None:
    """A new conversation is answered with 201, and listed as it was answered, the newest first."""
    answers = [api.create({"modelName": "gpt-4"}), api.create()]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert api.listed("/conversations") == [answer.json() for answer in reversed(answers)]


def test_a_turn_is_listed_and_replayed(api: Caller) -> None:
    """The reply to a message is listed behind it; the same id again gives the same reply at both endpoints."""
    conversation, message = api.conversation(), new_message()
    reply = api.send(conversation, message).json()
    assert [(each["id"], each["source"]) for each in api.listed(f"{conversation}/messages")] == [
        (message["id"], "user"),
        (reply["id"], "assistant"),
    ]
    assert api.send(conversation, message | {"text": "Another text"}).json() == reply
    with api.stream(conversation, message) as (_, events):
        assert list(events) == [("message", {"message": reply})]
    assert len(api.listed(f"{conversation}/messages")) == 2


def test_replies_are_what_was_asked_for_and_never_the_same(api: Caller) -> None:
    """Words and numbers are counted, and every reply is another."""
    conversation = api.conversation()
    assert len(api.send(conversation, new_message("Write at least 400 words")).json()["text"].split()) >= 400
    numbers = api.send(conversation, new_message("Please count from 3 to 12, one a line.")).json()["text"]
    assert numbers.splitlines()[:-1] == [str(number) for number in range(3, 13)]
    assert len({api.says(conversation) for _ in range(5)}) == 5


def test_a_stream_arrives_piece_by_piece(api: Caller) -> None:
    """Deltas come as they are produced, joined they are the final text, and that is listed."""
    conversation = api.conversation()
    arrivals = []
    with api.stream(conversation, new_message("at least 60 words")) as (_, events):
        received = []
        for event in events:
            received.append(event)
            arrivals.append(time.monotonic())
    final = received[-1][1]["message"]
    assert [name for name, _ in received[-2:]] == ["delta", "message"]
    assert joined(iter(received)) == final["text"]
    assert api.listed(f"{conversation}/messages")[-1] == final
    assert arrivals[-1] - arrivals[0] > 0.15
    assert len(set(arrivals)) > 20


def test_a_stream_locks_its_conversation_until_it_is_cancelled(api: Caller) -> None:
    """A second stream is 409, another conversation is free; a cancel closes the stream, keeps its part and the lock."""
    conversation = api.conversation()
    with api.stream(conversation, new_message(LONG)) as (_, events):
        first = next(events)[1]["delta"]
        second = api.http.post(f"{conversation}/message-streams", json=new_message())
        assert (second.status_code, second.json()["code"]) == (409, "conversationLocked")
        assert api.stream_status(api.conversation()) == 200
        assert api.http.delete(f"{conversation}/message-streams").json() == {}
        received = first + joined(events)
    _, kept = api.listed(f"{conversation}/messages")
    assert kept["text"].startswith(received)
    assert len(received.split()) < 300
    assert api.http.delete(f"{conversation}/message-streams").status_code == 200
    assert api.stream_status(conversation) == 200


def test_a_client_that_goes_away_frees_the_lock(api: Caller) -> None:
    """The server notices a disconnect at one of the next deltas."""
    conversation = api.conversation()
    with api.stream(conversation, new_message("at least 2000 words")) as (_, events):
        next(events)
    deadline = time.monotonic() + 3
    while (status := api.stream_status(conversation)) == 409 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert status == 200


def test_one_of_many_streams_gets_through(api: Caller) -> None:
    """Of streams opened at once in one conversation, one is 200 and the others 409."""
    conversation = api.conversation()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(api.stream_status, [conversation] * 6))
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]


def test_a_stream_can_be_made_to_fail(api: Caller) -> None:
    """What the header of a create announces makes a stream end in an error, without a lock."""
    created = api.create()
    conversation = f"/conversations/{created.json()['id']}"
    with api.stream(conversation, new_message(created.headers["X-Failing-Message"])) as (_, events):
        assert [name for name, _ in events] == ["delta", "delta", "error"]
    assert api.stream_status(conversation) == 200


def test_steering_shows_in_the_reply(api: Caller) -> None:
    """A personality wins over a brand voice, null clears, an omitted field stays, a refused patch changes nothing."""
    conversation = api.conversation(personality="canary", brandVoiceId="7", targetAudienceId="8")
    assert api.says(conversation).startswith("canary\naudience 8\n")
    assert api.http.patch(conversation, json={"personality": "crow", "personalityId": "x"}).status_code == 422
    assert api.http.patch(conversation, json={"targetAudienceId": None}).json() == {}
    assert api.says(conversation).startswith("canary\nOK")
    api.http.patch(conversation, json={"personality": None})
    assert api.says(conversation).startswith("voice 7\nOK")


def test_pages_add_up(api: Caller) -> None:
    """The envelope is right, and the pages joined are the list."""
    for _ in range(7):
        api.create()
    page = api.http.get("/conversations", params={"page": 2, "size": 3}).json()["page"]
    assert page == {"size": 3, "totalElements": 7, "totalPages": 3, "currentPage": 2}
    pages = [api.listed("/conversations", page=number, size=3) for number in (1, 2, 3)]
    assert [element for page in pages for element in page] == api.listed("/conversations")


@pytest.mark.parametrize(
    ("token", "workspace", "status"),
    [
        ("no-token", "demo", 401),
        ("expired:anna@demo", "demo", 401),
        ("anna@acme", "demo", 403),
        ("anna@demo", "acme", 403),
        ("anna@demo", "demo", 404),
    ],
)
def test_nobody_else_gets_in(base: str, api: Caller, token: str, workspace: str, status: int) -> None:
    """No token 401, another workspace 403, a colleague 404."""
    conversation = api.conversation()
    with calling(base, token=token, workspace=workspace) as other:
        assert other.http.get(f"{conversation}/messages").status_code == status


@pytest.mark.parametrize(
    "text",
    ["\0", "'; --", "\u2028", "\ud800", "🙂" * 30_000, ""],
    ids=["nul", "quote", "line", "half", "long", "empty"],
)
def test_every_text_comes_back_as_it_was_sent(api: Caller, text: str) -> None:
    """No input is too odd."""
    conversation = api.conversation()
    body = json.dumps(new_message(text))
    assert api.http.post(
        f"{conversation}/messages", content=body, headers={"Content-Type": "application/json"}
    ).is_success
    assert api.listed(f"{conversation}/messages")[0]["text"] == text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff", 400),
        (b"[" * 9999, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"personality":1}', 422),
    ],
)
def test_bad_bodies_are_refused(api: Caller, content: bytes, status: int) -> None:
    """400 for what is not JSON, 422 with all that is wrong for what is not valid."""
    headers = {"Content-Type": "application/json"}
    answer = api.http.patch(api.conversation(), content=content, headers=headers)
    assert answer.status_code == status
    assert ("errors" in answer.json()) == (status == 422)


def test_defect_total_pages_one_more_on_exact_multiple(broken: Caller) -> None:
    """Two elements at size 2 are said to be two pages."""
    broken.create(), broken.create()
    assert broken.http.get("/conversations?size=2").json()["page"]["totalPages"] == 2


def test_defect_element_twice_at_odd_sizes(broken: Caller) -> None:
    """The third of four elements is on both pages of size 3."""
    for _ in range(4):
        broken.create()
    first, second = (broken.listed("/conversations", size=3, page=page) for page in (1, 2))
    assert first[-1] == second[0]


def test_defect_pages_filtered_after_cutting(broken: Caller) -> None:
    """The newest two are a colleague's, so that the first page of two is empty."""
    broken.create()
    with calling(broken.url) as colleague:
        colleague.create(), colleague.create()
    assert broken.listed("/conversations", size=2) == []


def test_defect_refused_patch_half_applied(broken: Caller) -> None:
    """The personality of a refused patch steers."""
    conversation = broken.conversation()
    assert broken.http.patch(conversation, json={"personality": "crow", "brandVoiceId": 7}).status_code == 422
    assert "crow" in broken.says(conversation)


def test_defect_omitted_is_cleared(broken: Caller) -> None:
    """A patch of the audience takes the personality away."""
    conversation = broken.conversation(personality="canary")
    broken.http.patch(conversation, json={"targetAudienceId": "8"})
    assert "canary" not in broken.says(conversation)


def test_defect_replay_answers_the_newest(broken: Caller) -> None:
    """After a second turn the first id gets the second reply."""
    conversation, message = broken.conversation(), new_message()
    broken.send(conversation, message)
    newest = broken.send(conversation, new_message()).json()
    assert broken.send(conversation, message).json() == newest


def test_defect_ids_are_everyones(broken: Caller) -> None:
    """A colleague with the same message id gets my reply."""
    message = new_message()
    reply = broken.send(broken.conversation(), message).json()
    with calling(broken.url) as colleague:
        assert colleague.send(colleague.conversation(), message).json() == reply


def test_defect_refused_request_burns_its_id(broken: Caller) -> None:
    """What is put right and sent again is refused."""
    conversation, message = broken.conversation(), new_message()
    assert broken.send(conversation, message | {"text": None}).status_code == 422
    assert broken.send(conversation, message).status_code == 422


def test_defect_text_normalised(broken: Caller) -> None:
    """A letter with a combining accent comes back as one."""
    conversation = broken.conversation()
    broken.send(conversation, new_message("e\u0301"))
    assert broken.listed(f"{conversation}/messages")[0]["text"] == "\u00e9"


def test_defect_lock_looked_at_then_taken(broken: Caller) -> None:
    """Several of many streams get through."""
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(broken.stream_status, [broken.conversation()] * 6))
    assert statuses.count(200) > 1


def test_defect_lock_kept_for_ever_after_disconnect(broken: Caller) -> None:
    """A second after the client has gone, and after a cancel, the conversation is locked."""
    conversation = broken.conversation()
    with broken.stream(conversation, new_message(LONG)) as (_, events):
        next(events)
    time.sleep(1)
    assert broken.http.delete(f"{conversation}/message-streams").status_code == 200
    assert broken.stream_status(conversation) == 409


def test_defect_idle_cancel_ends_the_next_stream(broken: Caller) -> None:
    """A stream after an idle cancel closes after its first delta."""
    conversation = broken.conversation()
    broken.http.delete(f"{conversation}/message-streams")
    with broken.stream(conversation, new_message()) as (_, events):
        assert [name for name, _ in events] == ["delta"]


def test_defect_cancel_keeps_all_but_the_last_delta(broken: Caller) -> None:
    """The kept part does not begin with what was received."""
    conversation = broken.conversation()
    with broken.stream(conversation, new_message(LONG)) as (_, events):
        received = "".join(next(events)[1]["delta"] for _ in range(5))
        broken.http.delete(f"{conversation}/message-streams")
        received += joined(events)
    assert not broken.listed(f"{conversation}/messages")[1]["text"].startswith(received)


def test_defect_deltas_lose_spaces(broken: Caller) -> None:
    """The deltas joined are the final text without its spaces."""
    with broken.stream(broken.conversation(), new_message()) as (_, events):
        received = list(events)
    assert joined(iter(received)) == received[-1][1]["message"]["text"].replace(" ", "")


def test_defect_bad_stream_request_keeps_the_lock(broken: Caller) -> None:
    """After a bad request the conversation is locked."""
    conversation = broken.conversation()
    assert broken.http.post(f"{conversation}/message-streams", json={}).status_code == 422
    assert broken.stream_status(conversation) == 409


def test_defect_no_token_needed_to_list_messages(broken: Caller) -> None:
    """Without a token the messages can be read."""
    conversation = broken.conversation()
    assert httpx.get(f"{broken.http.base_url}{conversation[1:]}/messages").status_code == 200


@pytest.mark.parametrize("bundle", BUNDLES)
def test_variants_go_together(bundle: str) -> None:
    """A turn, a stream and a list work in each bundle of variants."""
    with running_backend([bundle]) as url, calling(url) as api:
        conversation = f"/conversations/{quote(api.create().json()['id'], safe='')}"
        assert api.send(conversation, new_message()).status_code == 200
        response = api.http.post(f"{conversation}/message-streams", json=new_message())
        assert response.status_code == 409 or '"message"' in response.text
        assert len(api.listed(f"{conversation}/messages")) >= 2


def test_every_clause_has_a_defect() -> None:
    """What the contract demands, some defect breaks; and no defect or variant names a clause that is none."""
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    parts = [contract, *(part for path in contract["paths"].values() for part in path.values())]
    levels = {
        clause["id"]: clause["level"]
        for part in parts
        if isinstance(part, dict)
        for clause in part.get("x-clauses", [])
    }
    broken_first = {defect.clauses[0] for defect in DEFECTS.values()}
    broken = {clause for defect in DEFECTS.values() for clause in defect.clauses}
    assert {clause for clause, level in levels.items() if level == "must"} <= broken_first
    assert {clause for clause, level in levels.items() if level == "should"} <= broken
    assert broken <= set(levels)
    assert all(levels[clause] == "should" for variant in VARIANTS.values() for clause in variant.clauses)


def test_the_command_names_everything() -> None:
    """`--list` has a line for each variant and each defect."""
    command = [sys.executable, "-m", "tests.backend", "--list"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=15).stdout
    names = {line.split()[0].rstrip(":") for line in listed.splitlines() if line.startswith("  ")}
    assert names == {*VARIANTS, *DEFECTS, *BUNDLES}
