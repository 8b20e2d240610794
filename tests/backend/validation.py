"""What the body of a request must look like: a table of fields for each operation, and what is wrong with a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Problem = dict[str, str]


@dataclass(frozen=True)
class Field:
    """One property: its kind (`string`, `integer` or `entries`), and whether it may be missing or null."""

    kind: str
    required: bool = False
    nullable: bool = False


CREATE = {
    "personality": Field("string"),
    "personalityId": Field("integer"),
    "brandVoiceId": Field("string"),
    "targetAudienceId": Field("string"),
    "modelName": Field("string"),
}
PATCH = {
    "personality": Field("string", nullable=True),
    "personalityId": Field("integer"),
    "brandVoiceId": Field("string", nullable=True),
    "targetAudienceId": Field("string", nullable=True),
}
MESSAGE = {
    "id": Field("string", required=True),
    "text": Field("string", required=True),
    "createdAt": Field("string", required=True),
    "additionalContext": Field("entries"),
    "contextSize": Field("integer"),
}
ENTRY = {
    "id": Field("integer", required=True),
    "content": Field("string", required=True),
    "category_name": Field("string"),
}
_TYPES = {"string": str, "integer": int, "entries": list}


def problem(field: str, message: str, kind: str = "wrongType") -> Problem:
    """One line of a 422."""
    return {"field": field, "message": message, "type": kind}


def problems(body: object, fields: Mapping[str, Field], where: str = "") -> list[Problem]:
    """All that is wrong with a body. Properties that no table names are ignored."""
    if not isinstance(body, dict):
        return [problem(where.rstrip("."), "expected an object")]
    found: list[Problem] = []
    for name, field in fields.items():
        if name in body:
            found += _value_problems(body[name], field, where + name)
        elif field.required:
            found.append(problem(where + name, "required, but not there", "missing"))
    return found


def _value_problems(value: Any, field: Field, where: str) -> list[Problem]:
    if value is None and field.nullable:
        return []
    if type(value) is not _TYPES[field.kind]:  # not isinstance: True is an int to Python
        return [problem(where, f"expected {field.kind}")]
    if isinstance(value, list):
        return [found for i, entry in enumerate(value) for found in problems(entry, ENTRY, f"{where}[{i}].")]
    return []
