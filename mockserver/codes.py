"""From a rule broken to status and code: the only table of them. Pure; `mockserver.errors` makes answers of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from mockserver.rules import errors as rules

STATUS: Final[dict[type[rules.RuleError], tuple[int, str]]] = {
    rules.NotAuthenticated: (401, "unauthenticated"),
    rules.WorkspaceForbidden: (403, "forbidden"),
    rules.ConversationNotFound: (404, "notFound"),
    rules.ConversationLocked: (409, "conversationLocked"),
    rules.BodyMalformed: (400, "malformedRequest"),
    rules.BodyTooLarge: (413, "payloadTooLarge"),
    rules.MediaTypeUnsupported: (415, "unsupportedMediaType"),
    rules.FieldsInvalid: (422, "validationFailed"),
    rules.GenerationFailed: (500, "internalError"),
}

CODES: Final = dict(STATUS.values()) | {405: "methodNotAllowed", 429: "rateLimited"}
"""What a status says where no rule was broken."""

GENERATION_FAILED: Final = ("The model did not finish its reply.", "generationFailed")
"""What a stream's `error` event says: by then there is no status left to send."""

INTERNAL_ERROR: Final = ("The server failed to answer.", "internalError")

TOKEN_EXPIRED: Final = ("The token has expired.", "unauthenticated")


def code_of(status: int) -> str:
    """The code that goes with a status of 400 or more."""
    client = status < HTTPStatus.INTERNAL_SERVER_ERROR
    return CODES.get(status, CODES[400] if client else INTERNAL_ERROR[1])
