"""The fixture `mock_server` as a team uses it that tests a Python client: what it gives, and how it fails."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CLIENT = """
import httpx
import pytest

def call(url, token, method="GET", path="/conversations", **more):
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, url + path, headers=headers, trust_env=False, **more)
"""


def _run(pytester: pytest.Pytester, tests: str) -> pytest.RunResult:
    pytester.makepyfile(_CLIENT + tests)
    return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")


def test_the_verdict_on_a_client(pytester: pytest.Pytester) -> None:
    """A good client is clean; a bad one fails the test with what it did, where, and what to do instead."""
    result = _run(
        pytester,
        """
def test_good(mock_server):
    workspace = mock_server.workspace()
    assert call(workspace.url, workspace.token("alice")).status_code == 200
    mock_server.verdict().assert_clean()
    verdict = mock_server.verdict(workspace.name)
    verdict.assert_clean()
    assert verdict.coverage["operations"]["met"] == {"listConversations": 1}
    assert mock_server.verdict().coverage == verdict.coverage

def test_bad(mock_server):
    workspace = mock_server.workspace("mine")
    call(workspace.url, workspace.token("alice"), params={"page": 0})
    mock_server.verdict().assert_clean()

def test_each_test_begins_anew(mock_server):
    assert mock_server.verdict().findings == []
""",
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["E * error page-below-one, alice in mine, exchanges 1: *", "E * The first page is 1.", "FAILED *test_bad*"]
    )


def test_workspaces_of_tests(pytester: pytest.Pytester) -> None:
    """Each call gives a fresh one, a name gives that one; a fault of one is not another's, nor is its verdict."""
    _run(
        pytester,
        """
def test_two(mock_server):
    one, two = mock_server.workspace(), mock_server.workspace()
    assert one.name != two.name
    assert mock_server.workspace(one.name).url == one.url
    one.arm("status", code=500)
    assert [call(each.url, each.token()).status_code for each in (two, one, one)] == [200, 500, 200]
    call(two.url, two.token("bob"), params={"size": 101})
    call(one.url, one.token("bob"), params={"page": 0})
    assert mock_server.verdict(one.name).codes == ["page-below-one"]
    assert mock_server.verdict(two.name).codes == ["size-above-limit"]
    every = mock_server.verdict()
    assert sorted(every.codes) == ["page-below-one", "size-above-limit"]
    assert {(f["workspace"], f["caller"], f["code"]) for f in every.findings} == {
        (one.name, "bob", "page-below-one"), (two.name, "bob", "size-above-limit")
    }
    every.assert_clean(allow=["page-below-one", "size-above-limit"])
    assert every.coverage["operations"]["met"] == {"listConversations": 5}
    assert "status" not in every.coverage["faults"]["missing"]
    assert "status" in mock_server.verdict(two.name).coverage["faults"]["missing"]
    assert every.coverage["ratio"] > mock_server.verdict(two.name).coverage["ratio"]

def test_one_that_nobody_called(mock_server):
    from mockserver.control.client import ControlFailed
    with pytest.raises(ControlFailed, match="nowhere"):
        mock_server.verdict("nowhere")
""",
    ).assert_outcomes(passed=2)


def test_the_plugin_imports_nothing_of_weight() -> None:
    """It is loaded by every pytest run of whoever installed the package."""
    program = (
        "import sys, mockserver.pytest_plugin; print(sorted({'httpx', 'uvicorn', 'connexion'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
