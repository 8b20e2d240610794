// The rows of the journal, and how one moves through them with the keyboard.
import { html, useEffect, useRef, useState } from "../../html.js";
import { Badge, Status, VirtualList, count, timeOfDay } from "../../parts.js";
import { inMs, lastCut, nameOperation, nameOutcome, shortPath, toneOfOutcome } from "./words.js";

const WIDE_ROW_PX = 42;
const NARROW_ROW_PX = 64;
const WIDE_PX = 720;
const MOST_FAULTS = 2;
const READ_AHEAD = 40;

/** `away(true)` is called when someone looks further down, or moves through the rows, `away(false)` at the top again. */
export function RowList({ rows, opened, open, more, away, listRef }) {
  const [active, setActive] = useState(null);
  const [wide, setWide] = useState(true);
  const box = listRef;
  const byKeys = useRef(false);
  const rowHeight = wide ? WIDE_ROW_PX : NARROW_ROW_PX;
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWide(contentRect.width >= WIDE_PX));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    const follow = () => {
      if (element.scrollTop > rowHeight / 2) away(true);
      else if (!byKeys.current) away(false);
    };
    const wheel = () => {
      byKeys.current = false;
    };
    element.addEventListener("wheel", wheel, { passive: true });
    element.addEventListener("touchmove", wheel, { passive: true });
    element.addEventListener("scroll", follow, { passive: true });
    return () => {
      element.removeEventListener("wheel", wheel);
      element.removeEventListener("touchmove", wheel);
      element.removeEventListener("scroll", follow);
    };
  }, [rowHeight]);

  const move = (index) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setActive(row.number);
    const at = rows.indexOf(row) * rowHeight;
    const element = box.current;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = at + rowHeight - element.clientHeight;
  };
  const onKeyDown = (event) => {
    const now = rows.findIndex(({ number }) => number === active);
    const page = Math.max(1, Math.floor(box.current.clientHeight / rowHeight) - 1);
    const step = { ArrowDown: now + 1, ArrowUp: Math.max(0, now - 1), PageDown: now + page, PageUp: now - page, Home: 0, End: rows.length - 1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      byKeys.current = event.key !== "Home";
      away(byKeys.current);
      move(step);
    } else if ((event.key === "Enter" || event.key === " ") && now >= 0) {
      event.preventDefault();
      open(active);
    }
  };
  // The keys are places rather than numbers, so that in a flood of requests the rows are filled anew and not made anew.
  const row = (item, index) => {
    if (index >= rows.length - READ_AHEAD) queueMicrotask(more);
    const choose = () => {
      setActive(item.number);
      open(item.number);
    };
    return html`<${Row} key=${index} item=${item} wide=${wide} height=${rowHeight} place=${index + 1} all=${rows.length} active=${item.number === active} open=${item.number === opened} choose=${choose} />`;
  };
  return html`<${VirtualList}
    items=${rows} rowHeight=${rowHeight} row=${row} label="Requests, newest first" kind=${rows.length ? "requests" : "requests none"}
    boxRef=${box} role="listbox" onKeyDown=${onKeyDown}
    aria-activedescendant=${active !== null && rows.some(({ number }) => number === active) ? `request-${active}` : undefined}
  />`;
}

/** What says how a row looks: one that is as it was costs nothing to draw, and while one scrolls, most are. */
const LOOKS = ["item", "wide", "height", "place", "all", "active", "open"];

function Row({ item, wide, height, place, all, active, open, choose }) {
  // Not by keeping its node for the next time: that would keep the whole page of its time with it.
  this.shouldComponentUpdate = (next) => LOOKS.some((name) => next[name] !== this.props[name]);
  const name = nameOperation(item.operation, item.method);
  const took = item.complete ? inMs(item.tookMs) : "…";
  return html`
    <div
      id="request-${item.number}" role="option" aria-selected=${String(active || open)} aria-posinset=${place} aria-setsize=${all}
      class="request ${wide ? "wide" : "narrow"} ${active ? "active" : ""} ${open ? "open" : ""}"
      style=${{ height: `${height}px` }} onClick=${choose}
    >
      <span class="when dim">${timeOfDay(item.at)}</span>
      <span class="what"><strong>${name}</strong> <span class="mono dim">${item.method} ${shortPath(item.path)}${item.query ? `?${item.query}` : ""}</span></span>
      <span class="badges"><${Badges} item=${item} /></span>
      <span class="status"><${Status} status=${item.status} complete=${item.complete} /></span>
      <span class="took dim">${took}</span>
      <span class="who">${item.caller ?? html`<span class="dim">nobody</span>`}</span>
    </div>
  `;
}

/** What is special about a request. */
function Badges({ item }) {
  const outcome = nameOutcome(item);
  const told = (item.outcome === "cut" && lastCut(item.faults)) || (item.outcome === "failed" && item.faults.length > 0);
  const ordinary = told || outcome === "" || outcome === "done" || (!item.complete && !item.eventCount);
  const more = item.faults.length - MOST_FAULTS;
  return html`
    ${item.faults.slice(0, MOST_FAULTS).map(({ kind, fault }) => html`<${Badge} key=${fault} tone="bad" title="Fault: ${fault}">${kind}</${Badge}>`)}
    ${more > 0 && html`<${Badge} tone="bad">+${more}</${Badge}>`}
    ${!ordinary && html`<${Badge} tone=${toneOfOutcome(item)}>${outcome}</${Badge}>`}
    ${item.replayed && html`<${Badge} tone="info" title="The reply that was there already was given again">replayed</${Badge}>`}
    ${item.errors.length > 0 && html`<${Badge} tone="warn">${count(item.errors.length, "wrong field")}</${Badge}>`}
    ${item.eventCount > 0 && html`<${Badge}>${item.eventCount} events</${Badge}>`}
  `;
}
