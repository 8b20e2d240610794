// The verdict on the clients: what they do wrong, what to do instead, and how much of the contract they have met.
import { control, of } from "../control.js";
import { useResource } from "../feed.js";
import { html, useState } from "../html.js";
import { attempt, confirmed } from "../notices.js";
import { Button, Card, Empty, Problem, count } from "../parts.js";
import { hashOf } from "../route.js";
import { Client } from "./verdict/client.js";
import { CoverageCard } from "./verdict/coverage.js";
import { SEVERITIES } from "./verdict/words.js";

const EVERY_MS = 1000;
const SHOWN = 30;

export function Verdict({ workspace }) {
  const { data, error, reload } = useResource(of(workspace, "verdict"), {
    on: ["exchange", "changed", "workspace"],
    everyMs: EVERY_MS,
  });
  const [hidden, setHidden] = useState([]);
  const [all, setAll] = useState(false);
  const anew = async () => {
    const sure = await confirmed({
      title: "Begin anew?",
      text: "What was found, and what was met of the contract, is forgotten. The journal stays as it is.",
      action: "Begin anew",
    });
    if (sure) await attempt(() => control("DELETE", of(workspace, "verdict")), "It is watched anew.").then(reload);
  };
  if (!data) return html`<${Problem} error=${error} again=${reload} />`;
  if (!data.clients.length) return html`<${NothingYet} workspace=${workspace} />`;

  const toggle = (severity) => {
    const others = hidden.filter((each) => each !== severity);
    setHidden(others.length < hidden.length ? others : [...hidden, severity]);
  };
  const clients = worstFirst(data.clients);
  const found = SEVERITIES.some(({ severity }) => data.severities[severity]);
  return html`
    <div class="verdict">
      <${Headline} data=${data} anew=${anew} />
      ${found &&
      html`
        <div class="row" role="group" aria-label="Show">
          <span class="dim">Show</span>
          ${SEVERITIES.map(
            ({ severity, one, tone }) => html`
              <button
                type="button"
                key=${severity}
                class="small verdict-severity ${tone}"
                aria-pressed=${String(!hidden.includes(severity))}
                disabled=${!data.severities[severity]}
                onClick=${() => toggle(severity)}
              >
                ${count(data.severities[severity] ?? 0, one)}
              </button>
            `,
          )}
        </div>
      `}
      ${clients.slice(0, all ? undefined : SHOWN).map(
        (client) => html`
          <${Client} key=${client.caller ?? ""} workspace=${workspace} client=${client} hidden=${hidden} />
        `,
      )}
      ${clients.length > SHOWN && !all &&
      html`
        <button type="button" onClick=${() => setAll(true)}>Show ${clients.length - SHOWN} more clients</button>
      `}
      <${CoverageCard} workspace=${workspace} all=${data.coverage} clients=${data.clients} />
    </div>
  `;
}

/** Who has errors comes first, then who has warnings, then who has hints. */
function worstFirst(clients) {
  const names = SEVERITIES.map(({ severity }) => severity);
  const rank = ({ findings }) => Math.min(names.length, ...findings.map(({ severity }) => names.indexOf(severity)));
  return [...clients].sort((one, other) => rank(one) - rank(other));
}

function Headline({ data, anew }) {
  const parts = SEVERITIES.filter(({ severity }) => data.severities[severity]).map(({ severity, one }) => count(data.severities[severity], one));
  const tone = data.severities.error ? "bad" : data.severities.warning ? "warn" : "good";
  const title = data.clean ? (parts.length ? `Clean, with ${parts.join(" and ")}` : "Clean") : parts.join(", ");
  const text = data.clean
    ? "Nothing was seen that breaks the contract, or that goes well by luck only."
    : "Each says below what happened, and what to do instead. Faults of the mock are never held against a client.";
  return html`
    <section class="verdict-headline ${tone}" aria-labelledby="verdict-title">
      <div role="status">
        <h2 id="verdict-title">${title}</h2>
        <p>${text}</p>
      </div>
      <${Button} icon="retry" onClick=${anew}>Begin anew</${Button}>
    </section>
  `;
}

function NothingYet({ workspace }) {
  return html`
    <${Card}>
      <${Empty} title="Nothing was called yet.">
        Point a page at this workspace (<a href=${hashOf({ workspace, view: "sandbox" })}>Sandbox</a> has its address and a token), or write something in
        the <a href=${hashOf({ workspace, view: "chat" })}>Chat</a>. What the client does wrong is told here, as it happens.
      </${Empty}>
    </${Card}>
  `;
}
