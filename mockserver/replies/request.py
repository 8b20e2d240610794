"""What a reply is asked for with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.rules.values import Message, Prompt, Steering


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """One turn, as the writer sees it."""

    conversation_id: str
    model_name: str | None
    steering: Steering
    history: Sequence[Message]
    """What was said before this prompt, oldest first. May be empty."""
    prompt: Prompt
