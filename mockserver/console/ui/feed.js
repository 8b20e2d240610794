// One feed of the control plane for the whole page: what happens in the workspace that is shown.
import { control } from "./control.js";
import { useEffect, useRedraw, useRef, useState } from "./html.js";

const KINDS = ["exchange", "stream", "sent", "armed", "changed", "workspace", "reset"];
const AGAIN_MS = 2000;

/** Follows the feed; tells its listeners `(kind, data)`. `connected` and `disconnected` are kinds, too. */
class Feed {
  constructor() {
    this.connected = false;
    this.workspace = null;
    this._listeners = new Set();
    this._source = null;
  }

  /** Follow this workspace, and no other any more. */
  follow(workspace) {
    if (workspace === this.workspace) return;
    this.workspace = workspace;
    this._open();
  }

  /** Hear what comes; gives the function that ends it. */
  listen(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  _open() {
    this._source?.close();
    clearTimeout(this._again);
    const source = new EventSource(`/_mock/feed?events=1&workspace=${encodeURIComponent(this.workspace)}`);
    this._source = source;
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this._tell(kind, JSON.parse(event.data)));
    }
    source.addEventListener("open", () => this._set(true));
    source.addEventListener("error", () => {
      this._set(false);
      // A browser tries again by itself, but for good reasons gives up: a proxy's error page is one.
      if (source.readyState === EventSource.CLOSED && source === this._source) {
        this._again = setTimeout(() => this._open(), AGAIN_MS);
      }
    });
  }

  _set(connected) {
    if (connected === this.connected) return;
    this.connected = connected;
    this._tell(connected ? "connected" : "disconnected", {});
  }

  _tell(kind, data) {
    for (const listener of [...this._listeners]) listener(kind, data);
  }
}

export const feed = new Feed();

/** Call `listener(kind, data)` for all that the feed tells while the component is shown. */
export function useFeed(listener) {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => feed.listen((kind, data) => latest.current(kind, data)), []);
}

/** Whether the feed is connected. */
export function useConnected() {
  const again = useRedraw();
  useFeed((kind) => (kind === "connected" || kind === "disconnected") && again());
  return feed.connected;
}

/**
 * What `GET /_mock<path>` answers, kept up to date: read again when the feed tells one of the kinds in `on`, or what
 * the function `on(kind, data)` says matters, at most once in `everyMs`. Gives `{ data, error, reload }`; `data` is
 * that of the path before until the new one is there only if `keep` is set. With `path` null nothing is read.
 */
export function useResource(path, { on = [], everyMs = 250, keep = false } = {}) {
  const [state, setState] = useState({ path: null, data: null, error: null });
  const work = useRef({ timer: 0, busy: false, stale: false, path, alive: true });
  work.current.path = path;

  const read = async () => {
    const own = work.current;
    clearTimeout(own.timer);
    own.timer = 0;
    if (own.busy) {
      own.stale = true;
      return;
    }
    const asked = own.path;
    if (asked === null) return;
    own.busy = true;
    own.stale = false;
    let next;
    try {
      next = { path: asked, data: await control("GET", asked), error: null };
    } catch (error) {
      next = { path: asked, data: null, error };
    }
    own.busy = false;
    if (!own.alive) return;
    if (asked === own.path) setState(next);
    if (asked !== own.path) read();
    else if (own.stale) later();
  };
  const later = () => {
    const own = work.current;
    if (!own.timer) own.timer = setTimeout(read, everyMs);
  };

  useEffect(() => {
    read();
  }, [path]);
  useEffect(() => {
    work.current.alive = true;
    return () => {
      work.current.alive = false;
      clearTimeout(work.current.timer);
    };
  }, []);
  const matters = typeof on === "function" ? on : (kind) => on.includes(kind);
  useFeed((kind, data) => {
    if (matters(kind, data) || kind === "reset" || kind === "connected") later();
  });

  const fresh = state.path === path;
  return { data: fresh || keep ? state.data : null, error: fresh ? state.error : null, reload: read };
}
