// One request with both of its sides.
import { useContract } from "../../contract.js";
import { of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html, useEffect, useRef } from "../../html.js";
import { notify } from "../../notices.js";
import { Badge, Button, Copy, Json, Problem, Status, duration, timeOfDay } from "../../parts.js";
import { hashOf } from "../../route.js";
import { StreamEvents } from "./events.js";
import { Explanation } from "./explanation.js";
import { inMs, nameOperation, nameOutcome, toneOfOutcome } from "./words.js";

const AGAIN_MS = 500;

/** The request of that number; `close` goes back to the list. */
export function Detail({ workspace, number, close }) {
  const heading = useRef(null);
  const path = of(workspace, "journal", number);
  const own = (kind, data) => (kind === "exchange" ? data.exchange?.number === number : kind === "sent" && data.exchange === number);
  const found = useResource(path, { on: own, everyMs: AGAIN_MS });
  const contract = useContract();
  useEffect(() => heading.current?.focus({ preventScroll: true }), [number]);
  const exchange = useKept(found.data, number);
  return html`
    <section class="detail" aria-label="Request ${number}">
      <header class="row">
        <${Button} icon="back" kind="small back" onClick=${close}>All requests</${Button}>
        <h2 tabindex="-1" ref=${heading}>Request ${number}${exchange && `: ${nameOperation(exchange.operation, exchange.method)}`}</h2>
        <${Button} icon="close" kind="plain square shut" label="Close request ${number}" onClick=${close} />
      </header>
      <${Problem} error=${found.error} again=${found.reload} />
      ${exchange && html`<${Both} workspace=${workspace} exchange=${exchange} contract=${contract} />`}
    </section>
  `;
}

/** What was read stays until it is read again. */
function useKept(data, number) {
  const kept = useRef(null);
  if (data) kept.current = data;
  return kept.current?.number === number ? kept.current : null;
}

function Both({ workspace, exchange, contract }) {
  const { request, response } = exchange;
  const isStream = exchange.events.length > 0 || (response.headers["content-type"] ?? "").includes("event-stream");
  const outcome = nameOutcome(exchange);
  return html`
    <p class="target mono">${exchange.method} ${exchange.path}${exchange.query && `?${exchange.query}`}</p>
    <p class="row">
      <${Status} status=${exchange.status} complete=${exchange.complete} />
      ${outcome && html`<${Badge} tone=${toneOfOutcome(exchange)}>${outcome}</${Badge}>`}
      ${exchange.replayed && html`<${Badge} tone="info">replayed: the reply that was there already</${Badge}>`}
      <span class="dim">
        ${timeOfDay(exchange.at)}${exchange.complete && `, took ${inMs(exchange.tookMs)}`}${exchange.firstByteS !== null && `, began after ${duration(exchange.firstByteS)}`}
      </span>
    </p>
    <p class="row dim">
      <span>Caller: <strong>${exchange.caller ?? "nobody with a good token"}</strong></span>
      ${exchange.conversation && html`<a href=${hashOf({ workspace, view: "chat", detail: exchange.conversation })}>Conversation in the chat</a>`}
      ${exchange.conversation && html`<a href=${hashOf({ workspace, view: "journal", detail: `conversation=${exchange.conversation}` })}>Its requests</a>`}
    </p>
    <div class="row">
      <${CopyCurl} workspace=${workspace} number=${exchange.number} />
      ${request.bytes > 0 && html`<${Copy} text=${asText(request.body)}>Copy request body</${Copy}>`}
      ${response.bytes > 0 && !isStream && html`<${Copy} text=${asText(response.body)}>Copy answer body</${Copy}>`}
    </div>
    <${Explanation} workspace=${workspace} contract=${contract} exchange=${exchange} />
    <${Side} title="Request" side=${request} />
    <${Side} title="Answer" side=${response} isStream=${isStream} nothing=${exchange.complete ? "No answer came." : "No answer yet."}>
      ${isStream && html`<${StreamEvents} exchange=${exchange} />`}
    </${Side}>
  `;
}

function Side({ title, side, isStream, nothing, children }) {
  const headers = Object.entries(side.headers);
  return html`
    <section class="side">
      <h3>${title}</h3>
      ${headers.length > 0
        ? html`
            <details>
              <summary>${headers.length} headers</summary>
              <dl class="headers">${headers.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
            </details>
          `
        : nothing && html`<p class="dim">${nothing}</p>`}
      ${!isStream && side.bytes > 0 && html`<${Json} value=${side.body} label="Body of the ${title.toLowerCase()}" />`}
      ${!isStream && side.bytes === 0 && headers.length > 0 && html`<p class="dim">No body.</p>`}
      ${side.encoding === "base64" && html`<p class="dim">The body is no text: this is base64.</p>`}
      ${side.cut && html`<p class="dim">Not all of its ${side.bytes.toLocaleString()} bytes are kept.</p>`}
      ${children}
    </section>
  `;
}

function CopyCurl({ workspace, number }) {
  const copy = async () => {
    try {
      const line = fetch(`/_mock${of(workspace, "journal", number)}/curl`).then((answer) => {
        if (!answer.ok) throw new Error("The journal does not have this request any more.");
        return answer.text();
      });
      await navigator.clipboard.writeText((await line).trim());
      notify("Copied. The journal keeps no tokens: set TOKEN in your shell to one first.", "good");
    } catch (error) {
      notify(error.name === "NotAllowedError" ? "The browser does not let this page copy." : error.message, "bad");
    }
  };
  return html`<${Button} icon="code" kind="small" title="Tokens are masked: the line takes yours from $TOKEN" onClick=${copy}>Copy as curl</${Button}>`;
}

function asText(body) {
  return typeof body === "string" ? body : JSON.stringify(body, null, 2);
}
