"""One coroutine per operation of the contract, named after its operationId: decode, ask the service, encode.

`payload` is the validated body (`mockserver.validation`), `token_info` what the token said (`mockserver.tokens`).
"""

from __future__ import annotations

from functools import lru_cache

from starlette.responses import Response

from mockserver import wire
from mockserver.errors import JsonAnswer
from mockserver.faults.triggers import FAILING_MESSAGE
from mockserver.rules.values import Owner
from mockserver.service import Service
from mockserver.store.base import NewConversation
from mockserver.streaming import ReplyStream
from mockserver.tokens import Caller

JsonObject = wire.JsonObject


class Handlers:
    """The handlers of one server.

    Args:
        cues: a message can ask for a fault, which created conversations announce.
    """

    def __init__(self, service: Service, seed: int, *, cues: bool) -> None:
        self._service = service
        self._seed = seed
        self._cues = cues

    async def create_conversation(self, workspace_id: str, token_info: JsonObject, payload: JsonObject) -> Response:
        """CRE-1 to CRE-6."""
        new = NewConversation(
            owner=_owner(workspace_id, token_info),
            legacy_customer_id=_caller(token_info).legacy_customer_id,
            model_name=payload.get("modelName"),
            steering=wire.decode_steering(payload),
        )
        created = wire.encode_conversation(await self._service.create_conversation(new))
        return JsonAnswer(created, 201, {"X-Failing-Message": FAILING_MESSAGE} if self._cues else None)

    async def list_conversations(self, workspace_id: str, token_info: JsonObject, page: int, size: int) -> Response:
        """LST-1 to LST-3, PAG-1 to PAG-11."""
        found = await self._service.list_conversations(_owner(workspace_id, token_info), page, size)
        return JsonAnswer(wire.encode_page(found, wire.encode_conversation))

    async def update_conversation(
        self, workspace_id: str, token_info: JsonObject, conversation_id: str, payload: JsonObject
    ) -> Response:
        """PAT-1 to PAT-9."""
        await self._service.update_conversation(
            _owner(workspace_id, token_info), conversation_id, wire.decode_patch(payload)
        )
        return JsonAnswer({})

    async def send_message(
        self, workspace_id: str, token_info: JsonObject, conversation_id: str, payload: JsonObject
    ) -> Response:
        """MSG-1 to MSG-9, IDM-1 to IDM-11."""
        prompt = wire.decode_prompt(payload)
        return JsonAnswer(
            wire.encode_message(
                await self._service.send_message(_owner(workspace_id, token_info), conversation_id, prompt)
            )
        )

    async def list_messages(
        self, workspace_id: str, token_info: JsonObject, conversation_id: str, page: int, size: int
    ) -> Response:
        """MSG-3, MSG-5, MSG-6, PAG-1 to PAG-11."""
        found = await self._service.list_messages(_owner(workspace_id, token_info), conversation_id, page, size)
        return JsonAnswer(wire.encode_page(found, wire.encode_message))

    async def open_message_stream(
        self, workspace_id: str, token_info: JsonObject, conversation_id: str, payload: JsonObject
    ) -> Response:
        """STR-1 to STR-9, LCK-1 to LCK-9, IDM-5."""
        prompt = wire.decode_prompt(payload)
        opened = await self._service.open_stream(_owner(workspace_id, token_info), conversation_id, prompt)
        return ReplyStream(store=self._service.store, opened=opened, alarms=self._service.alarms, seed=self._seed)

    async def cancel_message_stream(self, workspace_id: str, token_info: JsonObject, conversation_id: str) -> Response:
        """CAN-1 to CAN-5."""
        await self._service.cancel_stream(_owner(workspace_id, token_info), conversation_id)
        return JsonAnswer({})


def _caller(token_info: JsonObject) -> Caller:
    caller: Caller = token_info["caller"]
    return caller


def _owner(workspace_id: str, token_info: JsonObject) -> Owner:
    """The caller's own conversations in the path's workspace, which is the token's (AUT-2) by now."""
    return _owner_of(workspace_id, _caller(token_info).author)


_owner_of = lru_cache(maxsize=256)(Owner)
