"""Knows where the contract file is and what its clauses say; knows nothing of HTTP or pytest."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

_TOP = Path(__file__).parents[1]

Level = Literal["must", "should", "may"]


@dataclass(frozen=True)
class Clause:
    """One numbered sentence of the contract: `IDM-1`, its level and its text."""

    id: str
    level: Level
    text: str


@cache
def document() -> dict[str, Any]:
    """The contract as it was parsed from `openapi.yaml`: the copy that the wheel carries, or the checkout's own file.

    Raises:
        FileNotFoundError: there is neither; the installation is damaged.
    """
    # Imported here, because the plugin is loaded in every pytest run, also where no clause is ever asked for.
    import yaml

    packaged = _TOP / "conversations_contract" / "openapi.yaml"
    source = packaged if packaged.is_file() else _TOP / "openapi.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it
    parsed: dict[str, Any] = yaml.load(source.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe, both
    return parsed


@cache
def clauses() -> dict[str, Clause]:
    """Every clause by its id, in the order of the file: those of the whole API first, then those of each operation.

    Raises:
        ValueError: two clauses have one id.
    """
    found: dict[str, Clause] = {}
    for written in _written_clauses(document()):
        clause = Clause(id=written["id"], level=written["level"], text=" ".join(written["text"].split()))
        if clause.id in found:
            raise ValueError(f"openapi.yaml has two clauses {clause.id}")
        found[clause.id] = clause
    return found


def _written_clauses(contract: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from contract.get("x-clauses", [])
    for path_item in contract["paths"].values():
        for operation in path_item.values():
            if isinstance(operation, dict):  # a path item also has lists: its parameters
                yield from operation.get("x-clauses", [])
