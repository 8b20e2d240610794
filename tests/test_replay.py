"""A bug report recorded on one server replays byte for byte on a fresh one, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver import Settings, create_app
from mockserver.cli import main
from mockserver.control.client import WorkspaceHandle
from mockserver.journal.recording import parse_recording
from mockserver.replay import replay_fresh, replay_on
from mockserver.server import BackgroundServer
from tests.control.given import Api, Call, make_control, make_message

JsonObject = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    """The server on which things go wrong: a pace, demo data and a seed of its own."""
    settings = Settings(
        port=0, seed=7, first_token_ms=20, tokens_per_second=80, demo_conversations=3, check_answers=True
    )
    with BackgroundServer(create_app(settings)) as running:
        yield running


@pytest.fixture
def workspace(server: BackgroundServer) -> Iterator[WorkspaceHandle]:
    """A workspace of the test's own on it."""
    with make_control(server.url) as control:
        yield control.workspace()


@pytest.fixture
def call(workspace: WorkspaceHandle) -> Iterator[Call]:
    """`call("bob")`: a caller in that workspace, with a token of its own or `token=`."""
    callers: list[Api] = []

    def make(caller: str = "alice", *, token: str | None = None) -> Api:
        callers.append(Api(workspace, caller, token))
        return callers[-1]

    yield make
    for caller in callers:
        caller.http.close()


def report_of(workspace: WorkspaceHandle) -> JsonObject:
    """Its bug report as it is in a file."""
    return json.loads(json.dumps(workspace.bug_report()))  # type: ignore[no-any-return]


def hold_and_step(workspace: WorkspaceHandle, api: Api, conversation: str, text: str, events: int, id: str) -> Any:
    """A stream that has sent so many events, and holds."""
    workspace.configure(hold_after=0)
    reader = api.stream(conversation, text, id)
    live = workspace.wait_for_stream()
    live.step(events)
    reader.wait_for(events)
    workspace.configure(hold_after=None)
    return reader


def everything(workspace: WorkspaceHandle, call: Call) -> None:
    """A session in which much goes wrong."""
    alice = call()
    first = alice.create({"modelName": "gpt-4", "personality": "dry"})
    alice.send(first, "Name a slogan for a bakery.")
    # a stream that is cancelled, and a second one that is refused meanwhile
    reader = hold_and_step(workspace, alice, first, "!reply long", 4, "m-2")
    refused = alice.http.post(f"/conversations/{first}/message-streams", json=make_message("m-3", "And now?"))
    assert refused.status_code == 409
    assert alice.http.delete(f"/conversations/{first}/message-streams").status_code == 200
    assert reader.finish().count("delta") == 4
    # faults by header, by text and over the control plane
    header = {"Prefer": "code=503; retry_after=7"}
    assert alice.http.get("/conversations", headers=header).status_code == 503
    alice.stream(first, "!fault truncate after=3", "m-4").finish()
    alice.stream(first, "!fault torture", "m-5").finish()
    workspace.arm("status", code=429, retry_after=3, rate=0.5, times=None, where={"operation": "listConversations"})
    statuses = {alice.http.get("/conversations").status_code for _ in range(10)}
    assert statuses == {200, 429}
    workspace.disarm()
    # a patch, the same id again, a client that hangs up, time that passes, tokens that are refused
    alice.http.patch(f"/conversations/{first}", json={"personality": None})
    alice.send(first, "Name a slogan for a bakery.")
    hang_up(workspace, alice, first)
    workspace.advance(86_400)
    assert alice.http.post("/conversations", json={}).status_code == 401  # her token has expired by that
    alice = call()
    alice.create()
    expired = call(token=workspace.bad_token("expired"))
    assert expired.http.get("/conversations").status_code == 401
    dying = call(token=workspace.token("bob", dies_after_calls=1, customer=42))
    assert dying.http.post("/conversations", json={}).json()["legacyCustomerId"] == 42
    assert dying.http.get("/conversations").status_code == 401
    foreign = call(token=workspace.bad_token("no-workspace"))
    assert foreign.http.get("/conversations").status_code == 403
    assert call(token="nonsense").http.get("/conversations").status_code == 401
    assert alice.http.get(f"/conversations/{first}/messages?size=100").status_code == 200
    assert alice.http.post("/conversations", json={"modelname": 1}).status_code in {201, 422}


def hang_up(workspace: WorkspaceHandle, api: Api, conversation: str) -> None:
    """A client that goes away after some events of its stream."""
    workspace.configure(hold_after=0)
    body = make_message("m-gone", "!reply code")
    with api.http.stream("POST", f"/conversations/{conversation}/message-streams", json=body) as answer:
        workspace.wait_for_stream().step(3)
        lines = answer.iter_lines()
        while next(lines) != "event: delta":
            pass
    workspace.configure(hold_after=None)
    while workspace.streams():
        pass


def test_a_bug_file_replays_byte_for_byte_on_a_fresh_server(workspace: WorkspaceHandle, call: Call) -> None:
    """All of it: what was cancelled, refused, broken, drawn by chance."""
    everything(workspace, call)
    report = report_of(workspace)
    assert (report["complete"], report["why"], report["dropped"]) == (True, [], 0)
    replayed = replay_fresh(parse_recording(report))
    assert replayed.same, "\n".join(replayed.lines())
    assert len(replayed.results) == len(report["exchanges"]) > 25
    assert replayed.notes == []


def test_what_differs_is_told(workspace: WorkspaceHandle, call: Call) -> None:
    """On a server of another seed, what was said is another thing, and so is the line of each exchange."""
    alice = call()
    alice.send(alice.create())
    recording = parse_recording(report_of(workspace))
    with BackgroundServer(create_app(Settings(port=0, seed=8, speed="instant"))) as other:
        replayed = replay_on(recording, other.url)
    assert not replayed.same
    lines = replayed.lines()
    assert lines[0] == "note: The server has the seed 8, not 7."
    assert lines[-1] == "2 of 2 differ."
    assert "           header mock-seed: recorded 7, replayed 8" in lines
    assert any(line.lstrip().startswith("body at byte ") for line in lines)
    assert any(line.lstrip() == "status: recorded 200, replayed 404" for line in lines)  # its id is another


@pytest.mark.parametrize(
    "fault",
    ["reset; after=2", "reset-after-headers", "reset-before-headers", "garbage", "end-early; after=1", "buffered",
     "missing-final", "delay; ms=200", "unknown-event", "stall; seconds=0.1", "early-final"],
)  # fmt: skip
def test_what_broke_breaks_again(workspace: WorkspaceHandle, call: Call, fault: str) -> None:
    """By the bytes that came before, and by how it ended; what comes after it is the same as well."""
    alice = call()
    conversation = alice.create()
    alice.stream(conversation, f"!fault {fault.replace(';', '')}").finish()
    alice.http.get(f"/conversations/{conversation}/messages")
    recording = parse_recording(report_of(workspace))
    replayed = replay_fresh(recording)
    assert replayed.same, "\n".join(replayed.lines())
    assert any(name == "mock-fault" for name, _ in recording.exchanges[1].response_headers) == (
        recording.exchanges[1].status is not None
    )


def test_what_was_killed_and_what_took_time(workspace: WorkspaceHandle, call: Call) -> None:
    """A stream that a test cuts off, a quota that refills, a stall for ever that is cancelled."""
    alice = call()
    conversation = alice.create()
    reader = hold_and_step(workspace, alice, conversation, "!reply table", 2, "m-1")
    workspace.streams()[0].kill("truncate")
    assert reader.finish() == ["delta"] * 2
    workspace.arm("quota", limit=2, per_s=20, where={"operation": "listConversations"})
    statuses = [alice.http.get("/conversations").status_code for _ in range(3)]
    workspace.advance(15)
    assert [*statuses, alice.http.get("/conversations").status_code] == [200, 200, 429, 200]
    stalled = alice.stream(conversation, "!fault stall after=2", "m-2")
    stalled.wait_for(2)
    alice.http.delete(f"/conversations/{conversation}/message-streams")
    stalled.finish()
    alice.http.get(f"/conversations/{conversation}/messages")
    report = report_of(workspace)
    assert [act["operation"] for act in report["acts"]][-3:] == ["killStream", "armFault", "advanceClock"]
    replayed = replay_fresh(parse_recording(report))
    assert replayed.same, "\n".join(replayed.lines())


def test_a_recording_can_begin_at_any_time(workspace: WorkspaceHandle, call: Call, tmp_path: Path) -> None:
    """With what is there by then: as a state to start with, too."""
    alice = call()
    conversation = alice.create()
    alice.send(conversation, message_id="m-1")
    workspace.arm("status", code=500, times=2)
    workspace.record()
    assert alice.http.get("/conversations").status_code == 500
    workspace.disarm()
    alice.send(conversation, message_id="m-2")
    report = report_of(workspace)
    assert [exchange["operation"] for exchange in report["exchanges"]] == ["listConversations", "sendMessage"]
    assert replay_fresh(parse_recording(report)).same
    path = tmp_path / "bug.json"
    path.write_text(json.dumps(report), "utf-8")
    app = create_app(Settings(port=0, seed=7, empty=True))
    app.load(path)
    assert len(app.store.inspect(workspace.name, conversation).messages) == 2
    assert [armed.rule.fault.kind for armed in app.sandboxes.of(workspace.name).armory.armed] == ["status"]


def test_what_was_dropped_is_said() -> None:
    """A journal that is too small makes a report that is not complete, and says what to do."""
    settings = Settings(port=0, journal_entries=2, empty=True)
    with BackgroundServer(create_app(settings)) as server, ExitStack() as stack:
        workspace = stack.enter_context(make_control(server.url)).workspace()
        alice = Api(workspace)
        stack.callback(alice.http.close)
        for _ in range(3):
            alice.create()
        report = report_of(workspace)
    assert (report["complete"], report["dropped"], len(report["exchanges"])) == (False, 1, 2)
    assert report["why"][0].startswith("The journal has dropped the 1 oldest")
    replayed = replay_fresh(parse_recording(report))
    assert replayed.notes == report["why"]
    assert not replayed.same  # the conversation that is missing


def test_the_command_replays_a_file(workspace: WorkspaceHandle, call: Call, tmp_path: Path) -> None:
    """Exit code 0 where all is the same, 1 where something differs, 2 where the file is none."""
    call().create()
    path = tmp_path / "bug.json"
    path.write_text(json.dumps(report_of(workspace)), "utf-8")
    same = CliRunner().invoke(main, ["replay", str(path)])
    assert same.exit_code == 0, same.output
    assert same.output.splitlines() == [
        f"same     #1 POST /api/v1/workspaces/{workspace.name}/conversations -> 201",
        "All 1 are the same.",
    ]
    report = report_of(workspace)
    report["exchanges"][0]["status"] = 200
    path.write_text(json.dumps(report), "utf-8")
    differs = CliRunner().invoke(main, ["replay", str(path)])
    assert differs.exit_code == 1
    assert "status: recorded 200, replayed 201" in differs.output
    path.write_text("{}", "utf-8")
    refused = CliRunner().invoke(main, ["replay", str(path)])
    assert refused.exit_code == 2
    assert "This is no bug report" in refused.output
    missing = CliRunner().invoke(main, ["replay", str(tmp_path / "none.json")])
    assert missing.exit_code == 2
    assert "none.json cannot be read: No such file" in missing.output
    path.write_text(json.dumps(report), "utf-8")
    nobody = CliRunner().invoke(main, ["replay", str(path), "--url", "http://127.0.0.1:9"])
    assert nobody.exit_code == 2
    assert "http://127.0.0.1:9 cannot be used" in nobody.output


def test_no_token_is_in_it(workspace: WorkspaceHandle, call: Call) -> None:
    """Neither as it was sent nor as its digest."""
    token = workspace.token("alice")
    call(token=token).create()
    text = json.dumps(report_of(workspace))
    assert token not in text
    assert token.rpartition(".")[2] not in text
    assert "jwt_secret" not in text
