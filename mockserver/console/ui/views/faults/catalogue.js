// Every fault that there is, by where it strikes; a search finds some.
import { html, useState } from "../../html.js";
import { Card, Empty, count } from "../../parts.js";
import { Kind } from "./kind.js";
import { STAGES, nameOf } from "./words.js";

export function Catalogue({ workspace, kinds, faults, arm, shown }) {
  const [typed, setTyped] = useState("");
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = kinds.filter((kind) => {
    const text = `${kind.kind} ${nameOf(kind.kind)} ${kind.summary}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  const armedOf = (kind) => faults.filter(({ fault }) => fault === kind).length;
  return html`
    <div class="catalogue-search">
      <label for="find-fault"><strong>All faults</strong></label>
      <input
        id="find-fault"
        type="search"
        placeholder="Find one: stream, late, 429 …"
        value=${typed}
        onInput=${(event) => setTyped(event.target.value)}
      />
      <span class="dim" role="status">${wanted.length ? count(found.length, "fault") : ""}</span>
    </div>
    ${kinds.length > 0 && !found.length &&
    html`
      <${Empty} title="No fault is called that.">Try one word of what a user would see: late, broken, twice.</${Empty}>
    `}
    ${STAGES.map(([stage, title, summary]) => {
      const own = found.filter((kind) => kind.stage === stage);
      return (
        own.length > 0 &&
        html`
          <${Card} key=${stage} title=${title}>
            <p class="dim">${summary}</p>
            <ul class="fault-kinds">
              ${own.map(
                (kind) => html`
                  <${Kind}
                    key=${kind.kind}
                    workspace=${workspace}
                    kind=${kind}
                    armed=${armedOf(kind.kind)}
                    arm=${arm}
                    opened=${shown === kind.kind}
                  />
                `,
              )}
            </ul>
          </${Card}>
        `
      );
    })}
  `;
}
