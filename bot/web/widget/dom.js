// Building nodes: the only way in which anything gets into the page. Nothing here or elsewhere parses markup.

const SVG = "http://www.w3.org/2000/svg";
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** An element. `properties`: attributes, `class`, and functions as listeners (`click: f`); null and false are left out. */
export function h(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, String(value));
  }
  return add(node, ...children);
}

/** Append what is not null, undefined or false. */
export function add(node, ...children) {
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Drawn on a grid of 24, by lines only.
const ICONS = {
  chat: ["M4 5.5h16v11h-8.5L7 20.5v-4H4z", "M8.5 9.5h7", "M8.5 12.5h4.5"],
  quote: ["M5 17.5V12c0-3 1.5-5 4.5-5.5v2.5c-1.3.4-2 1.3-2 2.5h2.5v6z", "M14 17.5V12c0-3 1.5-5 4.5-5.5v2.5c-1.3.4-2 1.3-2 2.5h2.5v6z"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  send: ["M5 12h13", "M12.5 6l6 6-6 6"],
  trash: ["M4.5 7h15", "M9.5 7V4.5h5V7", "M6.5 7l1 12.5h9l1-12.5", "M10.3 10.5v5.5", "M13.7 10.5v5.5"],
  search: ["M10.5 4.5a6 6 0 1 0 0 12a6 6 0 1 0 0-12", "M15 15l5 5"],
  copy: ["M9 9h10.5v11H9z", "M6 15H4.5V4H15v2.5"],
  check: ["M5 12.5l4.5 4.5L19.5 7"],
  out: ["M10 6H5.5v12.5H18V14", "M13.5 4.5h6v6", "M19.5 4.5L11 13"],
  globe: ["M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17", "M3.5 12h17", "M12 3.5c-5 5-5 12 0 17c5-5 5-12 0-17"],
  cloud: ["M7.5 18.5a4 4 0 0 1-.6-7.950a5.5 5.5 0 0 1 10.6 1.200a3.4 3.4 0 0 1-.2 6.750z"],
  up: ["M7.5 11v8.5H4V11z", "M7.5 11l4-7.5c1.8 0 2.5 1 2.2 2.5l-.7 3.5h5.5c1.2 0 1.7 1 1.5 2l-1.3 6.5c-.2 1-1 1.5-1.9 1.5H7.5"],
  down: ["M7.5 13V4.5H4V13z", "M7.5 13l4 7.5c1.8 0 2.5-1 2.2-2.5l-.7-3.5h5.5c1.2 0 1.7-1 1.5-2L18.7 6c-.2-1-1-1.5-1.9-1.5H7.5"],
  below: ["M12 5v13", "M6 12.5l6 6 6-6"],
  again: ["M19 12a7 7 0 1 1-2.1-5", "M19.5 4v4h-4"],
  person: ["M12 4.5a3.7 3.7 0 1 0 0 7.400a3.7 3.7 0 1 0 0-7.4", "M4.5 20c.6-4 3.5-5.8 7.5-5.800s6.9 1.8 7.5 5.8"],
  alert: ["M12 4L2.8 19.5h18.400z", "M12 10v4.5", "M12 16.800v.4"],
  off: ["M3 9a13 13 0 0 1 18 0", "M6.5 12.800a8 8 0 0 1 11 0", "M10 16.5a3 3 0 0 1 4 0", "M4 4l16 16"],
};

/** A picture that says nothing by itself: the words beside it do. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: `icon icon-${name}` })) {
    svg.setAttribute(key, value);
  }
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** {href, host} of an address that may be followed, else null. Addresses with a user's name in them mislead: none. */
export function safeAddress(address) {
  if (typeof address !== "string") return null;
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!SCHEMES.has(url.protocol) || url.username || url.password) return null;
  if (url.protocol === "mailto:") return { href: url.href, host: decoded(url.pathname) };
  return { href: url.href, host: url.host.replace(/^www\./, "") };
}

function decoded(words) {
  try {
    return decodeURIComponent(words);
  } catch {
    return words;
  }
}

/** A link in a new tab that shows where it leads; bare words where the address may not be followed. */
export function link(address, properties, ...children) {
  const { note = null, ...rest } = properties;
  const safe = safeAddress(address);
  if (!safe) return h("span", rest, ...children);
  const hidden = note && h("span", { class: "sr" }, ` ${note}`);
  return h(
    "a",
    { ...rest, href: safe.href, target: "_blank", rel: "noopener noreferrer", "data-host": safe.host },
    ...children,
    hidden,
  );
}

/** Words with {names} filled in. */
export function fill(words, values = {}) {
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const RTL = /^(ar|arc|az-arab|ckb|dv|fa|he|iw|ks|ku-arab|pa-arab|ps|sd|ug|ur|yi)(-|$)/i;

/** The direction in which a language is written. */
export function direction(locale) {
  return RTL.test(locale || "") ? "rtl" : "ltr";
}
