"""Where links lead."""

from __future__ import annotations

import pytest

from bot.settings import Collection
from ingest.links import live_page, resolve

COLLECTIONS = {
    "guide": Collection(url="https://docs.example/{locale}/{article_id}"),
    "shop": Collection(url="https://shop.example/{article_id}?l={locale}#{anchor}"),
    "bare": Collection(),
}


def test_live_pages() -> None:
    assert live_page("guide/a/b", "pt-BR", COLLECTIONS) == "https://docs.example/pt-BR/guide/a/b"
    assert live_page("guide/a b", "pt-BR", COLLECTIONS) == "https://docs.example/pt-BR/guide/a%20b"
    assert live_page("shop/x", "de-DE", COLLECTIONS) == "https://shop.example/shop/x?l=de-DE"
    for without in ("bare/a", "other/a", "guide", ""):
        assert live_page(without, "pt-BR", COLLECTIONS) is None


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("pay.md", "https://docs.example/pt-BR/guide/sub/pay"),
        ("./pay.md#steps", "https://docs.example/pt-BR/guide/sub/pay#steps"),
        ("../pay.md", "https://docs.example/pt-BR/guide/pay"),
        ("..\\pay.MD", "https://docs.example/pt-BR/guide/pay"),
        ("faq.yml#faq-1", "https://docs.example/pt-BR/guide/sub/faq#faq-1"),
        ("pay", "https://docs.example/pt-BR/guide/sub/pay"),
        ("pay.md?view=x#y", "https://docs.example/pt-BR/guide/sub/pay?view=x#y"),
        ("../../shop/cart.md", "https://shop.example/shop/cart?l=pt-BR"),
        ("#steps", "https://docs.example/pt-BR/guide/sub/own#steps"),
        ("/azure/billing", "https://docs.example/azure/billing"),
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("http://x.example", "http://x.example"),
        ("//x.example/a", "https://x.example/a"),
        ("mailto:help@x.example", "mailto:help@x.example"),
        ("HTTPS://X.example/", "HTTPS://X.example/"),
    ],
)
def test_links_that_lead_somewhere(target: str, url: str) -> None:
    assert resolve(target, "guide/sub/own", "pt-BR", COLLECTIONS) == url


@pytest.mark.parametrize(
    "target",
    [
        "", " ", "#", "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x",
        "file:///etc/hosts", "vbscript:x", "xref:thing", "~/media/a.md", "../../../secret.md", "../../bare/a.md",
        "../../other.md", "https://", "http:///x", "https://[x",
    ],
)  # fmt: skip
def test_links_that_are_dropped(target: str) -> None:
    assert resolve(target, "guide/sub/own", "pt-BR", COLLECTIONS) is None


def test_without_a_template_only_addresses_are_kept() -> None:
    assert resolve("pay.md", "own", "pt-BR", COLLECTIONS) is None
    assert resolve("#a", "bare/own", "pt-BR", COLLECTIONS) is None
    assert resolve("/a", "bare/own", "pt-BR", COLLECTIONS) is None
    assert resolve("https://x.example/", "own", "pt-BR", COLLECTIONS) == "https://x.example/"
