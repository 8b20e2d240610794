"""Replies that look like a model's, and are pure text: no clock, no I/O, no state shared between replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.replies.deltas import split_deltas
from mockserver.replies.request import ReplyRequest
from mockserver.replies.tokens import count_tokens, trim_history

if TYPE_CHECKING:
    from mockserver.replies.writer import ReplyWriter

__all__ = ["ReplyRequest", "ReplyWriter", "count_tokens", "split_deltas", "trim_history"]


def __getattr__(name: str) -> Any:
    """The writer, imported when it is asked for: a server starts without its phrases (`mockserver.replies.later`)."""
    if name == "ReplyWriter":
        from mockserver.replies.writer import ReplyWriter

        return ReplyWriter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
