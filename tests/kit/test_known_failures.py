"""The file of known failures: what it says, what it excuses, and that it cannot rot."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.known_failures import KnownFailure, apply, entry, load
from conformance.outcome import Outcome
from conformance.settings import UsageError

TODAY = date(2026, 11, 2)
KNOWN = {
    "LCK-4": KnownFailure("LCK-4", "ticket 123"),
    "PAG-4": KnownFailure("PAG-4", "ticket 124", date(2026, 11, 2)),
    "CRE-1": KnownFailure("CRE-1", "ticket 125", date(2026, 11, 1)),
}


def read(tmp_path: Path, text: str) -> dict[str, KnownFailure]:
    """The entries of a file with that text."""
    path = tmp_path / "known.toml"
    path.write_text(text, "utf-8")
    return load(path)


def test_an_entry_has_a_clause_a_reason_and_perhaps_a_last_day(tmp_path: Path) -> None:
    """In whatever order."""
    text = """
        [[known-failure]]
        clause = "LCK-4"
        reason = " ticket 123 "

        [[known-failure]]
        expires = 2026-11-02
        reason = "ticket 124"
        clause = "PAG-4"
        """
    assert read(tmp_path, text) == {clause: KNOWN[clause] for clause in ("LCK-4", "PAG-4")}
    assert read(tmp_path, "# none, and that is the aim") == {}


def written(**values: str) -> str:
    """An entry with these values for its keys, as TOML writes them; all are good unless told."""
    good = {"clause": '"LCK-4"', "reason": '"ticket 123"'}
    lines = "\n".join(f"{key} = {value}" for key, value in {**good, **values}.items() if value)
    return f"[[known-failure]]\n{lines}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written(clause='"LCK-99"'), "entry 1: there is no clause LCK-99. Did you mean LCK-9"),
        (written(clause='"LCK-*"'), "entry 1: LCK-* is a pattern. Write an entry for each clause, such as LCK-"),
        (written(clause='"XYZ-*"'), "entry 1: no clause matches XYZ-*."),
        (written(clause="4"), 'entry 1: it names no clause. Write one, such as clause = "LCK-4".'),
        (written(clause=""), "entry 1: it names no clause."),
        (written() * 2, "entry 2: LCK-4 has an entry already. Keep one of them."),
        (written(reason=""), "entry 1 (LCK-4): it gives no reason."),
        (written(reason='"  "'), "entry 1 (LCK-4): it gives no reason."),
        (written(reason='"..."'), "entry 1 (LCK-4): it gives no reason."),
        (written(reason="7"), "entry 1 (LCK-4): it gives no reason."),
        (written(expires='"2027-01-31"'), "expires is no date. Write it without quotes, such as expires = 2027-01-31."),
        (written(expires="2027-01-31T00:00:00Z"), "expires is no date."),
        (written(expires="2027-02-31"), "is no TOML"),
        (written(since="2027-01-31"), "entry 1 (LCK-4): there is no key since. The keys are clause, reason and"),
        ("[known-failure]", "known-failure is no list of entries. Begin each with [[known-failure]]."),
        ("known-failure = [1]", "known-failure is no list of entries."),
        ("[[known-failures]]", "there is no known-failures in such a file. Begin each entry with [[known-failure]]."),
        ("a = 1\nb =", "is no TOML: Invalid value (at end of document)."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    """The file, the entry, and the remedy; in one line."""
    with pytest.raises(UsageError) as raised:
        read(tmp_path, text)
    assert said in str(raised.value)
    assert str(tmp_path / "known.toml") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Not taken for an empty one."""
    with pytest.raises(UsageError, match=r"there is no file .*none\.toml"):
        load(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path)


def test_an_entry_is_good_until_the_end_of_its_last_day() -> None:
    """Without one, for ever."""
    assert [failure.expired(TODAY) for failure in KNOWN.values()] == [False, False, True]


def test_the_entry_of_a_failure_is_ready_to_be_pasted(tmp_path: Path) -> None:
    """It lasts 90 days."""
    written = "\n".join(entry("LCK-4", today=TODAY)).replace("...", "ticket 123")
    assert read(tmp_path, written) == {"LCK-4": KnownFailure("LCK-4", "ticket 123", date(2027, 1, 31))}


@pytest.mark.parametrize("reason", ["...", " ... ", "\u2026"])
def test_the_entry_asks_for_a_reason(tmp_path: Path, reason: str) -> None:
    """Pasted as it is printed it is refused: in a year nobody would know the reason any more."""
    pasted = "\n".join(entry("LCK-4", today=TODAY))
    said = r"it gives no reason\. Write why it may fail, such as reason = "
    with pytest.raises(UsageError, match=said):
        read(tmp_path, pasted.replace("...", reason))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.WARNED])
def test_an_entry_that_has_expired_excuses_nothing(outcome: Outcome) -> None:
    """And is said."""
    applied = apply({"CRE-1": outcome}, KNOWN, TODAY)
    assert applied.stale == []
    (note,) = applied.notes
    assert note.startswith("CRE-1 still fails, and its entry in the known failures expired on 2026-11-01 (ticket 125)")


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.NOTED])
def test_an_entry_whose_clause_passes_is_stale(outcome: Outcome) -> None:
    """Expired or not: the run fails until it is removed."""
    applied = apply({"LCK-4": outcome, "CRE-1": outcome}, KNOWN, TODAY)
    assert applied.stale == ["LCK-4", "CRE-1"]
    assert applied.notes[0] == "LCK-4 passes now: remove its entry from the known failures."


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.UNVERIFIED, Outcome.BLOCKED, Outcome.FAULT])
def test_what_was_not_judged_says_nothing_of_its_entry(outcome: Outcome) -> None:
    """Nor does a clause that was no part of the run."""
    applied = apply({"LCK-4": outcome}, KNOWN, TODAY)
    assert (applied.stale, applied.notes) == ([], [])
