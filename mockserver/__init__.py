"""A mock server of the Conversations API, driven by its OpenAPI contract.

`create_app(settings)` gives the ASGI application; the command `mockserver` serves it; the pytest fixture
`mock_server` runs it for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.app import MockServer, create_app
    from mockserver.settings import Settings

__all__ = ["MockServer", "Settings", "create_app"]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are asked for: the pytest plugin must cost nothing until it is used."""
    if name == "Settings":
        from mockserver.settings import Settings

        return Settings
    if name in __all__:
        from mockserver import app

        return getattr(app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
