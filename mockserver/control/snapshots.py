"""Snapshots over HTTP: kept by name, loaded, as files."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from mockserver import wire
from mockserver.control.keeping import bring_back, keep_workspace
from mockserver.control.shelf import Kept
from mockserver.control.values import Control, JsonObject, done, file_answer, invalid, json_answer, not_found
from mockserver.control.workspaces import WorkspaceHandlers
from mockserver.snapshots import Part, SnapshotError, make_snapshot, parse_snapshot


class SnapshotHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control, workspaces: WorkspaceHandlers) -> None:
        self._control = control
        self._workspaces = workspaces

    async def list_snapshots(self) -> Response:
        """The oldest first."""
        return json_answer({"snapshots": [_encode(kept) for kept in self._control.shelf]})

    async def save_snapshot(self, workspace: str, snapshot: str) -> Response:
        """Keep a workspace as it is now."""
        part = keep_workspace(self._control.sandbox(workspace), self._control.store)
        return self._put(snapshot, make_snapshot({workspace: part}), workspace)

    async def upload_snapshot(self, snapshot: str, payload: JsonObject) -> Response:
        """Keep a file."""
        _parse(payload)
        return self._put(snapshot, payload)

    async def load_snapshot(self, workspace: str, snapshot: str) -> Response:
        """Into this workspace, whichever it is of."""
        sandbox = self._control.sandbox(workspace)
        parts = _parse(wire.loads(self._find(snapshot, workspace).text))
        if workspace not in parts and len(parts) != 1:
            raise invalid("snapshot", f"it holds {', '.join(parts) or 'no workspace'}, and which to load is not clear")
        part = parts[workspace] if workspace in parts else next(iter(parts.values()))
        bring_back(sandbox, self._control.store, part)
        self._control.feed.tell("workspace", workspace, {"workspace": workspace, "change": "loaded"})
        return await self._workspaces.get_workspace(workspace)

    async def download_snapshot(self, snapshot: str, workspace: str | None = None) -> Response:
        """As a file."""
        return file_answer(wire.loads(self._find(snapshot, workspace).text), f"{snapshot}.json")

    async def delete_snapshot(self, snapshot: str, workspace: str | None = None) -> Response:
        """Forget it."""
        self._find(snapshot, workspace)
        self._control.shelf.remove(snapshot, workspace)
        if workspace is not None:
            self._control.feed.tell_changed(workspace, "snapshots")
        return done()

    async def download_server(self) -> Response:
        """Everything in one file."""
        return file_answer(make_snapshot(self._keep_all()), "mockserver.json")

    async def load_server(self, payload: JsonObject) -> Response:
        """Everything from one file, in place of all that there is; what there is stays if the file is damaged."""
        parts = _parse(payload)
        await self._replace_all(parts)
        for name in parts:
            self._control.feed.tell("workspace", name, {"workspace": name, "change": "loaded"})
        return done()

    def _keep_all(self) -> dict[str, Part]:
        control = self._control
        return {name: keep_workspace(control.sandbox(name), control.store) for name in control.names()}

    async def _replace_all(self, parts: Mapping[str, Part]) -> None:
        control = self._control
        for name in control.names():
            await control.store.reset(name)
            control.sandboxes.remove(name)
        for name, part in parts.items():
            bring_back(control.sandboxes.of(name), control.store, part)

    def _put(self, name: str, snapshot: JsonObject, workspace: str | None = None) -> Response:
        kept = self._control.shelf.put(name, snapshot, wire.dumps(snapshot), workspace)
        if workspace is not None:
            self._control.feed.tell_changed(workspace, "snapshots")
        return json_answer(_encode(kept), 201)

    def _find(self, name: str, workspace: str | None) -> Kept:
        shelf = self._control.shelf
        found = shelf.find(name, workspace)
        if found is None:
            remedy = "Save one with POST /_mock/workspaces/{workspace}/snapshots/{name}."
            raise not_found("snapshot", name, [kept.name for kept in shelf], remedy)
        return found


def _parse(data: JsonObject) -> dict[str, Part]:
    try:
        return parse_snapshot(data)
    except SnapshotError as error:
        if error.field:
            raise invalid(error.field, f"{error.message} (the snapshot is damaged)") from None
        raise invalid("body", str(error)) from None


def _encode(kept: Kept) -> JsonObject:
    return {"name": kept.name, "workspaces": list(kept.workspaces), "bytes": len(kept.text)}
