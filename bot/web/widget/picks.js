// The language and the cloud: always in sight, chosen here, by the page, by an answer, or by the question.

import { fill, h, icon } from "./dom.js";

export class Picks {
  constructor(panel) {
    this.panel = panel;
    this.language = h("select", { change: () => this.#pickLanguage() });
    this.cloud = h("select", { change: () => this.chooseCloud(this.cloud.value || null, true) });
    const pick = (select, picture) => h("div", { class: "pick" }, icon(picture), select);
    this.node = h("div", { class: "picks" }, pick(this.language, "globe"), pick(this.cloud, "cloud"));
  }

  get #kept() {
    return this.panel.conversation.kept;
  }

  /** Take what the page chooses, where that is something else than before. */
  begin(guide, texts) {
    this.texts = texts;
    const { given } = guide;
    if (this.#kept.given === given) return;
    const cloud = known(texts.clouds, guide.getAttribute("cloud"));
    const locale = known(texts.languages, guide.getAttribute("locale"));
    Object.assign(this.#kept, { given, cloud, locale });
  }

  useTexts(texts) {
    this.texts = texts;
    const { languages, clouds, widget, locale } = texts;
    this.language.setAttribute("aria-label", widget.language);
    this.cloud.setAttribute("aria-label", widget.cloud);
    const own = languages.find((language) => language.id === locale)?.name ?? locale;
    const automatic = { id: "", name: fill(widget.language_auto, { language: own }) };
    options(this.language, [automatic, ...languages], this.#kept.locale ?? "", true);
    options(this.cloud, [{ id: "", name: widget.cloud_unset }, ...clouds], this.#kept.cloud ?? "");
  }

  async #pickLanguage() {
    const { guide, conversation, log } = this.panel;
    const locale = this.language.value || null;
    conversation.keep({ locale });
    await guide.useLocale(locale ?? guide.getAttribute("locale")).catch(() => this.panel.showTrouble("unavailable"));
    this.language.focus();
    log.offerAgain();
  }

  /** The language of what the guide says, where it is another one than the widget's. */
  async follow(locale) {
    if (!this.texts.languages.some((language) => language.id === locale)) return;
    if (this.#kept.locale && this.#kept.locale !== locale) this.panel.conversation.keep({ locale });
    if (locale !== this.texts.locale) await this.panel.guide.useLocale(locale).catch(() => null);
  }

  /** `asked`: by the user, who may want to ask again. */
  chooseCloud(id, asked = false) {
    this.panel.conversation.keep({ cloud: known(this.texts.clouds, id) });
    this.useTexts(this.texts);
    if (asked) this.panel.log.offerAgain();
  }
}

function known(entries, id) {
  return entries.find((entry) => entry.id.toLowerCase() === (id || "").toLowerCase())?.id ?? null;
}

function options(select, entries, chosen, named = false) {
  const nodes = entries.map(({ id, name }) => h("option", { value: id, lang: named && id ? id : null }, name));
  select.replaceChildren(...nodes);
  select.value = chosen;
  select.title = select.selectedOptions[0]?.textContent ?? "";
}
