"""The log gathers the lines of a moment, in their order, and loses none."""

from __future__ import annotations

import asyncio
import io
import logging

from mockserver.logs import GatheringHandler


class Counted(io.StringIO):
    """A stream that counts how often it is written to."""

    writes = 0

    def write(self, text: str) -> int:
        """Write, and count it."""
        self.writes += 1
        return super().write(text)


def log(handler: logging.Handler, text: str, level: int = logging.INFO) -> None:
    """Log one line."""
    handler.handle(logging.LogRecord("x", level, __file__, 1, text, (), None))


def test_lines_of_one_moment_are_written_together() -> None:
    """One write for all of them."""
    stream = Counted()

    async def scenario() -> str:
        handler = GatheringHandler(stream)
        for number in range(100):
            log(handler, str(number))
        before = stream.getvalue()
        await asyncio.sleep(0.1)  # the moment is over before: both are timers of one event loop
        log(handler, "later")
        handler.flush()
        return before

    assert asyncio.run(scenario()) == ""
    assert stream.getvalue().split() == [*map(str, range(100)), "later"]
    assert stream.writes == 2


def test_a_warning_is_written_at_once_after_what_came_before() -> None:
    """What goes wrong is seen before anything else happens, and in its place."""
    stream = Counted()

    async def scenario() -> None:
        handler = GatheringHandler(stream)
        log(handler, "one")
        log(handler, "two", logging.WARNING)
        assert stream.getvalue().split() == ["one", "two"]
        log(handler, "three")
        await asyncio.sleep(0.1)
        assert stream.getvalue().split() == ["one", "two", "three"]

    asyncio.run(scenario())


def test_without_an_event_loop_each_line_is_written_at_once() -> None:
    """Nobody would write it later."""
    stream = Counted()
    handler = GatheringHandler(stream)
    log(handler, "one")
    assert stream.getvalue() == "one\n"


def test_what_is_gathered_is_written_at_the_end() -> None:
    """`logging` flushes its handlers when the process ends."""
    stream = Counted()
    handler = GatheringHandler(stream)

    async def scenario() -> None:
        log(handler, "last")

    asyncio.run(scenario())
    handler.flush()
    assert stream.getvalue() == "last\n"
