"""All journals of a server together are bounded, too."""

from __future__ import annotations

from mockserver import Settings, create_app
from mockserver.journal.journal import Journal
from mockserver.journal.together import JournalsTogether

from .given import make_entry


def fill(journal: Journal, count: int, size: int = 1000) -> None:
    """Put exchanges of about that size into it."""
    for _ in range(count):
        journal.add(make_entry(journal.next_number(), request_body=b"x" * size))


def test_those_that_were_quiet_for_longest_lose_exchanges_first() -> None:
    """The newest of each stays, and each says how many it has dropped."""
    together, journals = JournalsTogether(kept_bytes=18_500), [Journal() for _ in range(3)]
    for journal in journals:
        together.add(journal)
        fill(journal, 4)
    first, _, third = journals
    fill(first, 1)
    assert [journal.dropped for journal in journals] == [0, 1, 0]
    fill(third, 5)
    assert [(len(journal), journal.dropped) for journal in journals] == [(2, 3), (1, 3), (9, 0)]
    assert together.kept_bytes == sum(journal.kept_bytes for journal in journals) <= 18_500


def test_what_is_cleared_or_removed_makes_room() -> None:
    """It is not counted any more, and not touched any more."""
    together, one, other = JournalsTogether(kept_bytes=5000), Journal(), Journal()
    together.add(one)
    together.add(other)
    fill(one, 2)
    one.clear()
    assert together.kept_bytes == 0
    fill(one, 2)
    together.remove(one)
    fill(other, 3)
    fill(one, 3)
    assert (one.dropped, other.dropped, together.kept_bytes) == (0, 0, other.kept_bytes)


def test_a_server_keeps_its_journals_together() -> None:
    """Each workspace's, from its first use to its end; and from the same again."""
    sandboxes = create_app(Settings(empty=True)).sandboxes
    together = sandboxes._journals
    fill(sandboxes.of("a").journal, 2)
    fill(sandboxes.of("b").journal, 3)
    both = together.kept_bytes
    assert both == sandboxes.of("a").journal.kept_bytes + sandboxes.of("b").journal.kept_bytes > 5000
    sandboxes.remove("a")
    sandboxes.reset("b")
    assert together.kept_bytes == 0
