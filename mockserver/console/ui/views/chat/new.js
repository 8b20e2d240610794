// A conversation that is not there yet: what is to steer it, and the first message, which creates it.
import { Entry } from "../../fields.js";
import { html, useState } from "../../html.js";
import { Button } from "../../parts.js";
import { Armed } from "./armed.js";
import { Composer } from "./composer.js";
import { Ideas } from "./ideas.js";
import { steeringOf } from "./patch.js";
import { threadOf } from "./thread.js";

const MODELS = ["gpt-4", "gpt-4o", "gpt-4.1", "gpt-5", "gpt-5-mini", "o3", "claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5", "gemini-2.5-flash", "gemini-2.5-pro", "mistral-large-latest"];
const NOTHING = { personality: "", personalityId: "", brandVoiceId: "", targetAudienceId: "", modelName: "" };

export function NewConversation({ session, create, back, showCode }) {
  const [given, setGiven] = useState(NOTHING);
  const [busy, setBusy] = useState(false);
  const steering = steeringOf(given);
  const begun = async () => {
    if (busy) return null;
    setBusy(true);
    const id = await create(steering);
    if (!id) setBusy(false);
    return id && threadOf(session, id);
  };
  const send = async (text, how) => {
    const thread = await begun();
    thread?.send(text, how);
    return Boolean(thread);
  };
  const field = (name, label, hint, more = {}) => html`
    <${Entry} label=${label} hint=${hint} value=${given[name]} change=${(value) => setGiven({ ...given, [name]: value })} dir="auto" ...${more} />
  `;
  return html`
    <section class="chat-thread" aria-labelledby="thread-title">
      <header class="thread-head">
        <${Button} icon="back" kind="plain square back" label="Back to the conversations" onClick=${back} />
        <div class="thread-name"><h2 id="thread-title">New conversation</h2><span class="dim">as ${session.caller}</span></div>
      </header>
      <div class="thread-scroll welcome" tabindex="0" role="group" aria-label="New conversation">
        <div class="welcome-text">
          <p class="welcome-title">Say something to the mock.</p>
          <p class="dim">It answers as the real service would, word by word, with made-up replies. Nothing here costs anything or can break anything.</p>
        </div>
        <${Ideas} session=${session} thread=${null} begin=${begun} />
        <details class="steer-new">
          <summary>How should the replies be? <span class="dim">Optional</span></summary>
          <div class="stack">
            ${field("personality", "Personality", "In words. It wins over a brand voice.", { placeholder: "A patient teacher who likes examples", spellcheck: true })}
            <div class="steer-pair">
              ${field("personalityId", "Personality id", "A number. Kept as a reference only.", { inputmode: "numeric", placeholder: "7" })}
              ${field("brandVoiceId", "Brand voice id", null, { placeholder: "bv-friendly" })}
              ${field("targetAudienceId", "Target audience id", null, { placeholder: "ta-parents" })}
              ${field("modelName", "Model", "Another name is refused.", { list: "model-names", placeholder: "The service's own" })}
            </div>
            <datalist id="model-names">${MODELS.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
            <div class="row">
              <button type="button" disabled=${busy} onClick=${begun}>Create it without a message</button>
              <${Button} icon="code" kind="plain" onClick=${() => showCode("createConversation", { steering })}>Show as code</${Button}>
            </div>
          </div>
        </details>
      </div>
      <${Composer} send=${send} placeholder="Write the first message" status=${busy ? "Creating the conversation…" : "The first message creates the conversation."} showCode=${showCode}><${Armed} session=${session} /></${Composer}>
    </section>
  `;
}
