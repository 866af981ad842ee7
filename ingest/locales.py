"""Locales of articles: tags in their canonical form, folders named like one, and the language of a text."""

from __future__ import annotations

import re

from bot.locales import detect

# The twelve locales that articles come in; a text whose locale nothing names is told among them.
ARTICLE_LOCALES = (
    "cs-CZ", "de-DE", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pt-BR", "ru-RU", "zh-CN", "zh-TW",
)  # fmt: skip

# A bare language in metadata or as a folder stands for its first locale.
_DEFAULTS = {tag.partition("-")[0]: tag for tag in reversed(ARTICLE_LOCALES)}
_ALIASES = {"zh-hans": "zh-CN", "zh-hant": "zh-TW", "zh-hans-cn": "zh-CN", "zh-hant-tw": "zh-TW"}

# Folders of localized documentation sites. A list, because `xx-yy` is a common shape for other folders too.
_FOLDERS = frozenset(
    "ar-sa bg-bg bs-latn-ba ca-es cs-cz da-dk de-at de-ch de-de el-gr en-au en-ca en-gb en-ie en-in en-my en-nz en-sg"
    " en-us en-za es-es es-mx et-ee eu-es fi-fi fil-ph fr-be fr-ca fr-ch fr-fr ga-ie gl-es he-il hi-in hr-hr hu-hu"
    " id-id is-is it-ch it-it ja-jp ka-ge kk-kz ko-kr lb-lu lt-lt lv-lv ms-my mt-mt nb-no nl-be nl-nl nn-no pl-pl"
    " pt-br pt-pt ro-ro ru-ru sk-sk sl-si sr-cyrl-rs sr-latn-rs sv-se th-th tr-tr uk-ua vi-vn zh-cn zh-hans zh-hant"
    " zh-hk zh-sg zh-tw".split()
)
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE)


def canonical_tag(tag: str) -> str | None:
    """`pt-br` or `PT_BR` as `pt-BR`, a bare language as its first locale; None for what is no language tag."""
    tag = tag.strip().replace("_", "-")
    if alias := _ALIASES.get(tag.casefold()):
        return alias
    if not (match := _TAG.fullmatch(tag)):
        return None
    language, script, region = match.groups()
    if not script and not region:
        return _DEFAULTS.get(language.lower(), language.lower())
    parts = [language.lower(), script.title() if script else "", region.upper() if region else ""]
    return "-".join(part for part in parts if part)


def folder_locale(name: str) -> str | None:
    """The locale whose articles a folder of this name holds; None where it is not named like one."""
    folded = name.casefold().replace("_", "-")
    return canonical_tag(folded) if folded in _FOLDERS or folded in _DEFAULTS else None


def detect_locale(text: str) -> str:
    """The locale that a text is written in, of the twelve; en-US where it cannot be told."""
    sample = text[:4000]
    return detect(sample, ARTICLE_LOCALES)[0]
