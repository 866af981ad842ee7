// What was said, from top to bottom. It is kept as data too, so that another language shows it all in other words.

import { Answers } from "./answer.js";
import { add, fill, h, icon } from "./dom.js";
import { markdownNodes } from "./format.js";

const NEAR = 80; // pixels from the end that still count as being there
const WAIT_MS = 250; // an answer that comes sooner needs no sign that it is coming

export class Log {
  #said = []; // {entry} or {message} or {note}
  #chain = Promise.resolve();
  #again = null;
  #last = null; // the message that came last, shown or not

  constructor(panel) {
    this.panel = panel;
    this.list = h("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" });
    this.dots = h("div", { class: "waiting", hidden: true }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", {}));
    this.newest = h("button", { type: "button", class: "newest", hidden: true, click: () => this.toNewest() }, icon("below"), h("span", {}));
    this.node = h("div", { class: "said" }, this.list, this.newest);
    this.following = true; // whether what comes is scrolled to: not where the user went elsewhere to read
    for (const event of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      this.list.addEventListener(event, () => (this.moved = performance.now()), { passive: true });
    }
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  useTexts(texts) {
    this.texts = texts;
    const { say, rate } = { say: (words) => this.panel.say(words), rate: (seq, helpful) => this.panel.rate(seq, helpful) };
    const act = { say, rate, ask: (words) => this.panel.ask(words), press: (button) => this.panel.press(button) };
    this.answers = new Answers(texts, act, () => this.panel.rated);
    this.list.setAttribute("aria-label", texts.widget.conversation);
    this.newest.lastChild.textContent = texts.widget.newest;
    this.dots.lastChild.textContent = texts.widget.waiting;
    const at = this.list.scrollTop;
    this.list.setAttribute("aria-live", "off"); // nothing new is said
    this.list.replaceChildren(this.#greeting(), ...this.#said.map((one) => (one.node = this.#made(one))), this.dots);
    this.refold();
    this.list.scrollTop = at;
    setTimeout(() => this.list.setAttribute("aria-live", "polite"), 100);
  }

  // What stands in it ---------------------------------------------------------------------------------------------

  #greeting() {
    const { greet, widget } = this.texts;
    const examples = widget.examples.map((words) =>
      h("button", { type: "button", click: () => this.panel.ask(words) }, words));
    return h(
      "article",
      { class: "guide greeting" },
      this.#speaker(widget.guide),
      markdownNodes(greet),
      h("h3", { class: "small" }, widget.examples_title),
      h("div", { class: "examples" }, examples),
    );
  }

  #speaker(name) {
    return h("span", { class: "sr" }, `${name}: `);
  }

  #made(one) {
    if (one.note) return h("p", { class: "note" }, this.texts.widget[one.note]);
    if (one.message) {
      return add(h("article", { class: "guide" }), this.#speaker(this.texts.widget.guide), ...this.answers.message(one.message).flat());
    }
    const node = h("article", { class: "mine" }, this.#speaker(this.texts.widget.you), h("p", { dir: "auto" }, one.entry.words), h("div", { class: "state" }));
    this.#state(node, one.entry);
    return node;
  }

  #add(one) {
    one.node = this.#made(one);
    this.#said.push(one);
    this.#withdrawOffer();
    this.dots.before(one.node);
    this.#fold(one.node);
  }

  // One after the other, in the order in which they were told: showing an answer may have to wait for its words.
  #then(show) {
    this.#chain = this.#chain.then(show);
    return this.#chain;
  }

  /** What the user said. */
  mine(entry) {
    this.#then(() => {
      this.#add({ entry });
      this.toEnd();
    });
  }

  /** How far the sending of it is. */
  entry(entry) {
    const one = this.#said.find((said) => said.entry === entry);
    if (!one) return;
    if (entry.state === "withdrawn") {
      one.node.remove();
      this.#said.splice(this.#said.indexOf(one), 1);
    } else {
      this.#state(one.node, entry);
      if (this.following && entry.state !== "sent") this.toEnd();
    }
  }

  #state(node, entry) {
    const { widget } = this.texts;
    const box = node.querySelector(".state");
    node.classList.toggle("unsent", ["failed", "rejected", "queued"].includes(entry.state));
    if (entry.state === "failed") {
      const retry = h("button", { type: "button", class: "quiet", click: () => this.panel.conversation.retry() }, icon("again"), widget.retry);
      box.replaceChildren(h("span", { role: "alert" }, icon("alert"), entry.said || widget.not_sent), retry);
    } else if (entry.state === "rejected") {
      const edit = h("button", { type: "button", class: "quiet", click: () => this.#edit(entry) }, widget.edit);
      box.replaceChildren(h("span", { role: "alert" }, icon("alert"), entry.said || widget.not_sent), ...(entry.text ? [edit] : []));
    } else if (entry.state === "queued") {
      box.replaceChildren(h("span", {}, icon("off"), widget.queued));
    } else box.replaceChildren();
  }

  #edit(entry) {
    entry.state = "withdrawn";
    this.entry(entry);
    this.panel.composer.put(entry.text);
  }

  /** What the guide says, in its language, after whatever it said before. */
  guide(message) {
    this.#last = message;
    this.#then(() => this.#answer(message));
  }

  async #answer(message) {
    const payload = message.custom || {};
    // of several that come at once, after a reload say, the last one's language counts
    if (payload.locale && message === this.#last) await this.panel.picks.follow(payload.locale);
    if (payload.chosen_cloud) this.panel.chooseCloud(payload.chosen_cloud);
    this.#add({ message });
    if (this.following) this.#toAnswer();
    else this.newest.hidden = false;
    this.panel.answered();
  }

  /** Resolves when everything that came is shown. */
  settled() {
    return this.#chain;
  }

  waiting(on) {
    clearTimeout(this.timer);
    if (on === !this.dots.hidden) return;
    if (!on) this.#chain.then(() => (this.dots.hidden = true));
    else {
      this.timer = setTimeout(() => {
        this.dots.hidden = false;
        if (this.following) this.toEnd();
        this.panel.say(this.texts.widget.waiting);
      }, WAIT_MS);
    }
  }

  /** Begin anew. */
  restart(note = null) {
    return this.#then(() => {
      this.#said = note ? [{ note }] : [];
      this.useTexts(this.texts);
      this.list.scrollTop = 0;
    });
  }

  unseen(seen) {
    return this.#said.filter((one) => one.message && one.message.seq > seen).length;
  }

  /** After another choice of cloud or language: ask the last question again? */
  offerAgain() {
    this.#withdrawOffer();
    const last = this.#said.findLast((one) => one.entry?.text || (one.entry && !one.entry.button))?.entry;
    if (!last || this.#said.at(-1)?.entry) return;
    const ask = () => this.panel.ask(last.words);
    this.#again = h("div", { class: "choices again" },
      h("button", { type: "button", click: ask }, icon("again"), h("span", {}, fill(this.texts.widget.again, { question: last.words }))));
    this.dots.before(this.#again);
    this.toEnd();
  }

  #withdrawOffer() {
    this.#again?.remove();
    this.#again = null;
  }

  // Where it is read ----------------------------------------------------------------------------------------------

  #isNear() {
    return this.list.scrollHeight - this.list.clientHeight - this.list.scrollTop < NEAR;
  }

  #scrolled() {
    const near = this.#isNear();
    if (near) this.newest.hidden = true;
    if (performance.now() - (this.moved ?? -Infinity) < 500) this.following = near;
  }

  #scroll(top) {
    this.newest.hidden = true;
    this.following = true;
    this.list.scrollTo({ top, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
  }

  toEnd() {
    this.#scroll(this.list.scrollHeight);
  }

  // A long answer is read from its beginning, below the question.
  #toAnswer() {
    const asked = this.#said.findLast((one) => one.entry)?.node;
    this.#scroll(asked ? asked.offsetTop - 12 : this.list.scrollHeight);
  }

  toNewest() {
    if (this.#said.at(-1)?.message) this.#toAnswer();
    else if (this.#said.length) this.toEnd();
  }

  #fold(node) {
    for (const quote of node.querySelectorAll("blockquote")) quote.fold?.();
  }

  /** Fold long quotes; their height is known only while they are shown. */
  refold() {
    for (const one of this.#said) this.#fold(one.node);
  }
}
