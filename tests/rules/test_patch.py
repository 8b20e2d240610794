"""Value, null and omitted are three things."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.rules.patch import apply_patch
from mockserver.rules.values import OMITTED, Steering, SteeringPatch

texts = st.text(max_size=5)
steerings = st.builds(Steering, st.none() | texts, st.none() | st.integers(), st.none() | texts, st.none() | texts)
patches = st.builds(
    SteeringPatch,
    st.just(OMITTED) | st.none() | texts,
    st.just(OMITTED) | st.integers(),
    st.just(OMITTED) | st.none() | texts,
    st.just(OMITTED) | st.none() | texts,
)


@pytest.mark.clause("PAT-3", "PAT-4", "PAT-5")
@given(steerings, patches)
def test_a_value_replaces_null_clears_and_omitted_leaves(steering: Steering, patch: SteeringPatch) -> None:
    """Field by field, and no field touches another."""
    patched = apply_patch(steering, patch)
    for field in fields(Steering):
        given_value = getattr(patch, field.name)
        expected = getattr(steering, field.name) if given_value is OMITTED else given_value
        assert getattr(patched, field.name) == expected


@pytest.mark.clause("PAT-3")
@given(steerings, patches)
def test_a_patch_twice_is_a_patch_once(steering: Steering, patch: SteeringPatch) -> None:
    """A client may send it again."""
    once = apply_patch(steering, patch)
    assert apply_patch(once, patch) == once
