// The dialog: its frame, what is chosen in it, and the keyboard's way through it. What is said stands in log.js.

import { Composer } from "./composer.js";
import { Confirm } from "./confirm.js";
import { Conversation } from "./conversation.js";
import { add, h, icon } from "./dom.js";
import { Log } from "./log.js";
import { Lookup } from "./lookup.js";
import { Picks } from "./picks.js";
import { sheet } from "./styles.js";

const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex="0"]';
const PHONE = matchMedia("(max-width: 480px)");

export class Panel {
  #bound = []; // what to do when the texts change

  constructor(guide, root) {
    this.guide = guide;
    this.texts = guide.texts;
    root.getRootNode().adoptedStyleSheets.push(sheet);
    this.conversation = new Conversation(guide.base, this.#view());
    this.picks = new Picks(this);
    this.picks.begin(guide, guide.texts);
    this.#build(root);
    this.useTexts(this.texts);
    this.restored = this.conversation.restore();
    addEventListener("offline", () => this.#connection(false));
    addEventListener("online", () => this.#connection(true));
    for (const event of ["resize", "scroll"]) window.visualViewport?.addEventListener(event, () => this.#fit());
    PHONE.addEventListener("change", () => this.#fit());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  // What the conversation tells.
  #view() {
    return {
      begin: () => this.log.restart(),
      mine: (entry) => this.log.mine(entry),
      entry: (entry) => this.log.entry(entry),
      guide: (message) => this.log.guide(message),
      waiting: (on) => this.log.waiting(on),
      trouble: (kind) => this.showTrouble(kind),
      ended: () => this.log.restart("ended"),
    };
  }

  // Frame ---------------------------------------------------------------------------------------------------------

  #build(root) {
    this.status = h("p", { class: "sr", role: "status" });
    this.log = new Log(this);
    this.composer = new Composer((text) => this.ask(text), this);
    this.lookup = new Lookup(this);
    this.trouble = h("div", { class: "trouble", hidden: true });
    const title = h("h2", { id: "title" });
    this.#bind(() => (title.textContent = this.texts.widget.title));
    this.views = [
      { id: "talk", tab: this.#tab("talk", "chat"), body: add(this.#tabBody("talk"), this.log.node, this.composer.node) },
      { id: "look", tab: this.#tab("look", "search"), body: add(this.#tabBody("look"), this.lookup.node) },
    ];
    const tabs = h("div", { class: "tabs", role: "tablist", keydown: (event) => this.#moveTab(event) });
    add(tabs, ...this.views.map((view) => view.tab));
    this.#label(tabs, "view");
    this.head = h(
      "header",
      { class: "head" },
      h("div", { class: "bar" }, h("span", { class: "mark" }, icon("quote")), title, tabs,
        this.#button("clear", "trash", () => this.confirm.open()), this.#button("close", "close", () => this.close())),
      this.picks.node,
    );
    this.confirm = new Confirm(this, () => this.#clear(), () => this.node.querySelector(".tool.clear").focus());
    this.node = h(
      "div",
      { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true, tabindex: "-1", keydown: (event) => this.#key(event) },
      this.head,
      this.trouble,
      ...this.views.map((view) => view.body),
      this.confirm.node,
      this.status,
    );
    root.append(this.node);
    this.show("talk", false);
  }

  #bind(apply) {
    this.#bound.push(apply);
  }

  /** Name a node by a text, now and when the language changes. */
  #label(node, key, attribute = "aria-label") {
    this.#bind(() => node.setAttribute(attribute, this.texts.widget[key]));
  }

  #button(key, picture, press) {
    const button = h("button", { type: "button", class: `tool ${key}`, click: press }, icon(picture));
    this.#label(button, key);
    this.#label(button, key, "title");
    return button;
  }

  #tab(id, picture) {
    const words = h("span", {});
    this.#bind(() => (words.textContent = this.texts.widget[id]));
    return h(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `view-${id}`, click: () => this.show(id) },
      icon(picture),
      words,
    );
  }

  #tabBody(id) {
    return h("div", { class: "view", role: "tabpanel", id: `view-${id}`, "aria-labelledby": `tab-${id}` });
  }

  #moveTab(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: 0, End: 0 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const other = this.views.find((view) => view.body.hidden);
    const target = event.key === "Home" ? this.views[0] : event.key === "End" ? this.views.at(-1) : other;
    this.show(target.id, false);
    target.tab.focus();
  }

  /** Show one of the two views. */
  show(id, focus = true) {
    for (const view of this.views) {
      const on = view.id === id;
      view.body.hidden = !on;
      view.tab.setAttribute("aria-selected", String(on));
      view.tab.tabIndex = on ? 0 : -1;
    }
    if (focus) (id === "talk" ? this.composer : this.lookup).focus();
  }

  // Open and closed -----------------------------------------------------------------------------------------------

  get isOpen() {
    return !this.node.hidden;
  }

  async open() {
    if (!this.isOpen) {
      this.node.hidden = false;
      this.#fit();
      this.conversation.keep({ open: true });
      this.guide.opened(true);
    }
    this.composer.focus();
    await this.restored;
    await this.log.settled();
    this.log.toNewest();
    this.#seen();
  }

  close() {
    if (!this.isOpen) return;
    const focus = this.node.contains(this.node.getRootNode().activeElement) || document.activeElement === document.body;
    this.node.hidden = true;
    this.confirm.drop();
    this.conversation.keep({ open: false });
    this.guide.opened(false, focus);
  }

  // On a phone the dialog is the page: it fills what the keyboard leaves of the screen.
  #fit() {
    const phone = PHONE.matches;
    this.node.setAttribute("aria-modal", String(phone));
    const { height, offsetTop } = window.visualViewport || { height: innerHeight, offsetTop: 0 };
    this.node.style.height = phone ? `${height}px` : "";
    this.node.style.top = phone ? `${offsetTop}px` : "";
    if (this.isOpen) this.log.refold();
  }

  /** What has been shown to the user counts as seen. */
  #seen() {
    if (this.isOpen && !document.hidden) this.conversation.keep({ seen: this.conversation.kept.last });
    this.guide.badge(this.log.unseen(this.conversation.kept.seen));
  }

  /** An answer has been added. */
  answered() {
    this.#seen();
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      if (this.confirm.isOpen) this.confirm.close();
      else this.close();
    } else if (event.key === "Tab") {
      const nodes = this.#focusable();
      const at = nodes.indexOf(this.node.getRootNode().activeElement);
      const edge = event.shiftKey ? at <= 0 : at === nodes.length - 1;
      if (!edge || !nodes.length) return;
      event.preventDefault();
      nodes.at(event.shiftKey ? -1 : 0).focus();
    }
  }

  #focusable() {
    const shown = (node) => node.getClientRects().length && !node.disabled && node.tabIndex >= 0 && !node.closest("[inert]");
    return [...this.node.querySelectorAll(FOCUSABLE)].filter(shown);
  }

  /** Tell whoever cannot see it. */
  say(words) {
    this.status.textContent = "";
    setTimeout(() => (this.status.textContent = words), 50);
  }

  // What is chosen ------------------------------------------------------------------------------------------------

  /** Show everything in other words. */
  useTexts(texts) {
    this.texts = texts;
    for (const apply of this.#bound) apply();
    this.picks.useTexts(texts);
    this.confirm.useTexts(texts);
    this.composer.useTexts(texts);
    this.lookup.useTexts(texts);
    this.log.useTexts(texts);
    if (!this.trouble.hidden) this.showTrouble(this.trouble.kind);
  }

  chooseCloud(id) {
    this.picks.chooseCloud(id);
  }

  // What is done --------------------------------------------------------------------------------------------------

  ask(text) {
    const words = text.trim();
    if (!words) return;
    this.show("talk", false);
    this.conversation.say({ text: words });
  }

  press({ title, value }) {
    this.conversation.say({ button: value, words: title });
  }

  async rate(seq, helpful) {
    await this.conversation.rate(seq, helpful);
    this.conversation.keep({ rated: { ...this.rated, [seq]: helpful } });
  }

  get rated() {
    return this.conversation.kept.rated || {};
  }

  #connection(online) {
    if (online) {
      this.showTrouble(null);
      this.say(this.texts.widget.online);
      this.conversation.flush();
    } else {
      this.showTrouble("offline");
    }
  }

  /** What keeps the guide from answering, or null. */
  showTrouble(kind) {
    const { widget } = this.texts;
    const known = kind === "offline" || kind === "unavailable";
    this.trouble.kind = kind;
    this.trouble.hidden = !known;
    if (!known) return this.trouble.replaceChildren();
    const words = kind === "offline" ? widget.offline : widget.unreachable;
    const again = h("button", { type: "button", class: "quiet", click: () => this.conversation.retry() }, icon("again"), widget.retry);
    this.trouble.replaceChildren(icon(kind === "offline" ? "off" : "alert"), h("p", { role: "alert" }, words), again);
    again.hidden = kind === "offline";
    if (this.log.following) this.log.toEnd();
  }

  // Deleting ------------------------------------------------------------------------------------------------------

  async #clear() {
    await this.conversation.clear();
    this.confirm.close();
    await this.log.restart();
    this.showTrouble(null);
    this.#seen();
    this.show("talk");
    this.say(this.texts.widget.cleared);
  }
}
