"""Workspaces to snapshots and back: the conversations, the faults, the clock, the configuration, the tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver.clock import parse_clock
from mockserver.faults.rules import parse_armory
from mockserver.parts import PartError
from mockserver.sandbox import Sandbox, Sandboxes, parse_configuration, parse_tokens
from mockserver.snapshots import Part, SnapshotError, make_snapshot, parse_snapshot, read_file
from mockserver.store.memory import MemoryStore


def keep_workspace(sandbox: Sandbox, store: MemoryStore) -> Part:
    """What a snapshot has of a workspace."""
    return freeze_workspace(sandbox, store)()


def freeze_workspace(sandbox: Sandbox, store: MemoryStore) -> Callable[[], Part]:
    """What makes, whenever it is called, what `keep_workspace` would give now."""
    dump = store.freeze(sandbox.name)
    part = Part(
        store={},
        faults=sandbox.armory.dump(sandbox.clock.now()),
        clock=sandbox.clock.dump(),
        configuration=sandbox.configuration.dump(),
        tokens=sandbox.tokens.dump(sandbox.clock.now()),
    )
    return lambda: replace(part, store=dump())


def record_with(sandbox: Sandbox, store: MemoryStore) -> None:
    """Let the recording of a workspace begin with a snapshot of it, which is written out when somebody asks for it."""

    def keep() -> Callable[[], dict[str, Any]]:
        frozen = freeze_workspace(sandbox, store)
        return lambda: make_snapshot({sandbox.name: frozen()})

    sandbox.recorder.keep_by(keep)


def bring_back(sandbox: Sandbox, store: MemoryStore, part: Part) -> None:
    """Put a workspace into the state that a snapshot has, be it of this workspace or of another. Its streams end.

    All of it or nothing: what is not in order is found before anything is changed. Of a part that
    `mockserver.snapshots.parse_snapshot` gave there is nothing to be found.

    Raises:
        SnapshotError: the part is damaged.
    """
    try:
        clock = None if part.clock is None else parse_clock(part.clock)
        faults = None if part.faults is None else parse_armory(part.faults)
        configuration = None if part.configuration is None else parse_configuration(part.configuration)
        tokens = None if part.tokens is None else parse_tokens(part.tokens)
        store.load(sandbox.name, part.store)
    except (PartError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(f"The snapshot of {sandbox.name} is damaged: {error}.") from None
    sandbox.end_waiting()
    if clock is not None:
        sandbox.clock.restore(clock)
    if faults is not None:
        sandbox.armory.restore(faults, sandbox.clock.now())
    if configuration is not None:
        sandbox.configuration = configuration
    if tokens is not None:
        sandbox.tokens.restore(tokens, sandbox.clock.now())
    sandbox.recorder.restart()


def read_workspaces(path: Path) -> dict[str, Part]:
    """The workspaces of a snapshot file; of a bug report, the one that it is about, before its first exchange.

    Raises:
        SnapshotError: the file cannot be read, or is neither.
    """
    from mockserver.journal.recording import RecordingError, is_recording, parse_recording  # only --load needs it

    try:
        report = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        report = None  # what is wrong, the snapshots say
    if not is_recording(report):
        return read_file(path)
    try:
        snapshot = parse_recording(report).snapshot
    except RecordingError as error:
        raise SnapshotError(f"{path}: {error}") from None
    return {} if snapshot is None else parse_snapshot(snapshot)


def names_of(sandboxes: Sandboxes, store: MemoryStore) -> list[str]:
    """All workspaces that somebody created, called or filled, in order."""
    return sorted({sandbox.name for sandbox in sandboxes} | set(store.workspaces()))
