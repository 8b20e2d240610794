"""Finds `openapi.yaml`: the copy that the wheel carries, or in a checkout the file at its top."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TOP = Path(__file__).parent.parent


class ContractUnreadable(Exception):
    """The contract is not there, or cannot be read: the installation is damaged. The text says how."""


@cache
def contract_path() -> Path:
    """The path of the contract.

    Raises:
        ContractUnreadable: it is not there.
    """
    for candidate in (_TOP / "conversations_contract" / "openapi.yaml", _TOP / "openapi.yaml"):
        if candidate.is_file():
            return candidate
    raise ContractUnreadable("openapi.yaml is missing. Install the package anew.")


@cache
def load_contract() -> dict[str, Any]:
    """The contract as plain values; parsed once, not to be changed.

    Raises:
        ContractUnreadable: it is not there, or not readable, or not YAML.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster where it is there
    try:
        contract: dict[str, Any] = yaml.load(contract_path().read_text("utf-8"), Loader=loader)  # noqa: S506 - both safe
    except (OSError, yaml.YAMLError) as error:
        raise ContractUnreadable(f"{contract_path()} cannot be read: {error}") from None
    return contract
