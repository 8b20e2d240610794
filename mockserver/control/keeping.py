"""Workspaces to snapshots and back: the conversations, the faults, the clock, the configuration, the tokens."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mockserver.journal.recording import RecordingError, is_recording, parse_recording
from mockserver.pacing import Pace
from mockserver.sandbox import Configuration, Sandbox, Sandboxes
from mockserver.snapshots import Part, SnapshotError, make_snapshot, parse_snapshot, read_file
from mockserver.store.memory import MemoryStore


def keep_workspace(sandbox: Sandbox, store: MemoryStore) -> Part:
    """What a snapshot has of a workspace."""
    return Part(
        store=store.dump(sandbox.name),
        faults=sandbox.armory.dump(sandbox.clock.now()),
        clock=sandbox.clock.dump(),
        configuration=_dump_configuration(sandbox.configuration),
        tokens=sandbox.tokens.dump(sandbox.clock.now()),
    )


def record_with(sandbox: Sandbox, store: MemoryStore) -> None:
    """Let the recording of a workspace begin with a snapshot of it."""
    sandbox.recorder.keep_by(lambda: make_snapshot({sandbox.name: keep_workspace(sandbox, store)}))


def bring_back(sandbox: Sandbox, store: MemoryStore, part: Part) -> None:
    """Put a workspace into the state that a snapshot has, be it of this workspace or of another. Its streams end.

    Raises:
        SnapshotError: the snapshot is damaged. What was not in order is not loaded, what came before it is.
    """
    sandbox.end_waiting()
    try:
        store.load(sandbox.name, part.store)
        if part.clock is not None:
            sandbox.clock.load(part.clock)
        if part.faults is not None:
            sandbox.armory.load(part.faults, sandbox.clock.now())
        if part.configuration is not None:
            sandbox.configuration = _load_configuration(part.configuration)
        if part.tokens is not None:
            sandbox.tokens.load(part.tokens, sandbox.clock.now())
        sandbox.recorder.restart()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(f"The snapshot of {sandbox.name} is damaged: {error!r}.") from None


def read_workspaces(path: Path) -> dict[str, Part]:
    """The workspaces of a snapshot file; of a bug report, the one that it is about, before its first exchange.

    Raises:
        SnapshotError: the file cannot be read, or is neither.
    """
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


def _dump_configuration(configuration: Configuration) -> dict[str, Any]:
    dumped = asdict(configuration)
    if math.isinf(configuration.pace.tokens_per_second):
        dumped["pace"]["tokens_per_second"] = None  # JSON has no infinity
    return dumped


def _load_configuration(data: dict[str, Any]) -> Configuration:
    rate = data["pace"]["tokens_per_second"]
    pace = Pace(**{**data["pace"], "tokens_per_second": math.inf if rate is None else rate})
    return Configuration(pace, data["keep_alive_s"], data["hold_after"])
