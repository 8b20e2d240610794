"""How a variant or a defect changes the backend: as a subclass of one of its parts, overriding what is otherwise.

Any number of them go together: the classes of one part are stacked on each other in the order they are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from tests.backend.app import Backend
from tests.backend.model import Model
from tests.backend.store import Store
from tests.backend.turns import Turns

Part = type[Backend] | type[Store] | type[Model] | type[Turns]
P = TypeVar("P", bound=Part)
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])|(?<=[a-z])(?=[0-9])")


@dataclass
class Change:
    """A variant or a defect: its name, what it is about, the clauses concerned, and its subclasses of the parts."""

    name: str
    about: str
    clauses: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)


class Registry(dict[str, Change]):
    """Changes by name."""

    def add(self, *clauses: str, name: str | None = None) -> Callable[[P], P]:
        """Register a class: under its name in snake case or the one given, described by its docstring.

        A change that concerns two parts is two classes, the second with the `name` of the first.
        """

        def register(part: P) -> P:
            key = name or _WORD_START.sub("_", part.__name__).lower()
            assert name or key not in self, f"{key} is there already"
            if key not in self:
                assert part.__doc__
                self[key] = Change(key, " ".join(part.__doc__.split()), clauses)
            self[key].parts.append(part)
            return part

        return register


VARIANTS = Registry()
DEFECTS = Registry()
variant = VARIANTS.add
defect = DEFECTS.add


def assemble(changes: Iterable[Change], database: Path, tokens_per_second: float = 150.0) -> Backend:
    """A backend with these changes."""
    parts = [part for change in changes for part in change.parts]

    def changed(part: P) -> P:
        """The part with the changes that are made to it; the last one named is outermost."""
        layers = [layer for layer in reversed(parts) if issubclass(layer, part)]
        return cast(P, type(part.__name__, (*layers, part), {}))

    return changed(Backend)(changed(Store)(database), changed(Model)(tokens_per_second), changed(Turns)())
