// Messages, replies, and what became of them.
import { html } from "../../html.js";
import { markdown } from "../../markdown.js";
import { Button } from "../../parts.js";
import { isLive, repliesOf, sameGroup } from "./state.js";
import { moment, outcomeOf, paceOf } from "./words.js";

/** A message of the user's with its replies. `act` has `retry(own, how, answered)`, `renew(text)` and `showCode`. */
export function Group({ group, act, last }) {
  // Of hundreds of groups one changes with each word. (Elements that are kept by hand would keep old trees alive.)
  this.shouldComponentUpdate = (next) => next.last !== this.props.last || !sameGroup(next.group, this.props.group);
  const { own, turn, listed, replies } = group;
  const attempt = turn?.attempts.at(-1) ?? null;
  return html`
    <li class="turn" data-testid="turn">
      ${own && html`<${Own} own=${own} attempt=${attempt} listed=${listed} answered=${replies.length > 0} act=${act} last=${last} />`}
      ${repliesOf(group).map((bubble) => html`<${Reply} key=${bubble.key} ...${bubble} retry=${own && (() => act.retry(own, bubble.attempt?.how ?? "stream", replies.length > 0))} />`)}
    </li>
  `;
}

function Own({ own, attempt, listed, answered, act, last }) {
  const failed = attempt && ["refused", "failed"].includes(attempt.state);
  const live = isLive(attempt);
  const retry = () => act.retry(own, attempt?.how ?? "stream", answered);
  return html`
    <div class="own ${failed && !listed ? "unsent" : ""}">
      <div class="bubble" dir="auto"><span class="unseen">You: </span>${own.text}</div>
      <div class="own-foot ${last || failed ? "always" : ""}">
        ${!live &&
        html`
          ${!failed && html`<button type="button" class="link" title="The same message once more: the API gives the reply that it has" onClick=${retry}>Retry, same id</button>`}
          <button type="button" class="link" title="The same text as a new message" onClick=${() => act.renew(own.text, attempt?.how ?? "stream")}>Send as new</button>
          <button type="button" class="link" onClick=${() => act.showCode(attempt?.how === "whole" ? "sendMessage" : "openMessageStream", { message: { id: own.id, text: own.text, createdAt: own.createdAt } })}>Code</button>
        `}
        <span class="dim">${failed && !listed ? (attempt.state === "refused" ? "Not taken" : "No answer") : listed ? moment(own.createdAt) : ""}</span>
      </div>
      ${attempt?.state === "refused" && html`<${Refusal} refusal=${attempt.refusal} again=${retry} label="Retry, same id" />`}
      ${attempt?.state === "failed" && html`<div class="outcome bad" data-testid="outcome"><span>${attempt.problem}</span><${Button} icon="retry" kind="small" onClick=${retry}>Retry, same id</${Button}></div>`}
    </div>
  `;
}

function Reply({ text, message, attempt, live, retry }) {
  const outcome = attempt && !live ? outcomeOf(attempt, message) : null;
  const pace = attempt ? paceOf(attempt) : "";
  const failed = outcome?.tone === "bad";
  return html`
    <div class="reply ${live ? "live" : ""} ${failed ? "failed" : ""}" aria-busy=${live ? "true" : undefined} data-testid="reply">
      <span class="unseen">Reply: </span>
      ${live && text === "" ? html`<p class="waiting" data-testid="waiting"><i /><i /><i /><span class="unseen">Waiting for the first word</span></p>` : text !== "" && html`<${Text} text=${text} />`}
      ${outcome &&
      html`
        <div class="outcome ${outcome.tone}" data-testid="outcome">
          <span>${outcome.text}</span>
          ${failed && retry && html`<${Button} icon="retry" kind="small" onClick=${retry}>Retry, same id</${Button}>`}
        </div>
      `}
      ${(pace || message) && html`<p class="reply-foot dim">${pace || (message && moment(message.createdAt))}</p>`}
    </div>
  `;
}

function Text({ text }) {
  this.shouldComponentUpdate = (next) => next.text !== this.props.text;
  return html`<div class="md">${markdown(text)}</div>`;
}

/** A refusal by the API, in plain words, with its status and code. */
export function Refusal({ refusal, again, label = "Try again" }) {
  const { status, code, text, said, fields } = refusal;
  return html`
    <div class="outcome ${status === 409 ? "warn" : "bad"} refusal" data-testid="refusal">
      <div>
        <p class="row">${status > 0 && html`<strong>${status}</strong>`}${code && html`<code>${code}</code>`}</p>
        <p>${text}</p>
        ${fields.length > 0
          ? html`<ul>${fields.map(({ field, message }) => html`<li key=${field}><code>${field}</code>: ${message}</li>`)}</ul>`
          : said && html`<p class="said">The API says: ${said}</p>`}
      </div>
      ${again && html`<${Button} icon="retry" kind="small" onClick=${again}>${label}</${Button}>`}
    </div>
  `;
}

/** What somebody else streams here. */
export function Followed({ followed }) {
  return html`
    <li class="turn">
      <div class="reply live other" aria-busy="true">
        <p class="dim">Another client of ${followed.caller} is being answered here:</p>
        ${followed.text ? html`<${Text} text=${followed.text} />` : html`<p class="waiting"><i /><i /><i /></p>`}
      </div>
    </li>
  `;
}
