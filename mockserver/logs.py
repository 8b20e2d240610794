"""A line a request, for people or for machines. Bodies and tokens are never logged.

An ASGI wrapper round the whole application measures; what it cannot see from there (who called, how a stream
ended) the inside tells it by `note`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import MutableMapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.jwts import mask_jwts

access = logging.getLogger("mockserver.access")

_LINE = "mockserver.line"
"""The extension of the ASGI scope that holds the `Line` of a request."""

_MOMENT_S = 0.02


def note(scope: MutableMapping[str, Any], **facts: str) -> None:
    """Add facts to the line of this request."""
    line: Line | None = scope.get("extensions", {}).get(_LINE)
    if line is not None:
        line.facts.update(facts)


class Line:
    """What is to be said of one request."""

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self.facts: dict[str, Any] = {"method": scope["method"], "path": mask_jwts(scope["path"])}
        self._begun = time.perf_counter()

    def write(self, status: int) -> None:
        """Say it: the answer is complete."""
        facts = self.facts
        facts |= {"status": status, "ms": round((time.perf_counter() - self._begun) * 1000, 1)}
        # What `access.info` does, but for the search of the line that called it.
        line = "%(method)s %(path)s %(status)s"
        access.handle(
            access.makeRecord(access.name, logging.INFO, __file__, 0, line, (facts,), None, None, {"facts": facts})
        )


class AccessLog:
    """Logs each request when its answer is complete, a stream at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def begin(self, scope: MutableMapping[str, Any]) -> Line | None:
        """The line of a request; None where nobody wants to read it."""
        if not access.isEnabledFor(logging.INFO):
            return None
        line: Line = scope.setdefault("extensions", {}).setdefault(_LINE, Line(scope))
        return line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        line = self.begin(scope) if scope["type"] == "http" else None
        if line is None:
            await self._app(scope, receive, send)
            return
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            line.write(status)


class TextFormatter(logging.Formatter):
    """`09:00:01 201   3 ms POST /api/v1/... alice@demo`, in colour on a terminal."""

    _COLOURS: ClassVar = {2: "32", 3: "36", 4: "33", 5: "31"}

    def __init__(self, *, colour: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._colour = colour
        self._second, self._clock = -1, ""  # of the line before: most come within one second

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts = getattr(record, "facts", None)
        if facts is None:
            return super().format(record)
        second = int(record.created)
        if second != self._second:
            self._second, self._clock = second, self.formatTime(record, self.datefmt)
        status = self._paint(str(facts["status"]), self._COLOURS.get(facts["status"] // 100, "0"))
        request = f"{facts['method']:<6} {_one_line(facts['path'])}"
        tail = _one_line("  ".join(facts[key] for key in ("caller", "outcome") if key in facts))
        return f"{self._clock} {status} {facts['ms']:>8.1f} ms  {request}  {self._paint(tail, '2')}".rstrip()

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text


def _one_line(text: str) -> str:
    """Nothing that a client sends may break the line or command the terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, and the request's facts, or `message`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
        }
        line |= getattr(record, "facts", None) or {"message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class GatheringHandler(logging.StreamHandler[Any]):
    """Writes what was logged within a moment in one go: a system call for each line takes as long as the line itself.

    Warnings are written at once, with all that came before them, and so is what comes while no event loop runs.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Gather it."""
        try:
            self._lines.append(self.format(record) + self.terminator)
            if record.levelno >= logging.WARNING:
                self.flush()
            elif len(self._lines) == 1:
                self._flush_soon()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write what was gathered."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("".join(lines))
            super().flush()

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_MOMENT_S, self.flush)
        except RuntimeError:
            self.flush()


def set_up_logging(level: str, style: str) -> None:
    """Send the log to standard error, from `level` on (`debug` ... `error`), as `text` or `json`."""
    handler = GatheringHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter(colour=sys.stderr.isatty()))
    for name in ("mockserver", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
    logging.getLogger("mockserver").setLevel(level.upper())
    # What Connexion says of a request, our own line says too, or it is no matter (a query parameter it does not know).
    logging.getLogger("connexion").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
