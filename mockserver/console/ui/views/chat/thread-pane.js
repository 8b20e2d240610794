// One conversation: its messages, where one writes, and what can be done with it.
import { control, of } from "../../control.js";
import { useFeed } from "../../feed.js";
import { html, useEffect, useRedraw, useRef, useState } from "../../html.js";
import { attempt } from "../../notices.js";
import { Button, count } from "../../parts.js";
import { deltaOf } from "../live/book.js";
import { Armed } from "./armed.js";
import { Refusal } from "./bubbles.js";
import { become, ownerOf } from "./callers.js";
import { Composer } from "./composer.js";
import { Ideas } from "./ideas.js";
import { Messages } from "./messages.js";
import { liveTurn } from "./state.js";
import { SteeringDrawer } from "./steering.js";
import { threadOf } from "./thread.js";
import { refusalOf } from "./words.js";

const TELLING = ["sendMessage", "openMessageStream", "cancelMessageStream"];

export function ThreadPane({ session, id, back, showCode }) {
  const thread = threadOf(session, id);
  const state = useThread(thread);
  const [steering, setSteering] = useState(false);
  const [ideas, setIdeas] = useState(false);
  const live = liveTurn(state);
  const act = {
    retry: (own, how, answered) => thread.retry(own, how, answered),
    renew: (text, how) => thread.send(text, how),
    showCode,
  };
  const send = (text, how) => {
    thread.send(text, how);
  };
  const empty = html`
    <div class="welcome">
      <div class="welcome-text"><p class="welcome-title">An empty conversation.</p><p class="dim">Write below, or try one of these.</p></div>
      <${Ideas} session=${session} thread=${thread} />
    </div>
  `;
  return html`
    <section class="chat-thread" aria-labelledby="thread-title">
      <header class="thread-head">
        <${Button} icon="back" kind="plain square back" label="Back to the conversations" onClick=${back} />
        <div class="thread-name">
          <h2 id="thread-title">Conversation ${id.slice(0, 8)}</h2>
          <span class="dim">as ${session.caller}${state.total !== null ? ` · ${count(state.total, "message")}` : ""}</span>
        </div>
        <div class="row">
          <button type="button" class="small" onClick=${() => setSteering(true)}>Steering</button>
          <${Button} icon="code" kind="small plain" label="Show this conversation's calls as code" onClick=${() => showCode("listMessages", { page: Math.max(1, Math.ceil((state.total ?? 0) / 50)), size: 50 })} />
        </div>
      </header>
      ${state.error && html`<${Unread} session=${session} id=${id} error=${state.error} again=${() => thread.readNewest()} />`}
      <div class="thread-body"><${Messages} thread=${thread} state=${state} act=${act} empty=${empty} /></div>
      <${Composer}
        send=${send}
        stop=${(live || state.followed) && (() => attempt(() => thread.stop()))}
        stopping=${live?.attempts.at(-1).state === "stopping"}
        placeholder="Write a message"
        status=${statusOf(state)}
        showCode=${showCode}
      >
        <${Armed} session=${session} id=${id} />
        ${state.total > 0 &&
        html`
          <div class="ideas-more">
            <button type="button" class="link" aria-expanded=${String(ideas)} onClick=${() => setIdeas(!ideas)}>${ideas ? "Hide the ideas" : "Ideas to try"}</button>
            ${ideas && html`<${Ideas} session=${session} thread=${thread} done=${() => setIdeas(false)} />`}
          </div>
        `}
      </${Composer}>
      ${steering && html`<${SteeringDrawer} session=${session} id=${id} showCode=${showCode} close=${() => setSteering(false)} />`}
    </section>
  `;
}

/** The state of a thread, which is read when it is first shown, and again when somebody else has changed it. */
function useThread(thread) {
  const again = useRedraw();
  const timer = useRef(0);
  const later = () => {
    timer.current ||= setTimeout(() => {
      timer.current = 0;
      thread.readNewest();
    }, 100);
  };
  useEffect(() => {
    const end = thread.listen(again);
    thread.readNewest();
    let shown = true;
    const streaming = ({ conversation, messageId }) => conversation === thread.id && !thread.aborts.has(messageId);
    control("GET", of(thread.workspace, "streams")).then(
      ({ streams }) => {
        const stream = streams.find(streaming);
        if (shown && stream && !thread.state.followed) thread.follow(stream);
      },
      () => {}, // what is under way is shown once more of it comes
    );
    return () => {
      shown = false;
      end();
      clearTimeout(timer.current);
      thread.follow(null);
    };
  }, [thread]);
  useEffect(() => {
    if (thread.state.error) thread.readNewest(); // with another token it may be allowed
  }, [thread.client]);
  useFeed((kind, data) => {
    if (kind === "reset" || kind === "connected") later();
    if (kind === "exchange" && data.change === "ended" && data.exchange.conversation === thread.id) {
      if (TELLING.includes(data.exchange.operation)) later();
    }
    if (kind === "stream" && data.stream.conversation === thread.id) {
      if (data.change === "ended" && thread.state.followed?.exchange === data.stream.exchange) {
        thread.flush();
        thread.follow(null);
      } else if (data.change === "opened" && !thread.aborts.has(data.stream.messageId)) {
        thread.follow(data.stream);
        later();
      }
    }
    if (kind === "sent" && data.event.kind === "delta" && data.exchange === thread.state.followed?.exchange) {
      thread.overhear(deltaOf(data.event.data));
    }
  });
  return thread.state;
}

/** What stops the thread from being read; where it is somebody else's, one can be that somebody. */
function Unread({ session, id, error, again }) {
  const [owner, setOwner] = useState(null);
  useEffect(() => {
    if (error.status === 404) ownerOf(session.workspace, id).then(setOwner);
  }, [error]);
  const other = owner && owner !== session.caller ? owner : null;
  return html`
    <div class="thread-problem">
      <${Refusal} refusal=${refusalOf(error)} again=${again} />
      ${other && html`<p class="row">It belongs to ${other}. <button type="button" class="small" onClick=${() => attempt(() => become(session.workspace, other))}>Be ${other}</button></p>`}
      ${session.bad && html`<p class="row">You call with a bad token (${session.bad}). <button type="button" class="small" onClick=${() => attempt(() => become(session.workspace, session.caller))}>Get a good one</button></p>`}
    </div>
  `;
}

function statusOf(state) {
  const live = liveTurn(state)?.attempts.at(-1);
  if (live?.state === "waiting") return live.how === "stream" ? "Waiting for the first word…" : "Waiting for the answer…";
  if (live?.state === "stopping") return "Stopping…";
  if (live) return "The reply is coming in. Send now to see a 409.";
  const said = { done: "The reply is complete.", stopped: "Stopped.", broken: "The reply broke off.", error: "The reply ended in an error.", refused: "The API refused the message.", failed: "No answer came." };
  return said[state.last] ?? "Enter sends, Shift and Enter begin a new line.";
}
