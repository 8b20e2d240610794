"""Which operation of the contract a request means: by method and path, before any framework has looked at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")

_API = "/api/"
"""Where the API begins; what the mock serves elsewhere is its own."""

_PARAMETER = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a path is found to mean; no operation where the contract has none of this method there."""

    operation: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


class Operations:
    """The operations of a contract by method and path."""

    def __init__(self, contract: Mapping[str, Any]) -> None:
        self._paths = [
            (
                re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(template))),
                {method.upper(): item[method]["operationId"] for method in METHODS if method in item},
            )
            for template, item in contract["paths"].items()
        ]
        self.names = [name for _, methods in self._paths for name in methods.values()]

    def is_api(self, path: str) -> bool:
        """Whether a path belongs to the API rather than to the mock's own pages."""
        return path.startswith(_API)

    def methods_at(self, path: str) -> list[str]:
        """The methods that a path has; none where it is unknown."""
        return next((sorted(methods) for pattern, methods in self._paths if pattern.fullmatch(path)), [])

    def find(self, method: str, path: str) -> Found:
        """The operation, with the parameters in its path."""
        for pattern, operations in self._paths:
            match = pattern.fullmatch(path)
            if match:
                return Found(operations.get(method), match.groupdict())
        return Found(None, {"workspaceId": _workspace_in(path)})


def _workspace_in(path: str) -> str:
    """The workspace that an unknown path seems to speak of."""
    match = re.search(r"/workspaces/([^/]+)", path)
    return match[1] if match else ""
