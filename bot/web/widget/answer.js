// What the guide answers, as nodes: the quote set off as a quote, where it stands, what must be known of it, and what
// can be done with it.

import { fill, h, icon, link, safeAddress } from "./dom.js";
import { markdownNodes, quoteNodes } from "./format.js";

/**
 * Makes the nodes of messages. `words`: the widget's texts; `act`: what buttons do –
 * ask(words), press(button), rate(seq, helpful) → Promise, say(words) for the live region.
 */
export class Answers {
  constructor(texts, act, rated) {
    this.texts = texts;
    this.words = texts.widget;
    this.act = act;
    this.rated = rated;
    this.count = 0;
  }

  /** The parts of a message of the guide. */
  message({ seq, text, custom = {}, buttons = [] }) {
    const payload = custom && typeof custom === "object" ? custom : {};
    const answers = Array.isArray(payload.answers) ? payload.answers : [];
    if (payload.status === "abstained") return [...this.#abstained(payload, text), this.#choices(buttons)];
    if (!answers.length) return [...this.#plain(text), this.#choices(buttons)];
    return [
      payload.intro ? this.#plain(payload.intro) : null,
      ...this.#sharedLabels(payload, answers),
      ...answers.map((answer) => this.#quoted(answer, answers.length > 1)),
      this.#related(payload.related, this.texts.answer.related),
      payload.ask_cloud ? this.#plain(this.texts.ask_cloud) : null,
      this.#choices(buttons),
      Number.isInteger(seq) ? this.#feedback(seq) : null,
    ];
  }

  #plain(text) {
    return markdownNodes(String(text || ""), this.words.new_tab);
  }

  // What holds for the whole answer and stands at none of its quotes.
  #sharedLabels(payload, answers) {
    const own = new Set(answers.flatMap((answer) => answer.labels.map((label) => label.text)));
    const rest = (payload.labels || []).filter((label) => !own.has(label.text));
    return rest.length ? [h("ul", { class: "labels" }, rest.map((label) => this.#label(label)))] : [];
  }

  #label({ id, text }) {
    return h("li", { class: `label ${/^[a-z_]+$/.test(id) ? id : ""}` }, text);
  }

  #clouds(ids) {
    return (ids || []).map((id) => this.texts.clouds.find((cloud) => cloud.id === id)?.name ?? id);
  }

  #list(words) {
    return words.join(this.texts.answer.list_separator);
  }

  #quoted(answer, sideBySide) {
    const { citation } = answer;
    const id = `quote-${++this.count}`;
    const quote = h(
      "blockquote",
      { id, lang: citation.locale, dir: "auto", cite: safeAddress(citation.url)?.href },
      quoteNodes(answer.quote, answer.links || [], this.words.new_tab),
    );
    const clouds = this.#clouds(answer.clouds);
    const head = sideBySide && clouds.length
      ? h("p", { class: "for" }, icon("cloud"), h("span", {}, fill(this.texts.answer.for_clouds, { clouds: this.#list(clouds) })))
      : null;
    const [original, toggle] = this.#original(answer, id);
    return h(
      "figure",
      { class: "quoted" },
      head,
      h("div", { class: "quote" }, quote, original),
      this.#expander(quote),
      h("figcaption", {}, this.#source(citation), this.#facts(answer, sideBySide), h("div", { class: "tools" }, this.#copy(answer), toggle)),
    );
  }

  // A long quote begins folded; whatever in it takes the focus unfolds it.
  #expander(quote) {
    const button = h("button", { type: "button", class: "quiet more", "aria-expanded": "false", hidden: true });
    const set = (open) => {
      quote.classList.toggle("folded", !open);
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? this.words.show_less : this.words.show_all;
    };
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
    button.setAttribute("aria-controls", quote.id);
    quote.addEventListener("focusin", () => button.hidden || set(true));
    quote.fold = () => {
      set(false);
      const long = quote.scrollHeight > quote.clientHeight + 24;
      button.hidden = !long;
      if (!long) quote.classList.remove("folded");
    };
    return button;
  }

  #source(citation) {
    const section = citation.heading && citation.heading !== citation.title ? citation.heading : null;
    const safe = safeAddress(citation.url);
    return h(
      "p",
      { class: "source" },
      h("span", { class: "sr" }, `${this.texts.answer.source} `),
      link(
        citation.url,
        { class: "cited", lang: citation.locale, dir: "auto", note: this.words.new_tab },
        h("cite", {}, citation.title || citation.article_id),
        section && h("span", { class: "section" }, h("span", { "aria-hidden": "true" }, " › "), section),
        safe && host(safe.host),
      ),
      !safe && citation.source && h("span", { class: "file" }, citation.source),
    );
  }

  // Cloud, labels and roles.
  #facts(answer, sideBySide) {
    const clouds = this.#clouds(answer.citation.clouds);
    const items = answer.labels.map((label) => this.#label(label));
    if (clouds.length && !sideBySide) {
      items.unshift(h("li", { class: "label cloud" }, this.#list(clouds)));
    }
    const roles = answer.citation.roles || [];
    if (roles.length) items.push(h("li", { class: "label roles" }, fill(this.texts.answer.roles, { roles: this.#list(roles) })));
    return items.length ? h("ul", { class: "labels" }, items) : null;
  }

  #copy({ quote, citation }) {
    const label = h("span", {}, this.words.copy);
    const button = h("button", { type: "button", class: "quiet" }, icon("copy"), label);
    const section = citation.heading && citation.heading !== citation.title ? ` › ${citation.heading}` : "";
    const source = `${citation.title}${section}\n${safeAddress(citation.url)?.href ?? citation.source ?? ""}`.trim();
    button.addEventListener("click", async () => {
      const copied = await copy(`${quote}\n\n${source}\n`);
      label.textContent = copied ? this.words.copied : this.words.copy_failed;
      button.firstChild.replaceWith(icon(copied ? "check" : "alert"));
      this.act.say(label.textContent);
      setTimeout(() => {
        label.textContent = this.words.copy;
        button.firstChild.replaceWith(icon("copy"));
      }, 2500);
    });
    return button;
  }

  // The English words that a translation was made from, and the button that shows them.
  #original({ original }, id) {
    if (!original) return [null, null];
    const shown = h(
      "div",
      { class: "original", id: `${id}-original`, hidden: true },
      h("p", { class: "original-title" }, this.words.original),
      h("blockquote", { lang: "en", dir: "ltr" }, quoteNodes(original)),
    );
    const label = h("span", {}, this.words.show_original);
    const toggle = h("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": shown.id }, icon("globe"), label);
    toggle.addEventListener("click", () => {
      shown.hidden = !shown.hidden;
      toggle.setAttribute("aria-expanded", String(!shown.hidden));
      label.textContent = shown.hidden ? this.words.show_original : this.words.hide_original;
    });
    return [shown, toggle];
  }

  // Sections nearby: a press asks about one, the arrow leads to the live page.
  #related(citations, title, { ask = true } = {}) {
    if (!citations?.length) return null;
    const items = citations.map((citation) => {
      const topic = citation.heading || citation.title;
      const inside = citation.heading && citation.heading !== citation.title ? citation.title : null;
      const name = [
        h("span", { class: "topic", lang: citation.locale, dir: "auto" }, topic),
        inside && h("span", { class: "inside", lang: citation.locale, dir: "auto" }, inside),
      ];
      const safe = safeAddress(citation.url);
      const asks = ask && h(
        "button",
        { type: "button", class: "ask", click: () => this.act.ask(topic) },
        h("span", { class: "sr" }, `${this.words.ask_about} `),
        name,
      );
      const leads = safe && link(
        citation.url,
        { class: ask ? "leads" : "leads wide", title: fill(this.words.open_at, { host: safe.host }), note: this.words.new_tab },
        ask ? h("span", { class: "sr" }, `${this.words.open}: ${topic}`) : h("span", { class: "names" }, name),
        icon("out"),
      );
      return h("li", {}, asks || (safe ? null : h("span", {}, name)), leads);
    });
    return h("section", { class: "related" }, h("h4", {}, title), h("ul", {}, items));
  }

  #abstained(payload, text) {
    const { abstain } = this.texts;
    const parts = [...this.#plain(payload.intro || abstain.none)];
    const labels = (payload.labels || []).filter((label) => label.id === "elsewhere");
    if (payload.elsewhere?.length) {
      parts.push(h("ul", { class: "labels" }, labels.map((label) => this.#label(label))));
      parts.push(this.#related(payload.elsewhere, this.words.elsewhere, { ask: false }));
    }
    parts.push(this.#related(payload.related, abstain.nearest));
    if (payload.help) parts.push(this.#related([payload.help], abstain.help, { ask: false }));
    parts.push(h("p", { class: "hint" }, abstain.rephrase), this.#person());
    return parts;
  }

  #person() {
    const ask = () => this.act.ask(this.words.person);
    return h("div", { class: "choices" }, h("button", { type: "button", click: ask }, icon("person"), this.words.person));
  }

  #choices(buttons) {
    const shown = (buttons || []).filter(({ title, value }) => title && value);
    if (!shown.length) return null;
    const nodes = shown.map((button) => h("button", { type: "button", click: () => this.act.press(button) }, button.title));
    return h("div", { class: "choices", role: "group", "aria-label": this.words.choices }, nodes);
  }

  #feedback(seq) {
    const note = h("span", { class: "thanks" });
    const person = h("div", {});
    const buttons = [["up", true, this.words.helpful], ["down", false, this.words.not_helpful]].map(([name, helpful, words]) => {
      const button = h("button", { type: "button", class: "quiet round", "aria-label": words, title: words }, icon(name));
      button.addEventListener("click", () => rate(helpful));
      button.helpful = helpful;
      return button;
    });
    const show = (helpful) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.helpful === helpful));
      person.replaceChildren(...(helpful === false ? [this.#person()] : []));
    };
    const rate = async (helpful) => {
      const before = this.rated()[seq];
      show(helpful);
      try {
        await this.act.rate(seq, helpful);
        note.textContent = helpful ? this.words.thanks : this.words.sorry;
      } catch {
        show(before);
        note.textContent = this.words.not_kept;
      }
      this.act.say(note.textContent);
    };
    show(this.rated()[seq]);
    return h("div", { class: "feedback" },
      h("div", { class: "row", role: "group", "aria-label": this.words.helpful_question },
        h("span", { class: "question" }, this.words.helpful_question), buttons, note),
      person);
  }
}

/** Where a link leads. */
export function host(name) {
  return h("span", { class: "host", lang: "en", dir: "ltr" }, " ", name, icon("out"));
}

/** Put words on the clipboard; false where the browser does not let. */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const focused = deepFocus();
    const area = h("textarea", { readonly: true, "aria-hidden": "true", tabindex: "-1" });
    area.value = words;
    Object.assign(area.style, { position: "fixed", opacity: "0" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}

function deepFocus() {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
}
