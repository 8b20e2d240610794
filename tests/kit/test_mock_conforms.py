"""The kit judges our own mock, with every token and under the strict gate: each clause is verified, and holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.contract import clauses
from mockserver import Settings, create_app
from mockserver.server import BackgroundServer
from mockserver.verdict.codes import CODES

from .provoked import ALWAYS, BY_HASTE

RUN_WITHIN_S = 150


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    """A mock which nobody but the kit calls, and whose answers are checked."""
    settings = Settings(port=0, check_answers=True, first_token_ms=30, tokens_per_second=60, log_level="warning")
    with BackgroundServer(create_app(settings)) as server:
        yield server


@pytest.fixture(scope="module")
def judged(server: BackgroundServer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report of one run with two workers."""
    file = tmp_path_factory.mktemp("judged") / "report.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONFORMANCE_")} | {
        "CONFORMANCE_API_TOKEN": "judge@demo",
        "CONFORMANCE_API_SECOND_TOKEN": "ben@demo",
        "CONFORMANCE_API_FOREIGN_TOKEN": "eve@elsewhere",
        "CONFORMANCE_API_EXPIRED_TOKEN": server.app.tokens.mint("demo", expires_in_s=-60),
    }
    command = [sys.executable, "-m", "conformance", server.url, "-n", "2", "--gate", "should"]
    options = ["--foreign-workspace-id", "elsewhere", "--conformance-report", str(file)]
    ended = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, env=environment, cwd=file.parent
    )
    print(ended.stdout, ended.stderr)  # shown where a test fails
    return json.loads(file.read_text("utf-8"))


@pytest.mark.timeout(RUN_WITHIN_S)
def test_the_mock_conforms(judged: Any) -> None:
    """All of it, in one sentence."""
    assert judged["verdict"] == {"exit_code": 0, "sentence": "conforms"}


@pytest.mark.timeout(RUN_WITHIN_S)
@pytest.mark.parametrize("clause", clauses())
def test_each_clause_is_verified(judged: Any, clause: str) -> None:
    """Nothing is left unverified; what is left open is noted."""
    [result] = [result for result in judged["clauses"] if result["id"] == clause]
    assert result["outcome"] == ("noted" if clauses()[clause].level == "may" else "passed")


@pytest.mark.timeout(RUN_WITHIN_S)
def test_the_report_holds_no_token(judged: Any) -> None:
    """Not even those that are refused."""
    text = json.dumps(judged)
    assert "judge@demo" not in text
    assert "ben@demo" not in text
    assert "eve@elsewhere" not in text


@pytest.mark.timeout(RUN_WITHIN_S)
@pytest.mark.usefixtures("judged")
def test_the_kit_as_a_client_earns_what_it_provokes(server: BackgroundServer) -> None:
    """Its verdict names what its tests do wrong on purpose, and nothing else; and the mock broke nothing."""
    verdict = server.verdict()
    told = {f["code"]: f"{f['message']} exchanges {f['exchanges']} of {f['workspace']}" for f in verdict.findings}
    by_accident = {code: text for code, text in told.items() if code not in ALWAYS | BY_HASTE}
    assert by_accident == {}
    assert set(ALWAYS) - set(told) == set()
    assert server.app.breaches == []


def test_what_the_kit_provokes_are_codes() -> None:
    """Each on one list only."""
    assert set(ALWAYS) | set(BY_HASTE) <= set(CODES)
    assert not set(ALWAYS) & set(BY_HASTE)
