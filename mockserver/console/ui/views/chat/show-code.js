// Any action of the chat as code, to be copied.
import { Entry } from "../../fields.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { Button, Tabs } from "../../parts.js";
import { apiOf } from "./callers.js";
import { ACTIONS, callOf, curlOf, fetchOf, shortened } from "./code.js";

const SAID_MS = 2500;

/** `action` is shown first; the others can be chosen. `more` are parts of the calls: message, patch, steering, page. */
export function CodeDialog({ session, conversation, action, close, ...more }) {
  const dialog = useRef(null);
  const [chosen, choose] = useState(action);
  const [form, setForm] = useState("curl");
  const [whole, setWhole] = useState(false);
  useEffect(() => dialog.current.showModal(), []);
  const call = callOf(chosen, { api: apiOf(session.workspace), conversation, ...more });
  const text = form === "curl" ? curlOf(call, session.token) : fetchOf(call, session.token);
  return html`
    <dialog ref=${dialog} class="code-dialog" aria-labelledby="code-title" onClose=${close}>
      <header class="card-head">
        <h2 id="code-title">As code</h2>
        <${Button} icon="close" kind="plain square" label="Close" onClick=${() => dialog.current.close()} />
      </header>
      <${Entry} label="What to do" choices=${Object.entries(ACTIONS)} value=${chosen} change=${choose} />
      <${Tabs} tabs=${[["curl", "curl"], ["fetch", "fetch"]]} current=${form} choose=${setForm} label="Kind of code" />
      <pre class="code" tabindex="0" role="group" aria-label="The code" data-testid="code">${whole ? text : shortened(text, session.token)}</pre>
      <div class="row">
        <${CopyAll} key=${text} text=${text} />
        <label class="check"><input type="checkbox" checked=${whole} onChange=${(event) => setWhole(event.target.checked)} /> Show the whole token</label>
      </div>
      <p class="dim">${whole ? `The token is one of ${session.caller}, for this workspace of the mock only.` : "What is copied has the whole token, so it works where it is pasted."}</p>
    </dialog>
  `;
}

/** Copies, and says so itself: notices stand behind a dialog. */
function CopyAll({ text }) {
  const [said, setSaid] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      setSaid("The browser does not let this page copy: show the whole token, select the text and copy it.");
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(""), SAID_MS);
  };
  return html`<${Button} icon="copy" kind="primary" onClick=${copy}>Copy</${Button}><span role="status">${said}</span>`;
}
