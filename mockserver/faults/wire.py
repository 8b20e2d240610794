"""The torture pack: sends the same events in other bytes and other pieces. Pure.

An event goes through three stages: its lines are changed, the lines get their ends, the bytes are cut into pieces.
Whatever is on, a correct parser reads the same text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Protocol

from mockserver import wire
from mockserver.faults.catalogue import Stage, kind_of
from mockserver.faults.values import Fault

Lines = list[bytes]
"""An event's lines without their ends and without the blank one that ends it."""

BOM: Final = b"\xef\xbb\xbf"
MOST_GLUED: Final = 5

_LINE_ENDS: Final[dict[str, Sequence[bytes]]] = {
    "cr": (b"\r",),
    "crlf": (b"\r\n",),
    "lf": (b"\n",),
    "mixed-lines": (b"\r", b"\n", b"\r\n"),
}
_COMMENTS: Final = (b":", b": a comment", b':data: {"delta":"not this"}', ": ☕ and é".encode(), b": event: message")
_DELTA: Final = b"event: delta"
_DATA: Final = b"data: "


class Framing(Protocol):
    """Turns events into the pieces that are sent, each by itself."""

    def frame(self, events: Sequence[bytes]) -> list[bytes]:
        """The pieces to send now for more events, each of them whole: `event: ...`, `data: ...`, or a comment."""

    def finish(self) -> list[bytes]:
        """The pieces that were held back."""


def make_framing(faults: Sequence[Fault], rng: random.Random) -> Framing | None:
    """The framing of the WIRE faults among these, all at once; None where there is none. Of line ends the last wins."""
    kinds = [fault.kind for fault in faults if kind_of(fault).stage is Stage.WIRE]
    if "torture" in kinds:
        kinds += _draw_mix(rng)
    return _Framing(kinds, rng) if kinds else None


def _draw_mix(rng: random.Random) -> list[str]:
    forms = ["multi-line", "comments", "bom", "ids-and-retry", "no-space", "huge"]
    cuts = ["bytes", "split-characters", "glued"]
    return [rng.choice(["cr", "crlf", "mixed-lines"]), *rng.sample(forms, rng.randint(2, 4)), rng.choice(cuts)]


class _Framing:
    def __init__(self, kinds: Sequence[str], rng: random.Random) -> None:
        self._kinds = frozenset(kinds)
        self._rng = rng
        self._ends = next((_LINE_ENDS[kind] for kind in reversed(kinds) if kind in _LINE_ENDS), _LINE_ENDS["lf"])
        self._text = ""  # of the deltas that are held back, to be one
        self._blocks: list[bytes] = []  # held back, to be glued
        self._glue = self._draw_glue()
        self._number = 0
        self._begun = False
        self._cut_once = False

    def frame(self, events: Sequence[bytes]) -> list[bytes]:
        pieces = []
        for event in events:
            for lines in self._gather(event.removesuffix(b"\n\n").split(b"\n")):
                pieces += self._send(lines)
        return pieces

    def finish(self) -> list[bytes]:
        pieces = [piece for lines in self._gathered() for piece in self._send(lines)]
        rest, self._blocks = self._blocks, []
        return pieces + (self._cut(b"".join(rest)) if rest else [])

    def _gather(self, lines: Lines) -> list[Lines]:
        """What is to be sent now: where deltas are held back (`huge`), they come before the next other event."""
        if "huge" not in self._kinds or all(line.startswith(b":") for line in lines):
            return [lines]
        if lines[0] == _DELTA:
            self._text += json.loads(lines[1].removeprefix(_DATA))["delta"]
            return []
        return [*self._gathered(), lines]

    def _gathered(self) -> list[Lines]:
        text, self._text = self._text, ""
        return [wire.delta_event(text).removesuffix(b"\n\n").split(b"\n")] if text else []

    def _send(self, lines: Lines) -> list[bytes]:
        """The pieces of one event; none while it is held back (`glued`, `buffered`)."""
        block = self._end_lines([*self._change(lines), b""])
        if "bom" in self._kinds and not self._begun:
            block = BOM + block
        self._begun = True
        if "buffered" in self._kinds:
            self._blocks.append(block)
            return []
        if "glued" not in self._kinds:
            return self._cut(block)
        self._blocks.append(block)
        if len(self._blocks) < self._glue:
            return []
        glued, self._blocks, self._glue = b"".join(self._blocks), [], self._draw_glue()
        return self._cut(glued)

    def _draw_glue(self) -> int:
        return self._rng.randint(2, MOST_GLUED)

    def _change(self, lines: Lines) -> Lines:
        if "multi-line" in self._kinds:
            lines = [part for line in lines for part in _spread_json(line)]
        if "ids-and-retry" in self._kinds and not lines[0].startswith(b":"):
            lines = self._number_lines(lines)
        if "no-space" in self._kinds:
            lines = [_close_up(line) for line in lines]
        if "comments" in self._kinds:
            lines = [part for line in lines for part in (self._rng.choice(_COMMENTS), line)]
        return lines

    def _number_lines(self, lines: Lines) -> Lines:
        self._number += 1
        more = [b"id: %d" % self._number, b"retry: 3000", b"retry: soon", b"mood: good", b"unknown"]
        self._rng.shuffle(more)
        return [*more[:2], *lines, *more[2:]]

    def _end_lines(self, lines: Lines) -> bytes:
        written = bytearray()
        for line in lines:
            end = self._rng.choice(self._ends)
            if not line and end == b"\n" and written.endswith(b"\r"):
                end = b"\r\n"  # an LF after a CR would be the rest of that line's end
            written += line + end
        return bytes(written)

    def _cut(self, block: bytes) -> list[bytes]:
        if "bytes" in self._kinds:
            return [bytes([byte]) for byte in block]
        cuts = set(self._line_cuts(block))
        if "split-characters" in self._kinds:
            cuts.update(at for at in range(1, len(block)) if block[at] & 0xC0 == 0x80)
        places = [0, *sorted(cuts), len(block)]
        return [block[start:end] for start, end in pairwise(places)]

    def _line_cuts(self, block: bytes) -> list[int]:
        """Cuts between CR and LF, the first there is and half of the others; with `lf`, after each line."""
        if "buffered" in self._kinds:
            return []
        if "lf" in self._kinds and self._ends == _LINE_ENDS["lf"]:
            return [at for at in range(1, len(block)) if block[at - 1 : at] == b"\n"]
        cuts = []
        for at in range(1, len(block)):
            if block[at - 1 : at + 1] == b"\r\n" and (not self._cut_once or self._rng.random() < 0.5):
                self._cut_once = True
                cuts.append(at)
        return cuts


def _spread_json(line: bytes) -> Lines:
    """A `data` line as several, cut where JSON may have white space."""
    if not line.startswith(_DATA):
        return [line]
    parts, quoted, escaped = [bytearray()], False, False
    for byte in line.removeprefix(_DATA):
        parts[-1].append(byte)
        if escaped:
            escaped = False
        elif quoted and byte == ord("\\"):
            escaped = True
        elif byte == ord('"'):
            quoted = not quoted
        elif not quoted and byte in b"{,:":
            parts.append(bytearray())
    return [_DATA + bytes(part) for part in parts]


def _close_up(line: bytes) -> bytes:
    """A field without the blank after its colon; with it where the value itself begins with one."""
    name, colon, value = line.partition(b":")
    closed = bool(name) and value.startswith(b" ") and not value.startswith(b"  ")
    return name + colon + value[1:] if closed else line
