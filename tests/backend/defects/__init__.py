"""What a backend may get wrong: each defect breaks the clauses it is registered with, and conforms otherwise.

The first clause is the one that it is about; the others fall with it.
"""

from tests.backend.changes import DEFECTS
from tests.backend.defects import (
    bodies,
    callers,
    cancels,
    conversations,
    errors,
    events,
    locks,
    messages,
    pages,
    patches,
    replays,
)

__all__ = [
    "DEFECTS",
    "bodies",
    "callers",
    "cancels",
    "conversations",
    "errors",
    "events",
    "locks",
    "messages",
    "pages",
    "patches",
    "replays",
]
