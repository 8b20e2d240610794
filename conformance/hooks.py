"""What differs from backend to backend: hooks that a backend's own `conftest.py` can implement.

Each is asked for one answer, and None means: as the kit does by itself. A conftest has only to define a function of
that name; arguments that it does not need may be left out.
"""

import traceback
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal

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


_PREFIX = "pytest_conformance_"
_NAMES = [name.removeprefix(_PREFIX) for name in list(globals()) if name.startswith(_PREFIX)]


def asked(relay: Any, name: str, kind: type | UnionType, **facts: Any) -> Any:
    """What a hook answers; None where nobody has one, or whoever has leaves it to the kit.

    Raises:
        UsageError: the answer is of another type, or the hook failed by itself.
    """
    from conformance.settings import UsageError
    from conformance.verdict import NothingToJudge, Unverified, Violation

    try:
        answer = getattr(relay, name)(**facts)
    except (Unverified, Violation, NothingToJudge, UsageError):  # of a client that it was given
        raise
    except Exception as problem:
        place = traceback.extract_tb(problem.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        raise UsageError(f"The hook {name} failed ({where}): {type(problem).__name__}: {problem}") from problem
    if answer is not None and not isinstance(answer, kind):
        wanted = "a text" if kind is str else "an event of conformance.events"
        found = type(answer).__name__  # and not the answer itself, which may be a secret
        raise UsageError(f"The hook {name} answers with {found}. Let it answer with {wanted}, or with None.")
    return answer


def unknown_hook(plugin: object, relay: Any) -> str | None:
    """What is wrong with a conftest that has a hook of ours that there is not: it would never be asked."""
    for name in dir(plugin):
        word = name.removeprefix(_PREFIX)
        if word != name and word not in _NAMES:
            spec = getattr(relay, name, None)
            if spec is None or not spec.has_spec():  # somebody else's may have one
                from conformance.option_kinds import hint

                where = getattr(plugin, "__file__", None) or plugin
                return f"There is no hook {name}, which {where} has. {hint(word, _NAMES, 'the documentation', _PREFIX)}"
    return None
