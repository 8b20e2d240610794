// What was asked and answered: the list of requests, and one of them in full.
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { Button, Empty, Problem } from "../parts.js";
import { go, hashOf } from "../route.js";
import { Detail } from "./journal/detail.js";
import { NOTHING, countOf, readFilter } from "./journal/filter.js";
import { RowList } from "./journal/list.js";
import { useRows } from "./journal/rows.js";
import { Toolbar } from "./journal/toolbar.js";

const MOST_CALLERS = 50;

/** The view; `detail` is the number of a request, or a filter such as `conversation=ID`. */
export function Journal({ workspace, detail }) {
  const number = /^\d{1,15}$/.test(detail) ? Number(detail) : null;
  const [filter, setFilter] = useState(() => (number === null && detail ? readFilter(detail) : NOTHING));
  const [paused, setPaused] = useState(false);
  const [away, setAway] = useState(false);
  const list = useRef(null);
  useEffect(() => {
    if (number === null && detail) setFilter(readFilter(detail));
  }, [detail]);
  const found = useRows(workspace, filter, paused || away);
  const { rows, total, dropped, waiting } = found;
  const callers = useMemo(
    () => [...new Set(rows.slice(0, 500).map(({ caller }) => caller).filter(Boolean))].slice(0, MOST_CALLERS),
    [rows],
  );
  const open = (chosen) => go({ detail: String(chosen) });
  const close = () => go({ detail: "" });
  const before = useRef(number);
  useEffect(() => {
    if (before.current !== null && number === null) list.current?.focus({ preventScroll: true });
    before.current = number;
  }, [number]);
  const showNew = () => {
    setPaused(false);
    setAway(false);
    list.current?.scrollTo({ top: 0 });
    found.fresh();
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape" && number !== null && !event.defaultPrevented) close();
  };
  return html`
    <div class="journal ${number === null ? "" : "with-detail"}" onKeyDown=${onKeyDown}>
      <section class="journal-list" aria-label="Requests">
        <${Toolbar} workspace=${workspace} filter=${filter} set=${setFilter} paused=${paused} pause=${() => setPaused(!paused)} callers=${callers} total=${total} />
        <p class="journal-facts dim">
          <span>${found.begun ? `${total.toLocaleString()} ${total === 1 ? "request" : "requests"}${countOf(filter) ? " found" : ""}` : "Looking…"}</span>
          ${dropped > 0 && html`<span title="The journal keeps as many as --journal-entries says, and 16 MiB at the most">${dropped.toLocaleString()} older ones were dropped to make room</span>`}
        </p>
        <div role="status" class="journal-new">
          ${waiting > 0 && html`<${Button} kind="small primary" onClick=${showNew}>${waiting >= found.waitingMost ? `${waiting} or more` : waiting} new: show</${Button}>`}
        </div>
        <${Problem} error=${found.error} again=${found.fresh} />
        ${found.begun && !found.error && rows.length === 0 && html`<${Nothing} workspace=${workspace} filter=${filter} all=${() => setFilter(NOTHING)} />`}
        <${RowList} rows=${rows} opened=${number} open=${open} more=${found.more} away=${setAway} listRef=${list} />
      </section>
      ${number !== null && html`<${Detail} workspace=${workspace} number=${number} close=${close} />`}
    </div>
  `;
}

function Nothing({ workspace, filter, all }) {
  if (countOf(filter)) {
    return html`<${Empty} title="Nothing like that">No request fits the filters. <button type="button" class="small" onClick=${all}>Show all</button></${Empty}>`;
  }
  return html`
    <${Empty} title="No requests yet">
      Send a message in the <a href=${hashOf({ workspace, view: "chat" })}>chat</a>, or point your app at this mock: each of its
      requests shows up here with its answer.
    </${Empty}>
  `;
}
