"""The kit's pytest glue: options, marker, fixtures, and how its verdicts are shown.

It is loaded in every pytest run of whoever installed the kit, so it must be inert there: it collects and prints
nothing of its own, and what is costly to import is imported by the fixtures that need it.

`--base-url` belongs to pytest-base-url. A repository that starts its own backend overrides the session fixtures
`api_base_url` and `api_token` in its root conftest; one whose stream events are shaped otherwise, `read_event`.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from conformance.verdict import NoAnswer, ShouldWarning, Unverified, Violation

if TYPE_CHECKING:
    from conformance.client import Client
    from conformance.events import StreamEvent
    from conformance.sse import Event

_OPTIONS = [
    ("--api-token", "TOKEN", "bearer token; CONFORMANCE_API_TOKEN keeps it out of `ps`"),
    ("--workspace-id", "ID", "the token's workspace (CONFORMANCE_WORKSPACE_ID; demo)"),
    (
        "--reply-timeout",
        "SECONDS",
        "how long the backend may take for a reply, and between two events (CONFORMANCE_REPLY_TIMEOUT; 60)",
    ),
]

_VERDICTS = (Violation, NoAnswer, ShouldWarning)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the kit must be told beside `--base-url`."""
    # Environment variables are read where they are used: a bad value must not end a run that is none of the kit's.
    group = parser.getgroup("conformance", "conformance kit for the Conversations API (with --base-url)")
    for name, metavar, text in _OPTIONS:
        # Somebody else's option of this name is no reason to break all of their tests: the variable is left to us.
        with suppress(ValueError):
            group.addoption(name, metavar=metavar, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker by which a test names its clauses."""
    config.addinivalue_line("markers", "clause(id, ...): the clauses of the contract that a test judges")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A broken `should` is a warning; where warnings are errors it fails the test."""
    try:
        return (yield)
    except Violation as violation:
        if violation.clause.level == "must":
            raise
        pyfuncitem.warn(ShouldWarning(str(violation)))
        return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A verdict is shown by its own text, which leads with the clause; a traceback through the kit says nothing."""
    report = yield
    if call.excinfo is None:
        return report
    problem = call.excinfo.value
    if isinstance(problem, _VERDICTS):
        shown = call.excinfo.getrepr(style="value", chain=False)
        if shown.reprcrash is not None:
            shown.reprcrash.message = str(problem)  # without it the summary leads with the exception's module
        report.longrepr = shown
    elif isinstance(problem, Unverified):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, (line or 0) + 1, f"unverified: {problem}")
    return report


@pytest.fixture(scope="session")
def api_base_url(base_url: str | None) -> str:
    """Where the judged backend is: all that stands before `/api/v1`."""
    if not base_url:  # pytest-base-url makes it "" where neither option nor ini file gives one
        pytest.fail("no backend to judge: say where it is with --base-url URL", pytrace=False)
    return base_url


@pytest.fixture(scope="session")
def api_token(pytestconfig: pytest.Config) -> str:
    """The caller's bearer token."""
    token = (_setting(pytestconfig, "--api-token", "CONFORMANCE_API_TOKEN") or "").strip()
    if not token:
        pytest.fail("no token: set CONFORMANCE_API_TOKEN, or give --api-token", pytrace=False)
    if not (token.isascii() and token.isprintable()):
        pytest.fail("the token has characters that an HTTP header cannot carry", pytrace=False)
    return token


@pytest.fixture(scope="session")
def read_event() -> "Callable[[Event], StreamEvent]":
    """How the kit reads a stream's event: override it for a backend whose events are shaped otherwise."""
    from conformance.events import read_event

    return read_event


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> "Iterator[Client]":
    """The client, as the caller of `api_token` in the workspace that was named."""
    from conformance.client import Client
    from conformance.exchange import Secret

    client = Client(
        request.getfixturevalue("api_base_url"),
        token=Secret(request.getfixturevalue("api_token")),  # not an argument of ours either: pytest would show it
        workspace_id=_setting(pytestconfig, "--workspace-id", "CONFORMANCE_WORKSPACE_ID") or "demo",
        reply_timeout_s=_seconds(_setting(pytestconfig, "--reply-timeout", "CONFORMANCE_REPLY_TIMEOUT") or "60"),
        read_event=request.getfixturevalue("read_event"),
    )
    yield client
    client.close()


@pytest.fixture
def conversation(api: "Client") -> dict[str, Any]:
    """A fresh conversation, as create answered it."""
    from conformance.expect import expect_conversation

    return expect_conversation("CRE-1", api.create_conversation({}))


def _setting(config: pytest.Config, option: str, variable: str) -> str | None:
    given: str | None = config.getoption(option)
    return given or os.environ.get(variable) or None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        pytest.fail(f"the reply timeout must be a number of seconds above 0, not {text!r}", pytrace=False)
    return seconds
