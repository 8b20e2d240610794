"""An incremental parser of Server-Sent Events after the WHATWG HTML standard, section 9.2.6.

Pure: bytes in, events out, no I/O and no clock. It knows nothing of the Conversations API. The kit has its own
because httpx splits lines where the standard does not (U+2028, U+0085) and other parsers hide the unfinished end.
"""

import codecs
import re
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\r|\n")
_MAX_RETRY_DIGITS = 15


@dataclass(frozen=True)
class Event:
    """One dispatched event. `id` is the last id the stream has set, "" before the first."""

    name: str
    data: str
    id: str = ""


class SseParser:
    """Turns the chunks of one stream into its events. Any chunking of the same bytes gives the same events.

    Beside the events it keeps what the standard passes over: `comments` (how many comment lines came: the
    keep-alives), `retry_ms` (the last `retry` field) and `invalid_utf8` (some bytes were not UTF-8 and were
    replaced by U+FFFD).
    """

    def __init__(self) -> None:
        self.comments = 0
        self.retry_ms: int | None = None
        self.invalid_utf8 = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._at_start = True
        self._after_cr = False
        self._line: list[str] = []  # the pieces of the line that has not ended yet
        self._block: list[str] = []  # the finished lines, without comments, since the last blank one
        self._name = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete, in order."""
        return self._take(self._decode(chunk, final=False))

    def close(self) -> str:
        """End the stream and return the tail: the text of an event that no blank line ended, else "".

        The standard discards such an event, so it is never dispatched. A comment is no event and leaves no tail.
        """
        self._take(self._decode(b"", final=True))
        line = "".join(self._line)
        unfinished = [line] if line and not line.startswith(":") else []
        return "\n".join(self._block + unfinished)

    def _decode(self, chunk: bytes, *, final: bool) -> str:
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            # Strict until the first bad byte, because only so can a bad byte be told from a U+FFFD that was sent.
            self.invalid_utf8 = True
            pending, _ = self._decoder.getstate()
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            return self._decoder.decode(pending + chunk, final)

    def _take(self, text: str) -> list[Event]:
        if not text:
            return []
        if self._at_start:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if self._after_cr:
            # The CR has ended its line already (its event must not wait for more bytes): this LF belongs to it.
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        *ended, rest = _LINE_END.split(text)
        events = []
        for piece in ended:
            self._line.append(piece)
            line = "".join(self._line)
            self._line.clear()
            if line:
                self._take_line(line)
            elif event := self._end_block():
                events.append(event)
        if rest:
            self._line.append(rest)
        return events

    def _take_line(self, line: str) -> None:
        field, _, value = line.partition(":")
        if not field:
            self.comments += 1
            return
        self._block.append(line)
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self.retry_ms = int(value)

    def _end_block(self) -> Event | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._block = "", [], []
        return Event(name, "\n".join(data), self._id) if data else None
