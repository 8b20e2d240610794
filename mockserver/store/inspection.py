"""All that a store knows of a conversation, whoever asks: what the control plane shows. Frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.rules.turn import Turn
from mockserver.rules.values import Conversation, Message, SteeringPatch


@dataclass(frozen=True, slots=True)
class TurnState:
    """One turn, by the id of its message; `reply_id` once there is a reply."""

    message_id: str
    state: Turn
    reply_id: str | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A conversation as it stands.

    Attributes:
        last_patch: the change of steering that came last; None before the first.
        streaming: a stream holds the lock.
        messages: oldest first.
    """

    conversation: Conversation
    last_patch: SteeringPatch | None
    streaming: bool
    messages: Sequence[Message]
    turns: Sequence[TurnState]
