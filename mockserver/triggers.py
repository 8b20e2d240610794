"""Words in a message that make the mock misbehave on cue. Pure."""

from __future__ import annotations

import re

FAILING_MESSAGE = "!fault error after=3"
"""At this text a stream ends in its `error` event after three deltas. Any number can stand there; without one: none."""

_FAULT = re.compile(r"\s*!fault error(?: after=(?P<after>[0-9]{1,6}))?\s*")


def failing_after(text: str) -> int | None:
    """After how many deltas the generation of the reply to this message fails; None where it does not (LCK-9)."""
    found = _FAULT.fullmatch(text)
    return int(found["after"] or 0) if found else None
