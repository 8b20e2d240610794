// The streams of a workspace, kept up to date: from the feed, and from the journal what came before.
import { control, of } from "../../control.js";
import { useFeed } from "../../feed.js";
import { useEffect, useRedraw, useRef } from "../../html.js";
import { StreamBook } from "./book.js";

const DRAWN_EVERY_MS = 60;
const ASKED_EVERY_MS = 2000;
const TICK_MS = 250;
const SHOWN_AT_ONCE = 12;

/** Gives `{ live, ended, nowS, error, update, more }`, live ones newest first; `nowS` is the workspace's clock. */
export function useStreams(workspace) {
  const draw = useRedraw();
  const work = useRef(null);
  work.current ??= { book: new StreamBook(), clock: null, error: null, shown: SHOWN_AT_ONCE, reading: false, alive: true };
  const own = work.current;

  const drawSoon = () => {
    if (own.timer || !own.alive) return;
    own.timer = setTimeout(() => {
      own.timer = 0;
      requestAnimationFrame(() => own.alive && draw());
    }, DRAWN_EVERY_MS);
  };
  const ask = async () => {
    if (own.asking) return;
    own.asking = true;
    const before = [...own.book.live.keys()];
    try {
      const [{ streams }, clock] = await Promise.all([
        control("GET", of(workspace, "streams")),
        control("GET", of(workspace, "clock")),
      ]);
      own.book.reconcile(streams, before);
      own.clock = { ...clock, readMs: performance.now() };
      own.error = null;
    } catch (error) {
      own.error = error;
    }
    own.asking = false;
    read();
    drawSoon();
  };
  const read = async () => {
    if (own.reading || !own.alive) return;
    own.reading = true;
    for (let record = nextToRead(own); record && own.alive; record = nextToRead(own)) {
      try {
        own.book.read(await control("GET", of(workspace, "journal", record.exchange)));
      } catch {
        own.book.giveUp(record.exchange); // dropped by the journal: the feed's events are all there is
      }
      drawSoon();
    }
    own.reading = false;
  };

  useFeed((kind, data) => {
    if (kind === "reset" || kind === "connected") ask();
    if (kind === "workspace" && data.change !== "created") {
      own.book.clear();
      ask();
    }
    if (!own.book.tell(kind, data)) return;
    if (kind === "stream" && data.change === "opened" && !own.clock) ask();
    read();
    drawSoon();
  });
  useEffect(() => {
    own.alive = true;
    ask();
    const asked = setInterval(() => own.book.live.size && !document.hidden && ask(), ASKED_EVERY_MS);
    const tick = setInterval(() => own.book.live.size && !document.hidden && drawSoon(), TICK_MS);
    return () => {
      own.alive = false;
      clearInterval(asked);
      clearInterval(tick);
      clearTimeout(own.timer);
    };
  }, []);

  return {
    live: [...own.book.live.values()].reverse(),
    shown: own.shown,
    ended: own.book.ended,
    nowS: own.clock ? own.clock.nowS + (own.clock.rate * (performance.now() - own.clock.readMs)) / 1000 : null,
    error: own.error,
    ask,
    update: (stream) => own.book.open(stream) && drawSoon(),
    more: () => {
      own.shown += SHOWN_AT_ONCE;
      read();
      draw();
    },
  };
}

/** Of what is shown, the first that is to be read. */
function nextToRead({ book, shown }) {
  const live = [...book.live.values()].reverse().slice(0, shown);
  return live.find(({ stale }) => stale) ?? book.ended.find(({ stale }) => stale);
}
