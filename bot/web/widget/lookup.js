// A plain list of sections, for those who want to look rather than talk: the search behind the answers, as it is.

import { host } from "./answer.js";
import { fill, h, icon, link, safeAddress } from "./dom.js";
import { quoteNodes } from "./format.js";

const PAUSE_MS = 200;
const COUNT = 10;

export class Lookup {
  constructor(panel) {
    this.panel = panel;
    this.box = h("input", { type: "search", id: "look", autocomplete: "off", dir: "auto", enterkeyhint: "search", input: () => this.#soon() });
    this.label = h("label", { for: "look", class: "sr" });
    this.count = h("p", { class: "count", role: "status" });
    this.list = h("ol", { class: "hits" });
    this.node = h("div", { class: "lookup" },
      h("form", { role: "search", submit: (event) => (event.preventDefault(), this.#look()) },
        this.label, h("div", { class: "field" }, icon("search"), this.box)),
      h("div", { class: "found", tabindex: "0", role: "region" }, this.count, this.list));
  }

  useTexts(texts) {
    this.texts = texts;
    const { widget } = texts;
    this.label.textContent = widget.look_box;
    this.box.placeholder = widget.look_box;
    this.node.lastChild.setAttribute("aria-label", widget.look);
    if (this.box.value.trim()) this.#look();
    else this.#empty();
  }

  focus() {
    this.box.focus({ preventScroll: true });
    if (this.box.value.trim()) this.#look();
  }

  #empty() {
    this.stop?.abort();
    this.count.textContent = this.texts.widget.look_start;
    this.list.replaceChildren();
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#look(), PAUSE_MS);
  }

  async #look() {
    clearTimeout(this.timer);
    const text = this.box.value.trim();
    if (!text) return this.#empty();
    this.stop?.abort();
    const stop = (this.stop = new AbortController());
    const { kept } = this.panel.conversation;
    const body = { text, locale: kept.locale ?? null, cloud: kept.cloud ?? null, limit: COUNT };
    try {
      const reply = await fetch(`${this.panel.guide.base}/guide/search`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": this.texts.locale },
        body: JSON.stringify(body),
        credentials: "omit",
        signal: stop.signal,
      });
      const found = await reply.json();
      if (!reply.ok) throw new Error(found.message);
      if (stop.signal.aborted) return;
      this.#show(found.hits);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.list.replaceChildren();
      const offline = navigator.onLine ? this.texts.widget.unreachable : this.texts.widget.offline;
      this.count.textContent = error.name === "Error" ? error.message : offline;
    }
  }

  #show(hits) {
    const { widget } = this.texts;
    this.count.textContent = hits.length ? fill(widget.found, { count: hits.length }) : widget.found_none;
    this.list.replaceChildren(...hits.map((hit) => this.#hit(hit)));
  }

  #hit(hit) {
    const { widget, answer, clouds, languages } = this.texts;
    const names = hit.clouds.map((id) => clouds.find((cloud) => cloud.id === id)?.name ?? id);
    const language = languages.find((one) => one.id === hit.locale)?.name ?? hit.locale;
    const facts = [names.join(answer.list_separator), language].filter(Boolean).map((text) => ({ id: "fact", text }));
    const labels = [...facts, ...hit.labels].map(({ id, text }) => h("li", { class: `label ${/^[a-z_]+$/.test(id) ? id : ""}` }, text));
    const safe = safeAddress(hit.url);
    const topic = hit.heading || hit.title;
    const ask = h("button", { type: "button", class: "quiet", click: () => this.panel.ask(topic) },
      icon("chat"), widget.talk, h("span", { class: "sr" }, `: ${topic}`));
    return h("li", {},
      h("h3", { lang: hit.locale, dir: "auto" }, link(hit.url, { note: widget.new_tab, class: "cited" }, topic, safe && host(safe.host))),
      hit.title !== topic && h("p", { class: "inside", lang: hit.locale, dir: "auto" }, hit.title),
      h("blockquote", { lang: hit.locale, dir: "auto", class: "brief" }, quoteNodes(hit.quote)),
      h("ul", { class: "labels" }, labels),
      h("div", { class: "tools" }, ask));
  }
}
