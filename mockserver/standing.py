"""The scenarios of the command line: they hold in every workspace, also after a reset, and follow their file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from mockserver.control.configuration import change_configuration, encode_scenario_pace
from mockserver.faults.scenarios import SCENARIOS, Scenario, load_scenarios
from mockserver.faults.spelling import did_you_mean
from mockserver.faults.values import FaultError
from mockserver.pacing import Pace
from mockserver.sandbox import Sandbox
from mockserver.settings import SettingError

logger = logging.getLogger("mockserver")

_FILE_ENDINGS = (".yaml", ".yml", ".json")


class StandingScenarios:
    """Scenarios by name, and all that are in files.

    Args:
        wanted: names of built-in scenarios, and paths of files: what ends like one, or is one.
        operations: the operationIds that there are.
        usual_pace: the pace of a model where a scenario speaks of a part of it.

    Raises:
        SettingError: there is no such scenario, or something in a file cannot be.
    """

    def __init__(self, wanted: Sequence[str], operations: Collection[str], usual_pace: Pace) -> None:
        self._operations = operations
        self._usual_pace = usual_pace
        self._files = [Path(each) for each in wanted if each.endswith(_FILE_ENDINGS) or Path(each).is_file()]
        named = [each for each in wanted if Path(each) not in self._files]
        for name in named:
            if name not in SCENARIOS:
                hint = did_you_mean(name, SCENARIOS, fallback=f"there are {', '.join(SCENARIOS)}, or give a YAML file")
                raise SettingError(f"scenario: there is no scenario {name}{hint}")
        self._named = [SCENARIOS[name] for name in named]
        try:
            self._of_files = self._read()
        except FaultError as error:
            raise SettingError(f"scenario: {error}") from None

    def known(self) -> dict[str, Scenario]:
        """All that can be started by name: the built-in ones, and those of the files."""
        return {**SCENARIOS, **{scenario.name: scenario for scenario in self._of_files}}

    def begin(self, sandbox: Sandbox) -> None:
        """Start them in a workspace."""
        for scenario in [*self._named, *self._of_files]:
            for rule in scenario.parse(self._operations):
                sandbox.armory.arm(rule, sandbox.clock.now())
            changes = encode_scenario_pace(scenario.configuration)
            sandbox.configuration = change_configuration(sandbox.configuration, changes, self._usual_pace)

    async def follow(self, sandboxes: Callable[[], Iterable[Sandbox]]) -> None:
        """Take the files anew whenever they change; what cannot be read is said, and changes nothing."""
        if not self._files:
            await asyncio.Event().wait()
        from watchfiles import awatch  # not at the top: few servers have files to watch

        folders = {path.resolve().parent for path in self._files}  # editors replace a file: its folder is watched
        ours = {str(path.resolve()) for path in self._files}
        async for changes in awatch(*folders, recursive=False):
            if any(path in ours for _, path in changes):
                self._take_anew(sandboxes())

    def _take_anew(self, sandboxes: Iterable[Sandbox]) -> None:
        before = self._of_files
        try:
            self._of_files = self._read()
        except FaultError as error:
            logger.error("the scenarios stay as they were: %s", error)
            return
        for sandbox in sandboxes:
            for scenario in before:
                sandbox.armory.clear(f"scenario {scenario.name}")
            sandbox.restore_configuration()
            self.begin(sandbox)
        logger.warning("took anew: %s", ", ".join(scenario.name for scenario in self._of_files))

    def _read(self) -> list[Scenario]:
        return [scenario for path in self._files for scenario in load_scenarios(path, self._operations)]
