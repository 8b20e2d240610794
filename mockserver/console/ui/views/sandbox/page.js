// What a page under development needs to call the mock instead of the real API.
import { control, of } from "../../control.js";
import { html, useEffect, useState } from "../../html.js";
import { Card, Copy, Problem, Tabs } from "../../parts.js";

const CALLER = "demo";
const LIFETIME_S = 30 * 86_400;
const TABS = [
  ["fetch", "With fetch"],
  ["module", "With the module"],
];

export function PageCard({ workspace, url }) {
  const [token, setToken] = useState(null);
  const [error, setError] = useState(null);
  const [tab, setTab] = useState("fetch");
  useEffect(() => {
    control("POST", of(workspace, "tokens"), { caller: CALLER, expiresInS: LIFETIME_S }).then((minted) => setToken(minted.token), setError);
  }, [workspace]);
  const snippet = { fetch: withFetch, module: withModule }[tab](url, token ?? "…");
  return html`
    <${Card} title="Point your page here" kind="sandbox-wide">
      <${Problem} error=${error} />
      <div class="page-values">
        <${Value} name="Base URL" value=${url} />
        <${Value}
          name="Token"
          value=${token ?? ""}
          hint="Good for 30 days. ${CALLER}@${workspace} is one, too, unless the mock takes none but signed ones."
        />
      </div>
      <${Tabs} tabs=${TABS} current=${tab} choose=${setTab} label="Snippet" />
      <div class="sandbox-snippet" role="tabpanel" aria-label="Snippet">
        <pre class="code" tabindex="0">${token ? snippet.replace(token, shortened(token)) : snippet}</pre>
        <${Copy} text=${snippet} label="Copy the snippet" />
      </div>
    </${Card}>
  `;
}

function Value({ name, value, hint }) {
  return html`
    <div class="page-value">
      <p><strong>${name}</strong></p>
      <code class="one-line" title=${value}>${value}</code>
      <${Copy} text=${value} label="Copy: ${name}" />
      ${hint && html`<p class="dim">${hint}</p>`}
    </div>
  `;
}

function shortened(token) {
  return token.length > 24 ? `${token.slice(0, 12)}…` : token;
}

function withFetch(url, token) {
  return `const api = ${JSON.stringify(url)};
const headers = { Authorization: "Bearer ${token}" };

const answer = await fetch(\`\${api}/conversations?size=20\`, { headers });
const { data, page } = await answer.json();
console.log(\`\${page.totalElements} conversations\`, data);`;
}

function withModule(url, token) {
  return `import { ConversationsClient, newMessage } from "${location.origin}/_mock/client.js";

const client = new ConversationsClient({
  url: ${JSON.stringify(url)},
  token: "${token}",
});
const { id } = await client.createConversation();
const stream = await client.streamMessage(id, newMessage("Hello!"));
for await (const event of stream) console.log(event.kind, event.data);`;
}
