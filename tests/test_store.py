"""The store in memory: whole steps of the rules, atomic, and a page costs the page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mockserver.clock import START, STEP, SandboxClock
from mockserver.rules.errors import ConversationLocked, ConversationNotFound
from mockserver.rules.pagination import take_page
from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Conversation, Owner, Prompt, Source, Steering, SteeringPatch
from mockserver.store.base import Generation, InProgress, NewConversation, Replay
from mockserver.store.memory import MemoryStore

ALICE = Owner("demo", "alice")
Scenario = Callable[[MemoryStore, Conversation], Awaitable[Any]]


def play(scenario: Scenario) -> Any:
    """Run a scenario on a fresh store with one conversation of Alice's."""

    async def run() -> Any:
        clock = SandboxClock()
        store = MemoryStore(0, lambda _: clock)
        conversation = await store.create_conversation(NewConversation(ALICE, 1, None, Steering()))
        return await asyncio.wait_for(scenario(store, conversation), timeout=5)

    return asyncio.run(run())


async def texts(store: MemoryStore, conversation: Conversation) -> list[tuple[str, str]]:
    """The messages of a conversation, as source and text."""
    page = await store.list_messages(ALICE, conversation.id, 1, 100)
    return [(message.source.value, message.text) for message in page.elements]


async def begin(store: MemoryStore, conversation: Conversation, channel: Channel, message_id: str = "m") -> Generation:
    """A turn that generates."""
    begun = await store.begin_turn(ALICE, conversation.id, Prompt(message_id, f"text of {message_id}"), channel)
    assert isinstance(begun, Generation)
    return begun


@pytest.mark.clause("CAN-3", "LCK-5")
def test_a_cancel_keeps_what_was_produced_and_ends_the_lease() -> None:
    """The lease can do nothing afterwards: what comes late is neither kept nor sent."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        begun = await begin(store, conversation, Channel.STREAM)
        assert await store.produce(begun.lease, ["Hello ", "wor"])
        await store.cancel_stream(ALICE, conversation.id)
        assert not await store.produce(begun.lease, ["ld"])
        assert await store.end_turn(begun.lease, Ending.FINISHED) is None
        assert await texts(store, conversation) == [("user", "text of m"), ("assistant", "Hello wor")]

    play(scenario)


@pytest.mark.clause("CAN-1")
def test_an_ended_lease_cannot_end_the_stream_that_came_after_it() -> None:
    """The slow end of a cancelled stream does no harm to the next one."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        first = await begin(store, conversation, Channel.STREAM, "one")
        await store.cancel_stream(ALICE, conversation.id)
        second = await begin(store, conversation, Channel.STREAM, "two")
        await store.end_turn(first.lease, Ending.CLIENT_GONE)
        with pytest.raises(ConversationLocked):
            await begin(store, conversation, Channel.STREAM, "three")
        assert await store.produce(second.lease, ["still here"])

    play(scenario)


@pytest.mark.clause("LCK-9")
@pytest.mark.parametrize("channel", Channel)
def test_a_failed_turn_leaves_no_lock_and_its_id_free(channel: Channel) -> None:
    """The user's message stays, once; the next try answers it."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        failed = await begin(store, conversation, channel)
        await store.produce(failed.lease, ["half a"])
        assert await store.end_turn(failed.lease, Ending.FAILED) is None
        again = await begin(store, conversation, Channel.STREAM)
        assert list(again.history) == []
        await store.produce(again.lease, ["whole"])
        await store.end_turn(again.lease, Ending.FINISHED)
        assert await texts(store, conversation) == [("user", "text of m"), ("assistant", "whole")]

    play(scenario)


@pytest.mark.clause("IDM-7")
def test_who_waits_for_a_reply_is_woken_by_its_end() -> None:
    """And finds the reply there."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        begun = await begin(store, conversation, Channel.SYNC)
        second = await store.begin_turn(ALICE, conversation.id, Prompt("m", "other"), Channel.SYNC)
        assert second == InProgress(begun.lease)
        waiter = asyncio.create_task(store.wait(begun.lease))
        await store.produce(begun.lease, ["reply"])
        reply = await store.end_turn(begun.lease, Ending.FINISHED)
        await waiter
        assert reply is not None
        replay = await store.begin_turn(ALICE, conversation.id, Prompt("m", "other"), Channel.SYNC)
        assert replay == Replay(reply, None)

    play(scenario)


@pytest.mark.clause("IDM-5", "LCK-1")
def test_a_replayed_stream_holds_the_lock_and_leaves_the_reply_alone() -> None:
    """Cancelled or not."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        begun = await begin(store, conversation, Channel.SYNC)
        await store.produce(begun.lease, ["reply"])
        await store.end_turn(begun.lease, Ending.FINISHED)
        replay = await store.begin_turn(ALICE, conversation.id, Prompt("m", ""), Channel.STREAM)
        assert isinstance(replay, Replay)
        with pytest.raises(ConversationLocked):
            await store.begin_turn(ALICE, conversation.id, Prompt("m", ""), Channel.STREAM)
        await store.cancel_stream(ALICE, conversation.id)
        assert await texts(store, conversation) == [("user", "text of m"), ("assistant", "reply")]

    play(scenario)


@pytest.mark.clause("AUT-3", "AUT-5", "MSG-9")
@pytest.mark.parametrize("stranger", [Owner("other", "alice"), Owner("demo", "bob")])
def test_nobody_else_reaches_a_conversation(stranger: Owner) -> None:
    """Neither through another workspace nor as a colleague, by any operation."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        for attempt in (
            store.list_messages(stranger, conversation.id, 1, 20),
            store.patch_conversation(stranger, conversation.id, SteeringPatch(personality="x")),
            store.begin_turn(stranger, conversation.id, Prompt("m", ""), Channel.SYNC),
            store.cancel_stream(stranger, conversation.id),
        ):
            with pytest.raises(ConversationNotFound):
                await attempt
        assert (await store.list_conversations(stranger, 1, 20)).total_elements == 0

    play(scenario)


@pytest.mark.clause("PAT-7")
def test_the_list_shows_a_patched_conversation_in_its_place() -> None:
    """With its new steering, for those who look inside."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        await store.create_conversation(NewConversation(ALICE, 1, None, Steering()))
        await store.patch_conversation(ALICE, conversation.id, SteeringPatch(personality="a pirate"))
        listed = (await store.list_conversations(ALICE, 1, 20)).elements
        assert [element.steering.personality for element in listed] == [None, "a pirate"]

    play(scenario)


def test_the_history_holds_as_many_messages_as_the_context_can() -> None:
    """MSG-8: no message is shorter than a token, so a context of n tokens needs n messages at the most."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        for n in range(3):
            begun = await begin(store, conversation, Channel.SYNC, f"m{n}")
            await store.produce(begun.lease, ["reply"])
            await store.end_turn(begun.lease, Ending.FINISHED)
        sizes = {}
        for size in (-5, 0, 1, 4, 1000):
            begun_again = await store.begin_turn(ALICE, conversation.id, Prompt(f"x{size}", "", (), size), Channel.SYNC)
            assert isinstance(begun_again, Generation)
            sizes[size] = len(begun_again.history)
        assert (sizes[-5], sizes[0], sizes[1], sizes[4]) == (0, 0, 1, 4)
        assert sizes[1000] >= 6

    play(scenario)


def test_a_reset_forgets_one_workspace_and_ends_its_streams() -> None:
    """The others do not notice."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        bob = Owner("other", "bob")
        kept = await store.create_conversation(NewConversation(bob, None, None, Steering()))
        begun = await begin(store, conversation, Channel.STREAM)
        await store.reset("demo")
        await store.wait(begun.lease)
        assert not await store.produce(begun.lease, ["late"])
        assert (await store.list_conversations(ALICE, 1, 20)).total_elements == 0
        assert (await store.list_conversations(bob, 1, 20)).elements == [kept]

    play(scenario)


@pytest.mark.clause("MSG-2", "IDM-8")
def test_a_retry_that_says_something_else_is_listed_as_it_is_answered() -> None:
    """A try before it left the message without a reply; in its place stands what was answered."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        await begin(store, conversation, Channel.STREAM)
        await store.cancel_stream(ALICE, conversation.id)
        begun = await store.begin_turn(ALICE, conversation.id, Prompt("m", "put right"), Channel.SYNC)
        assert isinstance(begun, Generation)
        await store.produce(begun.lease, ["reply"])
        await store.end_turn(begun.lease, Ending.FINISHED)
        assert await texts(store, conversation) == [("user", "put right"), ("assistant", "reply")]

    play(scenario)


def test_a_lease_from_before_a_reset_can_do_nothing_after_it() -> None:
    """The same requests make the same ids again: a call that was left over must not answer for the next test."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        left_over = await begin(store, conversation, Channel.SYNC)
        await store.reset()
        same = await store.create_conversation(NewConversation(ALICE, 1, None, Steering()))
        assert same.id == conversation.id
        begun = await begin(store, same, Channel.SYNC)
        assert not await store.produce(left_over.lease, ["old"])
        assert await store.end_turn(left_over.lease, Ending.FINISHED) is None
        assert await store.produce(begun.lease, ["new"])
        reply = await store.end_turn(begun.lease, Ending.FINISHED)
        assert reply is not None
        assert reply.text == "new"

    play(scenario)


def test_timestamps_count_the_writes_of_their_own_conversation() -> None:
    """What happens elsewhere meanwhile does not show: the same requests get the same answers."""

    async def scenario(store: MemoryStore, conversation: Conversation) -> None:
        await store.create_conversation(NewConversation(Owner("demo", "bob"), None, None, Steering()))
        begun = await begin(store, conversation, Channel.SYNC)
        await store.produce(begun.lease, ["reply"])
        await store.end_turn(begun.lease, Ending.FINISHED)
        messages = (await store.list_messages(ALICE, conversation.id, 1, 20)).elements
        assert conversation.created_at == START + STEP
        assert [message.created_at for message in messages] == [START + 2 * STEP, START + 3 * STEP]
        assert [message.source for message in messages] == [Source.USER, Source.ASSISTANT]

    play(scenario)


class CountingList(list[int]):
    """A list that counts the elements it hands out."""

    handed_out = 0

    def __getitem__(self, key: Any) -> Any:
        taken = super().__getitem__(key)
        self.handed_out += len(taken) if isinstance(key, slice) else 1
        return taken


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("number", [1, 500, 1000])
def test_a_page_costs_the_page_and_not_the_collection(number: int, newest_first: bool) -> None:
    """PAG-5: 20 of 20,000 touch 20 elements, on the first page, in the middle and on the last."""
    collection = CountingList(range(20_000))
    take_page(collection, number, 20, newest_first=newest_first)
    assert collection.handed_out == 20
