"""Conversations and messages in a SQLite file.

What clients send is kept as JSON text: SQLite takes no lone surrogates and no integers beyond 64 bits, JSON does.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS conversation (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, workspace TEXT, author TEXT, created_at REAL,
    model_name TEXT, steering TEXT);
CREATE INDEX IF NOT EXISTS of_author ON conversation (workspace, author, created_at);
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT, id TEXT, text TEXT, source TEXT, created_at REAL,
    answers TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS client_id ON message (conversation, id) WHERE source = 'user';
CREATE UNIQUE INDEX IF NOT EXISTS one_reply ON message (conversation, answers);
"""
INSERT_CONVERSATION = """
INSERT INTO conversation (id, workspace, author, created_at, model_name, steering) VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_MESSAGE = """
INSERT OR IGNORE INTO message (conversation, id, text, source, created_at, answers) VALUES (?, ?, ?, ?, ?, ?)
"""


class Caller(NamedTuple):
    """Who calls, after their token."""

    name: str
    workspace: str


@dataclass(frozen=True)
class Conversation:
    """A row of `conversation`. The steering has `personality`, `brandVoiceId` and `targetAudienceId`, where set."""

    id: str
    workspace: str
    author: str
    created_at: float
    model_name: str | None
    steering: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """A row of `message`."""

    id: str
    text: str
    source: str
    created_at: float


class Store:
    """The database. Each thread has a connection of its own; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self.db.executescript(SCHEMA)

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        if not hasattr(self._local, "db"):
            self._local.db = sqlite3.connect(self._path, timeout=20, isolation_level="IMMEDIATE")
            self._local.db.row_factory = sqlite3.Row
            self._local.db.execute("PRAGMA synchronous = NORMAL")  # safe with WAL, and spares a sync at each commit
        connection: sqlite3.Connection = self._local.db
        return connection

    # Conversations

    def new_id(self) -> str:
        """The id of a new conversation or reply."""
        return str(uuid.uuid4())

    def add_conversation(self, caller: Caller, steering: Mapping[str, Any], model_name: str | None) -> Conversation:
        """CRE-1: a new one at each call."""
        made = Conversation(self.new_id(), caller.workspace, caller.name, time.time(), model_name, dict(steering))
        row = (made.id, made.workspace, made.author, made.created_at, model_name, json.dumps(made.steering))
        with self.db as db:
            db.execute(INSERT_CONVERSATION, row)
        return made

    def find_conversation(self, workspace: str, conversation_id: str) -> Conversation | None:
        """The conversation of this id, in this workspace only (AUT-3)."""
        select = "SELECT * FROM conversation WHERE workspace = ? AND id = ?"
        row = self.db.execute(select, (workspace, conversation_id)).fetchone()
        return self.read_conversation(row) if row else None

    def list_conversations(self, caller: Caller, offset: int, limit: int) -> tuple[int, list[Conversation]]:
        """How many the caller has, and some of them: newest first, ties in the order of their making."""
        rows = "FROM conversation WHERE workspace = ? AND author = ?"
        total, found = self.cut(rows, (caller.workspace, caller.name), "created_at DESC, number DESC", offset, limit)
        return total, [self.read_conversation(row) for row in found]

    def set_steering(self, conversation: Conversation, changes: Mapping[str, Any]) -> None:
        """A value replaces, null clears, what is not there stays (PAT-3 to PAT-5)."""
        with self.db as db:
            db.execute("BEGIN IMMEDIATE")
            select = "SELECT steering FROM conversation WHERE id = ?"
            now = json.loads(db.execute(select, (conversation.id,)).fetchone()["steering"]) | dict(changes)
            kept = json.dumps({name: value for name, value in now.items() if value is not None})
            db.execute("UPDATE conversation SET steering = ? WHERE id = ?", (kept, conversation.id))

    # Messages

    def add_user_message(self, conversation: Conversation, message: Mapping[str, Any]) -> None:
        """Store it as the client sent it; once, when a turn that failed is tried again."""
        self.insert_message(conversation, message["id"], message["text"], "user")

    def add_reply(self, conversation: Conversation, message_id: str, text: str) -> Message:
        """Store the reply to a message. The first one stays."""
        self.insert_message(conversation, self.new_id(), text, "assistant", answers=message_id)
        reply = self.reply_to(conversation, message_id)
        assert reply
        return reply

    def insert_message(
        self, conversation: Conversation, message_id: str, text: str, source: str, *, answers: str | None = None
    ) -> None:
        """Add a row, unless the unique indexes know it."""
        answered = None if answers is None else json.dumps(answers)
        row = (conversation.id, json.dumps(message_id), json.dumps(text), source, time.time(), answered)
        with self.db as db:
            db.execute(INSERT_MESSAGE, row)

    def reply_to(self, conversation: Conversation, message_id: str) -> Message | None:
        """The reply that this message got, wherever it was given (IDM-5, IDM-6)."""
        select = "SELECT * FROM message WHERE conversation = ? AND answers = ?"
        row = self.db.execute(select, (conversation.id, json.dumps(message_id))).fetchone()
        return self.read_message(row) if row else None

    def list_messages(self, conversation: Conversation, offset: int, limit: int) -> tuple[int, list[Message]]:
        """How many there are, and some of them: oldest first."""
        rows = "FROM message WHERE conversation = ?"
        total, found = self.cut(rows, (conversation.id,), "number", offset, limit)
        return total, [self.read_message(row) for row in found]

    def history(self, conversation: Conversation, context_size: int) -> list[str]:
        """What the model may read: the newest texts, as many as fit, the oldest of them first."""
        select = "SELECT text FROM message WHERE conversation = ? ORDER BY number DESC"
        texts: list[str] = []
        for row in self.db.execute(select, (conversation.id,)):
            text = json.loads(row["text"])
            context_size -= len(text.split())
            if context_size < 0:
                break
            texts.insert(0, text)
        return texts

    # Rows

    def cut(self, rows: str, args: tuple[str, ...], order: str, offset: int, limit: int) -> tuple[int, list[Any]]:
        """The count and a slice of some rows, both at one instant: a read transaction sees no writer."""
        with self.db as db:
            db.execute("BEGIN")
            total: int = db.execute(f"SELECT count(*) {rows}", args).fetchone()[0]
            if offset >= total:  # which spares SQLite integers that it cannot hold
                return total, []
            return total, db.execute(f"SELECT * {rows} ORDER BY {order} LIMIT {limit} OFFSET {offset}", args).fetchall()

    def read_conversation(self, row: sqlite3.Row) -> Conversation:
        """A row as a value."""
        _, conversation_id, workspace, author, created_at, model_name, steering = row
        return Conversation(conversation_id, workspace, author, created_at, model_name, json.loads(steering))

    def read_message(self, row: sqlite3.Row) -> Message:
        """A row as a value."""
        return Message(json.loads(row["id"]), json.loads(row["text"]), row["source"], row["created_at"])
