"""The console: a page on which to see and play with the mock, and the JavaScript module for tests of front ends.

Static files as they stand here, no build: `ui/` is served under `/_mock/ui`, what lies beside it under `/_mock`, so
that relative imports are the same on disk and in a browser. Nothing is fetched from elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

View = Callable[[Request], Awaitable[Response]]

UI_PATH: Final = "/ui"
"""Of the page, below the path of the control plane."""

_HERE: Final = Path(__file__).parent
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ts": "application/typescript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Cache-Control": "no-cache",  # asked again each time, and mostly answered with 304
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def console_pages() -> dict[str, View]:
    """What answers each path, below that of the control plane: the page, its files, and the module with its types."""
    files = sorted(path for path in _HERE.rglob("*") if path.suffix in _MEDIA_TYPES)
    pages = {f"/{path.relative_to(_HERE).as_posix()}": _serve(path) for path in files}
    page = pages.pop(f"{UI_PATH}/index.html")
    return {UI_PATH: page, f"{UI_PATH}/": page, **pages}


def _serve(path: Path) -> View:
    async def view(_request: Request) -> Response:
        return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix], headers=_HEADERS)

    return view
