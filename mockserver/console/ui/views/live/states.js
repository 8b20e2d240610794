// The state of each conversation of a page, read when it comes into sight and when the feed says that it has changed.
import { control, of } from "../../control.js";
import { useFeed } from "../../feed.js";
import { useEffect, useRedraw, useRef } from "../../html.js";

const AT_ONCE = 3;
const WAIT_MS = 120;
const RECENT_MS = 2000;
/** After a reset the list is read first, so that nobody asks for conversations that are gone. */
const LIST_FIRST_MS = 1000;
const CHANGES = new Set(["sendMessage", "openMessageStream", "updateConversation", "cancelMessageStream"]);

/**
 * Gives a map from id to `{ state, changes, recent }`: how often it changed while it was in sight, and whether it has
 * just changed.
 */
export function useStates(workspace, ids) {
  const draw = useRedraw();
  const work = useRef(null);
  work.current ??= { known: new Map(), stale: new Set(), busy: new Set(), timer: 0, alive: true };
  const own = work.current;
  const wanted = ids.join();

  const readSoon = () => {
    if (!own.timer) own.timer = setTimeout(readAll, WAIT_MS);
  };
  const readAll = () => {
    own.timer = 0;
    for (const id of [...own.stale]) {
      if (own.busy.size >= AT_ONCE || !own.alive) return;
      if (own.busy.has(id)) continue; // of two answers under way the older might come last
      own.stale.delete(id);
      readOne(id);
    }
  };
  const readOne = async (id) => {
    own.busy.add(id);
    try {
      const state = await control("GET", `${of(workspace, "conversations", id)}?size=1`);
      const before = own.known.get(id);
      const slim = { lock: state.lock, messageCount: state.messageCount, steering: state.steering, lastPatch: state.lastPatch };
      const changed = before && JSON.stringify(before.state) !== JSON.stringify(slim);
      const next = { state: slim, changes: (before?.changes ?? 0) + (changed ? 1 : 0), recent: changed || before?.recent };
      if (own.wanted.has(id)) own.known.set(id, next);
      if (changed) {
        setTimeout(() => {
          if (own.known.get(id)?.changes !== next.changes || !own.alive) return;
          own.known.get(id).recent = false;
          draw();
        }, RECENT_MS);
      }
    } catch {
      own.known.delete(id); // gone meanwhile; the list is read again, too
    }
    own.busy.delete(id);
    if (!own.alive) return;
    draw();
    if (own.stale.size) readSoon();
  };

  useEffect(() => {
    own.wanted = new Set(ids);
    for (const id of [...own.known.keys()]) if (!own.wanted.has(id)) own.known.delete(id);
    for (const id of ids) if (!own.known.has(id)) own.stale.add(id);
    readSoon();
  }, [wanted]);
  useEffect(() => {
    own.alive = true;
    return () => {
      own.alive = false;
      clearTimeout(own.timer);
      clearTimeout(own.again);
    };
  }, []);
  useFeed((kind, data) => {
    const id = kind === "stream" ? data.stream.conversation : kind === "exchange" && CHANGES.has(data.exchange?.operation) ? data.exchange.conversation : null;
    if (id && own.wanted?.has(id)) own.stale.add(id);
    else if (kind === "reset" || kind === "connected" || kind === "workspace") {
      clearTimeout(own.again);
      own.again = setTimeout(() => {
        for (const each of own.wanted ?? []) own.stale.add(each);
        readAll();
      }, LIST_FIRST_MS);
      return;
    } else return;
    readSoon();
  });
  return own.known;
}
