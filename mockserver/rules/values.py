"""What the rules speak of: conversations, messages, steering, pages. Frozen values without behaviour of their own.

Knows nothing of HTTP, JSON, stores or clocks. Names are Python's; camelCase lives in `mockserver.wire`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Literal, TypeVar

DEFAULT_CONTEXT_SIZE: Final = 16_000
"""Tokens of history that a reply may refer to, unless the request says otherwise (MSG-8)."""


class Omitted(enum.Enum):
    """The type of `OMITTED`, which tells a field left out from a field that is null (PAT-4, PAT-5)."""

    OMITTED = "omitted"


OMITTED: Final = Omitted.OMITTED
"""The field was not there. `None` means that it was there and null."""


@dataclass(frozen=True, slots=True)
class Steering:
    """What steers the replies of one conversation. `None` stands for: not set."""

    personality: str | None = None
    personality_id: int | None = None
    """A back-reference only: it steers nothing (PAT-8)."""
    brand_voice_id: str | None = None
    target_audience_id: str | None = None


@dataclass(frozen=True, slots=True)
class SteeringPatch:
    """A change of steering: per field a value, `None` (clear it) or `OMITTED` (leave it)."""

    personality: str | Literal[Omitted.OMITTED] | None = OMITTED
    personality_id: int | Literal[Omitted.OMITTED] = OMITTED
    brand_voice_id: str | Literal[Omitted.OMITTED] | None = OMITTED
    target_audience_id: str | Literal[Omitted.OMITTED] | None = OMITTED


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversations are meant: one author in one workspace (LST-2, AUT-2, AUT-5)."""

    workspace: str
    author: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat. `created_at` is naive; `legacy_customer_id` is `None` for those older than that field."""

    id: str
    owner: Owner
    created_at: datetime
    model_name: str | None
    legacy_customer_id: int | None
    steering: Steering

    def steered(self, steering: Steering) -> Conversation:
        """The same conversation, steered otherwise."""
        return Conversation(self.id, self.owner, self.created_at, self.model_name, self.legacy_customer_id, steering)


class Source(enum.StrEnum):
    """Who wrote a message (MSG-5)."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; `created_at` is when it was stored (MSG-6), naive."""

    id: str
    text: str
    source: Source
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContextSnippet:
    """A piece of context that the client adds to one turn (MSG-7)."""

    id: int
    content: str
    category_name: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a client sends to start a turn: the user's message and what goes with it."""

    id: str
    """The client's own id of the message: the key of the idempotent replay (IDM-1)."""
    text: str
    context: tuple[ContextSnippet, ...] = ()
    context_size: int = DEFAULT_CONTEXT_SIZE


T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a collection: `number` is 1-based, `total_elements` counts the whole collection (PAG-1 to PAG-7)."""

    elements: Sequence[T]
    number: int
    size: int
    total_elements: int
    total_pages: int

    def with_elements(self, elements: Sequence[U]) -> Page[U]:
        """The same page of a collection whose elements are seen otherwise."""
        return Page(elements, self.number, self.size, self.total_elements, self.total_pages)
