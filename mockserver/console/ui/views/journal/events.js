// The events of a stream: on a line, and one below the other.
import { html } from "../../html.js";
import { VirtualList, duration } from "../../parts.js";
import { Timeline } from "../../timeline.js";
import { nameOutcome } from "./words.js";

const ROW_PX = 30;
const MOST_ROWS = 12;

/** Of an exchange that was answered with a stream. */
export function StreamEvents({ exchange }) {
  const { events, eventsDropped, faults, complete, tookS } = exchange;
  const row = (event, index) => html`
    <div class="event ${event.fault ? "spoilt" : ""}" key=${index} style=${{ height: `${ROW_PX}px` }}>
      <span class="dim">${index + 1}</span>
      <span class="mono">${duration(event.atS)}</span>
      <span class="dim">${index ? `+${duration(event.atS - events[index - 1].atS)}` : ""}</span>
      <strong>${event.kind}</strong>
      <code title=${event.data}>${textOf(event)}</code>
      ${event.fault && html`<span class="fault-name">fault</span>`}
    </div>
  `;
  return html`
    <h4>The stream, event by event</h4>
    <${Timeline} events=${events} endS=${complete ? tookS : null} over=${complete} faults=${faults} ended=${nameOutcome(exchange)} />
    <div class="events" style=${{ height: `${Math.min(events.length, MOST_ROWS) * ROW_PX + 2}px` }}>
      <${VirtualList} items=${events} rowHeight=${ROW_PX} row=${row} label="Events of the stream" />
    </div>
    ${eventsDropped > 0 && html`<p class="dim">${eventsDropped} more events were sent; the journal keeps 64 KiB of a stream.</p>`}
  `;
}

/** What an event says, short: the text of a delta, else its data. */
function textOf({ kind, data }) {
  if (kind !== "delta") return data;
  try {
    return JSON.stringify(JSON.parse(data).delta);
  } catch {
    return data; // a fault may send what is no JSON
  }
}
