// What goes wrong on cue: what is armed now, and all that can be armed.
import { control, of } from "../control.js";
import { useResource } from "../feed.js";
import { html } from "../html.js";
import { attempt } from "../notices.js";
import { Problem } from "../parts.js";
import { ArmedFaults } from "./faults/armed.js";
import { Catalogue } from "./faults/catalogue.js";
import { Quick } from "./faults/quick.js";
import { Scenarios } from "./faults/scenarios.js";
import { nameOf } from "./faults/words.js";

export function Faults({ workspace, detail }) {
  const armed = useResource(of(workspace, "faults"), { on: ["armed", "exchange", "changed", "workspace"] });
  const configuration = useResource(of(workspace, "configuration"), { on: ["armed", "changed", "workspace"] });
  const kinds = useResource("/faults");
  const scenarios = useResource("/scenarios");
  const faults = armed.data?.faults ?? [];
  const running = runningScenarios(scenarios.data?.scenarios ?? [], faults, configuration.data);

  const arm = (rule, name = nameOf(rule.fault)) =>
    attempt(() => control("POST", `${of(workspace, "faults")}?source=console`, rule), `Armed: ${name}.`);
  const toggle = ({ name }) =>
    attempt(() => control(running.has(name) ? "DELETE" : "POST", of(workspace, "scenarios", name))).then(configuration.reload);

  return html`
    <div class="faults">
      <${Problem}
        error=${armed.error ?? kinds.error ?? scenarios.error}
        again=${() => [armed, kinds, scenarios].forEach(({ reload }) => reload())}
      />
      <${ArmedFaults}
        workspace=${workspace}
        faults=${armed.data?.faults}
        kinds=${kinds.data?.kinds ?? []}
        reload=${armed.reload}
      />
      <${Quick} arm=${arm} scenarios=${scenarios.data?.scenarios ?? []} running=${running} toggle=${toggle} />
      <${Scenarios} scenarios=${scenarios.data?.scenarios ?? []} running=${running} toggle=${toggle} />
      <${Catalogue}
        workspace=${workspace}
        kinds=${kinds.data?.kinds ?? []}
        faults=${faults}
        arm=${arm}
        shown=${detail}
      />
    </div>
  `;
}

/** The names of those that run: faults of theirs are armed, or the pace is as one without faults would have it. */
function runningScenarios(scenarios, faults, configuration) {
  const sources = new Set(faults.map(({ source }) => source));
  const runs = ({ name, rules, configuration: pace }) => {
    if (sources.has(`scenario ${name}`)) return true;
    const changes = Object.entries(pace);
    return !rules.length && changes.length > 0 && changes.every(([key, value]) => configuration?.[key] === value);
  };
  return new Set(scenarios.filter(runs).map(({ name }) => name));
}
