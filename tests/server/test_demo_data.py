"""What a fresh server holds: the demo's conversations, with the unusual ones on the first page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.client import Client
from mockserver.server import BackgroundServer

from .given import JsonObject, count_conversations, listed, make_client, make_server, say


@pytest.fixture(scope="module")
def fresh() -> Iterator[BackgroundServer]:
    """A server as it starts by default, but for its pace."""
    with make_server(empty=False, speed="instant") as server:
        yield server


@pytest.fixture
def demo(fresh: BackgroundServer) -> Iterator[Client]:
    """The caller who has the conversations."""
    client = make_client(fresh, "demo", "demo")
    yield client
    client.close()


def everything(client: Client) -> list[JsonObject]:
    """All of a caller's conversations."""
    pages = [client.list_conversations(page=page, size=100).json()["data"] for page in (1, 2)]
    return [conversation for page in pages for conversation in page]


@pytest.mark.clause("PAG-2", "PAG-4", "PAG-7")
def test_there_is_more_than_a_page(demo: Client) -> None:
    """137 conversations: seven pages of the default size, and two of the largest."""
    assert demo.list_conversations().json()["page"] == {
        "size": 20,
        "totalElements": 137,
        "totalPages": 7,
        "currentPage": 1,
    }
    assert len({conversation["id"] for conversation in everything(demo)}) == 137


@pytest.mark.clause("LST-1")
def test_the_newest_is_first(demo: Client) -> None:
    """They are listed by their time, the newest first, some with a fraction of a second and some without."""
    instants = [conversation["createdAt"] for conversation in everything(demo)]
    assert instants == sorted(instants, reverse=True)
    assert {"." in instant for instant in instants} == {True, False}


@pytest.mark.clause("LST-2", "CRE-5")
def test_some_are_older_than_the_author_field(demo: Client) -> None:
    """The oldest have no `legacyCustomerId`, and are their author's all the same; all others have their author's."""
    customers = [conversation["legacyCustomerId"] for conversation in everything(demo)]
    number = demo.create_conversation().json()["legacyCustomerId"]
    assert customers[-13:] == [None] * 13
    assert set(customers[:-13]) == {number}


@pytest.mark.clause("CRE-3", "CRE-4")
def test_reads_show_a_model_that_is_no_longer_accepted(demo: Client) -> None:
    """Reads still show a name that create refuses now, and null for the service's default."""
    models = {conversation["modelName"] for conversation in everything(demo)}
    assert {"text-davinci-003", None, "gpt-4"} <= models
    assert demo.create_conversation({"modelName": "text-davinci-003"}).status == 422


@pytest.mark.clause("MSG-2", "MSG-3", "MSG-5")
def test_every_conversation_is_made_of_turns(demo: Client) -> None:
    """A user's message and a reply by turns, in the order of their time, none empty, all ids different."""
    seen: set[str] = set()
    for conversation in everything(demo)[:30]:
        messages = listed(demo, conversation["id"])
        assert [found["source"] for found in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert [found["createdAt"] for found in messages] == sorted(found["createdAt"] for found in messages)
        assert all(found["text"].strip() and found["createdAt"] > conversation["createdAt"] for found in messages)
        assert seen.isdisjoint(found["id"] for found in messages)
        seen |= {found["id"] for found in messages}


@pytest.mark.clause("PAG-5", "PAG-6")
def test_one_is_long_and_one_is_empty(demo: Client) -> None:
    """Near the top there is one with pages of messages, one with none, one written right to left, one with emoji."""
    newest = everything(demo)[:10]
    totals = [demo.list_messages(conversation["id"]).json()["page"]["totalElements"] for conversation in newest]
    texts = ["".join(found["text"] for found in listed(demo, conversation["id"])) for conversation in newest]
    assert max(totals) == 320
    assert min(totals) == 0
    assert any("مرحبا" in text for text in texts)
    assert any("👩🏽‍💻" in text for text in texts)


@pytest.mark.clause("IDM-1", "MSG-3")
def test_they_can_be_continued_and_replayed(demo: Client) -> None:
    """A demo's turn is replayed by its id, and the conversation can be gone on with."""
    conversation_id = everything(demo)[20]["id"]
    before = listed(demo, conversation_id)
    replay = {"id": before[0]["id"], "text": "whatever", "createdAt": "2026-05-01T09:00:00"}
    assert demo.send_message(conversation_id, replay).json() == before[1]
    reply = say(demo, conversation_id, "And then?")
    assert listed(demo, conversation_id)[: len(before)] == before
    assert listed(demo, conversation_id)[-1] == reply


@pytest.mark.clause("LST-2", "AUT-5")
@pytest.mark.parametrize(("caller", "workspace"), [("alice", "demo"), ("demo", "elsewhere")])
def test_they_are_the_demos_alone(fresh: BackgroundServer, caller: str, workspace: str) -> None:
    """Other callers, and the caller's namesake in another workspace, begin with none."""
    client = make_client(fresh, caller, workspace)
    assert count_conversations(client) == 0
    client.close()


@pytest.mark.parametrize(
    ("settings", "count"), [({"empty": True}, 0), ({"demo_conversations": 0}, 0), ({"demo_conversations": 3}, 3)]
)
def test_how_many_is_a_setting(settings: JsonObject, count: int) -> None:
    """`demo_conversations` says how many there are, `empty` that there are none."""
    with make_server(None, **{"speed": "instant", "empty": False, **settings}) as server:
        demo = make_client(server, "demo")
        assert count_conversations(demo) == count
        demo.close()
