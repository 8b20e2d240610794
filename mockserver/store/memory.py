"""The default store: everything in the memory of one process, in one event loop.

No operation awaits anything between its first look and its last write, which makes each of them atomic.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from mockserver.clock import START, Clock
from mockserver.ids import make_id
from mockserver.rules.errors import ConversationNotFound
from mockserver.rules.pagination import take_page
from mockserver.rules.patch import apply_patch
from mockserver.rules.turn import Channel, Decision, Ending, Lock, LockEvent, Turn, decide, end_turn, step_lock
from mockserver.rules.values import Conversation, Message, Owner, Page, Prompt, Source, SteeringPatch
from mockserver.store.base import Generation, InProgress, Lease, NewConversation, Replay


@dataclass(slots=True)
class _TurnRecord:
    """One message id of a conversation: how far its turn has come, and its reply once there is one."""

    state: Turn = Turn.NEW
    position: int = 0
    """Where the user's message stands among the messages."""
    reply: Message | None = None


@dataclass(slots=True)
class _LeaseRecord:
    """A lease that has not ended: what it produced, and who waits for its end."""

    channel: Channel
    generates: bool
    produced: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _ConversationRecord:
    conversation: Conversation
    messages: list[Message] = field(default_factory=list)
    turns: dict[str, _TurnRecord] = field(default_factory=dict)
    lock: Lock = Lock.FREE
    stream: Lease | None = None
    leases: dict[Lease, _LeaseRecord] = field(default_factory=dict)


@dataclass(slots=True)
class _Workspace:
    """The sandbox of one workspace: its conversations by id, and per author in the order of their creation."""

    conversations: dict[str, _ConversationRecord] = field(default_factory=dict)
    by_author: dict[str, list[_ConversationRecord]] = field(default_factory=lambda: defaultdict(list))
    created: int = 0


class MemoryStore:
    """A `mockserver.store.base.Store` in memory; see there for what each operation promises."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._clock = clock
        self._workspaces: dict[str, _Workspace] = defaultdict(_Workspace)
        self._attempts = count(1)  # never begun anew: a lease from before a reset equals none that comes after it

    async def create_conversation(self, new: NewConversation) -> Conversation:
        """See `Store.create_conversation`."""
        workspace = self._workspaces[new.owner.workspace]
        workspace.created += 1
        conversation = Conversation(
            id=make_id(self._seed, "conversation", new.owner.workspace, str(workspace.created)),
            owner=new.owner,
            created_at=self._clock.instant(START, workspace.created),
            model_name=new.model_name,
            legacy_customer_id=new.legacy_customer_id,
            steering=new.steering,
        )
        self.insert(conversation, ())
        return conversation

    def insert(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Put a conversation in as it is, with whole turns as its messages; the newest comes last."""
        workspace = self._workspaces[conversation.owner.workspace]
        record = _ConversationRecord(conversation, list(messages))
        for position in range(0, len(messages), 2):
            record.turns[messages[position].id] = _TurnRecord(Turn.ANSWERED, position, messages[position + 1])
        workspace.conversations[conversation.id] = record
        workspace.by_author[conversation.owner.author].append(record)

    async def list_conversations(self, owner: Owner, number: int, size: int) -> Page[Conversation]:
        """See `Store.list_conversations`."""
        workspace = self._workspaces.get(owner.workspace)
        own = workspace.by_author.get(owner.author, []) if workspace else []
        page = take_page(own, number, size, newest_first=True)
        return page.with_elements([record.conversation for record in page.elements])

    async def patch_conversation(self, owner: Owner, conversation_id: str, patch: SteeringPatch) -> None:
        """See `Store.patch_conversation`."""
        record = self._find(owner, conversation_id)
        steering = apply_patch(record.conversation.steering, patch)
        record.conversation = replace(record.conversation, steering=steering)

    async def list_messages(self, owner: Owner, conversation_id: str, number: int, size: int) -> Page[Message]:
        """See `Store.list_messages`."""
        return take_page(self._find(owner, conversation_id).messages, number, size)

    async def begin_turn(
        self, owner: Owner, conversation_id: str, prompt: Prompt, channel: Channel
    ) -> Generation | Replay | InProgress:
        """See `Store.begin_turn`."""
        record = self._find(owner, conversation_id)
        turn = record.turns.get(prompt.id) or _TurnRecord()
        decision = decide(channel, record.lock, turn.state)
        if decision is Decision.WAIT:
            return InProgress(next(lease for lease in record.leases if lease.message_id == prompt.id))
        if decision is Decision.REPLAY:
            assert turn.reply is not None
            return Replay(turn.reply, self._lease(record, prompt, channel) if channel is Channel.STREAM else None)
        recent = record.messages[-prompt.context_size :] if prompt.context_size > 0 else []
        history = [message for message in recent if message.id != prompt.id]  # it is there if a try before this failed
        if turn.state is Turn.NEW:
            record.turns[prompt.id] = turn
            turn.position = len(record.messages)
            self._append(record, prompt.id, prompt.text, Source.USER)
        else:  # a try before this left the message without a reply; what it says now is what is answered (MSG-2)
            record.messages[turn.position] = replace(record.messages[turn.position], text=prompt.text)
        turn.state = Turn.GENERATING
        return Generation(self._lease(record, prompt, channel, generates=True), record.conversation, history)

    async def produce(self, lease: Lease, fragments: Sequence[str]) -> bool:
        """See `Store.produce`."""
        active = self._active(lease)
        if active is None:
            return False
        active[1].produced.extend(fragments)
        return True

    async def end_turn(self, lease: Lease, ending: Ending) -> Message | None:
        """See `Store.end_turn`."""
        return self._end(lease, ending)

    async def cancel_stream(self, owner: Owner, conversation_id: str) -> None:
        """See `Store.cancel_stream`."""
        record = self._find(owner, conversation_id)
        if record.stream is None:
            record.lock = step_lock(record.lock, LockEvent.CANCEL)
        else:
            self._end(record.stream, Ending.CANCELLED)

    async def wait(self, lease: Lease) -> None:
        """See `Store.wait`."""
        active = self._active(lease)
        if active is not None:
            await active[1].ended.wait()

    async def reset(self, workspace: str | None = None) -> None:
        """See `Store.reset`."""
        names = list(self._workspaces) if workspace is None else [workspace]
        for name in names:
            forgotten = self._workspaces.pop(name, _Workspace())
            for record in forgotten.conversations.values():
                for lease in record.leases.values():
                    lease.ended.set()

    def _find(self, owner: Owner, conversation_id: str) -> _ConversationRecord:
        workspace = self._workspaces.get(owner.workspace)
        record = workspace.conversations.get(conversation_id) if workspace else None
        if record is None or record.conversation.owner != owner:
            raise ConversationNotFound
        return record

    def _active(self, lease: Lease) -> tuple[_ConversationRecord, _LeaseRecord] | None:
        """The lease and its conversation, unless the lease has ended or its workspace was reset."""
        workspace = self._workspaces.get(lease.owner.workspace)
        record = workspace.conversations.get(lease.conversation_id) if workspace else None
        held = record.leases.get(lease) if record else None
        return (record, held) if record and held else None

    def _lease(
        self, record: _ConversationRecord, prompt: Prompt, channel: Channel, *, generates: bool = False
    ) -> Lease:
        lease = Lease(record.conversation.owner, record.conversation.id, prompt.id, next(self._attempts))
        record.leases[lease] = _LeaseRecord(channel, generates)
        if channel is Channel.STREAM:
            record.lock = step_lock(record.lock, LockEvent.OPEN)
            record.stream = lease
        return lease

    def _end(self, lease: Lease, ending: Ending) -> Message | None:
        active = self._active(lease)
        if active is None:
            return None
        record, held = active
        turn = record.turns[lease.message_id]
        if held.generates:
            text = "".join(held.produced)
            turn.state = end_turn(ending, produced=bool(text))
            if turn.state is Turn.ANSWERED:
                reply_id = make_id(self._seed, "reply", lease.conversation_id, lease.message_id)
                turn.reply = self._append(record, reply_id, text, Source.ASSISTANT)
        del record.leases[lease]
        if held.channel is Channel.STREAM:
            event = LockEvent.CANCEL if ending is Ending.CANCELLED else LockEvent.END
            record.lock = step_lock(record.lock, event)
            record.stream = None
        held.ended.set()
        return turn.reply

    def _append(self, record: _ConversationRecord, message_id: str, text: str, source: Source) -> Message:
        created_at = self._clock.instant(record.conversation.created_at, len(record.messages) + 1)
        message = Message(message_id, text, source, created_at)
        record.messages.append(message)
        return message
