"""Snapshots: all that workspaces hold, as one JSON file with a version, and what is wrong with one that cannot be read.

What a store dumps is checked here to the last field. The other parts of a workspace (faults, clock, configuration,
tokens) are judged by the modules that dumped them. So loading cannot fail half-way: what is wrong is found before.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from mockserver import wire
from mockserver.clock import FARTHEST, parse_clock
from mockserver.faults.rules import parse_armory
from mockserver.parts import PartError, a_list, an_object, check_part
from mockserver.rules.errors import BodyMalformed
from mockserver.sandbox import parse_configuration, parse_tokens

JsonObject = dict[str, Any]

FORMAT: Final = "conversations-mock snapshot"
VERSION: Final = 1


class SnapshotError(ValueError):
    """A snapshot that cannot be read or written; the text is one sentence that says why.

    Attributes:
        field: of one that is damaged, where, such as `workspaces.demo.clock.rate`; "" where it is no place in it.
        message: what is wrong with that field.
    """

    def __init__(self, sentence: str, field: str = "", message: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        self.message = message or sentence


@dataclass(frozen=True, slots=True)
class Part:
    """What a snapshot has of one workspace: what its store dumped, and what other modules did; None where nothing."""

    store: Mapping[str, Any]
    faults: Any = None
    clock: Any = None
    configuration: Any = None
    tokens: Any = None


def make_snapshot(parts: Mapping[str, Part]) -> JsonObject:
    """The snapshot of these workspaces, by their names, as JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "workspaces": {name: asdict(part) for name, part in parts.items()},
    }


def parse_snapshot(data: bytes | Mapping[str, Any]) -> dict[str, Part]:
    """The workspaces of a snapshot, as a file's bytes or as JSON, ready to be loaded.

    Raises:
        SnapshotError: it is none, or of another version, or damaged: names the field.
    """
    snapshot = _read_json(data) if isinstance(data, bytes) else data
    if not isinstance(snapshot, Mapping) or snapshot.get("format") != FORMAT:
        raise SnapshotError(f'This is no snapshot: one is a JSON object whose "format" is "{FORMAT}".')
    version = snapshot.get("version")
    if version != VERSION or isinstance(version, bool):
        made_by = version if isinstance(version, int) and abs(version) < 10**9 else "(none)"
        raise SnapshotError(
            f"The snapshot was made by version {made_by}, this server reads {VERSION}:"
            f" save it again with a server that writes version {VERSION}."
        )
    try:
        for problem in _problems(snapshot):
            raise _damaged(problem.field, problem.message)
    except RecursionError:
        raise SnapshotError("The snapshot is damaged: it is nested too deeply.") from None
    return {name: Part(**workspace) for name, workspace in snapshot["workspaces"].items()}


def write_file(path: Path, snapshot: Mapping[str, Any]) -> None:
    """Write a snapshot in one step: whoever reads the file has the old one or the new one, and whole.

    Raises:
        SnapshotError: the file cannot be written.
    """
    text = json.dumps(snapshot, ensure_ascii=False, indent=1) + "\n"
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))  # a lone surrogate stays JSON's escape, as in wire
            Path(temporary).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written: {error.strerror}.") from None


def read_file(path: Path) -> dict[str, Part]:
    """The workspaces of the snapshot in a file.

    Raises:
        SnapshotError: the file cannot be read, or is no snapshot that this version reads.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return parse_snapshot(data)
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}") from None


def _read_json(data: bytes) -> Any:
    try:
        return wire.loads(data)
    except BodyMalformed as error:
        raise SnapshotError(str(error).replace("The body", "The snapshot", 1)) from None


def _damaged(field: str, message: str) -> SnapshotError:
    return SnapshotError(f"The snapshot is damaged at {field}: {message}.", field, message)


_TEXT: Final = {"type": "string"}
_TEXT_OR_NULL: Final = {"type": "string", "nullable": True}
_COUNT: Final = {"type": "integer", "minimum": 0}
_NUMBER_OR_NULL: Final = {"type": "integer", "nullable": True}

_STEERING: Final = {
    "personality": _TEXT_OR_NULL,
    "personalityId": _NUMBER_OR_NULL,
    "brandVoiceId": _TEXT_OR_NULL,
    "targetAudienceId": _TEXT_OR_NULL,
}

_CONVERSATION: Final = an_object(
    {
        "id": _TEXT,
        "author": _TEXT,
        "createdAt": _TEXT,
        "clockShiftS": {
            "type": "number",
            "minimum": -FARTHEST.total_seconds(),
            "maximum": FARTHEST.total_seconds(),
        },
        "modelName": _TEXT_OR_NULL,
        "legacyCustomerId": _NUMBER_OR_NULL,
        "steering": an_object(_STEERING),
        "lastPatch": an_object(_STEERING, optional=tuple(_STEERING))
        | {"additionalProperties": False, "nullable": True},
        "messages": a_list(
            an_object(
                {
                    "id": _TEXT,
                    "text": _TEXT,
                    "source": {"type": "string", "enum": ["user", "assistant"]},
                    "createdAt": _TEXT,
                }
            )
        ),
        "turns": a_list(
            an_object(
                {
                    "id": _TEXT,
                    "state": {"type": "string", "enum": ["answered", "unanswered"]},
                    "position": _COUNT,
                    "reply": _COUNT | {"nullable": True},
                }
            )
        ),
    }
)

_CREATED: Final = _COUNT | {"maximum": 10**9}
"""Each takes its time on the clock, and timestamps end."""

_OTHERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "faults": parse_armory,
    "clock": parse_clock,
    "configuration": parse_configuration,
    "tokens": parse_tokens,
}
"""What judges each part that other modules dumped; null is none."""

_WORKSPACE: Final = an_object(
    {"store": an_object({"created": _CREATED, "conversations": a_list(_CONVERSATION)})}
    | {name: {} for name in _OTHERS},
    optional=_OTHERS,
)


def _problems(snapshot: Mapping[str, Any]) -> Iterator[PartError]:
    """What is wrong with a snapshot of this version; the first may make others senseless."""
    workspaces = snapshot.get("workspaces")
    if not isinstance(workspaces, Mapping):
        yield PartError("workspaces", "expected an object with a workspace for each name")
        return
    for name, workspace in workspaces.items():
        path = f"workspaces.{name}"
        try:
            check_part(_WORKSPACE, workspace)
        except PartError as problem:
            yield _within(path, problem)
            return
        yield from _unknown_names(path, workspace, _WORKSPACE["properties"])
        conversations = workspace["store"]["conversations"]
        listed = f"{path}.store.conversations"
        yield from _twice(listed, conversations)
        for number, conversation in enumerate(conversations):
            yield from _problems_of(f"{listed}[{number}]", conversation)
        for part, parse in _OTHERS.items():
            if workspace.get(part) is None:
                continue
            try:
                parse(workspace[part])
            except PartError as problem:
                yield _within(f"{path}.{part}", problem)


def _within(path: str, problem: PartError) -> PartError:
    return PartError(f"{path}.{problem.field}" if problem.field else path, problem.message)


def _unknown_names(path: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[PartError]:
    for name in given:
        if name not in known:
            near = get_close_matches(name[:100], known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            yield PartError(f"{path}.{name}", f"there is no such part{hint}; there are {', '.join(known)}")


def _twice(path: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[PartError]:
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries):
        first = seen.setdefault(entry["id"], number)
        if first != number:
            yield PartError(f"{path}[{number}].id", f"the same id as {path}[{first}]")


def _problems_of(path: str, conversation: Mapping[str, Any]) -> Iterator[PartError]:
    """What no schema says of a conversation: its times are times, and its turns are turns of its messages."""
    messages, turns = conversation["messages"], conversation["turns"]
    yield from _not_a_time(path, conversation)
    try:
        datetime.fromisoformat(conversation["createdAt"]) - timedelta(seconds=conversation["clockShiftS"])
    except (OverflowError, ValueError):
        yield PartError(f"{path}.clockShiftS", "it leads to a time that no calendar has")
    for number, message in enumerate(messages):
        yield from _not_a_time(f"{path}.messages[{number}]", message)
    yield from _twice(f"{path}.turns", turns)
    for number, turn in enumerate(turns):
        at = f"{path}.turns[{number}]"
        asked = next(iter(messages[int(turn["position"]) :]), None)
        if asked is None or (asked["source"], asked["id"]) != ("user", turn["id"]):
            yield PartError(
                f"{at}.position", f"message {_short(turn['position'])} is not the user's message of this turn"
            )
        reply = turn["reply"]
        if (reply is None) == (turn["state"] == "answered"):
            yield PartError(f"{at}.reply", "an answered turn has a reply, and no other has")
        elif reply is not None and [m["source"] for m in messages[int(reply) :][:1]] != ["assistant"]:
            yield PartError(f"{at}.reply", f"message {_short(reply)} is not the assistant's")


def _short(number: float) -> str:
    return str(number) if abs(number) < 10**15 else "of many digits"


def _not_a_time(path: str, entry: Mapping[str, Any]) -> Iterator[PartError]:
    try:
        right = datetime.fromisoformat(entry["createdAt"]).tzinfo is None
    except ValueError:
        right = False
    if not right:
        yield PartError(f"{path}.createdAt", "expected a time such as 2026-05-01T09:00:00, without an offset")
