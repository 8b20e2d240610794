"""Changes the source a little and looks whether a test notices: see README.md.

Cosmic Ray makes the mutants; three operators of our own add what it has not: statements left out, another member of
an enumeration, another word. The tests run in forks of one process that has imported all third parties already, in a
copy of the checkout, so that a mutant takes about as long as its tests and the checkout is never touched.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Not in the dev extra: see README.md.
parso: Any = importlib.import_module("parso")
plugins: Any = importlib.import_module("cosmic_ray.plugins")
mutating: Any = importlib.import_module("cosmic_ray.mutating")
cr_ast: Any = importlib.import_module("cosmic_ray.ast")

TOP = Path(__file__).parents[2]
OURS = ("mockserver", "conformance", "tests", "conftest")
NEED_ARGUMENTS = ("VariableReplacer", "VariableInserter")
PYTEST = [
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:randomly",
    "--hypothesis-seed=0",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]
MOST_OF_ONE_PLACE = 2  # Cosmic Ray has eleven others for every `+`

Place = tuple[tuple[int, int], tuple[int, int]]


class _Replace:
    """An operator of Cosmic Ray that puts other code in the place of a node."""

    def others(self, node: Any) -> list[str]:
        """The code of what may stand in the place of the node."""
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """Where it can be used, once for each way."""
        for _ in self.others(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The node that stands there instead."""
        return parso.python.tree.Name(self.others(node)[index], node.start_pos, prefix=node.get_first_leaf().prefix)


class DropStatement(_Replace):
    """A call whose result nobody takes, a `raise` or a change of something is left out, a `return` gives None."""

    def others(self, node: Any) -> list[str]:
        """The code of what may stand in the place of the node."""
        if node.parent is None or node.parent.type != "simple_stmt":
            return []
        if node.type == "return_stmt":
            return ["return None"]
        changes = node.type == "expr_stmt" and (
            node.children[1].type == "operator" and (node.children[1].value != "=" or node.children[0].type != "name")
        )
        return ["pass"] if changes or node.type in ("raise_stmt", "atom_expr", "power") else []


class OtherMember(_Replace):
    """`Lock.FREE` becomes the member of `Lock` that the module names next."""

    def others(self, node: Any) -> list[str]:
        """The code of what may stand in the place of the node."""
        code = node.get_code(include_prefix=False)
        if node.type not in ("atom_expr", "power") or not re.fullmatch(r"[A-Z]\w*\.[A-Z_]+", code):
            return []
        kind = code.partition(".")[0]
        members = sorted(set(re.findall(rf"\b{kind}\.[A-Z_]+\b", node.get_root_node().get_code())))
        return [members[(members.index(code) + 1) % len(members)]] if len(members) > 1 else []


class OtherWord(_Replace):
    """A string that is one word is another one; sentences for people stay."""

    def others(self, node: Any) -> list[str]:
        """The code of what may stand in the place of the node."""
        one_word = node.type == "string" and re.fullmatch(r"\"[\w./:-]*\"", node.value)
        return ['"other"'] if one_word and node.parent.type != "simple_stmt" else []


@dataclass(frozen=True)
class Mutant:
    """One change: which operator makes it, at which of the places where it can."""

    name: str
    operator: Any
    occurrence: int
    place: Place


def operators() -> dict[str, Any]:
    """Every operator by its name."""
    theirs = {name.partition("/")[2]: plugins.get_operator(name) for name in plugins.operator_names()}
    ours = {kind.__name__: kind for kind in (DropStatement, OtherMember, OtherWord)}
    return {name: kind() for name, kind in (theirs | ours).items() if name not in NEED_ARGUMENTS}


def untold(source: str) -> list[Place]:
    """What no test could notice, or every import would: annotations, assertions, type variables."""
    found: list[ast.AST | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.Assert) or getattr(getattr(node, "func", None), "id", "") in ("TypeVar", "cast"):
            found.append(node)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in found
        if isinstance(node, ast.expr | ast.stmt)
    ]


def mutants(source: str, chance: random.Random) -> list[Mutant]:
    """All of a module in random order, at most `MOST_OF_ONE_PLACE` of Cosmic Ray's replacements at one place."""
    left_out = untold(source)
    found: list[Mutant] = []
    for name, operator in operators().items():
        places = [
            place for node in cr_ast.ast_nodes(cr_ast.get_ast(source)) for place in operator.mutation_positions(node)
        ]
        found += [Mutant(name, operator, index, place) for index, place in enumerate(places)]
    found = [
        mutant
        for mutant in found
        if not any(start <= mutant.place[0] and mutant.place[1] <= end for start, end in left_out)
    ]
    chance.shuffle(found)
    taken: dict[Place, int] = {}
    kept = []
    for mutant in found:
        taken[mutant.place] = taken.get(mutant.place, 0) + 1
        if taken[mutant.place] <= MOST_OF_ONE_PLACE:
            kept.append(mutant)
    return kept


def copied(into: Path) -> Path:
    """A copy of the checkout as it stands, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (TOP / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, into / name)
    return into


class Tests:
    """The tests of one module, run in forks of this process."""

    def __init__(self, copy: Path, arguments: list[str]) -> None:
        self._copy = copy
        self._arguments = arguments
        self._limit_s = 600.0
        modules = copy / ".imported"
        began = time.monotonic()
        if self.run(shown=True, after=lambda: modules.write_text("\n".join(sys.modules))) != "passed":
            sys.exit(f"The tests do not pass without a mutant: {' '.join(arguments)}")
        for name in modules.read_text().split("\n"):
            if name.partition(".")[0] not in OURS and not name.startswith(("__", "_pytest.assertion")):
                with suppress(Exception), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    importlib.import_module(name)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # what is compiled of a mutant must not outlive it
        self._limit_s = 3 * (time.monotonic() - began) + 10
        began = time.monotonic()
        if self.run() != "passed":
            sys.exit("The tests do not pass once more.")
        self.took_s = time.monotonic() - began
        self._limit_s = 3 * self.took_s + 10

    def run(self, *, shown: bool = False, after: Callable[[], object] = lambda: None) -> str:
        """`passed`, `failed` or `timeout`. `shown`: with what pytest says; `after` is called in the fork."""
        child = os.fork()
        if child == 0:
            self._run_here(shown, after)
        give_up = time.monotonic() + self._limit_s
        while time.monotonic() < give_up:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return "passed" if status == 0 else "failed"
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"

    def _run_here(self, shown: bool, after: Callable[[], object]) -> None:
        code = 1
        try:
            os.setsid()
            os.chdir(self._copy)
            sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
            sys.path.insert(0, str(self._copy))
            os.environ["PYTHONPATH"] = str(self._copy)
            if not shown:
                quiet = os.open(os.devnull, os.O_WRONLY)
                os.dup2(quiet, 1)
                os.dup2(quiet, 2)
            import hypothesis
            import pytest

            hypothesis.settings.register_profile(  # what fails has failed: it need not be made small
                "mutants", database=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
            )
            hypothesis.settings.load_profile("mutants")
            code = int(pytest.main([*PYTEST, *self._arguments]))
            after()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)


def main() -> None:
    """Run the mutants of the modules that were named, or of all that have tests in `modules.toml`."""
    listed = tomllib.loads((Path(__file__).parent / "modules.toml").read_text())["tests"]
    tests = {str(path.relative_to(TOP)): of for pattern, of in listed.items() for path in sorted(TOP.glob(pattern))}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("module", nargs="*", default=list(tests), help="such as conformance/plan.py; default: all")
    parser.add_argument("--sample", type=int, help="so many mutants of each module; default: all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", type=int, nargs="+", help="the mutants of these numbers, to see them again")
    given = parser.parse_args()
    if unknown := sorted(set(given.module) - set(tests)):
        parser.error(f"modules.toml has no tests of {unknown[0]}")
    for module in given.module:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            judge(module, copied(Path(folder).resolve()), tests[module], given)


def judge(module: str, copy: Path, tests: list[str], given: argparse.Namespace) -> None:
    """Run the mutants of one module and tell those that survive."""
    source = (copy / module).read_text()
    chosen = list(enumerate(mutants(source, random.Random(f"{given.seed} {module}"))[: given.sample]))
    chosen = [(number, mutant) for number, mutant in chosen if not given.only or number in given.only]
    runner = Tests(copy, tests)
    print(f"{module}: {len(chosen)} mutants, {runner.took_s:.1f} s for the tests", flush=True)
    survived = timeouts = 0
    stamp = time.time_ns() // 10**9 + 1000
    for number, mutant in chosen:
        changed = mutating.mutate_code(source, mutant.operator, mutant.occurrence)
        (copy / module).write_text(changed)
        os.utime(copy / module, (stamp + number, stamp + number))  # older than no compiled file, and like none
        result = runner.run()
        timeouts += result == "timeout"
        if result == "passed":
            survived += 1
            lines = difflib.unified_diff(source.splitlines(), changed.splitlines(), lineterm="", n=0)
            told = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
            print(
                f"  survived #{number} {mutant.name} {module}:{mutant.place[0][0]}\n    " + "\n    ".join(told),
                flush=True,
            )
    killed = len(chosen) - survived
    print(
        f"{module}: {len(chosen)} mutants, {killed} killed ({timeouts} by the clock), {survived} survived", flush=True
    )


if __name__ == "__main__":
    main()
