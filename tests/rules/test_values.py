"""The values of the rules stay as they were made: the store gives the same ones to everybody."""

from __future__ import annotations

import dataclasses
import enum

import pytest

from mockserver.rules import values
from mockserver.rules.errors import FieldProblem

KINDS = [
    kind
    for kind in vars(values).values()
    if isinstance(kind, type) and kind.__module__ == values.__name__ and not issubclass(kind, enum.Enum)
]


@pytest.mark.parametrize("kind", [*KINDS, FieldProblem])
def test_a_value_cannot_be_changed(kind: type) -> None:
    """Whoever wants another makes another."""
    assert dataclasses.is_dataclass(kind)
    value: object = object.__new__(kind)
    for field in dataclasses.fields(kind):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
