"""MOD-1: any sequence of operations agrees with a small model of the clauses.

The model is what a reader of the contract would write down: per conversation its messages, which message ids have a
reply, and whether a stream is active. It knows nothing of leases, tables or pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mockserver.clock import SandboxClock
from mockserver.rules.errors import ConversationLocked
from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Owner, Prompt, Steering, SteeringPatch
from mockserver.store.base import Generation, Lease, NewConversation, Replay
from mockserver.store.memory import MemoryStore

OWNERS = [Owner("demo", "alice"), Owner("demo", "bob"), Owner("acme", "alice")]
WHICH = st.sampled_from([0, 0, 0, 1, 2])
"""Which conversation: mostly the first, so that much happens to one of them."""

T = TypeVar("T")


@dataclass
class Chat:
    """A conversation as the model sees it."""

    id: str
    owner: Owner
    messages: list[tuple[str, str]] = field(default_factory=list)
    """(source, text), oldest first."""
    places: dict[str, int] = field(default_factory=dict)
    """Where the user's message of an id stands."""
    replies: dict[str, str] = field(default_factory=dict)
    stream: tuple[Lease, str, str | None] | None = None
    """The active stream: its lease, its message id, and what it has produced (None for a replay)."""
    personality: str | None = None


class Conversations(RuleBasedStateMachine):
    """Plays operations on the store and on the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        clock = SandboxClock()
        self.store = MemoryStore(0, lambda _: clock)
        self.chats: list[Chat] = []

    def teardown(self) -> None:
        """End the event loop."""
        self.runner.close()

    def run(self, call: Awaitable[T]) -> T:
        """The result of an operation of the store."""

        async def awaited() -> T:
            return await call

        return self.runner.run(awaited())

    def chat(self, number: int) -> Chat:
        """One of the conversations; the first is made when it is asked for."""
        if not self.chats:
            self.create(OWNERS[0])
        return self.chats[number % len(self.chats)]

    @precondition(lambda self: len(self.chats) < 5)
    @rule(owner=st.sampled_from(OWNERS))
    def create(self, owner: Owner) -> None:
        """CRE-1: a new conversation, with an id that no other has."""
        made = self.run(self.store.create_conversation(NewConversation(owner, None, None, Steering())))
        assert made.id not in {chat.id for chat in self.chats}
        self.chats.append(Chat(made.id, owner))

    @rule(
        number=WHICH,
        id_=st.sampled_from("abcd"),
        text=st.sampled_from(["Hi", "Well"]),
        stream=st.booleans(),
        fails=st.booleans(),
    )
    def take_a_turn(self, number: int, id_: str, text: str, stream: bool, fails: bool) -> None:
        """A message, new or known, by either way: refused, replayed, or generated."""
        chat = self.chat(number)
        channel = Channel.STREAM if stream else Channel.SYNC
        if chat.stream is not None and (stream or (id_ not in chat.replies and id_ != chat.stream[1])):
            with pytest.raises(ConversationLocked):
                self.run(self.store.begin_turn(chat.owner, chat.id, Prompt(id_, text), channel))
            return
        begun = self.run(self.store.begin_turn(chat.owner, chat.id, Prompt(id_, text), channel))
        if id_ in chat.replies:
            assert isinstance(begun, Replay)
            assert begun.reply.text == chat.replies[id_]
            if begun.lease:
                chat.stream = (begun.lease, id_, None)
        elif isinstance(begun, Generation):
            assert begun.conversation.steering.personality == chat.personality
            self.generate(chat, begun, Prompt(id_, text), stream=stream, fails=fails)
        else:  # it is the message of the active stream: IDM-7 has it wait
            assert chat.stream is not None
            assert chat.stream[1] == id_

    def generate(self, chat: Chat, begun: Generation, prompt: Prompt, *, stream: bool, fails: bool) -> None:
        """The user's message is listed, once; the reply when it is there."""
        if prompt.id in chat.places:
            chat.messages[chat.places[prompt.id]] = ("user", prompt.text)
        else:
            chat.places[prompt.id] = len(chat.messages)
            chat.messages.append(("user", prompt.text))
        if stream:
            chat.stream = (begun.lease, prompt.id, "")
            return
        reply = f"reply {len(chat.messages)}"
        self.run(self.store.produce(begun.lease, [reply]))
        self.run(self.store.end_turn(begun.lease, Ending.FAILED if fails else Ending.FINISHED))
        if not fails:
            self.answer(chat, prompt.id, reply)

    def answer(self, chat: Chat, id_: str, reply: str) -> None:
        """The reply stays."""
        chat.replies[id_] = reply
        chat.messages.append(("assistant", reply))

    @rule(number=WHICH, fragment=st.sampled_from(["some ", "words"]))
    def produce(self, number: int, fragment: str) -> None:
        """A delta."""
        chat = self.chat(number)
        if chat.stream is not None and chat.stream[2] is not None:
            lease, id_, text = chat.stream
            assert self.run(self.store.produce(lease, [fragment]))
            chat.stream = (lease, id_, (text or "") + fragment)

    @rule(number=WHICH, ending=st.sampled_from([e for e in Ending if e is not Ending.CANCELLED]))
    def end(self, number: int, ending: Ending) -> None:
        """A stream ends, in whatever way; LCK-4, LCK-7 to LCK-9."""
        chat = self.chat(number)
        if chat.stream is None or (ending is Ending.FINISHED and chat.stream[2] == ""):
            return
        self.run(self.store.end_turn(chat.stream[0], ending))
        self.after_the_stream(chat, keeps=ending is not Ending.FAILED)

    @rule(number=WHICH)
    def cancel(self, number: int) -> None:
        """CAN-1 to CAN-3: also where there is no stream."""
        chat = self.chat(number)
        self.run(self.store.cancel_stream(chat.owner, chat.id))
        if chat.stream is not None:
            assert not self.run(self.store.produce(chat.stream[0], ["too late"]))
            self.after_the_stream(chat, keeps=True)

    def after_the_stream(self, chat: Chat, *, keeps: bool) -> None:
        """What was produced is the reply, if it is kept and there is any."""
        assert chat.stream is not None
        _, id_, text = chat.stream
        chat.stream = None
        if text and keeps:
            self.answer(chat, id_, text)

    @rule(number=WHICH, personality=st.sampled_from(["a pirate", None]))
    def patch(self, number: int, personality: str | None) -> None:
        """PAT-3, PAT-5: seen by the next generation."""
        chat = self.chat(number)
        self.run(self.store.patch_conversation(chat.owner, chat.id, SteeringPatch(personality=personality)))
        chat.personality = personality

    @invariant()
    def the_lists_agree(self) -> None:
        """LST-1, LST-2, MSG-3, PAG-5 to PAG-7: whatever the size of the pages."""
        for owner in OWNERS:
            own = [chat.id for chat in self.chats if chat.owner == owner]
            walked: list[str] = []
            for number in range(1, len(own) // 2 + 2):
                page = self.run(self.store.list_conversations(owner, number, 2))
                assert page.total_elements == len(own)
                walked += [conversation.id for conversation in page.elements]
            assert walked == own[::-1]
        for chat in self.chats:
            messages = self.run(self.store.list_messages(chat.owner, chat.id, 1, 100)).elements
            assert [(message.source.value, message.text) for message in messages] == chat.messages


@pytest.mark.clause("MOD-1")
def test_any_sequence_of_operations_agrees_with_the_model() -> None:
    """Creates, turns, replays, streams, cancels, patches and page walks, in any order."""
    run_state_machine_as_test(Conversations, settings=settings(max_examples=100, stateful_step_count=40, deadline=None))
