// What happened to a request, in words: faults, what a refusal means, each wrong field beside what the contract says.
import { html } from "../../html.js";
import { Badge } from "../../parts.js";
import { hashOf } from "../../route.js";
import { explainErrors, explainStatus } from "./explain.js";
import { nameCredential, nameSource } from "./words.js";

/** Nothing of an ordinary answer. */
export function Explanation({ workspace, contract, exchange }) {
  const refusal = explainStatus(contract, exchange);
  const errors = explainErrors(contract, exchange);
  const credential = exchange.status === 401 || exchange.status === 403 ? nameCredential(exchange.credential) : null;
  const mended = exchange.response.headers["mock-mended"];
  const made = exchange.faults.some(({ kind }) => ["status", "quota", "expired-token", "html-error"].includes(kind));
  return html`
    ${exchange.faults.length > 0 &&
    html`
      <section class="explained bad">
        <h3>${exchange.faults.length === 1 ? "A fault hit it" : `${exchange.faults.length} faults hit it`}</h3>
        <ul>
          ${exchange.faults.map(
            (fault) => html`<li key=${fault.fault}><code>${fault.fault}</code>, asked for by ${nameSource(fault)}.</li>`,
          )}
        </ul>
        ${made && html`<p>The answer was made by the fault: the call itself may have been all right.</p>`}
        ${exchange.faults.some(({ ruleId }) => ruleId) && html`<p><a href=${hashOf({ workspace, view: "faults" })}>See the armed faults</a></p>`}
      </section>
    `}
    ${mended && html`<section class="explained"><h3>It was mended</h3><p>The mock is lenient: what was not valid was put right instead of refused. ${mended}</p></section>`}
    ${refusal &&
    html`
      <section class="explained warn">
        <h3>What ${exchange.status} means here</h3>
        ${refusal.contract && html`<p><strong>${refusal.contract}.</strong>${credential && ` ${credential}`}</p>`}
        ${refusal.advice && html`<p>${refusal.advice}</p>`}
        ${refusal.retryAfter !== null && html`<p>This answer says: try again after <strong>${refusal.retryAfter} s</strong>.</p>`}
        ${refusal.said && html`<p class="dim">The answer said: “${refusal.said}”</p>`}
        <p><a href=${refusal.docs} target="_blank" rel="noopener">In the API docs</a></p>
      </section>
    `}
    ${errors.length > 0 &&
    html`
      <section class="explained wrong" aria-label="Wrong fields">
        <h3>${errors.length === 1 ? "One field is wrong" : `${errors.length} fields are wrong`}</h3>
        <ol>${errors.map((error, index) => html`<${Wrong} key=${index} error=${error} />`)}</ol>
      </section>
    `}
  `;
}

function Wrong({ error }) {
  const whole = error.field === "body";
  return html`
    <li>
      <p class="row"><code class="field-name">${whole ? "the body" : error.field}</code>${error.where && !whole && html`<${Badge}>${error.where}</${Badge}>`}</p>
      <p class="message">${error.message}</p>
      <dl>
        <dt>Sent</dt>
        <dd>${error.sent.there ? html`<code>${shown(error.sent.value)}</code>` : html`<em>nothing: it was not there</em>`}</dd>
        ${error.rules.length > 0 && html`<dt>It takes</dt><dd>${error.rules.join(" · ")}</dd>`}
        ${error.description && html`<dt>What it is</dt><dd>${error.description}</dd>`}
        ${error.example !== undefined && html`<dt>Example</dt><dd><code>${shown(error.example)}</code></dd>`}
        ${error.pattern && html`<dt>Pattern</dt><dd><details><summary>Regular expression</summary><code>${error.pattern}</code></details></dd>`}
        ${error.ours && html`<dt>Note</dt><dd>This limit is the mock's own: a real service may take more, or something else.</dd>`}
      </dl>
    </li>
  `;
}

const LONGEST = 300;

function shown(value) {
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
