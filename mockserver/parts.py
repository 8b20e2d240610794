"""Parts of a workspace that come back from a snapshot: judged by a schema, before anything is put in place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockserver.schemas import BODY, compile_schema, find_problems

JsonObject = dict[str, Any]

FARTHEST_S: Final = 1e12
"""Seconds between two things that a workspace knows of, at the most: more is no time that any clock came to."""

MOST: Final = 10**15
"""What counts one by one never comes to more."""

COUNT: Final[JsonObject] = {"type": "integer", "minimum": 0, "maximum": MOST}
TEXT: Final[JsonObject] = {"type": "string"}
BOOLEAN: Final[JsonObject] = {"type": "boolean"}


class PartError(ValueError):
    """A part that cannot be loaded: `field` names what is wrong, `message` what it takes; both are one sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


def number(minimum: float, maximum: float) -> JsonObject:
    """The schema of a number in a range."""
    return {"type": "number", "minimum": minimum, "maximum": maximum}


def nullable(schema: Mapping[str, Any]) -> JsonObject:
    """The schema of what may be null, too."""
    return {**schema, "nullable": True}


def an_object(properties: Mapping[str, Any], optional: Iterable[str] = ()) -> JsonObject:
    """The schema of an object with these properties; others do no harm."""
    left_out = set(optional)
    required = [name for name in properties if name not in left_out]
    return {"type": "object", "required": required, "properties": dict(properties)}


def a_list(items: Mapping[str, Any]) -> JsonObject:
    """The schema of a list."""
    return {"type": "array", "items": dict(items)}


def check_part(schema: Mapping[str, Any], data: object) -> None:
    """See whether a part is what it has to be. The schema is one that stays, for it is compiled once.

    Raises:
        PartError: it is not; names the first field that is wrong.
    """
    try:
        for problem in find_problems(compile_schema(schema), data, first_only=True):
            raise PartError("" if problem.field == BODY else problem.field, problem.message)
    except PartError:
        raise
    except (ValueError, RecursionError):  # of the validator, which goes so deep and no deeper
        raise PartError("", "it is nested too deeply") from None
