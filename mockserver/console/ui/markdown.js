// Markdown as elements: the tokens of `marked` become vnodes, and no text ever becomes HTML.
import { html } from "./html.js";
import { Copy } from "./parts.js";
import { lexer } from "./vendor/marked.js";

const LONGEST = 200_000; // beyond it a text stays plain: no reply is that long, but a hostile one may be
const DEEPEST = 24; // quotes in lists in quotes: what is deeper stays as it was written
// Forty quotes or lists at the beginning of one line: nobody means that, and the lexer takes its time.
const NESTED = /^(?:[ \t]*(?:>|[*+-][ \t]|\d{1,9}[.)][ \t])){40}/m;
const SAFE = ["http:", "https:", "mailto:"];
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", hellip: "…", mdash: "—", ndash: "–" };

/**
 * A text in Markdown as vnodes. Raw HTML in it is shown as the text that it is, images become links, and a link has to
 * lead to http, https or mailto. `above` is the level of the heading that the text stands under: its own headings begin
 * one below, and skip none.
 */
export function markdown(text, { above = 2 } = {}) {
  if (text.length > LONGEST || NESTED.test(text)) return plain(text);
  try {
    return blocks(lexer(text), { above, last: above, depth: 0 });
  } catch {
    return plain(text); // nested so deeply that the lexer gave up
  }
}

/** Where a link may lead, or null. */
function safeAddress(href) {
  let address;
  try {
    address = new URL(href);
  } catch {
    return null; // relative to what, nobody knows
  }
  return SAFE.includes(address.protocol) ? address.href : null;
}

/** `&lt;` and its like as characters, outside of code. */
function decodeEntities(text) {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (all, decimal, hex, name) => {
    if (name) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : all;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}

function plain(text) {
  return html`<p class="md-raw" dir="auto">${text}</p>`;
}

function blocks(tokens, state) {
  return tokens.map((token) => block(token, state));
}

function block(token, state) {
  if (state.depth > DEEPEST) return plain(token.raw);
  const inner = { ...state, depth: state.depth + 1 };
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return html`<p dir="auto">${inline(token.tokens, inner)}</p>`;
    case "text":
      return token.tokens ? inline(token.tokens, inner) : decodeEntities(token.text);
    case "heading":
      return heading(token, state);
    case "code":
      return codeBlock(token);
    case "blockquote":
      return html`<blockquote dir="auto">${shared(token.tokens, state)}</blockquote>`;
    case "list":
      return list(token, state);
    case "table":
      return table(token, inner);
    case "hr":
      return html`<hr />`;
    case "html":
      return plain(token.raw.trimEnd());
    default:
      return inlineOne(token, inner);
  }
}

/** Blocks inside of a block, which goes on counting the headings. */
function shared(tokens, state) {
  state.depth += 1;
  const found = blocks(tokens, state);
  state.depth -= 1;
  return found;
}

function heading({ depth, tokens }, state) {
  const level = Math.min(6, state.last + 1, state.above + depth);
  state.last = level;
  return html`<${`h${level}`} class="md-h md-h${Math.min(depth, 4)}" dir="auto">${inline(tokens, { ...state, depth: state.depth + 1 })}</${`h${level}`}>`;
}

function codeBlock({ text, lang }) {
  const language = (lang ?? "").trim().split(/\s+/)[0];
  return html`
    <div class="md-code">
      <div class="md-code-head"><span class="dim">${language || "code"}</span><${Copy} text=${text} label="Copy this code">Copy</${Copy}></div>
      <pre tabindex="0" role="group" aria-label=${language ? `Code in ${language}` : "Code"}><code>${text}</code></pre>
    </div>
  `;
}

function list({ ordered, start, items }, state) {
  const rows = items.map(
    (item) => html`<li dir="auto" class=${item.task ? "md-task" : undefined}>${item.task && (item.checked ? "☑ " : "☐ ")}${shared(item.tokens.filter(({ type }) => type !== "checkbox"), state)}</li>`,
  );
  return ordered ? html`<ol start=${start || undefined}>${rows}</ol>` : html`<ul>${rows}</ul>`;
}

function table({ header, rows }, state) {
  const cells = (row, tag) =>
    row.map((cell) => html`<${tag} dir="auto" class=${cell.align ? `md-${cell.align}` : undefined}>${inline(cell.tokens, state)}</${tag}>`);
  return html`
    <div class="md-table" tabindex="0" role="group" aria-label="Table">
      <table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${rows.map((row) => html`<tr>${cells(row, "td")}</tr>`)}</tbody></table>
    </div>
  `;
}

function inline(tokens, state) {
  return (tokens ?? []).map((token) => inlineOne(token, state));
}

function inlineOne(token, state) {
  if (state.depth > DEEPEST) return token.raw;
  const inner = () => inline(token.tokens, { ...state, depth: state.depth + 1 });
  switch (token.type) {
    case "strong":
      return html`<strong>${inner()}</strong>`;
    case "em":
      return html`<em>${inner()}</em>`;
    case "del":
      return html`<del>${inner()}</del>`;
    case "codespan":
      return html`<code dir="auto">${token.text}</code>`;
    case "br":
      return html`<br />`;
    case "link":
      return link(token.href, inner(), token.raw);
    case "image":
      return link(token.href, `Image: ${decodeEntities(token.text) || token.href}`, token.raw);
    case "escape":
      return token.text;
    case "html":
      return token.raw;
    case "text":
      return token.tokens ? inner() : decodeEntities(token.text);
    default:
      return token.tokens ? inner() : token.raw;
  }
}

function link(href, content, raw) {
  const address = safeAddress(href);
  if (address === null) return raw;
  return html`<a href=${address} target="_blank" rel="noopener noreferrer nofollow" title=${address}><bdi>${content}</bdi></a>`;
}
