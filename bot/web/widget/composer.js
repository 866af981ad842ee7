// Where the user writes.

import { fill, h, icon } from "./dom.js";

const FEW = 200; // characters left at which it is said how many

export class Composer {
  constructor(send, panel) {
    this.send = send;
    this.panel = panel;
    this.area = h("textarea", {
      rows: 1, id: "question", enterkeyhint: "send", autocomplete: "off", dir: "auto", "aria-describedby": "keys",
      input: () => this.#changed(), keydown: (event) => this.#key(event),
    });
    this.label = h("label", { for: "question", class: "sr" });
    this.keys = h("span", { id: "keys", class: "sr" });
    this.left = h("p", { class: "left", hidden: true });
    this.button = h("button", { type: "submit", class: "send" }, icon("send"));
    this.node = h("form", { class: "composer", submit: (event) => this.#submit(event) },
      this.label, this.keys, h("div", { class: "field" }, this.area, this.button), this.left);
  }

  useTexts({ widget, limit }) {
    this.limit = limit;
    this.area.maxLength = limit;
    this.label.textContent = widget.question;
    this.area.placeholder = widget.placeholder;
    this.keys.textContent = widget.keys;
    this.button.setAttribute("aria-label", widget.send);
    this.button.title = widget.send;
    this.words = widget;
    this.#changed();
  }

  focus() {
    this.area.focus({ preventScroll: true });
  }

  /** Put words back to be changed. */
  put(words) {
    this.area.value = words;
    this.#changed();
    this.focus();
  }

  #key(event) {
    // an input method's Enter chooses a word, it sends nothing
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const words = this.area.value;
    if (words.trim()) {
      this.area.value = "";
      this.#changed();
      this.send(words);
    }
    this.focus();
  }

  #changed() {
    const left = this.limit - this.area.value.length;
    this.left.hidden = left > FEW;
    this.left.textContent = this.left.hidden ? "" : fill(this.words.left, { count: left });
    this.area.style.height = "auto";
    if (this.area.value) this.area.style.height = `${Math.min(this.area.scrollHeight, 160)}px`;
    this.button.classList.toggle("ready", Boolean(this.area.value.trim()));
  }
}
