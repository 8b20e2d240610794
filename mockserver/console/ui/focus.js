// Keyboard focus that is not lost with the button that was pressed.
import { useEffect, useRef } from "./html.js";

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary";

/**
 * A ref for an element in which things come and go: if what has the focus is removed, what then stands in its place
 * gets it. The element needs `tabindex="-1"`, as it is the last resort.
 */
export function useKeptFocus() {
  const place = useRef(null);
  useEffect(() => {
    const root = place.current;
    let focused = null;
    let index = 0;
    const all = () => [...root.querySelectorAll(FOCUSABLE)];
    const enter = ({ target }) => {
      focused = target;
      index = all().indexOf(target);
    };
    // Who goes elsewhere is not fetched back; an element that is being removed is not connected any more.
    const leave = ({ target }) =>
      queueMicrotask(() => {
        if (target === focused && target.isConnected && document.activeElement !== target) focused = null;
      });
    const observer = new MutationObserver(() => {
      if (!focused || focused.isConnected) return;
      focused = null;
      if (document.activeElement !== document.body) return;
      const left = all();
      (left[Math.min(index, left.length - 1)] ?? root).focus();
    });
    root.addEventListener("focusin", enter);
    root.addEventListener("focusout", leave);
    observer.observe(root, { childList: true, subtree: true });
    return () => {
      root.removeEventListener("focusin", enter);
      root.removeEventListener("focusout", leave);
      observer.disconnect();
    };
  }, []);
  return place;
}
