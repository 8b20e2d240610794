// What happened to a message, in plain words. Pure.
import { count, duration } from "../../parts.js";

const REFUSALS = {
  conversationLocked: "A reply is still streaming in this conversation, and it takes one at a time. Wait for its end or stop it, then retry.",
  unauthenticated: "The API does not know who is calling: the token is missing, broken or too old.",
  forbidden: "The token is good, but for another workspace.",
  notFound: "For this caller there is no such conversation: it may belong to somebody else, or be gone.",
  validationFailed: "Something in the request is not as the contract wants it.",
  malformedRequest: "The request could not be read.",
  rateLimited: "Too many calls in a short time.",
  payloadTooLarge: "The message is larger than the server takes.",
  internalError: "The server failed.",
};

/** What an error of the client says: `{ status, code, text, said, fields }`, in our words and in those of the API. */
export function refusalOf(error) {
  const { status, code = null, body } = error;
  const said = typeof body?.error === "string" ? body.error : "";
  const byStatus = status >= 500 ? "The server, or something before it, failed to answer." : "The API refused the call.";
  const wait = error.retryAfterS ? ` Try again in ${duration(error.retryAfterS)}.` : "";
  return { status, code, said, text: (REFUSALS[code] ?? byStatus) + wait, fields: Array.isArray(body?.errors) ? body.errors : [] };
}

/** `3 words`, or `3 pieces` where the pieces of the stream were no words: `text` is what they were. */
export function amount(number, text) {
  const unit = text.split(/\s+/).filter(Boolean).length === number ? "word" : "piece";
  return count(number, unit);
}

/** What became of an attempt: `{ tone, text }`, or null where there is nothing to say. `kept` is what is listed. */
export function outcomeOf(attempt, kept) {
  switch (attempt.state) {
    case "stopped":
      return { tone: "info", text: stoppedText(attempt, kept) };
    case "broken":
      return { tone: "bad", text: `${brokenText(attempt)}${keptText(attempt, kept)}` };
    case "error":
      return { tone: "bad", text: `An error event ended the stream after ${amount(attempt.words, attempt.text)}: ${attempt.problem}` };
    case "done":
      if (kept && attempt.reply && kept.id !== attempt.reply.id) {
        return { tone: "warn", text: `The answer called this reply ${attempt.reply.id}; the list of messages calls it ${kept.id}.` };
      }
      return attempt.again ? { tone: "info", text: "The same id was sent again, and the reply of the first time came again. Nothing new was written." } : null;
    default:
      return null;
  }
}

/** How a reply came, for those who care: `first word after 310 ms · 42 words · 1.4 s`. */
export function paceOf({ how, firstMs, words, text, tookMs }) {
  const parts = [];
  if (how === "stream" && firstMs !== null) parts.push(`first word after ${duration(firstMs / 1000)}`);
  if (how === "stream" && words > 0) parts.push(amount(words, text));
  if (tookMs !== null) parts.push(how === "stream" ? duration(tookMs / 1000) : `one answer after ${duration(tookMs / 1000)}`);
  return parts.join(" · ");
}

/** An armed fault, in words. */
export function armedText({ fault, parameters, times, timesLeft }) {
  const often = timesLeft === 1 || times === 1 ? "The next stream" : "Streams";
  if (fault === "truncate") return `${often} will break off after ${parameters.after === 1 ? "one word" : `${parameters.after ?? 3} words`}.`;
  const shown = Object.entries(parameters).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
  return `A fault is armed: ${[fault, ...shown].join(", ")}.`;
}

/** A date and time as people read them. */
export function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.valueOf())) return text;
  return date.toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

function brokenText({ words, text, problem }) {
  return `${problem ?? "The stream"} broke off after ${amount(words, text)}; no final event came.`;
}

function keptText(attempt, kept) {
  if (!kept) return "";
  return kept.text === attempt.text ? " The server has kept this part." : " What you see is what the server has kept.";
}

function stoppedText(attempt, kept) {
  if (attempt.how === "whole") return "You stopped waiting. The server may still write its reply.";
  if (attempt.words === 0 && !kept) return "Stopped before the first word.";
  return `Stopped after ${amount(attempt.words, attempt.text)}. What had come is kept.`;
}
