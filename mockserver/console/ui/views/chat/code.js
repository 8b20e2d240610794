// A call of the API as code: the line for a shell, and JavaScript. Pure.

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} url
 * @property {unknown} [body] Undefined where the call has none.
 * @property {boolean} [streams] The answer comes event by event.
 */

/** What can be shown as code, in the order in which one meets it. */
export const ACTIONS = {
  createConversation: "Create a conversation",
  listConversations: "List the conversations",
  openMessageStream: "Send a message and stream the reply",
  sendMessage: "Send a message, get the reply as one answer",
  cancelMessageStream: "Stop the stream",
  listMessages: "List the messages",
  updateConversation: "Change the steering",
};

/** The call of an action; `api` is where the workspace's API begins. */
export function callOf(action, { api, conversation, message, steering, patch, page = 1, size = 20 }) {
  const one = `${api}/conversations/${encodeURIComponent(conversation ?? "CONVERSATION-ID")}`;
  const text = message ?? { id: "a-fresh-id", text: "Write a headline for a bakery", createdAt: "2026-05-01T09:00:00Z" };
  switch (action) {
    case "createConversation":
      return { method: "POST", url: `${api}/conversations`, body: steering && Object.keys(steering).length ? steering : {} };
    case "listConversations":
      return { method: "GET", url: `${api}/conversations?page=${page}&size=${size}` };
    case "openMessageStream":
      return { method: "POST", url: `${one}/message-streams`, body: text, streams: true };
    case "sendMessage":
      return { method: "POST", url: `${one}/messages`, body: text };
    case "cancelMessageStream":
      return { method: "DELETE", url: `${one}/message-streams` };
    case "listMessages":
      return { method: "GET", url: `${one}/messages?page=${page}&size=${size}` };
    case "updateConversation":
      return { method: "PATCH", url: one, body: patch ?? { personality: "A pirate with a degree in law", brandVoiceId: null } };
    default:
      throw new TypeError(`There is no action ${action}.`);
  }
}

/** The call as a line for a POSIX shell. */
export function curlOf(call, token) {
  const words = ["curl", ...(call.streams ? ["-N"] : []), ...(call.method === "GET" ? [] : ["-X", call.method]), quoted(call.url)];
  const lines = [words.join(" ")];
  for (const [name, value] of Object.entries(headersOf(call, token))) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  // Not `--data`: that would read a file where the text begins with @.
  if (call.body !== undefined) lines.push(`--data-raw ${quoted(json(call.body))}`);
  return lines.join(" \\\n  ");
}

/** The call as JavaScript, for a browser's console or for Node. */
export function fetchOf(call, token) {
  const options = [];
  if (call.method !== "GET") options.push(`  method: ${json(call.method)},`);
  options.push("  headers: {");
  for (const [name, value] of Object.entries(headersOf(call, token))) options.push(`    ${key(name)}: ${json(value)},`);
  options.push("  },");
  if (call.body !== undefined) options.push(`  body: JSON.stringify(${json(call.body, 2).replaceAll("\n", "\n  ")}),`);
  return [`const response = await fetch(${json(call.url)}, {`, ...options, "});", ...reading(call)].join("\n");
}

/** A long token with its middle left out, for the eye. */
export function shortened(code, token) {
  if (!token || token.length <= 40) return code;
  return code.replaceAll(token, `${token.slice(0, 12)}…${token.slice(-6)}`);
}

function headersOf({ body, streams }, token) {
  return {
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(streams ? { Accept: "text/event-stream" } : {}),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
}

function reading({ streams }) {
  if (!streams) return ["console.log(response.status, await response.json());"];
  return [
    "if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);",
    "const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();",
    "for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {",
    "  console.log(piece.value);",
    "}",
  ];
}

/** As one word of a shell: in single quotes nothing has a meaning but the quote itself. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function key(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : json(name);
}

/** As JSON, which is also a JavaScript literal; what a terminal or an editor might act upon or hide is escaped. */
function json(value, indent) {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
