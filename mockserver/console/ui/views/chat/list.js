// The caller's conversations, page by page as the API gives them.
import { useFeed } from "../../feed.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { Button, Empty, Pager } from "../../parts.js";
import { hashOf } from "../../route.js";
import { Refusal } from "./bubbles.js";
import { forgetThreads, titleOf } from "./thread.js";
import { moment, refusalOf } from "./words.js";

const SIZE = 20;
const AGAIN_MS = 300;

/** The list, the newest first; it is read again when a conversation of the caller's is created anywhere. */
export function ConversationList({ session, current, open, begin, showCode }) {
  const [number, setNumber] = useState(1);
  const { answer, error, later } = usePage(session, number);
  useFeed((kind, data) => {
    if (kind === "reset" || kind === "connected") later();
    if (kind === "workspace" && data.workspace === session.workspace) {
      forgetThreads(session.workspace);
      setNumber(1);
      later();
    }
    const { operation, caller, status } = data.exchange ?? {};
    if (kind === "exchange" && data.change === "ended" && operation === "createConversation" && caller === session.caller && status < 300) later();
  });
  const top = useRef(null);
  const turn = (next) => {
    setNumber(next);
    top.current?.scrollTo(0, 0);
  };
  const conversations = answer?.data ?? [];
  return html`
    <div class="chat-list-head">
      <h2>Conversations</h2>
      <${Button} icon="code" kind="small plain" label="Show the list's call as code" onClick=${() => showCode("listConversations", { page: number, size: SIZE })} />
    </div>
    <${Button} icon="plus" kind="primary wide" onClick=${begin}>New conversation</${Button}>
    ${error && html`<${Refusal} refusal=${refusalOf(error)} again=${later} />`}
    <div class="chat-list" ref=${top}>
      <ul>
        ${conversations.map(
          ({ id, createdAt, modelName }) => html`
            <li key=${id}>
              <a href=${hashOf({ workspace: session.workspace, view: "chat", detail: id })} aria-current=${id === current ? "true" : undefined}>
                <span class="chat-row-title" dir="auto">${titleOf(session, id) ?? `Conversation ${id.slice(0, 8)}`}</span>
                <span class="dim">${moment(createdAt)}${modelName && ` · ${modelName}`}</span>
              </a>
            </li>
          `,
        )}
      </ul>
      ${answer && conversations.length === 0 && !error && html`<${Empty} title="No conversations yet">Write a message to begin the first one of ${session.caller}.</${Empty}>`}
    </div>
    ${answer && answer.page.totalPages > 1 && html`<${Pager} page=${answer.page} go=${turn} unit="in all" />`}
  `;
}

/** One page of the list: `{ answer, error, later }`; `later` reads it again soon. */
function usePage(session, number) {
  const [state, setState] = useState({ answer: null, error: null });
  const work = useRef({ timer: 0, asked: 0 });
  const read = async () => {
    const own = ++work.current.asked;
    try {
      const answer = await session.client.listConversations({ page: number, size: SIZE });
      if (own === work.current.asked) setState({ answer, error: null });
    } catch (error) {
      if (own === work.current.asked) setState({ answer: null, error });
    }
  };
  const latest = useRef(read);
  latest.current = read;
  const later = () => {
    const own = work.current;
    own.timer ||= setTimeout(() => {
      own.timer = 0;
      latest.current();
    }, AGAIN_MS);
  };
  useEffect(() => {
    read();
  }, [session.token, number]);
  useEffect(
    () => () => {
      clearTimeout(work.current.timer);
      work.current.asked = -1;
    },
    [],
  );
  return { ...state, later };
}
