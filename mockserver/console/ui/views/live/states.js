// The state of each conversation of a page, read when it comes into sight and when the feed says that it has changed.
import { control, of } from "../../control.js";
import { useFeed } from "../../feed.js";
import { useEffect, useReducer, useRef } from "../../html.js";

const AT_ONCE = 3;
const WAIT_MS = 120;
const CHANGES = new Set(["sendMessage", "openMessageStream", "updateConversation", "cancelMessageStream"]);

/** Gives a map from id to `{ state, changes }`; `changes` counts how often it changed while it was in sight. */
export function useStates(workspace, ids) {
  const [, draw] = useReducer((count) => count + 1, 0);
  const work = useRef(null);
  work.current ??= { known: new Map(), stale: new Set(), busy: 0, timer: 0, alive: true };
  const own = work.current;
  const wanted = ids.join();

  const readSoon = () => {
    if (!own.timer) own.timer = setTimeout(readAll, WAIT_MS);
  };
  const readAll = () => {
    own.timer = 0;
    while (own.busy < AT_ONCE && own.stale.size && own.alive) {
      const id = own.stale.values().next().value;
      own.stale.delete(id);
      readOne(id);
    }
  };
  const readOne = async (id) => {
    own.busy += 1;
    try {
      const state = await control("GET", `${of(workspace, "conversations", id)}?size=1`);
      const before = own.known.get(id);
      const slim = { lock: state.lock, messageCount: state.messageCount, steering: state.steering, lastPatch: state.lastPatch };
      const changed = before && JSON.stringify(before.state) !== JSON.stringify(slim);
      if (own.wanted.has(id)) own.known.set(id, { state: slim, changes: (before?.changes ?? 0) + (changed ? 1 : 0) });
    } catch {
      own.known.delete(id); // gone meanwhile; the list is read again, too
    }
    own.busy -= 1;
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
    };
  }, []);
  useFeed((kind, data) => {
    const id = kind === "stream" ? data.stream.conversation : kind === "exchange" && CHANGES.has(data.exchange?.operation) ? data.exchange.conversation : null;
    if (id && own.wanted?.has(id)) own.stale.add(id);
    else if (kind === "reset" || kind === "connected" || kind === "workspace") for (const each of own.wanted ?? []) own.stale.add(each);
    else return;
    readSoon();
  });
  return own.known;
}
