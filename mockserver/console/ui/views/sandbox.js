// The workspace as a sandbox: its address and tokens, its state, its clock and pace, and bug reports of it.
import { of } from "../control.js";
import { useResource } from "../feed.js";
import { html } from "../html.js";
import { Problem } from "../parts.js";
import { ClockCard } from "./sandbox/clock.js";
import { PaceCard } from "./sandbox/pace.js";
import { PageCard } from "./sandbox/page.js";
import { ReportCard } from "./sandbox/report.js";
import { SnapshotsCard } from "./sandbox/snapshots.js";
import { TokensCard } from "./sandbox/tokens.js";
import { WorkspaceCard } from "./sandbox/workspace.js";

export function Sandbox({ workspace }) {
  const { data, error, reload } = useResource(of(workspace), {
    on: ["exchange", "stream", "armed", "changed", "workspace"],
    everyMs: 1000,
  });
  if (!data) return html`<${Problem} error=${error} again=${reload} />`;
  return html`
    <div class="sandbox">
      <${PageCard} workspace=${workspace} url=${data.url} />
      <div class="sandbox-column">
        <${WorkspaceCard} state=${data} reload=${reload} />
        <${ClockCard} workspace=${workspace} />
        <${PaceCard} workspace=${workspace} />
      </div>
      <div class="sandbox-column">
        <${SnapshotsCard} workspace=${workspace} />
        <${TokensCard} workspace=${workspace} />
        <${ReportCard} workspace=${workspace} />
      </div>
    </div>
  `;
}
