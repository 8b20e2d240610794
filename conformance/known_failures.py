"""Clauses that are known to fail: a file says which, why, and until when. Reading it is the only I/O.

```toml
[[known-failure]]
clause = "LCK-4"
reason = "ticket 123"
expires = 2027-01-31    # may be left out
```

The file cannot rot: an entry whose clause passes again fails the run, and one that has expired excuses nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from conformance import contract
from conformance.option_kinds import matching
from conformance.outcome import Outcome
from conformance.settings import UsageError

_TABLE = "known-failure"
_KEYS = ("clause", "reason", "expires")
_FAILS = {Outcome.FAILED, Outcome.WARNED}
_FAILS_NO_MORE = {Outcome.PASSED, Outcome.NOTED}
_GOOD_FOR = timedelta(days=90)
_NO_REASON_YET = "..."


@dataclass(frozen=True)
class KnownFailure:
    """One entry. It is good until the end of the day `expires`, or for ever."""

    clause: str
    reason: str
    expires: date | None = None

    def expired(self, today: date) -> bool:
        """Whether its last day has gone."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True)
class Applied:
    """What the entries make of a run."""

    stale: list[str]
    """The clauses that pass although they have an entry: the run fails."""
    notes: list[str]
    """A sentence for each entry that is stale, or that has expired while its clause still fails."""


def load(path: Path) -> dict[str, KnownFailure]:
    """The entries of a file, by their clauses.

    Raises:
        UsageError: it cannot be read, or an entry says what it cannot; names the file and the entry.
    """
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--known-failures: there is no file {path}. Put its path right, or leave it out.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"--known-failures: {path} cannot be read: {problem}.") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"--known-failures: {path} is no TOML: {problem}.") from None
    entries = written.get(_TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: {_TABLE} is no list of entries. Begin each with [[{_TABLE}]].")
    if foreign := [key for key in written if key != _TABLE]:
        raise UsageError(f"{path}: there is no {foreign[0]} in such a file. Begin each entry with [[{_TABLE}]].")
    known: dict[str, KnownFailure] = {}
    for number, written_entry in enumerate(entries, start=1):
        entry = _read(written_entry, f"{path}, entry {number}")
        if entry.clause in known:
            raise UsageError(f"{path}, entry {number}: {entry.clause} has an entry already. Keep one of them.")
        known[entry.clause] = entry
    return known


def _read(written: Mapping[str, Any], where: str) -> KnownFailure:
    clause, reason, expires = (written.get(key) for key in _KEYS)
    if not isinstance(clause, str):
        raise UsageError(f'{where}: it names no clause. Write one, such as clause = "LCK-4".')
    if clause not in contract.clauses():
        raise UsageError(f"{where}: {_no_such_clause(clause)}")
    where = f"{where} ({clause})"
    if foreign := [key for key in written if key not in _KEYS]:
        raise UsageError(f"{where}: there is no key {foreign[0]}. The keys are clause, reason and expires.")
    if not isinstance(reason, str) or not reason.strip(" .\u2026\n\t"):
        raise UsageError(f'{where}: it gives no reason. Write why it may fail, such as reason = "ticket 123".')
    # A datetime is a date too, with a time and perhaps a zone that nobody would think of.
    if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
        raise UsageError(f"{where}: expires is no date. Write it without quotes, such as expires = 2027-01-31.")
    return KnownFailure(clause, reason.strip(), expires)


def _no_such_clause(clause: str) -> str:
    try:
        ids = matching(clause)
    except ValueError as problem:
        return str(problem)
    return f"{clause} is a pattern. Write an entry for each clause, such as {ids[0]}."


def entry(clause_id: str, *, today: date) -> list[str]:
    """The lines of an entry that excuses a clause for a while. Its reason has to be written: `load` refuses `...`."""
    return [
        f"[[{_TABLE}]]",
        f'clause = "{clause_id}"',
        f'reason = "{_NO_REASON_YET}"',
        f"expires = {today + _GOOD_FOR}   # {_GOOD_FOR.days} days from today",
    ]


def apply(outcomes: Mapping[str, Outcome], known: Mapping[str, KnownFailure], today: date) -> Applied:
    """What the outcomes, by clause, say of the entries.

    What passes makes its entry stale. What fails in spite of one (a warning is a failure that the gate lets pass) has
    one that has expired. What was not judged (skipped, unverified, blocked, a fault of the kit, not run) says nothing.
    """
    applied = Applied([], [])
    for clause_id, failure in known.items():
        outcome = outcomes.get(clause_id)
        if outcome in _FAILS_NO_MORE:
            applied.stale.append(clause_id)
            applied.notes.append(f"{clause_id} passes now: remove its entry from the known failures.")
        elif outcome in _FAILS and failure.expired(today):
            applied.notes.append(
                f"{clause_id} still fails, and its entry in the known failures expired on {failure.expires} "
                f"({failure.reason}): repair it, or give the entry a later date."
            )
    return applied
