// What is armed now: what it does, whom it hits, how often it has and still will.
import { Ticking, useClock, useRunningOut } from "../../clock.js";
import { control, of } from "../../control.js";
import { useKeptFocus } from "../../focus.js";
import { html } from "../../html.js";
import { attempt, confirmed } from "../../notices.js";
import { Badge, Button, Card, Empty, count } from "../../parts.js";
import { capital, nameOf, sayParameters, sayWhere } from "./words.js";

const SHOWN = 50;

export function ArmedFaults({ workspace, faults, kinds, reload }) {
  const place = useKeptFocus();
  const clock = useClock(workspace);
  const secondsLeft = useRunningOut(faults, clock.data?.rate ?? 1, reload);

  const disarm = ({ id }) => attempt(() => control("DELETE", of(workspace, "faults", id))).then(reload);
  const disarmAll = async () => {
    const sure = await confirmed({
      title: "Disarm all faults?",
      text: "Every call goes well again, and tokens that a fault has killed are good again.",
      action: "Disarm all",
    });
    if (sure) await attempt(() => control("DELETE", of(workspace, "faults")), "Nothing is armed.").then(reload);
  };

  const known = faults ?? [];
  const title = known.length ? `Armed now: ${known.length}` : "Armed now";
  const actions = known.length > 0 && html`<${Button} icon="close" kind="small danger" onClick=${disarmAll}>Disarm all</${Button}>`;
  return html`
    <div ref=${place} tabindex="-1">
      <${Card} title=${title} actions=${actions} kind=${known.length ? "armed-card some" : "armed-card"}>
        ${faults && !known.length &&
        html`
          <${Empty}
            title="Nothing is armed: every call goes well."
          >
            Press a fault below, and the next call that fits meets it.
          </${Empty}>
        `}
        ${known.length > 0 &&
        html`
          <ul class="armed-list" aria-label="Armed faults">
            ${known.slice(0, SHOWN).map(
              (fault) => html`
                <${ArmedFault}
                  key=${fault.id}
                  fault=${fault}
                  stage=${kinds.find(({ kind }) => kind === fault.fault)?.stage}
                  secondsLeft=${() => secondsLeft(fault)}
                  disarm=${() => disarm(fault)}
                />
              `,
            )}
          </ul>
          ${known.length > SHOWN && html`<p class="dim">And ${known.length - SHOWN} more.</p>`}
        `}
      </${Card}>
    </div>
  `;
}

function ArmedFault({ fault, stage, secondsLeft, disarm }) {
  const name = nameOf(fault.fault);
  const parameters = sayParameters(fault.fault, fault.parameters);
  return html`
    <li class="armed-fault">
      <div class="armed-what">
        <p><strong>${name}</strong>${parameters && html`<span>, ${parameters}</span>`}</p>
        <p class="dim">
          Hits ${sayWhere(fault.where, stage)} · <${Left} fault=${fault} secondsLeft=${secondsLeft} /> · ${sayWho(fault.source)}
        </p>
      </div>
      <${Badge}
        tone=${fault.fired ? "warn" : "plain"}
      >
        ${fault.fired ? `hit ${count(fault.fired, "call")}` : "waiting"}
      </${Badge}>
      <${Button} kind="small" label="Disarm: ${name}" onClick=${disarm}>Disarm</${Button}>
    </li>
  `;
}

/** How often it still hits, and for how long. */
function Left({ fault, secondsLeft }) {
  const share = fault.rate < 1 ? `${Math.round(fault.rate * 1000) / 10} % of them, ` : "";
  const times =
    fault.timesLeft === null
      ? fault.secondsLeft === null
        ? "until it is disarmed"
        : "every time"
      : fault.fired
        ? `${count(fault.timesLeft, "time")} more`
        : fault.timesLeft === 1
          ? "once"
          : `${fault.timesLeft} times`;
  return html`${share}${times}${fault.secondsLeft !== null && html`, for <${Ticking} text=${() => `${Math.ceil(secondsLeft())} s`} /> more`}`;
}

function sayWho(source) {
  if (source.startsWith("scenario ")) return `armed by the scenario ${capital(source.slice(9))}`;
  return source === "console" ? "armed by hand" : source === "control" ? "armed by a test" : `armed by ${source}`;
}
