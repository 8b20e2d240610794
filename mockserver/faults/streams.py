"""What STREAM faults make of a stream's script. Pure: a function per kind, from a script to a script."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from mockserver.codes import GENERATION_FAILED, TOKEN_EXPIRED
from mockserver.faults.values import Fault
from mockserver.script import (
    Cut,
    CutKind,
    Delta,
    EarlyFinal,
    Event,
    Fail,
    KillToken,
    Script,
    Stall,
    Step,
    Timed,
)
from mockserver.script import (
    Final as FinalStep,
)

UNKNOWN_EVENT: Final = Event("notice", {"notice": "An event of a kind that the contract does not know."})

_Change = Callable[[list[Timed], Any, random.Random], list[Timed]]


def change_script(fault: Fault, script: Script, rng: random.Random) -> Script:
    """The script as a STREAM fault changes it; `after` beyond the reply's deltas means their end.

    Due times never fall, and nothing comes after what ends a stream. A kind that changes the final event leaves a
    script alone that has none.
    """
    return Script.of(_CHANGES[fault.kind](script.timed(), fault.parameters, rng))


def _fail(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    return _end_with(script, parameters["after"], Fail(*GENERATION_FAILED))


def _expire(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    return _end_with(script, parameters["after"], KillToken(), Fail(*TOKEN_EXPIRED))


def _cutter(kind: CutKind) -> _Change:
    def change(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
        """Due when the next event was: as the connection breaks, a browser throws away what it has not handed on."""
        place, due = _place(script, parameters["after"])
        if 0 < place < len(script):
            due = script[place].due
        return [*script[:place], Timed(due, Cut(kind))]

    return change


def _stall(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    """Where it is not for ever, all that comes later is due later by as much: the step itself takes no time."""
    if parameters["seconds"] is None:
        return _end_with(script, parameters["after"], Stall(None))
    place, due = _place(script, parameters["after"])
    late = [replace(timed, due=timed.due + parameters["seconds"]) for timed in script[place:]]
    return [*script[:place], Timed(due, Stall(parameters["seconds"])), *late]


def _add_unknown(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    place, due = _place(script, parameters["after"])
    return [*script[:place], Timed(due, UNKNOWN_EVENT), *script[place:]]


def _duplicate_final(script: list[Timed], _: Any, __: random.Random) -> list[Timed]:
    return _change_final(script, lambda final: replace(final, copies=final.copies + 1))


def _drop_final(script: list[Timed], _: Any, __: random.Random) -> list[Timed]:
    return _change_final(script, lambda final: replace(final, send=False))


def _misname_final(script: list[Timed], _: Any, __: random.Random) -> list[Timed]:
    return _change_final(script, lambda final: replace(final, wrong_id=True))


def _advance_final(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    """The early final event is the only one: the reply is kept at the end without another."""
    deltas = _delta_places(script)
    if not deltas or not any(isinstance(timed.step, FinalStep) and timed.step.send for timed in script):
        return script
    place = deltas[-min(parameters["deltas"], len(deltas))]
    early = Timed(script[place].due, EarlyFinal())
    return [*script[:place], early, *_drop_final(script[place:], None, random.Random())]


def _swap(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    """The first of the two is kept in its place and sent after the second: what is stored stays right.

    Of the pairs from `after` on, and else of all, it is the first whose change of places can be seen.
    """
    deltas = _delta_places(script)
    pairs = list(pairwise(deltas))
    start = min(parameters["after"], max(len(pairs) - 1, 0))
    for first, second in pairs[start:] + pairs[:start][::-1]:
        a, b = script[first].step, script[second].step
        assert isinstance(a, Delta)
        assert isinstance(b, Delta)
        if a.copies == b.copies == 1 and a.fragment + b.fragment != b.fragment + a.fragment:
            kept = Timed(script[first].due, replace(a, copies=0))
            sent = Timed(script[second].due, Event("delta", {"delta": a.fragment}))
            return [*script[:first], kept, *script[first + 1 : second + 1], sent, *script[second + 1 :]]
    return script


def _duplicate_delta(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    deltas = _delta_places(script)
    if not deltas:
        return script
    place = deltas[min(parameters["after"], len(deltas) - 1)]
    step = script[place].step
    assert isinstance(step, Delta)
    return [*script[:place], replace(script[place], step=replace(step, copies=step.copies + 1)), *script[place + 1 :]]


def _slow(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    deltas = _delta_places(script)
    begin = script[deltas[0]].due if deltas else 0.0
    return [replace(t, due=max(t.due, begin + (t.due - begin) * parameters["factor"])) for t in script]


def _begin_late(script: list[Timed], parameters: Any, _: random.Random) -> list[Timed]:
    return [replace(timed, due=timed.due + parameters["ms"] / 1000) for timed in script]


_CHANGES: Final[dict[str, _Change]] = {
    "error": _fail,
    "truncate": _cutter(CutKind.TRUNCATE),
    "end-early": _cutter(CutKind.END),
    "stall": _stall,
    "reset": _cutter(CutKind.RESET),
    "duplicate-final": _duplicate_final,
    "missing-final": _drop_final,
    "early-final": _advance_final,
    "swap-deltas": _swap,
    "duplicate-delta": _duplicate_delta,
    "wrong-id": _misname_final,
    "token-expires": _expire,
    "unknown-event": _add_unknown,
    "slow": _slow,
    "first-token": _begin_late,
}


def _delta_places(script: Sequence[Timed]) -> list[int]:
    return [place for place, timed in enumerate(script) if isinstance(timed.step, Delta)]


def _place(script: Sequence[Timed], after: int) -> tuple[int, float]:
    """Where to put a step that comes after so many deltas, before what ends the stream; and when that is due."""
    end = next((place for place, timed in enumerate(script) if _ends(timed.step)), len(script))
    deltas = [place for place in _delta_places(script) if place < end]
    if after == 0:
        return 0, 0.0
    place = deltas[after - 1] + 1 if after <= len(deltas) else end
    return place, script[place - 1].due if place else 0.0


def _ends(step: Step) -> bool:
    return isinstance(step, FinalStep | Fail | Cut | KillToken) or (isinstance(step, Stall) and step.seconds is None)


def _end_with(script: list[Timed], after: int, *steps: Step) -> list[Timed]:
    place, due = _place(script, after)
    return [*script[:place], *(Timed(due, step) for step in steps)]


def _change_final(script: list[Timed], change: Callable[[FinalStep], FinalStep]) -> list[Timed]:
    return [replace(timed, step=change(timed.step)) if isinstance(timed.step, FinalStep) else timed for timed in script]
