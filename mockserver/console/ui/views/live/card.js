// One stream: who it is for, its text so far, its time line, and a hand on it.
import { control, of } from "../../control.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { attempt, notify } from "../../notices.js";
import { Badge, Button, duration } from "../../parts.js";
import { hashOf } from "../../route.js";
import { Timeline } from "../../timeline.js";
import { paceOf } from "../../timeline-model.js";
import { nameOutcome, shortId, toneOfOutcome } from "../journal/words.js";
import { isHeld, sentBy } from "./book.js";

/** A stream in flight, or one that has ended. */
export function StreamCard({ workspace, record, nowS, update }) {
  const { stream, events, over, faults, exchange } = record;
  const held = isHeld(record);
  const sent = sentBy(record);
  const elapsedS = over ? record.tookS : nowS === null ? null : Math.max(0, nowS - record.atS);
  const rate = paceOf(events.filter(({ kind }) => kind === "delta"));
  const name = `Stream ${stream.id} of ${stream.caller}`;
  return html`
    <article class="stream ${over ? "over" : ""} ${held ? "held" : ""}" aria-label=${name} data-testid="stream">
      <header class="row">
        <h3>${stream.caller}</h3>
        <a class="mono" href=${hashOf({ workspace, view: "chat", detail: stream.conversation })} title="Open this conversation in the chat">${shortId(stream.conversation)}</a>
        <span class="stream-state row">
          ${record.replayed && html`<${Badge}>replayed</${Badge}>`}
          ${over
            ? html`<${Badge} tone=${toneOfOutcome({ ...record, complete: true })}>${nameOutcome({ ...record, complete: true }) || "over"}</${Badge}>`
            : html`<${Badge} tone=${held ? "warn" : "info"}>${held ? `held after ${sent}` : "live"}</${Badge}>`}
        </span>
      </header>
      ${!over && html`<${Tail} text=${record.text} length=${record.length} />`}
      <${Timeline} events=${events} endS=${elapsedS} over=${over} faults=${faults} ended=${over ? nameOutcome({ ...record, complete: true }) : ""} />
      <p class="stream-facts dim">
        <span>${over ? sent : `${sent} of ${stream.deltas + 1}`} events</span>
        ${rate !== null && html`<span>${rate.toFixed(rate < 10 ? 1 : 0)} a second</span>`}
        <span>${record.length.toLocaleString()} characters</span>
        ${over && elapsedS !== null && html`<span>${duration(elapsedS)} in all</span>`}
        ${faults.map((fault) => html`<span key=${fault.fault} class="fault-name">${over ? "" : "fault: "}${fault.fault}</span>`)}
        ${record.dropped > 0 && html`<span>${record.dropped} later events are not kept</span>`}
        <a href=${hashOf({ workspace, view: "journal", detail: String(exchange) })}>Journal entry ${exchange}</a>
      </p>
      ${!over && html`<${Hand} workspace=${workspace} record=${record} held=${held} update=${update} />`}
    </article>
  `;
}

/** The end of the text so far, always in sight. */
function Tail({ text, length }) {
  const box = useRef(null);
  useEffect(() => {
    box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return html`<p class="stream-text" ref=${box} tabindex="0" role="group" aria-label="The text so far" dir="auto">${length > text.length ? "…" : ""}${text || html`<span class="dim">No text yet.</span>`}</p>`;
}

function Hand({ workspace, record, held, update }) {
  const { id } = record.stream;
  const [open, setOpen] = useState(false);
  const [after, setAfter] = useState(10);
  const [count, setCount] = useState(5);
  const act = async (verb, body = {}) => {
    const answer = await attempt(() => control("POST", of(workspace, "streams", id, verb), body));
    if (answer?.exchange) update(answer);
  };
  const step = async (events) => {
    const answer = await attempt(() => control("POST", of(workspace, "streams", id, "step"), { events }));
    if (answer?.sent !== undefined && !answer.ended) update({ ...record.stream, sent: answer.sent, holdAfter: answer.sent });
  };
  const holdAt = () => {
    if (after < sentBy(record)) notify(`${sentBy(record)} events are sent already: it is held now.`);
    act("hold", { after });
  };
  return html`
    <div>
      <div class="row">
        ${held
          ? html`<${Button} icon="play" kind="small primary" onClick=${() => act("release")}>Release</${Button}>`
          : html`<${Button} icon="pause" kind="small" onClick=${() => act("hold")}>Hold</${Button}>`}
        <${Button} icon="step" kind="small" onClick=${() => step(1)}>Step</${Button}>
        <${Button} kind="small plain" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${open ? "Less" : "More"}</${Button}>
      </div>
      ${open &&
      html`
        <div class="stream-more">
          <div class="row">
            <label>Hold after event <${Count} value=${after} set=${setAfter} least=${0} /></label>
            <${Button} kind="small" onClick=${holdAt}>Hold there</${Button}>
          </div>
          <div class="row">
            <label>Send the next <${Count} value=${count} set=${setCount} least=${1} /></label>
            <${Button} kind="small" onClick=${() => step(count)}>Step ${count}</${Button}>
          </div>
          <div class="row" role="group" aria-label="End it before its time">
            <span class="dim">End it:</span>
            <${Button} kind="small danger" title="Close the connection in the middle of the answer" onClick=${() => act("kill", { how: "truncate" })}>Truncate</${Button}>
            <${Button} kind="small danger" title="Close it with a TCP reset" onClick=${() => act("kill", { how: "reset" })}>Reset</${Button}>
            <${Button} kind="small danger" title="End the answer as if it were complete" onClick=${() => act("kill", { how: "end" })}>End early</${Button}>
          </div>
        </div>
      `}
    </div>
  `;
}

/** A small whole number. */
export function Count({ value, set, least }) {
  return html`<input class="count" type="number" inputmode="numeric" min=${least} max="100000" value=${value} onInput=${(event) => set(Math.min(100_000, Math.max(least, Math.trunc(Number(event.target.value)) || least)))} />`;
}
