// The workspace at a glance; reset, delete, and a fresh one.
import { control, of } from "../../control.js";
import { html } from "../../html.js";
import { attempt, confirmed } from "../../notices.js";
import { Button, Card } from "../../parts.js";
import { HOME, go } from "../../route.js";

export function WorkspaceCard({ state, reload }) {
  const { name } = state;
  const isHome = name === HOME.workspace;
  const reset = async () => {
    const sure = await confirmed({
      title: `Reset ${name}?`,
      text: "It is as it was at first: conversations, faults, journal, clock and pace begin anew, and streams end. Tokens stay good.",
      action: "Reset",
    });
    if (sure) await attempt(() => control("POST", of(name, "reset")), `${name} is as it was at first.`).then(reload);
  };
  const remove = async () => {
    const sure = await confirmed({
      title: `Delete ${name}?`,
      text: isHome
        ? "All that belongs to it goes, the example conversations too: they come back with a reset, not with a call."
        : "All that belongs to it goes, and its streams end. A call with a token of it makes it anew, empty.",
      action: "Delete",
    });
    if (!sure || !(await attempt(() => control("DELETE", of(name)), `${name} is gone.`))) return;
    if (!isHome) go({ workspace: HOME.workspace, view: "sandbox" });
  };
  const create = async () => {
    const made = await attempt(() => control("POST", "/workspaces", { tokens: 0 }), "A fresh workspace: nobody else uses it.");
    if (made) go({ workspace: made.name, view: "sandbox" });
  };
  const facts = [
    ["Conversations", state.conversations],
    ["Calls", state.calls],
    ["Live streams", state.liveStreams],
    ["Armed faults", state.armedFaults],
    ["Findings", state.findings],
  ];
  return html`
    <${Card} title="Workspace">
      <p class="workspace-name"><strong>${name}</strong></p>
      <dl class="workspace-facts">
        ${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value.toLocaleString()}</dd></div>`)}
      </dl>
      <div class="row">
        <${Button} icon="plus" onClick=${create}>Fresh workspace</${Button}>
        <${Button} icon="retry" kind="danger" onClick=${reset}>Reset</${Button}>
        <${Button} icon="trash" kind="danger" onClick=${remove}>Delete</${Button}>
      </div>
    </${Card}>
  `;
}
