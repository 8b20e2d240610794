"""One class per rule that can be broken, with the facts and no status (that stands in `mockserver.errors`).

RuleError
├── NotAuthenticated          AUT-1, AUT-4
├── WorkspaceForbidden        AUT-2
├── ConversationNotFound      MSG-9, AUT-3, AUT-5
├── ConversationLocked        LCK-1, LCK-10, IDM-11
├── GenerationFailed          LCK-9
└── RequestRejected
    ├── BodyMalformed         ERR-3
    ├── BodyTooLarge
    ├── MediaTypeUnsupported  ERR-3
    └── FieldsInvalid         SCH-3: MSG-4, PAT-1, PAG-8 ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

NO_WORKSPACE: Final = "(none)"
"""What is said for the workspace of a token that has none."""

_MAX_SUGGESTION: Final = 100
"""Characters of a name for which a near one is looked up."""


class RuleError(Exception):
    """A rule of the contract was broken. `str()` is one sentence for people."""


class NotAuthenticated(RuleError):
    """No token, or one that is not valid.

    Args:
        reason: for programs: `none` (there is none), `expired`, `dead` (killed on cue) or `invalid`.
    """

    def __init__(self, message: str, reason: str = "invalid") -> None:
        super().__init__(message)
        self.reason = reason


class WorkspaceForbidden(RuleError):
    """A valid token, for another workspace than the path's.

    Args:
        claimed: the token's; `NO_WORKSPACE` where it has none.
    """

    def __init__(self, claimed: str, requested: str) -> None:
        message = f"The token is for the workspace {claimed}, the path names {requested}."
        super().__init__(f"{message} Did you mean {claimed}?" if _is_near(requested, claimed) else message)


class ConversationNotFound(RuleError):
    """The caller has no such conversation in this workspace; whether someone else has is not told."""

    def __init__(self) -> None:
        super().__init__("There is no conversation with this id among yours in this workspace.")


class ConversationLocked(RuleError):
    """A stream is active in the conversation."""

    def __init__(self) -> None:
        super().__init__(
            "A stream is active in this conversation. Wait for its end, or cancel it with DELETE .../message-streams."
        )


class GenerationFailed(RuleError):
    """The reply could not be written. The turn has none, and its id may be used again."""

    def __init__(self) -> None:
        super().__init__("The reply could not be written. Send the message again.")


class RequestRejected(RuleError):
    """The request cannot be taken as it is; nothing was changed by it."""


class BodyMalformed(RequestRejected):
    """The body is not JSON, or is missing where one is needed."""


class BodyTooLarge(RequestRejected):
    """The body is larger than the server takes."""

    def __init__(self, limit_kib: int) -> None:
        super().__init__(f"The body is larger than {limit_kib} KiB.")


class MediaTypeUnsupported(RequestRejected):
    """The body is of another media type than the operation takes."""

    def __init__(self, given: str, accepted: Sequence[str]) -> None:
        super().__init__(f"The body is {given}. Send {' or '.join(accepted)}.")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field: its path (`additionalContext[0].content`), a sentence, and a code for programs."""

    field: str
    message: str
    type: str


class FieldsInvalid(RequestRejected):
    """Well-formed, but not what the contract asks for. Holds every wrong field, at least one."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        first, *others = problems
        count = f"{len(problems)} fields are wrong, first " if others else ""
        end = "" if first.message.endswith("?") else "."
        super().__init__(f"The request is not valid: {count}{first.field}: {first.message}{end}")
        self.problems = tuple(problems)


def _is_near(given: str, meant: str) -> bool:
    """One is the other, misspelt."""
    if meant == NO_WORKSPACE or max(len(given), len(meant)) > _MAX_SUGGESTION:
        return False
    return bool(get_close_matches(given.casefold(), [meant.casefold()], cutoff=0.7))
