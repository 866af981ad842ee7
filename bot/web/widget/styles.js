// How the dialog looks. Lengths are in em of the reader's own text size, directions follow the writing, colours are
// the page's to change (custom properties in guide.js and here). Contrast: words 4.5:1 or better, edges of controls 3:1.

const CSS = `
.root {
  --surface: var(--partner-guide-surface, #ffffff);
  --ground: var(--partner-guide-ground, #f5f7fa);
  --ink: var(--partner-guide-ink, #1a2027);
  --faint: var(--partner-guide-faint, #57616d);
  --line: var(--partner-guide-line, #dde2e8);
  --edge: var(--partner-guide-edge, #7d8894);
  --tint: color-mix(in srgb, var(--accent) 9%, var(--surface));
  --mine: color-mix(in srgb, var(--accent) 13%, var(--surface));
  --warn: #7a4b00;
  --warn-ground: #fff3dc;
  --bad: #b3261e;
  --radius: var(--partner-guide-radius, 1em);
}
.root.dark {
  --surface: var(--partner-guide-surface-dark, #1b2026);
  --ground: var(--partner-guide-ground-dark, #14181d);
  --ink: var(--partner-guide-ink-dark, #e9ecef);
  --faint: var(--partner-guide-faint-dark, #a8b2bd);
  --line: var(--partner-guide-line-dark, #343d47);
  --edge: var(--partner-guide-edge-dark, #7f8b97);
  --tint: color-mix(in srgb, var(--accent) 10%, var(--surface));
  --mine: color-mix(in srgb, var(--accent) 22%, var(--surface));
  --warn: #ffd591;
  --warn-ground: #3b2f16;
  --bad: #ff9d94;
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, ul, ol, figure, blockquote { margin: 0; padding: 0; }
h2, h3, h4 { font-size: 1em; font-weight: 600; }
ul, ol { list-style: none; }
cite { font-style: normal; }
button, input, select, textarea { color: inherit; font: inherit; letter-spacing: inherit; margin: 0; }
button { cursor: pointer; }
a { color: var(--accent); text-decoration-thickness: from-font; text-underline-offset: .18em; }
svg.icon { block-size: 1.15em; fill: none; flex: none; inline-size: 1.15em; stroke: currentColor; stroke-linecap: round;
  stroke-linejoin: round; stroke-width: 1.8; vertical-align: -.22em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.sr { block-size: 1px; clip-path: inset(50%); inline-size: 1px; overflow: hidden; position: absolute; white-space: nowrap; }

.panel {
  background: var(--surface);
  block-size: min(var(--partner-guide-height, 44em), 100vh - 2.5em);
  block-size: min(var(--partner-guide-height, 44em), 100dvh - 2.5em);
  border: 1px solid var(--line);
  border-radius: var(--radius);
  box-shadow: 0 2px 6px rgb(0 0 0 / .08), 0 16px 48px rgb(0 0 0 / .22);
  color: var(--ink);
  display: flex;
  flex-direction: column;
  inline-size: min(var(--partner-guide-width, 27.5em), 100vw - 2.5em);
  inset-block-end: var(--partner-guide-offset-y, 1.25em);
  inset-inline-end: var(--partner-guide-offset-x, 1.25em);
  overflow: hidden;
  position: fixed;
  transform-origin: bottom right;
}
.panel:focus { outline: none; }
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: rise .18s cubic-bezier(.2, .8, .3, 1); }
  @keyframes rise { from { opacity: 0; transform: translateY(.75em) scale(.985); } }
}

.head { border-block-end: 1px solid var(--line); flex: none; padding: .7em .75em .7em 1em; }
.bar { align-items: center; display: flex; gap: .55em; }
.mark { background: var(--accent); block-size: 2em; border-radius: .55em; color: var(--on-accent); display: grid; flex: none;
  inline-size: 2em; place-items: center; }
.mark svg { fill: currentColor; stroke: none; }
.bar h2 { flex: 1; font-size: 1.0625em; letter-spacing: -.01em; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.tool { background: none; block-size: 2.25em; border: 0; border-radius: .6em; color: var(--faint); display: grid; flex: none;
  inline-size: 2.25em; padding: 0; place-items: center; }
.tool:hover { background: var(--ground); color: var(--ink); }
.tool svg { block-size: 1.3em; inline-size: 1.3em; }
.tool.clear { margin-inline-end: -.4em; }
.tabs { background: var(--ground); border-radius: .65em; display: flex; flex: none; padding: .15em; }
.tabs button { align-items: center; background: none; block-size: 1.95em; border: 0; border-radius: .5em; color: var(--faint);
  display: flex; font-size: .875em; font-weight: 500; gap: .35em; padding: 0 .7em; }
.tabs svg { display: none; }
.tabs [aria-selected=true] { background: var(--surface); box-shadow: 0 1px 2px rgb(0 0 0 / .16); color: var(--ink); }
.dark .tabs [aria-selected=true] { background: #2b333c; }
.picks { display: grid; gap: .5em; grid-template-columns: 1fr 1fr; margin-block-start: .65em; }
.pick { min-inline-size: 0; position: relative; }
.pick svg { color: var(--faint); inset-block-start: .48em; inset-inline-start: .5em; pointer-events: none; position: absolute; }
.pick select { appearance: none; background: var(--surface); block-size: 2.3em; border: 1px solid var(--edge); border-radius: .6em;
  font-size: .875em; inline-size: 100%; overflow: hidden; padding-inline: 2.05em .6em; text-overflow: ellipsis; white-space: nowrap; }
.pick select:hover { border-color: var(--accent); }
.pick::after { border: solid var(--faint); border-width: 0 1.5px 1.5px 0; block-size: .4em; content: ""; inline-size: .4em;
  inset-block-start: .72em; inset-inline-end: .8em; pointer-events: none; position: absolute; transform: rotate(45deg); }
.pick select { padding-inline-end: 1.7em; }

.trouble { align-items: center; background: var(--warn-ground); color: var(--warn); display: flex; flex: none; font-size: .875em;
  gap: .6em; padding: .55em 1em; }
.trouble p { flex: 1; }
.view { display: flex; flex: 1; flex-direction: column; min-block-size: 0; }
.said { display: flex; flex: 1; flex-direction: column; min-block-size: 0; position: relative; }
.log { display: flex; flex: 1; flex-direction: column; gap: 1em; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain;
  padding: 1em; position: relative; scrollbar-width: thin; }
.log:focus-visible, .found:focus-visible { outline-offset: -3px; }
article { display: flex; flex-direction: column; gap: .75em; min-inline-size: 0; overflow-wrap: anywhere; }
article p { white-space: pre-line; }
.mine { align-items: flex-end; align-self: flex-end; gap: .25em; max-inline-size: 86%; }
.mine > p { background: var(--mine); border-radius: 1.1em; border-end-end-radius: .3em; max-inline-size: 100%; padding: .5em .9em; }
.mine.unsent > p { background: none; box-shadow: inset 0 0 0 1px var(--edge); }
.state { align-items: center; color: var(--faint); display: flex; flex-wrap: wrap; font-size: .8125em; gap: .3em .6em; justify-content: flex-end; }
.state span { align-items: center; display: inline-flex; gap: .4em; }
.state .quiet { font-size: 1em; }
.state:empty { display: none; }
.state [role=alert] { color: var(--bad); }
.note { align-self: center; background: var(--ground); border-radius: 1em; color: var(--faint); font-size: .8125em; padding: .25em .9em; text-align: center; }
.small { color: var(--faint); font-size: .8125em; font-weight: 500; }
.greeting .small { margin-block: .25em -.35em; }
.examples, .choices { display: flex; flex-wrap: wrap; gap: .5em; }
.examples { align-items: flex-start; flex-direction: column; }
.examples button, .choices button { align-items: center; background: var(--surface); border: 1px solid var(--accent);
  border-radius: 1.2em; color: var(--accent); display: inline-flex; font-size: .9375em; gap: .45em; min-block-size: 2.25em;
  padding: .3em .95em; text-align: start; }
.examples button:hover, .choices button:hover { background: var(--tint); }
.choices.again button { font-size: .875em; }

.quoted { background: var(--surface); border: 1px solid var(--line); border-radius: .85em; overflow: hidden; }
.for { align-items: flex-start; background: var(--ground); border-block-end: 1px solid var(--line); display: flex; font-size: .875em;
  font-weight: 600; gap: .5em; padding: .5em .95em; }
.for svg { color: var(--accent); margin-block-start: .2em; }
.quote { padding: .85em .95em .2em; }
blockquote { border-inline-start: 3px solid var(--accent); line-height: 1.55; padding-inline-start: .85em; }
blockquote > * + *, blockquote li > * { margin-block-start: .6em; }
blockquote p { white-space: pre-line; }
blockquote ul, blockquote ol { padding-inline-start: 1.5em; }
article.guide > ul:not([class]) { list-style: disc; padding-inline-start: 1.3em; }
blockquote ul { list-style: disc; }
blockquote ol { list-style: decimal; }
blockquote li + li { margin-block-start: .3em; }
blockquote.folded { max-block-size: 15em; overflow: hidden; -webkit-mask-image: linear-gradient(#000 72%, transparent);
  mask-image: linear-gradient(#000 72%, transparent); }
.more { margin-inline: 1.6em; }
.original { margin-block: .8em .2em; }
.original blockquote { border-color: var(--edge); color: var(--faint); }
.original-title { color: var(--faint); font-size: .8125em; font-weight: 600; margin-block-end: .3em; }
a.inline::after { color: var(--faint); content: " " attr(data-host); font-size: .8125em; }
a.inline.bare::after { content: ""; }
figcaption { display: flex; flex-direction: column; gap: .5em; padding: .55em .95em .5em; }
.source { font-size: .9375em; line-height: 1.4; }
.cited { font-weight: 600; text-decoration: none; }
a.cited:hover { text-decoration: underline; }
.cited .section { font-weight: 500; }
.host svg { block-size: .95em; inline-size: .95em; margin-inline-start: .35em; vertical-align: -.1em; }
.host { color: var(--faint); display: block; font-size: .8666em; font-weight: 400; }
.file { color: var(--faint); display: block; font-size: .8125em; overflow-wrap: anywhere; }
.labels { display: flex; flex-wrap: wrap; gap: .35em; }
.label { background: var(--ground); border-radius: .5em; color: var(--faint); font-size: .8125em; line-height: 1.4; padding: .15em .6em; }
.label.machine_translation, .label.older_version, .label.archived, .label.other_locale, .label.cloud_unknown, .label.newer_elsewhere,
.label.elsewhere { background: var(--warn-ground); color: var(--warn); }
.tools { display: flex; flex-wrap: wrap; gap: .1em; margin-inline-start: -.55em; }
.quiet { align-items: center; background: none; border: 0; border-radius: .5em; color: var(--accent); display: inline-flex; font-size: .875em;
  gap: .4em; min-block-size: 2em; padding: .2em .6em; text-align: start; }
.quiet:hover { background: var(--tint); }
.trouble .quiet { color: inherit; flex: none; font-weight: 600; }
.round svg { block-size: 1.4em; inline-size: 1.4em; }
.round { block-size: 2.15em; inline-size: 2.15em; justify-content: center; padding: 0; }
.quiet[aria-pressed=true] { background: var(--accent); color: var(--on-accent); }

.related h4 { color: var(--faint); font-size: .8125em; font-weight: 500; margin-block-end: .4em; }
.related ul { border: 1px solid var(--line); border-radius: .85em; overflow: hidden; }
.related li { align-items: stretch; display: flex; }
.related li + li { border-block-start: 1px solid var(--line); }
.ask, .leads { align-items: center; background: none; border: 0; color: var(--ink); display: flex; padding: .5em .95em; text-decoration: none; }
.ask, .wide { align-items: flex-start; flex: 1; flex-direction: column; min-inline-size: 0; text-align: start; }
.leads.wide { align-items: center; color: var(--faint); flex: 1; flex-direction: row; gap: .75em; justify-content: space-between; padding-inline: .95em; }
.names { display: flex; flex-direction: column; min-inline-size: 0; }
.ask:hover, .leads:hover { background: var(--tint); }
.leads { color: var(--faint); flex: none; padding-inline: .8em; }
.leads:not(.wide) { border-inline-start: 1px solid var(--line); }
.leads:hover { color: var(--accent); }
.related :focus-visible { outline-offset: -3px; }
.topic { color: var(--accent); font-size: .9375em; }
.inside { color: var(--faint); font-size: .8125em; }
.hint { color: var(--faint); }
.feedback { color: var(--faint); display: flex; flex-direction: column; font-size: .875em; gap: .5em; }
.feedback:empty { display: none; }
.feedback .row { align-items: center; display: flex; flex-wrap: wrap; gap: .3em; }
.feedback .question { margin-inline-end: .3em; }
.feedback div:empty { display: none; }
.thanks { margin-inline-start: .3em; }

.waiting { align-items: center; color: var(--faint); display: flex; font-size: .875em; gap: .7em; }
.dots { display: flex; gap: .28em; }
.dots i { background: var(--accent); block-size: .45em; border-radius: 50%; inline-size: .45em; }
@media (prefers-reduced-motion: no-preference) {
  .dots i { animation: beat 1.1s infinite ease-in-out; }
  .dots i:nth-child(2) { animation-delay: .15s; }
  .dots i:nth-child(3) { animation-delay: .3s; }
  @keyframes beat { 0%, 70%, 100% { opacity: .35; } 35% { opacity: 1; transform: translateY(-.15em); } }
}
.newest { align-items: center; align-self: center; background: var(--ink); border: 0; border-radius: 1.5em; box-shadow: 0 2px 10px rgb(0 0 0 / .25);
  color: var(--surface); display: flex; font-size: .8125em; gap: .4em; inset-block-end: .8em; padding: .45em 1em; position: absolute; }

.composer { border-block-start: 1px solid var(--line); flex: none; padding: .75em; padding-block-end: calc(.75em + env(safe-area-inset-bottom, 0px)); }
.field { align-items: flex-end; background: var(--surface); border: 1px solid var(--edge); border-radius: 1.4em; display: flex; gap: .4em;
  padding: .25em .3em .25em 1em; }
.field:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.field textarea, .field input { appearance: none; background: none; border: 0; flex: 1; line-height: 1.45; max-block-size: 10em; min-block-size: 2.25em;
  min-inline-size: 0; outline: none; overflow-y: auto; padding: .4em 0; resize: none; }
.field ::placeholder { color: var(--faint); opacity: 1; }
.send { background: var(--ground); block-size: 2.25em; border: 0; border-radius: 50%; color: var(--faint); display: grid; flex: none; inline-size: 2.25em; padding: 0;
  place-items: center; }
.send.ready { background: var(--accent); color: var(--on-accent); }
.left { color: var(--faint); font-size: .8125em; padding: .3em .5em 0; text-align: end; }
[dir=rtl] .send svg, [dir=rtl] .icon-out, [dir=rtl] .leads svg { transform: scaleX(-1); }

.lookup { display: flex; flex: 1; flex-direction: column; min-block-size: 0; }
.lookup form { padding: .85em 1em .2em; }
.lookup .field { align-items: center; padding-inline: .8em; }
.lookup .field svg { color: var(--faint); }
.found { flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain; padding: .5em 1em 1em; scrollbar-width: thin; }
.count { color: var(--faint); font-size: .8125em; padding-block: .3em .6em; }
.hits > li { display: flex; flex-direction: column; gap: .4em; overflow-wrap: anywhere; padding-block: .85em; }
.hits > li + li { border-block-start: 1px solid var(--line); }
.hits .inside { margin-block-start: -.3em; }
.brief { border-color: var(--line); font-size: .9375em; max-block-size: 6.4em; overflow: hidden; }

.confirm { background: rgb(10 14 20 / .45); display: grid; inset: 0; padding: 1.25em; place-items: center; position: absolute; z-index: 2; }
.box { background: var(--surface); border: 1px solid var(--line); border-radius: 1em; box-shadow: 0 10px 40px rgb(0 0 0 / .3); display: flex; flex-direction: column; gap: .6em;
  max-inline-size: 22em; padding: 1.25em; }
.box .choices { justify-content: flex-end; margin-block-start: .5em; }
.choices .danger { background: var(--bad); border-color: var(--bad); color: var(--surface); }
.choices .danger:hover { background: color-mix(in srgb, var(--bad) 85%, var(--ink)); }

@media (max-width: 480px) {
  .panel { block-size: 100%; border: 0; border-radius: 0; inline-size: 100%; inset: 0 0 auto; max-inline-size: none; }
  .head { padding-inline: .75em .5em; }
  .tabs span { block-size: 1px; clip-path: inset(50%); inline-size: 1px; overflow: hidden; position: absolute; }
  .tabs svg { display: block; }
  .tabs button { inline-size: 2.4em; justify-content: center; padding: 0; }
}
@media (max-width: 380px) {
  .mark { display: none; }
  .pick select { padding-inline: 1.95em 1.35em; }
  .pick::after { inset-inline-end: .55em; }
}
@media (max-height: 26em) {
  .head { display: flex; flex-wrap: wrap; gap: .5em; padding-block: .4em; }
  .bar, .picks { flex: 1 1 16em; margin: 0; }
}
@media (max-height: 18em) {
  .panel { overflow-y: auto; }
  .view { flex: none; min-block-size: 14em; }
}
@media (forced-colors: active) {
  .mine > p, .label, .for { border: 1px solid; }
  .quiet[aria-pressed=true], .tabs [aria-selected=true] { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .dots i { background: CanvasText; }
}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);
