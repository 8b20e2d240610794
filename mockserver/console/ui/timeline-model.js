// What there is to see in a stream's events: the first token, the pace, the pauses, where a fault hit. Pure.

const SHORTEST_PAUSE_S = 0.4;
const TIMES_MEDIAN = 5;
const SHARE_OF_SPAN = 0.04;
const MOST_PAUSES = 3;
const MARKS_APART = 0.14;

/** Faults that leave no event of their own, by where on the line they are to be seen. */
const AT_END = new Set(["truncate", "end-early", "reset", "missing-final", "reset-after-headers", "lost-answer"]);
const AT_PAUSE = new Set(["stall"]);
const AT_FIRST = new Set(["first-token", "slow", "delay"]);
/** At the event that ends the stream, where none is marked as spoilt. */
const AT_FINAL = new Set(["error", "token-expires", "duplicate-final", "early-final", "wrong-id"]);

/**
 * What a time line shows. `events` are those of the journal (`{atS, kind, data, fault}`), `faults` those that hit
 * (`{fault, kind}`), `endS` is when it ended or, of one that goes on (`over` false), how long it has run so far.
 */
export function describeStream(events, { endS = null, over = true, faults = [] } = {}) {
  const told = events.filter(({ kind }) => kind !== "comment");
  const deltas = told.filter(({ kind }) => kind === "delta");
  const lastS = events.length ? events[events.length - 1].atS : 0;
  const spanS = Math.max(lastS, endS ?? 0, 0.001);
  const firstS = deltas.length ? deltas[0].atS : null;
  const pauses = findPauses(told, spanS, over ? null : endS);
  const last = told[told.length - 1];
  const final = last && last.kind !== "delta" ? last : told.find(({ kind }) => kind === "message") ?? null;
  return {
    spanS,
    firstS,
    pauses,
    deltas: deltas.length,
    comments: events.length - told.length,
    final: final ? { atS: final.atS, kind: final.kind } : null,
    rate: paceOf(deltas),
    marks: together(placeFaults(events, faults, { firstS, pauses, spanS, over, final }), spanS),
  };
}

/** The same in one sentence, for who cannot see the line. */
export function sayStream({ spanS, firstS, pauses, deltas, final, rate, marks }, over, inWords) {
  const parts = [firstS === null ? `no token in ${inWords(spanS)}` : `first token after ${inWords(firstS)}`];
  if (deltas) parts.push(`${deltas} ${deltas === 1 ? "delta" : "deltas"}${rate ? `, ${rate.toFixed(0)} a second` : ""}`);
  for (const { fromS, toS } of pauses) parts.push(`a pause of ${inWords(toS - fromS)} at ${inWords(fromS)}`);
  for (const { atS, names } of marks) parts.push(`fault ${names.join(", ")} at ${inWords(atS)}`);
  if (final) parts.push(`event ${final.kind} at ${inWords(final.atS)}`);
  parts.push(over ? `over after ${inWords(spanS)}` : "still going on");
  return `Time line: ${parts.join("; ")}.`;
}

/** Deltas a second between the first and the last; null where they came at once, or are too few to say. */
export function paceOf(deltas) {
  if (deltas.length < 3) return null;
  const tookS = deltas[deltas.length - 1].atS - deltas[0].atS;
  return tookS > 0.02 ? (deltas.length - 1) / tookS : null;
}

/** The longest silences after the first event, in the order of time; the last one may still go on. */
function findPauses(told, spanS, nowS) {
  if (!told.length) return [];
  const steps = told.slice(1).map((event, index) => ({ fromS: told[index].atS, toS: event.atS }));
  const lengths = steps.map(({ fromS, toS }) => toS - fromS).sort((a, b) => a - b);
  const median = lengths.length ? lengths[Math.floor(lengths.length / 2)] : 0;
  const ended = told[told.length - 1].kind !== "delta";
  if (nowS !== null && !ended) steps.push({ fromS: told[told.length - 1].atS, toS: nowS, open: true });
  const least = Math.max(SHORTEST_PAUSE_S, TIMES_MEDIAN * median, SHARE_OF_SPAN * spanS);
  return steps
    .filter(({ fromS, toS }) => toS - fromS >= least)
    .sort((a, b) => b.toS - b.fromS - (a.toS - a.fromS))
    .slice(0, MOST_PAUSES)
    .sort((a, b) => a.fromS - b.fromS);
}

/** Where each fault is to be seen. Those of the wire, and those that have not hit yet, are nowhere. */
function placeFaults(events, faults, { firstS, pauses, spanS, over, final }) {
  const marks = [];
  const unplaced = [];
  const spoilt = events.filter(({ fault }) => fault);
  const longest = [...pauses].sort((a, b) => b.toS - b.fromS - (a.toS - a.fromS))[0];
  for (const { kind } of faults) {
    if (AT_END.has(kind)) over && marks.push({ atS: spanS, names: [kind] });
    else if (AT_PAUSE.has(kind)) longest && marks.push({ atS: longest.fromS, names: [kind] });
    else if (AT_FIRST.has(kind)) firstS !== null && marks.push({ atS: firstS, names: [kind] });
    else if (AT_FINAL.has(kind) && !spoilt.length) final && marks.push({ atS: final.atS, names: [kind] });
    else unplaced.push(kind);
  }
  if (spoilt.length) marks.push({ atS: spoilt[0].atS, names: unplaced.length ? unplaced : ["fault"] });
  return marks.sort((a, b) => a.atS - b.atS);
}

/** Marks too near to each other to be read are one. */
function together(marks, spanS) {
  const joined = [];
  for (const mark of marks) {
    const before = joined[joined.length - 1];
    if (before && (mark.atS - before.atS) / spanS < MARKS_APART) before.names = [...new Set([...before.names, ...mark.names])];
    else joined.push({ ...mark });
  }
  return joined;
}
