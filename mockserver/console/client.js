// A client of the Conversations API, and of the control plane of its mock. One file without dependencies, for pages,
// for tests and for Node 20 and later. Types: client.d.ts, made from the comments here.

/** @typedef {import("./api.js").components["schemas"]} Api The contract's schemas. */
/** @typedef {import("./control.js").components["schemas"]} Control Those of the control plane. */
/** @typedef {Api["Message"]} Message */
/** @typedef {Api["Conversation"]} Conversation */
/** @typedef {Api["UserMessage"]} UserMessage */
/** @typedef {Api["SteeringPatch"]} Patch */
/** @typedef {"personality" | "brandVoiceId" | "targetAudienceId"} Steering One of them is in every patch. */
/** @typedef {{[Field in Steering]: Patch & Required<Pick<Patch, Field>>}[Steering]} SteeringPatch */

/** @typedef {{kind: string, id: string, raw: string}} ParsedEvent One Server-Sent Event; `raw` is its data as text. */
/**
 * @typedef {object} EventParser
 * @property {(text: string) => ParsedEvent[]} feed Takes the next piece of text; the events that it completes.
 * @property {() => string} lastEventId The id to resume from: that of the last complete event.
 * @property {() => number | null} retryMs How long to wait before a reconnection; null where nothing was said.
 */

/** @typedef {{kind: "delta", id: string, raw: string, data: Api["DeltaData"]}} DeltaEvent */
/** @typedef {{kind: "message", id: string, raw: string, data: Api["MessageData"]}} MessageEvent */
/** @typedef {{kind: "error", id: string, raw: string, data: Api["ErrorData"]}} ErrorEvent */
/** @typedef {import("./api.js").UnknownKind} UnknownKind A string, which for TypeScript is none of the kinds above. */
/** @typedef {{kind: UnknownKind, id: string, raw: string, data: unknown}} UnknownEvent Of no kind of the contract. */
/** @typedef {DeltaEvent | MessageEvent | ErrorEvent | UnknownEvent} StreamEvent */

/** @typedef {{signal?: AbortSignal | undefined, headers?: Record<string, string> | undefined}} CallOptions */
/** @typedef {{page?: number | undefined, size?: number | undefined}} PageQuery Pages count from 1. */
/** @typedef {(url: string, init?: RequestInit) => Promise<Response>} Fetch */
/** @typedef {string | (() => string | Promise<string>)} TokenSource A token, or what gives one for each call. */

// ---------------------------------------------------------------------------------------------------------------------
// Server-Sent Events

/**
 * A parser of Server-Sent Events after the WHATWG standard, for text in pieces of any size. Pure.
 *
 * @returns {EventParser}
 */
export function parseEvents() {
  let begun = false;
  let afterCr = false;
  let line = "";
  let kind = "";
  /** @type {string[]} */
  let data = [];
  let id = "";
  let lastEventId = "";
  /** @type {number | null} */
  let retryMs = null;

  /** @returns {ParsedEvent | null} */
  function dispatch() {
    lastEventId = id;
    const event = data.length > 0 ? { kind: kind || "message", id, raw: data.join("\n") } : null;
    kind = "";
    data = [];
    return event;
  }

  /** @param {string} text */
  function takeField(text) {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") data.push(value);
    else if (name === "event") kind = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) retryMs = Number(value);
    // Anything else, and a comment, whose name is empty, says nothing.
  }

  return {
    feed(text) {
      /** @type {ParsedEvent[]} */
      const events = [];
      if (text === "") return events;
      if (!begun && text[0] === "\uFEFF") text = text.slice(1);
      else if (afterCr && text[0] === "\n") text = text.slice(1);
      begun = true;
      let from = 0;
      for (const end of text.matchAll(/\r\n?|\n/g)) {
        line += text.slice(from, end.index);
        from = end.index + end[0].length;
        const event = line === "" ? dispatch() : takeField(line);
        line = "";
        if (event) events.push(event);
      }
      line += text.slice(from);
      // A CR ends its line at once, for what follows may never come; an LF that does belongs to it.
      afterCr = text.endsWith("\r");
      return events;
    },
    lastEventId: () => lastEventId,
    retryMs: () => retryMs,
  };
}

/** The events of a body, a piece of it at a time. */
class EventReader {
  #reader;
  // The parser takes the byte order mark away: one, as the standard says, rather than one here and one there.
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  parser = parseEvents();

  /** @param {ReadableStream<Uint8Array>} body */
  constructor(body) {
    this.#reader = body.getReader();
  }

  /**
   * The events that the next piece completes, maybe none; null at the end.
   *
   * @returns {Promise<ParsedEvent[] | null>}
   */
  async read() {
    const { done, value } = await this.#reader.read();
    return done ? null : this.parser.feed(this.#decoder.decode(value, { stream: true }));
  }

  /** Closes the connection. A read that waits ends as if the body had. */
  async cancel() {
    await this.#reader.cancel().catch(() => undefined);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors

/** A call was refused, or answered with what is no answer to it. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {unknown} body The body as JSON, or as text where it is none.
   * @param {{message?: string | undefined, retryAfterS?: number | null | undefined}} [more]
   */
  constructor(status, body, { message, retryAfterS = null } = {}) {
    super(message ?? describeRefusal(status, body));
    this.name = "ApiError";
    this.status = status;
    this.body = body;
    /** For programs, such as `conversationLocked`. @type {string | null} */
    this.code = textField(body, "code");
    /** After how many seconds to try again. @type {number | null} */
    this.retryAfterS = retryAfterS;
  }

  /**
   * What a response says of a refusal. Reads its body.
   *
   * @param {Response} response
   * @param {string} [message]
   */
  static async of(response, message) {
    const text = await response.text().catch(() => "");
    const retryAfterS = readRetryAfter(response.headers.get("retry-after"));
    return new ApiError(response.status, parseJson(text) ?? text, { message, retryAfterS });
  }
}

/** A stream ended before its final event. `cause` is what broke it, where the connection did not just close. */
export class StreamTruncated extends Error {
  /**
   * @param {number} events How many came.
   * @param {string} text What came of the reply.
   * @param {unknown} [cause]
   */
  constructor(events, text, cause) {
    super(`The stream ended after ${events} events without a final one.`, cause === undefined ? undefined : { cause });
    this.name = "StreamTruncated";
    this.events = events;
    this.text = text;
  }
}

/** An event of a kind of the contract has data that the contract does not allow. */
export class StreamMalformed extends Error {
  /** @param {ParsedEvent} event */
  constructor(event) {
    super(`A ${event.kind} event has data that is none: ${event.raw.slice(0, 200)}`);
    this.name = "StreamMalformed";
    this.event = event;
  }
}

/** Calls were not made as expected; the message tells the nearest miss. */
export class VerificationFailed extends Error {
  /** @param {Control["VerificationResult"]} result */
  constructor(result) {
    super(result.message);
    this.name = "VerificationFailed";
    this.result = result;
  }
}

/** A client is not clean; the message tells each finding, its exchanges, and what to do instead. */
export class NotClean extends Error {
  /** @param {CallersFinding[]} findings */
  constructor(findings) {
    const many = findings.length === 1 ? "1 thing" : `${findings.length} things`;
    super([`The client did ${many} wrong:`, ...findings.map(describeFinding)].join("\n"));
    this.name = "NotClean";
    this.findings = findings;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Streams of replies

/** @type {Record<string, (data: any) => boolean>} */
const FITS = {
  delta: (data) => typeof data?.delta === "string",
  message: (data) => typeof data?.message?.text === "string",
  error: (data) => typeof data?.error === "string",
};

/**
 * The events of a reply that is streamed, to be read with `for await`. To break out of the loop closes the connection.
 *
 * @implements {AsyncIterableIterator<StreamEvent>}
 */
export class MessageStream {
  /** @type {EventReader | null} */
  #reader = null;
  /** @type {Response | null} */
  #refused = null;
  #signal;
  #onAbort = () => void this.#reader?.cancel();
  /** @type {ParsedEvent[]} */
  #waiting = [];
  /** @type {Promise<unknown>} */
  #before = Promise.resolve();
  #over = false;
  #deltas = "";

  /** How many events came so far. */
  events = 0;
  /** The reply, once its final event has come. @type {Message | null} */
  message = null;
  /** Why there is no reply, once an `error` event has come. @type {Api["ErrorData"] | null} */
  error = null;

  /**
   * @param {Response} response
   * @param {{signal?: AbortSignal | undefined}} [options]
   */
  constructor(response, { signal } = {}) {
    this.response = response;
    this.#signal = signal;
    if (response.ok && response.body && isEventStream(response)) this.#reader = new EventReader(response.body);
    else this.#refused = response;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The text of the reply so far: its deltas, or the whole of it once the final event has come. */
  get text() {
    return this.message ? this.message.text : this.#deltas;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /**
   * The next event.
   *
   * @returns {Promise<IteratorResult<StreamEvent, undefined>>}
   */
  next() {
    const next = this.#before.then(() => this.#next());
    this.#before = next.catch(() => undefined);
    return next;
  }

  /**
   * Closes the connection, also while `next` waits, which then says that it is done.
   *
   * @returns {Promise<IteratorResult<StreamEvent, undefined>>}
   */
  async return() {
    await this.#close();
    return { done: true, value: undefined };
  }

  /** @returns {Promise<IteratorResult<StreamEvent, undefined>>} */
  async #next() {
    try {
      return await this.#read();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** @returns {Promise<IteratorResult<StreamEvent, undefined>>} */
  async #read() {
    while (!this.#over) {
      this.#signal?.throwIfAborted();
      const event = this.#waiting.shift();
      if (event) return { done: false, value: this.#take(event) };
      if (!this.#reader) throw await refusalOf(/** @type {Response} */ (this.#refused));
      /** @type {ParsedEvent[] | null} */
      let events = null;
      /** @type {unknown} */
      let cause;
      try {
        events = await this.#reader.read();
      } catch (error) {
        cause = error;
      }
      if (this.#over) break;
      this.#signal?.throwIfAborted();
      if (events) {
        this.#waiting = events;
        continue;
      }
      // Whoever gave fetch a signal of his own knows that it was he.
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      if (!this.message && !this.error) throw new StreamTruncated(this.events, this.text, cause);
      await this.#close();
    }
    return { done: true, value: undefined };
  }

  /**
   * @param {ParsedEvent} parsed
   * @returns {StreamEvent}
   */
  #take(parsed) {
    const data = parseJson(parsed.raw);
    if (Object.hasOwn(FITS, parsed.kind) && !FITS[parsed.kind]?.(data)) throw new StreamMalformed(parsed);
    const event = /** @type {StreamEvent} */ ({ ...parsed, data });
    this.events += 1;
    if (event.kind === "delta") this.#deltas += event.data.delta;
    else if (event.kind === "message") this.message ??= event.data.message;
    else if (event.kind === "error") this.error ??= event.data;
    return event;
  }

  async #close() {
    this.#over = true;
    this.#waiting = [];
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await (this.#reader ? this.#reader.cancel() : this.#refused?.body?.cancel().catch(() => undefined));
  }
}

/**
 * The events of the reply that a response of `fetch` streams.
 *
 * While it is read it throws `ApiError` (the response is no stream), `StreamTruncated` (it ended too early),
 * `StreamMalformed`, or the reason of the signal. Kinds of events that the contract does not know are given as they
 * come, and an `error` event is an event: it is not thrown.
 *
 * @param {Response} response
 * @param {{signal?: AbortSignal | undefined}} [options] To abort closes the connection.
 */
export function openStream(response, options) {
  return new MessageStream(response, options);
}

// ---------------------------------------------------------------------------------------------------------------------
// The Conversations API

/**
 * A message to send: with a fresh id and the time of now. Sent again as it is, it never makes a second turn.
 *
 * @param {string} text
 * @returns {UserMessage}
 */
export function newMessage(text) {
  return { id: randomId(), text, createdAt: new Date().toISOString() };
}

/** The Conversations API in one workspace, for one caller. Every method throws `ApiError` where it is refused. */
export class ConversationsClient {
  #token;
  #fetch;

  /**
   * @param {object} settings
   * @param {string} settings.url Where the workspace's API begins: `http://127.0.0.1:8080/api/v1/workspaces/demo`.
   * @param {TokenSource} [settings.token]
   * @param {Fetch | undefined} [settings.fetch]
   */
  constructor({ url, token, fetch = plainFetch }) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = fetch;
  }

  /**
   * @param {Api["ConversationCreate"]} [steering]
   * @param {CallOptions} [options]
   * @returns {Promise<Conversation>}
   */
  createConversation(steering, options) {
    return this.#json("POST", "/conversations", { ...options, body: steering });
  }

  /**
   * One page of the caller's conversations, the newest first.
   *
   * @param {PageQuery & CallOptions} [options]
   * @returns {Promise<Api["ConversationPage"]>}
   */
  listConversations({ page, size, ...options } = {}) {
    return this.#json("GET", "/conversations", { ...options, query: { page, size } });
  }

  /**
   * The reply, in one piece.
   *
   * @param {string} conversationId
   * @param {UserMessage} message
   * @param {CallOptions} [options]
   * @returns {Promise<Message>}
   */
  sendMessage(conversationId, message, options) {
    return this.#json("POST", `${conversationPath(conversationId)}/messages`, { ...options, body: message });
  }

  /**
   * The reply as a stream of events, once the server has begun to answer. The signal closes the connection, then too.
   *
   * @param {string} conversationId
   * @param {UserMessage} message
   * @param {CallOptions} [options]
   * @returns {Promise<MessageStream>}
   */
  async streamMessage(conversationId, message, options = {}) {
    const headers = { Accept: "text/event-stream", ...options.headers };
    const path = `${conversationPath(conversationId)}/message-streams`;
    const response = await this.#call("POST", path, { ...options, headers, body: message });
    if (!isEventStream(response)) throw await refusalOf(response);
    return openStream(response, { signal: options.signal });
  }

  /**
   * Ends the conversation's stream; what it has said is kept. With `keepalive` also while the page goes.
   *
   * @param {string} conversationId
   * @param {CallOptions & {keepalive?: boolean | undefined}} [options]
   * @returns {Promise<Api["Nothing"]>}
   */
  cancelStream(conversationId, options) {
    return this.#json("DELETE", `${conversationPath(conversationId)}/message-streams`, options);
  }

  /**
   * One page of a conversation's messages, the oldest first.
   *
   * @param {string} conversationId
   * @param {PageQuery & CallOptions} [options]
   * @returns {Promise<Api["MessagePage"]>}
   */
  listMessages(conversationId, { page, size, ...options } = {}) {
    return this.#json("GET", `${conversationPath(conversationId)}/messages`, { ...options, query: { page, size } });
  }

  /**
   * Changes what steers a conversation: a value sets, null clears, a field left out stays.
   *
   * @param {string} conversationId
   * @param {SteeringPatch} patch
   * @param {CallOptions} [options]
   * @returns {Promise<Api["Nothing"]>}
   */
  patchSteering(conversationId, patch, options) {
    return this.#json("PATCH", conversationPath(conversationId), { ...options, body: patch });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Call} [call]
   */
  async #json(method, path, call) {
    return (await this.#call(method, path, call)).json();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Call} [call]
   */
  async #call(method, path, call = {}) {
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    const headers = { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...call.headers };
    return request(this.#fetch, method, this.url + path, { ...call, headers });
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The control plane of the mock

/** @typedef {Control["Finding"] & {caller: string | null, workspace?: string}} CallersFinding */
/**
 * @typedef {object} RuleOptions
 * @property {Record<string, unknown>} [parameters] Those of the fault; they may stand beside these, too.
 * @property {Control["Rule"]["where"]} [where] Which calls it hits.
 * @property {number | null} [times] It hits so many calls; null: until it is disarmed.
 * @property {number} [rate] The share of the calls that it hits.
 * @property {number | null} [seconds] For so long, by the workspace's clock.
 */
/** @typedef {NonNullable<import("./control.js").operations["listExchanges"]["parameters"]["query"]>} JournalQuery */
/** @typedef {{rate?: number, freeze?: boolean, set?: string, nowS?: number}} ClockChange */

/** The control plane of a mock server. Every method throws `ApiError` where it is refused. */
export class MockControl {
  #fetch;

  /**
   * @param {object} [settings]
   * @param {string} [settings.url] The mock's, such as `http://127.0.0.1:8080`; not needed where it served this module.
   * @param {Fetch | undefined} [settings.fetch]
   */
  constructor({ url = servedBy(), fetch = plainFetch } = {}) {
    this.url = url.replace(/\/+$/, "");
    this.#fetch = fetch;
  }

  /**
   * Any operation, by its path below `/_mock`: the answer as JSON, as text, or undefined where there is none.
   *
   * @template [Answer=any]
   * @param {string} method
   * @param {string} path
   * @param {{body?: unknown, query?: object | undefined, signal?: AbortSignal | undefined}} [call]
   * @returns {Promise<Answer>}
   */
  async call(method, path, call) {
    const response = await request(this.#fetch, method, `${this.url}/_mock${path}`, call);
    const text = await response.text();
    const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
    return /** @type {any} */ (isJson ? JSON.parse(text) : text || undefined);
  }

  /**
   * All elements of a list, page after page.
   *
   * @template [Element=any]
   * @param {string} path
   * @param {object} [query]
   * @returns {Promise<Element[]>}
   */
  async allPages(path, query) {
    const found = [];
    for (let page = 1; ; page++) {
      const answer = await this.call("GET", path, { query: { ...query, page, size: 100 } });
      found.push(...answer.data);
      if (page >= answer.page.totalPages) return found;
    }
  }

  /**
   * A workspace of that name, created unless it is there; without a name a fresh one, which nobody else has.
   *
   * @param {string} [name]
   * @returns {Promise<MockWorkspace>}
   */
  async workspace(name) {
    const created = await this.call("POST", "/workspaces", { body: { tokens: 0, ...(name ? { name } : {}) } });
    return new MockWorkspace(this, created);
  }

  /** @returns {Promise<Control["Workspace"][]>} */
  workspaces() {
    return this.allPages("/workspaces");
  }

  /** The catalogue of faults. @returns {Promise<Control["FaultKind"][]>} */
  async faultKinds() {
    return (await this.call("GET", "/faults")).kinds;
  }

  /** The scenarios that can be started. @returns {Promise<Control["Scenario"][]>} */
  async scenarios() {
    return (await this.call("GET", "/scenarios")).scenarios;
  }

  /** The kinds of tokens that are refused. @returns {Promise<{kind: string, summary: string}[]>} */
  async badTokenKinds() {
    return (await this.call("GET", "/tokens")).kinds;
  }

  /**
   * Tells what happens in the server, until the signal is aborted; see the function `follow`.
   *
   * @param {(event: FeedEvent) => void} onEvent
   * @param {Omit<FollowOptions, "url" | "fetch">} [options]
   */
  follow(onEvent, options) {
    return follow(onEvent, { ...options, url: this.url, fetch: this.#fetch });
  }
}

/** One workspace of a mock server: the sandbox of a test. */
export class MockWorkspace {
  #control;

  /**
   * @param {MockControl} control
   * @param {{name: string, url: string}} facts
   */
  constructor(control, { name, url }) {
    this.#control = control;
    /** Its name, which is the `workspaceId` of the API. */
    this.name = name;
    /** Where its API begins. */
    this.url = url;
  }

  /**
   * A token of a caller.
   *
   * @param {string} [caller]
   * @param {Omit<Control["TokenRequest"], "caller" | "bad">} [options]
   * @returns {Promise<string>}
   */
  async token(caller = "demo", options) {
    return (await this.#call("POST", "/tokens", { ...options, caller })).token;
  }

  /**
   * A token that is refused: `expired`, `tampered`, `wrong-workspace`, ...; `badTokenKinds` has all.
   *
   * @param {string} kind
   * @param {string} [caller]
   * @returns {Promise<string>}
   */
  async badToken(kind, caller = "demo") {
    return (await this.#call("POST", "/tokens", { caller, bad: kind })).token;
  }

  /** Makes all tokens good again that died on cue. */
  async revive() {
    await this.#call("DELETE", "/tokens");
  }

  /**
   * A client of the API for a caller. Its token is minted with its first call, unless one is given.
   *
   * @param {string} [caller]
   * @param {{token?: TokenSource, fetch?: Fetch | undefined}} [options]
   */
  client(caller = "demo", { token, fetch } = {}) {
    /** @type {Promise<string> | undefined} */
    let minted;
    const mint = () => {
      minted ??= this.token(caller);
      minted.catch(() => (minted = undefined));
      return minted;
    };
    return new ConversationsClient({ url: this.url, token: token ?? mint, fetch });
  }

  /**
   * Arms a fault: `arm("truncate", { after: 3, times: 2, where: { caller: "alice" } })`. It hits one call unless
   * `times` or `seconds` says otherwise.
   *
   * @param {string} fault
   * @param {RuleOptions & {[parameter: string]: unknown}} [options]
   * @returns {Promise<Control["ArmedFault"]>}
   */
  arm(fault, options = {}) {
    if (fault === "stall" && "seconds" in options && !options.parameters) {
      throw new TypeError("Both stall and a rule have `seconds`. Say which: parameters: { seconds: 20 }.");
    }
    const { parameters, where, times, rate, seconds, ...others } = options;
    const rule = { fault, parameters: { ...others, ...parameters }, where, times, rate, seconds };
    return this.#call("POST", "/faults", rule);
  }

  /** The faults that are armed, with how often each has fired. @returns {Promise<Control["ArmedFault"][]>} */
  async faults() {
    return (await this.#call("GET", "/faults")).faults;
  }

  /**
   * Disarms one fault, or all.
   *
   * @param {string} [id]
   */
  async disarm(id) {
    await this.#call("DELETE", id === undefined ? "/faults" : `/faults/${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} name
   * @returns {Promise<Control["StartedScenario"]>}
   */
  startScenario(name) {
    return this.#call("POST", `/scenarios/${encodeURIComponent(name)}`);
  }

  /** @param {string} name */
  async stopScenario(name) {
    await this.#call("DELETE", `/scenarios/${encodeURIComponent(name)}`);
  }

  /**
   * The streams that are live, the oldest first; with `wait` as soon as there are so many.
   *
   * @param {{wait?: number, timeoutS?: number}} [query]
   * @returns {Promise<Control["LiveStream"][]>}
   */
  async streams(query) {
    return (await this.#call("GET", "/streams", undefined, query)).streams;
  }

  /**
   * The newest stream, as soon as so many are live. Throws if there are not, after `timeoutS` seconds.
   *
   * @param {number} [count]
   * @param {number} [timeoutS]
   * @returns {Promise<Control["LiveStream"]>}
   */
  async waitForStream(count = 1, timeoutS = 10) {
    const live = await this.streams({ wait: count, timeoutS });
    const newest = live.at(-1);
    if (newest && live.length >= count) return newest;
    throw new Error(`${live.length} streams are live in ${this.name} after ${timeoutS} s, not ${count}.`);
  }

  /**
   * Holds every stream that is opened from now on after so many events; null: none.
   *
   * @param {number | null} [after]
   */
  hold(after = 0) {
    return this.configure({ holdAfter: after });
  }

  /**
   * Holds one live stream: it sends nothing after event number `after`; without one, from now on.
   *
   * @param {number} stream
   * @param {number} [after]
   * @returns {Promise<Control["LiveStream"]>}
   */
  holdStream(stream, after) {
    return this.#call("POST", `/streams/${stream}/hold`, after === undefined ? {} : { after });
  }

  /**
   * Sends the next events of a stream at once, then holds it; they have been sent when this is answered.
   *
   * @param {number} stream
   * @param {number} [events]
   * @returns {Promise<{stepped: number, sent: number, ended: boolean}>}
   */
  step(stream, events = 1) {
    return this.#call("POST", `/streams/${stream}/step`, { events });
  }

  /**
   * Lets a stream go on as if it had never been held.
   *
   * @param {number} stream
   * @returns {Promise<Control["LiveStream"]>}
   */
  release(stream) {
    return this.#call("POST", `/streams/${stream}/release`);
  }

  /**
   * Ends a stream now: cut, with a TCP reset, or as if it were complete.
   *
   * @param {number} stream
   * @param {"truncate" | "reset" | "end"} [how]
   * @returns {Promise<Control["LiveStream"]>}
   */
  kill(stream, how = "truncate") {
    return this.#call("POST", `/streams/${stream}/kill`, { how });
  }

  /**
   * The clock of the workspace, after a change if there is one: `{freeze: true}`, `{freeze: false}`, `{rate: 60}`,
   * `{set: "2026-12-24T18:00:00Z"}`.
   *
   * @param {ClockChange} [change]
   * @returns {Promise<Control["Clock"]>}
   */
  clock(change) {
    if (change === undefined) return this.#call("GET", "/clock");
    const { freeze, ...others } = change;
    return this.#call("PATCH", "/clock", freeze === undefined ? others : { rate: freeze ? 0 : 1, ...others });
  }

  /**
   * Puts the clock forward: what is due by then is due now.
   *
   * @param {number} seconds
   * @returns {Promise<Control["Clock"]>}
   */
  advance(seconds) {
    return this.#call("POST", "/clock/advance", { seconds });
  }

  /** How replies are paced. @returns {Promise<Control["Configuration"]>} */
  configuration() {
    return this.#call("GET", "/configuration");
  }

  /**
   * Changes how replies are paced: `speed`, `firstTokenMs`, `tokensPerSecond`, `jitter`, `keepAliveS`, `holdAfter`.
   *
   * @param {Control["ConfigurationChange"]} changes
   * @returns {Promise<Control["Configuration"]>}
   */
  configure(changes) {
    return this.#call("PATCH", "/configuration", changes);
  }

  /** All callers' conversations, the newest first. @returns {Promise<Control["Conversation"][]>} */
  conversations() {
    return this.#control.allPages(this.#path("/conversations"));
  }

  /**
   * All that is known of a conversation: steering, last patch, lock, messages, turns.
   *
   * @param {string} id
   * @param {PageQuery} [page] Of its messages.
   * @returns {Promise<Control["ConversationState"]>}
   */
  conversation(id, page) {
    return this.#call("GET", `/conversations/${encodeURIComponent(id)}`, undefined, page);
  }

  /**
   * What was asked and answered, the newest first, on all pages.
   *
   * @param {Omit<JournalQuery, "page" | "size">} [query]
   * @returns {Promise<Control["ExchangeSummary"][]>}
   */
  journal(query) {
    return this.#control.allPages(this.#path("/journal"), query);
  }

  /**
   * One exchange with headers, bodies and events.
   *
   * @param {number} number
   * @returns {Promise<Control["Exchange"]>}
   */
  exchange(number) {
    return this.#call("GET", `/journal/${number}`);
  }

  /**
   * Throws `VerificationFailed` unless calls were made as expected: `verify({operation: "sendMessage", times: 1})`.
   *
   * @param {Control["Verification"]} expectation
   * @returns {Promise<Control["VerificationResult"]>}
   */
  async verify(expectation) {
    const result = await this.#call("POST", "/journal/verify", expectation);
    if (!result.ok) throw new VerificationFailed(result);
    return result;
  }

  /**
   * What the clients of this workspace did wrong, or one of them.
   *
   * @param {string} [caller]
   * @returns {Promise<Verdict>}
   */
  async verdict(caller) {
    return new Verdict(await this.#call("GET", "/verdict", undefined, { caller }));
  }

  /**
   * Keeps the workspace as it is now under a name.
   *
   * @param {string} name
   * @returns {Promise<Control["SnapshotInfo"]>}
   */
  snapshot(name) {
    return this.#call("POST", `/snapshots/${encodeURIComponent(name)}`);
  }

  /**
   * Puts the workspace into a state that was kept.
   *
   * @param {string} name
   * @returns {Promise<Control["Workspace"]>}
   */
  load(name) {
    return this.#call("POST", `/snapshots/${encodeURIComponent(name)}/load`);
  }

  /** Makes the workspace as it was at first. Tokens stay good. @returns {Promise<Control["Workspace"]>} */
  reset() {
    return this.#call("POST", "/reset");
  }

  /** Forgets the workspace. */
  async delete() {
    await this.#call("DELETE", "");
  }

  /**
   * Tells what happens in this workspace, until the signal is aborted; see the function `follow`.
   *
   * @param {(event: FeedEvent) => void} onEvent
   * @param {Omit<FollowOptions, "url" | "fetch" | "workspace">} [options]
   */
  follow(onEvent, options) {
    return this.#control.follow(onEvent, { ...options, workspace: this.name });
  }

  /** @param {string} path */
  #path(path) {
    return `/workspaces/${encodeURIComponent(this.name)}${path}`;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {object} [query]
   * @returns {Promise<any>}
   */
  #call(method, path, body, query) {
    return this.#control.call(method, this.#path(path), { body, query });
  }
}

/** What clients did wrong, and what they have met of the contract. */
export class Verdict {
  /** @param {Control["Verdict"]} facts */
  constructor(facts) {
    this.facts = facts;
    /** There is no error and no warning. */
    this.clean = facts.clean;
    /** The codes that were earned. @type {string[]} */
    this.codes = Object.keys(facts.codes);
    /** What was met of the contract and of the faults, and what was not. */
    this.coverage = facts.coverage;
    /** All findings, with the `caller` of each. @type {CallersFinding[]} */
    this.findings = facts.clients.flatMap(({ caller, findings }) => findings.map((each) => ({ ...each, caller })));
  }

  /**
   * Throws `NotClean` if there is an error or a warning, those of the codes in `allow` aside.
   *
   * @param {{allow?: string[]}} [options]
   */
  assertClean({ allow = [] } = {}) {
    const told = this.findings.filter(({ severity, code }) => severity !== "hint" && !allow.includes(code));
    if (told.length > 0) throw new NotClean(told);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The feed of the control plane

/**
 * @typedef {object} FeedExchange
 * @property {string} workspace
 * @property {"began" | "ended" | "cleared"} change
 * @property {Control["ExchangeSummary"]} [exchange] Not where the journal was cleared.
 */
/** @typedef {{workspace: string, change: "opened" | "ended", stream: Control["LiveStream"]}} FeedStream */
/** @typedef {Control["Exchange"]["events"][number]} SentEvent */
/** @typedef {{workspace: string, exchange: number, index: number, event: SentEvent}} FeedSent */
/** @typedef {{workspace: string, change: "created" | "reset" | "deleted" | "loaded"}} FeedWorkspace */
/** @typedef {{id: string, raw: string}} FeedPlace */
/** @typedef {{kind: "connected"} | {kind: "disconnected", cause: unknown}} ConnectionEvent */
/**
 * @typedef {ConnectionEvent | {kind: "reset"} | FeedPlace & {kind: "exchange", data: FeedExchange}
 *   | FeedPlace & {kind: "stream", data: FeedStream} | FeedPlace & {kind: "sent", data: FeedSent}
 *   | FeedPlace & {kind: "armed", data: {workspace: string, count: number}}
 *   | FeedPlace & {kind: "workspace", data: FeedWorkspace}
 *   | FeedPlace & {kind: "changed", data: {workspace: string, what: string}}
 *   | FeedPlace & {kind: UnknownKind, data: any}} FeedEvent
 * Beside what the server tells: the connection is there, or is lost, and `reset`: something may have been missed, so
 * read the lists again.
 */
/**
 * @typedef {object} FollowOptions
 * @property {string} [url] The mock's; not needed where it served this module.
 * @property {string} [workspace] Only this one.
 * @property {boolean} [events] Also `sent`, for each event of a stream; those are not told again after a loss.
 * @property {AbortSignal} [signal] Ends it.
 * @property {Fetch | undefined} [fetch]
 * @property {number} [firstWaitMs] Until the first try to connect again; each further one waits twice as long.
 * @property {number} [longestWaitMs]
 * @property {number} [silenceMs] A connection that says nothing for so long is lost; the server speaks every 15 s.
 */

/**
 * Tells what happens in a mock server, across lost connections and restarts of the server, until the signal is aborted.
 *
 * @param {(event: FeedEvent) => void} onEvent What it throws ends it.
 * @param {FollowOptions} [options]
 * @returns {Promise<void>}
 */
export async function follow(onEvent, options = {}) {
  const { url = servedBy(), workspace, events: alsoSent, signal, fetch = plainFetch } = options;
  const { firstWaitMs = 250, longestWaitMs = 5000, silenceMs = 45_000 } = options;
  const address = withQuery(`${url.replace(/\/+$/, "")}/_mock/feed`, { workspace, events: alsoSent ? 1 : undefined });
  let lastEventId = "";
  let waitMs = firstWaitMs;
  /** @type {boolean | null} Null before the first try. */
  let connected = null;
  let wasConnected = false;

  while (!signal?.aborted) {
    const attempt = new Attempt(signal, silenceMs);
    /** @type {unknown} */
    let cause;
    try {
      const headers = { Accept: "text/event-stream", ...(lastEventId ? { "Last-Event-ID": lastEventId } : {}) };
      const response = await attempt.settle(fetch(address, { headers, cache: "no-store", signal: attempt.signal }));
      if (response instanceof Error) cause = response;
      else if (!response.ok || !response.body) {
        cause = await refusalOf(response);
        if (response.status >= 400 && response.status < 500) throw cause;
      } else {
        connected = true;
        onEvent({ kind: "connected" });
        // The server tells of a gap only to those who say where they were.
        if (wasConnected && !lastEventId) onEvent({ kind: "reset" });
        wasConnected = true;
        waitMs = firstWaitMs;
        const reader = new EventReader(response.body);
        for (;;) {
          const events = await attempt.settle(reader.read());
          if (!Array.isArray(events)) {
            cause = events ?? undefined;
            break;
          }
          for (const { kind, id, raw } of events) {
            if (signal?.aborted) return;
            const happened = { kind, id, raw, data: parseJson(raw) };
            onEvent(kind === "reset" ? { kind } : /** @type {FeedEvent} */ (/** @type {unknown} */ (happened)));
          }
          lastEventId = reader.parser.lastEventId() || lastEventId;
          waitMs = reader.parser.retryMs() ?? waitMs;
        }
      }
    } finally {
      attempt.end();
    }
    if (signal?.aborted) return;
    if (connected !== false) onEvent({ kind: "disconnected", cause });
    connected = false;
    // Unevenly, so that many pages do not come back at one moment.
    await pause(waitMs * (0.5 + Math.random() / 2), signal);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}

/** One connection of the feed, which is given up when the follower is aborted, or when it is silent for too long. */
class Attempt {
  #controller = new AbortController();
  #outer;
  #silenceMs;
  #onAbort = () => this.#controller.abort();

  /**
   * @param {AbortSignal | undefined} outer
   * @param {number} silenceMs
   */
  constructor(outer, silenceMs) {
    this.#outer = outer;
    this.#silenceMs = silenceMs;
    outer?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal() {
    return this.#controller.signal;
  }

  /**
   * What a promise of the connection gives, or the error that it fails with.
   *
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T | Error>}
   */
  async settle(promise) {
    const silent = new Error(`Nothing came for ${this.#silenceMs} ms.`);
    const timer = setTimeout(() => this.#controller.abort(silent), this.#silenceMs);
    try {
      return await promise;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection, if it is there. */
  end() {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Small things

/** @typedef {CallOptions & {body?: unknown, query?: object | undefined, keepalive?: boolean | undefined}} Call */

/**
 * A response that is no refusal.
 *
 * @param {Fetch} fetch
 * @param {string} method
 * @param {string} url
 * @param {Call} [call]
 */
async function request(fetch, method, url, { body, query, headers, signal, keepalive } = {}) {
  /** @type {RequestInit} */
  const init = { method, headers: { ...headers } };
  if (signal) init.signal = signal;
  if (keepalive) init.keepalive = true;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json", ...headers };
  }
  const response = await fetch(withQuery(url, query), init);
  if (!response.ok) throw await ApiError.of(response);
  return response;
}

/**
 * @param {string} url
 * @param {object} [query] What is undefined or null in it is left out.
 */
function withQuery(url, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? url : `${url}?${text}`;
}

/** @param {string} id */
function conversationPath(id) {
  return `/conversations/${encodeURIComponent(id)}`;
}

/**
 * `fetch` as it is when it is called, for tests put others in its place.
 *
 * @type {Fetch}
 */
function plainFetch(url, init) {
  return globalThis.fetch(url, init);
}

/** The address of the mock that this module was loaded from. */
function servedBy() {
  const place = new URL(import.meta.url);
  if (!place.protocol.startsWith("http") || !place.pathname.endsWith("/_mock/client.js")) {
    throw new TypeError("Give the url of the mock: this module was not loaded from it.");
  }
  return new URL("..", place).href;
}

/** A random UUID, also in pages of plain http, which have no `randomUUID`. */
function randomId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const [version = 0, variant = 0] = [bytes[6], bytes[8]];
  bytes[6] = (version & 0x0f) | 0x40;
  bytes[8] = (variant & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * @param {string} text
 * @returns {any} Undefined where it is no JSON.
 */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {Response} response */
function isEventStream(response) {
  return /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
}

/** @param {Response} response */
function refusalOf(response) {
  const type = response.headers.get("content-type") ?? "none";
  return ApiError.of(response, response.ok ? `Expected text/event-stream, got a body of type ${type}.` : undefined);
}

/** @param {string | null} value Seconds, or a date. */
function readRetryAfter(value) {
  if (value === null || value.trim() === "") return null;
  const seconds = /^[0-9]+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

/**
 * @param {unknown} body
 * @param {string} name
 */
function textField(body, name) {
  const value = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === "string" ? value : null;
}

/**
 * @param {number} status
 * @param {any} body
 */
function describeRefusal(status, body) {
  const problems = Array.isArray(body?.errors) && body.errors.length > 1 ? body.errors : [];
  const lines = problems.map((/** @type {any} */ problem) => `\n  ${problem?.field}: ${problem?.message}`);
  const sentence = textField(body, "error") ?? (typeof body === "string" ? body.slice(0, 200) : "no reason is given");
  return `${status}: ${sentence}${lines.join("")}`;
}

/** @param {CallersFinding} finding */
function describeFinding({ severity, code, count, caller, workspace, exchanges, message, hint }) {
  const times = count > 1 ? ` (${count} times)` : "";
  const where = workspace === undefined ? "" : ` in ${workspace}`;
  const head = `  ${severity} ${code}${times}, ${caller ?? "(no valid token)"}${where}`;
  return `${head}, exchanges ${exchanges.join(", ")}: ${message}\n    ${hint}`;
}

/**
 * @param {number} ms
 * @param {AbortSignal | undefined} signal Ends it early.
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted) done();
  });
}
