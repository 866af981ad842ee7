// "Delete conversation": asked once more, over the dialog, whose rest does nothing meanwhile.

import { h } from "./dom.js";

export class Confirm {
  /** `clear()` deletes (and may reject), `back()` takes the focus back. */
  constructor(panel, clear, back) {
    Object.assign(this, { panel, clear, back });
    this.title = h("h3", { id: "clear-title" });
    this.note = h("p", { id: "clear-note" });
    this.yes = h("button", { type: "button", class: "danger", click: () => this.#yes() });
    this.no = h("button", { type: "button", click: () => this.close() });
    const named = { role: "alertdialog", "aria-modal": "true", "aria-labelledby": "clear-title", "aria-describedby": "clear-note" };
    const box = h("div", { class: "box", ...named }, this.title, this.note, h("div", { class: "choices" }, this.no, this.yes));
    this.node = h("div", { class: "confirm", hidden: true }, box);
  }

  useTexts({ widget }) {
    this.words = widget;
    this.title.textContent = widget.clear;
    this.note.textContent = widget.clear_note;
    this.yes.textContent = widget.clear_yes;
    this.no.textContent = widget.clear_no;
  }

  get isOpen() {
    return !this.node.hidden;
  }

  open() {
    this.note.textContent = this.words.clear_note;
    this.#show(true);
    this.no.focus();
  }

  close() {
    this.#show(false);
    this.back();
  }

  /** Away with it, whatever was asked. */
  drop() {
    this.#show(false);
  }

  #show(on) {
    this.node.hidden = !on;
    for (const other of this.node.parentElement.children) {
      if (other !== this.node && other.getAttribute("role") !== "status") other.inert = on;
    }
  }

  async #yes() {
    try {
      await this.clear();
    } catch {
      this.note.textContent = this.words.clear_failed;
      this.panel.say(this.words.clear_failed);
    }
  }
}
