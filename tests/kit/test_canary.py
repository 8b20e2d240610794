"""What a reply shows of the steering: when a word accuses a backend, when it clears it, when it says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from conformance import canary
from conformance.canary import Probe, Steering
from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.run import Run
from conformance.verdict import Unverified, Violation

from .backend import EVENT_STREAM, Answer, Backend, Request

T = TypeVar("T")


def answered(status: int, body: str = "{}") -> Exchange:
    """An answer."""
    return Exchange("POST", "http://localhost/x", None, status, {}, body, 1.0, 0.1, "curl http://localhost/x")


def probe(text: str) -> Probe:
    """A reply with this text."""
    return Probe("c", {"id": "u"}, {"text": text}, (answered(200, text),))


class Bench:
    """A run with nothing behind it: conversations have the numbers of their making, and what is made once is kept."""

    def __init__(self, steering_probe: str = "auto") -> None:
        self.ledger = self
        self.settings = SimpleNamespace(steering_probe=steering_probe)
        self.kept: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """As the ledger has it."""
        if name not in self.kept:
            self.kept[name] = make()
        return cast(T, self.kept[name])

    def make_conversation(self, body: Mapping[str, Any] | None = None) -> str:
        """A fresh one."""
        return "c"


class Model(Steering):
    """A steering whose conversations obey or do not, in the order in which they are asked; the last for ever."""

    def __init__(self, *obeys: bool, steering_probe: str = "auto") -> None:
        super().__init__(cast(Run, Bench(steering_probe)))
        self.obeys = list(obeys)
        self.steered: list[tuple[tuple[Mapping[str, Any], ...], Mapping[str, Any] | None]] = []

    def probe(self, *patches: Mapping[str, Any], created_with: Mapping[str, Any] | None = None) -> Probe:
        """A reply that says all it was told, or nothing of it."""
        self.steered.append((patches, created_with))
        obeys = self.obeys.pop(0) if len(self.obeys) > 1 else self.obeys[0]
        return probe(f"Hello. {[*patches, created_with]}" if obeys else "Hello.")


def replies(*texts: str) -> tuple[Callable[[], Probe], list[str]]:
    """What makes probes with these texts, the last for ever, and what it has made so far."""
    made: list[str] = []

    def play() -> Probe:
        made.append(texts[min(len(made), len(texts) - 1)])
        return probe(made[-1])

    return play, made


def test_a_word_is_new_and_can_be_spoken() -> None:
    """Nobody has said it before: what shows it was told it."""
    words = {canary.new_word() for _ in range(100)}
    assert len(words) > 90
    assert all(re.fullmatch("([bdfgklmnprtvz][aeiou]){4}[klmnrstx]", word) for word in words)
    assert canary.personality("bako") == {"personality": "Begin every reply with the word bako."}


@pytest.mark.parametrize(
    ("text", "said"),
    [("Bako! Hello.", True), ("so BAKO it is", True), ("bakos", False), ("unbako", False), ("", False), ("a b", False)],
)
def test_a_word_is_said_as_a_word(text: str, said: bool) -> None:
    """In upper or lower case."""
    assert canary.says(text, "bako") is said


def test_a_word_that_shows_is_enough() -> None:
    """Also late: models disobey. No control is played for the first ones."""
    for texts in ["bako"], ["no", "bako"]:
        steering, (play, made) = Model(False), replies(*texts)
        steering.expect("PAT-3", play, shows="bako")
        assert (made, steering.steered) == (texts, [])
    steering, (play, made) = Model(True), replies("no", "no", "no", "no", "no", "bako")
    steering.expect("PAT-3", play, shows="bako")
    assert len(made) == 6


def test_a_word_that_never_shows_accuses_where_the_model_obeys() -> None:
    """Six conversations without it, six controls with theirs; both are shown."""
    steering, (play, made) = Model(True), replies("Hello.")
    with pytest.raises(Violation) as raised:
        steering.expect("PAT-3", play, shows="bako")
    assert (raised.value.clause.id, len(made), len(steering.steered)) == ("PAT-3", 6, 6)
    assert all(list(patch) == ["personality"] and created is None for (patch,), created in steering.steered)
    assert [exchange.body[:6] for exchange in raised.value.exchanges] == ["Hello.", "Hello."]
    assert "6 conversations without it" in raised.value.observed


@pytest.mark.parametrize("obeyed", range(6))
def test_a_word_that_never_shows_proves_nothing_where_the_model_does_not_obey(obeyed: int) -> None:
    """Not each time: one control without its word is enough, and ends it."""
    steering, (play, made) = Model(*[True] * obeyed, False), replies("Hello.")
    with pytest.raises(Unverified):
        steering.expect("PAT-3", play, shows="bako")
    assert (len(made), len(steering.steered)) == (2, obeyed + 1)


def test_a_word_that_must_not_show_accuses_at_once() -> None:
    """It is random: nothing but the steering can have brought it, whether the model obeys or not."""
    for texts in ["bako and diku"], ["no", "Diku."]:
        play, made = replies(*texts)
        with pytest.raises(Violation) as raised:
            Model(False).expect("PAT-4", play, shows="bako", hides=["xoxo", "diku"])
        assert (raised.value.clause.id, len(made)) == ("PAT-4", len(texts))
        assert [exchange.body for exchange in raised.value.exchanges] == [texts[-1]]
        assert raised.value.expected == "a reply without 'diku', which does not steer this conversation"


def test_a_probe_that_was_made_is_the_first() -> None:
    """It costs no other."""
    play, made = replies("bako")
    Model(False).expect("PAT-3", play, shows="bako", first=probe("bako"))
    assert made == []
    Model(False).expect("PAT-3", play, shows="bako", first=probe("no"))
    assert made == ["bako"]


def test_a_long_personality_asks_at_one_place_only() -> None:
    """Beyond what is often cut, or before all of it: so the one is the other's control, in a text as long."""
    early, late = (canary.long_personality("bako", at=at)["personality"] for at in ("its beginning", "its end"))
    asked = canary.personality("bako")["personality"]
    assert (early.find(asked), late.find(asked)) == (0, len(late) - len(asked))
    assert late.find(asked) > 4096
    assert sorted(early.splitlines()) == sorted(late.splitlines())


@pytest.mark.parametrize(
    ("control", "field"),
    [
        ("created", "personality"),
        ("personality", "personality"),
        ("long personality", "personality"),
        ("brandVoiceId", "brandVoiceId"),
        ("targetAudienceId", "targetAudienceId"),
    ],
)
def test_a_control_is_steered_in_its_own_way(control: canary.Control, field: str) -> None:
    """By a word of its own each time; its outcome is seen once in a run."""
    steering = Model(True)
    obedience = steering.expect_obedience(control)
    assert steering.expect_obedience(control) is obedience
    assert obedience.obeys
    fields = [
        [*(created or {}), *(name for patch in patches for name in patch)] for patches, created in steering.steered
    ]
    assert fields == [[field]] * 6
    assert [len(str(steered)) > 4096 for steered in steering.steered] == [control == "long personality"] * 6
    assert [bool(created) for _, created in steering.steered] == [control == "created"] * 6
    assert len({str(steered) for steered in steering.steered}) == 6
    steering.obeys = [False]
    with pytest.raises(Unverified):
        steering.expect_obedience("personality" if control == "created" else "created")


@pytest.mark.parametrize(("obeys", "seen"), [([True], 1), ([False, True], 2), ([False, False, True], None)])
def test_some_obedience_is_enough_for_what_is_absent(obeys: list[bool], seen: int | None) -> None:
    """One of two."""
    steering = Model(*obeys)
    if seen is None:
        with pytest.raises(Unverified):
            steering.expect_some_obedience()
    else:
        steering.expect_some_obedience()
    assert len(steering.steered) == (seen or 2)


REPLY = {"id": "r", "text": "Bako! Hello.", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}


@pytest.fixture
def steering(client: Client) -> Steering:
    """Of a run whose conversations are named after what they were created with."""

    class Real(Bench):
        def make_conversation(self, body: Mapping[str, Any] | None = None) -> str:
            return f"with {json.dumps(body)}"

        def client(self) -> Client:
            return client

        def message(self, text: str) -> dict[str, Any]:
            return new_message(text)

    return Steering(cast(Run, Real()))


def serve(backend: Backend, reply: Answer, *patched: int) -> None:
    """Let the backend answer patches with these statuses, the last for ever, and questions with this."""
    statuses = list(patched)

    def answer(request: Request) -> Answer:
        if request.method == "PATCH":
            return Answer(statuses.pop(0) if len(statuses) > 1 else statuses[0], {}, [b"{}"])
        return reply

    backend.answer = answer


GOOD = Answer(200, {"Content-Type": "application/json"}, [json.dumps(REPLY).encode()])


def test_a_probe_is_steered_before_its_first_message(backend: Backend, steering: Steering) -> None:
    """Created, patched in order, asked; all calls but the create are shown."""
    serve(backend, GOOD, 200)
    made = steering.probe({"personality": "a"}, {"brandVoiceId": None})
    sent = [(request.method, request.path.rpartition("/conversations/")[2]) for request in backend.requests]
    assert sent == [("PATCH", "with%20null")] * 2 + [("POST", "with%20null/messages")]
    assert [json.loads(request.body) for request in backend.requests[:2]] == [
        {"personality": "a"},
        {"brandVoiceId": None},
    ]
    assert json.loads(backend.requests[2].body) == made.message
    assert (made.conversation_id, made.reply, made.text) == ("with null", REPLY, "Bako! Hello.")
    assert [exchange.method for exchange in made.exchanges] == ["PATCH", "PATCH", "POST"]
    assert steering.probe(created_with={"personality": "a"}).conversation_id == 'with {"personality": "a"}'


def test_a_patch_that_must_be_taken_breaks_pat_2_where_it_is_not(backend: Backend, steering: Steering) -> None:
    """Whichever of several; one that may be refused is an answer."""
    serve(backend, GOOD, 200, 422)
    with pytest.raises(Violation, match="PAT-2"):
        steering.patch("c", {"personality": "a"}, {"personality": "b"})
    assert steering.try_patch("c", {"brandVoiceId": "v"}).status == 422


def test_a_lock_that_lingers_is_waited_for(backend: Backend, steering: Steering) -> None:
    """The stream before has only just ended."""
    serve(backend, GOOD, 409, 200)
    assert steering.try_patch("c", {"personality": "a"}).status == 200


def test_a_question_that_has_no_reply_breaks_msg_1(backend: Backend, steering: Steering) -> None:
    """Nothing is said of the steering then."""
    serve(backend, Answer(500), 200)
    with pytest.raises(Violation, match="MSG-1"):
        steering.ask("c")


def test_a_question_may_be_put_by_a_stream(backend: Backend, steering: Steering) -> None:
    """Its final message is the reply; without one it breaks what a stream promises."""
    final = f"event: message\ndata: {json.dumps({'message': REPLY})}\n\n".encode()
    serve(backend, Answer(200, EVENT_STREAM, [final]))
    made = steering.ask_by_stream("c", before := answered(200))
    assert (made.conversation_id, made.reply, made.exchanges[0]) == ("c", REPLY, before)
    assert json.loads(backend.requests[0].body) == made.message
    assert [exchange.status for exchange in made.exchanges] == [200, 200]
    for wrong, clause in (Answer(201, EVENT_STREAM, [final]), "STR-1"), (Answer(200, EVENT_STREAM), "STR-3"):
        serve(backend, wrong)
        with pytest.raises(Violation, match=clause):
            steering.ask_by_stream("c")


class Mindful(Model):
    """Obeys, and counts when it is told to; in later replies `goes_on` says what comes of that."""

    def __init__(self, first: str, goes_on: str) -> None:
        super().__init__(True)
        self.first = first
        self.goes_on = goes_on
        self.asked: list[dict[str, Any]] = []
        self.number = ""

    def ask(self, conversation_id: str, *before: Exchange, said: str = "Say hello.", **fields: Any) -> Probe:
        """A reply after `first`, then one after `goes_on`; in both `{}` is the number to count from."""
        self.asked.append({"said": said, **fields})
        if found := re.search(r"Count from (\d+)", said):
            self.number = found[1]
            return probe(self.first.format(self.number))
        return probe(self.goes_on.format(self.number))


def test_a_word_that_does_not_show_after_a_turn_accuses_where_history_has_no_part() -> None:
    """Six times something was said, and never did it show in a reply that was asked for without room for it."""
    steering, (play, made) = Mindful("{} and so on", "Hello."), replies("Hello.")
    with pytest.raises(Violation) as raised:
        steering.expect("PAT-3", play, shows="bako", has_history=True)
    assert (raised.value.clause.id, len(made), len(steering.asked)) == ("PAT-3", 6, 12)
    assert [asked.get("contextSize") for asked in steering.asked] == [None, 1] * 6


@pytest.mark.parametrize(
    ("first", "goes_on", "reason"),
    [("{}", "{} again", "what was said before shows"), ("No.", "Hello.", "cannot be seen")],
)
def test_a_model_that_goes_on_as_it_began_accuses_nobody(first: str, goes_on: str, reason: str) -> None:
    """Nor does one of which that cannot be known."""
    steering, (play, _) = Mindful(first, goes_on), replies("Hello.")
    with pytest.raises(Unverified, match=reason):
        steering.expect("PAT-3", play, shows="bako", has_history=True)


def test_a_clause_about_more_than_steering_is_not_left_open() -> None:
    """Because a model disobeys, or because steering is not to be looked at. A backend that loses it is accused."""
    play, made = replies("Hello.")
    Model(False).expect_if_seen("CAN-1", play, shows="bako")
    assert len(made) == 2
    Model(True, steering_probe="off").expect_if_seen("CAN-1", play, shows="bako")
    assert len(made) == 3
    with pytest.raises(Violation) as raised:
        Model(True).expect_if_seen("CAN-1", play, shows="bako")
    assert raised.value.clause.id == "CAN-1"
