"""The default store: everything in the memory of one process, in one event loop.

No operation awaits anything between its first look and its last write, which makes each of them atomic.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from mockserver.clock import START, SandboxClock
from mockserver.ids import make_id
from mockserver.rules.errors import ConversationNotFound
from mockserver.rules.pagination import take_page
from mockserver.rules.patch import apply_patch
from mockserver.rules.turn import Channel, Decision, Ending, Lock, LockEvent, Turn, decide, end_turn, step_lock
from mockserver.rules.values import OMITTED, Conversation, Message, Owner, Page, Prompt, Source, Steering, SteeringPatch
from mockserver.store.base import Generation, InProgress, Lease, NewConversation, Replay
from mockserver.store.inspection import Inspection, TurnState

JsonObject = dict[str, Any]


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
    shift: timedelta = timedelta()
    """How far the clock had been put forward when it was created."""
    messages: list[Message] = field(default_factory=list)
    turns: dict[str, _TurnRecord] = field(default_factory=dict)
    lock: Lock = Lock.FREE
    stream: Lease | None = None
    leases: dict[Lease, _LeaseRecord] = field(default_factory=dict)
    last_patch: SteeringPatch | None = None


@dataclass(slots=True)
class _Workspace:
    """The sandbox of one workspace: its conversations by id, and per author in the order of their creation."""

    conversations: dict[str, _ConversationRecord] = field(default_factory=dict)
    by_author: dict[str, list[_ConversationRecord]] = field(default_factory=lambda: defaultdict(list))
    created: int = 0


class MemoryStore:
    """A `mockserver.store.base.Store` in memory; see there for what each operation promises.

    Args:
        clock_of: the clock of a workspace.
    """

    def __init__(self, seed: int, clock_of: Callable[[str], SandboxClock]) -> None:
        self._seed = seed
        self._clock_of = clock_of
        self._workspaces: dict[str, _Workspace] = defaultdict(_Workspace)
        self._attempts = count(1)  # never begun anew: a lease from before a reset equals none that comes after it

    async def create_conversation(self, new: NewConversation) -> Conversation:
        """See `Store.create_conversation`."""
        workspace = self._workspaces[new.owner.workspace]
        workspace.created += 1
        clock = self._clock_of(new.owner.workspace)
        conversation = Conversation(
            id=make_id(self._seed, "conversation", new.owner.workspace, str(workspace.created)),
            owner=new.owner,
            created_at=clock.instant(START, workspace.created),
            model_name=new.model_name,
            legacy_customer_id=new.legacy_customer_id,
            steering=new.steering,
        )
        self.insert(conversation, (), clock.shift)
        return conversation

    def insert(self, conversation: Conversation, messages: Sequence[Message], shift: timedelta = timedelta()) -> None:
        """Put a conversation in as it is, with whole turns as its messages; the newest comes last."""
        workspace = self._workspaces[conversation.owner.workspace]
        record = _ConversationRecord(conversation, shift, list(messages))
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
        record.conversation = record.conversation.steered(steering)
        record.last_patch = patch

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
        history = recent
        if turn.state is not Turn.NEW:  # a try before this failed, and the message is there
            history = [message for message in recent if message.id != prompt.id]
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
        for name in list(self._workspaces) if workspace is None else [workspace]:
            self._forget(name)

    def workspaces(self) -> list[str]:
        """The names of those that hold conversations."""
        return [name for name, workspace in self._workspaces.items() if workspace.conversations]

    def conversations_of(self, workspace: str) -> list[Conversation]:
        """Those of all authors, oldest first."""
        held = self._workspaces.get(workspace)
        return [record.conversation for record in held.conversations.values()] if held else []

    def inspect(self, workspace: str, conversation_id: str) -> Inspection:
        """A conversation of whichever author.

        Raises:
            ConversationNotFound: the workspace has none of that id.
        """
        held = self._workspaces.get(workspace)
        record = held.conversations.get(conversation_id) if held else None
        if record is None:
            raise ConversationNotFound
        turns = [
            TurnState(message_id, turn.state, turn.reply.id if turn.reply else None)
            for message_id, turn in record.turns.items()
        ]
        streaming = record.lock is Lock.STREAMING
        return Inspection(record.conversation, record.last_patch, streaming, tuple(record.messages), turns)

    def dump(self, workspace: str) -> JsonObject:
        """All that a workspace holds, as JSON for `load`.

        A reply that is being produced stands in it as a stream that is cut now would leave it.
        """
        return self.freeze(workspace)()

    def freeze(self, workspace: str) -> Callable[[], JsonObject]:
        """What makes, whenever it is called, what `dump` would give now: for those who may never ask."""
        held = self._workspaces.get(workspace) or _Workspace()
        created, records = held.created, [self._freeze(record) for record in held.conversations.values()]
        return lambda: {"created": created, "conversations": [_dump_conversation(record) for record in records]}

    def load(self, workspace: str, data: Mapping[str, Any]) -> None:
        """Hold what `dump` gave, of this workspace or of another, and nothing else. Active streams end."""
        held = _Workspace()
        held.created = int(data["created"])  # JSON has one kind of number: 5.0 is an integer
        for entry in data["conversations"]:
            record = _load_conversation(workspace, entry)
            held.conversations[record.conversation.id] = record
            held.by_author[record.conversation.owner.author].append(record)
        self._forget(workspace)
        self._workspaces[workspace] = held

    def _forget(self, workspace: str) -> None:
        forgotten = self._workspaces.pop(workspace, _Workspace())
        for record in forgotten.conversations.values():
            for lease in record.leases.values():
                lease.ended.set()

    def _freeze(self, record: _ConversationRecord) -> _ConversationRecord:
        """A copy that stays as it is; of replies that are being produced, what a cut would leave."""
        turns = {key: _TurnRecord(turn.state, turn.position, turn.reply) for key, turn in record.turns.items()}
        frozen = replace(record, messages=list(record.messages), turns=turns, stream=None, leases={})
        for lease, held in record.leases.items():
            if held.generates:
                text = "".join(held.produced)
                turn = turns[lease.message_id]
                turn.state, turn.reply = end_turn(Ending.CLIENT_GONE, produced=bool(text)), None
                if turn.state is Turn.ANSWERED:
                    position = len(frozen.messages)
                    turn.reply = self._make_message(record, position, self._reply_id(lease), text, Source.ASSISTANT)
                    frozen.messages.append(turn.reply)
        return frozen

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
                turn.reply = self._append(record, self._reply_id(lease), text, Source.ASSISTANT)
        del record.leases[lease]
        if held.channel is Channel.STREAM:
            event = LockEvent.CANCEL if ending is Ending.CANCELLED else LockEvent.END
            record.lock = step_lock(record.lock, event)
            record.stream = None
        held.ended.set()
        return turn.reply

    def _reply_id(self, lease: Lease) -> str:
        return make_id(self._seed, "reply", lease.conversation_id, lease.message_id)

    def _append(self, record: _ConversationRecord, message_id: str, text: str, source: Source) -> Message:
        message = self._make_message(record, len(record.messages), message_id, text, source)
        record.messages.append(message)
        return message

    def _make_message(
        self, record: _ConversationRecord, position: int, message_id: str, text: str, source: Source
    ) -> Message:
        conversation = record.conversation
        clock = self._clock_of(conversation.owner.workspace)
        created_at = clock.instant(conversation.created_at - record.shift, position + 1)
        return Message(message_id, text, source, created_at)


_STEERING = {
    "personality": "personality",
    "personalityId": "personality_id",
    "brandVoiceId": "brand_voice_id",
    "targetAudienceId": "target_audience_id",
}
"""What a snapshot calls the parts of a steering."""


def _dump_conversation(record: _ConversationRecord) -> JsonObject:
    replies = {message.id: n for n, message in enumerate(record.messages) if message.source is Source.ASSISTANT}
    conversation = record.conversation
    return {
        "id": conversation.id,
        "author": conversation.owner.author,
        "createdAt": conversation.created_at.isoformat(),
        "clockShiftS": record.shift.total_seconds(),
        "modelName": conversation.model_name,
        "legacyCustomerId": conversation.legacy_customer_id,
        "steering": {key: getattr(conversation.steering, name) for key, name in _STEERING.items()},
        "lastPatch": _dump_patch(record.last_patch),
        "messages": [
            {"id": m.id, "text": m.text, "source": m.source.value, "createdAt": m.created_at.isoformat()}
            for m in record.messages
        ],
        "turns": [
            {
                "id": key,
                "state": turn.state.value,
                "position": turn.position,
                "reply": replies[turn.reply.id] if turn.reply else None,
            }
            for key, turn in record.turns.items()
        ],
    }


def _load_conversation(workspace: str, data: Mapping[str, Any]) -> _ConversationRecord:
    messages = [
        Message(entry["id"], entry["text"], Source(entry["source"]), datetime.fromisoformat(entry["createdAt"]))
        for entry in data["messages"]
    ]
    turns = {
        entry["id"]: _TurnRecord(
            Turn(entry["state"]),
            int(entry["position"]),
            None if entry["reply"] is None else messages[int(entry["reply"])],
        )
        for entry in data["turns"]
    }
    conversation = Conversation(
        id=data["id"],
        owner=Owner(workspace, data["author"]),
        created_at=datetime.fromisoformat(data["createdAt"]),
        model_name=data["modelName"],
        legacy_customer_id=data["legacyCustomerId"],
        steering=Steering(**{name: data["steering"][key] for key, name in _STEERING.items()}),
    )
    shift, patch = timedelta(seconds=data["clockShiftS"]), data["lastPatch"]
    last_patch = None if patch is None else SteeringPatch(**{_STEERING[key]: value for key, value in patch.items()})
    return _ConversationRecord(conversation, shift, messages, turns, last_patch=last_patch)


def _dump_patch(patch: SteeringPatch | None) -> JsonObject | None:
    """What a patch said; what it left out is not there."""
    if patch is None:
        return None
    said = {key: getattr(patch, name) for key, name in _STEERING.items()}
    return {key: value for key, value in said.items() if value is not OMITTED}
