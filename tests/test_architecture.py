"""Who may import whom. These lines are what makes the rules readable and the kit credible."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.errors import STATUS
from mockserver.rules import errors as rule_errors

ROOT = Path(__file__).parent.parent
SPEAKS_CONNEXION = {"framework.py", "mount.py", "security.py", "validation.py"}


def imported_modules(path: Path) -> Iterator[str]:
    """The full name of every module that a file imports, at the top or inside."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(package: str) -> list[Path]:
    """The Python files of a package, deep."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"there is nothing in {package}"
    return found


@pytest.mark.parametrize("path", files("mockserver/rules"), ids=str)
def test_rules_import_the_standard_library_and_each_other(path: Path) -> None:
    """No framework, no I/O, no asyncio, no clock: the rules can be read without HTTP."""
    allowed = sys.stdlib_module_names - {"asyncio", "socket", "http", "time", "logging", "json", "random", "os"}
    foreign = {name for name in imported_modules(path) if name.split(".")[0] not in allowed}
    assert all(name.startswith("mockserver.rules") for name in foreign)


@pytest.mark.parametrize("path", files("conformance"), ids=str)
def test_the_kit_never_imports_the_mock(path: Path) -> None:
    """They know each other through the contract alone."""
    assert not [name for name in imported_modules(path) if name.split(".")[0] == "mockserver"]


@pytest.mark.parametrize("path", files("mockserver"), ids=str)
def test_the_mock_never_imports_the_kit(path: Path) -> None:
    """Nor the other way round."""
    assert not [name for name in imported_modules(path) if name.split(".")[0] == "conformance"]


@pytest.mark.parametrize("path", files("mockserver"), ids=str)
def test_connexion_stays_at_the_edge(path: Path) -> None:
    """Only the assembly and what stands in Connexion's seams speaks of it."""
    speaks = any(name.split(".")[0] == "connexion" for name in imported_modules(path))
    assert not speaks or path.name in SPEAKS_CONNEXION


def test_every_rule_error_has_its_status() -> None:
    """ERR-2: the table of `mockserver.errors` is complete."""

    def leaves(kind: type[rule_errors.RuleError]) -> Iterator[type[rule_errors.RuleError]]:
        below = kind.__subclasses__()
        if not below:
            yield kind
        for child in below:
            yield from leaves(child)

    assert set(STATUS) == set(leaves(rule_errors.RuleError))
