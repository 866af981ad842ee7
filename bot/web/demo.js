// The demonstration page: a page like any other that embeds the widget, and a few things to try on it.

await customElements.whenDefined("partner-guide");
if (document.readyState !== "complete") await new Promise((ready) => addEventListener("load", ready, { once: true }));
const guide = document.querySelector("partner-guide");
const theme = document.getElementById("theme");

function button(words) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = words;
  node.addEventListener("click", () => guide.ask(words));
  const item = document.createElement("li");
  item.append(node);
  return item;
}

function show({ locale, widget }) {
  document.documentElement.lang = locale;
  document.title = widget.title;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = widget[node.dataset.text];
  document.getElementById("examples").replaceChildren(...widget.examples.map(button));
  const source = `${location.origin}/widget/guide.js`;
  document.getElementById("code").textContent = `<script src="${source}" data-locale="${locale}" defer></script>`;
  document.querySelector("main").hidden = false;
}

function dress() {
  document.documentElement.dataset.theme = theme.value;
  if (theme.value) guide.setAttribute("theme", theme.value);
  else guide.removeAttribute("theme");
}

theme.addEventListener("change", dress);
guide.addEventListener("guide-texts", (event) => show(event.detail));
if (guide.texts) show(guide.texts);
