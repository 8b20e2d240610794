"""Workspaces of the control plane: the list of them, their tokens, and what their conversations are at."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from mockserver import wire
from mockserver.control.values import (
    Control,
    JsonObject,
    base_url,
    done,
    invalid,
    json_answer,
    mock_version,
    not_found,
    paged,
)
from mockserver.rules.values import OMITTED, Conversation, SteeringPatch
from mockserver.sandbox import Sandbox, TokenLedger
from mockserver.store.inspection import Inspection
from mockserver.tokens import BAD_TOKENS, DEFAULT_CALLER, TOKEN_LIFETIME_S

_STEERING = {
    "personality": "personality",
    "personalityId": "personality_id",
    "brandVoiceId": "brand_voice_id",
    "targetAudienceId": "target_audience_id",
}

_LINKS = {
    "docs": "/_mock/docs/",
    "contract": "/_mock/openapi.yaml",
    "workspaces": "/_mock/workspaces",
    "faults": "/_mock/faults",
    "scenarios": "/_mock/scenarios",
    "badTokens": "/_mock/tokens",
    "snapshots": "/_mock/snapshots",
    "verdict": "/_mock/verdict",
    "feed": "/_mock/feed",
}


class WorkspaceHandlers:
    """Handlers named after their operations."""

    def __init__(self, control: Control, request: Callable[[], Request]) -> None:
        self._control = control
        self._request = request

    async def get_overview(self) -> Response:
        """What this server is."""
        control = self._control
        body = {"version": mock_version(), "seed": control.settings.seed, "workspaces": len(control.names())}
        return json_answer({**body, "links": _LINKS})

    async def list_workspaces(self, page: int, size: int) -> Response:
        """By name."""
        sandboxes = [self._control.sandbox(name) for name in self._control.names()]
        return json_answer(paged(sandboxes, page, size, self._encode))

    async def create_workspace(self, payload: JsonObject) -> Response:
        """201, or 200 where it is there."""
        control = self._control
        name = payload.get("name") or f"w-{uuid.uuid4()}"
        is_new = name not in control.names()
        control.sandboxes.of(name)
        callers = payload.get("callers") or [DEFAULT_CALLER]
        per_caller = int(payload.get("tokens", 1))
        tokens = [
            {"caller": caller, "token": self._mint(name, caller)} for caller in callers for _ in range(per_caller)
        ]
        url = f"{base_url(self._request())}/api/v1/workspaces/{quote(name, safe='')}"
        if is_new:
            control.feed.tell("workspace", name, {"workspace": name, "change": "created"})
        return json_answer({"name": name, "url": url, "tokens": tokens}, 201 if is_new else 200)

    async def get_workspace(self, workspace: str) -> Response:
        """At a glance."""
        return json_answer(self._encode(self._control.sandbox(workspace)))

    async def reset_workspace(self, workspace: str) -> Response:
        """As it was at first."""
        self._control.sandbox(workspace)
        await self._control.reset_workspace(workspace)
        self._control.feed.tell("workspace", workspace, {"workspace": workspace, "change": "reset"})
        return await self.get_workspace(workspace)

    async def delete_workspace(self, workspace: str) -> Response:
        """With all that belongs to it."""
        self._control.sandbox(workspace)
        await self._control.store.reset(workspace)
        self._control.sandboxes.remove(workspace)
        self._control.feed.tell("workspace", workspace, {"workspace": workspace, "change": "deleted"})
        return done()

    async def list_bad_tokens(self) -> Response:
        """The kinds of tokens that are refused."""
        return json_answer({"kinds": [{"kind": kind, "summary": text} for kind, text in BAD_TOKENS.items()]})

    async def mint_token(self, workspace: str, payload: JsonObject) -> Response:
        """A good one, or a bad one."""
        now = self._control.sandbox(workspace).clock.wall_now().timestamp()
        caller, bad = payload.get("caller"), payload.get("bad")
        if bad is not None:
            if extra := sorted(payload.keys() - {"bad", "caller"}):
                raise invalid(extra[0], "does not go with bad, whose tokens are ready-made")
            try:
                token = self._control.tokens.mint_bad(bad, workspace, caller=caller, now=now)
            except ValueError as error:
                raise invalid("bad", str(error).rstrip(".")) from None
            return json_answer({"token": token, "caller": caller or DEFAULT_CALLER, "kind": bad}, 201)
        customer = payload.get("customer")
        token = self._control.tokens.mint(
            workspace,
            caller=caller,
            customer=None if customer is None else int(customer),
            expires_in_s=int(payload.get("expiresInS", TOKEN_LIFETIME_S)),
            dies_after_calls=_whole(payload.get("diesAfterCalls")),
            dies_mid_stream=_whole(payload.get("diesMidStream")),
            now=now,
        )
        named = caller or (DEFAULT_CALLER if customer is None else f"customer-{int(customer)}")
        return json_answer({"token": token, "caller": named, "kind": "good"}, 201)

    async def list_tokens(self, workspace: str) -> Response:
        """Those that are dead, or whose uses are counted."""
        sandbox = self._control.sandbox(workspace)
        known = sandbox.tokens.known(sandbox.clock.now())
        return json_answer({"tokens": [_encode_token(sandbox, digest) for digest in known]})

    async def revive_tokens(self, workspace: str) -> Response:
        """All."""
        self._control.sandbox(workspace).tokens = TokenLedger()
        self._control.feed.tell_changed(workspace, "tokens")
        return done()

    async def revive_token(self, workspace: str, token: str) -> Response:
        """One."""
        sandbox = self._control.sandbox(workspace)
        known = sandbox.tokens.known(sandbox.clock.now())
        if token not in known:
            remedy = f"GET /_mock/workspaces/{workspace}/tokens lists those that are dead, by their digests."
            raise not_found("dead token", token, known, remedy)
        sandbox.tokens.revive(token)
        self._control.feed.tell_changed(workspace, "tokens")
        return done()

    async def list_workspace_conversations(self, workspace: str, page: int, size: int) -> Response:
        """Of all callers, newest first."""
        self._control.sandbox(workspace)
        newest_first = self._control.store.conversations_of(workspace)[::-1]
        return json_answer(paged(newest_first, page, size, _encode_conversation))

    async def inspect_conversation(self, workspace: str, conversation: str, page: int, size: int) -> Response:
        """Whoever's it is."""
        self._control.sandbox(workspace)
        known = [each.id for each in self._control.store.conversations_of(workspace)]
        if conversation not in known:
            remedy = f"The workspace has {len(known)}: GET /_mock/workspaces/{workspace}/conversations."
            raise not_found("conversation", conversation, known, remedy)
        found = self._control.store.inspect(workspace, conversation)
        return json_answer(_encode_inspection(found, page, size))

    def _mint(self, workspace: str, caller: str) -> str:
        now = self._control.sandboxes.of(workspace).clock.wall_now().timestamp()
        return self._control.tokens.mint(workspace, caller=caller, now=now)

    def _encode(self, sandbox: Sandbox) -> JsonObject:
        return {
            "name": sandbox.name,
            "url": f"{base_url(self._request())}/api/v1/workspaces/{quote(sandbox.name, safe='')}",
            "conversations": len(self._control.store.conversations_of(sandbox.name)),
            "calls": sandbox.calls,
            "liveStreams": len(sandbox.streams),
            "armedFaults": len(self._control.armed(sandbox.name)),
            "findings": len(sandbox.watch.findings()),
        }


def _encode_token(sandbox: Sandbox, digest: str) -> JsonObject:
    ledger, now = sandbox.tokens, sandbox.clock.now()
    death = ledger.dead.get(digest)
    return {
        "token": digest,
        "caller": ledger.callers.get(digest),
        "uses": ledger.uses.get(digest, 0),
        "dead": death is not None,
        "secondsLeft": None if death is None or death.until_s is None else death.until_s - now,
    }


def _whole(number: float | None) -> int | None:
    """JSON has one kind of number: 5.0 is an integer."""
    return None if number is None else int(number)


def _encode_conversation(conversation: Conversation) -> JsonObject:
    return {**wire.encode_conversation(conversation), "caller": conversation.owner.author}


def _encode_inspection(found: Inspection, page: int, size: int) -> JsonObject:
    steering = found.conversation.steering
    return {
        **_encode_conversation(found.conversation),
        "steering": {key: getattr(steering, name) for key, name in _STEERING.items()},
        "lastPatch": {key: _said(found.last_patch, name) for key, name in _STEERING.items()},
        "lock": "streaming" if found.streaming else "free",
        "messageCount": len(found.messages),
        "messages": paged(found.messages, page, size, wire.encode_message),
        "turns": [
            {"messageId": turn.message_id, "state": turn.state.value, "replyId": turn.reply_id} for turn in found.turns
        ],
    }


def _said(patch: SteeringPatch | None, name: str) -> str:
    """What the last patch said of a field."""
    if patch is None:
        return "neverPatched"
    value = getattr(patch, name)
    if value is OMITTED:
        return "omitted"
    return "null" if value is None else "set"
