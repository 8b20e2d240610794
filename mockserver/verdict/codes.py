"""The table of what a client can be told. An id keeps its meaning for ever; which rule finds it is written there."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Severity(enum.StrEnum):
    """How bad it is; the worst comes first."""

    ERROR = "error"
    """It breaks the contract, or loses or doubles what people wrote."""
    WARNING = "warning"
    """It goes well until it does not."""
    HINT = "hint"
    """It is unwise. A client with hints alone is clean."""


@dataclass(frozen=True, slots=True)
class Code:
    """One thing that a client can do wrong.

    Attributes:
        id: kebab case, stable.
        title: what earns it, in one sentence.
        hint: what to do instead.
    """

    id: str
    severity: Severity
    title: str
    hint: str


_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

_TABLE: Final = (
    Code(
        "double-post",
        _E,
        "After a call whose fate is unknown (5xx, cut, or timed out) the same text is sent again under a new id.",
        "Keep the message's id until it is answered and repeat the call with it: one id never makes two turns.",
    ),
    Code(
        "id-reused-with-other-text",
        _E,
        "An id that has its reply is sent again with another text, which is lost: the old reply is replayed.",
        "Make a new id for each text. An id may be used again for the very same message only.",
    ),
    Code(
        "id-reused-across-conversations",
        _W,
        "An id that was answered in one conversation is used in another one.",
        "Make ids unique everywhere (a random UUID): no clause says that a backend keeps those of conversations apart.",
    ),
    Code(
        "second-stream",
        _W,
        "A stream is opened under a new id while another one of the same client is live in that conversation.",
        "Wait for the final event, or cancel and wait for the answer, before the next stream is opened.",
    ),
    Code(
        "no-wait-after-409",
        _W,
        "Three calls in a row are refused as the conversation is locked, with less than 0.1 s between them.",
        "After a 409 wait for the stream's end, cancel it, or try again later and later.",
    ),
    Code(
        "retry-after-ignored",
        _W,
        "A call that was refused with Retry-After is made again before that time is over.",
        "Wait as many seconds as Retry-After says, counted from the answer.",
    ),
    Code(
        "stream-abandoned",
        _W,
        "The connection of a stream is closed before its final event, with no cancel near it and no retry after it.",
        "Cancel with DELETE on message-streams, or go on under the same id; a closed tab can send it with keepalive.",
    ),
    Code(
        "incomplete-taken-as-complete",
        _W,
        "A stream ended without a final event, and a new turn follows, with neither a repetition nor a list before it.",
        "Only its message or error event completes a stream. Without one, repeat the id or list the messages first.",
    ),
    Code(
        "polling",
        _H,
        "The same page of a list is fetched ten times within a minute, and nothing was written in between.",
        "List once, then after writes of your own. The reply comes with its call, there is nothing to poll for.",
    ),
    Code(
        "past-the-last-page",
        _H,
        "A page is fetched that lies behind the last one, after totalPages was told for that size.",
        "Stop at page.totalPages.",
    ),
    Code("page-below-one", _E, "A page of 0 or less is asked for.", "The first page is 1."),
    Code(
        "size-above-limit",
        _E,
        "A page size above the limit is asked for.",
        "100 elements a page are the most; walk the pages for more.",
    ),
    Code(
        "parameter-refused",
        _E,
        "A query parameter is refused (422), for another reason than the two above.",
        "Send page and size as whole numbers from 1 on.",
    ),
    Code(
        "expired-token-used",
        _W,
        "A token is used again after a 401 has told that it is expired.",
        "After the first 401 get a new token, then repeat the call. One refusal is nobody's fault.",
    ),
    Code(
        "token-missing",
        _W,
        "A call of the API carries no token.",
        "Send Authorization: Bearer TOKEN with every call, streams included.",
    ),
    Code(
        "token-invalid",
        _W,
        "A call carries something that is no valid token and never was.",
        "Send the token as it was issued, after the word Bearer and one blank.",
    ),
    Code(
        "wrong-workspace",
        _E,
        "A token of one workspace is used on the path of another (403).",
        "Take the workspace of the path from where the token comes from.",
    ),
    Code(
        "unknown-field",
        _H,
        "A body has a field that the operation does not know, and ignores.",
        "Leave it out, or look up its name in the contract.",
    ),
    Code(
        "misspelt-field",
        _W,
        "A body has an unknown field whose name is close to a known one: what it says is ignored.",
        "Write the name as the contract does.",
    ),
    Code(
        "unknown-parameter",
        _H,
        "A query has a parameter that the operation does not know.",
        "Leave it out, or look up its name in the contract.",
    ),
    Code(
        "misspelt-parameter",
        _W,
        "A query has an unknown parameter whose name is close to a known one: the default is used instead.",
        "Write the name as the contract does.",
    ),
    Code(
        "null-clears",
        _W,
        "A patch cleared a set field with null while it set another, and soon the same value was set again beside it.",
        "Leave out what is to stay as it is: null clears.",
    ),
    Code(
        "null-for-unset",
        _H,
        "A patch sets one field, and sends null for all the others, none of which was set: a whole form, it seems.",
        "Send the fields that change and leave out the rest: null clears once one of them is set elsewhere.",
    ),
    Code(
        "timestamp-without-sense",
        _W,
        "A message's createdAt is no ISO 8601 time, or more than a day from the wall clock and from the server's.",
        "Send the time at which the user sent the message, such as 2026-05-01T09:01:30Z.",
    ),
    Code(
        "timestamp-constant",
        _H,
        "Three different messages, more than five seconds apart, carry the same createdAt.",
        "Take the time anew for each message.",
    ),
    Code(
        "content-type-missing",
        _W,
        "A body comes without a Content-Type.",
        "Send Content-Type: application/json.",
    ),
    Code(
        "content-type-wrong",
        _E,
        "A body comes with another media type than application/json.",
        "Send Content-Type: application/json.",
    ),
    Code(
        "accept-wrong",
        _H,
        "A stream is opened with an Accept header that rules text/event-stream out.",
        "Send Accept: text/event-stream, or */*.",
    ),
    Code(
        "body-refused",
        _E,
        "A body is refused (400, 413, 422).",
        "The answer names each field, what was expected and what came.",
    ),
    Code(
        "unknown-path",
        _E,
        "The API has no such path, or the path has no such method.",
        "Look the path up in the contract: /openapi.yaml.",
    ),
    Code(
        "conversation-not-found",
        _H,
        "A conversation is named that the caller does not have (404).",
        "Take ids from the answers of create and list, and forget those that are gone.",
    ),
    Code(
        "cancel-without-stream",
        _H,
        "Three cancels in a row in a conversation with no stream to cancel.",
        "Cancel while a stream is live, once; it is no error, but it does nothing either.",
    ),
)

CODES: Final[dict[str, Code]] = {code.id: code for code in _TABLE}
"""By id, in the order of the document."""
