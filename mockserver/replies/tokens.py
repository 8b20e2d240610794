"""How much history a reply may look back on: a token count and the budget made of it (MSG-8).

Knows nothing of what replies look like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mockserver.rules.values import Message

CHARACTERS_PER_TOKEN: Final = 4


def count_tokens(text: str) -> int:
    """A token is four characters, begun ones count, and the empty text is one: `max(1, ceil(len(text) / 4))`."""
    return max(1, -(-len(text) // CHARACTERS_PER_TOKEN))


def trim_history(history: Sequence[Message], context_size: int) -> Sequence[Message]:
    """The newest messages that fit into `context_size` tokens, oldest first; the oldest are dropped first (MSG-8).

    The first message that does not fit ends the walk: no older, smaller one slips in behind it.
    A `context_size` of zero or less gives none.
    """
    return list(newest_first(history, context_size))[::-1]


def newest_first(history: Sequence[Message], context_size: int) -> Iterator[Message]:
    """The same from the newest on, one by one: costs what is taken of it."""
    left = context_size
    for message in reversed(history):
        left -= count_tokens(message.text)
        if left < 0:
            return
        yield message
