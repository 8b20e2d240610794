"""What the handlers of the control plane work with, and how they refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from mockserver import wire
from mockserver.control.feed import Feed
from mockserver.control.shelf import Shelf
from mockserver.errors import ControlNotFound, JsonAnswer
from mockserver.faults.rules import Armed
from mockserver.faults.scenarios import Scenario
from mockserver.pacing import Pace
from mockserver.rules.errors import FieldProblem, FieldsInvalid
from mockserver.rules.pagination import take_page
from mockserver.sandbox import Sandbox, Sandboxes
from mockserver.settings import Settings
from mockserver.store.memory import MemoryStore
from mockserver.tokens import Tokens

JsonObject = dict[str, Any]
T = TypeVar("T")


@dataclass
class Control:
    """What the handlers need of a server.

    Attributes:
        reset_workspace: makes a workspace as fresh as it was at first, its conversations too.
        contract: of the API that is mocked.
        scenarios: those that can be started, by name; asked for each time, as their file may change.
        shelf: the snapshots that are kept.
        feed: tells followers what happens.
    """

    sandboxes: Sandboxes
    store: MemoryStore
    tokens: Tokens
    settings: Settings
    reset_workspace: Callable[[str], Awaitable[None]]
    contract: Mapping[str, Any]
    scenarios: Callable[[], Mapping[str, Scenario]]
    shelf: Shelf = field(default_factory=Shelf)
    feed: Feed = field(default_factory=Feed)

    @property
    def usual_pace(self) -> Pace:
        """The pace of a model as the server was started with, also where it was started to reply at once."""
        settings = self.settings
        return Pace(settings.first_token_ms / 1000, settings.tokens_per_second, settings.jitter)

    def __post_init__(self) -> None:
        self.sandboxes.follow(self.feed.watch)

    def names(self) -> list[str]:
        """All workspaces that somebody created, called or filled, in order; calls of no workspace do not make one."""
        return sorted(({sandbox.name for sandbox in self.sandboxes} | set(self.store.workspaces())) - {""})

    def sandbox(self, workspace: str) -> Sandbox:
        """The sandbox of a workspace.

        Raises:
            ControlNotFound: nobody has created or called it.
        """
        if workspace not in self.sandboxes and workspace not in self.store.workspaces():
            raise not_found("workspace", workspace, self.names(), "Create it with POST /_mock/workspaces.")
        return self.sandboxes.of(workspace)

    def armed(self, workspace: str) -> list[Armed]:
        """The faults of a workspace that can still fire by now.

        Raises:
            ControlNotFound: nobody has created or called it.
        """
        sandbox = self.sandbox(workspace)
        sandbox.armory.expire(sandbox.clock.now())
        return sandbox.armory.armed


def not_found(noun: str, given: str, known: Iterable[str], remedy: str) -> ControlNotFound:
    """`There is no workspace 'chekout'; did you mean checkout?`, or else the remedy."""
    shown = repr(given if len(given) <= 100 else f"{given[:99]}…")
    near = get_close_matches(given[:100], list(known), n=1)
    return ControlNotFound(f"There is no {noun} {shown}" + (f"; did you mean {near[0]}?" if near else f". {remedy}"))


def invalid(name: str, message: str) -> FieldsInvalid:
    """One field is wrong, for a reason that no schema knows."""
    return FieldsInvalid([FieldProblem(name, message.rstrip("."), "notAllowed")])


def json_answer(body: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return JsonAnswer(body, status)


def file_answer(body: Any, name: str) -> Response:
    """An answer in JSON that a browser saves under a name."""
    answer = json_answer(body)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    return answer


def done() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=204)


def paged(elements: Sequence[T], number: int, size: int, encode: Callable[[T], JsonObject]) -> JsonObject:
    """A page in the envelope that the mocked API has, too."""
    return wire.encode_page(take_page(elements, number, size), encode)


def mock_version() -> str:
    """The version of the mock, as it is installed."""
    from importlib.metadata import PackageNotFoundError, version  # not at the top: few ask

    try:
        return version("conversations-mock")
    except PackageNotFoundError:
        return "unknown"


def base_url(request: Request) -> str:
    """Where the one who asks reaches this server: `http://127.0.0.1:8080`."""
    return f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"
