"""PAT: patches that change too much, too little or the wrong thing."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request

from tests.backend import validation
from tests.backend.app import STEERING, Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import coerced, endpoint
from tests.backend.model import Model
from tests.backend.store import Conversation, Message, Store
from tests.backend.turns import End, Stream
from tests.backend.validation import Field, Problem

PATCHING = "update_conversation"

# What is accepted


class JudgesPatches(Backend):
    """Judges a patch otherwise."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        found = super().problems(operation, body, fields)
        return self.judged(body, found) if operation == PATCHING and isinstance(body, dict) else found

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        raise NotImplementedError


@defect("PAT-1", "SCH-3")
class EmptyPatchAccepted(JudgesPatches):
    """`{}` is accepted."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        return found if body else []


@defect("PAT-1", "SCH-3")
class PersonalityIdAloneAccepted(JudgesPatches):
    """A patch of `personalityId` alone is accepted."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        return [] if type(body.get("personalityId")) is int and len(body) == 1 else found


@defect("PAT-1", "SCH-3")
class UnknownFieldAloneAccepted(JudgesPatches):
    """A patch of nothing but a field that is not documented is accepted."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        return found if not body or set(body) & set(validation.PATCH) else []


@defect("PAT-2", "SCH-2")
class PatchNeedsAllFields(JudgesPatches):
    """A patch has to have all three fields."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        missing = [name for name in STEERING if name not in body]
        return found + [validation.problem(name, "required, but not there", "missing") for name in missing]


@defect("PAT-2", "SCH-2", "PAT-5")
class NullRefused(JudgesPatches):
    """Null is refused."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        return found + [validation.problem(name, "expected a string") for name in STEERING if null_at(body, name)]


@defect("PAT-2", "SCH-2")
class NullAudienceRefused(JudgesPatches):
    """Null is refused for the audience."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        refused = null_at(body, "targetAudienceId")
        return [*found, validation.problem("targetAudienceId", "expected a string")] if refused else found


@defect("PAT-2", "SCH-2")
class NullAloneCountsAsNothing(JudgesPatches):
    """A patch of nothing but nulls is refused, as if it were empty."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        if not found and all(body.get(name) is None for name in STEERING):
            return [validation.problem("", "nothing to change", "missing")]
        return found


def null_at(body: dict[str, Any], name: str) -> bool:
    """The field is there, and null."""
    return name in body and body[name] is None


@defect("PAT-9", "SCH-3")
class PatchCoercesTypes(Backend):
    """A patch takes `5` for `"5"`."""

    def problems(self, operation: str, body: object, fields: Mapping[str, Field]) -> list[Problem]:
        if operation == PATCHING:
            coerced(body, fields)
        return super().problems(operation, body, fields)


@defect("PAT-9", "SCH-3")
class NullPersonalityIdAccepted(JudgesPatches):
    """Null is accepted for `personalityId`."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        nothing = null_at(body, "personalityId")
        return [wrong for wrong in found if not (nothing and wrong["field"] == "personalityId")]


@defect("PAT-9", "SCH-3")
class PersonalityMayBeAnObject(JudgesPatches):
    """An object is accepted for the personality."""

    def judged(self, body: dict[str, Any], found: list[Problem]) -> list[Problem]:
        if isinstance(body.get("personality"), dict):
            body["personality"] = json.dumps(body["personality"])
            return [wrong for wrong in found if wrong["field"] != "personality"]
        return found


# What is changed


class ChangesSteering(Store):
    """Applies other changes than were asked for."""

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        super().set_steering(conversation, self.other(conversation, dict(changes)))

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@defect("PAT-3")
class PatchIgnored(ChangesSteering):
    """A patch is 200, and changes nothing."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {}


@defect("PAT-3")
class PatchOnlySetsWhatWasNotSet(ChangesSteering):
    """A string does not replace what is there."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value for name, value in changes.items() if value is None or conversation.steering.get(name) is None
        }


@defect("PAT-3")
class PatchAppends(ChangesSteering):
    """A new personality is added to the old one."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        old, new = conversation.steering.get("personality"), changes.get("personality")
        return changes | ({"personality": f"{old} {new}"} if old is not None and new is not None else {})


@defect("PAT-3")
class VoiceIsNotReplaced(ChangesSteering):
    """A brand voice is not replaced."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        kept = "brandVoiceId" in conversation.steering and changes.get("brandVoiceId") is not None
        return {name: value for name, value in changes.items() if not (kept and name == "brandVoiceId")}


@defect("PAT-3")
class SteeringFrozenByTheFirstTurn(Backend):
    """Once something was said, a patch changes nothing."""

    def update_conversation(self, conversation: Conversation) -> Response:
        total, _ = self.store.list_messages(conversation, 0, 1)
        if total:
            self.read(PATCHING, validation.PATCH)
            return self.answer({})
        return super().update_conversation(conversation)


@defect("PAT-3")
class EmptyStringIsOmitted(ChangesSteering):
    """An empty string leaves a field as it was."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in changes.items() if value != ""}


@defect("PAT-3")
class FirstPatchIgnored(ChangesSteering):
    """Where nothing steers a conversation yet, there is no row for a patch to change."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return changes if conversation.steering else {}


@defect("PAT-3")
class LongPersonalityCut(ChangesSteering):
    """A personality ends after 255 characters when it is patched."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value and value[:255] for name, value in changes.items()}


class SteersOtherwise(Backend):
    """Generates with another steering than the conversation has."""

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        return super().generate(replace(conversation, steering=self.steering(conversation)), message)

    def steering(self, conversation: Conversation) -> dict[str, Any]:
        raise NotImplementedError


@defect("PAT-3")
class SteeringCachedForTwoSeconds(SteersOtherwise):
    """What steers a reply is cached for two seconds."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cached: dict[str, tuple[float, dict[str, Any]]] = {}

    def steering(self, conversation: Conversation) -> dict[str, Any]:
        since, cached = self.cached.get(conversation.id, (0.0, {}))
        if time.monotonic() - since < 2:
            return cached
        self.cached[conversation.id] = time.monotonic(), conversation.steering
        return conversation.steering


@defect("PAT-3")
class StreamsSteeredAsAtFirst(SteersOtherwise):
    """A streamed reply is steered as the conversation's first one was, whatever was patched since."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.first: dict[str, dict[str, Any]] = {}

    def steering(self, conversation: Conversation) -> dict[str, Any]:
        first = self.first.setdefault(conversation.id, conversation.steering)
        return first if endpoint() == "open_stream" else conversation.steering


@defect("PAT-3")
class RepliesCachedByText(Backend):
    """The model's reply to a text is cached for its conversation, whatever steers that now."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cached: dict[tuple[str, str], str] = {}

    def generate(self, conversation: Conversation, message: Mapping[str, Any]) -> str:
        return self.cached.setdefault((conversation.id, message["text"]), super().generate(conversation, message))


@defect("PAT-3", "MOD-1")
class EndOfAStreamRestoresTheSteering(Backend):
    """When a stream ends, the conversation is saved as it was when the stream began: a patch meanwhile is lost."""

    def finish(self, stream: Stream, end: End) -> Message | None:
        if end != "unused" and not stream.over.is_set():
            self.store.set_steering(stream.conversation, dict.fromkeys(STEERING) | stream.conversation.steering)
        return super().finish(stream, end)


@defect("PAT-3", "MOD-1")
class PatchReachesEveryConversation(Store):
    """A patch changes all conversations of the caller."""

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        select = "SELECT * FROM conversation WHERE workspace = ? AND author = ?"
        for row in self.db.execute(select, (conversation.workspace, conversation.author)).fetchall():
            super().set_steering(self.read_conversation(row), changes)


@defect("PAT-4")
class OmittedIsCleared(ChangesSteering):
    """A field that is not there is cleared."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(STEERING) | changes


@defect("PAT-4")
class PersonalityClearsTheVoice(ChangesSteering):
    """A personality clears the brand voice."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return ({"brandVoiceId": None} if changes.get("personality") is not None else {}) | changes


@defect("PAT-4")
class VoiceClearsThePersonality(ChangesSteering):
    """A brand voice clears the personality."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return ({"personality": None} if changes.get("brandVoiceId") is not None else {}) | changes


@defect("PAT-4")
class NullClearsEverything(ChangesSteering):
    """A null clears all three fields."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(STEERING) if None in changes.values() else changes


@defect("PAT-4", "PAT-8")
class PersonalityIdClearsThePersonality(Backend):
    """A patch with a `personalityId` and without a personality clears the personality."""

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> dict[str, Any]:
        body = super().read(operation, fields, required=required)
        return {"personality": None} | body if operation == PATCHING and "personalityId" in body else body


@defect("PAT-4")
class PatchesAtOnceLoseOne(Store):
    """Of two patches at once, one writes back what the other has changed meanwhile."""

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        time.sleep(0.05)
        super().set_steering(conversation, dict.fromkeys(STEERING) | conversation.steering | dict(changes))


@defect("PAT-5")
class NullIsOmitted(ChangesSteering):
    """Null leaves a field as it was."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in changes.items() if value is not None}


@defect("PAT-5")
class NullVoiceIsOmitted(ChangesSteering):
    """Null clears a personality, but leaves a brand voice or an audience."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in changes.items() if value is not None or name == "personality"}


@defect("PAT-5")
class NullBesideAStringIsOmitted(ChangesSteering):
    """Where a patch has a string, too, its nulls leave their fields as they were."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        strings = {name: value for name, value in changes.items() if value is not None}
        return strings or changes


@defect("PAT-5", "PAT-8")
class NullIsAText(ChangesSteering):
    """Null makes the personality the word `None`."""

    def other(self, conversation: Conversation, changes: dict[str, Any]) -> dict[str, Any]:
        return changes | ({"personality": "None"} if changes.get("personality", "") is None else {})


@defect("PAT-6")
class RefusedPatchHalfApplied(Backend):
    """Of a refused patch, the fields that are valid are applied."""

    def update_conversation(self, conversation: Conversation) -> Response:
        try:
            return super().update_conversation(conversation)
        except Refused as refused:
            if refused.problems:
                body = request.get_json()
                wrong = {problem["field"] for problem in refused.problems}
                valid = [name for name in STEERING if isinstance(body, dict) and name in body and name not in wrong]
                self.store.set_steering(conversation, {name: body[name] for name in valid})
            raise


@defect("PAT-6")
class RefusedPatchClears(Backend):
    """A refused patch clears the fields that are wrong in it."""

    def update_conversation(self, conversation: Conversation) -> Response:
        try:
            return super().update_conversation(conversation)
        except Refused as refused:
            wrong = {problem["field"] for problem in refused.problems or ()}
            self.store.set_steering(conversation, {name: None for name in STEERING if name in wrong})
            raise


# What else is changed


class TouchesTheRow(Store):
    """Runs one more statement at each patch."""

    update = ""

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        super().set_steering(conversation, changes)
        with self.db as db:
            db.execute(self.update, {"id": conversation.id, "now": time.time()})


@defect("PAT-7")
class PatchChangesCreatedAt(TouchesTheRow):
    """A patch sets `createdAt` to its own time."""

    update = "UPDATE conversation SET created_at = :now WHERE id = :id"


@defect("PAT-7", "LST-1")
class PatchMovesUp(TouchesTheRow):
    """A patched conversation moves to the top of the list."""

    update = "UPDATE conversation SET number = (SELECT max(number) + 1 FROM conversation) WHERE id = :id"

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        return super().cut(rows, args, "number DESC" if "created_at" in order else order, offset, limit)


@defect("PAT-7")
class PatchClearsTheModelName(TouchesTheRow):
    """A patch sets `modelName` to null."""

    update = "UPDATE conversation SET model_name = NULL WHERE id = :id"


@defect("PAT-7")
class PatchDeletesTheMessages(TouchesTheRow):
    """A patch deletes the messages, since another assistant begins."""

    update = "DELETE FROM message WHERE conversation = :id"


@defect("PAT-7")
class PatchIsAMessage(TouchesTheRow):
    """A patch leaves a message in the list."""

    update = """
    INSERT INTO message (conversation, id, text, source, created_at)
    VALUES (:id, '"patch-' || :now || '"', '"The personality was changed."', 'assistant', :now)
    """


# What steers


@defect("PAT-8")
class VoiceWins(Model):
    """A brand voice wins over a personality."""

    def manner(self, steering: Mapping[str, Any]) -> list[str]:
        voiced = steering.get("brandVoiceId") is not None
        return super().manner({**steering, "personality": None} if voiced else steering)


@defect("PAT-8")
class PersonalityAndVoiceSteer(Model):
    """A brand voice steers beside a personality."""

    def manner(self, steering: Mapping[str, Any]) -> list[str]:
        voice, both = steering.get("brandVoiceId"), steering.get("personality") is not None
        return super().manner(steering) + ([f"voice {voice}"] if both and voice is not None else [])


@defect("PAT-8")
class LastOneWins(Store):
    """Of a personality and a brand voice the one that was set last steers."""

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        kept = dict(changes)
        if changes.get("brandVoiceId") is not None and changes.get("personality") is None:
            kept["personality"] = None
        super().set_steering(conversation, kept)


@defect("PAT-8")
class PersonalityIdReplacesThePersonality(Backend):
    """A `personalityId` is looked up, and what it stands for replaces the personality given in words."""

    def read(self, operation: str, fields: Mapping[str, Field], *, required: bool = True) -> dict[str, Any]:
        body = super().read(operation, fields, required=required)
        preset = body.get("personalityId") if "personalityId" in fields else None
        return body if preset is None else body | {"personality": f"preset {preset}"}


@defect("MOD-1", "PAT-3")
class PatchAfterAStreamIgnored(Backend):
    """After a stream, the patches of its conversation change nothing."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.streamed: set[str] = set()

    def open_stream(self, conversation: Conversation) -> Response:
        answer = super().open_stream(conversation)
        self.streamed.add(conversation.id)
        return answer

    def update_conversation(self, conversation: Conversation) -> Response:
        if conversation.id in self.streamed:
            self.read(PATCHING, validation.PATCH)
            return self.answer({})
        return super().update_conversation(conversation)


@defect("SCH-1")
class PatchAnswers204(Backend):
    """A patch is answered with 204."""

    def update_conversation(self, conversation: Conversation) -> Response:
        super().update_conversation(conversation)
        return Response(status=204)


@defect("SCH-1")
class PatchAnswersNothing(Backend):
    """A patch is answered with 200 and no body."""

    def update_conversation(self, conversation: Conversation) -> Response:
        super().update_conversation(conversation)
        return Response(status=200, content_type="application/json")
