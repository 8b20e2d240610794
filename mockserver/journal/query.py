"""Which exchanges someone asks the journal for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockserver.journal.entries import Entry

_STATUS = re.compile(r"[1-5](?:xx|\d\d)", re.ASCII | re.IGNORECASE)


class QueryError(ValueError):
    """A question that cannot be asked: `field` names what is wrong, `message` says what it takes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def is_status(value: object) -> bool:
    """It is a status (409, "409") or a class of them ("4xx")."""
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(_STATUS.fullmatch(str(value)))


def fits_status(wanted: int | str, status: int | None) -> bool:
    """The status is the wanted one, or of the wanted class."""
    if status is None:
        return False
    text = str(wanted).lower()
    return str(status) == text or (text.endswith("xx") and str(status)[0] == text[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an exchange has to be: all that is given has to fit, nothing given means every one.

    Attributes:
        status: a number such as 409, or a class such as "4xx".
        since: only what came after the exchange of this number.
        fault: the kind of a fault that hit it.
        text: it occurs, in whatever case, in the path, the query, a body or an event.
        complete: only exchanges that have ended, or (False) only those that go on.

    Raises:
        QueryError: the status is neither a number nor a class.
    """

    operation: str | None = None
    status: int | str | None = None
    conversation: str | None = None
    caller: str | None = None
    method: str | None = None
    since: int | None = None
    fault: str | None = None
    text: str | None = None
    complete: bool | None = None

    def __post_init__(self) -> None:
        if self.status is not None and not is_status(self.status):
            raise QueryError("status", f"{self.status!r} is no status. Give a number such as 409, or a class: 4xx.")

    def fits(self, entry: Entry) -> bool:
        """The exchange is one of those asked for."""
        return (
            self.operation in {None, entry.operation}
            and self.conversation in {None, entry.conversation}
            and self.caller in {None, entry.caller}
            and (self.method is None or self.method.upper() == entry.method.upper())
            and (self.status is None or fits_status(self.status, entry.status))
            and (self.since is None or entry.number > self.since)
            and (self.fault is None or any(fired.fault.kind == self.fault for fired in entry.faults))
            and self.complete in {None, entry.complete}
            and (not self.text or _has_text(entry, self.text.casefold()))
        )


def _has_text(entry: Entry, text: str) -> bool:
    bodies = (body.decode("utf-8", "replace") for body in (entry.request_body, entry.response_body))
    events = (event.data for event in entry.events)
    return any(text in part.casefold() for part in (entry.path, entry.query, *bodies, *events))
