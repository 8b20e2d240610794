// The frame of the page: which workspace, which view, whether the mock is there, light or dark.
import { control, of } from "./control.js";
import { feed, useConnected, useResource } from "./feed.js";
import { html, useEffect, useLayoutEffect, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Notices, attempt } from "./notices.js";
import { go, hashOf, useRoute } from "./route.js";
import { Chat } from "./views/chat.js";
import { Faults } from "./views/faults.js";
import { Journal } from "./views/journal.js";
import { Live } from "./views/live.js";
import { Sandbox } from "./views/sandbox.js";
import { Verdict } from "./views/verdict.js";

const VIEWS = {
  chat: { title: "Chat", component: Chat },
  live: { title: "Live", component: Live, count: "liveStreams" },
  faults: { title: "Faults", component: Faults, count: "armedFaults" },
  journal: { title: "Journal", component: Journal },
  verdict: { title: "Verdict", component: Verdict, count: "findings" },
  sandbox: { title: "Sandbox", component: Sandbox },
};

const THEMES = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };

export function App() {
  const route = useRoute();
  const { workspace } = route;
  const view = VIEWS[route.view] ?? VIEWS.chat;
  const shown = VIEWS[route.view] ? route.view : "chat";
  useEffect(() => feed.follow(workspace), [workspace]);
  useEffect(() => {
    document.title = `${view.title} · ${workspace} · Conversations mock`;
  }, [view, workspace]);
  const state = useResource(of(workspace), {
    on: ["stream", "armed", "exchange", "workspace"],
    everyMs: 1000,
    keep: true,
  });
  const unknown = state.error?.status === 404;

  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${hashOf({ workspace, view: "chat" })}><span class="logo" aria-hidden="true"></span>Conversations <em>mock</em></a>
      <${WorkspacePicker} workspace=${workspace} view=${shown} />
      <${Connection} />
      <${Theme} />
    </header>
    <nav class="views" aria-label="Views">
      ${Object.entries(VIEWS).map(
        ([name, { title, count }]) => html`
          <a key=${name} href=${hashOf({ workspace, view: name })} aria-current=${name === shown ? "page" : undefined}>
            <${Icon} name=${name} /><span>${title}</span>
            ${count && state.data?.[count] > 0 && html`<span class="count">${state.data[count]}</span>`}
          </a>
        `,
      )}
      <a class="docs" href="/docs/" target="_blank" rel="noopener"><${Icon} name="code" /><span>API docs</span></a>
    </nav>
    <main id="main" tabindex="-1" class="view-${shown}">
      <h1 class="unseen">${view.title}</h1>
      ${unknown
        ? html`<${UnknownWorkspace} workspace=${workspace} created=${state.reload} />`
        : html`<${view.component} key=${`${workspace}/${shown}`} workspace=${workspace} detail=${route.detail} />`}
    </main>
    <${Notices} />
  `;
}

function UnknownWorkspace({ workspace, created }) {
  const create = () => attempt(() => control("POST", "/workspaces", { name: workspace, tokens: 0 })).then(created);
  return html`
    <div class="empty tall">
      <p><strong>There is no workspace ${workspace} yet.</strong></p>
      <p>It comes with the first call that names it, or now.</p>
      <p><button type="button" class="primary" onClick=${create}>Create ${workspace}</button></p>
    </div>
  `;
}

function WorkspacePicker({ workspace, view }) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const list = useResource(open ? "/workspaces?size=100" : null, { on: ["workspace"] });
  const choose = (name) => {
    setOpen(false);
    setTyped("");
    go({ workspace: name, view });
  };
  const create = async () => {
    const made = await attempt(() => control("POST", "/workspaces", typed ? { name: typed } : {}));
    if (made) choose(made.name);
  };
  const found = (list.data?.data ?? []).filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()));
  return html`
    <div class="picker" onKeyDown=${(event) => event.key === "Escape" && setOpen(false)}>
      <button type="button" aria-expanded=${String(open)} aria-label="Workspace ${workspace}: choose another" onClick=${() => setOpen(!open)}>
        <span class="dim">Workspace</span> <strong>${workspace}</strong>
      </button>
      ${open &&
      html`
        <div class="sheet">
          <label class="unseen" for="workspace-name">Find or name a workspace</label>
          <input id="workspace-name" ref=${focus} placeholder="Find, or name a new one" value=${typed} onInput=${(event) => setTyped(event.target.value.trim())} onKeyDown=${(event) => event.key === "Enter" && found.length && choose(found[0].name)} />
          <ul>
            ${found.map(
              ({ name, conversations, liveStreams }) => html`
                <li key=${name}>
                  <button type="button" class="plain" onClick=${() => choose(name)}>
                    <strong>${name}</strong><span class="dim">${conversations} conversations${liveStreams ? `, ${liveStreams} live` : ""}</span>
                  </button>
                </li>
              `,
            )}
          </ul>
          <button type="button" class="primary wide" onClick=${create}>${typed ? `Create ${typed}` : "Create one of its own name"}</button>
        </div>
      `}
    </div>
  `;
}

function Connection() {
  const connected = useConnected();
  const text = connected ? "Live" : "Not connected";
  return html`<span class="connection ${connected ? "on" : "off"}" role="status" title=${connected ? "The page follows the mock." : "The mock does not answer; the page tries again by itself."}>${text}</span>`;
}

function Theme() {
  const [theme, setTheme] = useState(() => read("theme") ?? "auto");
  useLayoutEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    write("theme", theme);
  }, [theme]);
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(theme) + 1) % names.length];
  return html`
    <button type="button" class="plain square" aria-label=${THEMES[theme]} title=${THEMES[theme]} onClick=${() => setTheme(next)}>
      <${Icon} name=${THEME_ICONS[theme]} />
    </button>
  `;
}

function skip(event) {
  event.preventDefault(); // the hash is the place in the page
  document.getElementById("main").focus();
}

function focus(element) {
  element?.focus();
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
}
