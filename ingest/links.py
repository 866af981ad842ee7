"""Where the links of an article lead: the live page of another article, or the address as it stands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urljoin, urlsplit

from bot.settings import Collection

_ARTICLE_ENDINGS = (".md", ".yml", ".yaml", ".txt")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_KEPT_SCHEMES = ("http:", "https:", "mailto:")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def live_page(article_id: str, locale: str, collections: Mapping[str, Collection]) -> str | None:
    """The address of an article's live page, from the template of its collection; None where there is none."""
    head, slash, _ = article_id.partition("/")
    collection = collections.get(head) if slash else None
    if collection is None or not collection.url:
        return None
    page = collection.url.split("#", 1)[0]
    return page.replace("{locale}", locale).replace("{article_id}", quote(article_id))


def resolve(target: str, article_id: str, locale: str, collections: Mapping[str, Collection]) -> str | None:
    """The live address that a link in an article leads to, or None where it leads nowhere that a reader can go.

    A relative link to another article becomes that article's page in the same locale; web and mail addresses stay;
    any other scheme (`javascript:`, `data:`, `file:`) is dropped.
    """
    target = target.strip().replace("\\", "/")
    if not target or _CONTROL.search(target.replace(" ", "")):
        return None
    if target.startswith("//"):
        target = "https:" + target
    if scheme := _SCHEME.match(target):
        return _web_address(target) if scheme[0].lower() in _KEPT_SCHEMES else None
    page = live_page(article_id, locale, collections)
    path, mark, anchor = target.partition("#")
    path, question, query = path.partition("?")
    tail = (question + query) + (mark + anchor if anchor else "")
    if not path:
        return page + tail if page and tail else None
    if path.startswith("~"):
        return None
    if path.startswith("/"):
        return _site_address(path + tail, page)
    folder = posixpath.dirname(article_id)
    wanted = posixpath.normpath(posixpath.join(folder, unquote(path)))
    if wanted.startswith("../") or wanted in ("..", "."):
        return None
    stem, ending = posixpath.splitext(wanted)
    if ending.lower() in _ARTICLE_ENDINGS or not ending:
        wanted = stem
    linked = live_page(wanted, locale, collections)
    return linked + tail.replace(" ", "%20") if linked else None


def _web_address(target: str) -> str | None:
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme.lower() in ("http", "https") and not parts.netloc:
        return None
    return target.replace(" ", "%20")


def _site_address(path: str, page: str | None) -> str | None:
    """A link from the root of the site that the article's own page is on."""
    return urljoin(page, path.replace(" ", "%20")) if page else None
