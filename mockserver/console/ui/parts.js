// Small parts that several views use.
import { html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { notify } from "./notices.js";

/** A button with an icon; `label` is its name where there is no text. */
export function Button({ icon, label, kind = "", children, ...rest }) {
  return html`
    <button type="button" class=${kind} aria-label=${label} title=${label} ...${rest}>
      ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
    </button>
  `;
}

/** Copies a text. */
export function Copy({ text, children = "Copy", label }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify("Copied.", "good");
    } catch {
      notify("The browser does not let this page copy: select the text and copy it.", "bad");
    }
  };
  return html`<${Button} icon="copy" kind="small" label=${label} onClick=${copy}>${children}</${Button}>`;
}

/** A word in a coloured pill: `tone` is good, bad, warn, info or plain. */
export function Badge({ tone = "plain", children, title }) {
  return html`<span class="badge ${tone}" title=${title}>${children}</span>`;
}

/** An HTTP status; a call without one is under way, or was cut before its answer. */
export function Status({ status, complete = true }) {
  if (status === null || status === undefined) {
    return html`<${Badge} tone=${complete ? "bad" : "info"}>${complete ? "cut" : "…"}</${Badge}>`;
  }
  const tone = status < 300 ? "good" : status < 500 ? "warn" : "bad";
  return html`<${Badge} tone=${tone}>${status}</${Badge}>`;
}

/** A box with a heading, and what one can do at its right. */
export function Card({ title, actions, children, kind = "" }) {
  return html`
    <section class="card ${kind}">
      ${(title || actions) &&
      html`<header class="card-head"><h2>${title}</h2><div class="row">${actions}</div></header>`}
      ${children}
    </section>
  `;
}

/** Said where there is nothing yet, and what to do about it. */
export function Empty({ title, children }) {
  return html`<div class="empty"><p><strong>${title}</strong></p><p>${children}</p></div>`;
}

/** What could not be read. */
export function Problem({ error, again }) {
  if (!error) return null;
  return html`
    <div class="problem" role="alert">
      <span>${error.message}</span>
      ${again && html`<${Button} icon="retry" kind="small" onClick=${again}>Again</${Button}>`}
    </div>
  `;
}

/** Goes through the pages of a list: `page` is the contract's `page` object, `go` is told the page's number. */
export function Pager({ page, go, unit = "items", back = "Newer", on = "Older", label = "Pages" }) {
  if (!page) return null;
  const { currentPage, totalPages, totalElements } = page;
  return html`
    <nav class="pager" aria-label=${label}>
      <${Button} kind="small" disabled=${currentPage <= 1} onClick=${() => go(currentPage - 1)}>${back}</${Button}>
      <span>${totalElements ? `Page ${currentPage} of ${Math.max(totalPages, 1)}` : ""} · ${totalElements} ${unit}</span>
      <${Button} kind="small" disabled=${currentPage >= totalPages} onClick=${() => go(currentPage + 1)}>${on}</${Button}>
    </nav>
  `;
}

/** Views of one thing, one of them shown: `tabs` are `[name, title]`. */
export function Tabs({ tabs, current, choose, label }) {
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = tabs.map(([name]) => name);
    const next = names[(names.indexOf(current) + step + names.length) % names.length];
    choose(next);
    event.currentTarget.querySelector(`[data-name="${next}"]`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} onKeyDown=${onKeyDown}>
      ${tabs.map(
        ([name, title]) => html`
          <button
            type="button"
            role="tab"
            key=${name}
            data-name=${name}
            aria-selected=${String(name === current)}
            tabindex=${name === current ? 0 : -1}
            onClick=${() => choose(name)}
          >
            ${title}
          </button>
        `,
      )}
    </div>
  `;
}

/** A value as indented JSON; a text that is none stays as it is. */
export function Json({ value, label = "JSON" }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return html`<pre class="code" tabindex="0" aria-label=${label}>${text}</pre>`;
}

/**
 * A list of which only what is in sight is in the page: for thousands of rows of one height. `row(item, index)` draws
 * one; the list fills its box, which `boxRef` refers to and which takes all that is given beside.
 */
export function VirtualList({ items, rowHeight, row, label, kind = "", boxRef, ...rest }) {
  const own = useRef(null);
  const box = boxRef ?? own;
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  const spare = 8;
  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare);
  const last = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + spare);
  return html`
    <div class="virtual ${kind}" ref=${box} tabindex="0" role="group" aria-label=${label} ...${rest}>
      <div class="virtual-all" style=${{ height: `${items.length * rowHeight}px` }}>
        <div style=${{ transform: `translateY(${first * rowHeight}px)` }}>
          ${items.slice(first, last).map((item, index) => row(item, first + index))}
        </div>
      </div>
    </div>
  `;
}

/** `1 call`, `2 calls`. */
export function count(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/** Seconds as people read them: `3.2 s`, `45 ms`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

const TIME_OF_DAY = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** The time of day of an instant, to the second. */
export function timeOfDay(text) {
  const moment = new Date(text);
  return Number.isNaN(moment.valueOf()) ? "" : TIME_OF_DAY.format(moment);
}
