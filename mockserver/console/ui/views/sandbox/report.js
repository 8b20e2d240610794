// A bug report that can be run: what was called and answered, from a known state on.
import { control, of } from "../../control.js";
import { useResource } from "../../feed.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { attempt, confirmed } from "../../notices.js";
import { Button, Card, Copy, count } from "../../parts.js";

export function ReportCard({ workspace }) {
  const { data, reload } = useResource(`${of(workspace, "journal")}?size=1`, { on: ["exchange", "workspace"], everyMs: 1000 });
  const file = `${workspace}.bug.json`;
  const replay = `mockserver replay ${/^[\w.-]+$/.test(file) ? file : `'${file}'`}`;
  const record = async () => {
    const sure = await confirmed({
      title: "Begin a recording here?",
      text: "The journal is cleared. The report then begins with the state that the workspace has now.",
      action: "Begin",
    });
    if (sure) await attempt(() => control("POST", of(workspace, "recording")), "It is recorded: do now what goes wrong.").then(reload);
  };
  const recorded = data?.page.totalElements ?? 0;
  const says = recorded ? `${count(recorded, "call")} recorded.` : "Nothing is recorded yet: it begins with the next call.";
  const lost = data?.dropped ? ` ${count(data.dropped, "earlier one")} dropped, so it cannot be replayed to the last byte.` : "";
  return html`
    <${Card} title="Bug report">
      <p
        class="dim"
      >
        “It failed once” as a file that anybody can run: every call since the recording began, and the state before it.
      </p>
      <p>${says}${lost}</p>
      <div class="row">
        <${Button} icon="step" onClick=${record}>Begin a recording here</${Button}>
        <a class="button" href="/_mock${of(workspace, "bug-report")}" download=${file}><${Icon} name="download" /><span>Download the report</span></a>
      </div>
      <p>To play it on another mock, and see what differs:</p>
      <div class="sandbox-snippet"><pre class="code" tabindex="0">${replay}</pre><${Copy} text=${replay} label="Copy the command" /></div>
    </${Card}>
  `;
}
