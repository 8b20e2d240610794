// A conversation as one caller sees it: reads its pages, sends, stops, retries. Outlives the component that shows it, so
// that a reply streams on while one looks at another view.
import { ApiError, StreamTruncated, newMessage } from "../../../client.js";
import { EMPTY, PAGE_SIZE, isLive, liveTurn, newAttempt, reduce } from "./state.js";
import { refusalOf } from "./words.js";

const MOST_THREADS = 30;
const CLOSES_WITHIN_MS = 2500; // after a cancel
const FAR = 3; // pages that are read one by one before the thread jumps to the end

const threads = new Map();

/** The thread of a conversation for a session. The same one each time. */
export function threadOf(session, id) {
  const key = [session.workspace, session.key, id].join("\n");
  const thread = threads.get(key) ?? new Thread(id);
  thread.client = session.client;
  thread.workspace = session.workspace;
  threads.delete(key);
  threads.set(key, thread);
  if (threads.size > MOST_THREADS) {
    for (const [other, { listeners, state }] of threads) {
      if (threads.size <= MOST_THREADS) break;
      if (listeners.size === 0 && !liveTurn(state)) threads.delete(other);
    }
  }
  return thread;
}

/** The first words of a conversation, where they are known. */
export function titleOf(session, id) {
  const thread = threads.get([session.workspace, session.key, id].join("\n"));
  if (!thread) return null;
  const first = thread.state.pages[0]?.number === 1 ? thread.state.pages[0].data.find(({ source }) => source === "user") : null;
  return (first ?? thread.state.turns[0])?.text.slice(0, 80) ?? null;
}

/** The workspace is as new: nothing of what its threads know is true any more. */
export function forgetThreads(workspace) {
  for (const thread of threads.values()) {
    if (thread.workspace === workspace) thread.forget();
  }
}

class Thread {
  constructor(id) {
    this.id = id;
    this.client = null;
    this.state = EMPTY;
    this.listeners = new Set();
    this.aborts = new Map();
    this.pieces = new Map();
    this.overheard = null;
    this.frame = 0;
    this.stale = false;
    this.back = false; // whether one has scrolled back
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispatch(action) {
    this.state = reduce(this.state, action);
    for (const listener of [...this.listeners]) listener();
  }

  forget() {
    for (const abort of this.aborts.values()) abort.abort();
    this.dispatch({ type: "forgotten" });
    if (this.listeners.size) this.readNewest();
  }

  /** Read what is new at the end. */
  async readNewest() {
    if (this.state.busy) {
      this.stale = true;
      return;
    }
    this.stale = false;
    this.dispatch({ type: "reading", what: "newest" });
    try {
      const { pages, total } = await this.newestPages();
      this.dispatch({ type: "read", pages, total, back: this.back });
    } catch (error) {
      this.dispatch({ type: "unread", error });
      return;
    }
    if (this.stale) this.readNewest();
  }

  async newestPages() {
    const known = this.state.pages;
    let pages = known.slice(0, -1);
    let answer = await this.page(known.at(-1)?.number ?? 1);
    let last = Math.max(1, answer.page.totalPages);
    if (known.length === 0 || last < known.at(-1).number || last > known.at(-1).number + FAR) {
      pages = [];
      if (last !== answer.page.currentPage) answer = await this.page(last);
    }
    pages.push({ number: answer.page.currentPage, data: answer.data });
    for (let number = answer.page.currentPage + 1; number <= last; number++) {
      answer = await this.page(number);
      last = answer.page.totalPages;
      pages.push({ number, data: answer.data });
    }
    return { pages, total: answer.page.totalElements };
  }

  /** Read the page before the first one that is there. */
  async readOlder() {
    const first = this.state.pages[0]?.number ?? 1;
    if (this.state.busy || first <= 1) return;
    this.dispatch({ type: "reading", what: "older" });
    try {
      const answer = await this.page(first - 1);
      const pages = [{ number: first - 1, data: answer.data }, ...this.state.pages];
      this.dispatch({ type: "read", pages, total: answer.page.totalElements, older: true });
    } catch (error) {
      this.dispatch({ type: "unread", error });
    }
    if (this.stale) this.readNewest();
  }

  page(number) {
    return this.client.listMessages(this.id, { page: number, size: PAGE_SIZE });
  }

  /** Send a text as a new message. */
  send(text, how) {
    return this.attempt(newMessage(text), how, false);
  }

  /** Send a message again as it was: the API replays its reply, or makes one if there is none. */
  retry({ id, text }, how, answered) {
    const turn = this.state.turns.find((each) => each.id === id);
    if (turn && isLive(turn.attempts.at(-1))) return undefined;
    return this.attempt({ id, text, createdAt: turn?.createdAt ?? new Date().toISOString() }, how, answered);
  }

  async attempt(message, how, again) {
    const abort = new AbortController();
    const change = (values) => this.dispatch({ type: "changed", id: message.id, change: values });
    const began = performance.now();
    const current = () => this.state.turns.find(({ id }) => id === message.id)?.attempts.at(-1);
    this.aborts.set(message.id, abort);
    this.dispatch({ type: "sent", message, attempt: newAttempt(how, { again }) });
    let end;
    try {
      const ask = how === "stream" ? this.stream(message, abort.signal, began, change) : this.whole(message, abort.signal);
      end = await ask;
    } catch (error) {
      end = endOf(error);
    }
    this.aborts.delete(message.id);
    this.flush();
    const stopped = current()?.state === "stopping" && !["done", "refused"].includes(end.state);
    change({ ...end, ...(stopped ? { state: "stopped", problem: null } : {}), tookMs: performance.now() - began });
    if (end.state !== "refused") this.readNewest();
  }

  async whole(message, signal) {
    const reply = await this.client.sendMessage(this.id, message, { signal });
    return { state: "done", text: reply.text, reply };
  }

  async stream(message, signal, began, change) {
    const stream = await this.client.streamMessage(this.id, message, { signal });
    for await (const event of stream) {
      if (event.kind === "delta") this.take(message.id, event.data.delta, performance.now() - began);
      else if (event.kind === "message" && stream.message === event.data.message) {
        this.flush();
        change({ text: stream.message.text, reply: stream.message });
      }
    }
    if (stream.error && !stream.message) {
      return { state: "error", problem: `${stream.error.error}${stream.error.code ? ` (${stream.error.code})` : ""}` };
    }
    return { state: "done" };
  }

  /** Stop the reply that is coming. What came stays. */
  async stop() {
    const turn = liveTurn(this.state);
    if (!turn) {
      if (this.state.followed) await this.client.cancelStream(this.id); // it is the conversation's, whoever asked for it
      return;
    }
    const attempt = turn.attempts.at(-1);
    const abort = this.aborts.get(turn.id);
    this.dispatch({ type: "changed", id: turn.id, change: { state: "stopping" } });
    if (attempt.how === "whole") {
      abort.abort();
      return;
    }
    try {
      await this.client.cancelStream(this.id);
    } catch (error) {
      if (this.aborts.get(turn.id) === abort) this.dispatch({ type: "changed", id: turn.id, change: { state: attempt.state } });
      throw error;
    }
    // The server closes the stream; a call that it had not begun to answer is not ended by that.
    if (attempt.state === "waiting") abort.abort();
    else setTimeout(() => abort.abort(), CLOSES_WITHIN_MS);
  }

  /** Somebody else's stream in this conversation, word by word; null when it is over. */
  follow(stream) {
    this.overheard = null;
    this.dispatch({ type: "followed", followed: stream && { exchange: stream.exchange, caller: stream.caller, messageId: stream.messageId, text: stream.sent > 0 ? "… " : "", words: 0 } });
  }

  overhear(text) {
    this.overheard = { text: (this.overheard?.text ?? "") + text, words: (this.overheard?.words ?? 0) + 1 };
    this.later();
  }

  /** A piece of a reply: shown with the next frame, with all that came until then. */
  take(id, text, firstMs) {
    const piece = this.pieces.get(id);
    this.pieces.set(id, { text: (piece?.text ?? "") + text, words: (piece?.words ?? 0) + 1, firstMs: piece?.firstMs ?? firstMs });
    this.later();
  }

  later() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.flush());
  }

  flush() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.pieces.size) {
      const pieces = this.pieces;
      this.pieces = new Map();
      this.dispatch({ type: "came", pieces });
    }
    if (this.overheard) {
      const overheard = this.overheard;
      this.overheard = null;
      this.dispatch({ type: "overheard", ...overheard });
    }
  }
}

function endOf(error) {
  if (error instanceof ApiError) return { state: "refused", refusal: refusalOf(error) };
  if (error instanceof StreamTruncated) return { state: "broken", problem: error.cause ? "The connection" : "The stream" };
  if (error?.name === "StreamMalformed") return { state: "broken", problem: "The stream sent an event that the contract does not allow; it" };
  return { state: "failed", problem: "No answer came: the connection broke before it. Whether the message arrived nobody knows; the same id may be sent again without harm." };
}
