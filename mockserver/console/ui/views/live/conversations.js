// The conversations of all callers, as they change.
import { of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html, useState } from "../../html.js";
import { Badge, Card, Empty, Pager, Problem } from "../../parts.js";
import { hashOf } from "../../route.js";
import { shortId } from "../journal/words.js";
import { useStates } from "./states.js";

const SIZE = 15;

/** The table; `opened` is the id of the conversation that is shown in full. */
export function Conversations({ workspace, opened }) {
  const [page, setPage] = useState(1);
  const list = useResource(`${of(workspace, "conversations")}?page=${page}&size=${SIZE}`, { on: isNews, keep: true });
  const rows = list.data?.data ?? [];
  const states = useStates(workspace, rows.map(({ id }) => id));
  if (!list.data) return html`<${Card} title="Conversations"><${Problem} error=${list.error} again=${list.reload} /></${Card}>`;
  if (!list.data.page.totalElements) {
    return html`
      <${Card} title="Conversations">
        <${Empty} title="No conversations yet">
          Begin one in the <a href=${hashOf({ workspace, view: "chat" })}>chat</a>, or let your app create one: it shows up here.
        </${Empty}>
      </${Card}>
    `;
  }
  return html`
    <${Card} title="Conversations">
      <${Problem} error=${list.error} again=${list.reload} />
      <div class="conversations">
        <table>
          <thead>
            <tr><th scope="col">Conversation</th><th scope="col">Caller</th><th scope="col">Messages</th><th scope="col">State</th><th scope="col">Steering</th></tr>
          </thead>
          <tbody>
            ${rows.map((row) => html`<${Row} key=${row.id} workspace=${workspace} row=${row} known=${states.get(row.id)} open=${row.id === opened} />`)}
          </tbody>
        </table>
      </div>
      <${Pager} page=${list.data.page} go=${setPage} unit="conversations" />
    </${Card}>
  `;
}

function Row({ workspace, row, known, open }) {
  const { state, changes = 0, recent } = known ?? {};
  // Two names of one animation: one that follows the other begins anew.
  const lit = changes ? `lit-${changes % 2}` : "";
  return html`
    <tr class="${lit} ${recent ? "recent" : ""} ${open ? "open" : ""}">
      <td><a class="mono" href=${hashOf({ workspace, view: "live", detail: row.id })} aria-current=${open ? "true" : undefined}>${shortId(row.id)}</a></td>
      <td>${row.caller}</td>
      <td class="number">${state?.messageCount ?? ""}</td>
      <td>${state && html`<${Badge} tone=${state.lock === "streaming" ? "info" : "plain"}>${state.lock === "streaming" ? "streaming" : "free"}</${Badge}>`}</td>
      <td><div class="summary">${state ? sumUp(state.steering, row.modelName) : ""}</div></td>
    </tr>
  `;
}

/** Whether the list is another now. */
function isNews(kind, data) {
  if (kind === "workspace") return true;
  return kind === "exchange" && data.change === "ended" && data.exchange.operation === "createConversation" && data.exchange.status < 300;
}

/** The steering in a few words. */
function sumUp({ personality, personalityId, brandVoiceId, targetAudienceId }, modelName) {
  const parts = [
    personality !== null && `“${personality}”`,
    personalityId !== null && `personality ${personalityId}`,
    brandVoiceId !== null && `voice ${brandVoiceId}`,
    targetAudienceId !== null && `audience ${targetAudienceId}`,
    modelName,
  ];
  return parts.filter(Boolean).join(" · ") || "none";
}
