// Texts as nodes. A quote is plain text with offsets of links, its lists told by their marks; what the guide itself
// says may use a little Markdown: paragraphs, lists, bold, italic, code and links. Everything else stays words.

import { add, h, link } from "./dom.js";

const ITEM = /^( *)(•|\d{1,9}\.) (.*)$/su;

/**
 * The nodes of a quote: paragraphs and lists, as the article has them.
 * `links`: {start, end, url}, offsets in code points, end exclusive.
 */
export function quoteNodes(quote, links = [], note = "") {
  const spans = inUnits(quote, links);
  const inline = (start, end) => withLinks(quote, start, end, spans, note);
  const nodes = [];
  const lists = []; // the open lists, outermost first: {node, depth, item}
  let paragraph = null;
  let at = 0;
  for (const line of quote.split("\n")) {
    const start = at;
    at += line.length + 1;
    const item = ITEM.exec(line);
    const indent = line.length - line.trimStart().length;
    if (!line.trim()) {
      paragraph = null;
    } else if (item) {
      paragraph = null;
      addItem(nodes, lists, item, inline(start + line.length - item[3].length, start + line.length));
    } else if (lists.length && indent > 0) {
      const owner = lists.filter((list) => list.depth * 2 < indent).at(-1) || lists[0];
      add(owner.item, h("p", {}, inline(start + indent, start + line.length)));
    } else if (paragraph) {
      add(paragraph, "\n", inline(start, start + line.length));
    } else {
      lists.length = 0;
      paragraph = h("p", {}, inline(start, start + line.length));
      nodes.push(paragraph);
    }
  }
  return nodes;
}

function addItem(nodes, lists, [, indent, mark, words], content) {
  const depth = Math.min(Math.floor(indent.length / 2), 8);
  const kind = mark === "•" ? "ul" : "ol";
  while (lists.length && (lists.at(-1).depth > depth || (lists.at(-1).depth === depth && lists.at(-1).kind !== kind))) {
    lists.pop();
  }
  if (!lists.length || lists.at(-1).depth < depth) {
    const node = h(kind, {});
    if (lists.length) add(lists.at(-1).item, node);
    else nodes.push(node);
    lists.push({ node, depth, kind, item: null });
  }
  const list = lists.at(-1);
  list.item = h("li", { value: kind === "ol" ? Number.parseInt(mark, 10) : null }, words ? content : null);
  add(list.node, list.item);
}

// Python counts code points, JavaScript units of UTF-16.
function inUnits(text, links) {
  if (!links.length) return [];
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  const last = units.length - 1;
  return links
    .filter(({ start, end }) => Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= last)
    .map(({ start, end, url }) => ({ start: units[start], end: units[end], url }))
    .sort((a, b) => a.start - b.start);
}

function withLinks(text, start, end, spans, note) {
  const nodes = [];
  let at = start;
  for (const span of spans) {
    const from = Math.max(span.start, at);
    const to = Math.min(span.end, end);
    if (from >= to) continue;
    nodes.push(text.slice(at, from), link(span.url, { class: "inline", note }, text.slice(from, to)));
    at = to;
  }
  nodes.push(text.slice(at, end));
  return nodes.filter((node) => node !== "");
}

// One alternative for each mark: code, bold, italic, a link, a bare address.
const MARKS =
  /`([^`\n]{1,500})`|\*\*([^*\n]{1,500})\*\*|(?<![\w*])\*([^*\s][^*\n]{0,500})\*(?![\w*])|\[([^[\]\n]{1,300})\]\(([^()\s]{1,2000})\)|((?:https?:\/\/|mailto:)[^\s<>"'“”«»，。、；：！？）】」』]{1,2000})/gu;

/** The nodes of what the guide says. */
export function markdownNodes(text, note = "") {
  const nodes = [];
  for (const block of text.split(/\n{2,}/)) {
    let list = null;
    let paragraph = null;
    for (const line of block.split("\n")) {
      const item = /^\s*[•*-] (.*)$/s.exec(line);
      if (item) {
        paragraph = null;
        if (!list) nodes.push((list = h("ul", {})));
        add(list, h("li", {}, inlineNodes(item[1], note)));
      } else if (line.trim()) {
        list = null;
        if (paragraph) add(paragraph, "\n");
        else nodes.push((paragraph = h("p", {})));
        add(paragraph, inlineNodes(line, note));
      }
    }
  }
  return nodes;
}

function inlineNodes(line, note) {
  const nodes = [];
  let at = 0;
  for (const found of line.matchAll(MARKS)) {
    const [whole, code, bold, italic, words, address, bare] = found;
    nodes.push(line.slice(at, found.index));
    at = found.index + whole.length;
    if (code) nodes.push(h("code", {}, code));
    else if (bold) nodes.push(h("strong", {}, bold));
    else if (italic) nodes.push(h("em", {}, italic));
    else if (address) nodes.push(link(address, { class: "inline", note }, words));
    else {
      const end = bare.replace(/[.,;:!?)\]]+$/u, "");
      nodes.push(link(end, { class: "inline bare", note }, end), bare.slice(end.length));
    }
  }
  nodes.push(line.slice(at));
  return nodes.filter((node) => node !== "");
}
