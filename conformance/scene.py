"""Scenes: what several tests judge together, played once in a run, whichever worker comes first.

A scene makes calls and records them; it judges nothing but what it cannot go on without. Replies cost money and time,
so all that one reply can show is seen in one scene. Scenes that share a conversation are chained: the later one takes
the earlier one as an argument, so that two workers never act in one conversation at the same time.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import pytest

P = ParamSpec("P")
T = TypeVar("T")

_COSTS: dict[str, int] = {}
_PLACES: dict[str, tuple[str, int]] = {}
_EARLY: dict[str, Callable[..., Any]] = {}


def scene(*, replies: int = 0, early: bool = False) -> Callable[[Callable[P, T]], Any]:
    """Make a function a session fixture that is played once for all workers. Its value has to be picklable.

    `replies` is how many generated replies it takes when the backend is correct. `early`: it may be begun before a test
    asks for it (see `conformance.early`); it needs `run`, `api` and other such scenes, and nothing else.

    Raises:
        ValueError: another scene has the name, by which the result is kept.
    """

    def decorate(play: Callable[P, T]) -> Any:
        name = play.__name__
        code = play.__code__
        place = (code.co_filename, code.co_firstlineno)
        if _PLACES.setdefault(name, place) != place:  # a module may be imported anew
            file, line = _PLACES[name]
            raise ValueError(f"there is a scene {name!r} already, at {file}:{line}: give this one another name")
        _COSTS[name] = replies
        if early:
            _EARLY[name] = play

        @functools.wraps(play)
        def played(*args: P.args, **kwargs: P.kwargs) -> T:
            from conformance.run import current

            return current().seen(name, lambda: play(*args, **kwargs))

        return pytest.fixture(scope="session", name=name)(played)

    return decorate


def scene_costs() -> dict[str, int]:
    """The replies of each scene by its name."""
    return dict(_COSTS)


def early_scenes() -> Mapping[str, Callable[..., Any]]:
    """The functions of the scenes that may be begun before a test asks for them, by their names."""
    return _EARLY
