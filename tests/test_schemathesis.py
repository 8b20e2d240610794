"""What Schemathesis' own command line makes of the mock: nothing, with all its checks (SCH-1 to SCH-3, ERR-1).

A small number of examples here; `.ci/run` gives 200 an operation through `SCHEMATHESIS_EXAMPLES`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mockserver.server import BackgroundServer

ROOT = Path(__file__).parent.parent
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "10")


@pytest.fixture(scope="module")
def report(instant_server: BackgroundServer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report of one run."""
    file = tmp_path_factory.mktemp("schemathesis") / "report.json"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests/schemathesis.toml")),
        *("run", str(ROOT / "openapi.yaml"), "--url", instant_server.url, "--checks", "all"),
        *("--max-examples", EXAMPLES, "--report", "json", "--report-json-path", str(file)),
    ]
    environment = os.environ | {"SCHEMATHESIS_TOKEN": instant_server.token()}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=file.parent)
    print(ended.stdout, ended.stderr)  # shown where a test fails
    return json.loads(file.read_text("utf-8"))


@pytest.mark.timeout(900)
@pytest.mark.clause("SCH-1", "SCH-2", "SCH-3", "ERR-1")
def test_schemathesis_finds_nothing(report: Any) -> None:
    """In any of its phases, the linked sequences of operations among them."""
    assert (report["exit_code"], report["failures"], report["errors"]) == (0, [], [])
    phases = {name: phase["status"] for name, phase in report["phases"].items()}
    assert phases == dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), "success")


@pytest.mark.timeout(900)
def test_schemathesis_reached_every_operation(report: Any) -> None:
    """SCH-2: a run that was refused everywhere would find nothing either."""
    accepted = {
        operation: sum(phase["accepted"] for phase in phases.values())
        for operation, phases in report["valid_rates"].items()
    }
    assert len(accepted) == 7
    assert min(accepted.values()) > 0
