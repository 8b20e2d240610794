"""The pytest plugin: how verdicts are shown, what it needs to be told, and that it is inert where it is not used."""

from __future__ import annotations

import re

import pytest

from .backend import TOKEN, Answer, Backend

OTHER_PLUGINS = ("schemathesis", "faker", "hypothesispytest", "mockserver")  # they take two seconds to import
CONVERSATION = b'{"id": "c", "createdAt": "2026-05-01T09:00:00"}'


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs these tests."""
    for name in (
        "PYTEST_BASE_URL",
        "PYTEST_ADDOPTS",
        "CONFORMANCE_API_TOKEN",
        "CONFORMANCE_WORKSPACE_ID",
        "CONFORMANCE_REPLY_TIMEOUT",
    ):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """A run of its own of a file with this source."""
    pytester.makepyfile(source)
    without = [f"-pno:{plugin}" for plugin in OTHER_PLUGINS]
    return pytester.runpytest_subprocess("-pno:cacheprovider", *without, *options, timeout=30)


def test_a_violation_is_shown_by_its_own_text(pytester: pytest.Pytester) -> None:
    """The clause first, also in the summary; no traceback, and no name of a Python class."""
    result = run(
        pytester,
        """
        from conformance.verdict import Violation

        def test_lock():
            raise Violation("LCK-1", expected="409", observed="200")
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r"_+ test_lock _+", r"LCK-1 \(must\)  While .*", r"  expected  409"], consecutive=True
    )
    result.stdout.fnmatch_lines(["FAILED *::test_lock - LCK-1 (must)*"])
    assert "raise Violation" not in result.stdout.str()
    assert "conformance.verdict" not in result.stdout.str()


def test_a_violation_in_a_fixture_is_shown_alike(pytester: pytest.Pytester) -> None:
    """What a clause needs as given may be broken too."""
    result = run(
        pytester,
        """
        import pytest
        from conformance.verdict import Violation

        @pytest.fixture
        def conversation():
            raise Violation("CRE-1", expected="201", observed="500")

        def test_list(conversation):
            pass
        """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.re_match_lines([r"_+ ERROR at setup of test_list _+", r"CRE-1 \(must\)  .*"], consecutive=True)


SHOULD = """
    from conformance.verdict import Violation

    def test_join():
        raise Violation("STR-5", expected="a", observed="b")
    """


def test_a_broken_should_is_a_warning(pytester: pytest.Pytester) -> None:
    """With the whole text."""
    result = run(pytester, SHOULD)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ShouldWarning: STR-5 (should)*", "*observed  b"])


def test_a_broken_should_fails_where_warnings_are_errors(pytester: pytest.Pytester) -> None:
    """The strict gate."""
    result = run(pytester, SHOULD, "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"_+ test_join _+", r"STR-5 \(should\)  .*"], consecutive=True)


def test_what_is_unverified_is_skipped_with_its_reason(pytester: pytest.Pytester) -> None:
    """Shown, never passed over in silence."""
    result = run(
        pytester,
        """
        from conformance.verdict import Unverified

        def test_lock():
            raise Unverified("too fast")
        """,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * unverified: too fast"])


USES_THE_CLIENT = """
    import pytest

    @pytest.mark.clause("LST-3")
    def test_list(api, conversation):
        assert api.list_conversations().status == 418
    """


def test_the_client_is_made_from_the_options(pytester: pytest.Pytester, backend: Backend) -> None:
    """And the token is nowhere in the output, even of a test that shows its locals."""
    backend.answer = lambda request: Answer(201, {}, [CONVERSATION])
    options = [
        "--base-url",
        f"{backend.url}/prefix",
        "--api-token",
        TOKEN,
        "--workspace-id",
        "w",
        "--reply-timeout",
        "9",
    ]
    result = run(pytester, USES_THE_CLIENT, *options, "--strict-markers", "--showlocals", "--tb=long", "-vv")
    result.assert_outcomes(failed=1)
    assert {request.path for request in backend.requests} == {"/prefix/api/v1/workspaces/w/conversations"}
    assert {request.headers["Authorization"] for request in backend.requests} == {f"Bearer {TOKEN}"}
    assert TOKEN not in result.stdout.str() + result.stderr.str()


def test_the_client_is_made_from_the_environment(
    pytester: pytest.Pytester, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the token is not seen among the processes."""
    backend.answer = lambda request: Answer(201 if request.method == "POST" else 418, {}, [CONVERSATION])
    monkeypatch.setenv("PYTEST_BASE_URL", backend.url)
    monkeypatch.setenv("CONFORMANCE_API_TOKEN", TOKEN)
    monkeypatch.setenv("CONFORMANCE_WORKSPACE_ID", "w")
    run(pytester, USES_THE_CLIENT, "--strict-markers").assert_outcomes(passed=1)
    assert backend.requests[0].path == "/api/v1/workspaces/w/conversations"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("PYTEST_BASE_URL", "http://localhost:port", id="no URL"),
        pytest.param("HTTP_PROXY", "bad://proxy", id="no proxy"),
        pytest.param("CONFORMANCE_API_TOKEN", f"{TOKEN}\x01", id="no token"),
    ],
)
def test_no_error_shows_the_token(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Tracebacks print arguments and locals; the run ends in someone's log."""
    settings = {"PYTEST_BASE_URL": "http://localhost:1", "CONFORMANCE_API_TOKEN": TOKEN} | {variable: value}
    for name, setting in settings.items():
        monkeypatch.setenv(name, setting)
    result = run(pytester, USES_THE_CLIENT, "--showlocals", "--tb=long", "-vv")
    result.assert_outcomes(errors=1)
    assert TOKEN not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no backend to judge: * --base-url URL"),
        (["--base-url", "http://localhost"], "no token: * CONFORMANCE_API_TOKEN*"),
        (["--base-url", "http://localhost", "--api-token", "t", "--reply-timeout", "soon"], "*not 'soon'"),
    ],
)
def test_what_is_missing_is_said_in_one_line(pytester: pytest.Pytester, options: list[str], message: str) -> None:
    """An error, not a skip: a run that judged nothing is not green."""
    result = run(pytester, USES_THE_CLIENT, *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of test_list*", message], consecutive=True)


INERT = """
    import sys

    def test_mine():
        assert not {"conformance.client", "conformance.expect", "conformance.suite"} & set(sys.modules)
    """


def test_it_is_inert_where_it_is_not_used(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same output with and without it; nothing is collected; even bad settings of it end no other run."""
    monkeypatch.setenv("CONFORMANCE_REPLY_TIMEOUT", "soon")

    def output(*options: str) -> list[str]:
        result = run(pytester, INERT, "-v", *options)
        result.assert_outcomes(passed=1)
        lines = [line for line in result.stdout.lines if not line.startswith("plugins: ")]  # pytest's own list
        return [re.sub(r"in \d+\.\d+s", "", line) for line in lines]

    assert output() == output("-p", "no:conformance")
