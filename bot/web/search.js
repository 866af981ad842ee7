// The staff's page: one box, results as one types, the search in the address so that it can be shared.

import { copy, host } from "/widget/answer.js";
import { fill, h, icon, link, safeAddress } from "/widget/dom.js";
import { quoteNodes } from "/widget/format.js";

const PAUSE_MS = 120;
const COUNT = 20;
const FIELDS = ["languages", "cloud", "locale"];

const at = (id) => document.getElementById(id);
const box = at("box");
let texts = null;
let stop = null;
let timer = 0;

async function start() {
  const asked = new URLSearchParams(location.search);
  const tags = [asked.get("ui"), ...navigator.languages].filter(Boolean).join(",");
  texts = await (await fetch(`/widget/texts?locale=${encodeURIComponent(tags)}`)).json();
  const words = texts.search_page;
  document.documentElement.lang = texts.locale;
  document.title = `${words.title} – ${texts.widget.title}`;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = words[node.dataset.text];
  box.placeholder = words.box;
  options("languages", [{ id: "", name: words.every_language }, ...texts.languages], asked.get("languages"), true);
  options("cloud", [{ id: "", name: words.every_cloud }, ...texts.clouds.filter((cloud) => cloud.id !== "all")], asked.get("cloud"));
  options("locale", [{ id: "", name: words.automatic }, ...texts.languages], asked.get("locale"), true);
  box.value = asked.get("q") || "";
  document.body.hidden = false;
  box.focus();
  look();
}

function options(id, entries, chosen, named = false) {
  at(id).replaceChildren(...entries.map(({ id: value, name }) => h("option", { value, lang: named && value ? value : null }, name)));
  at(id).value = entries.some((entry) => entry.id === chosen) ? chosen : "";
}

function remember() {
  const address = new URL(location.href);
  const values = { q: box.value.trim(), ...Object.fromEntries(FIELDS.map((id) => [id, at(id).value])) };
  for (const [name, value] of Object.entries(values)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(null, "", address);
}

async function look() {
  clearTimeout(timer);
  stop?.abort();
  remember();
  const words = texts.search_page;
  const text = box.value.trim();
  if (!text) {
    at("hits").replaceChildren();
    at("count").textContent = words.start;
    return;
  }
  const own = (stop = new AbortController());
  const body = {
    text,
    locale: at("locale").value || null,
    cloud: at("cloud").value || null,
    languages: at("languages").value ? [at("languages").value] : [],
    limit: COUNT,
  };
  try {
    const reply = await fetch("/guide/search", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": texts.locale },
      body: JSON.stringify(body),
      signal: own.signal,
    });
    const found = await reply.json();
    if (own.signal.aborted) return;
    if (!reply.ok) throw new TypeError(found.message);
    at("hits").replaceChildren(...found.hits.map(hit));
    const values = { count: found.hits.length, milliseconds: Math.round(found.took_ms) };
    at("count").textContent = found.hits.length ? fill(words.found, values) : words.none;
  } catch (error) {
    if (error.name === "AbortError") return;
    at("hits").replaceChildren();
    at("count").textContent = words.failed;
  }
}

function hit(found) {
  const { search_page: words, widget, answer } = texts;
  const topic = found.heading || found.title;
  const above = [found.title, ...found.path].filter((part, i, all) => part && part !== topic && all.indexOf(part) === i);
  const clouds = found.clouds.map((id) => texts.clouds.find((cloud) => cloud.id === id)?.name ?? id);
  const language = texts.languages.find((one) => one.id === found.locale)?.name ?? found.locale;
  const facts = [clouds.join(answer.list_separator), language, ...found.labels.map((label) => label.text)].filter(Boolean);
  const safe = safeAddress(found.url);
  const percent = new Intl.NumberFormat(texts.locale, { style: "percent" }).format(found.confidence);
  const number = new Intl.NumberFormat(texts.locale, { maximumFractionDigits: 3 }).format(found.score);
  const meter = h("meter", { min: 0, max: 1, value: found.confidence, "aria-label": words.confidence });
  const heading = h("h2", { lang: found.locale, dir: "auto" }, link(found.url, { class: "cited", note: widget.new_tab }, topic, safe && host(safe.host)));
  if (!safe) heading.firstChild.tabIndex = -1;
  heading.firstChild.classList.add("main");
  return h("li", {},
    above.length ? h("p", { class: "path", lang: found.locale, dir: "auto" }, above.join(" › ")) : null,
    heading,
    h("blockquote", { lang: found.locale, dir: "auto", cite: safe?.href }, quoteNodes(found.quote, found.links, widget.new_tab)),
    h("ul", { class: "facts" }, facts.map((fact) => h("li", {}, fact)),
      h("li", { class: "score" }, `${words.confidence} ${percent} `, meter), h("li", {}, `${words.score} ${number}`)),
    h("p", { class: "where" }, h("span", {}, found.source), copyButton(found)));
}

function copyButton(found) {
  const words = texts.search_page;
  const label = h("span", {}, words.copy_quote);
  const source = safeAddress(found.url)?.href ?? found.source;
  const press = async () => {
    const done = await copy(`${found.quote}\n\n${found.title}${found.heading === found.title ? "" : ` › ${found.heading}`}\n${source}\n`);
    say(label, done ? texts.widget.copied : texts.widget.copy_failed, words.copy_quote);
  };
  return h("button", { type: "button", class: "quiet", click: press }, icon("copy"), label);
}

function say(node, words, before) {
  node.textContent = words;
  at("count").textContent = words;
  setTimeout(() => (node.textContent = before), 2500);
}

// By keyboard: from the box to the results, from one to the next, and back.
function move(step) {
  const links = [...document.querySelectorAll("#hits .main")];
  const now = links.indexOf(document.activeElement);
  const next = now + step;
  if (next < 0) box.focus();
  else links[Math.min(next, links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const inList = document.activeElement?.classList.contains("main");
  const inBox = document.activeElement === box;
  if (event.key === "/" && !inBox && document.activeElement?.tagName !== "SELECT") box.focus();
  else if (event.key === "ArrowDown" && (inBox || inList)) move(1);
  else if (event.key === "ArrowUp" && inList) move(-1);
  else if (event.key === "Escape" && inList) box.focus();
  else if (event.key === "Escape" && inBox && box.value) {
    box.value = "";
    look();
  } else if (event.key === "Enter" && inBox) {
    look();
  } else return;
  event.preventDefault();
});

box.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
for (const id of FIELDS) at(id).addEventListener("change", look);
at("form").addEventListener("submit", (event) => event.preventDefault());
at("share").addEventListener("click", async () => {
  const done = await copy(location.href);
  say(at("share"), done ? texts.search_page.shared : texts.widget.copy_failed, texts.search_page.share);
});

start();
