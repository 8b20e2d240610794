"""Replies that look like a model's, and are pure text: no clock, no I/O, no state shared between replies."""

from __future__ import annotations

from mockserver.replies.deltas import split_deltas
from mockserver.replies.tokens import count_tokens, trim_history
from mockserver.replies.writer import ReplyRequest, ReplyWriter

__all__ = ["ReplyRequest", "ReplyWriter", "count_tokens", "split_deltas", "trim_history"]
