"""What steers a conversation, seen in its replies: a personality asks for a made-up word, which shows or does not.

No operation reads the steering back. Two things can be seen:

- A word that shows although it should not is proof: the word is random, and the conversation is so fresh that nothing
  but its steering can have brought it.
- A word that does not show although it should proves nothing by itself, because models disobey. It counts only when it
  is missing from several fresh conversations in a row, and as many control conversations in a row have shown theirs.
  Where something was said before, a model may also go on as it began: there the question leaves no room for history.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, Final, Literal

from conformance.exchange import Exchange
from conformance.expect import (
    expect_accepted,
    expect_final_message,
    expect_message,
    expect_status,
    once_unlocked,
    quoted,
)
from conformance.run import Run
from conformance.stream import Recording
from conformance.verdict import Unverified, Violation

Control = Literal["created", "personality", "long personality", "brandVoiceId", "targetAudienceId"]
"""How a control conversation gets its word: created with a personality, or patched with one of these."""

WITHOUT_HISTORY: Final[dict[str, Any]] = {"contextSize": 1}
"""What a message has to have, so that the model sees nothing of what was said before: there is no room for it."""

_QUESTION = "Say hello."
_PROSE = "".join(f"Line {number} of this description changes nothing.\n" for number in range(1, 101))
"""Longer than what is often cut, which is after 255, 1,000 or 4,096 characters."""
_TRIES = 6
"""Conversations without the word, and controls with theirs: a model that obeys every second time is hardly accused."""
_TRIES_ON_TRUST = 2
"""After so many without the word it is asked whether the model obeys at all."""


def new_word() -> str:
    """A word that can be spoken and that nobody has said before: of a random source, not of the run's seed."""
    draw = SystemRandom().choice
    syllables = [draw("bdfgklmnprtvz") + draw("aeiou") for _ in range(4)]
    return "".join(syllables) + draw("klmnrstx")


def personality(word: str) -> dict[str, Any]:
    """A steering that makes the word show in each reply."""
    return {"personality": f"Begin every reply with the word {word}."}


def long_personality(word: str, *, at: Literal["its beginning", "its end"]) -> dict[str, Any]:
    """The same in a long text that says nothing else."""
    asked = personality(word)["personality"]
    return {"personality": f"{asked}\n{_PROSE}" if at == "its beginning" else f"{_PROSE}{asked}"}


def says(text: str, word: str) -> bool:
    """Whether the word is in the text, in upper or lower case."""
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Probe:
    """A question put to a conversation after it was steered, and the reply."""

    conversation_id: str
    message: Mapping[str, Any]
    """The user's, as it was sent."""
    reply: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    """What steered the conversation, and the question."""

    @property
    def text(self) -> str:
        """Of the reply."""
        return str(self.reply["text"])


class Unruly(Unverified):
    """The model does not do as it is told: a reply without the word proves nothing."""

    def __init__(self) -> None:
        super().__init__("the model does not do as its personality says, at least not each time")


@dataclass(frozen=True)
class Obedience:
    """Whether the model did as it was told in each control conversation, and the last of these."""

    obeys: bool
    last: Probe


class Steering:
    """Steers conversations of a run, and judges what their replies show."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def probe(self, *patches: Mapping[str, Any], created_with: Mapping[str, Any] | None = None) -> Probe:
        """A fresh conversation, patched before its first message: no history can keep an old word alive."""
        conversation_id = self._run.make_conversation(dict(created_with) if created_with else None)
        return self.ask(conversation_id, *self.patch(conversation_id, *patches))

    def patch(self, conversation_id: str, *patches: Mapping[str, Any]) -> list[Exchange]:
        """Patch, one after the other.

        Raises:
            Violation: PAT-2, where one is refused.
        """
        exchanges = [self.try_patch(conversation_id, patch) for patch in patches]
        for exchange in exchanges:
            expect_accepted("PAT-2", exchange)
        return exchanges

    def try_patch(self, conversation_id: str, patch: Mapping[str, Any]) -> Exchange:
        """Patch with what a backend may refuse."""
        return once_unlocked(lambda: self._run.client().patch_conversation(conversation_id, patch))

    def ask(self, conversation_id: str, *before: Exchange, said: str = _QUESTION, **fields: Any) -> Probe:
        """Put the question at `/messages`, or say something else; with what else a message may have."""
        message = {**self._run.message(said), **fields}
        answer = once_unlocked(lambda: self._run.client().send_message(conversation_id, message))
        return Probe(conversation_id, message, expect_message("MSG-1", answer), (*before, answer))

    def ask_by_stream(self, conversation_id: str, *before: Exchange, **fields: Any) -> Probe:
        """Put the question at `/message-streams`."""
        message = {**self._run.message(_QUESTION), **fields}

        def play() -> Recording:
            with self._run.client().open_stream(conversation_id, message) as stream:
                return stream.finish()

        recording = once_unlocked(play)
        expect_status("STR-1", recording.exchange, 200)
        reply = expect_final_message("STR-3", recording)
        return Probe(conversation_id, message, reply, (*before, recording.exchange))

    def expect(
        self,
        clause: str,
        play: Callable[[], Probe],
        *,
        shows: str,
        hides: Sequence[str] = (),
        control: Control = "personality",
        first: Probe | None = None,
        has_history: bool = False,
    ) -> None:
        """`shows` is in the reply to a probe, and none of `hides` is.

        Args:
            clause: what is broken otherwise.
            play: makes the probe, in a fresh conversation each time.
            shows: the word that steers the reply.
            hides: words that must not steer it.
            control: how a conversation is steered that should do the same without doubt.
            first: the first probe, where it has been made already.
            has_history: whether something was said before the probe's question, which was put `WITHOUT_HISTORY`.

        Raises:
            Unverified: the word does not show, but the model is not known to obey either, or to have no history.
        """
        for tried in range(_TRIES):
            if tried == _TRIES_ON_TRUST:  # not sooner: most models obey most of the time, and controls cost replies
                obedience = self.expect_obedience(control)
            probe = first if first and tried == 0 else play()
            expect_hidden(clause, probe, hides)
            if says(probe.text, shows):
                return
        if has_history:
            self._expect_forgotten()
        raise Violation(
            clause,
            *probe.exchanges,
            *obedience.last.exchanges,
            expected=f"{shows!r} in the reply, as in that of {_TRIES} control conversations of {_TRIES}",
            observed=f"{_TRIES} conversations without it; the last reply was {quoted(probe.text)}",
        )

    def expect_if_seen(self, clause: str, play: Callable[[], Probe], *, shows: str) -> None:
        """The same, for a clause that is about more than steering: it is not left open because a model disobeys.

        Where what steers is not to be looked at, one probe is played for what else it shows.
        """
        if self._run.settings.steering_probe == "off":
            play()
            return
        with suppress(Unruly):
            self.expect(clause, play, shows=shows)

    def expect_obedience(self, control: Control) -> Obedience:
        """The model does as it is told. Seen once in a run, for all workers.

        Raises:
            Unverified: it does not, or not each time.
        """
        obedience = self._run.ledger.once(f"obedience, {control}", lambda: self._play_controls(control))
        if not obedience.obeys:
            raise Unruly
        return obedience

    def expect_some_obedience(self) -> None:
        """The model can be seen to obey, if not each time: what is absent from a reply then says something.

        Raises:
            Unverified: it cannot.
        """
        words = [new_word() for _ in range(_TRIES_ON_TRUST)]
        if not any(says(self.probe(personality(word)).text, word) for word in words):
            raise Unruly

    def _expect_forgotten(self) -> None:
        """What was said before has no part in a reply to a question that is put `WITHOUT_HISTORY`.

        A number, because models that do not care for what else they are told count nevertheless.

        Raises:
            Unverified: it has, and a model that goes on as before may be why a word does not show; or who knows.
        """
        for _ in range(_TRIES):
            number = SystemRandom().randrange(100_000, 999_000)
            said = (
                f"Count from {number} to {number + 4}, one number per line. From now on begin each reply with {number}."
            )
            conversation_id = self._run.make_conversation()
            first = self.ask(conversation_id, said=said)
            if not says(first.text, str(number)):
                raise Unverified("whether what was said before has a part in replies cannot be seen")
            if says(self.ask(conversation_id, **WITHOUT_HISTORY).text, str(number)):
                raise Unverified("what was said before shows in replies that were asked for without room for it")

    def _play_controls(self, control: Control) -> Obedience:
        for _ in range(_TRIES):
            word = new_word()
            match control:
                case "created":
                    probe = self.probe(created_with=personality(word))
                case "personality":
                    probe = self.probe(personality(word))
                case "long personality":
                    probe = self.probe(long_personality(word, at="its beginning"))
                case field:
                    probe = self.probe({field: word})
            if not says(probe.text, word):
                return Obedience(False, probe)
        return Obedience(True, probe)


def expect_hidden(clause: str, probe: Probe, words: Sequence[str]) -> None:
    """None of the words shows in the reply, since none steers the conversation."""
    for word in words:
        if says(probe.text, word):
            expected = f"a reply without {word!r}, which does not steer this conversation"
            raise Violation(clause, *probe.exchanges, expected=expected, observed=quoted(probe.text))
