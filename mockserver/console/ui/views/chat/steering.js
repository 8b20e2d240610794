// What steers a conversation: as it is, and a patch of it with three ways for each field.
import { of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html, useEffect, useId, useRef, useState } from "../../html.js";
import { Button, Json, Problem, Status } from "../../parts.js";
import { Refusal } from "./bubbles.js";
import { FIELDS, LEFT, lastPatchText, patchOf } from "./patch.js";
import { refusalOf } from "./words.js";

const WAYS = { leave: "Leave", set: "Set", clear: "Clear" };

export function SteeringDrawer({ session, id, showCode, close }) {
  const dialog = useRef(null);
  const [choices, setChoices] = useState(LEFT);
  const [answer, setAnswer] = useState(null);
  const [busy, setBusy] = useState(false);
  const { data, error, reload } = useResource(`${of(session.workspace, "conversations", id)}?size=1`, { on: ["exchange"], everyMs: 500, keep: true });
  const end = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  useEffect(() => {
    if (answer) end.current.scrollIntoView({ block: "nearest" });
  }, [answer]);
  const patch = patchOf(choices);
  const nothing = Object.keys(patch).length === 0;
  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await session.client.patchSteering(id, patch);
      setAnswer({ sent: patch, refusal: null });
      setChoices(LEFT);
    } catch (problem) {
      setAnswer({ sent: patch, refusal: refusalOf(problem) });
    }
    setBusy(false);
    reload();
  };
  return html`
    <dialog ref=${dialog} class="drawer" aria-labelledby="steering-title" onClose=${close}>
      <header class="card-head">
        <h2 id="steering-title">Steering</h2>
        <${Button} icon="close" kind="plain square" label="Close" onClick=${() => dialog.current.close()} />
      </header>
      <p class="dim">Later replies follow it. In a PATCH a value sets, null clears, and what is left out stays.</p>
      <${Problem} error=${error} again=${reload} />
      <form class="stack" onSubmit=${send}>
        ${FIELDS.map(
          (field) => html`<${ThreeWays} key=${field.name} ...${field} now=${data?.steering[field.name]} last=${data?.lastPatch[field.name]} given=${choices[field.name]} change=${(given) => setChoices({ ...choices, [field.name]: given })} />`,
        )}
        <div class="drawer-end">
          <p class="dim">${nothing ? "Nothing is chosen: an empty patch, which the API refuses." : "This is what will be sent:"}</p>
          <${Json} value=${patch} label="The patch" />
          <div class="row">
            <button type="submit" class="primary" disabled=${busy}>Send the patch</button>
            <${Button} icon="code" kind="plain" onClick=${() => showCode("updateConversation", { patch })}>Show as code</${Button}>
          </div>
        </div>
      </form>
      <div role="status" aria-live="polite" ref=${end}>
        ${answer && (answer.refusal ? html`<${Refusal} refusal=${answer.refusal} />` : html`<div class="outcome good"><span><${Status} status=${200} /> Changed: ${Object.keys(answer.sent).join(", ")}.</span></div>`)}
      </div>
    </dialog>
  `;
}

function ThreeWays({ name, title, clears, hint, now, last, given, change }) {
  const group = useId();
  const ways = Object.entries(WAYS).filter(([way]) => clears || way !== "clear");
  return html`
    <fieldset class="ways" data-testid=${`patch-${name}`}>
      <legend>${title}</legend>
      <p class="ways-now"><span class="dim">Now</span> ${now === null || now === undefined ? html`<em class="dim">nothing</em>` : html`<strong dir="auto">${String(now)}</strong>`}${last && html` <span class="dim">· ${lastPatchText(last)}</span>`}</p>
      <div class="segments">
        ${ways.map(
          ([way, label]) => html`
            <label key=${way} class=${given.choice === way ? "chosen" : ""}>
              <input type="radio" name=${group} value=${way} checked=${given.choice === way} onChange=${() => change({ ...given, choice: way })} />${label}
            </label>
          `,
        )}
      </div>
      ${given.choice === "set" &&
      html`
        <label class="unseen" for=${`${group}-value`}>New value of ${title}</label>
        ${name === "personality"
          ? html`<textarea id=${`${group}-value`} rows="2" dir="auto" value=${given.value} placeholder="A pirate with a degree in law" onInput=${(event) => change({ ...given, value: event.target.value })}></textarea>`
          : html`<input id=${`${group}-value`} dir="auto" value=${given.value} autocomplete="off" onInput=${(event) => change({ ...given, value: event.target.value })} />`}
      `}
      ${hint && html`<small class="dim">${hint}</small>`}
    </fieldset>
  `;
}
