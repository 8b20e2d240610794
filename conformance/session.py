"""The kit's part in a pytest session, from what was collected to the exit code.

Under xdist each worker judges what it runs and sends its judgements home with pytest's own reports; the process that
started the run draws the verdict from them. No module of the kit that is costly to import is imported before the
suite has been collected.
"""

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Generator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.cargo import SHOWN, attach, attached, redact_report

if TYPE_CHECKING:
    from conformance.early import Early
    from conformance.ledger import Ledger
    from conformance.options import Settings
    from conformance.outcome import Judgement, RunReport, Verdict
    from conformance.progress import Progress
    from conformance.run import Run

_SUITE = Path(__file__).parent / "suite"
_SHORTEST_TIMEOUT_S = 600.0

NOTES = pytest.StashKey[list[str]]()
"""What a test of a `may` has seen."""


class KitSession:
    """Follows one pytest session. In a session without the suite it does nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings: Settings | None = None
        self.run: Run | None = None
        self.early: Early | None = None
        self.scenes: frozenset[str] = frozenset()
        self.judgements: list[Judgement] = []
        self.listing: list[str] | None = None
        self.usage_error = ""
        self.nothing_to_judge = ""
        self.crashed: list[str] = []
        self.faults: list[str] = []
        self.chosen: list[str] = []
        self.begun: set[str] = set()
        self.ran: set[str] = set()
        self.others_failed = False
        self.active = False
        self.report: RunReport | None = None
        self.progress: Progress | None = None
        self._folder: Path | None = None
        given: dict[str, Any] = getattr(config, "workerinput", {}).get("conformance", {})
        self.is_worker = hasattr(config, "workerinput")
        self.run_id: str = given.get("run_id") or uuid.uuid4().hex[:6]
        self.began: float = given.get("began") or time.monotonic()
        self.began_at = datetime.now(UTC)
        self.owner: str = getattr(config, "workerinput", {}).get("workerid", "")
        if given:
            self._folder = Path(given["folder"])

    # From the start to the first test

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist which run it is part of."""
        node.workerinput["conformance"] = {
            "run_id": self.run_id,
            "began": self.began,
            "folder": str(self._shared_folder()),
        }

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Where the suite was collected: read the settings, choose the tests and put them in order."""
        own = [item for item in items if _is_of_the_suite(item)]
        if not own:
            return
        from conformance.settings import UsageError
        from conformance.tokens import TokenError

        self.active = True
        others = [item for item in items if not _is_of_the_suite(item)]
        try:
            items[:] = [*self._choose(own), *others]
        except (UsageError, TokenError) as wrong:
            self.usage_error = str(wrong)
            items[:] = others

    def _choose(self, own: list[pytest.Item]) -> list[pytest.Item]:
        from conformance import selection
        from conformance.settings import UsageError
        from conformance.verdict import Unverified

        self.settings = self._read_settings()
        if self.settings.list_clauses:
            self.listing = selection.listing(own)
            return []
        if not self.settings.base_url:
            raise UsageError("There is no backend to judge: say where it is with --base-url URL.")
        self._check_reports(self.settings)
        chosen = selection.choose(own, self.settings, shared=self.is_worker)
        self.judgements += chosen.skipped
        self.run = self._begin(self.settings, spends=chosen.spends)
        try:
            self.run.check_token()
        except Unverified as missing:
            raise UsageError(f"There is no token to call with: {missing}, or set CONFORMANCE_API_TOKEN.") from None
        if self.config.pluginmanager.hasplugin("timeout"):
            # A guard for what no timeout of the client can end, in place of the user's own, which may be far too short.
            limit_s = max(_SHORTEST_TIMEOUT_S, 10 * self.settings.reply_timeout_s)
            for item in chosen.items:
                item.add_marker(pytest.mark.timeout(limit_s), append=False)
        self.chosen = [item.nodeid for item in chosen.items]
        self.scenes = selection.scenes_of(chosen.items, self.settings)
        left = [item for item in own if item not in set(chosen.items)]
        if left:
            self.config.hook.pytest_deselected(items=left)
        return chosen.items

    def _check_reports(self, settings: "Settings") -> None:
        """Refuse a report that could not be written: in the end the replies would have been paid for."""
        from conformance.settings import UsageError

        for path in settings.conformance_report:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=path.parent):
                    pass
            except OSError as problem:
                reason = problem.strerror or str(problem)
                raise UsageError(f"--conformance-report {path} cannot be written: {reason}.") from None

    def _read_settings(self) -> "Settings":
        from conformance.settings import read_settings

        return read_settings(self.config, os.environ, self.config.invocation_params.dir)

    def _begin(self, settings: "Settings", *, spends: bool) -> "Run":
        from conformance.run import Run

        return Run(
            settings, self._ledger(settings.llm_budget), self.run_id, self.config.hook, spends=spends, began=self.began
        )

    def _ledger(self, budget: int | None = None) -> "Ledger":
        from conformance.ledger import Ledger

        return Ledger(self._shared_folder() / "ledger.sqlite", budget=budget, owner=self.owner)

    def _shared_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="conformance-"))
        return self._folder

    # Each test

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Where there is nothing to judge, or not in this way, the first test has said so for all."""
        over = self.nothing_to_judge or self.usage_error
        return True if over and _is_of_the_suite(item) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """The smoke pass comes before the first test; what the budget cannot pay for is not begun."""
        if not _is_of_the_suite(item):
            return
        from conformance import selection

        assert self.run is not None
        item.stash[NOTES] = []
        self.run.begin_test()
        self.run.ready()
        if self.is_worker and self.early is None and not self.run.pays:
            from conformance.early import Early

            self.early = Early(self.run, self.scenes)
        selection.refuse_unaffordable(item, self.run.settings)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge once a test: when it could not be set up, when it has run, and when it could not be torn down."""
        report = yield
        problem = call.excinfo.value if call.excinfo else None
        over = problem is not None or call.when == "call"
        if _is_of_the_suite(item) and over and not isinstance(problem, KeyboardInterrupt | pytest.exit.Exception):
            self._judge(item, problem, report)
        return report

    def _judge(self, item: pytest.Item, problem: BaseException | None, report: pytest.TestReport) -> None:
        from conformance.contract import clauses
        from conformance.outcome import Outcome
        from conformance.report.terminal import failure_lines
        from conformance.settings import UsageError
        from conformance.verdict import NothingToJudge

        assert self.run is not None
        if isinstance(problem, NothingToJudge | UsageError):
            name = "nothing_to_judge" if isinstance(problem, NothingToJudge) else "usage_error"
            sentence = self.run.redactor(str(problem))
            setattr(self, name, sentence)
            report.outcome, report.longrepr = "skipped", ("", 0, "the run is over")
            attach(report, {name: sentence, "judgements": []})
            return
        noted: list[str] = item.stash[NOTES]
        judgements = self.run.judge_test(item, own_clauses(item), problem, "; ".join(noted))
        own = [judgement for judgement in judgements if judgement.clause in own_clauses(item)]
        worst = Outcome.worst(judgement.outcome for judgement in own) or Outcome.PASSED
        decisive = next(judgement for judgement in own if judgement.outcome is worst)
        said = [judgement.to_json() for judgement in judgements]
        attach(report, {"outcome": worst.value, "judgements": said})
        if worst is Outcome.FAILED:
            report.outcome = "failed"
            report.longrepr = "\n".join(failure_lines(decisive, clauses()[decisive.clause]))
        elif worst is Outcome.FAULT:
            report.outcome = "failed"  # with pytest's own traceback: it is what is needed
            redact_report(report, self.run.redactor)
        elif worst in (Outcome.UNVERIFIED, Outcome.BLOCKED, Outcome.KNOWN):
            report.outcome, report.longrepr = "skipped", ("", 0, f"{worst}: {decisive.reason}")
        else:
            report.outcome, report.longrepr = "passed", None

    # What comes home

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """The kit's own words for its outcomes."""
        said = attached(report)
        if said is None:
            return None
        if "outcome" not in said:
            return "", "", ""
        return SHOWN[said["outcome"]]

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Show what runs for long."""
        if self.is_worker or not self._lies_in_the_suite(location[0]):
            return
        self.begun.add(nodeid)
        if self.progress is None:
            from conformance.progress import Progress

            self.progress = Progress(self.config.pluginmanager.get_plugin("terminalreporter"))
        self.progress.began(nodeid)

    def _lies_in_the_suite(self, location: str) -> bool:
        """Whether a path, relative to pytest's root, is one of the suite. Ids of tests do not tell."""
        return Path(os.path.normpath(self.config.rootpath / location)).is_relative_to(_SUITE)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a judgement, of this process or of a worker."""
        if self.progress and report.when == "teardown":
            self.progress.ended(report.nodeid)
        said = attached(report)
        if said is not None:
            from conformance.outcome import Judgement

            self.active = True
            self.ran.add(report.nodeid)
            self.nothing_to_judge = self.nothing_to_judge or said.get("nothing_to_judge", "")
            self.usage_error = self.usage_error or said.get("usage_error", "")
            self.judgements += [Judgement.from_json(values) for values in said["judgements"]]
        elif report.failed and report.nodeid in self.begun:
            self.crashed.append(report.nodeid)  # its worker died
        elif report.failed:
            self.others_failed = True

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Tell what is collected of the suite from what is not: by its name it cannot be told."""
        report = yield
        if report.failed and _is_of_the_suite(collector):
            report.__dict__["of_the_suite"] = True
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected is a fault of the kit."""
        if getattr(report, "of_the_suite", False):
            self.active = True
            self.faults.append(f"{report.nodeid} could not be collected")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker has to say beside its judgements. One that died leaves nobody waiting for it."""
        if error and self._folder:
            ledger = self._ledger()
            ledger.abandon(node.gateway.id)
            ledger.close()
        said = json.loads(getattr(node, "workeroutput", {}).get("conformance", "null"))
        self.active = self.active or bool(said)
        if said:
            from conformance.outcome import Judgement

            self.usage_error = self.usage_error or said["usage_error"]
            self.chosen = self.chosen or said["chosen"]
            if not any(judgement.outcome == "skipped" for judgement in self.judgements):
                self.judgements += [Judgement.from_json(values) for values in said["skipped"]]

    # The end

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Draw the verdict, write the reports, set the exit code."""
        if self.progress:
            self.progress.stop()
        if self.is_worker:
            self._hand_over()
        elif self.listing is not None:
            self._show(self.listing)
            session.exitstatus = 0
        elif self.active:
            verdict = self._conclude(int(exitstatus))
            session.exitstatus = 1 if verdict.exit_code == 0 and self.others_failed else verdict.exit_code
            if exitstatus == pytest.ExitCode.INTERNAL_ERROR:  # after which pytest has no summary
                self._show([verdict.sentence, ""])
        if self.early and exitstatus != pytest.ExitCode.INTERRUPTED:
            self.early.wait()
        if self.run:
            self.run.close()

    def _show(self, lines: list[str]) -> None:
        # Not in the summary: pytest ends the line here, and would begin it with an empty one there.
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write("\n".join(lines))

    def _hand_over(self) -> None:
        if self.active:
            skipped = [judgement.to_json() for judgement in self.judgements if judgement.outcome == "skipped"]
            said = {"usage_error": self.usage_error, "skipped": skipped, "chosen": self.chosen}
            self.config.__dict__["workeroutput"]["conformance"] = json.dumps(said)

    def _conclude(self, exitstatus: int) -> "Verdict":
        from conformance.conclusion import conclude
        from conformance.outcome import Verdict

        if self.usage_error:
            return Verdict(2, self.usage_error)
        if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            self.faults.append("pytest ended with an error of its own, which stands above")
        settings = self.settings or self._read_settings()
        self.settings = settings
        run = self.run or self._begin(settings, spends=False)
        self.report = conclude(
            run,
            self.judgements,
            nothing_to_judge=self.nothing_to_judge,
            crashed=self.crashed,
            faults=self.faults,
            interrupted=self._interrupted(exitstatus),
            duration_s=time.monotonic() - self.began,
            began_at=self.began_at,
        )
        self.run = run
        return self.report.verdict

    def _interrupted(self, exitstatus: int) -> str:
        """Why the run did not come to its end; "" where it did."""
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return "the run was interrupted"
        missing = len(set(self.chosen) - self.ran)
        return f"{missing} of {len(self.chosen)} tests did not run" if missing else ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table, and the closing sentence."""
        if self.usage_error:
            terminalreporter.write_line(self.usage_error, red=True)
        elif self.report is not None:
            from conformance.conclusion import show

            show(self.report, terminalreporter)

    def pytest_unconfigure(self) -> None:
        """Remove what the processes of the run shared."""
        if self._folder and not self.is_worker:
            shutil.rmtree(self._folder, ignore_errors=True)


def own_clauses(item: pytest.Item) -> tuple[str, ...]:
    """The clauses that a test carries."""
    marker = item.get_closest_marker("clause")
    return marker.args if marker else ()


def _is_of_the_suite(node: pytest.Item | pytest.Collector) -> bool:
    return _lies_below(node.path, _SUITE)


@cache
def _lies_below(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder)
