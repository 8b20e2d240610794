// The clock of a workspace, read once and extrapolated from there: the mock is asked again when it has changed.
import { of } from "./control.js";
import { useResource } from "./feed.js";
import { html, useEffect, useMemo, useRedraw } from "./html.js";

const LATE_MS = 300;
const LONGEST_TIMER_MS = 2 ** 31 - 1; // browsers take longer ones for none

/** The clock: `{ data, reload, sinceReadS }`, the last a function that gives its seconds since it was read. */
export function useClock(workspace) {
  const { data, error, reload } = useResource(of(workspace, "clock"), { on: ["changed", "workspace"] });
  const readAtMs = useMemo(() => performance.now(), [data]);
  useEffect(() => {
    const again = () => document.hidden || reload(); // a computer that slept
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, []);
  const sinceReadS = () => (data ? ((performance.now() - readAtMs) / 1000) * data.rate : 0);
  return { data, error, reload, sinceReadS };
}

/**
 * What runs out by the clock: `items` with `secondsLeft` as they were read (null: never). Gives the function that tells
 * how many an item has left by now; `reload` is called when the first is over, as the feed does not tell of that.
 */
export function useRunningOut(items, rate, reload) {
  const readAtMs = useMemo(() => performance.now(), [items]);
  const secondsLeft = (item) => Math.max(0, item.secondsLeft - ((performance.now() - readAtMs) / 1000) * rate);
  useEffect(() => {
    const timed = (items ?? []).filter((item) => item.secondsLeft !== null);
    if (!timed.length || !rate) return undefined;
    const dueMs = (Math.min(...timed.map(secondsLeft)) / rate) * 1000 + LATE_MS;
    const timer = setTimeout(reload, Math.min(dueMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }, [items, rate]);
  return secondsLeft;
}

/** A text that is made anew so often, and nothing else of the page with it. */
export function Ticking({ text, everyMs = 200 }) {
  const again = useRedraw();
  useEffect(() => {
    const timer = setInterval(again, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return html`${text()}`;
}
