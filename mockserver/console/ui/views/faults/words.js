// Faults in plain words. What is not in these lists is said by the name that the mock gives it.
import { count } from "../../parts.js";

const NAMES = {
  status: "Answer with an error",
  quota: "Limit the calls",
  "expired-token": "Token has expired",
  delay: "Answer late",
  "reset-before-headers": "Connection breaks before the answer",
  "reset-after-headers": "Connection breaks after the headers",
  "empty-reply": "No answer at all",
  "lost-answer": "Done, but the answer is lost",
  garbage: "Nonsense instead of HTTP",
  "html-error": "Error page of a gateway",
  error: "Reply ends with an error",
  truncate: "Break the stream",
  "end-early": "Stream ends too early",
  stall: "Stream stands still",
  reset: "Connection breaks in the stream",
  "duplicate-final": "Final event comes twice",
  "missing-final": "Final event is missing",
  "early-final": "Final event comes too early",
  "swap-deltas": "Two pieces change places",
  "duplicate-delta": "A piece comes twice",
  "wrong-id": "Final event with a wrong id",
  "token-expires": "Token expires in the stream",
  "unknown-event": "An unknown event in between",
  slow: "Write slowly",
  "first-token": "Think long before writing",
  bytes: "One byte at a time",
  "split-characters": "Characters cut in two",
  cr: "Lines end with CR",
  crlf: "Lines end with CR LF",
  lf: "One line at a time",
  "mixed-lines": "Line ends of all kinds",
  "multi-line": "Events over several lines",
  comments: "Comments everywhere",
  bom: "Byte order mark first",
  glued: "Several events in one piece",
  huge: "All pieces in one huge event",
  buffered: "Everything at once at the end",
  "ids-and-retry": "Events with ids and more fields",
  "no-space": "No blank after the colon",
  torture: "A mix of all these",
};

const PARAMETERS = {
  after: "After how many pieces",
  code: "Status",
  deltas: "Pieces that follow",
  distribution: "Drawn how",
  factor: "How many times slower",
  limit: "How many calls at once",
  ms: "Milliseconds",
  per_s: "Refilled in (seconds)",
  retry_after: "Retry-After (seconds)",
  seconds: "For how long (seconds)",
  spread: "Spread",
};

const SAID = {
  after: (value) => (value === 0 ? "before the first piece" : `after ${count(value, "piece")}`),
  code: (value) => `status ${value}`,
  deltas: (value) => `${count(value, "piece")} after it`,
  distribution: (value) => (value === "fixed" ? "" : value),
  factor: (value) => `${value} times slower`,
  limit: (value) => `${count(value, "call")} at once`,
  ms: (value) => `${value} ms`,
  per_s: (value) => `refilled in ${value} s`,
  retry_after: (value) => `try again after ${value} s`,
  seconds: (value) => `for ${value} s`,
  spread: () => "",
};

/** The groups of the catalogue: the stage, its title, and what its faults have in common. */
export const STAGES = [
  ["answer", "Any answer", "Whatever is called: errors, delays and broken connections."],
  ["stream", "What a stream sends", "Replies that are streamed: they break off, stand still, or come in the wrong order."],
  ["wire", "How it is sent on the wire", "The same events in another form. A correct client shows the same as ever."],
];

/** What the calls are for people. */
export const OPERATIONS = {
  createConversation: "Create a conversation",
  listConversations: "List the conversations",
  updateConversation: "Change the steering",
  sendMessage: "Send a message",
  listMessages: "List the messages",
  openMessageStream: "Stream a reply",
  cancelMessageStream: "Cancel a stream",
};

/** A fault's kind in words. */
export function nameOf(kind) {
  return NAMES[kind] ?? capital(kind);
}

/** A parameter's name in words. */
export function parameterName(name) {
  return PARAMETERS[name] ?? capital(name);
}

/** A name of the mock's as a title: `slow-model` is `Slow model`. */
export function capital(name) {
  return sentence(name.replaceAll(/[-_]/g, " "));
}

/** A text that begins with a capital letter. */
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the parameters of a fault come to. */
export function sayParameters(fault, parameters) {
  const said = Object.entries(parameters ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => SAID[name]?.(value) ?? `${capital(name).toLowerCase()} ${value}`);
  if (fault === "stall" && !parameters?.seconds) said.push("for ever");
  return said.filter(Boolean).join(", ");
}

/** The calls that a rule means, of a fault of that stage. */
export function sayWhere({ operation, caller, conversation, nth, streaming, text } = {}, stage = "answer") {
  const any = stage === "answer" ? (text ? "calls with a message" : "any call") : "any stream";
  const said = [operation ? `“${OPERATIONS[operation] ?? operation}”` : any];
  if (caller) said.push(`by ${caller}`);
  if (conversation) said.push(`in conversation ${conversation.slice(0, 8)}`);
  if (text && text !== ".") said.push(`that matches ${text}`);
  if (streaming === true) said.push("while a stream is live");
  if (streaming === false) said.push("while no stream is live");
  return said.join(" ") + (nth ? `, the ${ordinal(nth)} only` : "");
}

/** How often a rule that is to be armed hits. */
export function sayOften({ times, rate, seconds }) {
  const said = [];
  if (rate !== undefined && rate !== 1) said.push(`${Math.round(rate * 1000) / 10} % of them`);
  if (times === 1) said.push("once");
  else if (times) said.push(`${times} times`);
  else said.push(seconds ? "every time" : "until it is disarmed");
  if (seconds) said.push(`within ${seconds} s`);
  return said.join(", ");
}

function ordinal(number) {
  const ends = { one: "st", two: "nd", few: "rd", other: "th" };
  return `${number}${ends[new Intl.PluralRules("en", { type: "ordinal" }).select(number)]}`;
}
