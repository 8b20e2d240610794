// What the views are written with: Preact, its hooks, and tagged templates in place of JSX.
import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import { useReducer } from "./vendor/hooks.js";

export { render } from "./vendor/preact.js";
export {
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/hooks.js";

export const html = htm.bind(h);

/** The function that draws the component anew: for what it shows that is no state of it. */
export function useRedraw() {
  const [, redraw] = useReducer((count) => count + 1, 0);
  return redraw;
}
