"""The journal and the verdict over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver import wire
from mockserver.control.values import (
    Control,
    JsonObject,
    base_url,
    done,
    file_answer,
    invalid,
    json_answer,
    mock_version,
)
from mockserver.errors import ControlNotFound
from mockserver.faults.catalogue import KINDS
from mockserver.journal.encode import curl, encode_entry, encode_summary
from mockserver.journal.entries import Entry
from mockserver.journal.expectation import ExpectationError, parse_expectation
from mockserver.journal.har import to_har
from mockserver.journal.query import Query, QueryError
from mockserver.journal.recording import make_recording
from mockserver.journal.verification import encode_verification, verify
from mockserver.operations import Operations
from mockserver.settings import REPLAYED_SETTINGS
from mockserver.verdict.encode import encode_verdict

_ASKED = ("operation", "status", "conversation", "caller", "method", "fault", "text")
"""Parameters that go into a query as they are."""


class JournalHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control, request: Callable[[], Request]) -> None:
        self._control = control
        self._request = request
        self._operations = Operations(control.contract).names

    async def list_exchanges(self, workspace: str, page: int, size: int) -> Response:
        """Summaries, newest first."""
        journal = self._control.sandbox(workspace).journal
        given = self._request().query_params
        asked: dict[str, Any] = {name: given[name] for name in _ASKED if name in given}
        if "since" in given:
            asked["since"] = int(given["since"])
        try:
            found = journal.page(Query(**asked), page, size)
        except QueryError as error:
            raise invalid(error.field, error.message) from None
        return json_answer({**wire.encode_page(found, encode_summary), "dropped": journal.dropped})

    async def clear_journal(self, workspace: str) -> Response:
        """Forget all; a bug report begins anew."""
        sandbox = self._control.sandbox(workspace)
        sandbox.journal.clear()
        sandbox.recorder.restart()
        return done()

    async def start_recording(self, workspace: str) -> Response:
        """From now on, whatever comes first."""
        answer = await self.clear_journal(workspace)
        self._control.sandbox(workspace).record()
        return answer

    async def get_bug_report(self, workspace: str) -> Response:
        """What can be replayed elsewhere."""
        sandbox = self._control.sandbox(workspace)
        settings = self._control.settings
        report = make_recording(
            server={name: getattr(settings, name) for name in REPLAYED_SETTINGS},
            workspace=workspace,
            recorder=sandbox.recorder,
            entries=sandbox.journal,
            dropped=sandbox.journal.dropped,
        )
        return file_answer(report, f"{workspace}.bug.json")

    async def get_exchange(self, workspace: str, number: int) -> Response:
        """One with all of it."""
        return json_answer(encode_entry(self._find(workspace, number)))

    async def get_curl(self, workspace: str, number: int) -> Response:
        """The line that repeats it."""
        line = curl(self._find(workspace, number), base_url(self._request()))
        return Response(line + "\n", media_type="text/plain")

    async def get_har(self, workspace: str) -> Response:
        """For the network tab."""
        entries = list(self._control.sandbox(workspace).journal)
        return file_answer(
            to_har(entries, base_url=base_url(self._request()), version=mock_version()), f"{workspace}.har"
        )

    async def verify_journal(self, workspace: str, payload: JsonObject) -> Response:
        """Whether it holds, and what came nearest."""
        journal = self._control.sandbox(workspace).journal
        try:
            expectation = parse_expectation(payload, operations=self._operations, faults=list(KINDS))
        except ExpectationError as error:
            raise invalid(error.field, error.message) from None
        return json_answer(encode_verification(verify(journal, expectation, journal.dropped)))

    async def get_verdict(self, workspace: str, caller: str | None = None) -> Response:
        """What its clients did wrong."""
        sandbox = self._control.sandbox(workspace)
        return json_answer(encode_verdict(sandbox.watch, caller))

    async def get_server_verdict(self) -> Response:
        """On all workspaces that were called."""
        verdicts = [
            {"workspace": sandbox.name, **encode_verdict(sandbox.watch)}
            for sandbox in self._control.sandboxes
            if sandbox.watch.callers
        ]
        return json_answer({"clean": all(each["clean"] for each in verdicts), "workspaces": verdicts})

    async def clear_verdict(self, workspace: str) -> Response:
        """Begin anew."""
        self._control.sandbox(workspace).watch.clear()
        self._control.feed.tell_changed(workspace, "verdict")
        return done()

    def _find(self, workspace: str, number: int) -> Entry:
        journal = self._control.sandbox(workspace).journal
        entry = journal.find(number)
        if entry is None:
            kept = [each.number for each in journal]
            hint = f"It keeps those from {kept[0]} to {kept[-1]}." if kept else "It is empty."
            raise ControlNotFound(f"There is no exchange {number} in the journal of this workspace. {hint}")
        return entry
