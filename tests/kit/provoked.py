"""What the kit, as a client of the mock, does wrong on purpose: by verdict code, and what for.

A code that is not here and is earned means that the kit does something unwise, or that a rule accuses a good client.
"""

from __future__ import annotations

from typing import Final

ALWAYS: Final[dict[str, str]] = {
    "id-reused-with-other-text": "IDM, MOD: an id stands for its first message, whatever text comes with it later.",
    "id-reused-across-conversations": "CAN-4: of two streams with one id in two conversations one is cancelled.",
    "second-stream": "LCK-6, IDM: while a conversation has a turn, another stream is refused, however many try.",
    "past-the-last-page": "PAG: pages behind the last are empty.",
    "page-below-one": "PAG, SCH: there is no page 0.",
    "size-above-limit": "PAG, SCH: no page holds more than 100.",
    "parameter-refused": "PAG, ERR, SCH: page and size are whole numbers.",
    "token-missing": "AUT-1: nothing goes without a token.",
    "token-invalid": "AUT-1, ERR: nor with something that is none.",
    "wrong-workspace": "AUT-2, ERR: a token is for its own workspace.",
    "unknown-field": "CRE, PAT, ERR: fields that nobody knows are passed over.",
    "unknown-parameter": "ERR: so are parameters.",
    "misspelt-parameter": "ERR: page[] is one of them.",
    "null-for-unset": "SCH, MOD: any patch that the contract allows is taken.",
    "timestamp-without-sense": "PAG: lists are in order whatever a client's clock says; ERR, SCH: any text.",
    "content-type-wrong": "ERR: a body of another type is refused.",
    "accept-wrong": "ERR: a strange Accept gets an answer of the contract.",
    "body-refused": "CRE, MSG, PAT, ERR, SCH: bodies that break the contract are refused.",
    "unknown-path": "STR, ERR: methods and paths that are not there are refused.",
    "conversation-not-found": "AUT-5, MSG, ERR: conversations of colleagues, and ids that are none, are not found.",
}
"""Earned in every run."""

BY_HASTE: Final[dict[str, str]] = {
    "no-wait-after-409": "LCK-6, IDM: many streams at once, which the mock sees one right after the other.",
    "expired-token-used": "AUT-4: operation after operation is tried with a token that is over.",
    "polling": "PAG: one page is read by many tests.",
    "stream-abandoned": "LCK-8: a client goes away without a cancel, and the lock ends all the same.",
    "cancel-without-stream": "MOD: a sequence drawn at random may have cancels in a row.",
}
"""Earned where the run is fast enough, or slow enough."""
