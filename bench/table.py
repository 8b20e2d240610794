"""The results as tables: medians, ratios, and each bar beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from bench.bars import PAGES, Bar, Judgement
from bench.results import Results

Cell = Callable[[Results, str], str]

ORDER = ["mock", "bare", "connexion", "prism", "mockoon", "wiremock"]


class Tables:
    """Writes tables to a console.

    Args:
        markdown: as Markdown, for a document.
    """

    def __init__(self, console: Console, *, markdown: bool = False) -> None:
        self._console = console
        self._box = box.MARKDOWN if markdown else box.SIMPLE_HEAD

    def show(self, results: Results, calls: Sequence[str], sections: Sequence[str]) -> None:
        """All that was measured."""
        if calls:
            columns = {call: _with_ratio(f"rate {call}") for call in calls}
            self._servers("Requests a second, and times Prism's", results, columns)
            columns = {call: _latency(call) for call in calls}
            self._servers("Latency: p50 / p99, ms", results, columns)
        weights: dict[str, Cell] = {}
        if "start" in sections:
            weights["start to first answer, s"] = _with_ratio("start", "{:.2f}")
        if "memory" in sections:
            weights["MiB fresh"] = _plain("memory when fresh", "{:.0f}")
            weights["MiB after the same requests"] = _with_ratio("memory", "{:.0f}")
        if calls:
            weights["MiB at the end of all trials"] = _plain("memory at the end", "{:.0f}")
        if weights:
            self._servers("Start and memory, and times Prism's", results, weights)
        if "streams" in sections:
            self._streams(results)
        if "unpaced" in sections:
            self._unpaced(results)
        if "pages" in sections:
            self._pages(results)

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Each bar, what was measured, and whether it is met."""
        table = self._table("The bars", "", ">bar", ">measured", "")
        for each in judgements:
            verdict = {True: "[green]met", False: "[bold red]missed", None: "[yellow]not judged"}[each.met]
            measured = "-" if each.measured is None else _figure(each.bar, each.measured)
            table.add_row(each.bar.what, f"{each.bar.sense} {_figure(each.bar, each.bar.limit)}", measured, verdict)
        self._console.print(table)

    def failures(self, results: Results) -> None:
        """What could not be measured, and why."""
        for what, why in results.failures.items():
            self._console.print(f"[bold red]not measured[/] {what}: {why}", markup=True, highlight=False)

    def _servers(self, title: str, results: Results, columns: dict[str, Cell]) -> None:
        table = self._table(title, "", *(f">{name}" for name in columns))
        for key in ORDER:
            if key in results.missing:
                table.add_row(results.titles[key], "not there")
            elif key in results.titles:
                table.add_row(results.titles[key], *(cell(results, key) for cell in columns.values()))
        reasons = [f"{results.titles[key]} is not there: {why}." for key, why in results.missing.items()]
        self._console.print(table)
        if reasons:
            self._console.print("\n".join(reasons), highlight=False)

    def _streams(self, results: Results) -> None:
        table = self._table("Paced streams", "", ">at one instant", ">over some seconds")
        for name, what, form in (
            ("deltas", "deltas", "{:,.0f}"),
            ("completion against the ideal, p50", "completion p50", "{:.3f}"),
            ("p99", "completion p99", "{:.3f}"),
            ("slowest", "completion max", "{:.3f}"),
            ("first delta late by, p50, s", "first p50", "{:.3f}"),
            ("p99", "first p99", "{:.3f}"),
            ("latest", "first max", "{:.3f}"),
            ("the client's own lag, p99, s", "client lag p99", "{:.4f}"),
        ):
            table.add_row(name, *(_plain(what + suffix, form)(results, "mock") for suffix in ("", ", ramp")))
        self._console.print(table)

    def _unpaced(self, results: Results) -> None:
        table = self._table("Unpaced streams", "", ">events a second", ">times the bare one's")
        for key, name in (
            ("mock", "this mock"),
            ("bare", "bare ASGI app, an event a send"),
            ("bare-joined", "bare ASGI app, all in one send"),
        ):
            ratio = results.ratio("events", key, "bare")
            table.add_row(name, _plain("events", "{:,.0f}")(results, key), "-" if ratio is None else f"{ratio:.2f}")
        self._console.print(table)

    def _pages(self, results: Results) -> None:
        table = self._table("Pages of 100 a second", "", ">small collection", ">big collection")
        for page in PAGES:
            table.add_row(page, *(_plain(f"{page}, {size}", "{:,.0f}")(results, "mock") for size in ("small", "big")))
        self._console.print(table)

    def _table(self, title: str, *columns: str) -> Table:
        table = Table(title=title, box=self._box, title_justify="left", title_style="bold")
        for column in columns:
            table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
        return table


def _plain(what: str, form: str) -> Cell:
    def cell(results: Results, server: str) -> str:
        value = results.median(what, server)
        return "-" if value is None else form.format(value)

    return cell


def _with_ratio(what: str, form: str = "{:,.0f}") -> Cell:
    def cell(results: Results, server: str) -> str:
        ratio = results.ratio(what, server, "prism")
        return _plain(what, form)(results, server) + (f" ({ratio:.2f}x)" if ratio and server != "prism" else "")

    return cell


def _latency(call: str) -> Cell:
    def cell(results: Results, server: str) -> str:
        return " / ".join(_plain(f"{share} {call}", "{:.1f}")(results, server) for share in ("p50", "p99"))

    return cell


def _figure(bar: Bar, value: float) -> str:
    return f"{value:.2f} s" if bar.unit == "s" else f"{value:.2f}x"
