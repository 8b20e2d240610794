"""Headers as the journal shows them: masked and decoded when somebody looks, which of most exchanges nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from mockserver.journal.masking import Mask, mask_headers

HEADER_OVERHEAD = 150
"""What a header takes beside its texts, in bytes, roughly."""

RawHeaders = Sequence[tuple[bytes, bytes]]
Pair = tuple[str, str]


class Headers(Sequence[Pair]):
    """The headers of a request or an answer, names in lower case, credentials masked.

    Args:
        raw: as ASGI has them, names in lower case; not to be changed afterwards.

    Attributes:
        bytes: how much they take, roughly.
    """

    def __init__(self, raw: RawHeaders, mask: Mask) -> None:
        self._raw = raw
        self._mask = mask
        self._decoded: list[Pair] | None = None
        self.bytes = sum([len(name) + len(value) for name, value in raw]) + HEADER_OVERHEAD * len(raw)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._raw)

    def __repr__(self) -> str:
        return repr(self._shown)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._shown == list(other)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        return self._shown[index]

    @property
    def media_type(self) -> str | None:
        """What `Content-Type` says."""
        for name, value in self._raw:
            if name == b"content-type":
                return value.decode("latin-1")
        return None

    @property
    def _shown(self) -> list[Pair]:
        if self._decoded is None:
            decoded = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self._raw]
            self._decoded = mask_headers(decoded, self._mask)
        return self._decoded


def count_header_bytes(headers: Iterable[Pair]) -> int:
    """How much headers take, roughly, in bytes."""
    if isinstance(headers, Headers):
        return headers.bytes
    return sum([len(name) + len(value) + HEADER_OVERHEAD for name, value in headers])
