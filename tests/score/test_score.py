"""The score: that it is counted rightly, and a sample of it."""

from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path

import pytest
from rich.console import Console

from tests.backend.variants import ALTERNATIVES, VARIANTS
from tests.score import subjects
from tests.score.__main__ import judge_defect, main, tried_again
from tests.score.matrix import Score, as_json, fate, show
from tests.score.subjects import Subject
from tests.score.trials import Conditions, Findings, Trial, judge

BROKEN = Subject("defect", "pages_upside_down", defect="pages_upside_down", clauses=("PAG-6", "PAG-5"))
BASE = subjects.base()
LENIENT = Subject("variant", "html", ("html",), clauses=("ERR-2",))


def trial(subject: Subject, *red: str, whole: bool = False, exit_code: int | None = None) -> Trial:
    """What a run of the kit may have said."""
    code = int(bool(red)) if exit_code is None else exit_code
    return Trial(subject, whole, code, dict.fromkeys(red, "expected this; observed that"), frozenset(), 2.0)


def seen(subject: Subject, *found: str) -> Findings:
    """What Schemathesis may have found."""
    return Findings(subject, frozenset(found), 8.0)


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        ([trial(BROKEN, "PAG-5")], "right"),
        ([trial(BROKEN, "PAG-5", "SCH-1")], "right"),
        ([trial(BROKEN, "PAG-5"), trial(BROKEN, "PAG-6")], "right"),
        ([trial(BROKEN)], "survived"),
        ([trial(BROKEN), trial(BROKEN, whole=True)], "survived"),
        ([trial(BROKEN, "SCH-1", whole=True)], "other"),
        ([trial(BROKEN), trial(BROKEN, "SCH-1", whole=True)], "other"),
        # What its own clauses missed, their order in a whole run does not make good.
        ([trial(BROKEN), trial(BROKEN, "PAG-6", whole=True)], "other"),
        ([trial(BROKEN, "PAG-6"), trial(BROKEN), trial(BROKEN, whole=True)], "survived"),
        # The kit fell over: whatever it had said until then.
        ([trial(BROKEN, "PAG-6", exit_code=5)], "other"),
        ([trial(BROKEN, exit_code=4)], "survived"),
    ],
)
def test_the_fate_of_a_defect_is_that_of_its_worst_run(trials: list[Trial], expected: str) -> None:
    """Caught nine times of ten is not caught."""
    assert fate(trials) == expected
    assert Score(trials).perfect == (expected == "right")


@pytest.mark.parametrize(
    ("said", "alarm"),
    [
        (trial(BASE), False),
        (trial(BASE, exit_code=3), False),
        (trial(BASE, "LCK-1"), True),
        (trial(BASE, "ERR-2"), True),
        (trial(BASE, exit_code=4), True),
        (trial(BASE, exit_code=5), True),
        (trial(LENIENT, "ERR-2", exit_code=0), False),
        (trial(LENIENT, "ERR-2", "ERR-1"), True),
    ],
)
def test_an_alarm_is_any_clause_that_a_correct_backend_is_accused_of(said: Trial, alarm: bool) -> None:
    """A warning that a variant is bound to is none, and neither is a run without a verdict."""
    score = Score([trial(BASE), said])
    assert score.alarms == ([said] if alarm else [])
    assert score.perfect is not alarm
    assert said.as_expected is not alarm


def test_what_schemathesis_finds_in_the_correct_base_catches_nothing() -> None:
    """A finding counts where the base does not have it."""
    other = Subject("defect", "other", defect="other", clauses=("ERR-1",))
    findings = [seen(BASE, "a"), seen(BASE, "b"), seen(BROKEN, "a", "b"), seen(other, "b", "c")]
    score = Score([trial(BROKEN, "PAG-6"), trial(other, "ERR-1")], findings)
    assert score.seen_by_schemathesis == {BROKEN: False, other: True}


def test_the_matrix_names_what_is_not_as_it_should_be() -> None:
    """With the clauses, as text and as JSON."""
    trials = [trial(BROKEN), trial(BROKEN, "MOD-1", whole=True), trial(BASE), trial(LENIENT, "CRE-1")]
    score = Score(trials, [seen(BASE), seen(BROKEN, "x")], 12.0)
    said = io.StringIO()
    show(score, Console(file=said, width=150))
    lines = said.getvalue().splitlines()
    assert "other pages_upside_down: bound to PAG-6, PAG-5; red: MOD-1" in lines
    assert "alarm html: exit code 1" in lines
    assert "  CRE-1 expected this; observed that" in lines
    row = next(line.split("│")[1:-1] for line in lines if line.startswith("│ PAG"))
    assert [cell.strip() for cell in row] == ["PAG", "1", ".", "1", ".", "1 of 1", "2.0"]
    assert "Of 1 defects the kit catches 0, schemathesis run alone 1; in the correct base it finds 0." in lines
    assert json.loads(json.dumps(as_json(score)))["defects"][0]["fate"] == "other"


@pytest.mark.parametrize("seed", range(20))
def test_mixes_hold_every_variant_once_and_no_two_alternatives(seed: int) -> None:
    """And the seed decides which."""
    mixes = [mix.variants for mix in subjects.mixes(seed)]
    assert sorted(name for mix in mixes for name in mix) == sorted(VARIANTS)
    together = {frozenset(pair) for mix in mixes for pair in combinations(mix, 2)}
    assert not any(frozenset(pair) in together for group in ALTERNATIVES for pair in combinations(group, 2))
    assert max(map(len, mixes)) == subjects.MIX
    assert mixes == [mix.variants for mix in subjects.mixes(seed)]
    assert mixes != [mix.variants for mix in subjects.mixes(seed + 1)]


def test_alternatives_are_variants() -> None:
    """By their names."""
    assert set().union(*ALTERNATIVES) <= set(VARIANTS)


def test_backends_are_chosen_by_name_and_by_clause() -> None:
    """With wildcards, as a shell has them."""
    everybody = [subjects.base(), *subjects.variants(), *subjects.defects()]
    assert subjects.chosen(everybody, []) == everybody
    assert [each.name for each in subjects.chosen(everybody, ["crlf", "base"])] == ["base", "crlf"]
    assert {each.clauses[0] for each in subjects.chosen(subjects.defects(), ["LST-2"])} >= {"LST-2"}
    assert all("LST-2" in each.clauses for each in subjects.chosen(subjects.defects(), ["LST-2"]))


@pytest.mark.timeout(20)
def test_a_name_that_nothing_has_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """And a sentence says which."""
    assert main(["no_such_thing"]) == 2
    assert "no_such_thing" in capsys.readouterr().out


@pytest.mark.timeout(300)
def test_a_sample_of_the_score_is_perfect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Some defects of all families, by the clauses they are bound to."""
    file = tmp_path / "score.json"
    code = main(["--kind=defect", "--sample=75", "--jobs=3", f"--json={file}", f"--reports={tmp_path / 'reports'}"])
    assert code == 0, capsys.readouterr().out
    assert len(json.loads(file.read_text("utf-8"))["defects"]) > 5


@pytest.mark.timeout(60)
def test_the_report_of_a_surprise_is_kept(tmp_path: Path) -> None:
    """A defect that is bound to another clause than its own."""
    wrongly_bound = Subject("defect", "locked_423", defect="locked_423", clauses=("CRE-2",))
    missed = judge(wrongly_bound, Conditions(reports=tmp_path), whole=False)
    assert not missed.broken
    assert missed.red == {}
    assert {path.name for path in tmp_path.iterdir()} == {
        f"locked_423-0-bound.{kind}" for kind in ("json", "html", "txt")
    }


@pytest.mark.parametrize(("red", "runs"), [(["PAG-6"], 1), ([], 2)])
def test_a_defect_that_its_clauses_do_not_see_is_looked_for_by_all(
    red: list[str], runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise nothing would tell what the kit sees elsewhere from what it does not see."""

    def said(subject: Subject, _: Conditions, *, whole: bool) -> Trial:
        return trial(subject, *(["MOD-1"] if whole else red), whole=whole)

    monkeypatch.setattr("tests.score.__main__.judge", said)
    assert [each.whole for each in judge_defect(BROKEN, Conditions(), whole=False)] == [False, True][:runs]


@pytest.mark.parametrize(
    ("runs", "times", "perfect"),
    [
        ([[]], 0, False),
        ([[], ["PAG-6"]], 1, True),
        ([[], []], 1, False),
        ([[], [], ["PAG-6"]], 2, True),
        ([["PAG-6"]], 1, True),
    ],
)
def test_a_surprise_is_tried_again_and_told(runs: list[list[str]], times: int, perfect: bool) -> None:
    """One that does not stay counts for nothing, but nobody is kept from knowing."""
    left = iter(runs)
    score = Score(tried_again(lambda: [trial(BROKEN, *next(left))], times))
    assert score.perfect is perfect
    assert next(left, None) is None
    assert len(score.tried) == len(runs)
    said = io.StringIO()
    show(score, Console(file=said, width=150))
    assert said.getvalue().count("not each time pages_upside_down: once red was nothing") == perfect * (len(runs) - 1)
