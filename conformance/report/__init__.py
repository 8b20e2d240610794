"""The reports of a run: each kind is a pure function from the run to its text, and `write_report` puts it in a file.

It knows values only (`conformance.outcome`): no pytest and no HTTP. A kind is imported when it is asked for.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.outcome import RunReport

Kind = Callable[[RunReport], str]


def _html(report: RunReport) -> str:
    from conformance.report import html

    return html.render(report)


def _json(report: RunReport) -> str:
    from conformance.report import json_report

    return json_report.render(report)


def _markdown(report: RunReport) -> str:
    from conformance.report import markdown

    return markdown.render(report)


def _junit(report: RunReport) -> str:
    from conformance.report import junit

    return junit.render(report)


KINDS: Mapping[str, Kind] = {".html": _html, ".json": _json, ".md": _markdown, ".xml": _junit}
"""Every kind by the ending of its file."""


def kind_of(path: Path) -> Kind:
    """The kind of report that a file gets, by its ending.

    Raises:
        ValueError: no kind has the ending.
    """
    try:
        return KINDS[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"a report ends in {', '.join(KINDS)}, which {str(path)!r} does not") from None


def write_report(report: RunReport, path: Path) -> None:
    """Write the report in the kind that the ending names. Whoever reads the file meanwhile sees the old one or the new.

    Raises:
        ValueError: no kind has the ending.
        OSError: the file cannot be written.
    """
    text = kind_of(path)(report)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A character that UTF-8 cannot hold must not cost the whole report.
        unfinished.write_bytes(text.encode("utf-8", "backslashreplace"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
