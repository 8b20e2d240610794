"""Which operation of the contract a request means: by method and path, before any framework has looked at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.repeats import remember_short
from mockserver.schemas import inline_refs

METHODS = ("get", "put", "post", "delete", "patch")

_API = "/api/"
"""Where the API begins; what the mock serves elsewhere is its own."""

_REMEMBERED = 1024
_SHORT = 200
"""So many paths are remembered, and so many characters has each of them at the most: clients repeat themselves."""

_PARAMETER = re.compile(r"\\\{(\w+)\\\}")
_TEXT = "[^/]+"
_INTEGER = "[+-]?[0-9]{1,4300}"
"""What parameters of a path are made of."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a path is found to mean; no operation where the contract has none of this method there."""

    operation: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


class Operations:
    """The operations of a contract by method and path.

    Args:
        base_path: what all paths begin with.
    """

    def __init__(self, contract: Mapping[str, Any], base_path: str = "") -> None:
        self._paths = [
            (
                _pattern(base_path + template, integer_parameters(contract, item)),
                {method.upper(): item[method]["operationId"] for method in METHODS if method in item},
            )
            for template, item in contract["paths"].items()
        ]
        self._find_at = remember_short(self._look_up, most=_REMEMBERED, longest=_SHORT)
        self.names = [name for _, methods in self._paths for name in methods.values()]

    def is_api(self, path: str) -> bool:
        """Whether a path belongs to the API rather than to the mock's own pages."""
        return path.startswith(_API)

    def methods_at(self, path: str) -> list[str]:
        """The methods that a path has; none where it is unknown."""
        return next((sorted(methods) for pattern, methods in self._paths if pattern.fullmatch(path)), [])

    def find(self, method: str, path: str) -> Found:
        """The operation, with the parameters in its path."""
        return self._find_at(path, method)

    def _look_up(self, path: str, method: str) -> Found:
        for pattern, operations in self._paths:
            match = pattern.fullmatch(path)
            if match:
                return Found(operations.get(method), match.groupdict())
        return Found(None, {"workspaceId": _workspace_in(path)})


def integer_parameters(contract: Mapping[str, Any], item: Mapping[str, Any]) -> frozenset[str]:
    """The parameters of a path that are integers, by their names."""
    shared = inline_refs(contract, item.get("parameters", []))
    own = [p for m in METHODS if m in item for p in inline_refs(contract, item[m].get("parameters", []))]
    return frozenset(p["name"] for p in shared + own if p["in"] == "path" and p["schema"].get("type") == "integer")


def _pattern(template: str, integers: frozenset[str]) -> re.Pattern[str]:
    def write(parameter: re.Match[str]) -> str:
        return f"(?P<{parameter[1]}>{_INTEGER if parameter[1] in integers else _TEXT})"

    return re.compile(_PARAMETER.sub(write, re.escape(template)))


def _workspace_in(path: str) -> str:
    """The workspace that an unknown path seems to speak of."""
    match = re.search(r"/workspaces/([^/]+)", path)
    return match[1] if match else ""
