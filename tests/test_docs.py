"""What README and docs tell people to type is typed here, as it stands, against a server at the port they name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from conformance import known_failures
from conformance.settings import settings_from
from mockserver import Settings, create_app
from mockserver.control.client import ControlClient
from mockserver.faults.triggers import from_prefer, from_query, read_text
from mockserver.server import BackgroundServer

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README_PORT = "127.0.0.1:8080"


def blocks(language: str) -> list[str]:
    """The code blocks of a language in all pages."""
    return [block for page in PAGES for block in re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.S)]


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    """A server with the defaults, but for its port and a quicker pace."""
    with BackgroundServer(
        create_app(Settings(port=0, check_answers=True, first_token_ms=20, tokens_per_second=100))
    ) as running:
        yield running


def shell(line: str, server: BackgroundServer) -> str:
    """What a line prints in a shell, with the server's port in place of the one that the pages name."""
    line = line.replace(README_PORT, server.url.removeprefix("http://"))
    line = line.replace("mockserver ", f"{sys.executable} -m mockserver ").replace(
        "curl ", "curl -sS --fail-with-body "
    )
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True).stdout


def line_with(text: str) -> str:
    """The one shell block that has the text."""
    (found,) = [block for block in blocks("sh") if text in block]
    return found


def streaming_line() -> str:
    """The one that streams a whole reply."""
    (found,) = [block for block in blocks("sh") if "curl -N" in block and "Prefer" not in block]
    return found


def test_the_list_line_works_as_pasted(server: BackgroundServer) -> None:
    """README: list conversations."""
    page = json.loads(shell(line_with("conversations?size=3"), server))
    assert (len(page["data"]), page["page"]["totalElements"]) == (3, 137)


def test_the_stream_line_works_as_pasted(server: BackgroundServer) -> None:
    """README: stream a reply; the conversation that it names is there, with the default seed."""
    events = shell(streaming_line(), server)
    assert events.count("event: delta") > 3
    assert events.count("event: message") == 1


def test_the_lines_that_make_it_fail_work_as_pasted(server: BackgroundServer) -> None:
    """README: a stream broken after three words, a fault that is armed and ends by itself, the verdict."""
    broken = shell(f"{{ {line_with('Prefer: fault')} }} 2> /dev/null || true", server)  # curl says that it broke off
    assert (broken.count("event: delta"), broken.count("event: message")) == (3, 0)
    armed = json.loads(shell(line_with('"fault": "status"'), server))
    assert (armed["fault"], armed["times"]) == ("status", 2)
    conversations = f"{server.url}/api/v1/workspaces/demo/conversations"
    with httpx.Client(headers={"Authorization": "Bearer demo@demo"}) as http:
        assert [http.get(conversations).status_code for _ in range(3)] == [429, 429, 200]
    assert "retry-after-ignored" in json.loads(shell(line_with("/verdict"), server))["codes"]


def test_the_create_line_works_as_pasted(server: BackgroundServer) -> None:
    """README: a steered conversation."""
    assert json.loads(shell(line_with("a pirate"), server))["modelName"] == "gpt-4"


def test_the_login_line_gives_a_token(server: BackgroundServer) -> None:
    """docs/mock.md: the vendor's login."""
    assert json.loads(shell(line_with("grant_type"), server))["token_type"] == "Bearer"


def test_the_token_line_prints_a_token(server: BackgroundServer) -> None:
    """docs/mock.md: `mockserver token`."""
    assert shell(line_with("mockserver token"), server).count(".") == 2


@pytest.mark.skipif(shutil.which("node") is None, reason="the page's code runs in Node here, and Node is not installed")
def test_the_page_code_streams(server: BackgroundServer) -> None:
    """README: the code for a page, piece by piece."""
    (code,) = blocks("js")
    code = code.replace(README_PORT, server.url.removeprefix("http://"))
    ended = subprocess.run(
        ["node", "--input-type=module", "-e", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert len(ended.stdout.splitlines()) > 1


def test_the_check_line_judges(server: BackgroundServer, tmp_path: Path) -> None:
    """README: here for one clause; `.ci/run` lets it judge all."""
    line = line_with("--api-second-token").rstrip() + " --clause STR-9"
    line = line.replace("conformance http", f"{sys.executable} -m conformance http")
    assert "conforms in what was judged" in shell(f"cd {tmp_path} && {line}", server)
    assert (tmp_path / "report.html").is_file()


def test_the_first_line_of_the_kits_page_judges(server: BackgroundServer, tmp_path: Path) -> None:
    """docs/conformance.md: with the token in the environment."""
    line = line_with("export CONFORMANCE_API_TOKEN").rstrip() + " --clause STR-9"
    line = line.replace("conformance http", f"{sys.executable} -m conformance http")
    assert "conforms in what was judged" in shell(f"cd {tmp_path} && {line}", server)


def test_the_lines_that_start_a_backend_start_it() -> None:
    """docs/score.md: all that there is, and one of it."""
    listing, start = line_with("tests.backend --list").splitlines()
    names = subprocess.run(
        [sys.executable, *listing.split()[1:]], capture_output=True, text=True, timeout=30, check=True
    )
    assert {"crlf", "lock_kept_after_cancel"} <= set(re.findall(r"^  (\w+)", names.stdout, re.M))
    command = [sys.executable, *start.replace("--port 8090", "--port 0").split()[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as backend:
        try:
            assert backend.stdout
            assert backend.stdout.readline().startswith("http://127.0.0.1:")
        finally:
            backend.terminate()


def test_the_score_takes_the_options_of_the_docs(tmp_path: Path) -> None:
    """docs/score.md: the line, with each option of the table; CI runs it on all backends."""
    page = (ROOT / "docs/score.md").read_text("utf-8")
    (line,) = (block for block in blocks("sh") if block.startswith("python -m tests.score"))
    cells = re.findall(r"^\| (`.*?) \|", page, re.M)
    options = [word for cell in cells for example in re.findall(r"`(-.*?)`", cell) for word in example.split()]
    quick = " ".join(options).replace("--schemathesis 10", "--schemathesis 0").replace("--whole", "")
    quick = quick.replace("--repeat 20", "--repeat 2").replace("--load 2", "--load 0").replace("-n 2", "-n 0")
    quick = quick.replace("FILE", str(tmp_path / "score.json")).replace("FOLDER", str(tmp_path))
    command = [sys.executable, *line.split()[1:], "size_101_accepted", *quick.split()]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=55, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 runs of the kit" in ended.stdout
    assert json.loads((tmp_path / "score.json").read_text("utf-8"))["perfect"]


def test_the_hooks_of_the_docs_are_hooks(server: BackgroundServer, tmp_path: Path) -> None:
    """docs/conformance.md: as the conftest of a folder in which the kit is run."""
    (tmp_path / "conftest.py").write_text(next(block for block in blocks("python") if "# conftest.py" in block))
    command = [sys.executable, "-m", "conformance", server.url, "--api-token", "demo@demo"]
    clauses = ["--clause", "STR-9", "--clause", "LCK-9"]
    ended = subprocess.run([*command, *clauses], capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout


def test_the_files_of_the_docs_can_be_read(tmp_path: Path) -> None:
    """docs/conformance.md: the settings, and the known failures."""
    for block in blocks("toml"):
        name = block.split()[1].rstrip(",")
        (tmp_path / name).write_text(block)
    settings = settings_from({}, {}, tmp_path)
    assert (settings.llm_budget, settings.skip_clause["LCK-8"]) == (15, "ticket 4711")
    assert known_failures.load(tmp_path / "known.toml")["LCK-4"].expires == date(2027, 1, 31)


def test_the_python_of_the_docs_runs(pytester: pytest.Pytester) -> None:
    """docs/mock.md: the application, the fixture, and a workspace with a fault and a clock."""
    pytester.makepyfile("\n".join(block for block in blocks("python") if "# conftest.py" not in block))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_bug_report_is_saved_and_replayed_as_pasted(server: BackgroundServer, tmp_path: Path) -> None:
    """docs/bug-reports.md: begun, saved, played again."""
    shell(line_with("/recording"), server)
    shell(line_with("conversations?size=3"), server)
    shell(streaming_line(), server)
    shell(f"cd {tmp_path} && {line_with('-o bug.json')}", server)
    report = json.loads((tmp_path / "bug.json").read_text("utf-8"))
    page = (ROOT / "docs/bug-reports.md").read_text("utf-8")
    cells = re.findall(r"^\| (`.*?) \|", page, re.M)
    assert set(report) == {field for cell in cells for field in re.findall(r"`(\w+)`", cell)}
    assert (report["complete"], len(report["exchanges"])) == (True, 2)
    played = shell(f"cd {tmp_path} && {line_with('mockserver replay')}", server)
    assert "openMessageStream" in played or "message-streams" in played


def test_the_rule_and_the_scenarios_of_the_docs_can_be_armed(server: BackgroundServer, tmp_path: Path) -> None:
    """docs/faults.md: over the control plane, and from a file."""
    page = (ROOT / "docs/faults.md").read_text("utf-8")
    (rule,) = re.findall(r"```json\n(.*?)```", page, re.S)
    (scenarios,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    with ControlClient(server.url) as control:
        workspace = control.workspace()
        armed = control.call("POST", f"/workspaces/{workspace.name}/faults", json.loads(rule))
        assert armed["where"] == json.loads(rule)["where"]
    (tmp_path / "mine.yaml").write_text(scenarios)
    app = create_app(Settings(scenario=(str(tmp_path / "mine.yaml"),)))
    armed_from_file = app.sandboxes.of("any").armory.armed
    assert [each.rule.fault.kind for each in armed_from_file] == ["truncate", "status"]
    assert app.sandboxes.of("any").configuration.pace.first_token_s == 3


def test_every_way_of_asking_in_the_docs_works(server: BackgroundServer) -> None:
    """docs/faults.md: the examples of its first table."""
    page = (ROOT / "docs/faults.md").read_text("utf-8")
    rows = {way: re.findall(r"`(.*?)`", cell) for way, cell in re.findall(r"^\| (.*?) \| (.*?) \|", page, re.M)}
    assert all(from_prefer([value]) for value in rows["`Prefer` header"])
    assert all(from_query(value.removeprefix("?")) for value in rows["query"])
    cues = [read_text(value) for value in rows["text of the message"]]
    assert all(cue and cue.faults for cue in cues)


def test_every_link_to_a_file_leads_somewhere() -> None:
    """No page names a file that is not there."""
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
