// What stands above the list: search, filters, pause, and what one can do with all of the journal.
import { control, of } from "../../control.js";
import { useResource } from "../../feed.js";
import { Entry } from "../../fields.js";
import { html, useEffect, useId, useState } from "../../html.js";
import { attempt, confirmed } from "../../notices.js";
import { Button } from "../../parts.js";
import { saveBugReport, saveHar } from "./exports.js";
import { NOTHING, countOf } from "./filter.js";
import { OPERATIONS } from "./words.js";

const TYPED_MS = 250;
const STATUSES = [
  ["", "Any status"],
  ["2xx", "Answered (2xx)"],
  ["4xx", "Refused (4xx)"],
  ["5xx", "Failed (5xx)"],
  ...[200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504].map((code) => [String(code), String(code)]),
];

/** Changes `filter` by `set`; `callers` are those seen so far. */
export function Toolbar({ workspace, filter, set, paused, pause, callers, total }) {
  const [open, setOpen] = useState(false);
  const list = useId();
  const faults = useResource("/faults");
  const asked = countOf({ ...filter, text: "" });
  const change = (name) => (value) => set({ ...filter, [name]: value });
  return html`
    <div class="journal-tools">
      <div class="row">
        <div class="search"><${Typed} label="Search method, path, bodies and events" placeholder="Search, such as POST /messages" value=${filter.text} set=${change("text")} type="search" /></div>
        <${Button} kind="small ${filter.status === "4xx" ? "on" : ""}" aria-pressed=${String(filter.status === "4xx")} onClick=${() => change("status")(filter.status === "4xx" ? "" : "4xx")}>Only refused</${Button}>
        <${Button} kind="small ${asked ? "on" : ""}" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${asked ? `Filters: ${asked}` : "Filters"}</${Button}>
        <${Button} kind="small ${paused ? "on" : ""}" icon=${paused ? "play" : "pause"} aria-pressed=${String(paused)} onClick=${pause}>${paused ? "Paused" : "Pause"}</${Button}>
        <${More} workspace=${workspace} filter=${filter} total=${total} />
      </div>
      ${open &&
      html`
        <div class="filters">
          <${Entry} label="Operation" value=${filter.operation} change=${change("operation")} choices=${[["", "Any operation"], ...Object.entries(OPERATIONS)]} />
          <${Entry} label="Status" value=${filter.status} change=${change("status")} choices=${STATUSES} />
          <${Entry} label="Fault" value=${filter.fault} change=${change("fault")} choices=${[["", "With or without"], ...(faults.data?.kinds ?? []).map(({ kind }) => [kind, kind])]} />
          <div class="field"><${Typed} label="Caller" placeholder="Any caller" value=${filter.caller} set=${change("caller")} list=${list} shown /></div>
          <div class="field"><${Typed} label="Conversation" placeholder="Any conversation: its id" value=${filter.conversation} set=${change("conversation")} shown /></div>
          <datalist id=${list}>${callers.map((caller) => html`<option key=${caller} value=${caller} />`)}</datalist>
        </div>
      `}
      ${(asked > 0 || filter.text) &&
      html`<div class="row">
        ${Object.entries(filter).filter(([, value]) => value).map(
          ([name, value]) => html`<${Button} key=${name} kind="small chip" icon="close" label="Do not filter by ${name} ${value}" onClick=${() => change(name)("")}>${name}: ${value.length > 24 ? `${value.slice(0, 22)}…` : value}</${Button}>`,
        )}
        <${Button} kind="small plain" onClick=${() => set(NOTHING)}>Show all</${Button}>
      </div>`}
    </div>
  `;
}

/** What is done with the whole journal. */
function More({ workspace, filter, total }) {
  const [open, setOpen] = useState(false);
  const filtered = countOf(filter) > 0;
  const clear = async () => {
    setOpen(false);
    const sure = await confirmed({
      title: "Clear the journal?",
      text: `All requests of the workspace ${workspace} are forgotten; a bug report begins anew. Conversations stay.`,
      action: "Clear",
    });
    if (sure) attempt(() => control("DELETE", of(workspace, "journal")), "The journal is empty.");
  };
  const act = (what, done) => () => {
    setOpen(false);
    attempt(what, done);
  };
  return html`
    <div class="menu" onKeyDown=${(event) => {
      if (event.key !== "Escape" || !open) return;
      event.stopPropagation();
      setOpen(false);
      event.currentTarget.querySelector("button").focus();
    }}>
      <${Button} kind="small" icon="download" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>Export</${Button}>
      ${open &&
      html`
        <div class="sheet">
          ${filtered && html`<${Button} kind="plain wide" onClick=${act(() => saveHar(workspace, filter), "Saved.")}>HAR of the ${total} filtered</${Button}>`}
          <${Button} kind="plain wide" onClick=${act(() => saveHar(workspace, null), "Saved.")}>HAR of all requests</${Button}>
          <${Button} kind="plain wide" onClick=${act(() => saveBugReport(workspace), "Saved. Play it again with: mockserver replay FILE")}>Bug report that can be replayed</${Button}>
          <${Button} kind="plain wide bad" icon="trash" onClick=${clear}>Clear the journal</${Button}>
        </div>
      `}
    </div>
  `;
}

/** A text that counts once one stops typing. */
function Typed({ label, value, set, shown, ...rest }) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => set(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`
    <label for=${id} class=${shown ? "" : "unseen"}>${label}</label>
    <input id=${id} value=${typed} autocomplete="off" spellcheck="false" onInput=${(event) => setTyped(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && set(typed)} ...${rest} />
  `;
}
