// What the page says by itself: short notices, and questions before something is lost.
import { html, useEffect, useRedraw, useRef } from "./html.js";

const SHOWN_MS = 6000;

let notices = [];
let question = null;
let number = 0;
let changed = () => {};

/** Say something: `kind` is `good`, `bad` or `plain`. Notices of what went wrong stay until they are closed. */
export function notify(text, kind = "plain") {
  const notice = { id: ++number, text, kind };
  notices = [...notices.slice(-3), notice];
  if (kind !== "bad") setTimeout(() => dismiss(notice.id), SHOWN_MS);
  changed();
}

/** Do something, and say so if it fails. Gives what it gives, or undefined. */
export async function attempt(act, done) {
  try {
    const result = await act();
    if (done) notify(done, "good");
    return result ?? true;
  } catch (error) {
    notify(error.message, "bad");
    return undefined;
  }
}

/** Ask before something is lost; true if it may be. */
export function confirmed({ title, text, action }) {
  return new Promise((resolve) => {
    question = { title, text, action, resolve };
    changed();
  });
}

/** Where notices and questions appear: once in the page. */
export function Notices() {
  const again = useRedraw();
  useEffect(() => {
    changed = again;
    return () => {
      changed = () => {};
    };
  }, []);
  return html`
    <div class="notices" role="status" aria-live="polite">
      ${notices.map(
        (notice) => html`
          <div class="notice ${notice.kind}" key=${notice.id}>
            <span>${notice.text}</span>
            <button type="button" class="plain" aria-label="Close this notice" onClick=${() => dismiss(notice.id)}>×</button>
          </div>
        `,
      )}
    </div>
    ${question && html`<${Question} key=${question.title} ...${question} />`}
  `;
}

function Question({ title, text, action, resolve }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  const answer = (value) => {
    if (question?.resolve !== resolve) return; // the close below, heard after another question was asked
    question = null;
    dialog.current.close(); // gives the focus back to where it was
    resolve(value);
    changed();
  };
  return html`
    <dialog ref=${dialog} class="question" aria-labelledby="question-title" onClose=${() => answer(false)}>
      <h2 id="question-title">${title}</h2>
      <p>${text}</p>
      <div class="row end">
        <button type="button" onClick=${() => answer(false)} autofocus>Cancel</button>
        <button type="button" class="danger" onClick=${() => answer(true)}>${action}</button>
      </div>
    </dialog>
  `;
}

function dismiss(id) {
  notices = notices.filter((notice) => notice.id !== id);
  changed();
}
