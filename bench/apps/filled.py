"""This mock with a small and a big collection, put in through its store's own interface before it serves.

    python -m bench.apps.filled PORT SMALL BIG

The workspace `small` has as many conversations as SMALL says, `big` as BIG; in the workspace `messages` the
conversations `small` and `big` have as many messages. All belong to the caller `demo`.
"""

from __future__ import annotations

import gc
import sys
from datetime import datetime, timedelta

from mockserver import MockServer, Settings, create_app
from mockserver.rules.values import Conversation, Message, Owner, Source, Steering
from mockserver.server import open_socket, serve

_BEGIN = datetime(2020, 1, 1)
_STEP = timedelta(seconds=1)
_STEERING = Steering()


def fill(app: MockServer, small: int, big: int) -> None:
    """Put the collections in."""
    for name, count in (("small", small), ("big", big)):
        owner = Owner(name, "demo")
        for number in range(count):
            app.store.insert(_conversation(f"conversation-{number:08d}", owner, number), ())
        messages = [
            Message(
                f"message-{number:08d}",
                "How about Risen for you?",
                Source.ASSISTANT if number % 2 else Source.USER,
                _BEGIN + number * _STEP,
            )
            for number in range(count)
        ]
        app.store.insert(_conversation(name, Owner("messages", "demo"), count), messages)


def _conversation(conversation_id: str, owner: Owner, number: int) -> Conversation:
    return Conversation(conversation_id, owner, _BEGIN + number * _STEP, "gpt-4", 42, _STEERING)


if __name__ == "__main__":
    gc.disable()  # millions of objects are made, none of them is garbage
    application = create_app(Settings(empty=True, speed="instant"))
    fill(application, int(sys.argv[2]), int(sys.argv[3]))
    gc.enable()
    serve(application, open_socket("127.0.0.1", int(sys.argv[1])), on_ready=lambda: None)
