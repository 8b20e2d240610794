// What goes on right now: the streams in flight, and the conversations as they change.
import { control, of } from "../control.js";
import { useResource } from "../feed.js";
import { html, useState } from "../html.js";
import { attempt } from "../notices.js";
import { Button, Card, Empty, Problem } from "../parts.js";
import { hashOf } from "../route.js";
import { Count, StreamCard } from "./live/card.js";
import { Conversation } from "./live/conversation.js";
import { Conversations } from "./live/conversations.js";
import { useStreams } from "./live/streams.js";

/** The view; `detail` is the id of a conversation that is shown in full. */
export function Live({ workspace, detail }) {
  const streams = useStreams(workspace);
  const { live, ended, shown } = streams;
  return html`
    <div class="live stack">
      <${Card} title=${live.length ? `Streams in flight: ${live.length}` : "Streams in flight"} actions=${html`<${HoldSwitch} workspace=${workspace} />`}>
        <${Problem} error=${streams.error} again=${streams.ask} />
        ${live.length === 0 &&
        html`<${Empty} title="No stream is live">
          Send a message in the <a href=${hashOf({ workspace, view: "chat" })}>chat</a>, or from your app with the workspace
          ${" "}<strong>${workspace}</strong>. Its reply shows up here while it grows.
        </${Empty}>`}
        <div class="streams">
          ${live.slice(0, shown).map((record) => html`<${StreamCard} key=${record.exchange} workspace=${workspace} record=${record} nowS=${streams.nowS} update=${streams.update} />`)}
        </div>
        ${live.length > shown && html`<${Button} onClick=${streams.more}>${live.length - shown} older ones: show more</${Button}>`}
      </${Card}>
      ${ended.length > 0 &&
      html`
        <${Card} title="Just ended">
          <div class="streams past">
            ${ended.map((record) => html`<${StreamCard} key=${record.exchange} workspace=${workspace} record=${record} nowS=${null} />`)}
          </div>
        </${Card}>
      `}
      ${detail && html`<${Conversation} key=${detail} workspace=${workspace} id=${detail} />`}
      <${Conversations} workspace=${workspace} opened=${detail} />
    </div>
  `;
}

/** Holds every new stream after some events: how a spinner looks, for as long as one likes. */
function HoldSwitch({ workspace }) {
  const [typed, setTyped] = useState(3);
  const found = useResource(of(workspace, "configuration"), { on: ["workspace", "stream"], everyMs: 2000, keep: true });
  const holdAfter = found.data?.holdAfter ?? null;
  const set = async (value) => {
    await attempt(() => control("PATCH", of(workspace, "configuration"), { holdAfter: value }));
    found.reload();
  };
  const change = (value) => {
    setTyped(value);
    if (holdAfter !== null) set(value);
  };
  return html`
    <div class="hold-switch row" title="For trying out spinners: 0 holds a stream before its first token.">
      <label><input type="checkbox" checked=${holdAfter !== null} disabled=${!found.data} onChange=${(event) => set(event.target.checked ? typed : null)} /> Hold every new stream</label>
      <label>after <${Count} value=${holdAfter ?? typed} set=${change} least=${0} /> events</label>
    </div>
  `;
}
