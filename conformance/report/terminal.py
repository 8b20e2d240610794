"""The report in the terminal: what each failure says, and the summary at the end. Plain text but for ANSI colours."""

import textwrap
from collections import Counter
from datetime import date, datetime

from conformance import known_failures
from conformance.contract import Clause
from conformance.outcome import Judgement, Outcome, RunReport
from conformance.report import digest
from conformance.report.text import cut, one_line, visible

_WIDTH = 100
_INDENT = 12
_LONGEST_TEXT = 2_000
_LONGEST_CURL = 10_000
_COLUMNS = ("passed", "failed", "warned", "unverified", "blocked")
_EXPLAINED = ("fault", "warned", "known", "unverified", "blocked", "skipped")
_COLORS = {"failed": "31", "fault": "31", "warned": "33", "known": "33", "unverified": "33", "blocked": "33"}
_TONE_COLORS = {"good": "1;32", "bad": "1;31", "unsure": "1;33"}


def failure_lines(judgement: Judgement, clause: Clause, *, today: date | None = None) -> list[str]:
    """A failure: the clause, what was expected and observed, each exchange, and how to see it again.

    `today` is the day from which the entry for the file of known failures counts, the real one unless given. Of a
    fault, which no such entry excuses, the traceback stands in place of the contrast.
    """
    lines = story_lines(judgement, clause)
    if judgement.outcome is Outcome.FAILED:
        day = today or datetime.now().astimezone().date()
        lines += _labelled("known", known_failures.entry(clause.id, today=day))
    return lines


def story_lines(judgement: Judgement, clause: Clause) -> list[str]:
    """A failure without the entry for the file of known failures."""
    repeats = [
        line
        for exchange in digest.story(judgement)
        # What follows a line feed is not indented: it belongs to the body.
        for line in f"  {'repeat':<{_INDENT - 2}}{visible(cut(exchange.curl, _LONGEST_CURL))}".split("\n")
    ]
    return [f"{clause.id} ({clause.level})  {clause.text}", *evidence_lines(judgement), *repeats]


def evidence_lines(judgement: Judgement) -> list[str]:
    """What was expected and observed, and each exchange on a line, with a second line where it was a stream."""
    lines = []
    for label, text in _statements(judgement):
        lines += _labelled(label, visible(cut(text, _LONGEST_TEXT)).splitlines())
    for number, exchange in enumerate(digest.story(judgement), start=1):
        lines += _labelled("exchange", [f"{number}  {exchange.at_s:+.3f} s  {digest.exchange_line(exchange)}"])
        if events := digest.events_line(exchange):
            lines += _labelled("", [f"   {events}"])
    return lines


def summary_lines(report: RunReport, *, color: bool) -> list[str]:
    """The end of a run: a row for each family, the reasons, what it cost, and the verdict. 100 columns wide at most."""
    paint = _paint if color else _leave
    return [
        *_table(report, color=color),
        "",
        *_reasons(report, color=color),
        *_wrapped("cost", f"replies {digest.replies(report)}, {_calls_repeated(report)}, {_time(report)}"),
        *(line for note in report.notes for line in _wrapped("note", one_line(note, 600))),
        "",
        *(paint(line, _TONE_COLORS[digest.verdict_tone(report.verdict.exit_code)]) for line in _sentence(report)),
    ]


def _statements(judgement: Judgement) -> list[tuple[str, str]]:
    if judgement.outcome is Outcome.FAULT:
        return [("fault", judgement.reason), ("", judgement.details)]
    contrast = [("expected", judgement.expected), ("observed", judgement.observed)]
    return [statement for statement in contrast if statement[1]] or [("reason", judgement.reason)]


def _labelled(label: str, lines: list[str]) -> list[str]:
    """`lines` with a label before the first; the others stand below it."""
    return [f"  {label if index == 0 else '':<{_INDENT - 2}}{line}" for index, line in enumerate(lines)]


def _table(report: RunReport, *, color: bool) -> list[str]:
    head = _row("", [*_COLUMNS, "other"], "replies", "time")
    rows = [
        _counts_row(
            f"{family.id}  {family.name}",
            family.counts,
            str(family.replies),
            digest.duration(family.duration_s),
            color=color,
        )
        for family in digest.families(report)
        if set(family.counts) != {digest.NOT_RUN}
    ]
    total = _counts_row(
        "all",
        digest.count(report.clauses),
        str(report.replies_spent),
        digest.duration(report.duration_s),
        color=color,
    )
    return [head, *rows, total]


def _counts_row(name: str, counts: Counter[str], replies: str, time: str, *, color: bool) -> str:
    other = counts.total() - sum(counts[column] for column in _COLUMNS)
    numbers = [counts[column] for column in _COLUMNS]
    row = _row(name, [str(number or ".") for number in [*numbers, other]], replies, time)
    worst = next((column for column in _COLORS if counts[column]), "")
    return _paint(row, _COLORS[worst]) if color and worst else row


def _row(name: str, cells: list[str], replies: str, time: str) -> str:
    counts = "".join(f"{cell:>{max(len(column), 5) + 2}}" for cell, column in zip(cells, [*_COLUMNS, ""], strict=True))
    return f"{one_line(name, 16):<16}{counts}{replies:>9}{time:>13}"


def _reasons(report: RunReport, *, color: bool) -> list[str]:
    failed = [result.clause.id for result in report.clauses if result.outcome is Outcome.FAILED]
    left_out = [result.clause.id for result in report.clauses if result.outcome is None]
    grouped = [
        ("failed", ", ".join(failed)),
        *(
            (reason.label, f"{', '.join(reason.clauses)}  {reason.text}")
            for reason in digest.reasons(report, _EXPLAINED)
        ),
        (digest.NOT_RUN, ", ".join(left_out) if len(left_out) <= 12 else f"{len(left_out)} clauses"),
    ]
    lines = []
    for label, text in grouped:
        if text:
            shown = _wrapped(label, text)
            if color and label in _COLORS:
                shown[0] = _paint(label, _COLORS[label]) + shown[0].removeprefix(label)
            lines += shown
    return lines


def _calls_repeated(report: RunReport) -> str:
    return f"{report.repeated_calls} call{'' if report.repeated_calls == 1 else 's'} repeated"


def _time(report: RunReport) -> str:
    return f"{digest.duration(report.duration_s)} (seed {report.seed})"


def _sentence(report: RunReport) -> list[str]:
    return textwrap.wrap(one_line(report.verdict.sentence, 1_000), _WIDTH, break_on_hyphens=False)


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        f"{label:<{_INDENT}}{text}",
        _WIDTH,
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,  # a clause's id stays in one piece
        drop_whitespace=True,
    )


def _paint(text: str, color: str) -> str:
    return f"\x1b[{color}m{text}\x1b[0m"


def _leave(text: str, color: str) -> str:
    del color
    return text
