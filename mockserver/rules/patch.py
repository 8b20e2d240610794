"""How a patch changes the steering: a value replaces, null clears, a field left out stays (PAT-3 to PAT-5).

That one of three fields has to be there (PAT-1) is said by the contract's schema and judged before this.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from mockserver.rules.values import OMITTED, Omitted, Steering, SteeringPatch

T = TypeVar("T")


def apply_patch(steering: Steering, patch: SteeringPatch) -> Steering:
    """The steering after the patch. Doing it twice is doing it once."""
    return Steering(
        personality=_after(steering.personality, patch.personality),
        personality_id=_after(steering.personality_id, patch.personality_id),
        brand_voice_id=_after(steering.brand_voice_id, patch.brand_voice_id),
        target_audience_id=_after(steering.target_audience_id, patch.target_audience_id),
    )


def _after(before: T, given: T | Literal[Omitted.OMITTED]) -> T:
    return before if given is OMITTED else given
