"""PAT: changing what steers a conversation, as far as statuses, lists and replies show it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from conformance.canary import (
    WITHOUT_HISTORY,
    Probe,
    Steering,
    expect_hidden,
    new_word,
    personality,
    says,
)
from conformance.client import Body, Client
from conformance.exchange import Exchange
from conformance.expect import (
    CONVERSATION_FIELDS,
    expect_accepted,
    expect_page,
    expect_refused,
    expect_unchanged,
    quoted,
)
from conformance.run import Run
from conformance.suite.scenes.holding import LINES, Room
from conformance.suite.scenes.steering import (
    LongPersonality,
    Patchable,
    PatchedLater,
    Replaced,
    ShownVoice,
    probe_long_personality,
)
from conformance.verdict import Unverified, Violation

_RACES_THAT_ARE_FREE = 4

NULL_VOICE: Mapping[str, Any] = {"brandVoiceId": None}
NULL_AUDIENCE: Mapping[str, Any] = {"targetAudienceId": None}
NULL_PERSONALITY: Mapping[str, Any] = {"personality": None}

NOTHING_TO_CHANGE: dict[str, Body] = {
    "an empty object": {},
    "no body": None,
    "an array": b"[]",
    "null": b"null",
    "personalityId alone": {"personalityId": 1},
    "modelName alone": {"modelName": "gpt-4"},
    "an unknown property alone": {"colour": "green"},
}
ACCEPTED: dict[str, Body] = {
    "personality": {"personality": "A pirate with a degree in law."},
    "an empty personality": {"personality": ""},
    "a long personality": {"personality": "A pirate with a degree in law. " * 40},
    "personality null": NULL_PERSONALITY,
    "brandVoiceId null": NULL_VOICE,
    "targetAudienceId null": NULL_AUDIENCE,
    "all three null": {**NULL_PERSONALITY, **NULL_VOICE, **NULL_AUDIENCE},
}
WRONG_TYPES: dict[str, Body] = {
    "personality is a number": {"personality": 5},
    "personality is an array": {"personality": ["A pirate."]},
    "personality is an object": {"personality": {"text": "A pirate."}},
    "personality is true": {"personality": True},
    "brandVoiceId is a number": {"brandVoiceId": 5},
    "targetAudienceId is a number": {"targetAudienceId": 5},
    "one of three is wrong": {"personality": "A pirate.", "brandVoiceId": None, "targetAudienceId": False},
    "personalityId is null": {"personality": "A pirate.", "personalityId": None},
    "personalityId is a string": {"personality": "A pirate.", "personalityId": "7"},
    "personalityId is a fraction": {"personality": "A pirate.", "personalityId": 1.5},
    "personalityId is true": {"personality": "A pirate.", "personalityId": True},
}


# What is accepted


@pytest.mark.clause("PAT-1", essential=True)
@pytest.mark.parametrize("kind", NOTHING_TO_CHANGE)
def test_a_patch_has_to_change_something(api: Client, patchable: Patchable, kind: str) -> None:
    """One of `personality`, `brandVoiceId` and `targetAudienceId` has to be there."""
    expect_accepted("PAT-2", patchable.control)
    patched = api.patch_conversation(patchable.conversation_id, NOTHING_TO_CHANGE[kind])
    expect_refused("PAT-1", patched, why="none of the three is there")


@pytest.mark.clause("PAT-2")
@pytest.mark.parametrize("kind", ACCEPTED)
def test_each_field_is_accepted_alone(api: Client, patchable: Patchable, kind: str) -> None:
    """Each of the three is accepted alone, as a string and as null."""
    expect_accepted("PAT-2", api.patch_conversation(patchable.conversation_id, ACCEPTED[kind]))


@pytest.mark.clause("PAT-2")
@pytest.mark.parametrize("field", ["brandVoiceId", "targetAudienceId"])
def test_an_id_is_accepted_alone(api: Client, run: Run, patchable: Patchable, field: str) -> None:
    """An id is accepted alone, if the backend knows it; one that it does not know may be refused."""
    settings = run.settings
    known = settings.brand_voice_id if field == "brandVoiceId" else settings.target_audience_id
    patched = api.patch_conversation(patchable.conversation_id, {field: known or new_word()})
    if known or not _is_refused(patched):
        expect_accepted("PAT-2", patched)


@pytest.mark.clause("PAT-9")
@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_refused(api: Client, patchable: Patchable, kind: str) -> None:
    """A field of the wrong type is refused, and `personalityId` cannot be null."""
    expect_accepted("PAT-2", patchable.control)
    expect_refused("PAT-9", api.patch_conversation(patchable.conversation_id, WRONG_TYPES[kind]), why=kind)


# What lists show


@pytest.mark.clause("PAT-7")
def test_a_patch_leaves_conversations_as_they_are_listed(patched_later: PatchedLater) -> None:
    """A patch changes nothing that the list of conversations shows."""
    for conversation_id in patched_later.older, patched_later.newer:
        was, now = (_element(pages, conversation_id) for pages in (patched_later.before, patched_later.after))
        if was is None:
            raise Unverified("the conversation could not be found in the list")
        if now is None or any(was.get(name) != now.get(name) for name in CONVERSATION_FIELDS):
            pages = patched_later.before[-1], patched_later.after[-1]
            raise Violation("PAT-7", *pages, expected=f"still {quoted(was)}", observed=quoted(now))


@pytest.mark.clause("PAT-7")
def test_a_patch_moves_nothing(patched_later: PatchedLater) -> None:
    """Nor does it change the order of conversations."""
    ours = (patched_later.older, patched_later.newer)
    was, now = (
        [found["id"] for found in _elements(pages) if found.get("id") in ours]
        for pages in (patched_later.before, patched_later.after)
    )
    if len(was) < len(ours):
        raise Unverified("the conversations could not be found in the list")
    if was != now:
        pages = patched_later.before[-1], patched_later.after[-1]
        raise Violation("PAT-7", *pages, expected=" before ".join(was), observed=" before ".join(now))


@pytest.mark.clause("PAT-7")
def test_a_patch_leaves_messages_as_they_are(patched_later: PatchedLater) -> None:
    """Nor does it change the messages."""
    if not expect_page("PAG-1", patched_later.messages_before)["data"]:
        raise Violation("MSG-2", patched_later.messages_before, expected="what was said", observed="an empty list")
    expect_unchanged("PAT-7", patched_later.messages_before, patched_later.messages_after)


# What replies show


@pytest.mark.clause("PAT-3")
def test_a_string_replaces(steering: Steering, replaced_personality: Replaced, shown_voice: ShownVoice) -> None:
    """A personality replaces another, and one that is given to another conversation does not.

    A brand voice replaces another, an audience another, as far as a backend shows them.
    """
    if shown_voice.probe:
        expect_hidden("PAT-3", shown_voice.probe, shown_voice.replaced)
    old, new = replaced_personality.old, replaced_personality.new
    steering.expect(
        "PAT-3",
        lambda: steering.probe(personality(old), personality(new)),
        first=replaced_personality.probe,
        shows=new,
        hides=(old, replaced_personality.elsewhere),
        control="created",
    )


@pytest.mark.clause("PAT-3", replies=3)
def test_a_string_replaces_after_a_turn(run: Run, steering: Steering) -> None:
    """Also one that the conversation was created with, after a turn, for every reply from then on, streamed or not."""
    new = new_word()

    def play() -> Probe:
        conversation_id = run.make_conversation(personality(new_word()))
        steering.ask_by_stream(conversation_id)
        patches = steering.patch(conversation_id, personality(new))
        steering.ask(conversation_id)
        return steering.ask_by_stream(conversation_id, *patches, **WITHOUT_HISTORY)

    steering.expect("PAT-3", play, shows=new, control="created", has_history=True)


@pytest.mark.clause("PAT-3", replies=1)
def test_an_empty_string_replaces(steering: Steering, replaced_personality: Replaced) -> None:
    """Also an empty one: nothing is left of the personality that it replaces."""
    word = new_word()
    expect_hidden("PAT-3", steering.probe(personality(word), {"personality": ""}), (word,))
    expect_obeyed(steering, replaced_personality)


@pytest.mark.clause("PAT-3")
def test_a_long_string_replaces_to_its_end(
    run: Run, steering: Steering, long_personality_asked: LongPersonality
) -> None:
    """A long personality steers with what its end says, where it is accepted: a service may have a limit."""
    word = long_personality_asked.word
    steering.expect(
        "PAT-3",
        lambda: probe_long_personality(run, word),
        first=long_personality_asked.probe,
        shows=word,
        control="long personality",
    )


@pytest.mark.clause("PAT-3", replies=2)
def test_a_string_replaces_while_a_stream_is_active(run: Run, api: Client, steering: Steering) -> None:
    """Also one that is given while a stream is active, where that is accepted, for replies after the stream."""
    word = new_word()

    def play() -> Probe:
        conversation_id, patched = patched_while_streaming(run, api, personality(word))
        return steering.ask(conversation_id, patched, **WITHOUT_HISTORY)

    steering.expect("PAT-3", play, shows=word, has_history=True)


@pytest.mark.clause("PAT-4", replies=1)
def test_a_field_that_is_not_there_stays(run: Run, steering: Steering, shown_voice: ShownVoice) -> None:
    """A personality stays when a brand voice and an audience come and go.

    A brand voice or an audience stays when a personality comes and goes, as far as a backend shows them.
    """
    word = new_word()

    def play() -> Probe:
        conversation_id = run.make_conversation()
        exchanges = steering.patch(conversation_id, personality(word))
        # Ids that nobody has heard of may be refused.
        for ids in {"brandVoiceId": new_word()}, {"targetAudienceId": new_word()}:
            exchanges.append(steering.try_patch(conversation_id, ids))
        return steering.ask(conversation_id, *exchanges, *steering.patch(conversation_id, NULL_VOICE, NULL_AUDIENCE))

    steering.expect("PAT-4", play, shows=word)
    for field in shown_voice.shown:
        expect_to_stay("PAT-4", steering, field)


@pytest.mark.clause("PAT-4", replies=1)
def test_patches_at_once_change_a_field_each(run: Run, api: Client, steering: Steering) -> None:
    """Patches at the same moment leave what they don't have, too: none writes back what it has read before."""
    old, new = new_word(), new_word()

    def play() -> Probe:
        conversation_id = run.make_conversation()
        exchanges = steering.patch(conversation_id, personality(old))
        patched, *_ = patched_at_once(api, conversation_id, personality(new), *[NULL_VOICE, NULL_AUDIENCE] * 4)
        if _is_refused(patched):
            raise Unverified(f"of patches at once, the one that counts was refused: {patched}")
        expect_accepted("PAT-2", patched)
        return steering.ask(conversation_id, *exchanges, patched)

    for _ in range(1 if run.pays else _RACES_THAT_ARE_FREE):
        steering.expect("PAT-4", play, shows=new, hides=(old,))


@pytest.mark.clause("PAT-5", replies=1)
def test_null_clears(run: Run, steering: Steering, replaced_personality: Replaced, shown_voice: ShownVoice) -> None:
    """Null clears a personality, a brand voice and an audience. Nothing is left of it: a brand voice steers then."""
    word, voice, audience = new_word(), new_word(), new_word()
    conversation_id = run.make_conversation()
    set_ = steering.patch(conversation_id, personality(word))
    # Ids that nobody has heard of may be refused; where they are accepted, some backends show them.
    for ids in {"brandVoiceId": voice}, {"targetAudienceId": audience}:
        set_.append(steering.try_patch(conversation_id, ids))
    cleared = steering.patch(conversation_id, NULL_PERSONALITY, NULL_VOICE, NULL_AUDIENCE)
    probe = steering.ask(conversation_id, *set_, *cleared)
    expect_hidden("PAT-5", probe, (word, voice, audience))
    if "brandVoiceId" in shown_voice.shown:
        expect_room("PAT-5", steering)
    expect_obeyed(steering, replaced_personality)


@pytest.mark.clause("PAT-5", replies=1)
def test_null_clears_beside_a_string(run: Run, steering: Steering, replaced_personality: Replaced) -> None:
    """Null clears a personality, too, where an audience or a brand voice is given with it."""
    word, settings = new_word(), run.settings
    conversation_id = run.make_conversation()
    exchanges = steering.patch(conversation_id, personality(word))
    for field, known in (
        ("targetAudienceId", settings.target_audience_id),
        ("brandVoiceId", settings.brand_voice_id),
    ):
        exchanges.append(steering.try_patch(conversation_id, {**NULL_PERSONALITY, field: known or new_word()}))
        if known or not _is_refused(exchanges[-1]):
            expect_accepted("PAT-2", exchanges[-1])
            break
    else:
        raise Unverified("no audience is known that the backend accepts", remedy="--target-audience-id")
    expect_hidden("PAT-5", steering.ask(conversation_id, *exchanges), (word,))
    expect_obeyed(steering, replaced_personality)


@pytest.mark.clause("PAT-6", replies=1)
def test_a_refused_patch_changes_nothing(run: Run, steering: Steering) -> None:
    """A refused patch changes nothing: neither what is wrong in it nor what is right."""
    word, refused_words = new_word(), [new_word() for _ in range(3)]
    first, second, third = map(personality, refused_words)
    tries: tuple[Mapping[str, Any], ...] = (
        {**first, "brandVoiceId": new_word()},  # which a backend may look up when it has stored the rest
        {},
        {"personality": 5},
        {**NULL_PERSONALITY, "targetAudienceId": 5},
        {"brandVoiceId": 5, **second},
        {**third, "targetAudienceId": 5},
    )

    def play() -> Probe:
        conversation_id = run.make_conversation()
        exchanges = steering.patch(conversation_id, personality(word))
        refused: list[Mapping[str, Any]] = []
        for patch in tries:
            exchanges.append(steering.try_patch(conversation_id, patch))
            if _is_refused(exchanges[-1]):
                refused.append(patch)
            else:  # it may have been accepted, and then it is in force
                exchanges += steering.patch(conversation_id, {**personality(word), **NULL_VOICE, **NULL_AUDIENCE})
        if not any(refused):
            expect_refused("PAT-9", exchanges[-2], why="the audience is a number")
        probe = steering.ask(conversation_id, *exchanges)
        words = [found for found in refused_words if any(found in str(patch) for patch in refused)]
        expect_hidden("PAT-6", probe, words)
        return probe

    steering.expect("PAT-6", play, shows=word)


@pytest.mark.clause("PAT-8", replies=1)
def test_a_personality_wins_over_a_voice(run: Run, steering: Steering) -> None:
    """A personality given in words wins over a brand voice that is given with it."""
    word, voice = new_word(), voice_of(run)
    patch = {**personality(word), "brandVoiceId": voice}
    steering.expect("PAT-8", lambda: probe_with_voice(run, steering, patch), shows=word, hides=made_up(run, voice))


@pytest.mark.clause("PAT-8", replies=1)
def test_a_personality_wins_over_a_later_voice(run: Run, steering: Steering) -> None:
    """Also over one that is given later."""
    word, voice = new_word(), voice_of(run)
    patches = personality(word), {"brandVoiceId": voice}
    steering.expect("PAT-8", lambda: probe_with_voice(run, steering, *patches), shows=word, hides=made_up(run, voice))


@pytest.mark.clause("PAT-8", replies=1)
def test_a_personality_id_steers_nothing(steering: Steering) -> None:
    """`personalityId` steers nothing, neither with a personality in words nor when it comes later."""
    word = new_word()
    patches = {**personality(word), "personalityId": 1}, {"personalityId": 2, **NULL_AUDIENCE}
    steering.expect("PAT-8", lambda: steering.probe(*patches), shows=word)


# What these need


def expect_obeyed(steering: Steering, replaced: Replaced) -> None:
    """The model can be seen to obey, in a reply that is there anyway or in others.

    Raises:
        Unverified: it cannot.
    """
    if not says(replaced.probe.text, replaced.new):
        steering.expect_some_obedience()


def patched_while_streaming(run: Run, api: Client, patch: Mapping[str, Any]) -> tuple[str, Exchange]:
    """A fresh conversation that was patched while a stream was active, and the patch; the stream has ended since.

    Raises:
        Unverified: the patch is refused meanwhile, or its answer comes only when the stream is over.
    """
    room = Room(run, api)
    for lines in LINES:
        with room.held(lines) as stream:
            patched = api.patch_conversation(room.conversation_id, patch)
            was_active = stream.ending is None and not stream.record().finals
            stream.finish()
        if _is_refused(patched):
            raise Unverified(f"a patch is refused while a stream is active: {patched}")
        expect_accepted("PAT-2", patched)
        if was_active:
            return room.conversation_id, patched
    raise Unverified("no stream was active for long enough to be seen patched meanwhile")


def patched_at_once(api: Client, conversation_id: str, *patches: Mapping[str, Any]) -> list[Exchange]:
    """The answers to patches that are sent together, the first a hair before the others."""
    api.warm_up(len(patches))
    with ThreadPoolExecutor(len(patches)) as pool:
        return list(pool.map(lambda patch: api.patch_conversation(conversation_id, patch), patches))


def expect_to_stay(clause: str, steering: Steering, field: Literal["brandVoiceId", "targetAudienceId"]) -> None:
    """A brand voice or an audience stays when a personality comes and goes. Of a backend whose replies show it."""
    kept = new_word()
    patches: tuple[Mapping[str, Any], ...] = ({field: kept}, personality(new_word()), NULL_PERSONALITY)
    steering.expect(clause, lambda: steering.probe(*patches), shows=kept, control=field)


def expect_room(clause: str, steering: Steering) -> None:
    """A personality that was cleared makes room for the brand voice. Of a backend whose replies show it."""
    voice, word = new_word(), new_word()
    patches = {**personality(word), "brandVoiceId": voice}, NULL_PERSONALITY
    steering.expect(clause, lambda: steering.probe(*patches), shows=voice, hides=(word,), control="brandVoiceId")


def voice_of(run: Run) -> str:
    """A brand voice that the backend is known to accept, else one that nobody has heard of."""
    return run.settings.brand_voice_id or new_word()


def made_up(run: Run, voice: str) -> tuple[str, ...]:
    """The voice, if its id is a word that nothing else can have brought into a reply."""
    return () if run.settings.brand_voice_id else (voice,)


def probe_with_voice(run: Run, steering: Steering, *patches: Mapping[str, Any]) -> Probe:
    """A fresh conversation with these patches.

    Raises:
        Unverified: the backend refuses a brand voice that nobody has heard of, as it may.
    """
    conversation_id = run.make_conversation()
    exchanges = [steering.try_patch(conversation_id, patch) for patch in patches]
    for exchange in exchanges:
        if _is_refused(exchange) and not run.settings.brand_voice_id:
            raise Unverified("no brand voice is known that the backend accepts", remedy="--brand-voice-id")
        expect_accepted("PAT-2", exchange)
    return steering.ask(conversation_id, *exchanges)


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status is not None and 400 <= exchange.status < 500


def _elements(pages: tuple[Exchange, ...]) -> list[dict[str, Any]]:
    return [found for page in pages for found in expect_page("PAG-1", page)["data"]]


def _element(pages: tuple[Exchange, ...], conversation_id: str) -> dict[str, Any] | None:
    return next((found for found in _elements(pages) if found.get("id") == conversation_id), None)
