"""What is kept for starts to come: never wrong, and never missed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mockserver.cache import remember


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the cache is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "conversations-mock"


def made(value: Any, made_of: bytes = b"1") -> bool:
    """Whether it had to be made; what comes is right in any case."""
    calls: list[Any] = []

    def make() -> Any:
        calls.append(value)
        return value

    assert remember("thing", made_of, make) == value
    return bool(calls)


def test_it_is_made_once() -> None:
    """The second time it comes from the file."""
    assert [made({"a": [1, 2.5, None, "ü"]}) for _ in range(3)] == [True, False, False]


def test_of_something_else_it_is_made_anew(folder: Path) -> None:
    """There is one file, which has the last."""
    assert [made("one"), made("two", b"2"), made("two", b"2"), made("one")] == [True, True, False, True]
    assert [path.name for path in folder.iterdir()] == ["thing.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b"7", b'["x"]', b"\xff", b'{"a": 1, "b": 2}', b'["a", 1, 2]'])
def test_a_damaged_file_is_no_matter(folder: Path, damage: bytes) -> None:
    """It is made anew, and is whole again."""
    made("one")
    (folder / "thing.json").write_bytes(damage)
    assert [made("one"), made("one")] == [True, False]


def test_what_json_would_change_is_made_each_time(folder: Path) -> None:
    """A date would come back as a text, and a tuple as a list."""
    for value in ({"day": date(2026, 1, 1)}, {1: "one"}, 1 << 70, ("a", "b")):
        assert [made(value), made(value)] == [True, True]
    assert not folder.exists()


def test_a_place_that_cannot_be_written_is_no_matter(folder: Path) -> None:
    """A file where the folder would be: not even root can write there."""
    folder.write_text("in the way")
    assert [made("one"), made("one")] == [True, True]


def test_a_home_that_is_not_there_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container of a user without one."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert [made("one"), made("one")] == [True, True]


def test_what_make_raises_is_raised(folder: Path) -> None:
    """And nothing is kept."""

    def fail() -> Any:
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        remember("thing", b"1", fail)
    assert not folder.exists()
