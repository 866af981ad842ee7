"""The widget's secret, what is signed with it, whom the limits count, and the settings of all that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from sanic.compat import Header

from bot.channels.guarding import client_address
from bot.channels.widget_store import WINDOW_S, WidgetStore
from bot.channels.widget_tokens import Press, Signer, Token, load_secret
from bot.errors import SettingsError
from bot.settings import WidgetSettings, load_settings

SECRET = b"0123456789abcdef"


def test_the_secret_is_the_environment_s_else_a_file_made_once(tmp_path: Path) -> None:
    assert load_secret(tmp_path, {"GUIDE_WIDGET_SECRET": "a secret of some length"}) == b"a secret of some length"
    assert list(tmp_path.iterdir()) == []
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_secret(tmp_path, {}), range(32)))
    assert len(made) == 1 and len(made.pop()) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["widget.secret"]
    assert (tmp_path / "widget.secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has fewer than 16 bytes. Make one: openssl rand -hex 32"):
        load_secret(tmp_path, {"GUIDE_WIDGET_SECRET": "secret"})
    (tmp_path / "widget.secret").write_text("")
    with pytest.raises(SettingsError, match="does not hold a secret. Delete it"):
        load_secret(tmp_path, {})


def test_a_token_lives_until_its_second() -> None:
    signer = Signer(SECRET)
    text = signer.token(Token("c", 100))
    assert signer.read_token(text, 99.9) == Token("c", 100)
    assert signer.read_token(text, 100.0) is None
    assert Signer(b"another secret..").read_token(text, 0) is None


def test_every_bit_of_a_signed_value_counts() -> None:
    signer, press = Signer(SECRET), Press('/choose_cloud{"cloud": "germany"}', "Deutschland ☁")
    value = signer.button("c", press)
    assert signer.read_button("c", value) == press
    assert signer.read_button("d", value) is None
    for i, character in enumerate(value):
        for other in ("A" if character != "A" else "B", "=", "\x00", "é"):
            assert signer.read_button("c", value[:i] + other + value[i + 1 :]) is None
    assert signer.read_token(value, 0) is None


def test_what_a_value_is_bound_to_cannot_run_into_the_value() -> None:
    signer = Signer(SECRET)
    one, two = signer.button("ab", Press("/x", "y")), signer.button("a", Press("/x", "y"))
    assert one.partition(".")[0] == two.partition(".")[0] and one != two
    assert signer.alias("address", "1") != signer.alias("another", "1")


@pytest.mark.parametrize(
    ("passed", "proxies", "counted"),
    [
        ([], 0, "192.0.2.1"),
        (["198.51.100.7"], 0, "192.0.2.1"),  # nobody is believed
        (["198.51.100.7"], 1, "198.51.100.7"),
        (["203.0.113.5, 198.51.100.7"], 1, "198.51.100.7"),  # what the client itself says counts for nothing
        (["203.0.113.5", "198.51.100.7"], 1, "198.51.100.7"),
        (["203.0.113.5, 198.51.100.7, 10.0.0.1"], 2, "198.51.100.7"),
        (["198.51.100.7"], 2, "192.0.2.1"),
        ([], 1, "192.0.2.1"),
        (["nonsense"], 1, "192.0.2.1"),
        (["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::/64"),
        (["::ffff:198.51.100.7"], 1, "198.51.100.7"),
    ],
)
def test_the_address_that_counts(passed: list[str], proxies: int, counted: str) -> None:
    request = SimpleNamespace(ip="192.0.2.1", headers=Header([("x-forwarded-for", value) for value in passed]))
    assert client_address(request, WidgetSettings(proxies=proxies)) == counted


def test_a_limit_holds_for_any_minute(tmp_path: Path) -> None:
    store = WidgetStore(tmp_path)
    assert [store.hit([("a", 2)], now) for now in (0.0, 10.0)] == [0, 0]
    assert store.hit([("a", 2)], 20.0) == WINDOW_S - 20
    assert store.hit([("a", 2), ("b", 9)], 59.0) == 1  # and nothing is counted of what is refused
    assert store.hit([("a", 2)], 60.0) == 0
    assert store.hit([("a", 2)], 60.5) == 9.5
    assert store.hit([("b", 1)], 60.5) == 0
    assert store.hit([("c", 0)], 60.5) == WINDOW_S
    store.close()


def test_the_widget_s_settings(tmp_path: Path) -> None:
    path = tmp_path / "guide.yml"
    path.write_text("widget:\n  origins: ['https://Help.example.com:443', 'http://a.example:8080']\n  proxies: 1\n")
    assert load_settings(path, {}).widget.origins == ("https://help.example.com", "http://a.example:8080")
    assert (load_settings(path, {}).state, load_settings(path, {}).widget.proxies) == (tmp_path / "state", 1)
    changed = load_settings(path, {"GUIDE_WIDGET_ORIGINS": "https://x.example, https://y.example", "GUIDE_STATE": "/s"})
    assert changed.widget.origins == ("https://x.example", "https://y.example")
    assert changed.state == Path("/s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("widget: {origins: ['*']}", "an origin is scheme://host or scheme://host:port, no more."),
        ("widget: {origins: ['https://*.example.com']}", "an origin is"),
        ("widget: {origins: ['https://example.com/help']}", "an origin is"),
        ("widget: {origins: ['null']}", "an origin is"),
        ("widget: {origins: [example.com]}", "an origin is"),
        ("widget: {orgins: []}", "unknown setting widget.orgins. Known: "),
        ("widget: {max_body: -1}", "widget.max_body must not be negative."),
        ("widget: {messages_per_minute: many}", "invalid literal"),
    ],
)
def test_settings_that_cannot_be_used(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "guide.yml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert message in str(caught.value)
