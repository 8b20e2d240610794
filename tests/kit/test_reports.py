"""Every kind of report, checked in full against a run that has every outcome in it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.outcome import ClauseResult, Judgement, Outcome, RunReport, Verdict
from conformance.report import KINDS, digest, html, json_report, junit, markdown, terminal, write_report
from conformance.report.text import one_line, pretty_json, split_invisible, visible

from .sample_run import SCRIPT, empty_run, huge_run, sample_run

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "conformance/report/report.schema.json").read_text("utf-8"))
DOCS = (ROOT / "docs/report.md").read_text("utf-8")
VOID = {"meta", "link", "input", "br", "img"}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def run() -> RunReport:
    """The run with every outcome in it."""
    return sample_run()


@pytest.fixture(scope="module")
def huge() -> RunReport:
    """The run with too much evidence."""
    return huge_run()


def result_of(run: RunReport, clause_id: str) -> ClauseResult:
    """What came of one clause."""
    return next(result for result in run.clauses if result.clause.id == clause_id)


def judgement_of(run: RunReport, clause_id: str) -> Judgement:
    """What decided one clause."""
    judgement = result_of(run, clause_id).decisive
    assert judgement
    return judgement


def outcomes(run: RunReport) -> dict[str, str]:
    """The outcome of each clause, as reports name it."""
    return {result.clause.id: result.outcome or "not run" for result in run.clauses}


def test_the_sample_has_every_outcome(run: RunReport) -> None:
    """Or these tests would prove less than they say."""
    assert {result.outcome for result in run.clauses} == {*Outcome, None}


# Files


@pytest.mark.parametrize("ending", [".html", ".json", ".md", ".xml", ".HTML"])
def test_the_ending_picks_the_kind(run: RunReport, tmp_path: Path, ending: str) -> None:
    """Folders are made, the text is UTF-8, and no half-written file stays."""
    path = tmp_path / "new" / "folder" / f"report{ending}"
    write_report(run, path)
    assert path.read_bytes().decode("utf-8") == KINDS[ending.lower()](run)
    assert list(path.parent.iterdir()) == [path]


def test_every_kind_is_a_function_of_the_run_alone(run: RunReport) -> None:
    """The same run is the same text, whatever day it is drawn on."""
    assert all(kind(run) == kind(sample_run()) for kind in KINDS.values())


@pytest.mark.parametrize("name", ["report.pdf", "report", ".html"])
def test_an_unknown_ending_is_refused_by_naming_the_known_ones(run: RunReport, tmp_path: Path, name: str) -> None:
    """Before anything is written."""
    with pytest.raises(ValueError, match=re.escape(".html, .json, .md, .xml")):
        write_report(run, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_report_that_cannot_be_written_leaves_the_old_one(run: RunReport, tmp_path: Path) -> None:
    """And nothing beside it."""
    (tmp_path / "report.md").mkdir()
    (tmp_path / "report.md" / "kept").touch()
    with pytest.raises(OSError, match=r"report\.md"):
        write_report(run, tmp_path / "report.md")
    assert [path.name for path in tmp_path.rglob("*")] == ["report.md", "kept"]


def test_a_second_report_replaces_the_first(run: RunReport, tmp_path: Path) -> None:
    """As a whole."""
    write_report(run, tmp_path / "report.json")
    write_report(empty_run(), tmp_path / "report.json")
    assert json_report.read((tmp_path / "report.json").read_text("utf-8")) == empty_run()


def test_to_import_the_reports_costs_nothing() -> None:
    """The plugin is loaded in every pytest run of whoever installed the kit."""
    line = "import sys, conformance.report; sys.exit(bool({'jinja2', 'yaml', 'xml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", line], cwd=ROOT, check=False).returncode == 0


# Text


def test_what_cannot_be_seen_is_written_out() -> None:
    """Controls, directions, halves of characters, and letters without a width; what can be seen stays."""
    assert visible("a\x00\x1b\r\x7f\u202e\ufeff\ud800\U000e0041\tb\n") == (
        "a\\u0000\\u001b\\r\\u007f\\u202e\\ufeff\\ud800\\udb40\\udc41\tb\n"
    )
    assert visible("Grüße, 你好, שלום, 👩‍👧 é") == "Grüße, 你好, שלום, 👩‍👧 é"


@given(st.text(st.characters()))
def test_nothing_invisible_is_left(text: str) -> None:
    """Whatever a backend sends; once is enough, and UTF-8 can hold it."""
    assert visible(visible(text)) == visible(text)
    assert visible(text).encode().decode() == visible(text)
    assert "".join(piece for piece, _ in split_invisible(text)) == visible(text)


def test_one_line_is_one_line_and_no_longer_than_it_may_be() -> None:
    """Also of a megabyte, and of what becomes longer by being written out."""
    assert one_line(" a\n\r b\u2028c ") == "a b c"
    assert one_line("x" * 1_000_000, 20) == "x" * 17 + "..."
    assert len(one_line("\x00" * 40, 50)) == 50


_WORDS = st.text(max_size=9)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60)
@given(st.lists(_JSON, max_size=4))
def test_pretty_json_says_the_same(value: Any) -> None:
    """Indentation changes no value."""
    assert json.loads(pretty_json(json.dumps(value)) or "") == value


def test_pretty_json_hides_nothing() -> None:
    """A key that is there twice, the form of a number, an escape: evidence stays as it was sent."""
    assert pretty_json('{"a":1.0,"a":[],"b":[1e2,"\\u00e9, {"]}') == (
        '{\n  "a": 1.0,\n  "a": [],\n  "b": [\n    1e2,\n    "\\u00e9, {"\n  ]\n}'
    )
    assert pretty_json("[" * 50_000) is None
    assert pretty_json('{"cut": "he') is None
    assert pretty_json('"text"') is None
    assert pretty_json("[" * 500 + "]" * 500) is not None


# Terminal


def test_a_failure_leads_with_the_clause_and_ends_with_what_to_paste(run: RunReport) -> None:
    """Each exchange in the order in which it began, and how to see it again."""
    judgement = judgement_of(run, "LCK-1")
    clause = result_of(run, "LCK-1").clause
    second, first = judgement.exchanges
    assert terminal.failure_lines(judgement, clause, today=date(2026, 11, 23)) == [
        f"LCK-1 (must)  {clause.text}",
        "  expected  409, code conversationLocked",
        "  observed  200 text/event-stream",
        "  exchange  1  +41.412 s  POST .../message-streams -> 200 in 2036 ms (events read: 43, closed by the server)",
        "               43 events over 1.7 s: delta 42, message 1",
        "  exchange  2  +41.852 s  POST .../message-streams -> 200 in 12 ms (the first stream was open, 3 deltas read)",
        "               1 events over 0 ms: delta 1",
        f"  repeat    {first.curl}",
        f"  repeat    {second.curl}",
        "  known     [[known-failure]]",
        '            clause = "LCK-1"',
        '            reason = "..."',
        "            expires = 2027-02-21   # 90 days from today",
    ]


def test_a_fault_shows_its_traceback_and_no_entry_that_would_excuse_it(run: RunReport) -> None:
    """It says nothing of the backend."""
    lines = terminal.failure_lines(judgement_of(run, "SCH-1"), result_of(run, "SCH-1").clause)
    assert lines[1:] == [
        "  fault     KeyError: 'content'",
        "            Traceback (most recent call last):",
        '              File "suite/test_schemas.py", line 31',
        "            KeyError: 'content'",
    ]


def test_the_known_entry_counts_from_today(run: RunReport) -> None:
    """Where no day is given."""
    lines = terminal.failure_lines(judgement_of(run, "LCK-1"), result_of(run, "LCK-1").clause)
    expires = date.fromisoformat(lines[-1].split()[2])
    assert 88 <= (expires - date.today()).days <= 92


def test_a_hostile_answer_does_nothing_in_a_terminal(run: RunReport) -> None:
    """No escape sequence, no change of direction."""
    text = "\n".join(terminal.failure_lines(judgement_of(run, "ERR-1"), result_of(run, "ERR-1").clause))
    assert visible(text) == text
    assert "\\u001b[31mred" in text


@pytest.mark.parametrize("make", [sample_run, empty_run, huge_run])
def test_the_summary_fits_100_columns(make: Any) -> None:
    """Coloured or not; without colour it is plain text."""
    plain = terminal.summary_lines(make(), color=False)
    coloured = terminal.summary_lines(make(), color=True)
    assert all(len(line) <= 100 and visible(line) == line for line in plain)
    assert [ANSI.sub("", line) for line in coloured] == plain
    assert any(ANSI.search(line) for line in coloured)


def test_the_summary_has_a_row_for_each_family_that_was_run_and_one_for_all(run: RunReport) -> None:
    """The counts of a row are those of its clauses."""
    lines = terminal.summary_lines(run, color=False)
    rows = [line.split() for line in lines[: lines.index("")]]
    ran = [family.id for family in digest.families(run) if set(family.counts) != {digest.NOT_RUN}]
    assert rows[0] == ["passed", "failed", "warned", "unverified", "blocked", "other", "replies", "time"]
    assert [row[0] for row in rows[1:]] == [*ran, "all"]
    assert ["LCK", "lock", "7", "1", ".", ".", "2", ".", "2", "2.2", "s"] in rows
    assert rows[-1] == ["all", "67", "4", "1", "4", "2", "8", "38", "3", "min", "7", "s"]


def test_the_summary_groups_what_has_one_reason(run: RunReport) -> None:
    """And ends with the verdict's sentence."""
    lines = terminal.summary_lines(run, color=False)
    for line in [
        "failed      MSG-1, LCK-1, ERR-1, SCH-2",
        "fault       SCH-1  KeyError: 'content'",
        "known       PAG-8  API-1432: the limit comes with release 14",
        "unverified  IDM-10, AUT-2, AUT-3  give --api-foreign-token",
        "unverified  STR-6  it would need 2 replies, and 1 of the 40 was left",
        "blocked     LCK-2, LCK-5  LCK-1 is broken",
        "skipped     ERR-3  the gateway answers these itself",
        "not run     MOD-1",
        "cost        replies 38 of 40, 3 calls repeated, 3 min 7 s (seed 20261123)",
    ]:
        assert line in lines
    assert lines[-1] == run.verdict.sentence


@pytest.mark.parametrize(("exit_code", "color"), [(0, "32"), (1, "31"), (2, "33"), (3, "33"), (4, "33"), (5, "31")])
def test_the_last_sentence_has_the_verdicts_colour(run: RunReport, exit_code: int, color: str) -> None:
    """Green conforms, red does not, yellow says nothing of the backend."""
    judged = dataclasses.replace(run, verdict=Verdict(exit_code, "So it is."))
    assert terminal.summary_lines(judged, color=True)[-1] == f"\x1b[1;{color}mSo it is.\x1b[0m"


# JSON


def fields_of(schema: dict[str, Any]) -> set[str]:
    """Every field that the schema knows, but for the names of outcomes."""
    shapes = [schema, schema["properties"]["verdict"], *schema["$defs"].values()]
    return {name for shape in shapes for name in shape.get("properties", {})}


@pytest.mark.parametrize("make", [sample_run, empty_run])
def test_the_json_report_obeys_its_schema_and_comes_back(make: Any) -> None:
    """Nothing is lost: the run that is read is the run that was written."""
    text = json_report.render(make())
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert json_report.read(text) == make()


def test_the_schema_and_the_docs_know_every_field(run: RunReport) -> None:
    """Each field is required by the schema and named in the docs; there are no others."""
    values = json_report.to_json(run)
    written = set(values) | set(values["verdict"])
    for clause in values["clauses"]:
        written |= set(clause)
        for judgement in clause["judgements"]:
            written |= set(judgement).union(*(exchange for exchange in judgement["exchanges"]))
    assert written == fields_of(SCHEMA)
    shapes = [SCHEMA, SCHEMA["properties"]["verdict"], *SCHEMA["$defs"].values()]
    assert all(shape["required"] == list(shape["properties"]) for shape in shapes if "properties" in shape)
    assert not [name for name in written if f"`{name}`" not in DOCS]
    assert not [outcome for outcome in Outcome if f"| `{outcome}` |" not in DOCS]


def test_the_schema_knows_every_outcome() -> None:
    """A new one must not make reports invalid."""
    assert SCHEMA["$defs"]["outcome"]["enum"] == list(Outcome)
    assert SCHEMA["properties"]["counts"]["required"] == [label.replace(" ", "_") for label in digest.LABELS]


def test_the_sample_in_the_docs_is_a_report() -> None:
    """It obeys the schema and can be read."""
    (sample,) = re.findall(r"```json\n(.*?)```", DOCS, re.S)
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(json.loads(sample))
    assert json_report.read(sample).clauses[0].outcome is Outcome.FAILED


def test_the_counts_are_those_of_the_clauses(run: RunReport) -> None:
    """Zeros too."""
    counts = json_report.to_json(run)["counts"]
    assert counts == {label.replace(" ", "_"): number for label, number in Counter(outcomes(run).values()).items()}
    assert json_report.to_json(empty_run())["counts"] == dict.fromkeys(counts, 0) | {"not_run": 86}


def test_a_json_report_with_new_fields_can_be_read(run: RunReport) -> None:
    """The promise of the version: new fields may come."""
    values = json.loads(json_report.render(run))
    values["new"] = values["verdict"]["new"] = values["clauses"][0]["new"] = 1
    values["clauses"][0]["judgements"][0]["new"] = 1
    values["clauses"][0]["judgements"][0]["exchanges"][0]["new"] = 1
    assert json_report.read(json.dumps(values)) == run


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 2}', "no json"])
def test_what_is_no_report_of_this_version_is_refused(text: str) -> None:
    """Rather than misread."""
    with pytest.raises(ValueError, match=r"report of version 1|Expecting value"):
        json_report.read(text)


def test_the_json_report_shows_what_cannot_be_seen(run: RunReport) -> None:
    """So that it can be looked at in a terminal, and UTF-8 can hold it."""
    text = json_report.render(run)
    assert visible(text) == text


# HTML


class Page(HTMLParser):
    """What the tests want to know of a page. It raises where tags are not nested well."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.outcomes: dict[str, str] = {}
        self.unfolded: set[str] = set()
        self.texts: dict[str, str] = {}
        self.inside: Counter[str] = Counter()
        self.raw: dict[str, str] = {}
        self._clause, self._depth = "", 0
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it, and which clause begins with it."""
        values = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in values.items()]
        self.inside[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if "data-clause" in values:
            self._clause, self._depth = values["data-clause"], len(self.open)
            self.outcomes[self._clause] = values["data-outcome"]
            self.texts[self._clause] = ""
        elif tag == "details" and self._clause and len(self.open) == self._depth + 1 and "open" in values:
            self.unfolded.add(self._clause)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<rect/>` of an SVG."""
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """It ends what began last."""
        assert self.open.pop() == tag
        if len(self.open) < self._depth:
            self._clause = ""

    def handle_data(self, data: str) -> None:
        """Text belongs to the clause around it."""
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[self.open[-1]] = data
        elif self._clause:
            self.texts[self._clause] += data


@pytest.fixture(scope="module")
def page(run: RunReport) -> Page:
    """The page of the sample."""
    return Page(html.render(run))


def test_the_page_has_every_clause_with_its_outcome_and_text(run: RunReport, page: Page) -> None:
    """What failed is unfolded, the rest is at hand."""
    assert page.outcomes == outcomes(run)
    assert page.unfolded == {"MSG-1", "LCK-1", "ERR-1", "SCH-1", "SCH-2"}
    for result in run.clauses:
        assert visible(result.clause.text).replace("`", "") in page.texts[result.clause.id]


def test_the_page_has_the_whole_evidence_of_a_failure(run: RunReport, page: Page) -> None:
    """Expected, observed, each exchange with its request, answer, events and curl line."""
    shown = page.texts["LCK-1"]
    for exchange in judgement_of(run, "LCK-1").exchanges:
        for text in [exchange.url, exchange.curl, exchange.note, *exchange.headers.values()]:
            assert text in shown
        assert all(data in shown for _, _, data in exchange.events)
    for text in ["409, code conversationLocked", "200 text/event-stream", "+41.412 s", "09:12:45.730 UTC", "+0.310 s"]:
        assert text in shown
    assert "expires = 2027-02-21   # 90 days from today" in shown


def test_the_page_says_why_a_clause_was_not_judged(page: Page) -> None:
    """In its row, with a link to what blocks it."""
    assert "give --api-foreign-token: no second caller was given" in page.texts["IDM-10"]
    assert "blocked by LCK-1: without the lock there is no stream to wait for" in page.texts["LCK-2"]
    assert "needs LCK-1" not in page.texts["LCK-5"]
    assert "seen in passing" in page.texts["SCH-2"]
    assert page.attributes.count(("a", "href", "#LCK-1")) >= 3
    assert "API-1432: the limit comes with release 14" in page.texts["PAG-8"]
    assert "No test of this clause was part of the run." in page.texts["MOD-1"]


def test_the_page_tells_of_the_run(run: RunReport) -> None:
    """Verdict, where, when, how long, at what cost, and how to have the same run again."""
    text = html.render(run)
    for fact in ["Does not conform", "exit code <b>1</b>", "https://staging.chat.example/gateway", "38 of 40"]:
        assert fact in text
    for fact in ["2026-11-23 09:12:04 UTC", "3 min 7 s", "20261123", "k7f3q9", "a reply 2.4 s, a plain call 38 ms"]:
        assert fact in text


def test_every_link_of_the_page_leads_somewhere_in_it(page: Page) -> None:
    """To an id that is there once; nothing leads out of the file."""
    ids = Counter(value for _, name, value in page.attributes if name == "id")
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert set(ids.values()) == {1}
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_the_page_needs_no_network_and_runs_nothing_of_the_backend(page: Page) -> None:
    """One script and one style, whose hashes the policy names; no attribute that acts."""
    (policy,) = [value for _, name, value in page.attributes if name == "content" and "default-src" in value]
    assert policy.startswith("default-src 'none'; ")
    for tag, source in page.raw.items():
        hashed = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{hashed}'" in policy
    assert (page.inside["script"], page.inside["style"], page.inside["img"]) == (1, 1, 0)
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")]


@pytest.mark.parametrize("make", [sample_run, empty_run, huge_run])
def test_a_page_has_nothing_invisible_and_is_nested_well(make: Any) -> None:
    """Whatever is in the evidence, and however much; what is cut says so."""
    text = html.render(make())
    assert visible(text) == text
    assert len(Page(text).outcomes) == 86
    assert len(text) < 15_000_000


def test_long_evidence_is_cut_in_the_page(huge: RunReport) -> None:
    """A browser must not freeze; the numbers of what is missing are there."""
    shown = Page(html.render(huge)).texts["STR-5"]
    assert "800 events between these are in the JSON report" in shown
    assert "61 later exchanges are in the JSON report" in shown
    assert "(cut here, 1,051,500 characters in all)" in shown


def test_exchanges_stand_on_the_time_line_as_they_happened(run: RunReport) -> None:
    """In percent of the time that all of them took."""
    first, second = html.lanes(digest.story(judgement_of(run, "LCK-1")))
    assert (first.start, round(first.width)) == (0.0, 100)
    assert 21 < second.start < 22
    assert len(first.ticks) == 43


# Markdown


def blocks_of(text: str) -> tuple[list[str], list[str]]:
    """The lines outside and inside of fenced blocks, as GitHub would see them."""
    outside: list[str] = []
    inside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opened = re.match("`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
            inside.append(line)
        elif opened:
            fence = opened[0]
        else:
            outside.append(line)
    assert not fence
    return outside, inside


def test_the_comment_leads_with_the_verdict(run: RunReport) -> None:
    """A clear word, the exit code, the sentence."""
    first = markdown.render(run).split("\n")[0]
    assert first == f"**DOES NOT CONFORM** (exit code 1): {run.verdict.sentence}"


def test_the_comment_has_families_failures_and_reasons(run: RunReport) -> None:
    """Evidence in fenced blocks that can be unfolded."""
    text = markdown.render(run)
    assert "| LCK lock | 7 | **1** |  |  | 2 |  |" in text
    assert "<details><summary><b>LCK-1</b> (must) While a stream is active" in text
    assert "\nexpected  409, code conversationLocked\nobserved  200 text/event-stream\n" in text
    assert judgement_of(run, "LCK-1").exchanges[0].curl in text
    assert "- **unverified** IDM-10, AUT-2, AUT-3: give --api-foreign-token" in text
    assert "- **blocked** LCK-2, LCK-5: LCK-1 is broken" in text
    assert "- **not run** MOD-1" in text


@pytest.mark.parametrize("make", [sample_run, empty_run, huge_run])
def test_a_comment_fits_and_is_not_broken(make: Any) -> None:
    """With huge evidence each failure is still named, and what is left out is said."""
    text = markdown.render(make())
    outside, _ = blocks_of(text)
    opened = [line for line in outside if "<details>" in line]
    assert len(text) <= markdown.LONGEST
    assert len(opened) == outside.count("</details>")
    assert visible(text) == text
    failed = [result.clause.id for result in make().clauses if result.outcome is Outcome.FAILED]
    assert not [clause_id for clause_id in failed if f"<b>{clause_id}</b>" not in text]


def test_foreign_text_is_no_markup_in_a_comment(run: RunReport) -> None:
    """Outside of fences and code it opens no tag, mentions nobody, refers to nothing."""
    hostile = dataclasses.replace(
        run, verdict=Verdict(1, f"{SCRIPT} | @everyone #1 `a` [x](y) *b* _c_"), notes=["@team\n# heading", "x|y"] * 9
    )
    outside, inside = blocks_of(markdown.render(hostile))
    bare = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", "\n".join(outside))
    assert "<script" not in bare
    assert "<img" not in bare
    assert "@everyone" not in bare
    assert "@team" not in bare
    assert "@<!-- -->everyone #<!-- -->1 \\`a\\` \\[x\\](y) \\*b\\* \\_c\\_" in bare
    assert any("@everyone" in line for line in inside)


def test_failures_without_number_are_counted(run: RunReport) -> None:
    """Where even their names would not fit."""
    result = result_of(run, "LCK-1")
    many = dataclasses.replace(run, clauses=[result] * 2_000)
    text = markdown.render(many)
    assert len(text) <= markdown.LONGEST
    assert re.search(r"And \d+ more failures\.", text)


# JUnit


def xml_of(run: RunReport) -> ET.Element:
    """The report as a parser has it."""
    return ET.fromstring(junit.render(run).encode())  # noqa: S314 - our own


def test_the_xml_has_a_case_for_each_judgement_with_its_properties(run: RunReport) -> None:
    """Named after clause and test."""
    root = xml_of(run)
    cases = {
        (found.get("classname"), found.get("name")): {
            each.get("name"): each.get("value") for each in found.iter("property")
        }
        for found in root.iter("testcase")
    }
    for result in run.clauses:
        for judgement in result.judgements:
            name = f"{result.clause.id} {digest.test_name(judgement)}"
            name += " (2)" if judgement.observed.endswith("page 2") else ""
            properties = cases.pop((f"conformance.{result.family}", name))
            assert properties["clause"] == result.clause.id
            assert properties["level"] == result.clause.level
            assert properties["replies"] == str(judgement.replies)
            assert set(properties) == {"clause", "level", "outcome", "reason", "replies"}
    assert not cases


@pytest.mark.parametrize(
    ("clause_id", "child", "says"),
    [
        ("LCK-1", "failure", "expected 409, code conversationLocked; observed 200 text/event-stream"),
        ("SCH-1", "error", "KeyError: 'content'"),
        ("AUT-2", "skipped", "unverified: give --api-foreign-token"),
        ("LCK-2", "skipped", "blocked: LCK-1 is broken"),
        ("ERR-3", "skipped", "skipped: the gateway answers these itself"),
        ("PAG-8", "skipped", "known: API-1432: the limit comes with release 14"),
    ],
)
def test_each_outcome_has_its_place_in_the_xml(run: RunReport, clause_id: str, child: str, says: str) -> None:
    """A CI sees what failed, what is the kit's fault, and what was not judged."""
    root = xml_of(run)
    (case,) = [case for case in root.iter("testcase") if (case.get("name") or "").startswith(f"{clause_id} ")]
    (found,) = [each for each in case if each.tag in ("failure", "error", "skipped")]
    assert (found.tag, found.get("message")) == (child, says)


def test_what_only_warns_passes_with_its_story_beside_it(run: RunReport) -> None:
    """So that a CI stays green, and somebody can read it."""
    root = xml_of(run)
    (case,) = [case for case in root.iter("testcase") if (case.get("name") or "").startswith("STR-4 ")]
    assert [child.tag for child in case] == ["properties", "system-out"]
    assert "deltas spread over the time" in case.findtext("system-out", "")


@pytest.mark.parametrize("make", [sample_run, empty_run, huge_run])
def test_the_counts_of_the_xml_are_right(make: Any) -> None:
    """Of each suite, and of all."""
    root = xml_of(make())
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for name, tag in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
            assert element.get(name) == str(sum(case.find(tag) is not None for case in cases))
    assert [suite.get("name", "")[:3] for suite in root] == [family.id for family in digest.families(make())]


def test_the_xml_holds_what_xml_cannot(run: RunReport) -> None:
    """Controls and halves of characters are written out."""
    failures = [failure.text or "" for failure in xml_of(run).iter("failure")]
    assert any("\\u0000, escape \\u001b[31mred" in text for text in failures)


# What they share


def test_a_test_that_judges_two_clauses_is_paid_once(run: RunReport) -> None:
    """Its replies and its time stand in both judgements."""
    judgement = dataclasses.replace(judgement_of(run, "LCK-1"), clause="LCK-2")
    results = [result_of(run, "LCK-1"), dataclasses.replace(result_of(run, "LCK-2"), judgements=[judgement])]
    family = digest.Family("LCK", results)
    assert (family.replies, family.duration_s) == (2, 2.113)


def test_a_clause_that_was_skipped_without_a_judgement_is_still_named(run: RunReport) -> None:
    """With the reason, where there is one."""
    skipped = ClauseResult(result_of(run, "ERR-3").clause, [], Outcome.SKIPPED)
    (reason,) = digest.reasons(dataclasses.replace(run, clauses=[skipped]), ["skipped"])
    assert (reason.clauses, reason.text) == (["ERR-3"], "")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0124, "12 ms"),
        (0.9999, "1.0 s"),
        (59.96, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3720, "1 h 02 min"),
    ],
)
def test_times_are_read_at_a_glance(seconds: float, shown: str) -> None:
    """Two units at the most."""
    assert digest.duration(seconds) == shown


def test_a_start_that_is_no_time_costs_no_report(run: RunReport) -> None:
    """It is shown as it stands."""
    odd = dataclasses.replace(run, started_at="yesterday")
    assert "yesterday" in html.render(odd)
    assert "timestamp" not in junit.render(odd)
    assert "yesterday" in markdown.render(odd)


def test_a_url_that_is_none_costs_no_report(run: RunReport) -> None:
    """A backend may send the kit anywhere."""
    odd = dataclasses.replace(judgement_of(run, "LCK-1").exchanges[0], url="http://[")
    assert digest.call(odd) == "POST http://["
