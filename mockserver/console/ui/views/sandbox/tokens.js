// Tokens of the workspace: good ones, ones that die on cue, ready-made bad ones, and those that are dead.
import { Ticking, useClock, useRunningOut } from "../../clock.js";
import { control, of } from "../../control.js";
import { Entry, Prose, numberOf, wrongFields } from "../../fields.js";
import { useResource } from "../../feed.js";
import { useKeptFocus } from "../../focus.js";
import { html, useState } from "../../html.js";
import { attempt } from "../../notices.js";
import { Badge, Button, Card, Copy, count } from "../../parts.js";
import { capital } from "../faults/words.js";

const FIELDS = [
  { name: "caller", label: "Caller", placeholder: "demo" },
  { name: "expiresInS", label: "Expires in (seconds)", type: "number", placeholder: "4 hours" },
  { name: "diesAfterCalls", label: "Dies after so many calls", type: "number", min: "0", placeholder: "Never" },
  { name: "diesMidStream", label: "Dies in a stream, after pieces", type: "number", min: "0", placeholder: "Never" },
];
const EMPTY = Object.fromEntries(FIELDS.map(({ name }) => [name, ""]));
const SHOWN = 20;

export function TokensCard({ workspace }) {
  const kinds = useResource("/tokens");
  const place = useKeptFocus();
  const [form, setForm] = useState(EMPTY);
  const [refusal, setRefusal] = useState(null);
  const [minted, setMinted] = useState(null);
  const mint = async (wanted) => {
    try {
      setMinted(await control("POST", of(workspace, "tokens"), wanted));
      setRefusal(null);
    } catch (problem) {
      setRefusal(problem);
    }
  };
  const mintBad = (bad) => mint({ bad, ...(form.caller && { caller: form.caller }) });
  const submit = (event) => {
    event.preventDefault();
    const { caller, ...numbers } = form;
    const given = Object.entries(numbers).filter(([, value]) => value !== "");
    mint({ ...(caller && { caller }), ...Object.fromEntries(given.map(([name, value]) => [name, numberOf(value)])) });
  };
  const { at, others } = wrongFields(refusal, Object.keys(EMPTY));
  return html`
    <div ref=${place} tabindex="-1">
      <${Card} title="Tokens">
        <form class="stack" noValidate aria-label="Make a token" onSubmit=${submit}>
          <div class="sandbox-fields">
            ${FIELDS.map(
              ({ name, ...field }) => html`
                <${Entry}
                  key=${name}
                  ...${field}
                  value=${form[name]}
                  change=${(value) => setForm({ ...form, [name]: value })}
                  error=${at[name]}
                />
              `,
            )}
          </div>
          <div><button type="submit" class="primary">Make a token</button></div>
        </form>
        <h3>Bad ones, ready-made</h3>
        <div class="row">
          ${(kinds.data?.kinds ?? []).map(
            ({ kind, summary }) => html`
              <${Button} key=${kind} kind="small" title=${summary.replaceAll("`", "")} onClick=${() => mintBad(kind)}>
                ${capital(kind)}
              </${Button}>
            `,
          )}
        </div>
        ${others && html`<p class="problem" role="alert">${others}</p>`}
        <div aria-live="polite">
          ${minted &&
          html`
            <${Minted}
              token=${minted}
              summary=${kinds.data?.kinds.find(({ kind }) => kind === minted.kind)?.summary}
              close=${() => setMinted(null)}
            />
          `}
        </div>
        <${Dead} workspace=${workspace} />
      </${Card}>
    </div>
  `;
}

function Minted({ token, summary, close }) {
  const header = `Authorization: Bearer ${token.token}`;
  return html`
    <div class="minted-token" data-testid="minted-token">
      <div class="card-head">
        <p><${Badge} tone=${token.kind === "good" ? "good" : "bad"}>${capital(token.kind)}</${Badge}> of <strong>${token.caller}</strong></p>
        <${Button} icon="close" kind="small plain" label="Close the token" onClick=${close} />
      </div>
      ${summary && html`<p class="dim"><${Prose} text=${summary} /></p>`}
      <code class="minted-text">${header}</code>
      <div class="row">
        <${Copy} text=${header} label="Copy the header">Copy the header</${Copy}>
        <${Copy} text=${token.token} label="Copy the token">Copy the token</${Copy}>
      </div>
    </div>
  `;
}

/** Tokens that died on cue, and those whose uses are counted. */
function Dead({ workspace }) {
  const { data, reload } = useResource(of(workspace, "tokens"), { on: ["exchange", "armed", "changed", "workspace"], everyMs: 500 });
  const clock = useClock(workspace);
  const secondsLeft = useRunningOut(data?.tokens, clock.data?.rate ?? 1, reload);
  const tokens = data?.tokens ?? [];
  if (!tokens.length) return null;
  const revive = (...parts) => attempt(() => control("DELETE", of(workspace, "tokens", ...parts))).then(reload);
  return html`
    <div class="card-head">
      <h3>Counted and dead ones</h3>
      <${Button} kind="small" onClick=${() => revive()}>Revive all</${Button}>
    </div>
    <ul class="dead-tokens">
      ${tokens.slice(0, SHOWN).map(
        (each) => html`
          <li key=${each.token}>
            <span><strong>${each.caller ?? "somebody"}</strong> <code class="dim">${each.token}</code></span>
            <span class="dim">
              ${each.uses ? count(each.uses, "call") : ""}
              ${each.secondsLeft !== null && html` good again in <${Ticking} text=${() => `${Math.ceil(secondsLeft(each))} s`} />`}
            </span>
            ${each.dead
              ? html`<${Badge} tone="bad">dead</${Badge}><${Button} kind="small" label="Revive the token of ${each.caller ?? "somebody"}" onClick=${() => revive(each.token)}>Revive</${Button}>`
              : html`<${Badge} tone="good">alive</${Badge}>`}
          </li>
        `,
      )}
    </ul>
    ${tokens.length > SHOWN && html`<p class="dim">And ${tokens.length - SHOWN} more.</p>`}
  `;
}
