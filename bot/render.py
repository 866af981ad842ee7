"""An answer as the chat shows it (text) and as programs read it (a dictionary for JSON)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bot.explain import Explanation
from bot.explain_text import explanation_dict, explanation_text
from bot.locales import Texts, get_texts
from bot.types import Answer, Article, Citation, Cloud, Label, QuotedAnswer, Status


def answer_text(answer: Answer, texts: Texts | None = None) -> str:
    """The answer in words, in the answer's locale: quotes as they stand in the articles, each with its source.

    A blank line separates the parts; nothing in it is markup.
    """
    texts = texts or get_texts(answer.locale)
    if answer.status is Status.ABSTAINED:
        return _abstained(answer, texts)
    parts = []
    side_by_side = len(answer.answers) > 1
    for quoted in answer.answers:
        parts.append(_quoted(quoted, texts, named=side_by_side))
    if answer.related:
        parts.append("\n".join([texts("answer.related"), *(f"• {_source(c, texts)}" for c in answer.related)]))
    return "\n\n".join(parts)


def label_text(label: Label, texts: Texts) -> str:
    """One label as a sentence of the locale."""
    values: dict[str, str] = {}
    for name, value in label.values.items():
        if name == "clouds":
            values["clouds"] = texts.clouds(Cloud(v) for v in value.split(",") if v)
        elif name == "locale":
            values["language"] = texts.language(value)
        elif name == "date":
            values["date"] = texts.date(dt.date.fromisoformat(value))
    return texts(f"labels.{label.id}", **values)


def _quoted(quoted: QuotedAnswer, texts: Texts, *, named: bool) -> str:
    lines = []
    if named:
        clouds = texts.clouds(quoted.clouds) if quoted.clouds else label_text(Label("cloud_unknown"), texts)
        lines.append(texts("answer.for_clouds", clouds=clouds) if quoted.clouds else clouds)
    lines += [quoted.quote, "", f"{texts('answer.source')} {_source(quoted.citation, texts)}"]
    if quoted.citation.roles:
        lines.append(texts("answer.roles", roles=texts("answer.list_separator").join(quoted.citation.roles)))
    lines += [label_text(label, texts) for label in quoted.labels]
    if quoted.links:
        lines.append(texts("answer.links"))
        shown = dict.fromkeys((quoted.quote[x.start : x.end], x.url) for x in quoted.links)
        lines += [f"• {words}: {url}" for words, url in shown]
    return "\n".join(lines)


def _source(citation: Citation, texts: Texts) -> str:
    parts = [citation.title]
    if citation.heading and citation.heading != citation.title:
        parts.append(texts("answer.section", heading=citation.heading))
    parts.append(citation.url or citation.source)
    return ", ".join(part for part in parts if part)


def _abstained(answer: Answer, texts: Texts) -> str:
    parts = [texts("abstain.none")]
    if answer.elsewhere:
        lines = [label_text(label, texts) for label in answer.labels if label.id == "elsewhere"]
        parts.append("\n".join([*lines, *(f"• {_source(c, texts)}" for c in answer.elsewhere)]))
    if answer.related:
        parts.append("\n".join([texts("abstain.nearest"), *(f"• {_source(c, texts)}" for c in answer.related)]))
    if answer.help:
        parts.append(f"{texts('abstain.help')} {_source(answer.help, texts)}")
    parts.append(texts("abstain.rephrase"))
    return "\n\n".join(parts)


def answer_dict(answer: Answer, texts: Texts | None = None) -> dict[str, Any]:
    """The object that `guide ask --json` prints and that REST replies carry."""
    texts = texts or get_texts(answer.locale)
    return {
        "status": answer.status.value,
        "locale": answer.locale,
        "cloud": answer.cloud.value if answer.cloud else None,
        "confidence": round(answer.confidence, 4),
        "answers": [_quoted_dict(quoted, texts) for quoted in answer.answers],
        "related": [citation_dict(c) for c in answer.related],
        "help": citation_dict(answer.help) if answer.help else None,
        "elsewhere": [citation_dict(c) for c in answer.elsewhere],
        "labels": [_label_dict(label, texts) for label in answer.labels],
        "ask_cloud": answer.ask_cloud,
        "index": answer.index,
        "timings_ms": answer.timings_ms,
    }


def ask_dict(answer: Answer, explanation: Explanation | None = None) -> dict[str, Any]:
    """What `guide ask` prints, from here or from a server: with `--json` all but `text`, else `text` alone.

    With an explanation that is under "explanation", and below the answer in `text`.
    """
    if explanation is None:
        return answer_dict(answer) | {"text": answer_text(answer)}
    text = f"{answer_text(answer)}\n\n{explanation_text(explanation)}"
    return answer_dict(answer) | {"explanation": explanation_dict(explanation), "text": text}


def _quoted_dict(quoted: QuotedAnswer, texts: Texts) -> dict[str, Any]:
    return {
        "clouds": [cloud.value for cloud in quoted.clouds],
        "quote": quoted.quote,
        "citation": citation_dict(quoted.citation),
        "confidence": round(quoted.confidence, 4),
        "labels": [_label_dict(label, texts) for label in quoted.labels],
        "links": [{"start": x.start, "end": x.end, "url": x.url} for x in quoted.links],
        "original": quoted.original,
    }


def _label_dict(label: Label, texts: Texts) -> dict[str, str]:
    return {"id": label.id, "text": label_text(label, texts), **label.values}


def citation_dict(citation: Citation) -> dict[str, Any]:
    """A citation as JSON: enumerations by their values, the date as ISO 8601."""
    return {
        "article_id": citation.article_id,
        "anchor": citation.anchor,
        "title": citation.title,
        "heading": citation.heading,
        "url": citation.url,
        "locale": citation.locale,
        "clouds": [cloud.value for cloud in citation.clouds],
        "translation": citation.translation.value,
        "date": citation.date.isoformat() if citation.date else None,
        "start": citation.start,
        "end": citation.end,
        "sha256": citation.sha256,
        "roles": list(citation.roles),
        "source": citation.source,
    }


def article_dict(article: Article) -> dict[str, Any]:
    """What `guide show --json` prints: the article's text with everything known of it."""
    return {
        "article_id": article.article_id,
        "locale": article.locale,
        "title": article.title,
        "description": article.description,
        "date": article.date.isoformat() if article.date else None,
        "translation": article.translation.value,
        "clouds": sorted(cloud.value for cloud in article.clouds),
        "clouds_from": article.clouds_from,
        "stands_for": sorted(cloud.value for cloud in article.stands_for),
        "current": article.current,
        "supersedes": list(article.supersedes),
        "archived": article.archived,
        "roles": list(article.roles),
        "url": article.url,
        "source": article.source,
        "asset_id": article.asset_id,
        "sha256": article.sha256,
        "sections": [
            {
                "anchor": s.anchor,
                "heading": s.heading,
                "path": list(s.path),
                "level": s.level,
                "start": s.start,
                "end": s.end,
            }
            for s in article.sections
        ],
        "links": [{"start": x.start, "end": x.end, "url": x.url} for x in article.links],
        "text": article.text,
    }
