// What the journal's names are called in words. Pure.

export const OPERATIONS = {
  createConversation: "Create a conversation",
  listConversations: "List conversations",
  updateConversation: "Change the steering",
  sendMessage: "Send a message",
  listMessages: "List messages",
  openMessageStream: "Stream a reply",
  cancelMessageStream: "Cancel the stream",
};

/** What a request wanted, in words. */
export function nameOperation(operation, method) {
  return OPERATIONS[operation] ?? operation ?? `Unknown ${method} call`;
}

/** How a call ended, in a word or two; `` for an ordinary answer. */
export function nameOutcome({ outcome, complete, faults = [] }) {
  if (!complete) return "going on";
  if (outcome === "cut") return { "end-early": "ended early", reset: "reset", truncate: "truncated" }[lastCut(faults)] ?? "cut";
  return { answered: "", finished: "done", "client gone": "client left", shutdown: "server stopped" }[outcome] ?? outcome ?? "";
}

/** How good that is: a badge's tone. */
export function toneOfOutcome({ outcome, complete }) {
  if (!complete) return "info";
  return { finished: "good", answered: "good", cancelled: "plain" }[outcome] ?? (outcome === "client gone" ? "warn" : "bad");
}

/** The fault that cut the answer short, if one did. */
export function lastCut(faults) {
  return faults.map(({ kind }) => kind).findLast((kind) => ["end-early", "reset", "truncate"].includes(kind));
}

const SOURCES = {
  prefer: "the request's Prefer header",
  query: "the request's query",
  text: "the text of the message",
  token: "the token, which was made to die in the middle of a stream",
  control: "a rule armed through the control plane",
  console: "a rule armed in this console",
};

/** Who asked for a fault. */
export function nameSource({ source, ruleId }) {
  const scenario = /^scenario (.+)$/.exec(source ?? "");
  const name = scenario ? `the scenario ${scenario[1]}` : (SOURCES[source] ?? source ?? "somebody");
  return ruleId && !scenario ? `${name} (${ruleId})` : name;
}

const CREDENTIALS = {
  none: "There was no token at all.",
  expired: "The token has expired.",
  dead: "The token was made to stop working.",
  forbidden: "The token is good, but for another workspace.",
  invalid: "What came is no token of this API.",
};

/** What was wrong with the token; null of a good one. */
export function nameCredential(credential) {
  return CREDENTIALS[credential] ?? null;
}

/** A path without what all paths begin with, and with ids cut to a length that can be read. */
export function shortPath(path) {
  return path
    .replace(/^\/api\/v1\/workspaces\/[^/]+/, "")
    .replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "$1…") || "/";
}

/** An id short enough for a row. */
export function shortId(id) {
  return id && id.length > 13 ? `${id.slice(0, 8)}…` : id;
}

/** Milliseconds by the wall, as people read them. */
export function inMs(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`;
}
