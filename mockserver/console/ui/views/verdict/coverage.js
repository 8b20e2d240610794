// How much of the contract was met: what a client was never seen to do, or never had to bear, is not tested.
import { Entry } from "../../fields.js";
import { html, useState } from "../../html.js";
import { Card } from "../../parts.js";
import { hashOf } from "../../route.js";
import { OPERATIONS, nameOf } from "../faults/words.js";
import { callerName } from "./words.js";

const EVENTS = { delta: "A piece of a reply", message: "The whole reply at the end", error: "An error in the stream" };
const ALL = "";

const AREAS = [
  { area: "operations", title: "Calls of the API", name: (key) => OPERATIONS[key] ?? key },
  { area: "statuses", title: "Answers by their status", name: (key) => key.split(" ").pop(), group: (key) => key.split(" ")[0] },
  { area: "events", title: "Kinds of events in streams", name: (key) => EVENTS[key] ?? key },
  { area: "faults", title: "Faults that were met", name: nameOf, view: "faults" },
];

export function CoverageCard({ workspace, all, clients }) {
  const [whose, setWhose] = useState(ALL);
  const counted = clients.filter(({ coverage, caller }) => coverage && caller !== null);
  const chosen = counted.find(({ caller }) => caller === whose);
  const choices = [[ALL, "All clients together"], ...counted.map(({ caller }) => [caller, callerName(caller)])];
  return html`
    <${Card} title="What was met">
      <p class="dim">What a client has never met was never tested. Faults and <code>Prefer</code> headers bring about the rest.</p>
      ${counted.length > 1 &&
      html`
        <div class="coverage-whose"><${Entry} label="By" choices=${choices} value=${chosen ? whose : ALL} change=${setWhose} /></div>
      `}
      <div class="coverage-areas">
        ${AREAS.map((area) => html`<${Area} key=${area.area} workspace=${workspace} ...${area} coverage=${(chosen?.coverage ?? all)[area.area]} />`)}
      </div>
    </${Card}>
  `;
}

function Area({ workspace, title, name, group, view, coverage }) {
  if (!coverage) return null;
  const { met, of: total, missing, ratio } = coverage;
  const done = total - missing.length;
  const href = view && ((key) => hashOf({ workspace, view, detail: key }));
  return html`
    <div class="coverage-area">
      <div class="coverage-head"><h3>${title}</h3><span>${done} of ${total}</span></div>
      <div
        class="coverage-meter"
        role="meter"
        aria-label=${title}
        aria-valuenow=${done}
        aria-valuemin="0"
        aria-valuemax=${total}
        aria-valuetext="${done} of ${total}"
      >
        <div style=${{ width: `${Math.round(ratio * 100)}%` }}></div>
      </div>
      <details>
        <summary>${missing.length ? `${missing.length} not met yet` : "All of them were met"}</summary>
        <${Names} title="Not met yet" keys=${missing} name=${name} group=${group} href=${href} />
        <${Names} title="Met" keys=${Object.keys(met)} name=${name} group=${group} href=${href} counts=${met} />
      </details>
    </div>
  `;
}

function Names({ title, keys, name, group = () => "", href, counts }) {
  if (!keys.length) return null;
  const groups = grouped(keys, group);
  return html`
    <h4>${title}</h4>
    ${[...groups].map(
      ([of, own]) => html`
        <div class="coverage-names" key=${of}>
          ${of && html`<p>${OPERATIONS[of] ?? of}</p>`}
          <ul class="row">
            ${own.map(
              (key) => html`
                <li key=${key} class="badge ${counts ? "good" : ""}" title=${key}>
                  ${href ? html`<a href=${href(key)}>${name(key)}</a>` : name(key)}${counts?.[key] > 1 && html`<span class="coverage-times">${counts[key]}×</span>`}
                </li>
              `,
            )}
          </ul>
        </div>
      `,
    )}
  `;
}

function grouped(keys, group) {
  const groups = new Map();
  for (const key of keys) groups.set(group(key), [...(groups.get(group(key)) ?? []), key]);
  return groups;
}
