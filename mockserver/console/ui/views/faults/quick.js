// What is wanted most often, one press each.
import { html } from "../../html.js";
import { Button, Card } from "../../parts.js";

const WANTED = [
  ["Break the next stream after 3 words", { fault: "truncate", parameters: { after: 3 } }],
  ["Next call: 500", { fault: "status", parameters: { code: 500 } }],
  ["429 with Retry-After", { fault: "status", parameters: { code: 429, retry_after: 5 } }],
  ["409: a reply is being written", { fault: "status", parameters: { code: 409 }, where: { text: "." } }],
  ["Token expires", { fault: "expired-token" }],
  ["Token expires in the stream", { fault: "token-expires", parameters: { after: 3 } }],
  ["Stall for ever", { fault: "stall", parameters: { after: 3 } }],
  ["Answer is lost", { fault: "lost-answer" }],
];
const SLOW = "slow-model";

export function Quick({ arm, scenarios, running, toggle }) {
  const slow = scenarios.find(({ name }) => name === SLOW);
  return html`
    <${Card} title="Wanted most">
      <p class="dim">One press, and the next call that fits meets it, once.</p>
      <div class="row quick-faults">
        ${WANTED.map(([name, rule]) => html`<${Button} key=${name} onClick=${() => arm(rule, name)}>${name}</${Button}>`)}
        ${slow &&
        html`
          <${Button}
            aria-pressed=${String(running.has(SLOW))}
            onClick=${() => toggle(slow)}
          >
            Slow model${running.has(SLOW) ? ": on" : ""}
          </${Button}>
        `}
      </div>
    </${Card}>
  `;
}
