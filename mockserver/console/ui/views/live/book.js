// The streams of a workspace as the feed tells of them: those that are live, and the last that have ended. Pure.

export const KEPT_ENDED = 10;
const MOST_EVENTS = 6000;
const MOST_LIVE = 2000;
const TAIL = 600;
const ENDED_NUMBERS = 500;

/** All that is known of the streams. Changed by what it is told; who draws it looks at `live` and `ended`. */
export class StreamBook {
  constructor() {
    this.clear();
  }

  /** As at the start. */
  clear() {
    /** By the number of the exchange, in the order opened. */
    this.live = new Map();
    /** The last to end first. */
    this.ended = [];
    this._over = new Set();
  }

  /** Something of the feed. True if it matters here. */
  tell(kind, data) {
    if (kind === "stream" && data.change === "opened") return this.open(data.stream);
    if (kind === "stream" && data.change === "ended") return this.end(data.stream.exchange, data.stream);
    if (kind === "sent") return this._sent(data);
    if (kind === "exchange" && data.exchange) return this._summary(data.exchange);
    return false;
  }

  /** A stream is live: a new one, or news of one that is known. */
  open(stream) {
    const known = this.live.get(stream.exchange);
    if (known) {
      known.stream = stream;
      return true;
    }
    if (this._over.has(stream.exchange) || this.live.size >= MOST_LIVE) return false;
    this.live.set(stream.exchange, newRecord(stream));
    return true;
  }

  /** What `GET .../streams` said when it was asked at a time when `before` were live here. */
  reconcile(streams, before) {
    const there = new Set(streams.map(({ exchange }) => exchange));
    for (const stream of streams) this.open(stream);
    for (const exchange of before) if (!there.has(exchange)) this.end(exchange);
  }

  /** A stream is over. */
  end(exchange, stream) {
    const record = this.live.get(exchange);
    this._over.add(exchange);
    if (this._over.size > ENDED_NUMBERS) this._over.delete(this._over.values().next().value);
    if (!record) return false;
    this.live.delete(exchange);
    if (stream) record.stream = stream;
    record.over = true;
    record.stale = true; // how it ended is in the journal
    this.ended = [record, ...this.ended].slice(0, KEPT_ENDED);
    return true;
  }

  /** All that the journal has of an exchange. */
  read(entry) {
    const record = this._find(entry.number);
    if (!record) return;
    record.stale = false;
    this._summary(entry);
    if (entry.events.length > record.events.length) {
      record.events = [];
      record.text = "";
      record.length = 0;
      record.told = 0;
      for (const event of entry.events) add(record, event);
    }
    for (let next = record.early.get(record.events.length); next; next = record.early.get(record.events.length)) {
      record.early.delete(record.events.length);
      add(record, next);
    }
    for (const index of [...record.early.keys()]) if (index < record.events.length) record.early.delete(index);
    record.dropped = entry.eventsDropped;
  }

  /** It could not be read: do not ask for it again. */
  giveUp(exchange) {
    const record = this._find(exchange);
    if (record) record.stale = false;
  }

  _find(exchange) {
    return this.live.get(exchange) ?? this.ended.find((record) => record.exchange === exchange);
  }

  _sent({ exchange, index, event }) {
    const record = this._find(exchange);
    if (!record || index < record.events.length) return false;
    if (index === record.events.length) return add(record, event);
    if (record.early.size < MOST_EVENTS) record.early.set(index, event);
    record.stale = true; // what lies between is in the journal
    return true;
  }

  _summary(summary) {
    const record = this._find(summary.number);
    if (!record) return false;
    record.atS = summary.atS;
    record.faults = summary.faults;
    record.complete = summary.complete;
    record.outcome = summary.outcome;
    record.tookS = summary.tookS;
    record.replayed = summary.replayed;
    record.answered = summary.status;
    return true;
  }
}

/** How many events it has sent, comments not counted. */
export function sentBy({ stream, told }) {
  return Math.max(told, stream.sent); // either may be the first to know
}

/** It sends nothing until somebody lets it go on. */
export function isHeld(record) {
  const { holdAfter } = record.stream;
  return !record.over && holdAfter !== null && sentBy(record) >= holdAfter;
}

function newRecord(stream) {
  return {
    exchange: stream.exchange,
    stream,
    atS: stream.openedAtS,
    events: [],
    early: new Map(), // events that came before those that go before them were read
    told: 0, // of the events, those that are no comments
    text: "", // its tail
    length: 0, // of the whole text
    dropped: 0,
    faults: [],
    over: false,
    complete: false,
    outcome: null,
    tookS: null,
    replayed: false,
    stale: true, // to be read from the journal
  };
}

function add(record, event) {
  if (record.events.length >= MOST_EVENTS) return false;
  record.events.push(event);
  if (event.kind !== "comment") record.told += 1;
  if (event.kind === "delta") {
    const piece = deltaOf(event.data);
    record.length += piece.length;
    record.text = (record.text + piece).slice(-TAIL);
  }
  return true;
}

/** The text of a delta, of which `data` is that of its event. */
export function deltaOf(data) {
  try {
    return String(JSON.parse(data).delta ?? "");
  } catch {
    return ""; // a fault may send what is no JSON
  }
}
