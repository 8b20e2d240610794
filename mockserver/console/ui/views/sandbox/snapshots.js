// States of the workspace that can be returned to: saved by name, loaded, and as files.
import { control, of } from "../../control.js";
import { Entry } from "../../fields.js";
import { useResource } from "../../feed.js";
import { useKeptFocus } from "../../focus.js";
import { html, useRef, useState } from "../../html.js";
import { Icon } from "../../icons.js";
import { attempt, confirmed, notify } from "../../notices.js";
import { Button, Card, Problem } from "../../parts.js";

const SHOWN = 100;

export function SnapshotsCard({ workspace }) {
  const { data, error, reload } = useResource("/snapshots", { on: ["changed", "workspace"] });
  const [name, setName] = useState("");
  const file = useRef(null);
  const place = useKeptFocus();
  const newestFirst = [...(data?.snapshots ?? [])].reverse();
  const own = newestFirst.filter(({ workspaces }) => workspaces.includes(workspace));
  const others = newestFirst.filter(({ workspaces }) => !workspaces.includes(workspace) && workspaces.length === 1);

  const save = async (event) => {
    event.preventDefault();
    const wanted = name.trim() || `state-${new Date().toISOString().slice(11, 19).replaceAll(":", "-")}`;
    if (own.some((each) => each.name === wanted) && !(await replaced(wanted))) return;
    if (await attempt(() => control("POST", of(workspace, "snapshots", wanted)), `Saved as ${wanted}.`)) setName("");
    reload();
  };
  const upload = async (event) => {
    const chosen = event.target.files[0];
    event.target.value = ""; // so that the same file can be chosen again
    if (!chosen) return;
    const wanted = chosen.name.replace(/\.json$/i, "");
    let content;
    try {
      content = JSON.parse(await chosen.text());
    } catch {
      notify(`${chosen.name} is no snapshot: it is not JSON.`, "bad");
      return;
    }
    await attempt(() => control("PUT", `/snapshots/${encodeURIComponent(wanted)}`, content), `${wanted} can be loaded now.`);
    reload();
  };
  const list = (snapshots, label) => html`
    <ul class="snapshots" aria-label=${label}>
      ${snapshots.slice(0, SHOWN).map(
        (each) => html`
          <${Snapshot} key=${`${each.name} ${each.workspaces}`} snapshot=${each} workspace=${workspace} reload=${reload} />
        `,
      )}
    </ul>
  `;
  return html`
    <div ref=${place} tabindex="-1">
      <${Card} title="Snapshots">
        <p
          class="dim"
        >
          Save a state, and return to it as often as you like. They are kept until the mock stops: download what is to stay.
        </p>
        <${Problem} error=${error} again=${reload} />
        <form class="save-snapshot" onSubmit=${save}>
          <${Entry}
            label="Save this state as"
            placeholder="before-login"
            maxlength="100"
            value=${name}
            change=${setName}
          />
          <button type="submit" class="primary">Save</button>
        </form>
        ${own.length > 0 && list(own, "Snapshots of this workspace")}
        ${others.length > 0 &&
        html`<details class="other-snapshots"><summary>${others.length} of other workspaces</summary>${list(others, "Snapshots of other workspaces")}</details>`}
        <div>
          <input
            ref=${file}
            type="file"
            hidden
            accept=".json,application/json"
            data-testid="snapshot-file"
            onChange=${upload}
          />
          <${Button} icon="plus" onClick=${() => file.current.click()}>Upload a file</${Button}>
        </div>
      </${Card}>
    </div>
  `;
}

function Snapshot({ snapshot, workspace, reload }) {
  const { name, workspaces, bytes } = snapshot;
  const owner = workspaces.includes(workspace) ? workspace : workspaces[0];
  const path = `/snapshots/${encodeURIComponent(name)}?workspace=${encodeURIComponent(owner)}`;
  const load = async () => {
    const sure = await confirmed({
      title: `Load ${name}?`,
      text: "What the workspace holds now goes, and its streams end. Save it before, if you want to come back.",
      action: "Load",
    });
    if (sure) await attempt(() => control("POST", of(workspace, "snapshots", name, "load")), `${name} is loaded.`);
  };
  const forget = async () => {
    const sure = await confirmed({ title: `Delete ${name}?`, text: "The snapshot is gone then; the workspace stays as it is.", action: "Delete" });
    if (sure) await attempt(() => control("DELETE", path), `${name} is gone.`).then(reload);
  };
  return html`
    <li>
      <span class="snapshot-name"><strong>${name}</strong> <span class="dim">${owner !== workspace ? `${owner}, ` : ""}${size(bytes)}</span></span>
      <span class="row">
        <${Button} kind="small" label="Load ${name}" onClick=${load}>Load</${Button}>
        <a class="button small" href="/_mock${path}" download="${name}.json" aria-label="Download ${name}" title="Download ${name}"><${Icon} name="download" /></a>
        <${Button} icon="trash" kind="small" label="Delete ${name}" onClick=${forget} />
      </span>
    </li>
  `;
}

function replaced(name) {
  return confirmed({ title: `Replace ${name}?`, text: "There is a snapshot of this name; it is replaced by the state of now.", action: "Replace" });
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
