// The faults that wait for the chat's next calls.
import { control, of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html } from "../../html.js";
import { attempt } from "../../notices.js";
import { hashOf } from "../../route.js";
import { armedText } from "./words.js";

/** Said where the next call may meet a fault; `id` is the conversation's, if there is one already. */
export function Armed({ session, id = null }) {
  const { data } = useResource(of(session.workspace, "faults"), { on: ["armed", "exchange"], everyMs: 400, keep: true });
  const waiting = (data?.faults ?? []).filter(({ where, timesLeft }) => {
    const fits = (asked, mine) => (asked ?? mine) === mine;
    return timesLeft !== 0 && fits(where.caller, session.caller) && fits(where.conversation, id);
  });
  if (waiting.length === 0) return null;
  const [fault] = waiting;
  const disarm = () => attempt(() => control("DELETE", of(session.workspace, "faults", fault.id)));
  return html`
    <div class="armed" role="note" aria-label="Armed faults">
      <span>${armedText(fault)}</span>
      <div class="row">
        ${waiting.length > 1 && html`<span>and ${waiting.length - 1} more</span>`}
        <button type="button" class="small" onClick=${disarm}>Undo</button>
        <a href=${hashOf({ workspace: session.workspace, view: "faults" })}>Faults</a>
      </div>
    </div>
  `;
}
