"""What a store promises: every operation is one whole step of the rules, atomic, and awaited.

Nothing above a store reads first and writes later, so that several processes may share one. A store raises the
errors of `mockserver.rules.errors`; an operation that raises has changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Conversation, Message, Owner, Page, Prompt, Steering, SteeringPatch


@dataclass(frozen=True, slots=True)
class NewConversation:
    """What creating a conversation is told: its owner and what the request said."""

    owner: Owner
    legacy_customer_id: int | None
    model_name: str | None
    steering: Steering


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to produce one reply, from the moment it was decided until it ends.

    A lease that has ended (a cancel took it, or a reset) can do nothing any more: `attempt` tells a reply that is
    generated anew, or replayed, from all that this store has seen before it.
    """

    owner: Owner
    conversation_id: str
    message_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Generation:
    """A turn has begun: the user's message is stored, a stream holds the lock, the reply is to be written."""

    lease: Lease
    conversation: Conversation
    history: Sequence[Message]
    """What was said before, oldest first: at most the prompt's `context_size` messages, for no message is
    shorter than a token."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The turn has its reply. `lease` is held by a stream that replays it, and is `None` otherwise."""

    reply: Message
    lease: Lease | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """Someone else is generating this reply: await `Store.wait` with the lease, then ask again (IDM-7)."""

    lease: Lease


class Store(Protocol):
    """Conversations, their messages, their locks and their turns."""

    async def create_conversation(self, new: NewConversation) -> Conversation:
        """Store a new, empty conversation under an id of the store's making (CRE-1)."""

    async def list_conversations(self, owner: Owner, number: int, size: int) -> Page[Conversation]:
        """One page of the owner's conversations, newest first (LST-1, LST-2). Costs the page."""

    async def patch_conversation(self, owner: Owner, conversation_id: str, patch: SteeringPatch) -> None:
        """Change the steering of later replies (PAT-3 to PAT-5).

        Raises:
            ConversationNotFound: MSG-9.
        """

    async def list_messages(self, owner: Owner, conversation_id: str, number: int, size: int) -> Page[Message]:
        """One page of the conversation's messages, oldest first (MSG-3). Costs the page.

        Raises:
            ConversationNotFound: MSG-9.
        """

    async def begin_turn(
        self, owner: Owner, conversation_id: str, prompt: Prompt, channel: Channel
    ) -> Generation | Replay | InProgress:
        """Decide what to do with a message and do it: store it, take the lock, hand out the lease.

        Raises:
            ConversationNotFound: MSG-9.
            ConversationLocked: LCK-1, LCK-10, IDM-11.
        """

    async def produce(self, lease: Lease, fragments: Sequence[str]) -> bool:
        """Keep the next fragments of a reply, before the client sees them (CAN-3).

        False if the lease has ended: then nothing was kept and nothing may be sent.
        """

    async def end_turn(self, lease: Lease, ending: Ending) -> Message | None:
        """End the lease and the lock it holds; answers the reply as it is kept.

        `None` if there is no reply: it failed, or it ended before the first word. To end a lease that has ended
        already changes nothing.
        """

    async def cancel_stream(self, owner: Owner, conversation_id: str) -> None:
        """End the conversation's active stream and keep what it produced; without one do nothing (CAN-1 to CAN-3).

        Raises:
            ConversationNotFound: MSG-9.
        """

    async def wait(self, lease: Lease) -> None:
        """Return when the lease has ended, whoever ended it; at once if it has."""

    async def reset(self, workspace: str | None = None) -> None:
        """Forget one workspace, or all. Active streams end."""
