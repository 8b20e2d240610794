"""LST: the caller's own conversations, the newest first."""

from __future__ import annotations

import pytest

from conformance.client import Client
from mockserver.server import BackgroundServer

from .given import MakeCaller, count_conversations, make_client, make_server, new_conversation, say


@pytest.mark.clause("LST-1")
def test_the_newest_comes_first(alice: Client) -> None:
    """Newest first, by the order of their creation and by `createdAt`."""
    ids = [new_conversation(alice) for _ in range(5)]
    data = alice.list_conversations().json()["data"]
    assert [conversation["id"] for conversation in data] == ids[::-1]
    assert [c["createdAt"] for c in data] == sorted((c["createdAt"] for c in data), reverse=True)


@pytest.mark.clause("LST-1")
def test_by_the_wall_clock_too() -> None:
    """Stable where timestamps tie: the wall clock's may, and the order stays that of creation."""
    with make_server(speed="instant", clock="wall") as server:
        alice = make_client(server)
        ids = [new_conversation(alice) for _ in range(10)]
        listings = [alice.list_conversations() for _ in range(2)]
        alice.close()
    assert [conversation["id"] for conversation in listings[0].json()["data"]] == ids[::-1]
    assert listings[0].body == listings[1].body


@pytest.mark.clause("LST-1", "PAT-7")
def test_turns_and_patches_move_nothing(alice: Client) -> None:
    """The order is that of creation: what happens in a conversation later does not bring it up."""
    ids = [new_conversation(alice) for _ in range(3)]
    before = alice.list_conversations()
    say(alice, ids[0])
    alice.patch_conversation(ids[1], {"personality": "a pirate"})
    assert alice.list_conversations().body == before.body


@pytest.mark.clause("LST-2")
def test_only_the_callers_own_are_listed(instant_server: BackgroundServer, call_as: MakeCaller) -> None:
    """Only what the caller authored in this workspace is listed, and counted."""
    alice, bob, elsewhere = call_as(instant_server), call_as(instant_server, "bob"), "another-workspace-of-alice"
    mine = new_conversation(alice)
    new_conversation(bob)
    new_conversation(call_as(instant_server, "alice", workspace=elsewhere))
    page = alice.list_conversations().json()
    assert [conversation["id"] for conversation in page["data"]] == [mine]
    assert page["page"]["totalElements"] == 1


@pytest.mark.clause("LST-2")
def test_a_caller_who_made_none_has_none(instant_server: BackgroundServer, call_as: MakeCaller) -> None:
    """A caller whose colleagues are busy has an empty list all the same."""
    new_conversation(call_as(instant_server, "bob"))
    assert count_conversations(call_as(instant_server, "carol")) == 0


@pytest.mark.clause("LST-3")
def test_an_element_equals_what_create_answered(alice: Client) -> None:
    """A new conversation is on the first page at once, as its creation answered it."""
    for body in (None, {"modelName": "gpt-4"}, {"personality": "short"}):
        created = alice.create_conversation(body)
        assert alice.list_conversations(size=1).json()["data"] == [created.json()]
