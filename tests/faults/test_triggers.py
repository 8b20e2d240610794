"""What one call asks for, by header, query or text."""

from __future__ import annotations

import pytest

from mockserver.faults.triggers import FAILING_MESSAGE, Cue, from_prefer, from_query, read_text, strip_query
from mockserver.faults.values import FaultError


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        (["code=429"], ["status; code=429"]),
        (["code=503; retry_after=7"], ["status; code=503; retry_after=7"]),
        (["fault=truncate; after=2, Code=404"], ["truncate; after=2", "status; code=404"]),
        (['fault="truncate";after="2"', "fault=bom"], ["truncate; after=2", "bom"]),
        (["delay=5"], ["delay; ms=5; distribution=fixed; spread=0.5"]),
        (["return=minimal, wait=5; x=\"a,b;c\", respond-async, dynamic=true", "example=a", ""], []),
        (["code=200"], []),
    ],
)  # fmt: skip
def test_prefer(values: list[str], asked: list[str]) -> None:
    """RFC 7240, as Prism's users write it."""
    assert [str(fault) for fault in from_prefer(values)] == asked


@pytest.mark.parametrize(
    "value", ["fault", "fault=", "fault=truncat", "code=418", "code=x", "fault=truncate; aftr=1", "fault=quota"]
)
def test_a_wrong_preference_is_never_passed_over(value: str) -> None:
    """By header and by query."""
    with pytest.raises(FaultError):
        from_prefer([value])
    with pytest.raises(FaultError):
        from_query("__" + value.replace(" ", ""))


def test_query() -> None:
    """Encoded or not, more than once; the rest of the query stays as it was."""
    query = "page=2&__fault=truncate%3Bafter=4&__fault=slow;factor=2&__code=429&q=%20a+b"
    assert [str(fault) for fault in from_query(query.encode())] == [
        "truncate; after=4",
        "slow; factor=2.0",
        "status; code=429",
    ]
    assert strip_query(query) == "page=2&q=%20a+b"
    with pytest.raises(FaultError, match="did you mean __fault"):
        from_query("__fualt=truncate")


@pytest.mark.parametrize(
    ("text", "asked", "reply", "wants_help"),
    [
        (FAILING_MESSAGE, ["error; after=3"], None, False),
        (
            " !fault truncate after=1 \n\n!code 429\n!reply table",
            ["truncate; after=1", "status; code=429"],
            "table",
            False,
        ),
        ("!help", [], None, True),
    ],
)
def test_text(text: str, asked: list[str], reply: str | None, wants_help: bool) -> None:
    """Our words alone, one to a line."""
    cue = read_text(text)
    assert isinstance(cue, Cue)
    assert ([str(fault) for fault in cue.faults], cue.reply, cue.help) == (asked, reply, wants_help)


@pytest.mark.parametrize("text", ["Say !fault error", "!fault error\nplease", "", "!!! wow", "!important", "Hello!"])
def test_a_message_is_a_message(text: str) -> None:
    """Also one that speaks of the words."""
    assert read_text(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("!fault truncat", "did you mean truncate?"),
        ("!fault", "needs a value"),
        ("!falt error", "did you mean !fault?"),
        ("!reply tabel", "did you mean table?"),
        ("!code 200", "code: expected"),
        ("!help me", "one to a line"),
    ],
)
def test_a_misspelt_word_is_named(text: str, problem: str) -> None:
    """With what was meant."""
    with pytest.raises(FaultError) as caught:
        read_text(text)
    assert problem in str(caught.value)
