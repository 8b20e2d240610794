// The list of requests: pages of the journal as far as one has scrolled, kept up to date by the feed.
import { control, of } from "../../control.js";
import { useFeed } from "../../feed.js";
import { useEffect, useRedraw, useRef } from "../../html.js";
import { fits, queryOf } from "./filter.js";
import { mergeRows, placeOf } from "./merge.js";

const SIZE = 100;
const KEPT_AT_TOP = 1000;
const KEPT = 20_000;
const DRAWN_EVERY_MS = 150;
const COUNTED_EVERY_MS = 2000;
const MOST_WAITING = 1000;

/**
 * Gives `{ rows, total, dropped, waiting, waitingMost, begun, error, more, fresh }`. While `held`, no row is added: `waiting`
 * counts them, and `fresh` brings them in. `more` reads further back.
 */
export function useRows(workspace, filter, held) {
  const draw = useRedraw();
  const work = useRef(null);
  work.current ??= { alive: true, news: new Map(), waiting: new Set(), round: 0, ...NOTHING_YET };
  const own = work.current;
  own.held = held;
  own.filter = filter;
  const query = queryOf(filter);
  const path = (page, size) => `${of(workspace, "journal")}?${query ? `${query}&` : ""}page=${page}&size=${size}`;

  const read = async (first) => {
    if (own.loading && !first) return;
    const round = first ? ++own.round : own.round;
    own.loading = true;
    const page = first ? 1 : Math.floor(own.rows.length / SIZE) + 1;
    try {
      const found = await control("GET", path(page, SIZE));
      if (round !== own.round || !own.alive) return;
      own.rows = mergeRows(first ? [] : own.rows, found.data, { all: true, bound: KEPT });
      if (first) {
        own.waiting.clear();
        own.news.clear();
      }
      own.all = page >= found.page.totalPages || own.rows.length >= KEPT;
      take(own, found);
      own.error = null;
    } catch (error) {
      if (round !== own.round || !own.alive) return;
      own.error = error;
      own.all = true; // until asked again
    }
    own.loading = false;
    own.begun = true;
    draw();
  };
  const fresh = () => read(true);

  // How many there are and were dropped, now and then: the feed does not tell. What the journal has dropped goes here too.
  const countSoon = () => {
    if (own.counting) return;
    own.counting = setTimeout(async () => {
      const round = own.round;
      try {
        const found = await control("GET", path(1, 1));
        if (round === own.round && own.alive) {
          take(own, found);
          if (!own.held && own.rows.length > own.total) own.rows = own.rows.slice(0, Math.max(own.total, 1));
          draw();
        }
      } catch {
        // the list itself says so when it is read
      }
      own.counting = 0;
    }, COUNTED_EVERY_MS);
  };
  const flushSoon = () => {
    if (!own.flushing) own.flushing = setTimeout(() => requestAnimationFrame(flush), DRAWN_EVERY_MS);
  };
  const flush = () => {
    own.flushing = 0;
    if (!own.alive) return;
    if (own.missed) {
      own.missed = false;
      fresh();
      return;
    }
    const news = [...own.news.values()];
    own.news.clear();
    const bound = own.held ? KEPT : KEPT_AT_TOP;
    if (!own.held && own.rows.length > bound) own.all = false;
    own.rows = mergeRows(own.rows, news, { all: own.all, bound, insert: !own.held });
    if (own.rows.length === bound) own.all = false;
    draw();
  };
  const searchSoon = () => {
    if (own.searching || own.held) return;
    own.searching = setTimeout(() => {
      own.searching = 0;
      if (!own.held) fresh();
    }, COUNTED_EVERY_MS);
  };

  useFeed((kind, data) => {
    if (kind === "reset" || (kind === "connected" && own.begun) || (kind === "workspace" && data.change !== "created")) {
      fresh();
      return;
    }
    if (kind !== "exchange") return;
    if (data.change === "cleared") {
      fresh();
      return;
    }
    const summary = data.exchange;
    countSoon();
    const known = own.rows[placeOf(own.rows, summary.number)]?.number === summary.number;
    const wanted = fits(own.filter, summary);
    if (wanted === null && !known) {
      searchSoon();
      return;
    }
    if (!known && !wanted) return;
    if (!known && own.held && (own.rows.length === 0 || summary.number > own.rows[0].number)) {
      if (own.waiting.size < MOST_WAITING) own.waiting.add(summary.number);
    }
    if (known || !own.held) own.news.set(summary.number, summary);
    if (own.news.size > KEPT_AT_TOP) {
      own.news.clear(); // a page that is not in sight draws nothing: it reads all again when it is
      own.missed = true;
    }
    flushSoon();
  });
  useEffect(() => {
    Object.assign(own, NOTHING_YET);
    own.rows = [];
    draw();
    fresh();
  }, [query]);
  useEffect(() => {
    own.alive = true;
    return () => {
      own.alive = false;
      for (const timer of [own.counting, own.flushing, own.searching]) clearTimeout(timer);
    };
  }, []);
  const wasHeld = useRef(held);
  useEffect(() => {
    if (wasHeld.current && !held && own.waiting.size) fresh();
    wasHeld.current = held;
  }, [held]);

  return {
    rows: own.rows,
    total: own.total,
    dropped: own.dropped,
    waiting: own.waiting.size,
    waitingMost: MOST_WAITING,
    begun: own.begun,
    error: own.error,
    more: () => own.all || own.loading || read(false),
    fresh,
  };
}

const NOTHING_YET = { rows: [], total: 0, dropped: 0, all: false, loading: false, begun: false, error: null };

function take(own, { page, dropped }) {
  own.total = page.totalElements;
  own.dropped = dropped;
}
