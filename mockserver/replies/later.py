"""The built-in writer for a server that has yet to start: it is made when the first reply is written."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mockserver.replies.deltas import split_deltas
from mockserver.replies.request import ReplyRequest
from mockserver.replies.stock import check_locale

if TYPE_CHECKING:
    from mockserver.replies.writer import ReplyWriter


class LaterWriter:
    """A `mockserver.replies.ReplyWriter` of that seed and locale, which is imported and made at its first reply.

    Raises:
        ValueError: Faker does not know the locale.
    """

    def __init__(self, seed: int, locale: str) -> None:
        check_locale(locale)
        self._seed = seed
        self._locale = locale

    def write(self, request: ReplyRequest) -> str:
        """See `ReplyWriter.write`."""
        return self._writer.write(request)

    def prepare(self) -> None:
        """Make it now: a thread may (`mockserver.warmup`)."""
        _ = self._writer
        split_deltas("And cut it.")

    @cached_property
    def _writer(self) -> ReplyWriter:
        from mockserver.replies.writer import ReplyWriter  # with it come all phrases

        return ReplyWriter(self._seed, self._locale)
