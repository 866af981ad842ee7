// The page of `guide serve`: asks over the REST channel and shows what its structured payload holds.
// All wording comes from the server; nothing that comes from it is ever read as markup.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("form");
const question = document.getElementById("question");
const language = document.getElementById("language");
const cloud = document.getElementById("cloud");
const sender = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
let texts = null;

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
}

function link(url, words) {
  if (!/^https?:\/\//.test(url || "")) return document.createTextNode(words);
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words);
}

async function useLocale(locale) {
  if (texts && texts.locale === locale) return;
  const reply = await fetch("/guide/texts?locale=" + encodeURIComponent(locale));
  texts = await reply.json();
  document.documentElement.lang = texts.locale;
  document.title = texts.web.title;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts.web[node.dataset.text];
  question.placeholder = texts.web.placeholder;
  log.setAttribute("aria-label", texts.web.conversation);
  fill(language, texts.languages, texts.locale);
  fill(cloud, [{ id: "", name: texts.web.cloud_unset }, ...texts.clouds], cloud.value);
}

function fill(select, entries, chosen) {
  select.replaceChildren(...entries.map(({ id, name }) => element("option", { value: id }, name)));
  select.value = chosen;
}

function show(...children) {
  return append(texts.web.guide, ...children);
}

function append(who, ...children) {
  const card = element("article", {}, element("span", { className: "hidden" }, who + ": "), ...children);
  log.append(card);
  card.scrollIntoView({ block: "nearest" });
  return card;
}

function showMine(words) {
  append(texts.web.you, element("p", { className: "plain" }, words)).classList.add("mine");
}

// Words with their web addresses as links.
function linked(words) {
  const parts = words.split(/(https?:\/\/[^\s]+)/);
  return element("p", { className: "plain" }, ...parts.map((part, i) => (i % 2 ? link(part, part) : part)));
}

// A quote, with the links that the article has in it. Offsets count code points.
function quoted(answer) {
  const letters = Array.from(answer.quote);
  const node = element("blockquote", { lang: answer.citation.locale });
  let done = 0;
  for (const { start, end, url } of answer.links) {
    node.append(letters.slice(done, start).join(""), link(url, letters.slice(start, end).join("")));
    done = end;
  }
  node.append(letters.slice(done).join(""));
  return node;
}

function cloudNames(ids) {
  return ids.map((id) => texts.clouds.find((known) => known.id === id)?.name ?? id).join(", ");
}

function source(citation) {
  const name = citation.heading && citation.heading !== citation.title
    ? `${citation.title} – ${citation.heading}` : citation.title;
  return element("span", { lang: citation.locale, title: citation.url ? texts.web.show_source : "" }, link(citation.url, name));
}

function answerParts(answer, sideBySide) {
  const { citation } = answer;
  const words = answer.labels.map((label) => label.text);
  if (citation.roles.length) words.unshift(texts.roles.replace("{roles}", citation.roles.join(", ")));
  const notes = words.map((note) => element("li", {}, note));
  return [
    sideBySide && answer.clouds.length ? element("p", { className: "for" }, cloudNames(answer.clouds)) : null,
    quoted(answer),
    element("p", { className: "source" }, texts.source + " ", source(citation)),
    notes.length ? element("ul", { className: "note" }, ...notes) : null,
  ];
}

function button(title, payload, words = title) {
  return element("button", { type: "button", onclick: () => send(payload, words) }, title);
}

function related(citations) {
  if (!citations.length) return null;
  const entries = citations.map((citation) => {
    const words = citation.heading || citation.title;
    return element("li", {}, source(citation), " ", button(texts.web.ask_this, words, words));
  });
  return element("div", { className: "related" }, texts.related, element("ul", {}, ...entries));
}

async function showMessage(message) {
  const payload = message.custom || {};
  if (payload.locale) await useLocale(payload.locale);
  if (payload.chosen_cloud) cloud.value = payload.chosen_cloud;
  const buttons = (message.buttons || []).map(({ title, payload: value }) => button(title, value));
  const answers = payload.answers || [];
  const parts = [];
  if (answers.length) {
    if (payload.intro) parts.push(linked(payload.intro));
    for (const answer of answers) parts.push(...answerParts(answer, answers.length > 1));
    parts.push(related(payload.related));
    if (payload.ask_cloud) parts.push(linked(texts.ask_cloud));
    else buttons.push(button(texts.web.helpful, "/helpful"), button(texts.web.not_helpful, "/not_helpful"));
  } else {
    parts.push(linked(message.text || ""));
  }
  if (buttons.length) parts.push(element("div", { className: "buttons" }, ...buttons));
  show(...parts);
}

async function send(message, words) {
  showMine(words);
  const waiting = show(element("p", {}, texts.web.waiting));
  waiting.classList.add("waiting");
  let replies = null;
  try {
    const reply = await fetch("/webhooks/rest/webhook", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sender, message }),
    });
    if (reply.ok) replies = await reply.json();
  } catch (error) {
    console.error(error);
  }
  waiting.remove();
  for (const one of replies ?? [{ text: texts.unavailable }]) await showMessage(one);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = question.value.trim();
  if (!words) return;
  question.value = "";
  await send(words, words);
  question.focus();
});
language.addEventListener("change", () => send(`/choose_language{"language": "${language.value}"}`, language.selectedOptions[0].text));
cloud.addEventListener("change", () => {
  if (cloud.value) send(`/choose_cloud{"cloud": "${cloud.value}"}`, cloud.selectedOptions[0].text);
});

useLocale(navigator.language || "").then(() => {
  show(linked(texts.greet));
  question.focus();
});
