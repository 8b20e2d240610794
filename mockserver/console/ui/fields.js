// Fields of forms: a label, one control, what it means, and what the mock said is wrong with it.
import { html, useId } from "./html.js";

/**
 * A labelled input, or with `choices` a select of `[value, text]`. `change` is called with the text that was entered;
 * `error` is what the mock said of the value that was sent.
 */
export function Entry({ label, hint, error, choices, value, change, type = "text", ...rest }) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const control = {
    id,
    value,
    "aria-describedby": about || undefined,
    "aria-invalid": error ? "true" : undefined,
    onInput: (event) => change(event.target.value),
    ...rest,
  };
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${choices
        ? html`<select ...${control}>
            ${choices.map(([choice, text]) => html`<option key=${choice} value=${choice} selected=${choice === value}>${text}</option>`)}
          </select>`
        : html`<input type=${type} autocomplete="off" spellcheck=${false} step=${type === "number" ? "any" : undefined} ...${control} />`}
      ${error && html`<small class="wrong" id="${id}-error" role="alert">${error}</small>`}
      ${hint && html`<small id="${id}-hint">${hint}</small>`}
    </div>
  `;
}

/** A few values, one of them taken: `options` are `[value, text]`; `current` may be none of them. */
export function Choice({ label, options, current, choose }) {
  return html`
    <div class="choice" role="group" aria-label=${label}>
      ${options.map(
        ([value, text]) => html`
          <button
            type="button"
            key=${value}
            aria-pressed=${String(value === current)}
            onClick=${() => choose(value)}
          >
            ${text}
          </button>
        `,
      )}
    </div>
  `;
}

/** A text in which `backticks` mark code. */
export function Prose({ text }) {
  return html`${text.split("`").map((part, index) => (index % 2 ? html`<code key=${index}>${part}</code>` : part))}`;
}

/** The wrong fields of a refusal by their names; `others` says what is about none of `shown`. */
export function wrongFields(error, shown) {
  const problems = error?.problems ?? [];
  const at = Object.fromEntries(problems.map(({ field, message }) => [field, message]));
  const others = problems.filter(({ field }) => !shown.includes(field)).map(({ field, message }) => `${field}: ${message}`);
  if (error && !problems.length) others.push(error.message);
  return { at, others: others.join("; ") };
}

/** The number that a field holds; undefined where it is empty. What is no number is sent as it is, to be refused. */
export function numberOf(text) {
  if (text === "" || text === undefined || text === null) return undefined;
  return Number.isNaN(Number(text)) ? text : Number(text);
}
