"""What steers a conversation: patches, and what of them shows in replies and in lists."""

from dataclasses import dataclass
from typing import Final, Literal

import pytest

from conformance.canary import Probe, Steering, long_personality, new_word, personality, says
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import expect_accepted, expect_conversation, expect_page
from conformance.run import Run
from conformance.scene import scene
from conformance.verdict import Unverified

__all__ = [
    "long_personality_asked",
    "patchable",
    "patched_later",
    "replaced_personality",
    "shown_voice",
    "steering",
]

Voice = Literal["brandVoiceId", "targetAudienceId"]
VOICES: Final[tuple[Voice, ...]] = ("brandVoiceId", "targetAudienceId")

_MOST_PAGES = 10


@pytest.fixture(scope="session")
def steering(run: Run) -> Steering:
    """Makes probes and judges them. A test that has this one costs replies that nothing else is seen in."""
    if run.settings.steering_probe == "off":
        raise Unverified("what steers a reply was not to be looked at", remedy="--steering-probe")
    return Steering(run)


@dataclass(frozen=True)
class Patchable:
    """A conversation in which nothing is said, and a good patch of it: the control for bad ones."""

    conversation_id: str
    control: Exchange


@dataclass(frozen=True)
class Replaced:
    """A conversation whose personality was replaced, and what its reply shows."""

    probe: Probe
    old: str
    new: str
    elsewhere: str
    """The word that another conversation was patched with before the question."""


@dataclass(frozen=True)
class LongPersonality:
    """What a conversation replies whose long personality asks for a word, in its end."""

    word: str
    probe: Probe


@dataclass(frozen=True)
class ShownVoice:
    """What a backend shows of brand voices and audiences that nobody has heard of.

    Most refuse them, or know nothing to do with them. One that shows their ids can be judged by them.
    """

    probe: Probe | None
    """None where all were refused."""
    replaced: tuple[str, ...] = ()
    """The ids that were accepted, and replaced by others."""
    shown: tuple[Voice, ...] = ()
    """Of `brandVoiceId` and `targetAudienceId` those whose ids show in replies."""


@dataclass(frozen=True)
class PatchedLater:
    """What the lists showed before and after two conversations were patched, the newer one first; then a replay."""

    older: str
    newer: str
    before: tuple[Exchange, ...]
    """The pages of conversations, from the first on, until both were there."""
    after: tuple[Exchange, ...]
    messages_before: Exchange
    messages_after: Exchange
    replay: Exchange
    """What was said in the older one, again."""


@scene()
def patchable(run: Run, api: Client) -> Patchable:
    """A conversation for patches whose status says all."""
    conversation_id = run.make_conversation()
    good = {"personality": "A patient teacher.", "personalityId": 7}
    return Patchable(conversation_id, api.patch_conversation(conversation_id, good))


@scene(replies=1)
def replaced_personality(run: Run, patchable: Patchable) -> Replaced:
    """One personality replaces another; then a third one is given to another conversation; then comes the question."""
    old, new, elsewhere = new_word(), new_word(), new_word()
    steering = Steering(run)
    conversation_id = run.make_conversation()
    patches = steering.patch(conversation_id, personality(old), personality(new))
    steering.patch(patchable.conversation_id, personality(elsewhere))
    return Replaced(steering.ask(conversation_id, *patches), old, new, elsewhere)


@scene(replies=1, early=True)
def long_personality_asked(run: Run) -> LongPersonality:
    """A conversation gets a long personality; then comes the question. A model may take its time to be that verbose."""
    word = new_word()
    return LongPersonality(word, probe_long_personality(run, word))


def probe_long_personality(run: Run, word: str) -> Probe:
    """The question put to a fresh conversation with a long personality, which asks for the word in its end.

    Raises:
        Unverified: it is refused: a service may have a limit.
    """
    steering = Steering(run)
    conversation_id = run.make_conversation()
    patched = steering.try_patch(conversation_id, long_personality(word, at="its end"))
    if patched.status is not None and 400 <= patched.status < 500:
        raise Unverified(f"a long personality is refused: {patched}")
    expect_accepted("PAT-2", patched)
    return steering.ask(conversation_id, patched)


@scene(replies=1, early=True)
def shown_voice(run: Run) -> ShownVoice:
    """One brand voice after another, one audience after another; then the question, if any was accepted."""
    steering = Steering(run)
    conversation_id = run.make_conversation()
    exchanges: list[Exchange] = []
    replaced: list[str] = []
    kept: dict[Voice, str] = {}
    for field in VOICES:
        old, new = new_word(), new_word()
        tries = [steering.try_patch(conversation_id, {field: word}) for word in (old, new)]
        if all(found.status == 200 for found in tries):
            replaced.append(old)
            exchanges += tries
            kept[field] = new
    if not replaced:
        return ShownVoice(None)
    probe = steering.ask(conversation_id, *exchanges)
    return ShownVoice(probe, tuple(replaced), tuple(field for field, word in kept.items() if says(probe.text, word)))


@scene()
def patched_later(run: Run, api: Client, replaced_personality: Replaced) -> PatchedLater:
    """Two conversations are patched, one in which something was said and one with a model's name."""
    older = replaced_personality.probe.conversation_id
    named = api.create_conversation({"modelName": run.settings.model_name})
    # Where this name is not known, a conversation without one has to do.
    newer = str(expect_conversation("CRE-1", named)["id"]) if named.status in (200, 201) else run.make_conversation()
    before, messages_before = _pages_with(api, older, newer), api.list_messages(older, size=100)
    nulls = {"brandVoiceId": None, "targetAudienceId": None}
    for conversation_id in newer, older:
        for patch in nulls, personality(new_word()):
            expect_accepted("PAT-2", api.patch_conversation(conversation_id, patch))
    after, messages_after = _pages_with(api, older, newer), api.list_messages(older, size=100)
    replay = api.send_message(older, replaced_personality.probe.message)
    return PatchedLater(older, newer, before, after, messages_before, messages_after, replay)


def _pages_with(api: Client, *ids: str) -> tuple[Exchange, ...]:
    """The first pages of conversations, until these are among them."""
    pages: list[Exchange] = []
    missing = set(ids)
    while missing and len(pages) < _MOST_PAGES:
        pages.append(api.list_conversations(page=len(pages) + 1, size=100))
        missing -= {element.get("id") for element in expect_page("PAG-1", pages[-1])["data"]}
    return tuple(pages)
