"""What differs from backend to backend: hooks that a backend's own `conftest.py` can implement.

Each is asked for one answer, and None means: as the kit does by itself. A conftest has only to define a function of
that name; arguments that it does not need may be left out.
"""

from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from conformance.client import Client
    from conformance.events import StreamEvent
    from conformance.sse import Event

Caller = Literal["caller", "second", "foreign", "expired"]
"""Who calls: the one that is judged by, a colleague, one of another workspace, one whose time is over."""


@pytest.hookspec(firstresult=True)
def pytest_conformance_read_event(event: "Event") -> "StreamEvent | None":
    """What an event of a reply stream says, for a backend whose events are not shaped as the contract's."""


@pytest.hookspec(firstresult=True)
def pytest_conformance_token(caller: Caller) -> "str | None":
    """The bearer token of a caller, where neither an option nor a command can give it."""


@pytest.hookspec(firstresult=True)
def pytest_conformance_create_conversation(api: "Client") -> "str | None":
    """Make a conversation for the tests that need one and give its id. The CRE clauses are judged without it."""


@pytest.hookspec(firstresult=True)
def pytest_conformance_long_prompt(lines: int) -> "str | None":
    """A text that asks for a reply of about so many lines: streams are held open by it."""


@pytest.hookspec(firstresult=True)
def pytest_conformance_failing_prompt() -> "str | None":
    """A text at which the generation of a reply fails after some deltas (LCK-9)."""
