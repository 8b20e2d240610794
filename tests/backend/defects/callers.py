"""AUT: callers who are let in, or kept out in the wrong way."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import request

from tests.backend import validation
from tests.backend.app import OPERATIONS, STEERING, Backend, Refused
from tests.backend.changes import defect
from tests.backend.defects.tools import endpoint
from tests.backend.store import Caller, Conversation, Store
from tests.backend.turns import Locked

BODIES = {
    "create_conversation": validation.CREATE,
    "update_conversation": validation.PATCH,
    "send_message": validation.MESSAGE,
    "open_stream": validation.MESSAGE,
}


def owner_of_path(store: Store, name: str) -> Caller:
    """The owner of the conversation that the path names, or someone of this name; in the path's workspace."""
    arguments = request.view_args or {}
    workspace = str(arguments["workspace"])
    found = store.find_conversation(workspace, str(arguments.get("conversation_id")))
    return Caller(found.author if found else name, workspace)


def conversation_of_path(store: Store) -> Conversation | None:
    """The conversation that the path names, whoever asks."""
    arguments = request.view_args or {}
    return store.find_conversation(str(arguments["workspace"]), str(arguments.get("conversation_id")))


class LetsIn(Backend):
    """Takes who should not come in for the owner of what they ask for."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        try:
            return super().authenticate(operation, authorization)
        except Refused:
            if not self.lets_in(operation, authorization):
                raise
            return owner_of_path(self.store, "anyone")

    def lets_in(self, operation: str, authorization: str) -> bool:
        raise NotImplementedError


def _register_for(open_operation: str) -> None:
    words = (
        open_operation.replace("_", " a ").replace("a conversations", "conversations").replace("a messages", "messages")
    )

    class NoTokenNeeded(LetsIn):
        def lets_in(self, operation: str, authorization: str) -> bool:
            return operation == open_operation

    class ForeignTokenAccepted(Backend):
        def authenticate(self, operation: str, authorization: str) -> Caller:
            caller = super().authenticate(operation, authorization)
            return owner_of_path(self.store, caller.name) if operation == open_operation else caller

    NoTokenNeeded.__doc__ = f"No token is needed to {words}."
    defect("AUT-1", name=f"no_token_needed_to_{open_operation}")(NoTokenNeeded)
    ForeignTokenAccepted.__doc__ = f"A token for another workspace is good enough to {words}."
    defect("AUT-2", name=f"foreign_token_may_{open_operation}")(ForeignTokenAccepted)


for _operation in OPERATIONS:
    _register_for(_operation)


@defect("AUT-1")
class AnyTokenAccepted(LetsIn):
    """Any bearer token is one."""

    def lets_in(self, operation: str, authorization: str) -> bool:
        return authorization.startswith("Bearer ") and not authorization.startswith("Bearer expired:")


@defect("AUT-1")
class BasicAccepted(LetsIn):
    """Basic authorization is good enough."""

    def lets_in(self, operation: str, authorization: str) -> bool:
        return authorization.startswith("Basic ")


@defect("AUT-1")
class EmptyTokenAccepted(LetsIn):
    """An empty bearer token is good enough."""

    def lets_in(self, operation: str, authorization: str) -> bool:
        return authorization.strip() == "Bearer"


@defect("AUT-1", "AUT-4")
class NoToken403(Backend):
    """Without a token every call is 403."""

    def unauthenticated(self, why: str) -> Refused:
        return Refused(403, "forbidden", why)


@defect("AUT-1")
class BodyJudgedBeforeToken(Backend):
    """An invalid body is 422, whoever sends it."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        if operation in BODIES:
            self.read(operation, BODIES[operation], required=operation != "create_conversation")
        return super().authenticate(operation, authorization)


@defect("AUT-1")
class ConversationLookedUpBeforeToken(Backend):
    """An unknown conversation is 404, whoever asks."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        arguments = request.view_args or {}
        wanted = arguments.get("conversation_id")
        if wanted is not None and self.store.find_conversation(arguments["workspace"], wanted) is None:
            raise Refused(404, "notFound", "There is no conversation with this id.")
        return super().authenticate(operation, authorization)


@defect("AUT-1")
class PageJudgedBeforeToken(Backend):
    """A page of 0 is 422, whoever asks."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        if operation.startswith("list_"):
            self.page_and_size()
        return super().authenticate(operation, authorization)


class StoresWhatItRefuses(Backend):
    """Stores the message of a caller who is refused."""

    def store_message(self) -> None:
        arguments = request.view_args or {}
        body = request.get_json(silent=True)
        found = self.store.find_conversation(arguments["workspace"], str(arguments.get("conversation_id")))
        if found and isinstance(body, dict) and endpoint() == "send_message":
            self.store.add_user_message(found, {"id": str(body.get("id")), "text": str(body.get("text"))})


@defect("AUT-1")
class MessageStoredWithoutToken(StoresWhatItRefuses):
    """A message without a token is 401, and stored."""

    def unauthenticated(self, why: str) -> Refused:
        self.store_message()
        return super().unauthenticated(why)


@defect("AUT-2")
class MessageStoredWithForeignToken(StoresWhatItRefuses):
    """A message with a token for another workspace is 403, and stored."""

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        if caller.workspace != workspace:
            self.store_message()
        super().admit(operation, caller, workspace)


@defect("AUT-1")
class StreamCancelledWithoutToken(Backend):
    """A cancel without a token is 401, and cancels."""

    def unauthenticated(self, why: str) -> Refused:
        arguments = request.view_args or {}
        found = self.store.find_conversation(arguments["workspace"], str(arguments.get("conversation_id")))
        if found and endpoint() == "cancel_stream":
            self.cancel_stream(found)
        return super().unauthenticated(why)


class FindsAnywhere(Backend):
    """Finds a conversation by its id alone, in some operations."""

    operations: tuple[str, ...] = tuple(OPERATIONS)

    def find(self, operation: str, caller: Caller, conversation_id: str) -> Conversation:
        select = "SELECT * FROM conversation WHERE id = ?"
        row = self.store.db.execute(select, (conversation_id,)).fetchone()
        found = self.store.read_conversation(row) if row and operation in self.operations else None
        foreign = found is not None and found.workspace != caller.workspace
        return found if found and foreign else super().find(operation, caller, conversation_id)


@defect("AUT-3")
class FoundThroughOtherWorkspaces(FindsAnywhere):
    """A conversation can be reached through the path of another workspace."""


@defect("AUT-3")
class ReadThroughOtherWorkspaces(FindsAnywhere):
    """The messages of a conversation can be read through the path of another workspace."""

    operations = ("list_messages",)


@defect("AUT-3")
class PatchedThroughOtherWorkspaces(FindsAnywhere):
    """A conversation can be patched through the path of another workspace."""

    operations = ("update_conversation",)


@defect("AUT-3")
class CancelledThroughOtherWorkspaces(FindsAnywhere):
    """A stream can be cancelled through the path of another workspace."""

    operations = ("cancel_stream",)


@defect("AUT-4")
class ExpiredTokenAccepted(Backend):
    """An expired token is as good as another."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        return super().authenticate(operation, authorization.replace("Bearer expired:", "Bearer ", 1))


@defect("AUT-4")
class ExpiredToken403(Backend):
    """An expired token is 403."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        if authorization.startswith("Bearer expired:"):
            raise Refused(403, "forbidden", "The token has expired.")
        return super().authenticate(operation, authorization)


@defect("AUT-4")
class SchemeNotNamed(Backend):
    """A 401 has no `WWW-Authenticate`."""

    def unauthenticated(self, why: str) -> Refused:
        return Refused(401, "unauthenticated", why)


@defect("AUT-4")
class AnotherSchemeNamed(Backend):
    """A 401 asks for `Basic`, so that a browser asks for a password."""

    def unauthenticated(self, why: str) -> Refused:
        return Refused(401, "unauthenticated", why, headers={"WWW-Authenticate": 'Basic realm="api"'})


# In part, or at one place only


@defect("AUT-2", "AUT-3")
class WorkspaceComparedByPrefix(Backend):
    """A path whose workspace only begins like the token's is open to it."""

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        if not workspace.startswith(caller.workspace):
            super().admit(operation, caller, workspace)


@defect("AUT-2")
class TokensKnownByTheirBeginning(Backend):
    """Once a token was good for a path, every token with the same first six characters is taken for it."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.known: dict[tuple[str, str], Caller] = {}

    def authenticate(self, operation: str, authorization: str) -> Caller:
        key = authorization[: len("Bearer ") + 6], str((request.view_args or {})["workspace"])
        if key not in self.known:
            caller = super().authenticate(operation, authorization)
            if caller.workspace != key[1]:
                return caller
            self.known[key] = caller
        return self.known[key]


@defect("AUT-4")
class ExpiredTokenMayOpenStream(ExpiredTokenAccepted):
    """An expired token is good enough to open a stream."""

    def authenticate(self, operation: str, authorization: str) -> Caller:
        if operation == "open_stream":
            return super().authenticate(operation, authorization)
        return Backend.authenticate(self, operation, authorization)


@defect("AUT-1")
class PatchedWithoutToken(Backend):
    """A patch without a token is 401, and applied."""

    def unauthenticated(self, why: str) -> Refused:
        body = request.get_json(silent=True)
        found = conversation_of_path(self.store)
        if found and isinstance(body, dict) and endpoint() == "update_conversation":
            self.store.set_steering(found, {name: body[name] for name in STEERING if name in body})
        return super().unauthenticated(why)


class ActsForForeigners(Backend):
    """Does something when a token for another workspace is refused."""

    def admit(self, operation: str, caller: Caller, workspace: str) -> None:
        found = conversation_of_path(self.store)
        if found and caller.workspace != workspace:
            self.act(operation, found)
        super().admit(operation, caller, workspace)

    def act(self, operation: str, conversation: Conversation) -> None:
        raise NotImplementedError


@defect("AUT-2")
class CancelledWithForeignToken(ActsForForeigners):
    """A cancel with a token for another workspace is 403, and cancels."""

    def act(self, operation: str, conversation: Conversation) -> None:
        if operation == "cancel_stream":
            self.cancel_stream(conversation)


@defect("AUT-2")
class ForeignStreamRequestKeepsTheLock(ActsForForeigners):
    """A stream with a token for another workspace is 403, and leaves the conversation locked."""

    def act(self, operation: str, conversation: Conversation) -> None:
        if operation == "open_stream":
            with suppress(Locked):
                self.turns.open_stream(conversation, "foreign")
