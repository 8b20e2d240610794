// One conversation in full: what steers it, what the last patch said of each field, its messages.
import { of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { Badge, Button, Card, Empty, Pager, Problem, count, timeOfDay } from "../../parts.js";
import { go, hashOf } from "../../route.js";
import { shortId } from "../journal/words.js";

const SIZE = 10;
/** Texts of so many characters may have to be scrolled, which takes the keyboard's focus. */
const SCROLLS = 300;
const FIELDS = {
  personality: "Personality",
  personalityId: "Personality's number",
  brandVoiceId: "Brand voice",
  targetAudienceId: "Target audience",
};
const SAID = {
  neverPatched: ["never patched", "plain"],
  omitted: ["left out: stayed as it was", "plain"],
  null: ["null: cleared", "warn"],
  set: ["set to a value", "good"],
};

/** The conversation of that id. */
export function Conversation({ workspace, id }) {
  const [page, setPage] = useState(1);
  const heading = useRef(null);
  const own = (kind, data) => kind === "workspace" || (data.stream ?? data.exchange)?.conversation === id;
  const found = useResource(`${of(workspace, "conversations", id)}?page=${page}&size=${SIZE}`, { on: own, keep: true });
  useEffect(() => heading.current?.focus(), [id]);
  const close = () => {
    document.querySelector(`.conversations a[href="${hashOf({ workspace, view: "live", detail: id })}"]`)?.focus();
    go({ detail: "" });
  };
  const state = found.data?.id === id ? found.data : null;
  return html`
    <section class="card conversation" aria-label="Conversation ${id}" onKeyDown=${(event) => event.key === "Escape" && close()}>
      <header class="card-head">
        <h2 tabindex="-1" ref=${heading}>Conversation <span class="mono">${shortId(id)}</span></h2>
        <div class="row">
          <a class="button small" href=${hashOf({ workspace, view: "chat", detail: id })}>Open in chat</a>
          <a class="button small" href=${hashOf({ workspace, view: "journal", detail: `conversation=${id}` })}>Its requests</a>
          <${Button} icon="close" kind="square" label="Close the conversation" onClick=${close} />
        </div>
      </header>
      <${Problem} error=${found.error} again=${found.reload} />
      ${state &&
      html`
        <p class="dim">
          Of ${state.caller}, ${count(state.messageCount, "message")}, model ${state.modelName ?? "not named"}${" "}
          <${Badge} tone=${state.lock === "streaming" ? "info" : "plain"}>${state.lock === "streaming" ? "a stream is live" : "free"}</${Badge}>
        </p>
        <h3>What steers it</h3>
        <div class="conversations">
          <table>
            <thead><tr><th scope="col">Field</th><th scope="col">Now</th><th scope="col">The last patch</th></tr></thead>
            <tbody>
              ${Object.entries(FIELDS).map(([name, title]) => {
                const [said, tone] = SAID[state.lastPatch[name]] ?? [state.lastPatch[name], "plain"];
                return html`
                  <tr key=${name}>
                    <th scope="row">${title}</th>
                    <td>${state.steering[name] ?? html`<span class="dim">nothing</span>`}</td>
                    <td><${Badge} tone=${tone}>${said}</${Badge}></td>
                  </tr>
                `;
              })}
            </tbody>
          </table>
        </div>
        <h3>Messages</h3>
        ${state.messageCount === 0
          ? html`<${Empty} title="No messages yet">Say something in the chat.</${Empty}>`
          : html`
              <ol class="said">
                ${state.messages.data.map(
                  (message) => html`
                    <li key=${message.id} class=${message.source}>
                      <span class="dim">${message.source === "user" ? "User" : "Assistant"} · ${timeOfDay(message.createdAt)}</span>
                      <p dir="auto" tabindex=${message.text.length > SCROLLS ? 0 : undefined}>${message.text}</p>
                    </li>
                  `,
                )}
              </ol>
              <${Pager} page=${state.messages.page} go=${setPage} unit="messages, oldest first" back="Earlier" on="Later" label="Pages of messages" />
            `}
      `}
    </section>
  `;
}
