// Scenarios: several faults and a pace that belong together, on until they are stopped.
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { Card } from "../../parts.js";
import { capital } from "./words.js";

export function Scenarios({ scenarios, running, toggle }) {
  if (!scenarios.length) return null;
  return html`
    <${Card} title="Scenarios">
      <p class="dim">A bad day at a press. It goes on until you press it again.</p>
      <ul class="fault-scenarios">
        ${scenarios.map((scenario) => {
          const runs = running.has(scenario.name);
          return html`
            <li key=${scenario.name}>
              <button type="button" class="fault-scenario" aria-pressed=${String(runs)} onClick=${() => toggle(scenario)}>
                <span class="scenario-name">
                  <${Icon} name=${runs ? "stop" : "play"} />
                  <strong>${capital(scenario.name)}${" "}</strong>
                  ${runs && html`<em>runs: press to stop${" "}</em>`}
                </span>
                <span class="dim">${scenario.summary}</span>
              </button>
            </li>
          `;
        })}
      </ul>
    </${Card}>
  `;
}
