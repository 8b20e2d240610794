"""Reads YAML files: by libyaml, ten times as fast as PyYAML itself, where it is there; contracts by the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mockserver.cache import remember


class YamlError(ValueError):
    """It is no YAML; the text says where and why."""


def parse_yaml(text: str) -> Any:
    """A YAML document as plain values.

    Raises:
        YamlError: it is none.
    """
    import yaml  # not at the top: a start that finds its contract in the cache needs none of it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        raise YamlError(str(error)) from None


def load_contract_file(path: Path, name: str) -> dict[str, Any]:
    """A contract as plain values, parsed once for all starts.

    Args:
        name: of the file in the cache.

    Raises:
        OSError: it cannot be read.
        YamlError: it is no YAML.
    """
    text = path.read_text("utf-8")
    contract: dict[str, Any] = remember(name, text.encode(), lambda: parse_yaml(text))
    return contract
