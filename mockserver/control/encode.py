"""Live streams as JSON: in lists, and in the feed. Pure."""

from __future__ import annotations

from typing import Any

from mockserver.journal.encode import encode_instant
from mockserver.live import LiveStream

JsonObject = dict[str, Any]


def encode_stream(stream: LiveStream) -> JsonObject:
    """A live stream as JSON."""
    return {
        "id": stream.number,
        "exchange": stream.exchange,
        "conversation": stream.conversation,
        "messageId": stream.message_id,
        "caller": stream.caller,
        "sent": stream.sent,
        "deltas": stream.deltas,
        "held": stream.held,
        "holdAfter": stream.hold_after,
        "openedAt": encode_instant(stream.opened_at),
        "openedAtS": stream.opened_at_s,
    }
