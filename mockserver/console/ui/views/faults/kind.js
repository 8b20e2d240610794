// One fault of the catalogue: a press arms it once; below it, all that can be said of it and its other spellings.
import { control, of } from "../../control.js";
import { Entry, Prose, wrongFields } from "../../fields.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { notify } from "../../notices.js";
import { Badge, Button, Copy } from "../../parts.js";
import { useOperations } from "./operations.js";
import { emptyForm, ruleOf, spellings } from "./rule.js";
import { nameOf, parameterName, sayOften, sayParameters, sayWhere, sentence } from "./words.js";

const STREAMING_CHOICES = [["", "No matter"], ["yes", "A stream is live"], ["no", "No stream is live"]];
const WHERE = [
  { name: "caller", label: "Caller", placeholder: "Anyone" },
  { name: "conversation", label: "Conversation", placeholder: "Any: its id" },
  { name: "nth", label: "Only the n-th of these", type: "number", min: "1", placeholder: "Each" },
  { name: "streaming", label: "In the conversation", choices: STREAMING_CHOICES },
  { name: "text", label: "The message matches", placeholder: "Anything", hint: "A regular expression." },
];
const OFTEN_CHOICES = [["once", "Once"], ["times", "So many times"], ["always", "Until it is disarmed"]];

export function Kind({ workspace, kind, armed, arm, opened }) {
  const [open, setOpen] = useState(opened);
  const place = useRef(null);
  useEffect(() => {
    if (!opened) return;
    setOpen(true);
    place.current.scrollIntoView({ block: "start" });
  }, [opened]);
  const name = nameOf(kind.kind);
  const press = kind.needsRule ? "Arm" : "Arm once";
  return html`
    <li class="fault-kind ${open ? "open" : ""}" ref=${place}>
      <div class="fault-head">
        <div class="fault-text">
          <h3>
            ${name}${" "}<code class="dim">${kind.kind}</code>${" "}
            ${armed > 0 && html`<${Badge} tone="warn">${armed > 1 ? `armed ${armed}×` : "armed"}</${Badge}>`}
          </h3>
          <p class="dim"><${Prose} text=${kind.summary} /></p>
        </div>
        <div class="row">
          <${Button}
            kind="small"
            label="${press}: ${name}"
            onClick=${() => arm({ fault: kind.kind })}
          >
            ${press}
          </${Button}>
          <${Button}
            kind="small plain"
            label="More: ${name}"
            aria-expanded=${String(open)}
            onClick=${() => setOpen(!open)}
          >
            More
          </${Button}>
        </div>
      </div>
      ${open && html`<${More} workspace=${workspace} kind=${kind} name=${name} />`}
    </li>
  `;
}

function More({ workspace, kind, name }) {
  const [form, setForm] = useState(() => emptyForm(kind));
  const [error, setError] = useState(null);
  const operations = useOperations();
  const change = (more) => setForm((old) => ({ ...old, ...more }));
  const rule = ruleOf(kind, form);
  const isStream = kind.stage !== "answer";
  const where = isStream ? WHERE : [{ name: "operation", label: "Call", choices: [["", "Any"], ...operations] }, ...WHERE];
  const shown = [
    ...kind.parameters.map((parameter) => `parameters.${parameter.name}`),
    ...where.map((field) => `where.${field.name}`),
    ...(form.often === "times" ? ["times"] : []),
    "rate",
    "seconds",
  ];
  const { at, others } = wrongFields(error, shown);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await control("POST", `${of(workspace, "faults")}?source=console`, rule);
      setError(null);
      notify(`Armed: ${name}.`, "good");
    } catch (refusal) {
      setError(refusal);
    }
  };
  return html`
    <form class="fault-more" noValidate aria-label="Arm ${name}" onSubmit=${submit}>
      ${kind.parameters.length > 0 &&
      html`
        <fieldset>
          <legend>What</legend>
          ${kind.parameters.map(
            (parameter) => html`
              <${Parameter}
                key=${parameter.name}
                parameter=${parameter}
                value=${form.parameters[parameter.name]}
                error=${at[`parameters.${parameter.name}`]}
                change=${(value) => change({ parameters: { ...form.parameters, [parameter.name]: value } })}
              />
            `,
          )}
        </fieldset>
      `}
      <fieldset>
        <legend>Where</legend>
        ${where.map(
          ({ name: field, ...entry }) => html`
            <${Entry}
              key=${field}
              ...${entry}
              value=${form.where[field]}
              change=${(value) => change({ where: { ...form.where, [field]: value } })}
              error=${at[`where.${field}`]}
            />
          `,
        )}
      </fieldset>
      <fieldset>
        <legend>How often</legend>
        <${Entry}
          label="Hits"
          choices=${OFTEN_CHOICES}
          value=${form.often}
          change=${(often) => change({ often })}
          error=${form.often !== "times" && at.times}
        />
        ${form.often === "times" &&
        html`
          <${Entry}
            label="Times"
            type="number"
            min="1"
            value=${form.times}
            change=${(times) => change({ times })}
            error=${at.times}
          />
        `}
        <${Entry}
          label="Share of the calls (%)"
          type="number"
          min="0"
          max="100"
          value=${form.percent}
          change=${(percent) => change({ percent })}
          error=${at.rate}
        />
        <${Entry}
          label="For at most (seconds)"
          type="number"
          min="0"
          placeholder="No end"
          value=${form.seconds}
          change=${(seconds) => change({ seconds })}
          error=${at.seconds}
        />
      </fieldset>
      ${others && html`<p class="problem" role="alert">${others}</p>`}
      <div class="fault-arm">
        <p><strong>${name}</strong>${said(", ", sayParameters(kind.kind, rule.parameters))}: ${sayWhere(rule.where, kind.stage)}, ${sayOften(rule)}.</p>
        <button type="submit" class="primary">Arm it so</button>
      </div>
      <${Spellings} list=${spellings(kind, form, workspace, location.origin)} counts=${kind.needsRule} />
    </form>
  `;
}

function Parameter({ parameter, value, error, change }) {
  const { name, type, default: usual, summary, minimum, maximum, choices } = parameter;
  const shared = { label: parameterName(name), hint: html`<${Prose} text=${sentence(summary)} />`, value, error, change };
  if (choices.length) {
    const list = choices.map((choice) => [String(choice), String(choice)]);
    return html`<${Entry} ...${shared} choices=${usual === null ? [["", "Left out"], ...list] : list} />`;
  }
  const numeric = type === "string" ? {} : { type: "number", min: minimum ?? undefined, max: maximum ?? undefined };
  return html`<${Entry} ...${shared} ...${numeric} placeholder=${usual === null ? "Left out" : String(usual)} />`;
}

function Spellings({ list, counts }) {
  return html`
    <div class="spellings">
      <h4>The same without this page</h4>
      ${counts && html`<p class="dim">It counts calls, so no single call can ask for it.</p>`}
      <ul>
        ${list.map(
          ([title, text, hits]) => html`
            <li key=${title}>
              <p><span>${title}</span> <span class="dim">hits ${hits}</span></p>
              <code class="spelling">${text}</code>
              <${Copy} text=${text} label="Copy: ${title}" />
            </li>
          `,
        )}
      </ul>
    </div>
  `;
}

function said(before, text) {
  return text ? before + text : "";
}
