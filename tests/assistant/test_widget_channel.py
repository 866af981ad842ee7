"""The widget's channel over real HTTP: sessions, messages once and in order, buttons, choices, feedback, forgetting."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from conftest import Server
from widget_client import DISPUTES, LISTED, Client

from bot.engine import Engine
from bot.locales import get_texts, supported


def rows(state: Path, query: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(state / "widget.sqlite")) as db:
        return db.execute(query, values).fetchall()


def test_a_session_ends_after_a_day(server: Server) -> None:
    reply = Client(server.url).call("POST", "/session", {})
    assert set(reply.json()) == {"token", "conversation", "expires"}
    expires = datetime.fromisoformat(reply.json()["expires"].replace("Z", "+00:00"))
    assert abs(expires - datetime.now(timezone.utc) - timedelta(hours=24)) < timedelta(minutes=2)
    assert reply.headers["cache-control"] == "no-store"
    assert "set-cookie" not in reply.headers


def test_an_answer_is_what_the_rest_channel_gives(client: Client, server: Server) -> None:
    (answer,) = client.say(DISPUTES, locale="en-US", cloud=None)
    (rest,) = server.say(str(uuid.uuid4()), DISPUTES, locale="en-US")
    assert set(answer) == {"seq", "from", "time", "text", "custom", "buttons"}
    assert answer["text"] == rest["text"]
    without_times = [{k: v for k, v in m["custom"].items() if k != "timings_ms"} for m in (answer, rest)]
    assert without_times[0] == without_times[1]
    assert [b["title"] for b in answer["buttons"]] == [b["title"] for b in rest["buttons"]]


def test_messages_are_numbered_and_come_again_after_a_reload(client: Client) -> None:
    assert client.messages() == {"messages": [], "last": 0, "pending": False}
    client.say("hello")
    client.say(DISPUTES)
    found = client.messages()
    assert [(m["seq"], m["from"]) for m in found["messages"]] == [(1, "user"), (2, "guide"), (3, "user"), (4, "guide")]
    assert (found["last"], found["pending"]) == (4, False)
    assert [m["text"] for m in found["messages"][:3]] == ["hello", get_texts("en-US")("chat.greet"), DISPUTES]
    assert client.messages(after=3)["messages"] == found["messages"][3:]
    assert client.messages(after=4) == {"messages": [], "last": 4, "pending": False}
    assert client.messages(after=999) == {"messages": [], "last": 4, "pending": False}


def test_the_same_id_runs_once(client: Client) -> None:
    name = str(uuid.uuid4())
    first = client.send(DISPUTES, name)
    again = client.send(DISPUTES, name)
    assert (again.status_code, again.json()) == (200, first.json())
    assert client.messages()["last"] == 2
    other = client.send("Something else?", name)
    assert (other.status_code, other.json()["error"]) == (409, "replayed")
    assert client.messages()["last"] == 2


def test_a_retry_while_the_first_try_runs_gets_its_answer(client: Client) -> None:
    name, replies = str(uuid.uuid4()), []
    threads = [threading.Thread(target=lambda: replies.append(client.send(DISPUTES, name).json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4 and all(reply == replies[0] for reply in replies)
    assert client.messages()["last"] == 2


@pytest.mark.parametrize("seconds", [0.0001, 0.0003, 0.001, 0.002, 0.004])
def test_an_answer_is_there_for_who_went_away(client: Client, seconds: float) -> None:
    """Whoever asked goes away at this moment of the turn or that: while it is taken up, or while it runs."""
    body = {"id": str(uuid.uuid4()), "text": DISPUTES}
    headers = {"Origin": client.origin, "Authorization": f"Bearer {client.token}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{client.url}/webhooks/widget/message", json=body, headers=headers, timeout=httpx.Timeout(5, read=seconds)
        )
    replies = client.send(DISPUTES, body["id"]).json()["messages"]
    assert [(m["seq"], m["from"]) for m in replies] == [(1, "user"), (2, "guide")]


def test_messages_of_one_conversation_do_not_overlap(client: Client) -> None:
    questions = [f"How do I suspend subscription number {n}?" for n in range(4)]
    threads = [threading.Thread(target=client.send, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = client.messages()["messages"]
    assert [m["from"] for m in found] == ["user", "guide"] * 4
    assert sorted(m["text"] for m in found[::2]) == questions


def test_a_turn_that_was_broken_off_is_waited_for_and_then_run_again(client: Client, state: Path) -> None:
    client.say("hello")
    with closing(sqlite3.connect(state / "widget.sqlite")) as db, db:
        busy = ("another", time.time() + 1.5, client.conversation)
        db.execute("UPDATE conversations SET busy = ?, busy_until = ? WHERE id = ?", busy)
    assert client.messages()["pending"] is True
    started = time.monotonic()
    assert client.say(DISPUTES)[0]["seq"] == 4
    assert time.monotonic() - started > 0.5
    assert client.messages()["pending"] is False


def test_a_button_answers_again_for_its_cloud(client: Client) -> None:
    (answer,) = client.say(DISPUTES)
    assert answer["custom"]["ask_cloud"] is True
    title = get_texts("en-US")("clouds.21vianet")
    value = next(b["value"] for b in answer["buttons"] if b["title"] == title)
    chosen, again = client.press(value)
    assert chosen["custom"] == {"locale": "en-US", "chosen_cloud": "21vianet"}
    assert (again["custom"]["cloud"], len(again["custom"]["answers"])) == ("21vianet", 1)
    assert client.messages()["messages"][2]["text"] == title  # what was pressed, in words


def test_what_is_chosen_last_counts_in_the_widget_or_in_words(client: Client) -> None:
    question = "How do I suspend a subscription?"
    assert client.say(question, locale=None, cloud="germany")[0]["custom"]["cloud"] == "germany"
    client.say("I'm on US Government", locale=None, cloud="germany")
    assert client.say(question, locale=None, cloud="germany")[0]["custom"]["cloud"] == "us-government"
    assert client.say(question, locale=None, cloud="21vianet")[0]["custom"]["cloud"] == "21vianet"
    assert client.say(question, locale=None, cloud="all")[0]["custom"]["cloud"] is None
    assert client.say(question, locale="fr-FR", cloud="all")[0]["custom"]["locale"] == "fr-FR"
    assert client.say("responde en español", locale="fr-FR", cloud="all")[0]["custom"]["locale"] == "es-ES"
    assert client.say(question, locale="fr-FR", cloud="all")[0]["custom"]["locale"] == "es-ES"
    assert client.say(question, locale="de-DE", cloud="all")[0]["custom"]["locale"] == "de-DE"


def test_the_page_s_choices_hold_from_the_first_message(server: Server) -> None:
    client = Client(server.url).begin(locale="zh-CN", cloud="21vianet")
    (answer,) = client.say("SLA?")
    assert (answer["custom"]["locale"], answer["custom"]["cloud"]) == ("zh-CN", "21vianet")


def test_any_server_process_goes_on_with_a_conversation(server: Server, strict: Server) -> None:
    here = Client(strict.url, origin=LISTED).begin(locale="en-US")
    (answer,) = here.say(DISPUTES)
    there = Client(server.url, origin=None, token=here.token, conversation=here.conversation)
    assert there.messages()["last"] == 2
    value = next(b["value"] for b in answer["buttons"] if b["title"] == get_texts("en-US")("clouds.germany"))
    assert here.press(value)[0]["custom"]["chosen_cloud"] == "germany"
    assert there.messages(after=2)["messages"][0]["text"] == get_texts("en-US")("clouds.germany")


def test_feedback_is_kept_with_what_it_is_about_and_without_who(client: Client, state: Path, samples: Engine) -> None:
    question = f"Who handles billing disputes? {uuid.uuid4().hex[:8]}"
    (answer,) = client.say(question, cloud="21vianet")
    cited = answer["custom"]["answers"][0]["citation"]
    for helpful in (True, False):
        assert client.call("POST", "/feedback", {"seq": answer["seq"], "helpful": helpful}).status_code == 204
    kept = "id, helpful, locale, cloud, status, confidence, index_build"
    (row,) = rows(state, f"SELECT {kept} FROM feedback WHERE question = ?", question)
    custom = answer["custom"]
    assert row[1:] == (0, "en-US", "21vianet", "answered", custom["confidence"], samples.index.build)
    columns = "rank, article_id, anchor, locale, clouds, confidence"
    passages = rows(state, f"SELECT {columns} FROM feedback_passages WHERE feedback = ?", row[0])
    confidence = custom["answers"][0]["confidence"]
    assert passages == [(1, cited["article_id"], cited["anchor"], "en-US", "21vianet", confidence)]
    everything = rows(state, "SELECT * FROM feedback") + rows(state, "SELECT * FROM feedback_passages")
    assert client.conversation not in repr(everything)


def test_feedback_on_a_pressed_button_is_about_the_question(client: Client, state: Path) -> None:
    question = f"{DISPUTES} {uuid.uuid4().hex[:8]}"
    (answer,) = client.say(question)
    answer = client.press(answer["buttons"][0]["value"])[-1]
    assert client.call("POST", "/feedback", {"seq": answer["seq"], "helpful": True}).status_code == 204
    assert rows(state, "SELECT helpful FROM feedback WHERE question = ?", question) == [(1,)]


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_feedback_is_on_answers_only(seq: int, client: Client) -> None:
    client.say("hello")  # 1 is the user's, 2 small talk, 3 not there
    assert client.call("POST", "/feedback", {"seq": seq, "helpful": True}).status_code == 404


def test_a_conversation_is_forgotten(client: Client, state: Path) -> None:
    words = f"Who handles billing disputes {uuid.uuid4().hex}?"
    client.say(words)
    assert rows(state, "SELECT count(*) FROM messages WHERE conversation = ?", client.conversation) == [(2,)]
    assert client.call("DELETE", "/conversation").status_code == 204
    for table, column in (("conversations", "id"), ("messages", "conversation"), ("requests", "conversation")):
        assert rows(state, f"SELECT count(*) FROM {table} WHERE {column} = ?", client.conversation) == [(0,)]
    for method, path in (("GET", "/messages"), ("DELETE", "/conversation")):
        assert client.call(method, path).status_code == 401
    assert client.send("hello").status_code == 401
    assert not any(words.encode() in path.read_bytes() for path in state.glob("widget.sqlite*"))


def test_a_conversation_whose_time_is_over_is_gone(client: Client, state: Path) -> None:
    client.say("hello")
    with closing(sqlite3.connect(state / "widget.sqlite")) as db, db:
        db.execute("UPDATE conversations SET expires = 1 WHERE id = ?", (client.conversation,))
    assert client.call("GET", "/messages").json() == {
        "error": "token",
        "message": "This conversation has ended. Please start a new one.",
    }


def test_the_store_and_the_secret_are_their_owner_s_alone(client: Client, state: Path) -> None:
    assert state.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o077 for p in state.iterdir()} == {p.name: 0 for p in state.iterdir()}
    assert len((state / "widget.secret").read_text()) == 64


@pytest.mark.parametrize("locale", supported())
def test_refusals_are_in_the_conversation_s_language(locale: str, server: Server) -> None:
    texts = get_texts(locale)
    client = Client(server.url).begin(locale=locale)
    assert client.send("/greet").json() == {"error": "intent", "message": texts("widget.errors.intent")}
    assert client.send(" ").json() == {"error": "empty", "message": texts("chat.empty")}
    assert client.send("x" * 2001).json() == {"error": "too_long", "message": texts("chat.too_long", limit=2000)}
    client.token = None
    refusal = client.call("GET", "/messages", Accept_Language=f"xx, {locale};q=0.9, en;q=0.5").json()
    assert refusal == {"error": "token", "message": texts("widget.errors.token")}


def test_the_search_is_the_engine_s(server: Server) -> None:
    listing = server.call("/guide/search?text=billing%20disputes&locale=en-US&cloud=21vianet&limit=3").json()
    assert listing["locale"] == "en-US" and len(listing["hits"]) == 3
    (answer,) = Client(server.url).begin().say("billing disputes", locale="en-US", cloud="21vianet")
    best, cited = listing["hits"][0], answer["custom"]["answers"][0]
    assert (best["article_id"], best["anchor"]) == (cited["citation"]["article_id"], cited["citation"]["anchor"])
    assert best["quote"] == cited["quote"] and best["clouds"] == ["21vianet"] and best["answers"] is True
    assert [label["id"] for label in best["labels"]] == [label["id"] for label in cited["labels"]]
    assert (
        server.call(
            "/guide/search", {"text": "billing disputes", "locale": "en-US", "cloud": "21vianet", "limit": 3}
        ).json()["hits"]
        == listing["hits"]
    )


def test_the_search_is_limited_to_languages_and_names_each_section_once(server: Server) -> None:
    body = {"text": "billing disputes", "locale": "en-US", "limit": 50}
    hits = server.call("/guide/search", {**body, "languages": ["pt-BR", "es"]}).json()["hits"]
    assert {hit["locale"] for hit in hits} == {"pt-BR", "es-ES"}
    every = server.call("/guide/search", body).json()["hits"]
    names = [(h["article_id"], h["anchor"], tuple(h["clouds"])) for h in every]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("", 400, "malformed"),
        ("?text=%20", 400, "empty"),
        ("?text=x&cloud=moon", 400, "malformed"),
        ("?text=x&limit=0", 400, "malformed"),
        ("?text=x&limit=-1", 400, "malformed"),
        ("?text=x&languages=tlh", 400, "malformed"),
        ("?text=" + "x" * 2001, 413, "too_long"),
    ],
)
def test_what_is_no_search_is_refused(query: str, status: int, error: str, server: Server) -> None:
    reply = server.call(f"/guide/search{query}")
    assert (reply.status, reply.json()["error"]) == (status, error)
