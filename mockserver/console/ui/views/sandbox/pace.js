// How replies are paced: as by a model, or at once. Streams that are live go on as they began.
import { control, of } from "../../control.js";
import { Choice, Entry, numberOf, wrongFields } from "../../fields.js";
import { useResource } from "../../feed.js";
import { html, useState } from "../../html.js";
import { attempt, notify } from "../../notices.js";
import { Card, Problem } from "../../parts.js";

const SPEEDS = [
  ["instant", "At once"],
  ["model", "As a model"],
];
const FIELDS = [
  { name: "firstTokenMs", label: "Before the first word (ms)", min: 0 },
  { name: "tokensPerSecond", label: "Words a second", placeholder: "All at once", nullable: true },
  { name: "jitter", label: "How uneven (0 to 1)", min: 0, max: 1 },
  { name: "keepAliveS", label: "Keep-alive every (seconds)", hint: "0 sends none.", min: 0 },
  {
    name: "holdAfter",
    label: "Hold every new stream after",
    placeholder: "Not held",
    hint: "So many events; the Live view lets it go on.",
    min: 0,
    nullable: true,
  },
];

export function PaceCard({ workspace }) {
  const path = of(workspace, "configuration");
  const { data, error, reload } = useResource(path, { on: ["changed", "armed", "workspace"] });
  const [typed, setTyped] = useState({}); // what differs from the mock's, by field
  const [refusal, setRefusal] = useState(null);
  const choose = (speed) => attempt(() => control("PATCH", path, { speed })).then(reload);
  const changes = Object.fromEntries(
    FIELDS.filter(({ name }) => name in typed).map(({ name, nullable }) => [name, numberOf(typed[name]) ?? (nullable ? null : "")]),
  );
  const dirty = Object.keys(changes).length > 0;
  const submit = async (event) => {
    event.preventDefault();
    if (!dirty) return;
    try {
      await control("PATCH", path, changes);
      setTyped({});
      setRefusal(null);
      notify("The next reply is paced so.", "good");
      reload();
    } catch (problem) {
      setRefusal(problem);
    }
  };
  const undo = () => {
    setTyped({});
    setRefusal(null);
  };
  const { at, others } = wrongFields(refusal, FIELDS.map(({ name }) => name));
  return html`
    <${Card} title="Pace of replies">
      <${Problem} error=${error} again=${reload} />
      ${data &&
      html`
        <${Choice} label="How replies come" options=${SPEEDS} current=${data.speed} choose=${choose} />
        <form class="stack" noValidate onSubmit=${submit}>
          <div class="sandbox-fields">
            ${FIELDS.map(
              ({ name, nullable, ...field }) => html`
                <${Entry}
                  key=${name}
                  type="number"
                  ...${field}
                  value=${typed[name] ?? String(data[name] ?? "")}
                  change=${(text) => setTyped({ ...typed, [name]: text })}
                  error=${at[name]}
                />
              `,
            )}
          </div>
          ${others && html`<p class="problem" role="alert">${others}</p>`}
          <div class="row">
            <button type="submit" class=${dirty ? "primary" : ""} disabled=${!dirty}>Apply</button>
            ${dirty && html`<button type="button" class="plain" onClick=${undo}>Undo</button>`}
          </div>
        </form>
      `}
    </${Card}>
  `;
}
