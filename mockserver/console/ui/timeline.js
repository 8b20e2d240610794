// The time line of a stream: when each event came, counted from the request.
import { html, useMemo } from "./html.js";
import { duration } from "./parts.js";
import { describeStream, sayStream } from "./timeline-model.js";

const WIDTH = 1000;
const HEIGHT = 24;
const ROOM_FOR_TEXT = 0.09;

/** Draws events; see `describeStream` for what it takes. `waiting` says what an unfinished stream waits for. */
export function Timeline({ events, endS = null, over = true, faults = [], ended = "" }) {
  const seen = useMemo(
    () => describeStream(events, { endS, over, faults }),
    [events, events.length, endS, over, faults],
  );
  const { spanS, firstS, pauses, marks } = seen;
  const at = (seconds) => Math.min(1, Math.max(0, seconds / spanS));
  return html`
    <div class="timeline" role="img" aria-label=${sayStream(seen, over, duration)}>
      ${marks.length > 0 &&
      html`<div class="timeline-lane hits">
        ${marks.map(({ atS, names }) => html`<span key=${names.join()} style=${place(at(atS))}>${names.join(", ")}</span>`)}
      </div>`}
      <div class="timeline-lane first">
        ${firstS === null
          ? html`<span style=${place(0)}>${over ? "no token came" : `waiting for the first token: ${duration(spanS)}`}</span>`
          : html`<span style=${place(at(firstS))}>first token ${duration(firstS)}</span>`}
      </div>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
        <rect class="wait" x="0" y="8" height="8" width=${at(firstS ?? spanS) * WIDTH} />
        ${pauses.map(
          ({ fromS, toS }) => html`<rect class="pause" key=${fromS} x=${at(fromS) * WIDTH} y="4" height="16" width=${at(toS - fromS) * WIDTH} />`,
        )}
        <path class="comment" d=${ticks(events, at, ({ kind, fault }) => kind === "comment" && !fault, 15, 22)} />
        <path class="delta" d=${ticks(events, at, ({ kind, fault }) => kind === "delta" && !fault, 4, 20)} />
        <path class="spoilt" d=${ticks(events, at, ({ fault }) => fault, 0, 24)} />
        <path class="final" d=${ticks(events, at, ({ kind, fault }) => !fault && kind !== "delta" && kind !== "comment", 0, 24)} />
        ${marks.map(({ atS }) => html`<path class="mark" key=${atS} d=${`M${Math.min(at(atS) * WIDTH, WIDTH - 1)} 0V${HEIGHT}`} />`)}
      </svg>
      <div class="timeline-lane axis">
        <span style=${place(0)}>0</span>
        ${apart(pauses, at, ended ? 5 : 2.5).map(
          ({ fromS, toS, open }) => html`
            <span key=${fromS} class="pause" style=${{ left: `${at((fromS + toS) / 2) * 100}%`, transform: "translateX(-50%)" }}>
              ${open ? "silent for " : "pause "}${duration(toS - fromS)}
            </span>
          `,
        )}
        <span style=${place(1)}>${ended && `${ended} `}${duration(spanS)}</span>
      </div>
    </div>
  `;
}

/** Where a label stands that belongs to this share of the line: within it at either end. */
function place(share) {
  const shift = share < 0.12 ? 0 : share > 0.7 ? -100 : -50;
  return { left: `${share * 100}%`, transform: `translateX(${shift}%)` };
}

/** Ticks as one path, one for each place at the most: thousands of events stay one element. */
function ticks(events, at, wanted, from, to) {
  const places = new Set();
  for (const event of events) if (wanted(event)) places.add(Math.min(WIDTH - 1, Math.round(at(event.atS) * WIDTH)));
  return [...places].map((x) => `M${x} ${from}V${to}`).join("");
}

/** The pauses whose labels have room beside those of the ends and of each other; `atEnd` is how much the last one takes. */
function apart(pauses, at, atEnd) {
  const kept = [];
  for (const pause of [...pauses].sort((a, b) => b.toS - b.fromS - (a.toS - a.fromS))) {
    const middle = at((pause.fromS + pause.toS) / 2);
    const free = kept.every(({ place: other }) => Math.abs(other - middle) > 3 * ROOM_FOR_TEXT);
    if (middle > 2 * ROOM_FOR_TEXT && middle < 1 - atEnd * ROOM_FOR_TEXT && free) kept.push({ ...pause, place: middle });
  }
  return kept;
}
