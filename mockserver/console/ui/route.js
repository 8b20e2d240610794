// Where the page is: `#/<workspace>/<view>/<detail>`, so that a reload or a link comes back to the same place.
import { useEffect, useState } from "./html.js";

export const HOME = { workspace: "demo", view: "chat" };

/** The place that a hash names; what it leaves out is as at the start. */
function readHash(hash) {
  const [workspace, view, ...detail] = hash.replace(/^#\/?/, "").split("/").map(decode);
  return { workspace: workspace || HOME.workspace, view: view || HOME.view, detail: detail.join("/") };
}

/** The hash of a place. */
export function hashOf({ workspace, view, detail = "" }) {
  const parts = detail ? [workspace, view, detail] : [workspace, view];
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** The place, as it changes. */
export function useRoute() {
  const [route, setRoute] = useState(() => readHash(location.hash));
  useEffect(() => {
    const follow = () => setRoute(readHash(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** Go to another place; what is not given stays. */
export function go(change) {
  location.hash = hashOf({ ...readHash(location.hash), detail: "", ...change });
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hash typed by hand
  }
}
