"""What the widget's channel keeps: conversations with their messages and used ids, counts for limits, and feedback.

SQLite with write-ahead logging in one folder, so that every server process of a host shares it. A conversation is
deleted whole when its time is over or its user says so. Feedback names nobody and no conversation: only a message of
a conversation that still exists knows which feedback is its own.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.channels.widget_types import Conversation, Feedback, Message, Picks, Turn

FILE = "widget.sqlite"
WINDOW_S = 60.0
KEPT = 200  # messages of one conversation; older ones are dropped, the ids that they came with stay used
_BUSY_S = 5.0  # how long a write waits for another process's
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, origin TEXT NOT NULL, expires REAL NOT NULL, last INTEGER NOT NULL DEFAULT 0,
    locale TEXT, cloud TEXT, slots TEXT NOT NULL DEFAULT '{}', busy TEXT, busy_until REAL);
CREATE INDEX IF NOT EXISTS conversations_expire ON conversations (expires);
CREATE TABLE IF NOT EXISTS messages (
    conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, seq INTEGER NOT NULL, request TEXT NOT NULL,
    sender TEXT NOT NULL, time REAL NOT NULL, text TEXT NOT NULL, custom TEXT, buttons TEXT, about TEXT,
    feedback INTEGER, PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, id TEXT NOT NULL, digest BLOB NOT NULL,
    done INTEGER NOT NULL, PRIMARY KEY (conversation, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hits (key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS hits_by_key ON hits (key, at);
CREATE INDEX IF NOT EXISTS hits_by_time ON hits (at);
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, helpful INTEGER NOT NULL, question TEXT NOT NULL,
    locale TEXT, cloud TEXT, status TEXT, confidence REAL, index_build TEXT);
CREATE TABLE IF NOT EXISTS feedback_passages (
    feedback INTEGER NOT NULL REFERENCES feedback ON DELETE CASCADE, rank INTEGER NOT NULL, article_id TEXT NOT NULL,
    anchor TEXT NOT NULL, locale TEXT NOT NULL, clouds TEXT NOT NULL, confidence REAL NOT NULL,
    PRIMARY KEY (feedback, rank)) WITHOUT ROWID;
"""


class WidgetStore:
    """The store in a folder, which is made where there is none. Any thread may use it; one at a time does.

    Raises sqlite3.Error and OSError where the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its side files the same mode
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def hit(self, limits: Sequence[tuple[str, int]], now: float) -> float:
        """Count an event under each key, where none has had its number in the last minute; else count nothing.

        Returns 0, or the seconds until there is room.
        """
        with self._transaction() as db:
            wait = max((_wait(db, key, most, now) for key, most in limits), default=0.0)
            if not wait:
                db.executemany("INSERT INTO hits VALUES (?, ?)", [(key, now) for key, _ in limits])
            return wait

    def begin(self, conversation: Conversation) -> None:
        """Keep a new conversation."""
        row = (conversation.id, conversation.origin, conversation.expires, *_picks(conversation.picks))
        with self._transaction() as db:
            db.execute("INSERT INTO conversations (id, origin, expires, locale, cloud) VALUES (?, ?, ?, ?, ?)", row)

    def find(self, conversation: str, now: float) -> Conversation | None:
        """The conversation, unless it is over."""
        with self._lock:
            row = self._db.execute("SELECT * FROM conversations WHERE id = ?", (conversation,)).fetchone()
        if row is None or row["expires"] <= now:
            return None
        busy = row["busy_until"] is not None and row["busy_until"] > now
        picks, slots = Picks(row["locale"], row["cloud"]), json.loads(row["slots"])
        return Conversation(row["id"], row["origin"], row["expires"], row["last"], picks, slots, busy)

    def forget(self, conversation: str) -> None:
        """Delete everything that was said in a conversation, and what is counted under it."""
        with self._transaction() as db:
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))
            db.execute("DELETE FROM hits WHERE key = ?", (conversation,))
        self._overwrite()

    def forget_old(self, now: float) -> None:
        """Delete the conversations whose time is over, and counts that no longer matter."""
        with self._transaction() as db:
            db.execute("DELETE FROM conversations WHERE expires <= ?", (now,))
            db.execute("DELETE FROM hits WHERE at <= ?", (now - WINDOW_S,))
        self._overwrite()

    def _overwrite(self) -> None:
        """Carry out what was written: until then deleted words still stand in the file or in the log beside it."""
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def messages(self, conversation: str, after: int) -> tuple[Message, ...]:
        """The messages after a number, in order."""
        with self._lock:
            return _messages(self._db, "conversation = ? AND seq > ?", (conversation, after))

    def begin_turn(
        self, conversation: str, request: str, digest: bytes, said: Message, *, now: float, until: float, most: int
    ) -> Turn | None:
        """Take a message up, or say what else becomes of it; an empty Turn where another's turn has to end first.

        `until`: when a turn that was never ended counts as broken off. `most`: messages a minute. None where the
        conversation is over.
        """
        with self._transaction() as db:
            row = db.execute("SELECT busy_until FROM conversations WHERE id = ?", (conversation,)).fetchone()
            if row is None:
                return None
            key = (conversation, request)
            known = db.execute("SELECT * FROM requests WHERE conversation = ? AND id = ?", key).fetchone()
            if known and known["digest"] != digest:
                return Turn(conflict=True)
            if known and known["done"]:
                return Turn(replay=_messages(db, "conversation = ? AND request = ?", key))
            if row["busy_until"] is not None and row["busy_until"] > now:
                return Turn()
            if not known:
                if wait := _wait(db, conversation, most, now):
                    return Turn(retry_after=wait)
                db.execute("INSERT INTO hits VALUES (?, ?)", (conversation, now))
                _append(db, conversation, request, [said])
                db.execute("INSERT INTO requests VALUES (?, ?, ?, 0)", (*key, digest))
            busy = (request, until, conversation)
            db.execute("UPDATE conversations SET busy = ?, busy_until = ? WHERE id = ?", busy)
        return Turn(begun=self.find(conversation, now))

    def end_turn(
        self, conversation: str, request: str, replies: Sequence[Message], slots: dict[str, Any], picks: Picks
    ) -> tuple[Message, ...] | None:
        """Keep the replies and what the assistant remembers; all messages of the turn, the user's too.

        None where the conversation was forgotten meanwhile, or the turn counted as broken off and another has it.
        """
        key = (conversation, request)
        with self._transaction() as db:
            row = db.execute("SELECT last FROM conversations WHERE id = ? AND busy = ?", key).fetchone()
            if row is None:
                return None
            _append(db, conversation, request, replies)
            db.execute("UPDATE requests SET done = 1 WHERE conversation = ? AND id = ?", key)
            values = (json.dumps(slots, ensure_ascii=False), *_picks(picks), conversation)
            changes = "busy = NULL, busy_until = NULL, slots = ?, locale = ?, cloud = ?"
            db.execute(f"UPDATE conversations SET {changes} WHERE id = ?", values)
            found = _messages(db, "conversation = ? AND request = ?", key)
            _drop_oldest(db, conversation)
            return found

    def break_off(self, conversation: str, request: str) -> None:
        """End a turn without an answer, so that the client's next try need not wait until it counts as broken off."""
        with self._transaction() as db:
            where = "WHERE id = ? AND busy = ?"
            db.execute(f"UPDATE conversations SET busy = NULL, busy_until = NULL {where}", (conversation, request))

    def rate(self, conversation: str, seq: int, feedback: Feedback) -> bool:
        """Keep feedback on a message, in the place of what was said of it before. False where there is no such one."""
        with self._transaction() as db:
            where = "WHERE conversation = ? AND seq = ? AND sender = 'guide'"
            row = db.execute(f"SELECT feedback FROM messages {where}", (conversation, seq)).fetchone()
            if row is None:
                return False
            db.execute("DELETE FROM feedback WHERE id = ?", (row["feedback"],))
            values = (feedback.time, feedback.helpful, feedback.question, feedback.locale, feedback.cloud)
            values += (feedback.status, feedback.confidence, feedback.index_build)
            kept = db.execute("INSERT INTO feedback VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", values).lastrowid
            passages = [
                (kept, rank, p.article_id, p.anchor, p.locale, ",".join(p.clouds), p.confidence)
                for rank, p in enumerate(feedback.passages, 1)
            ]
            db.executemany("INSERT INTO feedback_passages VALUES (?, ?, ?, ?, ?, ?, ?)", passages)
            db.execute(f"UPDATE messages SET feedback = ? {where}", (kept, conversation, seq))
            return True


def _wait(db: sqlite3.Connection, key: str, most: int, now: float) -> float:
    """The seconds until fewer than `most` events of a key lie within the last minute; 0 where that is so now."""
    db.execute("DELETE FROM hits WHERE key = ? AND at <= ?", (key, now - WINDOW_S))
    rows = db.execute("SELECT at FROM hits WHERE key = ? ORDER BY at DESC LIMIT 1 OFFSET ?", (key, max(most, 1) - 1))
    if most <= 0:
        return WINDOW_S
    row = rows.fetchone()
    return 0.0 if row is None else max(row["at"] + WINDOW_S - now, 0.001)


def _append(db: sqlite3.Connection, conversation: str, request: str, messages: Sequence[Message]) -> None:
    """Add messages to a conversation."""
    (last,) = db.execute("SELECT last FROM conversations WHERE id = ?", (conversation,)).fetchone()
    for message in messages:
        last += 1
        custom = None if message.custom is None else json.dumps(message.custom, ensure_ascii=False)
        buttons = json.dumps(message.buttons, ensure_ascii=False) if message.buttons else None
        values = (conversation, last, request, message.sender, message.time, message.text, custom, buttons)
        db.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", (*values, message.about))
    db.execute("UPDATE conversations SET last = ? WHERE id = ?", (last, conversation))


def _drop_oldest(db: sqlite3.Connection, conversation: str) -> None:
    """Keep the last messages of a conversation, so that none grows without end."""
    old = "(SELECT last FROM conversations WHERE id = :id) - :kept"
    values = {"id": conversation, "kept": KEPT}
    db.execute(f"DELETE FROM messages WHERE conversation = :id AND seq <= {old}", values)


def _messages(db: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> tuple[Message, ...]:
    rows = db.execute(f"SELECT * FROM messages WHERE {where} ORDER BY seq", values).fetchall()
    return tuple(
        Message(
            sender=row["sender"],
            time=row["time"],
            text=row["text"],
            custom=json.loads(row["custom"]) if row["custom"] else None,
            buttons=tuple((title, payload) for title, payload in json.loads(row["buttons"] or "[]")),
            about=row["about"],
            seq=row["seq"],
        )
        for row in rows
    )


def _picks(picks: Picks) -> tuple[str | None, str | None]:
    return picks.locale, picks.cloud
