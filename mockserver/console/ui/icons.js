// Line icons, 24 by 24, drawn in the colour of the text beside them.
import { html } from "./html.js";

const PATHS = {
  chat: "M5 6.500A1.500 1.500 0 0 1 6.500 5h11A1.500 1.500 0 0 1 19 6.500v7a1.500 1.500 0 0 1-1.500 1.500H11l-4 3.500V15h-.5A1.500 1.500 0 0 1 5 13.500z",
  live: "M3 12h4l2.500-6 4 12L16 12h5",
  faults: "M12 4 3 19h18zM12 10v4M12 16.500v.5",
  journal: "M6 4h12v16H6zM9 8h6M9 12h6M9 16h4",
  verdict: "M5 12.500 10 17.500 19.500 7",
  sandbox: "M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  retry: "M19 12a7 7 0 1 1-2-4.900M19 4v4h-4",
  back: "M15 5l-7 7 7 7",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  step: "M6 5l9 7-9 7zM18 5v14",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
};

/** An icon that says nothing of its own: what it stands for is said by the text or the label beside it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
