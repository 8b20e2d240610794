// Made from client.js by tests/javascript/scripts/generate.js.
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
/**
 * A parser of Server-Sent Events after the WHATWG standard, for text in pieces of any size. Pure.
 *
 * @returns {EventParser}
 */
export function parseEvents(): EventParser;
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
export function openStream(response: Response, options?: {
    signal?: AbortSignal | undefined;
}): MessageStream;
/**
 * A message to send: with a fresh id and the time of now. Sent again as it is, it never makes a second turn.
 *
 * @param {string} text
 * @returns {UserMessage}
 */
export function newMessage(text: string): UserMessage;
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
export function follow(onEvent: (event: FeedEvent) => void, options?: FollowOptions): Promise<void>;
/** A call was refused, or answered with what is no answer to it. */
export class ApiError extends Error {
    /**
     * What a response says of a refusal. Reads its body.
     *
     * @param {Response} response
     * @param {string} [message]
     */
    static of(response: Response, message?: string): Promise<ApiError>;
    /**
     * @param {number} status
     * @param {unknown} body The body as JSON, or as text where it is none.
     * @param {{message?: string | undefined, retryAfterS?: number | null | undefined}} [more]
     */
    constructor(status: number, body: unknown, { message, retryAfterS }?: {
        message?: string | undefined;
        retryAfterS?: number | null | undefined;
    });
    status: number;
    body: unknown;
    /** For programs, such as `conversationLocked`. @type {string | null} */
    code: string | null;
    /** After how many seconds to try again. @type {number | null} */
    retryAfterS: number | null;
}
/** A stream ended before its final event. `cause` is what broke it, where the connection did not just close. */
export class StreamTruncated extends Error {
    /**
     * @param {number} events How many came.
     * @param {string} text What came of the reply.
     * @param {unknown} [cause]
     */
    constructor(events: number, text: string, cause?: unknown);
    events: number;
    text: string;
}
/** An event of a kind of the contract has data that the contract does not allow. */
export class StreamMalformed extends Error {
    /** @param {ParsedEvent} event */
    constructor(event: ParsedEvent);
    event: ParsedEvent;
}
/** Calls were not made as expected; the message tells the nearest miss. */
export class VerificationFailed extends Error {
    /** @param {Control["VerificationResult"]} result */
    constructor(result: Control["VerificationResult"]);
    result: {
        ok: boolean;
        count: number;
        expected: string;
        matched: number[];
        nearest: {
            number: number;
            call: string;
            differences: {
                field: string;
                expected: unknown;
                got: unknown;
                absent: boolean;
            }[];
        } | null;
        warning: string | null;
        message: string;
    };
}
/** A client is not clean; the message tells each finding, its exchanges, and what to do instead. */
export class NotClean extends Error {
    /** @param {CallersFinding[]} findings */
    constructor(findings: CallersFinding[]);
    findings: CallersFinding[];
}
/**
 * The events of a reply that is streamed, to be read with `for await`. To break out of the loop closes the connection.
 *
 * @implements {AsyncIterableIterator<StreamEvent>}
 */
export class MessageStream implements AsyncIterableIterator<StreamEvent> {
    /**
     * @param {Response} response
     * @param {{signal?: AbortSignal | undefined}} [options]
     */
    constructor(response: Response, { signal }?: {
        signal?: AbortSignal | undefined;
    });
    /** How many events came so far. */
    events: number;
    /** The reply, once its final event has come. @type {Message | null} */
    message: Message | null;
    /** Why there is no reply, once an `error` event has come. @type {Api["ErrorData"] | null} */
    error: Api["ErrorData"] | null;
    response: Response;
    /** The text of the reply so far: its deltas, or the whole of it once the final event has come. */
    get text(): string;
    /**
     * The next event.
     *
     * @returns {Promise<IteratorResult<StreamEvent, undefined>>}
     */
    next(): Promise<IteratorResult<StreamEvent, undefined>>;
    /**
     * Closes the connection, also while `next` waits, which then says that it is done.
     *
     * @returns {Promise<IteratorResult<StreamEvent, undefined>>}
     */
    return(): Promise<IteratorResult<StreamEvent, undefined>>;
    [Symbol.asyncIterator](): this;
    #private;
}
/** The Conversations API in one workspace, for one caller. Every method throws `ApiError` where it is refused. */
export class ConversationsClient {
    /**
     * @param {object} settings
     * @param {string} settings.url Where the workspace's API begins: `http://127.0.0.1:8080/api/v1/workspaces/demo`.
     * @param {TokenSource} [settings.token]
     * @param {Fetch | undefined} [settings.fetch]
     */
    constructor({ url, token, fetch }: {
        url: string;
        token?: TokenSource | undefined;
        fetch?: Fetch | undefined;
    });
    url: string;
    /**
     * @param {Api["ConversationCreate"]} [steering]
     * @param {CallOptions} [options]
     * @returns {Promise<Conversation>}
     */
    createConversation(steering?: Api["ConversationCreate"], options?: CallOptions): Promise<Conversation>;
    /**
     * One page of the caller's conversations, the newest first.
     *
     * @param {PageQuery & CallOptions} [options]
     * @returns {Promise<Api["ConversationPage"]>}
     */
    listConversations({ page, size, ...options }?: PageQuery & CallOptions): Promise<Api["ConversationPage"]>;
    /**
     * The reply, in one piece.
     *
     * @param {string} conversationId
     * @param {UserMessage} message
     * @param {CallOptions} [options]
     * @returns {Promise<Message>}
     */
    sendMessage(conversationId: string, message: UserMessage, options?: CallOptions): Promise<Message>;
    /**
     * The reply as a stream of events, once the server has begun to answer. The signal closes the connection, then too.
     *
     * @param {string} conversationId
     * @param {UserMessage} message
     * @param {CallOptions} [options]
     * @returns {Promise<MessageStream>}
     */
    streamMessage(conversationId: string, message: UserMessage, options?: CallOptions): Promise<MessageStream>;
    /**
     * Ends the conversation's stream; what it has said is kept. With `keepalive` also while the page goes.
     *
     * @param {string} conversationId
     * @param {CallOptions & {keepalive?: boolean | undefined}} [options]
     * @returns {Promise<Api["Nothing"]>}
     */
    cancelStream(conversationId: string, options?: CallOptions & {
        keepalive?: boolean | undefined;
    }): Promise<Api["Nothing"]>;
    /**
     * One page of a conversation's messages, the oldest first.
     *
     * @param {string} conversationId
     * @param {PageQuery & CallOptions} [options]
     * @returns {Promise<Api["MessagePage"]>}
     */
    listMessages(conversationId: string, { page, size, ...options }?: PageQuery & CallOptions): Promise<Api["MessagePage"]>;
    /**
     * Changes what steers a conversation: a value sets, null clears, a field left out stays.
     *
     * @param {string} conversationId
     * @param {SteeringPatch} patch
     * @param {CallOptions} [options]
     * @returns {Promise<Api["Nothing"]>}
     */
    patchSteering(conversationId: string, patch: SteeringPatch, options?: CallOptions): Promise<Api["Nothing"]>;
    #private;
}
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
    /**
     * @param {object} [settings]
     * @param {string} [settings.url] The mock's, such as `http://127.0.0.1:8080`; not needed where it served this module.
     * @param {Fetch | undefined} [settings.fetch]
     */
    constructor({ url, fetch }?: {
        url?: string | undefined;
        fetch?: Fetch | undefined;
    });
    url: string;
    /**
     * Any operation, by its path below `/_mock`: the answer as JSON, as text, or undefined where there is none.
     *
     * @template [Answer=any]
     * @param {string} method
     * @param {string} path
     * @param {{body?: unknown, query?: object | undefined, signal?: AbortSignal | undefined}} [call]
     * @returns {Promise<Answer>}
     */
    call<Answer = any>(method: string, path: string, call?: {
        body?: unknown;
        query?: object | undefined;
        signal?: AbortSignal | undefined;
    }): Promise<Answer>;
    /**
     * All elements of a list, page after page.
     *
     * @template [Element=any]
     * @param {string} path
     * @param {object} [query]
     * @returns {Promise<Element[]>}
     */
    allPages<Element = any>(path: string, query?: object): Promise<Element[]>;
    /**
     * A workspace of that name, created unless it is there; without a name a fresh one, which nobody else has.
     *
     * @param {string} [name]
     * @returns {Promise<MockWorkspace>}
     */
    workspace(name?: string): Promise<MockWorkspace>;
    /** @returns {Promise<Control["Workspace"][]>} */
    workspaces(): Promise<Control["Workspace"][]>;
    /** The catalogue of faults. @returns {Promise<Control["FaultKind"][]>} */
    faultKinds(): Promise<Control["FaultKind"][]>;
    /** The scenarios that can be started. @returns {Promise<Control["Scenario"][]>} */
    scenarios(): Promise<Control["Scenario"][]>;
    /** The kinds of tokens that are refused. @returns {Promise<{kind: string, summary: string}[]>} */
    badTokenKinds(): Promise<{
        kind: string;
        summary: string;
    }[]>;
    /**
     * Tells what happens in the server, until the signal is aborted; see the function `follow`.
     *
     * @param {(event: FeedEvent) => void} onEvent
     * @param {Omit<FollowOptions, "url" | "fetch">} [options]
     */
    follow(onEvent: (event: FeedEvent) => void, options?: Omit<FollowOptions, "url" | "fetch">): Promise<void>;
    #private;
}
/** One workspace of a mock server: the sandbox of a test. */
export class MockWorkspace {
    /**
     * @param {MockControl} control
     * @param {{name: string, url: string}} facts
     */
    constructor(control: MockControl, { name, url }: {
        name: string;
        url: string;
    });
    /** Its name, which is the `workspaceId` of the API. */
    name: string;
    /** Where its API begins. */
    url: string;
    /**
     * A token of a caller.
     *
     * @param {string} [caller]
     * @param {Omit<Control["TokenRequest"], "caller" | "bad">} [options]
     * @returns {Promise<string>}
     */
    token(caller?: string, options?: Omit<Control["TokenRequest"], "caller" | "bad">): Promise<string>;
    /**
     * A token that is refused: `expired`, `tampered`, `wrong-workspace`, ...; `badTokenKinds` has all.
     *
     * @param {string} kind
     * @param {string} [caller]
     * @returns {Promise<string>}
     */
    badToken(kind: string, caller?: string): Promise<string>;
    /** Makes all tokens good again that died on cue. */
    revive(): Promise<void>;
    /**
     * A client of the API for a caller. Its token is minted with its first call, unless one is given.
     *
     * @param {string} [caller]
     * @param {{token?: TokenSource, fetch?: Fetch | undefined}} [options]
     */
    client(caller?: string, { token, fetch }?: {
        token?: TokenSource;
        fetch?: Fetch | undefined;
    }): ConversationsClient;
    /**
     * Arms a fault: `arm("truncate", { after: 3, times: 2, where: { caller: "alice" } })`. It hits one call unless
     * `times` or `seconds` says otherwise.
     *
     * @param {string} fault
     * @param {RuleOptions & {[parameter: string]: unknown}} [options]
     * @returns {Promise<Control["ArmedFault"]>}
     */
    arm(fault: string, options?: RuleOptions & {
        [parameter: string]: unknown;
    }): Promise<Control["ArmedFault"]>;
    /** The faults that are armed, with how often each has fired. @returns {Promise<Control["ArmedFault"][]>} */
    faults(): Promise<Control["ArmedFault"][]>;
    /**
     * Disarms one fault, or all.
     *
     * @param {string} [id]
     */
    disarm(id?: string): Promise<void>;
    /**
     * @param {string} name
     * @returns {Promise<Control["StartedScenario"]>}
     */
    startScenario(name: string): Promise<Control["StartedScenario"]>;
    /** @param {string} name */
    stopScenario(name: string): Promise<void>;
    /**
     * The streams that are live, the oldest first; with `wait` as soon as there are so many.
     *
     * @param {{wait?: number, timeoutS?: number}} [query]
     * @returns {Promise<Control["LiveStream"][]>}
     */
    streams(query?: {
        wait?: number;
        timeoutS?: number;
    }): Promise<Control["LiveStream"][]>;
    /**
     * The newest stream, as soon as so many are live. Throws if there are not, after `timeoutS` seconds.
     *
     * @param {number} [count]
     * @param {number} [timeoutS]
     * @returns {Promise<Control["LiveStream"]>}
     */
    waitForStream(count?: number, timeoutS?: number): Promise<Control["LiveStream"]>;
    /**
     * Holds every stream that is opened from now on after so many events; null: none.
     *
     * @param {number | null} [after]
     */
    hold(after?: number | null): Promise<{
        speed: "model" | "instant";
        firstTokenMs: number;
        tokensPerSecond: number | null;
        jitter: number;
        keepAliveS: number;
        holdAfter: number | null;
    }>;
    /**
     * Holds one live stream: it sends nothing after event number `after`; without one, from now on.
     *
     * @param {number} stream
     * @param {number} [after]
     * @returns {Promise<Control["LiveStream"]>}
     */
    holdStream(stream: number, after?: number): Promise<Control["LiveStream"]>;
    /**
     * Sends the next events of a stream at once, then holds it; they have been sent when this is answered.
     *
     * @param {number} stream
     * @param {number} [events]
     * @returns {Promise<{stepped: number, sent: number, ended: boolean}>}
     */
    step(stream: number, events?: number): Promise<{
        stepped: number;
        sent: number;
        ended: boolean;
    }>;
    /**
     * Lets a stream go on as if it had never been held.
     *
     * @param {number} stream
     * @returns {Promise<Control["LiveStream"]>}
     */
    release(stream: number): Promise<Control["LiveStream"]>;
    /**
     * Ends a stream now: cut, with a TCP reset, or as if it were complete.
     *
     * @param {number} stream
     * @param {"truncate" | "reset" | "end"} [how]
     * @returns {Promise<Control["LiveStream"]>}
     */
    kill(stream: number, how?: "truncate" | "reset" | "end"): Promise<Control["LiveStream"]>;
    /**
     * The clock of the workspace, after a change if there is one: `{freeze: true}`, `{freeze: false}`, `{rate: 60}`,
     * `{set: "2026-12-24T18:00:00Z"}`.
     *
     * @param {ClockChange} [change]
     * @returns {Promise<Control["Clock"]>}
     */
    clock(change?: ClockChange): Promise<Control["Clock"]>;
    /**
     * Puts the clock forward: what is due by then is due now.
     *
     * @param {number} seconds
     * @returns {Promise<Control["Clock"]>}
     */
    advance(seconds: number): Promise<Control["Clock"]>;
    /** How replies are paced. @returns {Promise<Control["Configuration"]>} */
    configuration(): Promise<Control["Configuration"]>;
    /**
     * Changes how replies are paced: `speed`, `firstTokenMs`, `tokensPerSecond`, `jitter`, `keepAliveS`, `holdAfter`.
     *
     * @param {Control["ConfigurationChange"]} changes
     * @returns {Promise<Control["Configuration"]>}
     */
    configure(changes: Control["ConfigurationChange"]): Promise<Control["Configuration"]>;
    /** All callers' conversations, the newest first. @returns {Promise<Control["Conversation"][]>} */
    conversations(): Promise<Control["Conversation"][]>;
    /**
     * All that is known of a conversation: steering, last patch, lock, messages, turns.
     *
     * @param {string} id
     * @param {PageQuery} [page] Of its messages.
     * @returns {Promise<Control["ConversationState"]>}
     */
    conversation(id: string, page?: PageQuery): Promise<Control["ConversationState"]>;
    /**
     * What was asked and answered, the newest first, on all pages.
     *
     * @param {Omit<JournalQuery, "page" | "size">} [query]
     * @returns {Promise<Control["ExchangeSummary"][]>}
     */
    journal(query?: Omit<JournalQuery, "page" | "size">): Promise<Control["ExchangeSummary"][]>;
    /**
     * One exchange with headers, bodies and events.
     *
     * @param {number} number
     * @returns {Promise<Control["Exchange"]>}
     */
    exchange(number: number): Promise<Control["Exchange"]>;
    /**
     * Throws `VerificationFailed` unless calls were made as expected: `verify({operation: "sendMessage", times: 1})`.
     *
     * @param {Control["Verification"]} expectation
     * @returns {Promise<Control["VerificationResult"]>}
     */
    verify(expectation: Control["Verification"]): Promise<Control["VerificationResult"]>;
    /**
     * What the clients of this workspace did wrong, or one of them.
     *
     * @param {string} [caller]
     * @returns {Promise<Verdict>}
     */
    verdict(caller?: string): Promise<Verdict>;
    /**
     * Keeps the workspace as it is now under a name.
     *
     * @param {string} name
     * @returns {Promise<Control["SnapshotInfo"]>}
     */
    snapshot(name: string): Promise<Control["SnapshotInfo"]>;
    /**
     * Puts the workspace into a state that was kept.
     *
     * @param {string} name
     * @returns {Promise<Control["Workspace"]>}
     */
    load(name: string): Promise<Control["Workspace"]>;
    /** Makes the workspace as it was at first. Tokens stay good. @returns {Promise<Control["Workspace"]>} */
    reset(): Promise<Control["Workspace"]>;
    /** Forgets the workspace. */
    delete(): Promise<void>;
    /**
     * Tells what happens in this workspace, until the signal is aborted; see the function `follow`.
     *
     * @param {(event: FeedEvent) => void} onEvent
     * @param {Omit<FollowOptions, "url" | "fetch" | "workspace">} [options]
     */
    follow(onEvent: (event: FeedEvent) => void, options?: Omit<FollowOptions, "url" | "fetch" | "workspace">): Promise<void>;
    #private;
}
/** What clients did wrong, and what they have met of the contract. */
export class Verdict {
    /** @param {Control["Verdict"]} facts */
    constructor(facts: Control["Verdict"]);
    facts: {
        clean: boolean;
        codes: {
            [key: string]: number;
        };
        severities: {
            [key: string]: number;
        };
        clients: {
            caller: string | null;
            clean: boolean;
            findings: import("./control.js").components["schemas"]["Finding"][];
            coverage?: Record<string, unknown> | null;
        }[];
        coverage: import("./control.js").components["schemas"]["Coverage"];
    };
    /** There is no error and no warning. */
    clean: boolean;
    /** The codes that were earned. @type {string[]} */
    codes: string[];
    /** What was met of the contract and of the faults, and what was not. */
    coverage: Record<string, unknown>;
    /** All findings, with the `caller` of each. @type {CallersFinding[]} */
    findings: CallersFinding[];
    /**
     * Throws `NotClean` if there is an error or a warning, those of the codes in `allow` aside.
     *
     * @param {{allow?: string[]}} [options]
     */
    assertClean({ allow }?: {
        allow?: string[];
    }): void;
}
/**
 * The contract's schemas.
 */
export type Api = import("./api.js").components["schemas"];
/**
 * Those of the control plane.
 */
export type Control = import("./control.js").components["schemas"];
export type Message = Api["Message"];
export type Conversation = Api["Conversation"];
export type UserMessage = Api["UserMessage"];
export type Patch = Api["SteeringPatch"];
/**
 * One of them is in every patch.
 */
export type Steering = "personality" | "brandVoiceId" | "targetAudienceId";
export type SteeringPatch = { [Field in Steering]: Patch & Required<Pick<Patch, Field>>; }[Steering];
/**
 * One Server-Sent Event; `raw` is its data as text.
 */
export type ParsedEvent = {
    kind: string;
    id: string;
    raw: string;
};
export type EventParser = {
    /**
     * Takes the next piece of text; the events that it completes.
     */
    feed: (text: string) => ParsedEvent[];
    /**
     * The id to resume from: that of the last complete event.
     */
    lastEventId: () => string;
    /**
     * How long to wait before a reconnection; null where nothing was said.
     */
    retryMs: () => number | null;
};
export type DeltaEvent = {
    kind: "delta";
    id: string;
    raw: string;
    data: Api["DeltaData"];
};
export type MessageEvent = {
    kind: "message";
    id: string;
    raw: string;
    data: Api["MessageData"];
};
export type ErrorEvent = {
    kind: "error";
    id: string;
    raw: string;
    data: Api["ErrorData"];
};
/**
 * A string, which for TypeScript is none of the kinds above.
 */
export type UnknownKind = import("./api.js").UnknownKind;
/**
 * Of no kind of the contract.
 */
export type UnknownEvent = {
    kind: UnknownKind;
    id: string;
    raw: string;
    data: unknown;
};
export type StreamEvent = DeltaEvent | MessageEvent | ErrorEvent | UnknownEvent;
export type CallOptions = {
    signal?: AbortSignal | undefined;
    headers?: Record<string, string> | undefined;
};
/**
 * Pages count from 1.
 */
export type PageQuery = {
    page?: number | undefined;
    size?: number | undefined;
};
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
/**
 * A token, or what gives one for each call.
 */
export type TokenSource = string | (() => string | Promise<string>);
export type FeedExchange = {
    workspace: string;
    change: "began" | "ended" | "cleared";
    /**
     * Not where the journal was cleared.
     */
    exchange?: {
        number: number;
        at: string;
        atS: number;
        operation: string | null;
        method: string;
        path: string;
        query: string;
        caller: string | null;
        credential: "valid" | "none" | "expired" | "dead" | "forbidden" | "invalid";
        conversation: string | null;
        status: number | null;
        code?: string | null;
        errors?: Record<string, unknown>[];
        tookMs?: number | null;
        tookS?: number | null;
        firstByteS?: number | null;
        complete: boolean;
        outcome?: string | null;
        replayed?: boolean;
        faults: {
            fault?: string;
            kind?: string;
            source?: string;
            ruleId?: string | null;
        }[];
        requestBytes?: number;
        responseBytes?: number;
        eventCount?: number;
    } | undefined;
};
export type FeedStream = {
    workspace: string;
    change: "opened" | "ended";
    stream: Control["LiveStream"];
};
export type SentEvent = Control["Exchange"]["events"][number];
export type FeedSent = {
    workspace: string;
    exchange: number;
    index: number;
    event: SentEvent;
};
export type FeedWorkspace = {
    workspace: string;
    change: "created" | "reset" | "deleted" | "loaded";
};
export type FeedPlace = {
    id: string;
    raw: string;
};
export type ConnectionEvent = {
    kind: "connected";
} | {
    kind: "disconnected";
    cause: unknown;
};
/**
 * Beside what the server tells: the connection is there, or is lost, and `reset`: something may have been missed, so
 * read the lists again.
 */
export type FeedEvent = ConnectionEvent | {
    kind: "reset";
} | (FeedPlace & {
    kind: "exchange";
    data: FeedExchange;
}) | (FeedPlace & {
    kind: "stream";
    data: FeedStream;
}) | (FeedPlace & {
    kind: "sent";
    data: FeedSent;
}) | (FeedPlace & {
    kind: "armed";
    data: {
        workspace: string;
        count: number;
    };
}) | (FeedPlace & {
    kind: "workspace";
    data: FeedWorkspace;
}) | (FeedPlace & {
    kind: "changed";
    data: {
        workspace: string;
        what: string;
    };
}) | (FeedPlace & {
    kind: UnknownKind;
    data: any;
});
export type FollowOptions = {
    /**
     * The mock's; not needed where it served this module.
     */
    url?: string | undefined;
    /**
     * Only this one.
     */
    workspace?: string | undefined;
    /**
     * Also `sent`, for each event of a stream; those are not told again after a loss.
     */
    events?: boolean | undefined;
    /**
     * Ends it.
     */
    signal?: AbortSignal | undefined;
    fetch?: Fetch | undefined;
    /**
     * Until the first try to connect again; each further one waits twice as long.
     */
    firstWaitMs?: number | undefined;
    longestWaitMs?: number | undefined;
    /**
     * A connection that says nothing for so long is lost; the server speaks every 15 s.
     */
    silenceMs?: number | undefined;
};
export type Call = CallOptions & {
    body?: unknown;
    query?: object | undefined;
    keepalive?: boolean | undefined;
};
export type CallersFinding = Control["Finding"] & {
    caller: string | null;
    workspace?: string;
};
export type RuleOptions = {
    /**
     * Those of the fault; they may stand beside these, too.
     */
    parameters?: Record<string, unknown> | undefined;
    /**
     * Which calls it hits.
     */
    where?: Control["Rule"]["where"];
    /**
     * It hits so many calls; null: until it is disarmed.
     */
    times?: number | null | undefined;
    /**
     * The share of the calls that it hits.
     */
    rate?: number | undefined;
    /**
     * For so long, by the workspace's clock.
     */
    seconds?: number | null | undefined;
};
export type JournalQuery = NonNullable<import("./control.js").operations["listExchanges"]["parameters"]["query"]>;
export type ClockChange = {
    rate?: number;
    freeze?: boolean;
    set?: string;
    nowS?: number;
};
