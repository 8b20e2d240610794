"""Spends, in a thread soon after a start, what the first answers do not need and later ones would wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable

_BREATH_S = 0.1
"""First come those who have waited for the start."""


def warm_up_soon(act: Callable[[], None]) -> None:
    """Do it in a moment, in a thread that keeps nobody from stopping. The event loop goes on meanwhile."""
    timer = threading.Timer(_BREATH_S, act)
    timer.daemon = True
    timer.start()
