"""The options of the command about faults, snapshots and checks, each in a process of its own."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.control.client import ControlClient

from .test_command import Command, command, run

MESSAGE = {"id": "m-1", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}


class Caller:
    """Someone who calls a workspace of a running command."""

    def __init__(self, mock: Command, workspace: str = "demo") -> None:
        self._url = f"{mock.url}/api/v1/workspaces/{workspace}/conversations"
        self._authorization = {"Authorization": f"Bearer alice@{workspace}"}

    def create(self, body: Any = None) -> httpx.Response:
        """A new conversation."""
        return self._call("POST", "", body or {})

    def list(self, **headers: str) -> httpx.Response:
        """The conversations."""
        return self._call("GET", "", **headers)

    def send(self, conversation: str) -> httpx.Response:
        """A message, always the same."""
        return self._call("POST", f"/{conversation}/messages", MESSAGE)

    def messages(self, conversation: str) -> Any:
        """The messages of a conversation."""
        return self._call("GET", f"/{conversation}/messages").json()

    def _call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        headers |= self._authorization
        return httpx.request(method, self._url + path, json=body, headers=headers, timeout=20, trust_env=False)


@pytest.fixture
def scenarios(tmp_path: Path) -> Path:
    """A file with two scenarios: the lists are down, and replies are slow in coming."""
    path = tmp_path / "mine.yaml"
    write_scenarios(path, 503)
    return path


def write_scenarios(path: Path, code: int) -> None:
    """As an editor does: a new file in place of the old one."""
    text = f"""
lists-down:
  rules:
    - {{fault: status, parameters: {{code: {code}}}, where: {{operation: listConversations}}, times: null}}
slow:
  configuration: {{first_token_ms: 7}}
"""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def stop(mock: Command, number: int = signal.SIGINT) -> str:
    """End it; all that it has said."""
    mock.stop(number)
    mock.close()
    return "".join(mock.everything())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with files that are wrong."""
    (tmp_path / "rule.yaml").write_text("mine: {rules: [{fault: truncate, parameters: {aftr: 3}}]}")
    (tmp_path / "broken.yaml").write_text("mine: {rules: [")
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "none.json").write_text("no json")
    (tmp_path / "old.json").write_text(
        json.dumps({"format": "conversations-mock snapshot", "version": 99, "workspaces": {}})
    )
    clock = {"nowS": 1, "rate": "fast", "shiftS": 0}
    workspace = {"store": {"created": 0, "conversations": []}, "clock": clock}
    (tmp_path / "damaged.json").write_text(
        json.dumps({"format": "conversations-mock snapshot", "version": 1, "workspaces": {"demo": workspace}})
    )
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--scenario", "model-dwn"], ["scenario: ", "model-dwn", "did you mean model-down"]),
        (["--scenario", "{}/missing.yaml"], ["scenario: ", "missing.yaml", "No such file"]),
        (["--scenario", "{}/broken.yaml"], ["scenario: ", "broken.yaml", "YAML"]),
        (["--scenario", "{}/empty.json"], ["scenario: ", "empty.json", "expected scenarios"]),
        (
            ["--scenario", "{}/rule.yaml"],
            ["scenario: ", "rule.yaml", "scenario mine", "rule 1", "parameters.aftr", "did you mean after"],
        ),
        (["--load", "{}/missing.json"], ["missing.json", "cannot be read"]),
        (["--load", "{}/none.json"], ["none.json", "JSON"]),
        (["--load", "{}/empty.json"], ["empty.json", "no snapshot"]),
        (["--load", "{}/damaged.json"], ["damaged.json", "damaged at workspaces.demo.clock.rate: expected a number"]),
        (["--load", "{}/old.json"], ["old.json", "version 99"]),
        (["--save", "{}/nowhere/state.json"], ["save: ", "nowhere"]),
        (["--journal-entries", "0"], ["journal-entries"]),
    ],
)
def test_what_cannot_be_ends_the_start_with_a_sentence(home: Path, arguments: list[str], says: list[str]) -> None:
    """That names the file and the place in it; exit code 2."""
    ended = run("--port", "0", *(argument.replace("{}", str(home)) for argument in arguments))
    assert ended.returncode == 2
    assert ended.stderr.startswith("mockserver: ")
    assert len(ended.stderr.splitlines()) == 1
    assert [each for each in says if each not in ended.stderr] == []


def test_a_scenario_holds_in_every_workspace_also_after_a_reset(scenarios: Path) -> None:
    """One by its name and all of a file, one of them by the environment; the control plane can start them by name."""
    with (
        command("--scenario", str(scenarios), "--scenario", "model-down") as mock,
        ControlClient(mock.url) as control,
    ):
        for name in ("demo", "fresh"):
            caller = Caller(mock, name)
            for _ in range(2):
                assert caller.list().status_code == 503
                assert caller.send(caller.create().json()["id"]).status_code == 503
                assert control.call("GET", f"/workspaces/{name}/configuration")["firstTokenMs"] == 7
                control.workspace(name).reset()
        assert {"lists-down", "slow", "model-down"} <= set(control.scenarios())
    with command(MOCKSERVER_SCENARIO=f"model-down {scenarios}") as mock:
        assert Caller(mock).list().status_code == 503
        assert Caller(mock).send(Caller(mock).create().json()["id"]).status_code == 503


def test_an_edited_file_is_taken_anew_and_a_broken_one_is_not(scenarios: Path) -> None:
    """Without a restart; in workspaces that are there and in those that come."""
    with command("--scenario", str(scenarios)) as mock:
        assert Caller(mock).list().status_code == 503
        write_scenarios(scenarios, 500)
        mock.wait_for("took anew: lists-down, slow")
        assert [Caller(mock, name).list().status_code for name in ("demo", "fresh")] == [500, 500]
        write_scenarios(scenarios, 999)
        said = mock.wait_for("the scenarios stay as they were: .*").group(0)
        assert f"{scenarios}: scenario lists-down: rule 1: parameters.code" in said
        assert [Caller(mock, name).list().status_code for name in ("demo", "newer")] == [500, 500]
        write_scenarios(scenarios, 503)
        mock.wait_for("took anew")
        assert Caller(mock, "newer").list().status_code == 503


def test_triggers_can_be_off() -> None:
    """Then requests may ask for what they like; the control plane still may."""
    with command("--no-triggers") as mock, ControlClient(mock.url) as control:
        assert Caller(mock).list(Prefer="code=503").status_code == 200
        control.workspace("demo").arm("status", code=503)
        assert Caller(mock).list().status_code == 503


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_saved_at_the_end_is_there_at_the_next_start(tmp_path: Path, number: int) -> None:
    """Conversations, replies by their ids, armed faults, the clock; and the next ids are those that would have come."""
    path = str(tmp_path / "state.json")
    with command("--speed", "instant", "--save", path) as mock, ControlClient(mock.url) as control:
        caller = Caller(mock, "kept")
        first = caller.create().json()["id"]
        reply = caller.send(first)
        before = caller.messages(first)
        control.workspace("kept").arm("status", code=503, where={"operation": "listConversations"})
        control.workspace("kept").advance(3600)
        stop(mock, number)
        assert mock.process.returncode == 0
    with command("--speed", "instant", "--load", path) as mock:
        caller = Caller(mock, "kept")
        assert caller.messages(first) == before
        assert caller.send(first).json() == reply.json()
        assert caller.messages(first) == before
        assert caller.list().status_code == 503
        assert [each["id"] for each in caller.list().json()["data"]] == [first]
        second = caller.create().json()
    with command("--speed", "instant") as mock, ControlClient(mock.url) as control:
        caller = Caller(mock, "kept")
        caller.send(caller.create().json()["id"])
        control.workspace("kept").advance(3600)
        assert caller.create().json() == second


def test_checked_and_lenient_with_a_short_journal_and_a_summary_at_the_end() -> None:
    """All is well, so the exit code is 0; the summary stands on standard output."""
    with (
        command("--check-answers", "--lenient", "--journal-entries", "3", "--speed", "instant") as mock,
        ControlClient(mock.url) as control,
    ):
        caller = Caller(mock)
        mended = caller.create({"personality": 7, "temperature": "hot"})
        assert (mended.status_code, "mock-mended" in mended.headers) == (201, True)
        caller.send(mended.json()["id"])
        for _ in range(3):
            caller.list()
        page = control.call("GET", "/workspaces/demo/journal")
        assert (page["page"]["totalElements"], page["dropped"]) == (3, 2)
        said = stop(mock, signal.SIGTERM)
        assert mock.process.returncode == 0
    assert [line for line in said.splitlines() if line.startswith("demo  ")]
    assert "unknown-field" in said


def test_flags_by_the_environment() -> None:
    """Those that are off by default, and the one that is on."""
    flags = {"MOCKSERVER_LENIENT": "1", "MOCKSERVER_TRIGGERS": "0", "MOCKSERVER_CHECK_ANSWERS": "true"}
    with command(**flags) as mock:
        assert Caller(mock).create({"personality": 7}).status_code == 201
        assert Caller(mock).list(Prefer="code=503").status_code == 200


def test_help_shows_them_under_their_headings() -> None:
    """Faults, data and the contract, each heading once."""
    shown = run("--help").stdout
    for heading, option in (
        ("Faults:", "--scenario NAME|FILE"),
        ("Faults:", "--triggers / --no-triggers"),
        ("Data:", "--load FILE"),
        ("Data:", "--save FILE"),
        ("Data:", "--journal-entries N"),
        ("Contract:", "--check-answers"),
        ("Contract:", "--lenient"),
    ):
        assert shown.count(heading) == 1
        part = shown.split(heading)[1].split("\n\n")[0]
        assert option in part, part
    assert '""' not in shown
