"""`python -m tests.score`: lets the kit judge correct and broken backends, and prints the kill matrix."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.score import subjects
from tests.score.forking import Forks
from tests.score.launching import ANEW
from tests.score.load import busy_loops
from tests.score.matrix import Score, as_json, show
from tests.score.subjects import KINDS, Subject
from tests.score.trials import Conditions, Findings, Trial, judge, run_schemathesis

BASE_RUNS_OF_SCHEMATHESIS = 3  # what it finds in the correct base differs a little from run to run

Work = Callable[[], Sequence[Trial | Findings]]


def main(arguments: Sequence[str]) -> int:
    """The command. 0: every defect caught by a clause it is bound to, and nobody accused. 1: not so. 2: wrong use."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120, soft_wrap=True)
    works = _plan(options)
    if not works:
        console.print(f"Nothing is called {' or '.join(options.pattern)}: python -m tests.backend --list", style="red")
        return 2
    with busy_loops(options.load):
        score = play(works, options.jobs, console)
    show(score, console)
    if options.json:
        options.json.write_text(json.dumps(as_json(score), indent=1) + "\n", "utf-8")
    return 0 if score.perfect else 1


def play(works: Sequence[Work], jobs: int, console: Console) -> Score:
    """Do it all, several at a time, with a line for each as it ends."""
    began = time.monotonic()
    trials: list[Trial] = []
    findings: list[Findings] = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for number, done in enumerate(as_completed([pool.submit(work) for work in works]), start=1):
                for result in done.result():
                    (trials if isinstance(result, Trial) else findings).append(result)  # type: ignore[arg-type]
                    console.print(f"{number:4d}/{len(works)} {_line(result)}", highlight=False)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Score(trials, findings, time.monotonic() - began)


def judge_correct(subject: Subject, conditions: Conditions) -> list[Trial]:
    """By all clauses."""
    return [judge(subject, conditions, whole=True)]


def judge_defect(subject: Subject, conditions: Conditions, *, whole: bool) -> list[Trial]:
    """By the clauses it is bound to; where they do not see it, by all of them."""
    trials = [judge(subject, conditions, whole=whole)]
    if not whole and not trials[0].caught:
        trials.append(judge(subject, conditions, whole=True))
    return trials


def tried_again(work: Callable[[], list[Trial]], times: int) -> list[Trial]:
    """What it says, once it says what it should: a surprise is looked at again so many times, and told in any case."""
    trials = work()
    for _ in range(times):
        if trials[0].as_expected:
            break
        again = work()
        surprises = [replace(trial, mended=True) for trial in trials] if again[0].as_expected else trials
        trials = again + surprises
    return trials


def ask_schemathesis(subject: Subject) -> list[Findings]:
    """What it finds alone."""
    return [run_schemathesis(subject)]


def _plan(options: Namespace) -> list[Work]:
    works: list[Work] = []
    launcher = Forks() if options.fork else ANEW
    defects = (
        subjects.chosen(subjects.defects(), options.pattern)[:: options.sample] if "defect" in options.kind else []
    )
    for repetition in range(options.repeat):
        conditions = Conditions(options.numprocesses, options.seed + repetition, options.reports, launcher)
        correct = [subjects.base(), *(subjects.mixes(conditions.seed) if options.mixed else subjects.variants())]
        for subject in sorted(subjects.chosen(correct, options.pattern), key=_takes_long, reverse=True):
            if subject.kind in options.kind:
                works.append(partial(tried_again, partial(judge_correct, subject, conditions), options.again))
        for subject in sorted(defects, key=_takes_long, reverse=True):
            work = partial(judge_defect, subject, conditions, whole=options.whole)
            works.append(partial(tried_again, work, options.again))
    if options.schemathesis and defects:
        alone = [subjects.base()] * BASE_RUNS_OF_SCHEMATHESIS + defects[:: options.schemathesis]
        works += [partial(ask_schemathesis, subject) for subject in alone]
    return works


def _takes_long(subject: Subject) -> bool:
    """Waits much: best begun early."""
    slow = {"rate_limited", "slow_replies", "thousands_of_conversations", "buffered_streams", "buffered_after_headers"}
    return bool(slow & set(subject.variants)) or "LCK-8" in subject.clauses


def _line(result: Trial | Findings) -> str:
    name = f"{result.subject.kind} {result.subject.name}"
    if isinstance(result, Findings):
        return f"{name}: schemathesis alone finds {len(result.found)}, {result.seconds:.1f} s"
    said = "as expected" if result.as_expected else "[red]NOT AS EXPECTED[/]"
    red = f", red: {', '.join(sorted(result.red))}" if result.red else ""
    return f"{name}{' (whole)' if result.whole else ''}: {said}{red}, {result.seconds:.1f} s"


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.score", description=__doc__)
    parser.add_argument(
        "pattern", nargs="*", help="names of backends, or clauses of defects: lock_*, LCK-*, base (default: all)"
    )
    parser.add_argument("--kind", action="append", choices=KINDS, help="judge these alone; can be repeated")
    parser.add_argument("--whole", action="store_true", help="judge defects by all clauses, not by their own alone")
    parser.add_argument("--mixed", action="store_true", help="instead of one variant at a time, several, drawn anew")
    parser.add_argument("--repeat", type=_count, default=1, metavar="N", help="with another seed each time")
    parser.add_argument("--again", type=int, default=0, metavar="N", help="try a surprise again, N times at the most")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first repetition (default: 0)")
    parser.add_argument("--sample", type=_count, default=1, metavar="N", help="each N-th defect alone")
    parser.add_argument(
        "--schemathesis", type=int, default=0, metavar="N", help="run Schemathesis alone on each N-th of the defects"
    )
    parser.add_argument("-j", "--jobs", type=_count, default=3 * (os.cpu_count() or 1), metavar="N", help="at a time")
    parser.add_argument("-n", "--numprocesses", type=int, default=0, metavar="N", help="of the kit, each time")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="so many busy loops beside it")
    parser.add_argument("--fork", action="store_true", help="fork each process from one that has imported everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the score there")
    parser.add_argument("--reports", type=Path, metavar="FOLDER", help="keep the kit's reports of what was unexpected")
    options = parser.parse_args(arguments)
    options.kind = options.kind or KINDS
    return options


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
