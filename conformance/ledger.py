"""What all processes of one run share: replies spent, scenes played, the next moment at which a call may go out.

A file of SQLite, because it is the one store in the standard library in which several processes can take turns.
It holds nothing that outlives the run: the process that started the run makes the folder and removes it.
"""

import pickle
import sqlite3
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from conformance.settings import UsageError
from conformance.verdict import NothingToJudge, Unaffordable, Unverified, Violation

T = TypeVar("T")

_POLL_EVERY_S = 0.02
_LONGEST_WAIT_S = 600.0

_TABLES = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answered (conversation BLOB, message BLOB, PRIMARY KEY (conversation, message));
CREATE TABLE IF NOT EXISTS played (name TEXT PRIMARY KEY, owner TEXT, result BLOB);
"""


class Ledger:
    """The shared account of one run. Safe to use from several threads and processes.

    `budget` is how many replies may be generated in the whole run; None sets no limit. `owner` is the process.
    """

    def __init__(self, path: Path, *, budget: int | None = None, owner: str = "") -> None:
        self._path = path
        self.budget = budget
        self.owner = owner
        self.redact: Callable[[str], str] = str
        self.spent_here = 0  # replies that this process spent
        self._lock = Lock()
        # Nothing here has to survive a crash, so nothing waits for the disk.
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA journal_mode = PERSIST")  # to make and remove a file each time doubles what it takes
        with self._lock:
            self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @property
    def replies(self) -> int:
        """Replies that were spent so far, or are being spent."""
        return int(self._read("replies"))

    @property
    def repeated(self) -> int:
        """Calls that had to be sent again."""
        return int(self._read("repeated"))

    def spend_reply(self) -> None:
        """Account for a reply before it is asked for.

        Raises:
            Unaffordable: the budget is spent; nothing may be sent.
        """

        def spend() -> bool:
            if self.budget is not None and self._value("replies") >= self.budget:
                return False
            self._add("replies", 1)
            return True

        if not self._alone(spend):
            raise Unaffordable(self.budget or 0)
        self.spent_here += 1

    def refund_reply(self) -> None:
        """The call was refused: nothing was generated."""
        self._alone(lambda: self._add("replies", -1))
        self.spent_here -= 1

    def note_repeated(self) -> None:
        """A call had to be sent again."""
        self._alone(lambda: self._add("repeated", 1))

    def note_answered(self, conversation_id: str, message_id: str) -> None:
        """This message has a reply: the same id again costs none."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO answered VALUES (?, ?)", _stored(conversation_id, message_id))

    def is_answered(self, conversation_id: str, message_id: str) -> bool:
        """Whether the message has a reply already."""
        with self._lock:
            row = self._db.execute(
                "SELECT 1 FROM answered WHERE conversation = ? AND message = ?", _stored(conversation_id, message_id)
            ).fetchone()
        return row is not None

    def wait_for_slot(self, calls_per_second: float) -> None:
        """Wait until one more call may go out: all processes together send no more than that."""

        def take() -> float:
            # The clock that all processes of a machine share.
            slot = max(self._value("next_slot"), time.monotonic())
            self._set("next_slot", slot + 1 / calls_per_second)
            return slot

        time.sleep(max(0.0, self._alone(take) - time.monotonic()))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, made by the first process that asks, for all of them.

        What it returns or raises has to be picklable; what it raises is raised for everyone.

        Raises:
            Unverified: whoever makes it died, or does not come to an end.
        """
        give_up = time.monotonic() + _LONGEST_WAIT_S
        if self._result(name) is None and self._claim(name):
            self._make(name, make)
        while (row := self._result(name)) is None:
            if time.monotonic() > give_up:
                raise Unverified(f"another worker did not come to an end with: {name}")
            time.sleep(_POLL_EVERY_S)
        made, value = pickle.loads(row)  # noqa: S301 - written by this run, into a folder that only its user can read
        if not made:
            raise value
        return value  # type: ignore[no-any-return]

    def abandon(self, owner: str) -> None:
        """That process has died: nobody waits any longer for what it was making."""
        with self._lock:
            rows = self._db.execute("SELECT name FROM played WHERE owner = ? AND result IS NULL", (owner,)).fetchall()
        for (name,) in rows:
            self._keep(name, (False, Unverified(f"the worker that was at it died: {name}")))

    def _make(self, name: str, make: Callable[[], object]) -> None:
        try:
            result: tuple[bool, object] = (True, make())
        except Exception as problem:
            result = (False, self._for_others(problem))
        except BaseException:
            # Ctrl-C, or the guard of pytest-timeout: the others must not wait for what will never come.
            self._keep(name, (False, Unverified(f"it was stopped before its end: {name}")))
            raise
        self._keep(name, result)

    def _for_others(self, problem: Exception) -> Exception:
        """As it can go to other processes: their redactors may know other tokens than ours."""
        if isinstance(problem, Unverified | Violation | NothingToJudge | UsageError):
            return problem.with_traceback(None)
        told = "".join(traceback.format_exception(problem))  # which does not survive the way by itself
        if self.redact(told) != told:
            return RuntimeError(self.redact(told))
        problem.add_note(told)
        return problem.with_traceback(None)

    def _keep(self, name: str, result: tuple[bool, object]) -> None:
        try:
            kept = pickle.dumps(result)
            pickle.loads(kept)  # noqa: S301 - what was dumped just now; some errors can be dumped and not be loaded
        except Exception as unfit:
            value = result[1]
            told = traceback.format_exception(value if isinstance(value, BaseException) else unfit)
            kept = pickle.dumps((False, RuntimeError(self.redact("".join(told)))))
        with self._lock:
            self._db.execute("UPDATE played SET result = ? WHERE name = ?", (kept, name))

    def take(self, name: str) -> Any:
        """What `once` has of this name, for the first who asks; None for all others, and where there is nothing."""

        def take() -> bytes | None:
            row = self._db.execute("SELECT result FROM played WHERE name = ?", (name,)).fetchone()
            self._db.execute("DELETE FROM played WHERE name = ?", (name,))
            return row[0] if row else None

        kept = self._alone(take)
        return pickle.loads(kept)[1] if kept else None  # noqa: S301 - as in `once`

    def another(self) -> "Ledger":
        """The same account for another part of this process, which counts what it spends by itself."""
        other = Ledger(self._path, budget=self.budget, owner=self.owner)
        other.redact = self.redact
        return other

    def was_begun(self, name: str) -> bool:
        """Whether somebody has asked `once` for it."""
        with self._lock:
            return self._db.execute("SELECT 1 FROM played WHERE name = ?", (name,)).fetchone() is not None

    def was_played(self, name: str) -> bool:
        """Whether `once` has a result of this name."""
        return self._result(name) is not None

    def _claim(self, name: str) -> bool:
        with self._lock:
            claimed = self._db.execute("INSERT OR IGNORE INTO played (name, owner) VALUES (?, ?)", (name, self.owner))
        return claimed.rowcount == 1

    def _result(self, name: str) -> bytes | None:
        with self._lock:
            row = self._db.execute("SELECT result FROM played WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _alone(self, act: Callable[[], T]) -> T:
        """Do it while no other thread or process reads or writes."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                return act()
            finally:
                self._db.execute("COMMIT")

    def _read(self, name: str) -> float:
        with self._lock:
            return self._value(name)

    def _value(self, name: str) -> float:
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return row[0] if row else 0.0

    def _set(self, name: str, value: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))

    def _add(self, name: str, amount: float) -> None:
        self._set(name, self._value(name) + amount)


def _stored(*texts: str) -> list[bytes]:
    """As SQLite takes them: the id of a message may have lone surrogates, as JSON may, and its texts cannot."""
    return [text.encode("utf-8", "surrogatepass") for text in texts]
