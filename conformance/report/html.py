"""The report as one HTML file that needs nothing else: no other file, no network, and no script to be read.

What it shows comes from a judged backend. Jinja escapes everything; what could not be seen is written out; a Content
Security Policy lets run nothing but the one script and the one style sheet that ship here; and very long evidence is
cut, so that no browser freezes.
"""

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import known_failures
from conformance.outcome import ClauseResult, Evidence, Judgement, Outcome, RunReport
from conformance.report import digest
from conformance.report.text import code_spans, cut, one_line, pretty_json, split_invisible, visible

if TYPE_CHECKING:
    from jinja2 import Template

LONGEST_TEXT = 20_000
"""Characters of a body that are shown."""
MOST_EVENTS = 200
MOST_EXCHANGES = 40

_MOST_MARKS = 200
_HERE = Path(__file__).parent
_LEVELS = ("must", "should", "may")


@dataclass(frozen=True)
class Lane:
    """Where an exchange stands on the time line of its test, in percent of the time that all of it took."""

    start: float
    width: float
    ticks: list[float]
    """When events of a stream came."""


def render(report: RunReport) -> str:
    """The report as HTML text."""
    from markupsafe import Markup

    style, script = (_HERE / "html_style.css").read_text("utf-8"), (_HERE / "html_script.js").read_text("utf-8")
    return template().render(
        report=report,
        families=digest.families(report),
        counts=digest.count(report.clauses),
        levels=Counter(result.clause.level for result in report.clauses),
        failed=[result for result in report.clauses if result.outcome in (Outcome.FAILED, Outcome.FAULT)],
        today=(digest.started(report) or datetime.now(UTC)).date(),
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def lanes(exchanges: list[Evidence]) -> list[Lane]:
    """The time line of a test's exchanges."""
    begin = min((exchange.at_s for exchange in exchanges), default=0.0)
    end = max((exchange.at_s + exchange.elapsed_s for exchange in exchanges), default=0.0)
    whole = max(end - begin, 0.001)

    def percent(seconds: float) -> float:
        return round(min(max(100 * (seconds - begin) / whole, 0), 100), 2)

    return [
        Lane(
            start=min(percent(exchange.at_s), 99.4),
            width=max(round(100 * exchange.elapsed_s / whole, 2), 0.6),
            ticks=[percent(at_s) for at_s, _, _ in exchange.events[:MOST_EVENTS]],
        )
        for exchange in exchanges
    ]


@cache
def template() -> "Template":
    """The page, compiled."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {"shown": _shown, "prose": _prose, "body": _body, "line": one_line}
    environment.globals |= {
        "digest": digest,
        "levels_in_order": _LEVELS,
        "most_exchanges": MOST_EXCHANGES,
        "unfolded_outcomes": (Outcome.FAILED, Outcome.FAULT),
        "lanes": lanes,
        "slug": _slug,
        "clock": _clock,
        "events": _events,
        "known_entry": _known_entry,
        "calibration": _calibration,
        "status_class": _status_class,
        "reasons": _reasons,
    }
    return environment.get_template("html_template.html")


def _finalize(value: Any) -> Any:
    # The net below all filters: no text reaches the page with an invisible character in it.
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _shown(text: str, limit: int = LONGEST_TEXT) -> str:
    """Foreign text as HTML, each invisible character marked (the first ones of many: each mark costs the browser)."""
    from markupsafe import Markup

    mark = Markup('<span class="hidden-character">{}</span>')
    pieces = split_invisible(cut(text, limit))
    return Markup("").join(
        mark.format(piece) if invisible and index < _MOST_MARKS else piece
        for index, (piece, invisible) in enumerate(pieces)
    )


def _body(text: str) -> str:
    """A body as HTML: indented where it is JSON."""
    return _shown(pretty_json(text) or text)


def _prose(text: str) -> str:
    """A sentence as HTML, with its code as code."""
    from markupsafe import Markup

    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(piece) if is_code else piece for piece, is_code in code_spans(visible(text)))


def _slug(label: str) -> str:
    return label.replace(" ", "-")


def _clock(report: RunReport, at_s: float) -> str:
    """The time of day, by which the backend's own log has it; "" where the report does not say when it began."""
    began = digest.started(report)
    return f"{began + timedelta(seconds=at_s):%H:%M:%S.%f}"[:-3] + " UTC" if began else ""


def _events(evidence: Evidence) -> tuple[list[tuple[float, str, str]], int]:
    """The events that are shown, the first and the last, and how many are left out between them."""
    if len(evidence.events) <= MOST_EVENTS:
        return evidence.events, 0
    half = MOST_EVENTS // 2
    return evidence.events[:half] + evidence.events[-half:], len(evidence.events) - MOST_EVENTS


def _known_entry(clause_id: str, today: date) -> str:
    return "\n".join(known_failures.entry(clause_id, today=today))


def _calibration(report: RunReport) -> str:
    """`a reply 2.4 s, a plain call 38 ms`."""
    names = {"reply_s": "a reply", "call_s": "a plain call"}
    return ", ".join(f"{names.get(name, name)} {digest.duration(value)}" for name, value in report.calibration.items())


def _status_class(status: int | None) -> str:
    return "none" if status is None else f"{str(status)[:1]}xx"


def _reasons(result: ClauseResult) -> list[Judgement]:
    """The judgements whose reasons stand in the clause's row: of each reason one. What failed is unfolded anyway."""
    if result.outcome in (None, Outcome.PASSED, Outcome.FAILED):
        return []
    deciding = [judgement for judgement in result.judgements if digest.judged_as(result, judgement) is result.outcome]
    return list({digest.why(result, judgement): judgement for judgement in deciding}.values())


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
