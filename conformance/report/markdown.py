"""The report as Markdown that fits a comment on a pull request, where GitHub takes 65,536 characters.

Foreign text stands in fenced blocks, or is escaped so that it is no markup and mentions nobody.
"""

import html
import re

from conformance.outcome import ClauseResult, Judgement, Outcome, RunReport
from conformance.report import digest
from conformance.report.terminal import evidence_lines
from conformance.report.text import code_spans, cut, one_line, visible

LONGEST = 60_000
"""Characters that a report has at the most."""

_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_AUTOLINK = re.compile(r"([@#])(?=\w)")
_LONGEST_EVIDENCE = 3_000
_LONGEST_REASONS = 12_000
_MOST_REPEATS = 5
_MOST_NOTES = 5
_COLUMNS = ("passed", "failed", "warned", "unverified", "blocked")
_EXPLAINED = ("fault", "warned", "known", "unverified", "blocked", "skipped", "noted", digest.NOT_RUN)
_LEFT_OUT = "(left out, so that this fits a comment: the HTML and the JSON report have it)"


def render(report: RunReport) -> str:
    """The report as Markdown, `LONGEST` characters at the most."""
    head = [_verdict(report), _facts(report), _table(report)]
    tail = [_rest(report)]
    left = LONGEST - sum(len(block) + 2 for block in [*head, *tail])
    failures = _failures(report, left)
    return "\n\n".join(block for block in [*head, *failures, *tail] if block) + "\n"


def _verdict(report: RunReport) -> str:
    word = digest.verdict_word(report.verdict.exit_code).upper()
    return f"**{word}** (exit code {report.verdict.exit_code}): {_escape(report.verdict.sentence, 1_000)}"


def _facts(report: RunReport) -> str:
    facts = [
        f"Backend {_code(report.base_url)}, workspace {_code(report.workspace_id)}",
        f"started {_escape(report.started_at)}, took {digest.duration(report.duration_s)}",
        f"replies {digest.replies(report)}",
        f"gate {_code(report.gate)}",
        f"seed {report.seed}",
        f"run {_code(report.run_id)}",
        f"kit {_escape(report.kit_version)}, contract {_escape(report.contract_version)}",
    ]
    return "; ".join(facts) + "."


def _table(report: RunReport) -> str:
    rows = ["| family | passed | failed | warned | unverified | blocked | other |", "|---|--:|--:|--:|--:|--:|--:|"]
    for family in digest.families(report):
        numbers = [family.counts[column] for column in _COLUMNS]
        numbers.append(family.counts.total() - sum(numbers))
        cells = [
            f"**{number}**" if number and index == 1 else str(number or "") for index, number in enumerate(numbers)
        ]
        rows.append(f"| {_escape(family.id)} {family.name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _failures(report: RunReport, room: int) -> list[str]:
    """A block for each failure, as long as there is room; then its clause alone; then how many there are more."""
    failed = digest.broken(report, Outcome.FAULT, Outcome.FAILED)
    if not failed:
        return []
    title, last = "### What failed", "And {} more failures."
    shorts = [_short(result) for result, _ in failed]
    reserved = sum(len(short) + 2 for short in shorts)
    room -= len(title) + len(last) + 10
    blocks = [title]
    for (result, judgement), short in zip(failed, shorts, strict=True):
        reserved -= len(short) + 2
        full = _failure(result, judgement)
        block = full if len(full) + 2 + reserved <= room else short
        if len(block) + 2 > room:
            return [*blocks, last.format(len(failed) - len(blocks) + 1)]
        blocks.append(block)
        room -= len(block) + 2
    return blocks


def _failure(result: ClauseResult, judgement: Judgement) -> str:
    lines = [line.removeprefix("  ") for line in evidence_lines(judgement)]
    curls = [exchange.curl for exchange in digest.story(judgement)]
    left_out = len(curls) - _MOST_REPEATS
    blocks = [
        f"<details><summary>{_heading(result)}</summary>",
        _code(judgement.test),
        _fenced("\n".join(lines), "text"),
        *([_fenced("\n".join(curls[-_MOST_REPEATS:]), "sh")] if curls else []),
        *([f"({left_out} earlier calls are in the HTML and the JSON report.)"] if left_out > 0 else []),
        "</details>",
    ]
    return "\n\n".join(blocks)


def _short(result: ClauseResult) -> str:
    return f"<p>{_heading(result)} {_LEFT_OUT}</p>"


def _heading(result: ClauseResult) -> str:
    """The clause as HTML, because Markdown does not reach into a `<summary>`."""
    text = "".join(
        f"<code>{html.escape(piece)}</code>" if code else html.escape(piece)
        for piece, code in code_spans(one_line(result.clause.text))
    )
    return f"<b>{html.escape(result.clause.id)}</b> ({result.clause.level}) {text}"


def _rest(report: RunReport) -> str:
    """What did not simply pass or fail, and why; then the notes."""
    lines: list[str] = []
    room = _LONGEST_REASONS
    for reason in digest.reasons(report, _EXPLAINED):
        text = f": {_escape(reason.text)}" if reason.text else ""
        line = f"- **{reason.label}** {_escape(', '.join(reason.clauses), 1_000)}{text}"
        room -= len(line) + 1
        if room < 0:
            lines.append("- and more, which the HTML and the JSON report have")
            break
        lines.append(line)
    return "\n".join([*lines, *(f"- **note** {_escape(note)}" for note in report.notes[:_MOST_NOTES])])


def _escape(text: str, limit: int = 300) -> str:
    """Foreign text as one line that is no markup, mentions nobody and refers to no issue."""
    escaped = _MARKUP.sub(r"\\\1", html.escape(one_line(text, limit), quote=False))
    return _AUTOLINK.sub(r"\1<!-- -->", escaped)


def _code(text: str) -> str:
    """Foreign text as a code span, which stands in no table."""
    shown = one_line(text) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _fenced(text: str, language: str) -> str:
    """Foreign text as a block whose fence is longer than any run of backticks in it."""
    shown = visible(cut(text, _LONGEST_EVIDENCE))
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
