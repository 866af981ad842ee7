// Partner Guide's widget: <script src="https://HOST/widget/guide.js" data-locale="pt-BR" data-cloud="global" defer></script>
//
// This file is all that a page loads: it shows the button. The rest is fetched from the same server when the button is
// about to be pressed, or where a conversation is going on in this tab. The element <partner-guide> lives in a shadow
// root with constructed style sheets, so that neither side's styles reach the other and no page's policy is in the way.
(() => {
  "use strict";
  if (customElements.get("partner-guide")) return;

  const script = document.currentScript || document.querySelector('script[src*="/widget/guide.js"]');
  const base = new URL("..", script.src).href.replace(/\/$/, "");
  const stored = `partner-guide:${base}`;
  const SVG = "http://www.w3.org/2000/svg";

  // `!important` in a shadow root wins over the page's own; custom properties are let through: they are the theme.
  const CSS = `
    :host {
      all: initial !important;
      position: fixed !important;
      z-index: var(--partner-guide-layer, 2147483000) !important;
      inset-block-end: 0 !important;
      inset-inline-end: 0 !important;
      display: block !important;
    }
    :host([hidden]) { display: none !important; }
    .root {
      --accent: var(--partner-guide-accent, #0b5cad);
      --on-accent: var(--partner-guide-on-accent, #ffffff);
      color-scheme: light;
      font-family: var(--partner-guide-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC",
        "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic", sans-serif);
      line-height: 1.5;
    }
    .root.dark {
      --accent: var(--partner-guide-accent-dark, #84bdf7);
      --on-accent: var(--partner-guide-on-accent-dark, #0c1620);
      color-scheme: dark;
    }
    .launch {
      all: unset;
      align-items: center;
      background: var(--accent);
      border: 1px solid transparent;
      border-radius: 2em;
      bottom: calc(var(--partner-guide-offset-y, 1.25em) + env(safe-area-inset-bottom, 0px));
      box-shadow: 0 1px 2px rgb(0 0 0 / .2), 0 6px 20px rgb(0 0 0 / .22);
      box-sizing: border-box;
      color: var(--on-accent);
      cursor: pointer;
      display: flex;
      font-weight: 600;
      gap: .55em;
      inset-inline-end: var(--partner-guide-offset-x, 1.25em);
      min-block-size: 3.25em;
      padding: .75em 1.25em .75em 1.1em;
      position: fixed;
      transition: transform .15s ease, box-shadow .15s ease;
      user-select: none;
      -webkit-user-select: none;
    }
    .launch:hover { box-shadow: 0 2px 4px rgb(0 0 0 / .24), 0 10px 28px rgb(0 0 0 / .28); transform: translateY(-1px); }
    .launch:active { transform: none; }
    .launch:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    .launch[hidden], aside[hidden] { display: none; }
    .words:empty { display: none; }
    .launch:has(.words:empty) { aspect-ratio: 1; justify-content: center; padding: .75em; }
    .launch svg { block-size: 1.5em; fill: none; flex: none; inline-size: 1.5em; stroke: currentColor;
      stroke-linecap: round; stroke-linejoin: round; stroke-width: 1.8; }
    .badge {
      background: #c4314b; border: 2px solid #ffffff; border-radius: 1em; box-sizing: border-box; color: #ffffff;
      font-size: .8125em; font-weight: 700; inset-block-start: -.6em; inset-inline-end: -.35em; line-height: 1.35em;
      min-inline-size: 1.75em; padding: .1em .35em; position: absolute; text-align: center;
    }
    .badge[hidden] { display: none; }
    .sr { block-size: 1px; clip-path: inset(50%); inline-size: 1px; overflow: hidden; position: absolute; white-space: nowrap; }
    @media (max-width: 400px) {
      .launch { aspect-ratio: 1; justify-content: center; padding: .75em; }
      .words { block-size: 1px; clip-path: inset(50%); inline-size: 1px; overflow: hidden; position: absolute; white-space: nowrap; }
    }
    @media (prefers-reduced-motion: reduce) { .launch { transition: none; } .launch:hover { transform: none; } }
    @media (forced-colors: active) { .launch, .badge { border-color: ButtonText; } }
    @media print { .root { display: none; } }
  `;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(stored)) || {};
    } catch {
      return {};
    }
  }

  function drawing(lines) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const line of lines) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", line);
      svg.append(path);
    }
    return svg;
  }

  function element(name, className) {
    const node = document.createElement(name);
    node.className = className;
    return node;
  }

  class PartnerGuide extends HTMLElement {
    static observedAttributes = ["locale", "cloud", "theme", "dir"];

    base = base;
    texts = null;
    #root = null;
    #launch = null;
    #ready = null;
    #panel = null;
    #dark = matchMedia("(prefers-color-scheme: dark)");

    connectedCallback() {
      if (this.#root) return;
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      this.#root = element("div", "root");
      shadow.append(this.#root);
      this.#dark.addEventListener("change", () => this.#dress());
      this.#dress();
      this.#showLaunch();
      this.#start();
    }

    attributeChangedCallback(name) {
      if (!this.#root) return;
      if (name === "theme" || name === "dir") this.#dress();
      else if (name === "locale") this.useLocale(this.getAttribute("locale"));
      else this.#panel?.then((panel) => panel.chooseCloud(this.getAttribute("cloud")));
    }

    /** Open the dialog. */
    async open() {
      await (await this.#load()).open();
    }

    /** Close it; the focus goes back to the button. */
    async close() {
      (await this.#panel)?.close();
    }

    /** Open the dialog and ask. */
    async ask(words) {
      await this.open();
      (await this.#panel).ask(String(words));
    }

    async #start() {
      const { locale, open, token, outbox, given } = kept();
      this.#ready = this.useLocale((given === this.given && locale) || this.getAttribute("locale"));
      try {
        await this.#ready;
      } catch {
        // a button without a name is no use; tried again when the browser is online again
        this.#launch.aside.hidden = true;
        addEventListener("online", () => this.#start(), { once: true });
        return;
      }
      this.#launch.aside.hidden = false;
      if (open) await this.open();
      else if (token || outbox?.length) (window.requestIdleCallback || setTimeout)(() => this.#load());
    }

    /** What the page chooses; where that changes, what the user chose on another page counts no longer. */
    get given() {
      return `${this.getAttribute("locale") || ""} ${this.getAttribute("cloud") || ""}`;
    }

    /** The texts of the first of these languages that there are texts for: the given one, the page's, the browser's. */
    async useLocale(wanted) {
      const page = this.closest("[lang]")?.lang || document.documentElement.lang;
      const tags = [wanted, page, ...(navigator.languages || [navigator.language])].filter(Boolean);
      const query = encodeURIComponent([...new Set(tags)].slice(0, 10).join(","));
      const reply = await fetch(`${base}/widget/texts?locale=${query}`, { credentials: "omit" });
      if (!reply.ok) throw new Error(`${reply.status}`);
      this.texts = await reply.json();
      this.#dress();
      this.#word();
      this.dispatchEvent(new CustomEvent("guide-texts", { detail: this.texts }));
      (await this.#panel)?.useTexts(this.texts);
      return this.texts;
    }

    #dress() {
      const theme = this.getAttribute("theme");
      this.#root.classList.toggle("dark", theme === "dark" || (theme !== "light" && this.#dark.matches));
      const locale = this.texts?.locale;
      if (locale) this.#root.lang = locale;
      const rtl = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)(-|$)/i.test(locale || "");
      this.#root.dir = this.getAttribute("dir") || (rtl ? "rtl" : "ltr");
    }

    #showLaunch() {
      // a landmark, so that whoever goes from one to the next finds it
      const aside = element("aside", "");
      const button = element("button", "launch");
      button.type = "button";
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-expanded", "false");
      // painted at once; it can be found and reached as soon as its words are there
      button.tabIndex = -1;
      aside.setAttribute("aria-hidden", "true");
      const badge = element("span", "badge");
      badge.hidden = true;
      button.append(drawing(["M4 5.5h16v11h-8.5L7 20.5v-4H4z", "M8.5 9.500h7", "M8.5 12.500h4.5"]), element("span", "words"), badge);
      aside.append(button);
      this.#launch = { aside, button, badge };
      button.addEventListener("click", () => this.open());
      for (const hint of ["pointerenter", "focus"]) button.addEventListener(hint, () => this.#load(), { once: true });
      this.#root.append(aside);
    }

    #word() {
      const { aside, button, badge } = this.#launch;
      aside.removeAttribute("aria-hidden");
      button.removeAttribute("tabindex");
      aside.setAttribute("aria-label", this.texts.widget.title);
      button.querySelector(".words").textContent = this.texts.widget.launch;
      this.badge(Number(badge.firstChild?.textContent) || 0);
    }

    /** Show how many answers have not been seen. */
    badge(count) {
      const { badge } = this.#launch;
      badge.hidden = !count;
      const number = element("span", "");
      number.textContent = count > 9 ? "9+" : String(count);
      number.setAttribute("aria-hidden", "true");
      const words = element("span", "sr");
      words.textContent = ` ${this.texts.widget.unread.replace("{count}", count)}`;
      badge.replaceChildren(number, words);
    }

    /** Told by the dialog: it is open, or closed. */
    opened(open, focus) {
      const { button } = this.#launch;
      button.setAttribute("aria-expanded", String(open));
      button.hidden = open;
      if (!open && focus) button.focus();
      this.dispatchEvent(new CustomEvent(open ? "guide-open" : "guide-close", { bubbles: true, composed: true }));
    }

    #load() {
      this.#panel ||= Promise.all([import(`${base}/widget/panel.js`), this.#ready]).then(
        ([{ Panel }]) => new Panel(this, this.#root),
        (error) => {
          this.#panel = null;
          throw error;
        },
      );
      return this.#panel;
    }
  }

  customElements.define("partner-guide", PartnerGuide);

  function place() {
    if (document.querySelector("partner-guide")) return;
    const guide = document.createElement("partner-guide");
    for (const name of ["locale", "cloud", "theme", "dir"]) {
      if (script.dataset[name]) guide.setAttribute(name, script.dataset[name]);
    }
    document.body.append(guide);
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place, { once: true });
  else place();
})();
