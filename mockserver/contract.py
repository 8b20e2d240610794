"""Finds `openapi.yaml`: the copy that the wheel carries, or in a checkout the file at its top."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TOP = Path(__file__).parent.parent


@cache
def contract_path() -> Path:
    """The path of the contract.

    Raises:
        FileNotFoundError: the installation is damaged.
    """
    for candidate in (_TOP / "conversations_contract" / "openapi.yaml", _TOP / "openapi.yaml"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError("openapi.yaml is missing: install the package anew")


@cache
def load_contract() -> dict[str, Any]:
    """The contract as plain values; parsed once, not to be changed."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster where it is there
    contract: dict[str, Any] = yaml.load(contract_path().read_text("utf-8"), Loader=loader)  # noqa: S506 - safe, both
    return contract
