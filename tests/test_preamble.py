"""What headers say is read once for all requests that have the same, and keeps no credential in what is shown."""

from __future__ import annotations

from mockserver.preamble import read_preamble

ALICE = [(b"host", b"x"), (b"authorization", b"Bearer opaque-credential-1"), (b"x-copy", b"opaque-credential-1")]


def test_credentials_are_masked_wherever_they_stand() -> None:
    """In the header of their own, and in others."""
    said = read_preamble(ALICE)
    assert said.authorization == "Bearer opaque-credential-1"
    assert said.shown == (("host", "x"), ("authorization", "Bearer ***"), ("x-copy", "*" * 19))


def test_the_same_headers_are_read_once() -> None:
    """A client sends the same again and again; of large ones nothing is kept."""
    assert read_preamble(ALICE) is read_preamble(list(ALICE))
    large = [*ALICE, (b"cookie", b"x" * 5000)]
    assert read_preamble(large) is not read_preamble(large)
    assert read_preamble(large).shown == read_preamble(large).shown


def test_other_headers_are_told_apart() -> None:
    """By names, values and order; names and values are not run together."""
    one, other = read_preamble([(b"prefer", b"a")]), read_preamble([(b"prefe", b"ra")])
    assert one.prefer == ("a",)
    assert other.prefer == ()
    assert read_preamble([(b"prefer", b"a"), (b"prefer", b"b")]).prefer == ("a", "b")
    assert read_preamble([(b"authorization", b"Bearer j\xc3\xb6rg@demo")]).authorization == "Bearer jörg@demo"
    assert read_preamble([]).token is None
