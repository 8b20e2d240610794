// The findings on one client, each with the exchanges that show it.
import { html } from "../../html.js";
import { Badge, Card, count } from "../../parts.js";
import { hashOf } from "../../route.js";
import { SEVERITIES, callerName } from "./words.js";

const EVIDENCE = 12;

export function Client({ workspace, client, hidden }) {
  const { caller, clean, findings } = client;
  const shown = findings.filter(({ severity }) => !hidden.includes(severity));
  const left = findings.length - shown.length;
  const badge = clean
    ? html`<${Badge} tone="good">clean</${Badge}>`
    : html`<span class="dim">${count(findings.length, "finding")}</span>`;
  return html`
    <${Card} title=${callerName(caller)} actions=${badge}>
      ${!findings.length && html`<p class="dim">Nothing was found.</p>`}
      ${shown.length > 0 &&
      html`
        <ul class="verdict-findings" aria-label="Findings on ${callerName(caller)}">
          ${shown.map((finding) => html`<${Finding} key=${`${finding.code} ${finding.message}`} workspace=${workspace} finding=${finding} />`)}
        </ul>
      `}
      ${left > 0 && html`<p class="dim">${count(left, "finding")} not shown.</p>`}
    </${Card}>
  `;
}

function Finding({ workspace, finding }) {
  const { code, severity, title, message, hint, count: times, exchanges } = finding;
  const { tone, one, says } = SEVERITIES.find((each) => each.severity === severity) ?? { tone: "plain", one: severity };
  const evidence = exchanges.slice(-EVIDENCE);
  const more = exchanges.length - evidence.length;
  return html`
    <li class="verdict-finding ${tone}">
      <div class="row">
        <${Badge} tone=${tone} title=${says}>${one}</${Badge}>
        <code class="dim">${code}</code>
        <span class="dim">${times === 1 ? "once" : `${times} times`}</span>
      </div>
      <h3>${title}</h3>
      <p>${message}</p>
      <p class="instead"><strong>Instead:</strong> ${hint}</p>
      <p class="evidence">
        <span class="dim">See</span>
        ${evidence.map(
          (number) => html`
            <a
              key=${number}
              href=${hashOf({ workspace, view: "journal", detail: String(number) })}
              aria-label="Exchange #${number} in the journal"
            >
              #${number}
            </a>
          `,
        )}
        ${more > 0 && html` <span class="dim">and ${more} before</span>`}
      </p>
    </li>
  `;
}
