"""The server as a library: `create_app`, the background server, what a shutdown keeps."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver import Settings, create_app
from mockserver.rules.values import Owner
from mockserver.server import BackgroundServer, CannotListen, open_socket

from .server.given import listed, wait_until


@pytest.mark.clause("CAN-3")
def test_a_shutdown_ends_streams_and_keeps_what_they_produced() -> None:
    """The client sees the stream close; the store has the part that it got."""
    app = create_app(Settings(port=0, check_answers=True, tokens_per_second=20, first_token_ms=10))
    with BackgroundServer(app) as server:
        client = Client(server.url, token="alice@demo", workspace_id="demo")
        conversation = client.create_conversation().json()["id"]
        stream = client.open_stream(conversation, new_message("Tell me a long story"))
        assert stream.wait_for_deltas(2)
    received = stream.text
    stream.close()
    client.close()
    page = asyncio.run(app.store.list_messages(Owner("demo", "alice"), conversation, 1, 20))
    assert [message.source.value for message in page.elements] == ["user", "assistant"]
    assert page.elements[1].text.startswith(received)
    assert received


def test_a_message_in_flight_gets_its_whole_reply_at_a_shutdown() -> None:
    """A pause is cut short rather than an answer lost."""
    app = create_app(Settings(port=0, check_answers=True, first_token_ms=60_000))
    with BackgroundServer(app) as server:
        client = Client(server.url, token="alice@demo", workspace_id="demo")
        conversation = client.create_conversation().json()["id"]
        answers: list[Any] = []

        async def send() -> None:
            async with httpx.AsyncClient() as sender:
                url = f"{server.url}/api/v1/workspaces/demo/conversations/{conversation}/messages"
                headers = {"Authorization": "Bearer alice@demo"}
                call = asyncio.create_task(sender.post(url, json=new_message("Hi"), headers=headers, timeout=20))
                assert await asyncio.to_thread(wait_until, lambda: bool(listed(client, conversation)), 10)
                server.stop_soon()
                answers.append(await call)

        asyncio.run(send())
        client.close()
    assert answers[0].status_code == 200
    assert answers[0].json()["source"] == "assistant"


def test_a_reset_brings_back_a_fresh_server() -> None:
    """What was made is gone, what was there at the start is back."""
    with BackgroundServer(
        create_app(Settings(port=0, check_answers=True, demo_conversations=3, speed="instant"))
    ) as server:
        client = Client(server.url, token=server.token(), workspace_id="demo")
        fresh = client.list_conversations().body
        client.send_message(client.create_conversation().json()["id"], new_message("Hi"))
        assert client.list_conversations().body != fresh
        server.reset()
        assert client.list_conversations().body == fresh
        client.close()


def test_the_application_runs_under_any_asgi_server() -> None:
    """`create_app()` needs no lifespan: the first request is answered."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(Settings(empty=True)))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            return await client.get("/healthz")

    assert asyncio.run(ask()).json() == {"status": "ok"}


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    """It says which, and what to do."""
    with pytest.raises(CannotListen, match=r"203\.0\.113\.7:0.*--host"):
        open_socket("203.0.113.7", 0)


def test_the_fixture_gives_a_fresh_server_to_each_test(pytester: pytest.Pytester) -> None:
    """`mock_server` comes with the package, for teams that test Python clients, also where warnings are errors."""
    pytester.makepyfile(
        """
        import httpx, pytest

        @pytest.mark.parametrize("n", [1, 2])
        def test_starts_with_the_demo_data(mock_server, n):
            url = f"{mock_server.url}/api/v1/workspaces/demo/conversations"
            headers = {"Authorization": f"Bearer {mock_server.token()}"}
            assert httpx.get(url, headers=headers).json()["page"]["totalElements"] == 137
            assert httpx.post(url, headers=headers).status_code == 201
        """
    )
    pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider").assert_outcomes(passed=2)
