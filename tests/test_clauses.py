"""Every clause of the contract is carried by a test, and every test that names a clause names one that exists."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from conformance.contract import clauses

ROOT = Path(__file__).parent.parent


def carried_clauses(folder: str) -> dict[str, list[str]]:
    """The clauses that `@pytest.mark.clause` names below a folder, with the tests that name them."""
    carried: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / folder).rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause":
                        for argument in decorator.args:
                            carried[ast.literal_eval(argument)].append(f"{path.name}::{node.name}")
    return carried


def test_each_clause_is_carried_by_a_test_of_the_mock() -> None:
    """By one at least, over a real socket or on the pure rule."""
    assert set(clauses()) <= set(carried_clauses("tests"))


@pytest.mark.parametrize("folder", ["tests", "conformance/suite"])
def test_each_marker_names_a_clause_of_the_contract(folder: str) -> None:
    """A misspelt one would carry nothing."""
    assert set(carried_clauses(folder)) <= set(clauses())


@pytest.mark.parametrize("path", sorted((ROOT / "conformance/suite").glob("test_*.py")), ids=lambda path: path.name)
def test_each_test_of_the_suite_names_its_clause(path: Path) -> None:
    """The suite reads as the specification."""
    tests = [
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    carrying = {name.partition("::")[2] for names in carried_clauses("conformance/suite").values() for name in names}
    assert tests
    assert set(tests) <= carrying
