"""How a patch changes the steering: a value replaces, null clears, a field left out stays (PAT-3 to PAT-5).

That one of three fields has to be there (PAT-1) is said by the contract's schema and judged before this.
"""

from __future__ import annotations

from dataclasses import fields, replace

from mockserver.rules.values import OMITTED, Steering, SteeringPatch


def apply_patch(steering: Steering, patch: SteeringPatch) -> Steering:
    """The steering after the patch. Doing it twice is doing it once."""
    given = {field.name: getattr(patch, field.name) for field in fields(patch)}
    return replace(steering, **{name: value for name, value in given.items() if value is not OMITTED})
