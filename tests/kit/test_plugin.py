"""The kit in a pytest session, as its users run it: what it is told, what it says, and how it exits."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

import conformance
from mockserver.server import BackgroundServer

from .backend import TOKEN, Answer, Backend, Request

# Runs in this process must find the modules of the kit loaded: what pytester sees loaded first, it unloads after.
importlib.import_module("httpcore")  # httpx loads it with its first client
for module in pkgutil.walk_packages(conformance.__path__, "conformance."):
    if ".test_" not in module.name and not module.name.endswith((".conftest", ".__main__")):
        importlib.import_module(module.name)

OTHER_PLUGINS = ("schemathesis", "faker", "hypothesispytest", "mockserver")  # they take two seconds to import
NO_IMPLEMENTATION_WITHIN_S = 30


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs these tests."""
    import os

    for name in list(os.environ):
        if name.startswith("CONFORMANCE_") or name in ("PYTEST_BASE_URL", "PYTEST_ADDOPTS"):
            monkeypatch.delenv(name)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """A pytest run of its own, in this process unless it has workers: that saves a second each."""
    without = [f"-pno:{plugin}" for plugin in OTHER_PLUGINS]
    if "-n" in options:
        return pytester.runpytest_subprocess("-pno:cacheprovider", *without, *options, timeout=50)
    return pytester.runpytest_inprocess("-pno:cacheprovider", *without, *options)


def judge(pytester: pytest.Pytester, url: str, *options: str, token: str = TOKEN) -> pytest.RunResult:
    """The suite judges what answers there."""
    return run(pytester, "--pyargs", "conformance", "--base-url", url, "--api-token", token, *options)


def last_words(result: pytest.RunResult) -> str:
    """The closing sentence, in one line."""
    text = result.stdout.str()
    said = text[text.rindex("= conformance =") :] if "= conformance =" in text else text
    return " ".join(said.split())


def respond(status: int, body: bytes, media_type: str = "application/json") -> Callable[[Request], Answer]:
    """The same answer to everything."""
    return lambda request: Answer(status, {"Content-Type": media_type}, [body])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (respond(200, b"<html>Welcome</html>", "text/html"), "is not the Conversations API"),
        (respond(404, b"<html>Not found</html>", "text/html"), "no workspace 'demo' of the Conversations API"),
        (respond(401, b"{}"), "does not take the token"),
        (respond(403, b"{}"), "--workspace-id"),
        (respond(500, b"oops", "text/plain"), "is down"),
        (respond(503, b"{}"), "is down"),
        (respond(302, b""), "redirects"),
        (respond(200, b"{}"), "is not the Conversations API"),
        (respond(200, b"[" * 5000), "is not the Conversations API"),
    ],
)
def test_what_is_no_implementation_is_told_from_one_that_does_not_conform(
    pytester: pytest.Pytester, backend: Backend, answer: Callable[[Request], Answer], words: str
) -> None:
    """Exit 4 and a sentence that says what to do; never a traceback, and no table of nothing."""
    backend.answer = answer
    result = judge(pytester, backend.url)
    assert result.ret == 4
    assert words in last_words(result)
    assert not re.search(r"Traceback|Error:|FAILED", result.stdout.str() + result.stderr.str())


def test_a_port_where_nothing_listens_says_so(pytester: pytest.Pytester) -> None:
    """Start it, or put the address right; also with workers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for options in [], ["-n", "2"]:
        result = judge(pytester, url, *options)
        assert result.ret == 4
        assert f"Nothing answers at {url}" in last_words(result)


@contextmanager
def deaf() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over, taken = threading.Event(), []

        def accept() -> None:
            while not over.is_set():
                try:
                    taken.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()
        for connection in taken:
            connection.close()


@pytest.mark.whole
def test_a_server_that_hangs_does_not_hang_the_run(pytester: pytest.Pytester) -> None:
    """It is given up within half a minute."""
    began = time.monotonic()
    with deaf() as url:
        result = judge(pytester, url)
    assert result.ret == 4
    assert "did not answer within" in last_words(result)
    assert time.monotonic() - began < NO_IMPLEMENTATION_WITHIN_S


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "There is no backend to judge: say where it is with --base-url URL."),
        (["--base-url", "http://localhost"], "There is no token to call with: give --api-token"),
        (["--base-url", "localhost:80"], "--base-url"),
        (["--base-url", "http://h", "--api-token", "t", "--reply-timeout", "soon"], "--reply-timeout"),
        (["--base-url", "http://h", "--api-token", "t", "--clause", "LCK-99"], "there is no clause LCK-99"),
        (["--base-url", "http://h", "--api-token", "t", "--gate", "most"], "--gate"),
        (["--base-url", "http://h", "--api-token", "t", "--conformance-report", "x.pdf"], ".html"),
        (["--base-url", "http://h", "--api-token", "t", "--known-failures", "none.toml"], "none.toml"),
        (["--base-url", "http://h", "--api-token-command", "exit 3"], "exit code 3"),
    ],
)
def test_wrong_use_is_one_sentence(pytester: pytest.Pytester, options: list[str], sentence: str) -> None:
    """Exit 2, and nothing is sent."""
    result = run(pytester, "--pyargs", "conformance", *options)
    assert result.ret == 2
    assert sentence in " ".join(result.stdout.str().split())
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_a_file_of_settings_is_read_and_judged(pytester: pytest.Pytester) -> None:
    """An unknown key is an error that names those that are near; also where workers read it."""
    pytester.makefile(".toml", conformance='base-url = "http://localhost"\nreply-timout = 3')
    for options in [], ["-n", "2"]:
        result = run(pytester, "--pyargs", "conformance", *options)
        assert result.ret == 2
        assert "reply-timeout" in " ".join(result.stdout.str().split())


def test_the_table_of_contents_runs_nothing(pytester: pytest.Pytester) -> None:
    """Each clause with its level, its tests, what they cost and need; without a backend, and without workers."""
    result = run(pytester, "--pyargs", "conformance", "--list-clauses", "-n", "2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "LCK-1   must    While a stream is active*",
            "*test_lock.py::test_a_second_stream_is_refused*replies: 2 (contested_stream 1, streamed_turn 1, shared)*",
        ]
    )


JUDGED = ["--clause", "STR-*", "--clause", "CAN-1"]


def test_one_clause_can_be_judged_by_itself(pytester: pytest.Pytester, instant_server: BackgroundServer) -> None:
    """And the sentence says that it was not all."""
    result = judge(pytester, instant_server.url, "--clause", "STR-9", token=instant_server.token())
    assert result.ret == 0
    assert "conforms in what was judged: 1 of" in last_words(result)


@pytest.mark.whole
def test_the_run_is_the_same_with_workers(
    pytester: pytest.Pytester, paced_server: BackgroundServer, tmp_path: Path
) -> None:
    """The same outcomes, and as many replies: scenes are played once for all."""
    reports = []
    for options in [], ["-n", "2"]:
        file = tmp_path / "report.json"
        result = judge(
            pytester, paced_server.url, *JUDGED, "--conformance-report", str(file), *options, token=paced_server.token()
        )
        assert result.ret == 0, result.stdout.str()
        report = json.loads(file.read_text("utf-8"))
        outcomes = {clause["id"]: clause["outcome"] for clause in report["clauses"]}
        reports.append((outcomes, report["replies_spent"]))
    assert reports[0] == reports[1]


def test_what_cannot_be_verified_leaves_no_verdict(pytester: pytest.Pytester, instant_server: BackgroundServer) -> None:
    """A stream that ends at once cannot be held; exit 3 unless that is allowed."""
    options = ["--clause", "LCK-1", "--clause", "LCK-4"]
    token = instant_server.token()
    result = judge(pytester, instant_server.url, *options, token=token)
    assert result.ret == 3
    assert "no verdict: 2 must clauses unverified: LCK-1, LCK-4" in last_words(result)
    allowing = [*options, "--allow-unverified", "all"]
    assert judge(pytester, instant_server.url, *allowing, token=token).ret == 3, "nothing was judged"
    assert judge(pytester, instant_server.url, *allowing, "--clause", "STR-9", token=token).ret == 0


def test_what_is_left_out_stands_in_the_report(pytester: pytest.Pytester, instant_server: BackgroundServer) -> None:
    """With its reason."""
    options = ["--clause", "STR-9", "--clause", "STR-7", "--skip-clause", "STR-7=our gateway"]
    for more in [], ["-n", "2"]:
        result = judge(pytester, instant_server.url, *options, *more, token=instant_server.token())
        assert result.ret == 0
        assert re.search(r"skipped\s+STR-7\s+our gateway", result.stdout.str())


def test_a_budget_of_nothing_leaves_what_costs_nothing(
    pytester: pytest.Pytester, instant_server: BackgroundServer
) -> None:
    """The rest is unverified, and says so."""
    options = ["--llm-budget", "0", "--clause", "CAN-1", "--clause", "STR-9"]
    result = judge(pytester, instant_server.url, *options, token=instant_server.token())
    assert result.ret == 3
    assert "give a larger --llm-budget" in last_words(result)
    assert "replies 0 of 0" in last_words(result)


@pytest.fixture
def listing_without_lines(backend: Backend) -> Backend:
    """A backend that can create and list, and answers with its status wrong: 202."""

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return Answer(
                202, {"Content-Type": "application/json"}, [b'{"id": "c", "createdAt": "2026-05-01T09:00:00"}']
            )
        page = b'{"page": {"size": 1, "totalElements": 0, "totalPages": 0, "currentPage": 1}, "data": []}'
        return Answer(200, {"Content-Type": "application/json"}, [page])

    backend.answer = answer
    return backend


def test_a_failure_leads_with_its_clause_and_can_be_repeated(
    pytester: pytest.Pytester, listing_without_lines: Backend
) -> None:
    """Expected, observed, the calls with their times, a curl line, the entry for the known failures; no secret."""
    result = judge(pytester, listing_without_lines.url, "--clause", "CAN-1", "-vv", "--showlocals", "--tb=long")
    assert result.ret == 1
    result.stdout.re_match_lines(
        [
            r"CRE-1 \(must\)  .*",
            r"  expected  201 or 200",
            r"  observed  202 .*",
            r"  exchange  1  \+\d+\.\d+ s  POST .*/conversations -> 202 in \d+ ms",
            r"  repeat    curl -X POST .*Bearer \$TOKEN.*",
            r"  known     \[\[known-failure\]\]",
        ]
    )
    assert "does not conform: CRE-1" in last_words(result)
    assert TOKEN not in result.stdout.str() + result.stderr.str()


def test_a_known_failure_does_not_fail_the_run(
    pytester: pytest.Pytester, listing_without_lines: Backend, tmp_path: Path
) -> None:
    """Nor does what it blocks; both stand in the table."""
    known = tmp_path / "known.toml"
    known.write_text('[[known-failure]]\nclause = "CRE-1"\nreason = "ticket 1"\n')
    options = ["--clause", "CAN-1", "--known-failures", str(known)]
    result = judge(pytester, listing_without_lines.url, *options)
    assert result.ret == 0
    assert re.search(r"known\s+CRE-1\s+.*ticket 1", result.stdout.str())


def test_an_entry_that_passes_again_fails_the_run(
    pytester: pytest.Pytester, instant_server: BackgroundServer, tmp_path: Path
) -> None:
    """So that the file cannot rot."""
    known = tmp_path / "known.toml"
    known.write_text('[[known-failure]]\nclause = "STR-9"\nreason = "ticket 1"\n')
    options = ["--clause", "STR-9", "--known-failures", str(known)]
    result = judge(pytester, instant_server.url, *options, token=instant_server.token())
    assert result.ret == 1
    assert "STR-9 no longer fails: remove its entry" in last_words(result)


def test_a_backends_own_hooks_are_used(pytester: pytest.Pytester, paced_server: BackgroundServer) -> None:
    """From the conftest of the folder: the token, how a conversation is made."""
    token = paced_server.token()
    pytester.makeconftest(
        f"""
        from pathlib import Path

        def pytest_conformance_token(caller):
            return {{"caller": {token!r}}}.get(caller)

        def pytest_conformance_create_conversation(api):
            made = api.create_conversation({{"personality": "made by the hook"}}).json()["id"]
            Path("made.txt").write_text(made)
            return made
        """
    )
    result = run(pytester, "--pyargs", "conformance", "--base-url", paced_server.url, "--clause", "CAN-1")
    assert result.ret == 0, result.stdout.str()
    assert (pytester.path / "made.txt").read_text()


def beside(pytester: pytest.Pytester, code: str) -> str:
    """The option that loads a plugin of this code. Not as a conftest: pytest asks that of the tests below it alone."""
    pytester.makepyfile(beside=code)
    pytester.syspathinsert()
    return "-pbeside"


@pytest.mark.whole
def test_a_worker_that_dies_is_a_fault(pytester: pytest.Pytester, instant_server: BackgroundServer) -> None:
    """Said with what it ran; the others go on without it."""
    dies = beside(
        pytester,
        """
        import os

        def pytest_runtest_call(item):
            if item.name == "test_the_body_is_optional[empty]":
                os._exit(1)
        """,
    )
    result = judge(pytester, instant_server.url, dies, "--clause", "CRE-2", "-n", "2", token=instant_server.token())
    assert result.ret == 5
    assert re.search(r"fault of the kit: a worker died while it ran \S*\[empty\]", last_words(result))


@pytest.mark.whole
def test_nobody_waits_for_a_scene_whose_worker_died(
    pytester: pytest.Pytester, instant_server: BackgroundServer
) -> None:
    """It is not played again, for it might take the next worker with it: what looks at it is unverified."""
    dies = beside(
        pytester,
        """
        import os

        def pytest_conformance_long_prompt():
            os._exit(1)
        """,
    )
    began = time.monotonic()
    options = [dies, "--clause", "LCK-1", "--clause", "LCK-3", "--clause", "CAN-1", "-n", "2"]
    result = judge(pytester, instant_server.url, *options, token=instant_server.token())
    assert result.ret == 5
    assert "the worker that was at it died: " in result.stdout.str()
    assert time.monotonic() - began < NO_IMPLEMENTATION_WITHIN_S


def test_a_suite_that_cannot_be_collected_is_a_fault(pytester: pytest.Pytester) -> None:
    """Of the kit, and it says which part of it."""
    breaks = beside(
        pytester,
        """
        def pytest_pycollect_makemodule(module_path):
            if module_path.name == "test_lock.py":
                raise RuntimeError("somebody's slip")
        """,
    )
    result = judge(pytester, "http://127.0.0.1:9", breaks, "--clause", "CRE-2")
    assert result.ret == 5
    assert "could not be collected" in last_words(result)


def test_no_way_of_writing_a_token_brings_it_into_a_report(
    pytester: pytest.Pytester, backend: Backend, tmp_path: Path
) -> None:
    """Neither a backend that repeats it, nor a fault whose traceback has it, nor what a hook has printed."""
    token = "al/ice@demo+s3cr3t"
    forms = [token, quote(token, safe=""), json.dumps(token).replace("/", "\\/")[1:-1], quote_plus(token).lower()]
    made = {"id": "c", "error": " ".join(forms)}
    page = {"page": {"size": 100, "totalElements": 1, "totalPages": 1, "currentPage": 1}, "data": [made]}
    headers = {"Content-Type": "application/json", "X-You": forms[1]}
    backend.answer = lambda request: Answer(
        201, headers, [json.dumps(page if request.method == "GET" else made).encode()]
    )
    fails = beside(
        pytester,
        f"""
        def pytest_runtest_call(item):
            local = {token!r}
            print({forms[1]!r})
            if "media" in item.name:
                raise RuntimeError(local)
        """,
    )
    kinds = [tmp_path / f"report{ending}" for ending in (".json", ".html", ".md", ".xml")]
    options = [fails, "--clause", "ERR-3", "-l", "--tb=long", *(f"--conformance-report={path}" for path in kinds)]
    result = judge(pytester, backend.url, *options, token=token)
    assert result.ret == 1
    assert "RuntimeError: $TOKEN" in result.stdout.str()
    assert "$TOKEN $TOKEN $TOKEN $TOKEN" in kinds[0].read_text("utf-8")
    for shown in (result.stdout.str(), result.stderr.str(), *(path.read_text("utf-8") for path in kinds)):
        assert "s3cr3t" not in shown


INERT = """
    import sys

    def test_mine():
        assert not {"conformance.client", "conformance.expect", "conformance.suite"} & set(sys.modules)
    """


def test_it_is_inert_where_it_is_not_used(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same output with and without it; nothing is collected; even bad settings of it end no other run."""
    monkeypatch.setenv("CONFORMANCE_REPLY_TIMEOUT", "soon")
    pytester.makepyfile(INERT)

    def output(*options: str) -> list[str]:
        result = pytester.runpytest_subprocess("-pno:cacheprovider", "-v", *options, timeout=50)
        result.assert_outcomes(passed=1)
        lines = [line for line in result.stdout.lines if not line.startswith("plugins: ")]  # pytest's own list
        return [re.sub(r"in \d+\.\d+s", "", line) for line in lines]

    assert output() == output("-p", "no:conformance")


def test_a_folder_that_is_called_as_the_suite_is_none_of_the_kits(pytester: pytest.Pytester) -> None:
    """What fails in it, or cannot be collected, is pytest's business alone."""
    for name, code in {"test_lock": "def test_it():\n    assert False", "test_list": "import no_such_module"}.items():
        file = pytester.path / "suite" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
    for options, ended in ([], pytest.ExitCode.INTERRUPTED), (["--continue-on-collection-errors"], 1):
        result = run(pytester, "suite", *options)
        assert result.ret == ended
        assert "= conformance =" not in result.stdout.str()


def test_a_users_own_tests_beside_the_suite_still_count(
    pytester: pytest.Pytester, instant_server: BackgroundServer
) -> None:
    """A run of both is green only if both are."""
    pytester.makepyfile("def test_mine():\n    assert False\n")
    result = judge(pytester, instant_server.url, ".", "--clause", "STR-9", token=instant_server.token())
    assert result.ret == 1


def test_a_wrong_token_of_a_colleague_accuses_nobody(
    pytester: pytest.Pytester, instant_server: BackgroundServer
) -> None:
    """It is the commonest accident on staging: what needs the colleague is unverified, and says why."""
    options = ["--clause", "CRE-5", "--clause", "LST-2", "--api-second-token", "no-token-at-all"]
    result = judge(pytester, instant_server.url, *options, token=instant_server.token())
    assert result.ret == 3
    assert "the token of --api-second-token is not taken in workspace 'demo' (401)" in last_words(result)


def test_a_report_that_cannot_be_written_is_wrong_use(
    pytester: pytest.Pytester, instant_server: BackgroundServer, tmp_path: Path
) -> None:
    """Said before anything is sent, because at the end the replies would have been paid for."""
    (tmp_path / "file").touch()
    options = ["--clause", "STR-9", "--conformance-report", str(tmp_path / "file" / "report.html")]
    result = judge(pytester, instant_server.url, *options, token=instant_server.token())
    assert result.ret == 2
    assert "--conformance-report" in " ".join(result.stdout.str().split())
