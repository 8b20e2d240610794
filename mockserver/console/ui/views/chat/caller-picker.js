// Who one is: shown, and changed.
import { control } from "../../control.js";
import { html, useEffect, useId, useRef, useState } from "../../html.js";
import { attempt } from "../../notices.js";
import { become, callersOf } from "./callers.js";

/** Says who calls, and lets one be another: a caller seen here, a new name, or a token that is refused. */
export function CallerPicker({ session, changed }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => !box.current.contains(event.target) && setOpen(false);
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = async (caller, bad = null) => {
    if ((await attempt(() => become(session.workspace, caller, bad))) === undefined) return;
    close();
    if (caller !== session.caller) changed();
  };
  return html`
    <div class="caller" ref=${box} onKeyDown=${(event) => event.key === "Escape" && open && close()}>
      <button type="button" class="caller-button" ref=${button} aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>
        <span class="caller-face" aria-hidden="true" dir="auto">${[...session.caller][0]?.toUpperCase()}</span>
        <span class="caller-name"><span class="dim">You call as</span> <strong dir="auto">${session.caller}</strong>${session.bad && html` <span class="caller-bad">bad token: ${session.bad}</span>`}</span>
        <span class="dim" aria-hidden="true">▾</span>
      </button>
      ${open && html`<${Choices} session=${session} choose=${choose} />`}
    </div>
  `;
}

function Choices({ session, choose }) {
  const [typed, setTyped] = useState("");
  const [callers, setCallers] = useState([]);
  const [kinds, setKinds] = useState([]);
  const field = useRef(null);
  const id = useId();
  useEffect(() => {
    field.current.focus();
    let shown = true;
    attempt(async () => {
      const [seen, bad] = await Promise.all([callersOf(session.workspace), control("GET", "/tokens")]);
      if (!shown) return;
      setCallers(seen);
      setKinds(bad.kinds);
    });
    return () => {
      shown = false;
    };
  }, []);
  const name = typed.trim();
  const mint = (event) => {
    event.preventDefault();
    if (name) choose(name);
  };
  return html`
    <div class="sheet caller-sheet">
      <form onSubmit=${mint}>
        <label for=${id}>Be somebody else</label>
        <div class="caller-mint">
          <input id=${id} ref=${field} value=${typed} maxlength="200" autocomplete="off" placeholder="Any name, such as alice" onInput=${(event) => setTyped(event.target.value)} />
          <button type="submit" class="primary" disabled=${!name}>Get a token</button>
        </div>
      </form>
      <p class="sheet-head">Callers here</p>
      <ul>
        ${callers
          .filter((each) => each.toLowerCase().includes(name.toLowerCase()))
          .slice(0, 50)
          .map(
            (each) => html`
              <li key=${each}>
                <button type="button" class="plain" aria-current=${each === session.caller && !session.bad ? "true" : undefined} onClick=${() => choose(each)}>
                  <span dir="auto">${each}</span>${each === session.caller && !session.bad && html`<span class="dim">you</span>`}
                </button>
              </li>
            `,
          )}
      </ul>
      <details open=${Boolean(session.bad)}>
        <summary>Or with a token that is refused</summary>
        <ul>
          ${kinds.map(
            ({ kind, summary }) => html`
              <li key=${kind}>
                <button type="button" class="plain bad-token" aria-current=${kind === session.bad ? "true" : undefined} onClick=${() => choose(session.caller, kind)}>
                  <strong>${kind}</strong><small class="dim">${summary}</small>
                </button>
              </li>
            `,
          )}
        </ul>
      </details>
      <p class="dim"><small>Tokens stay in this page's memory. A reload forgets them.</small></p>
    </div>
  `;
}
