"""Finds `openapi.yaml`: the copy that the wheel carries, or in a checkout the file at its top."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mockserver.yamls import YamlError, load_contract_file

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
    """The contract as plain values; read once, not to be changed.

    Raises:
        ContractUnreadable: it is not there, or not readable, or not YAML.
    """
    try:
        return load_contract_file(contract_path(), "contract")
    except (OSError, YamlError) as error:
        raise ContractUnreadable(f"{contract_path()} cannot be read: {error}") from None
