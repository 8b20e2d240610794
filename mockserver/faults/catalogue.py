"""Every kind of fault once: its name, its parameters, and what a client sees of it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from mockserver.faults.spelling import did_you_mean
from mockserver.faults.values import Fault, FaultError

LONGEST_MS: Final = 3_600_000
"""An hour: more is a mistake in the unit."""

MOST_DELTAS: Final = 1_000_000

STATUSES: Final = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504)
WITH_RETRY_AFTER: Final = (429, 503)


class Stage(enum.Enum):
    """What a fault takes hold of."""

    ANSWER = "answer"
    """Any operation: it replaces or delays the answer, or breaks the connection."""
    STREAM = "stream"
    """What a stream sends."""
    WIRE = "wire"
    """The form in which a stream's events are sent; a correct client renders the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a kind.

    Attributes:
        type: `int`, `float` or `str`.
        default: what it is where it is not given; None: nothing, such as for ever.
        low, high: the range of a number, both inside it.
        choices: all that is allowed, where that is a few values.
        help: a few words without a full stop.
    """

    name: str
    type: type[int] | type[float] | type[str]
    default: int | float | str | None
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[int | str, ...] = ()

    @property
    def values(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            *others, last = map(str, self.choices)
            return f"{', '.join(others)} or {last}"
        noun = "a whole number" if self.type is int else "a number"
        return f"{noun} from {self.low:g} to {self.high:.7g}"

    def read(self, value: object) -> int | float | str:
        """A value of this parameter, from a JSON value or from text.

        Raises:
            FaultError: it is of another type, or out of range.
        """
        read = self._convert(value)
        fits = read is not None
        if fits and self.choices:
            fits = read in self.choices
        elif isinstance(read, int | float) and self.low is not None and self.high is not None:
            fits = self.low <= read <= self.high
        if read is None or not fits:
            raise FaultError(self.name, f"expected {self.values}, got {shown(value)}{self._hint(value)}")
        return read

    def _hint(self, value: object) -> str:
        words = [choice for choice in self.choices if isinstance(choice, str)]
        return did_you_mean(value, words) if isinstance(value, str) else ""

    def _convert(self, value: object) -> int | float | str | None:
        if self.type is str:
            return value if isinstance(value, str) else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        if (isinstance(value, str) and not value.isascii()) or len(str(value)) > 30:
            return None
        try:
            number = float(value)
            return number if self.type is float else int(number) if number.is_integer() else None
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault.

    Attributes:
        summary: what a client sees, one sentence.
        example: as a `Prefer` header asks for it.
        ends_call: an ANSWER kind after which there is nothing left of the call.
        needs_rule: it counts calls, so a trigger which means one call cannot ask for it.
    """

    name: str
    stage: Stage
    summary: str
    parameters: tuple[Parameter, ...] = ()
    example: str
    ends_call: bool = False
    needs_rule: bool = False


def make_fault(kind: str, parameters: Mapping[str, object] | None = None) -> Fault:
    """The fault of a kind, checked, with the defaults filled in. Values are JSON values, or text of them.

    Raises:
        FaultError: there is no such kind or parameter, or a value is out of range.
    """
    known = find_kind(kind)
    names = {parameter.name: parameter for parameter in known.parameters}
    read: dict[str, Any] = {name: parameter.default for name, parameter in names.items()}
    for name, value in (parameters or {}).items():
        if name not in names:
            raise FaultError(name, _unknown_parameter(kind, name, list(names)))
        if value is not None or names[name].default is not None:
            read[name] = names[name].read(value)
    if read.get("retry_after") is not None and read.get("code") not in WITH_RETRY_AFTER:
        raise FaultError("retry_after", f"goes with the codes 429 and 503, not with {read.get('code')}")
    return Fault(kind, MappingProxyType(read))


def find_kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        FaultError: there is none.
    """
    if name not in KINDS:
        hint = did_you_mean(name, KINDS, fallback="docs/faults.md has them all")
        raise FaultError("fault", f"there is no fault {shown(name)}{hint}")
    return KINDS[name]


def kind_of(fault: Fault) -> Kind:
    """The kind of a fault."""
    return KINDS[fault.kind]


def shown(value: object) -> str:
    """A value that someone gave, as an error message shows it: not longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _unknown_parameter(kind: str, name: str, names: list[str]) -> str:
    has = f"{kind} has {', '.join(names)}" if names else f"{kind} has no parameters"
    return f"there is no such parameter; {has}{did_you_mean(name, names)}"


def _count(name: str = "after", default: int = 3, text: str = "how many deltas come before") -> Parameter:
    return Parameter(name=name, type=int, default=default, low=0, high=MOST_DELTAS, help=text)


def _ms(default: int, text: str) -> Parameter:
    return Parameter(name="ms", type=int, default=default, low=0, high=LONGEST_MS, help=text)


_ANSWER = (
    Kind(
        name="status",
        stage=Stage.ANSWER,
        summary="The error of that status with the body of the contract; nothing is done for the call.",
        parameters=(
            Parameter(name="code", type=int, default=500, choices=STATUSES, help="the status"),
            Parameter(
                name="retry_after", type=int, default=None, low=0, high=86400,
                help="seconds in `Retry-After`, with 429 and 503 only, which have 1 without it",
            ),
        ),
        example="status; code=503; retry_after=7",
        ends_call=True,
    ),
    Kind(
        name="quota",
        stage=Stage.ANSWER,
        summary="So many calls at once, refilled in `per_s` seconds; beyond it a 429 with a true `Retry-After`.",
        parameters=(
            Parameter(name="limit", type=int, default=5, low=1, high=1_000_000, help="how many calls"),
            Parameter(name="per_s", type=float, default=10.0, low=0.001, high=86400, help="seconds to refill them all"),
        ),
        example="quota; limit=2; per_s=10",
        ends_call=True,
        needs_rule=True,
    ),
    Kind(
        name="expired-token",
        stage=Stage.ANSWER,
        summary="A 401 as if the token had just expired; the same token is good for the next call.",
        example="expired-token",
        ends_call=True,
    ),
    Kind(
        name="delay",
        stage=Stage.ANSWER,
        summary="The answer begins later; several delays add up.",
        parameters=(
            _ms(1000, "milliseconds; the middle of a distribution"),
            Parameter(
                name="distribution", type=str, default="fixed", choices=("fixed", "uniform", "lognormal"),
                help="how it is drawn",
            ),
            Parameter(
                name="spread", type=float, default=0.5, low=0, high=1,
                help="of `uniform`: how far off, as a share of `ms`; of `lognormal`: sigma",
            ),
        ),
        example="delay; ms=800; distribution=uniform; spread=0.25",
    ),
    Kind(
        name="reset-before-headers",
        stage=Stage.ANSWER,
        summary="A TCP reset before the first byte of the answer.",
        example="reset-before-headers",
        ends_call=True,
    ),
    Kind(
        name="reset-after-headers",
        stage=Stage.ANSWER,
        summary="Status and headers, then a TCP reset instead of the body.",
        example="reset-after-headers",
        ends_call=True,
    ),
    Kind(
        name="empty-reply",
        stage=Stage.ANSWER,
        summary="The connection is closed without a byte.",
        example="empty-reply",
        ends_call=True,
    ),
    Kind(
        name="lost-answer",
        stage=Stage.ANSWER,
        summary="The call is carried out, a reply is written and kept, and the connection is closed without a byte.",
        example="lost-answer",
        ends_call=True,
    ),
    Kind(
        name="garbage",
        stage=Stage.ANSWER,
        summary="Bytes that are no HTTP, then the connection is closed.",
        example="garbage",
        ends_call=True,
    ),
    Kind(
        name="html-error",
        stage=Stage.ANSWER,
        summary="A gateway's HTML page instead of JSON.",
        parameters=(Parameter(name="code", type=int, default=502, choices=(502, 503, 504), help="the status"),),
        example="html-error; code=504",
        ends_call=True,
    ),
)  # fmt: skip

_STREAM = (
    Kind(
        name="error",
        stage=Stage.STREAM,
        summary="An `error` event (`generationFailed`) ends the stream; there is no reply.",
        parameters=(_count(),),
        example="error; after=3",
    ),
    Kind(
        name="truncate",
        stage=Stage.STREAM,
        summary="The connection is closed in the middle of the answer: the last chunk is missing.",
        parameters=(_count(),),
        example="truncate; after=3",
    ),
    Kind(
        name="end-early",
        stage=Stage.STREAM,
        summary="The answer ends as if it were complete, without a final event; what had come is kept.",
        parameters=(_count(),),
        example="end-early; after=3",
    ),
    Kind(
        name="stall",
        stage=Stage.STREAM,
        summary="Nothing more comes for a while, or for ever, and the connection stays open.",
        parameters=(
            _count(),
            Parameter(
                name="seconds", type=float, default=None, low=0, high=86400, help="for how long; without it for ever",
            ),
        ),
        example="stall; after=3; seconds=20",
    ),
    Kind(
        name="reset",
        stage=Stage.STREAM,
        summary="A TCP reset in mid-stream.",
        parameters=(_count(),),
        example="reset; after=3",
    ),
    Kind(
        name="duplicate-final",
        stage=Stage.STREAM,
        summary="The final event comes twice.",
        example="duplicate-final",
    ),
    Kind(
        name="missing-final",
        stage=Stage.STREAM,
        summary="All deltas come and the answer ends cleanly, but the final event is missing; the reply is kept.",
        example="missing-final",
    ),
    Kind(
        name="early-final",
        stage=Stage.STREAM,
        summary="The final event comes before the last deltas.",
        parameters=(
            Parameter(
                name="deltas", type=int, default=2, low=1, high=MOST_DELTAS, help="how many deltas come after it",
            ),
        ),
        example="early-final; deltas=2",
    ),
    Kind(
        name="swap-deltas",
        stage=Stage.STREAM,
        summary="Two deltas change places on the way; the final event has the true text.",
        parameters=(_count(),),
        example="swap-deltas; after=3",
    ),
    Kind(
        name="duplicate-delta",
        stage=Stage.STREAM,
        summary="One delta comes twice; the final event has the true text.",
        parameters=(_count(),),
        example="duplicate-delta; after=3",
    ),
    Kind(
        name="wrong-id",
        stage=Stage.STREAM,
        summary="The final event has another message id than the reply that is kept.",
        example="wrong-id",
    ),
    Kind(
        name="token-expires",
        stage=Stage.STREAM,
        summary=(
            "An `error` event (`unauthenticated`) ends the stream, and the token is refused from then on; one that "
            "never expires by itself (`caller@workspace`) is for 60 seconds of the workspace's clock. "
            "`DELETE .../faults` and `DELETE .../tokens` revive it."
        ),
        parameters=(_count(),),
        example="token-expires; after=3",
    ),
    Kind(
        name="unknown-event",
        stage=Stage.STREAM,
        summary="An event of a kind that the contract does not know comes between; clients have to pass over it.",
        parameters=(_count(),),
        example="unknown-event; after=3",
    ),
    Kind(
        name="slow",
        stage=Stage.STREAM,
        summary="The deltas after the first come that many times slower; nothing changes where they come at once.",
        parameters=(Parameter(name="factor", type=float, default=10.0, low=1, high=1000, help="how many times"),),
        example="slow; factor=10",
    ),
    Kind(
        name="first-token",
        stage=Stage.STREAM,
        summary="The first delta, and all after it, come later.",
        parameters=(_ms(5000, "by how many milliseconds"),),
        example="first-token; ms=5000",
    ),
)  # fmt: skip


def _wire(name: str, summary: str) -> Kind:
    return Kind(name=name, stage=Stage.WIRE, summary=summary, example=name)


_WIRE = (
    _wire("bytes", "One byte at a time."),
    _wire("split-characters", "Pieces end inside of characters that are more than a byte in UTF-8."),
    _wire("cr", "Lines end with CR."),
    _wire("crlf", "Lines end with CR LF, and some pieces end between the two."),
    _wire("lf", "Lines end with LF, one line to a piece."),
    _wire("mixed-lines", "Lines end with CR, LF or CR LF by turns, and some pieces end between CR and LF."),
    _wire("multi-line", "The JSON of an event stands in several `data` lines."),
    _wire("comments", "Comment lines between events and inside of them."),
    _wire("bom", "A byte order mark comes first."),
    _wire("glued", "Several events come in one piece."),
    _wire("huge", "All deltas are joined into one huge `delta` event."),
    _wire("buffered", "Everything comes in one piece at the end, as from a proxy that buffers."),
    _wire("ids-and-retry", "Events have `id`, `retry` and unknown fields."),
    _wire("no-space", "No blank after the colon of a field."),
    _wire("torture", "A mix of several of these, drawn from the seed."),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in (*_ANSWER, *_STREAM, *_WIRE)})
"""All kinds, those of a stage side by side."""
