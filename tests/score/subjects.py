"""Whom the kit judges: the base, the variants alone and several at once, and the defects."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from tests.backend.defects import DEFECTS
from tests.backend.variants import ALTERNATIVES, BUNDLES, VARIANTS, named_variants

Kind = Literal["base", "variant", "mix", "defect"]
KINDS: tuple[Kind, ...] = ("base", "variant", "mix", "defect")

MIX = 6  # variants at once: more, and one hides another

# What the kit has to be told of a backend, as its users would.
_TOLD = {"unknown_voices_refused": ("--brand-voice-id=voice-1", "--target-audience-id=audience-1")}


@dataclass(frozen=True)
class Subject:
    """One backend to judge.

    `clauses` are those that a defect breaks, of which the kit has to name one, and the first is what it is about; of a
    correct backend, those of level `should` that it may be warned of.
    """

    kind: Kind
    name: str
    variants: tuple[str, ...] = ()
    defect: str | None = None
    clauses: tuple[str, ...] = ()

    @property
    def kit_options(self) -> list[str]:
        """What the kit has to be told of this backend, for it to be judged rightly."""
        return [option for name in self.variants for option in _TOLD.get(name, ())]


def base() -> Subject:
    """The backend as it is."""
    return Subject("base", "base")


def variants() -> list[Subject]:
    """Each variant alone, and each bundle."""
    return [_correct("variant", name, (name,)) for name in VARIANTS] + [
        _correct("mix", name, members) for name, members in BUNDLES.items()
    ]


def mixes(seed: int) -> list[Subject]:
    """Every variant once, several at once: drawn by the seed, no two of which are alternatives."""
    names = list(VARIANTS)
    random.Random(seed).shuffle(names)
    drawn: list[list[str]] = []
    for name in names:
        others = {other for group in ALTERNATIVES if name in group for other in group}
        fitting = (mix for mix in drawn if len(mix) < MIX and not others & set(mix))
        mix = next(fitting, None)
        if mix is None:
            drawn.append([name])
        else:
            mix.append(name)
    # Listed the other way round: what changes bytes comes after what changes events, and works on what that made.
    order = list(VARIANTS)[::-1]
    return [_correct("mix", "+".join(sorted(mix)), sorted(mix, key=order.index)) for mix in drawn]


def defects() -> list[Subject]:
    """Each defect alone."""
    return [Subject("defect", change.name, defect=change.name, clauses=change.clauses) for change in DEFECTS.values()]


def chosen(subjects: Iterable[Subject], patterns: Collection[str]) -> list[Subject]:
    """Those whose name, or one of whose clauses, fits one of the patterns (`lock_*`, `LCK-*`). No pattern: all."""
    return [
        subject
        for subject in subjects
        if not patterns
        or any(fnmatchcase(text, pattern) for text in (subject.name, *subject.clauses) for pattern in patterns)
    ]


def _correct(kind: Kind, name: str, members: Iterable[str]) -> Subject:
    changes = named_variants(members)
    clauses = dict.fromkeys(clause for change in changes for clause in change.clauses)
    return Subject(kind, name, tuple(change.name for change in changes), clauses=tuple(clauses))
