// The clock of the workspace: streams, delays, quotas and tokens go by it.
import { Ticking, useClock } from "../../clock.js";
import { control, of } from "../../control.js";
import { Choice, Entry, numberOf, wrongFields } from "../../fields.js";
import { html, useState } from "../../html.js";
import { attempt } from "../../notices.js";
import { Badge, Button, Card, Problem } from "../../parts.js";

const RATES = [
  [0, "Freeze"],
  [1, "Run"],
  [10, "10 times as fast"],
];
const STEPS_S = [1, 10, 60];

export function ClockCard({ workspace }) {
  const { data, error, reload, sinceReadS } = useClock(workspace);
  const [seconds, setSeconds] = useState("3600");
  const [refusal, setRefusal] = useState(null);
  const run = (rate) => attempt(() => control("PATCH", of(workspace, "clock"), { rate })).then(reload);
  const advance = async (amount) => {
    try {
      await control("POST", of(workspace, "clock", "advance"), { seconds: amount });
      setRefusal(null);
    } catch (problem) {
      setRefusal(problem);
    }
    reload();
  };
  const submit = (event) => {
    event.preventDefault();
    advance(numberOf(seconds) ?? null);
  };
  const { at, others } = wrongFields(refusal, ["seconds"]);
  return html`
    <${Card} title="Clock" actions=${data && html`<${Pace} rate=${data.rate} />`}>
      <${Problem} error=${error} again=${reload} />
      ${data &&
      html`
        <p class="clock-now" data-testid="clock-now"><${Ticking} text=${() => elapsed(data.nowS + sinceReadS())} everyMs=${100} /></p>
        <${Choice} label="How fast the clock runs" options=${RATES} current=${data.rate} choose=${run} />
        <form class="clock-advance" noValidate onSubmit=${submit}>
          <div class="row" role="group" aria-label="Put forward by">
            <span>Put forward by</span>
            ${STEPS_S.map((step) => html`<${Button} key=${step} kind="small" onClick=${() => advance(step)}>${step} s</${Button}>`)}
          </div>
          <${Entry}
            label="or by seconds"
            type="number"
            min="0"
            value=${seconds}
            change=${setSeconds}
            error=${at.seconds}
          />
          <button type="submit">Put forward</button>
        </form>
        ${others && html`<p class="problem" role="alert">${others}</p>`}
        <p class="dim">
          Tokens expire by <${Ticking} text=${() => wallTime(data.wall, sinceReadS())} everyMs=${500} />. ${timestamps(data)}
        </p>
      `}
    </${Card}>
  `;
}

function Pace({ rate }) {
  if (rate === 0) return html`<${Badge} tone="warn">stands still</${Badge}>`;
  if (rate === 1) return html`<${Badge} tone="good">runs</${Badge}>`;
  return html`<${Badge} tone="info">${rate} times as fast</${Badge}>`;
}

function timestamps({ timestamps: kind, aheadS }) {
  const ahead = aheadS ? `, put ${aheadS < 0 ? "back" : "forward"} by ${elapsed(Math.abs(aheadS))}` : "";
  return `Timestamps of the API ${kind === "wall" ? "are the time of day" : "count what is written"}${ahead}.`;
}

/** Seconds as a clock shows them: `2 d 03:04:05.6`. */
function elapsed(seconds) {
  const tenths = Math.floor(Math.abs(seconds) * 10);
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(tenths / 10);
  const days = Math.floor(whole / 86_400);
  const time = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${tenths % 10}`;
  return `${seconds < 0 ? "−" : ""}${days ? `${days} d ` : ""}${time}`;
}

/** The time of day to the second, UTC. */
function wallTime(wall, moreS) {
  const moment = new Date(new Date(wall).valueOf() + moreS * 1000);
  return Number.isNaN(moment.valueOf()) ? wall : `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
