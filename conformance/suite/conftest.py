"""The fixtures of the clauses' tests."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from conformance.client import Client, new_message
from conformance.expect import expect_conversation, expect_status
from conformance.stream import ENDED, Stream
from conformance.suite.given import LONG_PROMPT, SHORT_PROMPT, Turn
from conformance.verdict import NoAnswer, Unverified


@pytest.fixture
def turn(api: Client, conversation: dict[str, Any]) -> Turn:
    """A fresh conversation with one turn, answered at `/messages`."""
    message = new_message(SHORT_PROMPT)
    return Turn(conversation["id"], message, api.send_message(conversation["id"], message))


@pytest.fixture(scope="module")
def finished_stream(api: Client) -> Iterator[Stream]:
    """A stream that ran to its end, the first turn of its conversation. One for all tests of a file: replies cost."""
    conversation = expect_conversation("CRE-1", api.create_conversation({}))
    with api.open_stream(conversation["id"], new_message(SHORT_PROMPT)) as stream:
        expect_status("STR-1", stream.exchange, 200)
        stream.wait_until_ended()
        if stream.ending != ENDED:
            raise Unverified(f"the stream did not run to its end: {stream.ending}")
        yield stream


@pytest.fixture
def long_streams(api: Client) -> Iterator[Iterator[Stream]]:
    """Up to three tries at an active stream: its first delta has come, its end has not.

    For a test that needs the stream to be active still when something else happens: it leaves the loop once it
    was. Each try is in a fresh conversation and asks for a longer reply; after the last comes `Unverified`.
    """
    with ExitStack() as opened:
        yield _long_streams(api, opened)


def _long_streams(api: Client, opened: ExitStack) -> Iterator[Stream]:
    for words in (400, 800, 1200):
        conversation = expect_conversation("CRE-1", api.create_conversation({}))
        message = new_message(LONG_PROMPT.format(words=words))
        stream = opened.enter_context(api.open_stream(conversation["id"], message))
        opened.callback(_abandon, api, stream)
        expect_status("STR-1", stream.exchange, 200)
        if stream.wait_for_deltas(1) and stream.ending is None:
            yield stream
    raise Unverified("of three streams none was active long enough: too short, too fast, or without a readable delta")


def _abandon(api: Client, stream: Stream) -> None:
    """Spare the backend the rest of a long reply that nobody will read."""
    if stream.ending is None:
        with suppress(NoAnswer, Unverified):
            api.cancel_stream(stream.conversation_id)
