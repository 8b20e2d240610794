"""Scenes: their names, by which their results are kept."""

from __future__ import annotations

import pytest

from conformance import scene as scenes
from conformance.scene import scene, scene_costs


@pytest.fixture(autouse=True)
def own_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the suite stay as they are."""
    monkeypatch.setattr(scenes, "_COSTS", {})
    monkeypatch.setattr(scenes, "_PLACES", {})
    monkeypatch.setattr(scenes, "_EARLY", {})


def first() -> None:
    """A scene."""


class Elsewhere:
    """As another module."""

    @staticmethod
    def first() -> None:
        """Another scene."""


def test_a_scene_has_a_name_of_its_own() -> None:
    """Two of one name would share a result, whichever comes first; where it was taken is said."""
    scene(replies=1)(first)
    with pytest.raises(ValueError, match=r"there is a scene 'first' already, at .*test_scene.py:\d+: give"):
        scene(replies=2)(Elsewhere.first)
    assert scene_costs() == {"first": 1}


def test_a_module_may_be_imported_again() -> None:
    """Its scenes are the same ones."""
    for _ in range(2):
        scene(replies=1)(first)
    assert scene_costs() == {"first": 1}
