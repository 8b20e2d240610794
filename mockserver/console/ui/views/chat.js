// Chat: a playground that talks to the mocked API as any client does.
import { html, useState } from "../html.js";
import { notify } from "../notices.js";
import { Empty, Problem } from "../parts.js";
import { go } from "../route.js";
import { CallerPicker } from "./chat/caller-picker.js";
import { useSession } from "./chat/callers.js";
import { ConversationList } from "./chat/list.js";
import { NewConversation } from "./chat/new.js";
import { CodeDialog } from "./chat/show-code.js";
import { ThreadPane } from "./chat/thread-pane.js";

/** The detail of the address while a conversation is being begun. */
const NEW = "new";

export function Chat({ workspace, detail }) {
  const [problem, setProblem] = useState(null);
  const [code, setCode] = useState(null);
  const session = useSession(workspace, detail === NEW ? "" : detail, setProblem);
  if (!session) return problem ? html`<${Problem} error=${problem} />` : html`<${Empty} title="One moment">The page gets itself a token.</${Empty}>`;

  const showCode = (action, more = {}) => setCode({ action, ...more });
  const open = (conversation) => go({ detail: conversation });
  const create = async (steering) => {
    try {
      const { id } = await session.client.createConversation(steering);
      open(id);
      return id;
    } catch (error) {
      notify(`The conversation was not created. ${error.message}`, "bad");
      return null;
    }
  };
  const id = detail === NEW ? "" : detail;
  return html`
    <div class="chat ${detail ? "on-thread" : "on-list"}">
      <section class="chat-side" aria-label="Conversations of ${session.caller}">
        <${CallerPicker} session=${session} changed=${() => open("")} />
        <${ConversationList} key=${session.key} session=${session} current=${id} open=${open} begin=${() => open(NEW)} showCode=${showCode} />
      </section>
      ${id
        ? html`<${ThreadPane} key=${`${session.key} ${id}`} session=${session} id=${id} back=${() => open("")} showCode=${showCode} />`
        : html`<${NewConversation} key=${session.key} session=${session} create=${create} back=${() => open("")} showCode=${showCode} />`}
    </div>
    ${code && html`<${CodeDialog} session=${session} conversation=${id || undefined} ...${code} close=${() => setCode(null)} />`}
  `;
}
