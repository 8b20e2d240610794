"""The command: measures what was asked for, prints tables, writes JSON.

Exit code 0, whatever the numbers are; 2 if something could not be measured; with `--strict` 1 if a bar was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from bench import fleet, material
from bench.bars import judge
from bench.load import Generator, find_generator
from bench.paging import measure_pages
from bench.peers import MOCKOON, PRISM, WIREMOCK, NotThere, default_folder, obtain
from bench.plan import QUICK, SECTIONS, Plan, choose
from bench.rates import measure_rates
from bench.results import Results, Unmeasured
from bench.servers import TOP, running
from bench.session import Session, say
from bench.streams import measure_streams
from bench.suite import measure_suite
from bench.table import Tables
from bench.unpaced import measure_unpaced
from bench.weight import measure_memory, measure_start

_MEASURES = {
    "start": measure_start,
    "memory": measure_memory,
    "streams": measure_streams,
    "unpaced": measure_unpaced,
    "pages": measure_pages,
    "suite": measure_suite,
}
_OTHERS = ("bare", "connexion", "prism", "mockoon", "wiremock")


def main() -> int:
    """Measure and print; gives the exit code."""
    parser = _parser()
    options = parser.parse_args()
    try:
        calls, sections = choose(options.only)
    except ValueError as error:
        parser.error(str(error))
    for sent in (signal.SIGINT, signal.SIGTERM):  # a shell has its background jobs ignore the first
        signal.signal(sent, signal.default_int_handler)  # what was started is stopped
    results = Results(about=_about(options.only))
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            _measure(_session(options, results, Path(folder)), calls, sections)
    except Unmeasured as error:
        results.failures["the run"] = str(error)
    except KeyboardInterrupt:
        say("stopped; what was measured so far:")
        results.failures["the run"] = "It was stopped."
    judgements = judge(results, calls, sections)
    tables = Tables(_console(), markdown=options.markdown)
    tables.show(results, calls, sections)
    tables.judge(judgements)
    tables.failures(results)
    if options.quick:
        print("A smoke run: it says that the benchmark works, and its numbers say nothing.")
    if options.json:
        bars = [{"what": j.bar.what, "limit": j.bar.limit, "measured": j.measured, "met": j.met} for j in judgements]
        options.json.write_text(json.dumps({**results.as_json(), "bars": bars}, indent=1) + "\n")
    if results.failures:
        return 2
    return int(options.strict and any(each.met is False for each in judgements))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="This mock beside other mock servers.")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"list,create,patch,message,{','.join(SECTIONS)}")
    parser.add_argument("--servers", default=",".join(_OTHERS), metavar="NAMES", help="those beside this mock")
    parser.add_argument("--peers", type=Path, default=default_folder(), metavar="DIR", help="where peers are kept")
    parser.add_argument("--offline", action="store_true", help="install nothing: peers that are not there are left out")
    parser.add_argument("--logs", action="store_true", help="this mock and Prism log each request, as by default")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds, which installs nothing")
    parser.add_argument("--trials", type=int, metavar="N", help="how often each is measured (default: 5)")
    parser.add_argument("--seconds", type=int, metavar="S", help="how long each trial takes (default: 5)")
    parser.add_argument("--streams", type=int, metavar="N", help="how many paced streams at once (default: 2000)")
    parser.add_argument("--stream-clients", type=int, metavar="N", help="in so many processes (default: 1)")
    parser.add_argument("--big", type=int, metavar="N", help="elements of the big collection (default: 1000000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a bar was missed")
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else Plan()
    given = {
        name: getattr(options, name)
        for name in ("trials", "seconds", "streams", "stream_clients", "big")
        if getattr(options, name) is not None
    }
    if options.trials is not None:
        for name in ("starts", "memory_runs", "stream_runs", "suite_runs"):
            given[name] = min(options.trials, getattr(plan, name))
    return replace(plan, logs=options.logs, **given)


def _session(options: argparse.Namespace, results: Results, folder: Path) -> Session:
    """What is there to measure with: the recorded answers, the peers, the load generator."""
    plan, offline = _plan(options), options.offline or options.quick
    results.about["plan"] = asdict(plan)
    with running(fleet.mock("--empty", "--speed", "instant")) as server:
        answers = material.record(server.port, plan.count_to)
    contract = yaml.safe_load((TOP / "openapi.yaml").read_text("utf-8"))
    made = material.write(folder, answers, contract)
    generator: Generator | NotThere
    try:
        generator = find_generator(options.peers, offline=offline, say=say)
        say(f"load comes from {generator.title}")
        results.about["load generator"] = generator.title
    except NotThere as error:
        generator = error
    session = Session(plan, results, generator, made)
    results.titles["mock"] = "this mock"
    wanted = options.servers.split(",")
    for kind in (fleet.bare(made), fleet.connexion(made)):
        if kind.key in wanted:
            session.others.append(kind)
            results.titles[kind.key] = kind.title
    for package in (PRISM, MOCKOON, WIREMOCK):
        if package.key in wanted:
            results.titles[package.key] = f"{package.title} {package.version}"
            try:
                file = obtain(package, options.peers, offline=offline, say=say)
                session.others.append(fleet.peer(package.key, file, made, logs=plan.logs))
            except NotThere as error:
                results.missing[package.key] = str(error)
                say(f"{package.title}: not there: {error}")
    return session


def _measure(session: Session, calls: list[str], sections: list[str]) -> None:
    if calls:
        say(f"rates: {', '.join(calls)}")
        measure_rates(session, calls)
    for section in sections:
        say(f"section: {section}")
        session.attempt(section, "all", _MEASURES[section], session)


def _about(only: str) -> dict[str, Any]:
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the machine is busy (load {load:.1f}): the numbers say little")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "only": only,
        "revision": revision.stdout.strip(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load before": load,
    }


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=140)


if __name__ == "__main__":
    sys.exit(main())
