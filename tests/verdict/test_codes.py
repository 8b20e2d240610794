"""Each code has bad clients that earn it and good ones that do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from mockserver.verdict.codes import CODES, Severity
from mockserver.verdict.document import document
from mockserver.verdict.watch import RULES
from tests.verdict.given import Client
from tests.verdict.stories import BAD, GOOD, Story


def told(stories: Mapping[str, list[Story]]) -> list[ParameterSet]:
    """Every story of every code; a code without one fails by its name."""
    return [
        pytest.param(code, story, id=f"{code}-{place}")
        for code in CODES
        for place, story in enumerate(stories.get(code, [lambda _: pytest.fail("there is no story")]))
    ]


@pytest.mark.parametrize(("code", "story"), told(BAD))
def test_a_bad_client_earns_the_code(code: str, story: Story) -> None:
    """And nothing that is worse."""
    client = Client()
    story(client)
    assert code in client.codes()
    ranks = list(Severity)
    worst = min(ranks.index(CODES[other].severity) for other in client.codes())
    assert ranks.index(CODES[code].severity) == worst
    finding = next(finding for finding in client.watch.findings() if finding.code == code)
    assert finding.entries
    assert len(finding.message) > 20


@pytest.mark.parametrize(("code", "story"), told(GOOD))
def test_a_good_client_does_not(code: str, story: Story) -> None:
    """However close it comes."""
    client = Client()
    story(client)
    assert code not in client.codes()


def test_each_code_is_carried_out_by_one_rule() -> None:
    """No more and no less than the table has."""
    assert sorted(code for rule in RULES for code in rule.codes) == sorted(CODES)


def test_no_story_is_of_a_code_that_is_not_there() -> None:
    """Nor is one told twice under another name."""
    assert set(BAD) == set(GOOD) == set(CODES)


def test_the_document_is_the_table() -> None:
    """`python -m mockserver.verdict.document > docs/verdict.md`."""
    page = Path(__file__).parents[2] / "docs" / "verdict.md"
    assert page.read_text("utf-8") == document()
    assert all(f"`{code}`" in document() for code in CODES)
