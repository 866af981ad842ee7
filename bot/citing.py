"""From a hit to what is shown of it: the quote, the citation and the labels."""

from __future__ import annotations

from bot.quote import choose_quote, links_within, original_of
from bot.record import Record
from bot.retrieval.asking import Asked, Encode
from bot.retrieval.search import Hit, Searcher
from bot.types import Article, Citation, Cloud, Label, QuotedAnswer, Section, Translation

TOP = "_top"


def cite_section(searcher: Searcher, hit: Hit) -> Citation:
    """The citation of a whole section, nothing of it quoted."""
    section = searcher.section(hit)
    return _cite(searcher.article(hit), section, section.start, section.end)


def quote_hit(
    searcher: Searcher,
    hit: Hit,
    clouds: tuple[Cloud, ...],
    asked: Asked,
    encode: Encode,
    record: Record | None = None,
) -> QuotedAnswer:
    """The quote of a hit for the clouds it is shown for (none: the article does not say), with its labels."""
    article = searcher.article(hit)
    chosen = choose_quote(article, hit.start, hit.end, asked.text, asked.vector, encode)
    if record:
        record.quotes(hit, clouds, chosen)
    start, end = chosen.start, chosen.end
    return QuotedAnswer(
        clouds=clouds,
        quote=article.text[start:end],
        citation=_cite(article, searcher.section(hit), start, end),
        confidence=hit.confidence,
        labels=_labels(searcher, article, asked.locale),
        links=links_within(article.links, start, end),
        original=original_of(article.alignment, start, end),
    )


def _cite(article: Article, section: Section, start: int, end: int) -> Citation:
    url = article.url
    if url and section.anchor != TOP:
        url = f"{url}#{section.anchor}"
    return Citation(
        article_id=article.article_id,
        anchor=section.anchor,
        title=article.title,
        heading=section.heading,
        url=url,
        locale=article.locale,
        clouds=tuple(sorted(article.stands_for, key=list(Cloud).index)),
        translation=article.translation,
        date=article.date,
        start=start,
        end=end,
        sha256=article.sha256,
        roles=article.roles,
        source=article.source,
    )


def _labels(searcher: Searcher, article: Article, locale: str) -> tuple[Label, ...]:
    labels: list[Label] = []
    if article.locale != locale:
        labels.append(Label("other_locale", {"locale": article.locale}))
    if article.translation is Translation.MACHINE:
        labels.append(Label("machine_translation"))
    if article.date:
        labels.append(Label("dated", {"date": article.date.isoformat()}))
    versions = [a for a in searcher.index.store.find(article.article_id) if a.current and a.source != article.source]
    newer = [a for a in versions if a.date and (article.date is None or a.date > article.date)]
    standing = ",".join(cloud.value for cloud in sorted(article.stands_for, key=list(Cloud).index))
    if article.stands_for < article.clouds or (standing and any(a.locale == article.locale for a in newer)):
        labels.append(Label("older_version", {"clouds": standing}))
    if article.archived:
        labels.append(Label("archived"))
    if not article.stands_for:
        labels.append(Label("cloud_unknown"))
    translations = [a for a in newer if a.locale != article.locale and a.stands_for & article.stands_for]
    if translations and article.date:
        newest = max(translations, key=lambda a: (a.date, a.locale == "en-US", a.locale))
        labels.append(Label("newer_elsewhere", {"locale": newest.locale, "date": newest.date.isoformat()}))
    return tuple(labels)
