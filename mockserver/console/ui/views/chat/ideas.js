// What one might try: for those who have read nothing.
import { control, of } from "../../control.js";
import { html } from "../../html.js";
import { attempt, notify } from "../../notices.js";
import { isLive } from "./state.js";

const IDEAS = [
  { title: "Write a headline for a bakery", hint: "See a reply come in, word by word", text: "Write a headline for a bakery" },
  { title: "!reply long", hint: "A long reply: time to press Stop", text: "!reply long" },
  { title: "!reply table", hint: "A table; there are more forms", text: "!reply table" },
  { title: "!help", hint: "All the words that the mock listens to", text: "!help" },
  { title: "Break the next stream after three words", hint: "Arms a fault for your next message", act: breakNext },
  { title: "Provoke a 409", hint: "Sends a second message while a reply streams", act: provokeConflict },
];

/** Buttons, each of which does what it says. `begin` gives the thread, which may have to be created first. */
export function Ideas({ session, thread, begin, done = () => {} }) {
  const take = async ({ text, act }) => {
    if (act === breakNext) {
      await breakNext(session, thread);
    } else {
      const target = thread ?? (await begin());
      if (!target) return;
      if (text) target.send(text, "stream");
      else act(target);
    }
    done();
  };
  return html`
    <ul class="ideas" aria-label="Things to try">
      ${IDEAS.map(
        (idea) => html`
          <li key=${idea.title}>
            <button type="button" class="idea ${idea.act ? "act" : ""}" onClick=${() => take(idea)}><strong>${idea.title}</strong><span class="dim">${idea.hint}</span></button>
          </li>
        `,
      )}
    </ul>
  `;
}

/** The next stream of this caller's, in this conversation if there is one, breaks off after three words. */
async function breakNext(session, thread) {
  const where = { operation: "openMessageStream", caller: session.caller, ...(thread ? { conversation: thread.id } : {}) };
  const rule = { fault: "truncate", parameters: { after: 3 }, where };
  await attempt(() => control("POST", `${of(session.workspace, "faults")}?source=console`, rule));
  document.getElementById("message")?.focus();
}

/** Sends a long reply's message, and another one as soon as the first word of the reply is there. */
function provokeConflict(thread) {
  const known = thread.state.turns.length;
  thread.send("!reply long", "stream");
  const end = thread.listen(() => {
    const first = thread.state.turns[Math.min(known, thread.state.turns.length - 1)]?.attempts.at(-1);
    if (first?.state === "waiting") return;
    end();
    if (isLive(first)) thread.send("Are you still there?", "stream");
    else if (first?.state === "done") notify("The reply was complete at once, so there was nothing to collide with. Under Sandbox the pace can be slower.");
  });
}
