/** The Conversations API through the client, against the mock: every operation, every fault. */

import { describe, expect, test } from "vitest";
import { ApiError, ConversationsClient, newMessage, StreamTruncated } from "../../../mockserver/console/client.js";
import { collect, failureOf, joined, mock, workspaceOfEachTest } from "../support/tools";

const workspace = workspaceOfEachTest();

/** A client, and a conversation of it. */
async function begin(caller = "alice") {
  const client = workspace.it.client(caller);
  return { client, id: (await client.createConversation()).id };
}

const kindsOf = async (stage: string) =>
  (await mock.faultKinds()).filter((each) => each.stage === stage).map(({ kind }) => kind);

describe("a message", () => {
  test("has an id of its own, and the time of now", () => {
    const [one, other] = [newMessage("Hi"), newMessage("Hi")];
    expect(one.text).toBe("Hi");
    expect(one.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(other.id).not.toBe(one.id);
    expect(Math.abs(Date.parse(one.createdAt) - Date.now())).toBeLessThan(5000);
  });

  test("has such an id also where the platform makes none", () => {
    const own = crypto.randomUUID;
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
    try {
      const ids = Array.from({ length: 50 }, () => newMessage("Hi").id);
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(new Set(ids).size).toBe(50);
    } finally {
      Object.defineProperty(crypto, "randomUUID", { value: own, configurable: true });
    }
  });
});

describe("the client", () => {
  test("goes through a conversation without a fault of its own", async () => {
    const client = workspace.it.client("alice");
    const { id } = await client.createConversation({ personality: "A pirate", modelName: "gpt-4" });
    expect((await client.listConversations({ page: 1, size: 5 })).data).toMatchObject([{ id, modelName: "gpt-4" }]);
    const hi = newMessage("Hi");
    const reply = await client.sendMessage(id, hi);
    expect(reply.source).toBe("assistant");
    expect(await client.sendMessage(id, hi)).toEqual(reply);

    const stream = await client.streamMessage(id, newMessage("Go on"));
    const events = await collect(stream);
    expect(joined(events)).toBe(stream.text);
    expect(stream.message?.text).toBe(stream.text);
    expect(await client.patchSteering(id, { personality: null, brandVoiceId: "calm" })).toEqual({});
    expect(await client.cancelStream(id, { keepalive: true })).toEqual({});

    const messages = await client.listMessages(id, { page: 1, size: 3 });
    expect(messages.page).toEqual({ size: 3, totalElements: 4, totalPages: 2, currentPage: 1 });
    expect(messages.data.map(({ text }) => text)).toEqual(["Hi", reply.text, "Go on"]);
    expect((await client.listMessages(id, { page: 2, size: 3 })).data).toEqual([stream.message]);
    expect((await workspace.it.conversation(id)).steering).toMatchObject({ personality: null, brandVoiceId: "calm" });
    (await workspace.it.verdict()).assertClean();
    expect((await workspace.it.verdict()).codes).toEqual([]);
  });

  test("names ids that are not fit for a path", async () => {
    const { client } = await begin();
    expect(await failureOf(client.listMessages("b?c#d é%"))).toMatchObject({ status: 404, code: "notFound" });
    await workspace.it.verify({ operation: "listMessages", conversation: "b?c#d é%", status: 404 });
  });

  test("sends headers of its caller's, and asks for a token with each call", async () => {
    const tokens = [await workspace.it.badToken("expired"), await workspace.it.token("bob")];
    const client = new ConversationsClient({
      url: `${workspace.it.url}/`,
      token: async () => tokens.shift() ?? "none",
    });
    expect(await failureOf(client.listConversations())).toMatchObject({ status: 401, code: "unauthenticated" });
    await client.createConversation({}, { headers: { "X-Trace": "t-1" } });
    await workspace.it.verify({
      operation: "createConversation",
      caller: "bob",
      headers: { "X-Trace": "t-1" },
      body: {},
    });
  });

  test("sends no token where there is none", async () => {
    const client = new ConversationsClient({ url: workspace.it.url });
    expect(await failureOf(client.createConversation())).toMatchObject({ status: 401 });
  });

  test("uses the fetch that it is given", async () => {
    const seen: string[] = [];
    const client = workspace.it.client("alice", {
      fetch: (url, init) => {
        seen.push(`${init?.method} ${url}`);
        return fetch(url, init);
      },
    });
    await client.listConversations({ size: 7 });
    expect(seen).toEqual([`GET ${workspace.it.url}/conversations?size=7`]);
  });

  test("is refused a second stream, and the first goes on", async () => {
    const { client, id } = await begin();
    await workspace.it.hold(1);
    const first = await client.streamMessage(id, newMessage("Hi"));
    expect((await first.next()).value).toMatchObject({ kind: "delta" });
    const failure = await failureOf(client.streamMessage(id, newMessage("Again")));
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 409, code: "conversationLocked" });
    await workspace.it.release((await workspace.it.waitForStream()).id);
    expect((await collect(first)).at(-1)?.kind).toBe("message");
  });

  test("cancels a stream, which keeps its part", async () => {
    const { client, id } = await begin();
    await workspace.it.hold(2);
    const stream = await client.streamMessage(id, newMessage("Hi"));
    await stream.next();
    await stream.next();
    const part = stream.text;
    await client.cancelStream(id);
    const failure = await failureOf(stream.next());
    expect(failure).toBeInstanceOf(StreamTruncated);
    expect(failure).toMatchObject({ events: 2, text: part });
    expect((await client.listMessages(id)).data[1]?.text).toBe(part);
    expect((await workspace.it.verdict()).clean).toBe(true);
  });

  test("gives up a call when its signal says so", async () => {
    const { client, id } = await begin();
    await workspace.it.arm("delay", { ms: 60_000 });
    const abort = new AbortController();
    const waiting = failureOf(client.streamMessage(id, newMessage("Hi"), { signal: abort.signal }));
    abort.abort(new Error("enough"));
    expect(await waiting).toEqual(new Error("enough"));
  });

  test.each(["abort", "break"])("closes the connection of a stream that stalls: %s", async (how) => {
    const { client, id } = await begin();
    await workspace.it.arm("stall", { after: 3 });
    const abort = new AbortController();
    const stream = await client.streamMessage(id, newMessage("Hi"), { signal: abort.signal });
    for (let count = 0; count < 3; count++) await stream.next();
    expect(await workspace.it.streams()).toHaveLength(1);
    if (how === "abort") {
      const waiting = failureOf(stream.next());
      abort.abort();
      expect(await waiting).toMatchObject({ name: "AbortError" });
    } else {
      const waiting = stream.next();
      await stream.return();
      expect(await waiting).toEqual({ done: true, value: undefined });
    }
    await expect.poll(() => workspace.it.streams(), { timeout: 5000 }).toEqual([]);
  });
});

describe("a fault of the answer", () => {
  test.each([
    [
      { code: 429, retry_after: 7 },
      { status: 429, code: "rateLimited", retryAfterS: 7 },
    ],
    [{ code: 503 }, { status: 503, retryAfterS: 1 }],
    [{ code: 500 }, { status: 500, retryAfterS: null }],
  ])("is told: %o", async (parameters, expected) => {
    const { client, id } = await begin();
    await workspace.it.arm("status", { parameters, times: 2 });
    expect(await failureOf(client.sendMessage(id, newMessage("Hi")))).toMatchObject(expected);
    expect(await failureOf(client.streamMessage(id, newMessage("Hi")))).toMatchObject(expected);
  });

  test("that is a gateway's page is told, too", async () => {
    const { client, id } = await begin();
    await workspace.it.arm("html-error", { code: 504 });
    const failure = (await failureOf(client.streamMessage(id, newMessage("Hi")))) as ApiError;
    expect(failure).toMatchObject({ name: "ApiError", status: 504, code: null });
    expect(failure.body).toContain("<html");
  });

  test.each(["reset-before-headers", "empty-reply", "garbage"])(
    "that leaves no answer is what fetch throws: %s",
    async (kind) => {
      const { client, id } = await begin();
      await workspace.it.arm(kind);
      expect(await failureOf(client.streamMessage(id, newMessage("Hi")))).toBeInstanceOf(TypeError);
    },
  );

  test("that cuts the answer after its headers makes a stream without events", async () => {
    const { client, id } = await begin();
    await workspace.it.arm("reset-after-headers", { where: { operation: "openMessageStream" } });
    const failure = await failureOf(client.streamMessage(id, newMessage("Hi")).then(collect));
    // The reset may overtake the headers.
    if (failure instanceof StreamTruncated) expect(failure).toMatchObject({ events: 0, text: "" });
    else expect(failure).toBeInstanceOf(TypeError);
  });
});

describe("a fault of the stream", () => {
  /** What a client sees of a stream that a fault hits, and the reply that it had without. */
  async function seen(fault: string, parameters = {}) {
    const { client, id } = await begin();
    const armed = await workspace.it.arm(fault, { parameters });
    const message = newMessage("!reply list");
    const stream = await client.streamMessage(id, message);
    const events: Awaited<ReturnType<typeof collect<typeof stream extends AsyncIterable<infer E> ? E : never>>> = [];
    let failure: unknown = null;
    try {
      for await (const event of stream) events.push(event);
    } catch (error) {
      failure = error;
    }
    expect((await workspace.it.faults()).map(({ id: rule }) => rule)).not.toContain(armed.id);
    return { client, id, message, stream, events, failure };
  }

  test.each([
    ["truncate", true],
    ["end-early", false],
    ["reset", true],
  ])("that ends it early: %s", async (fault, broken) => {
    const { failure, events, stream, client, id, message } = await seen(fault, { after: 4 });
    expect(failure).toBeInstanceOf(StreamTruncated);
    expect((failure as StreamTruncated).cause !== undefined).toBe(broken);
    // A reset may overtake what was sent before.
    if (fault !== "reset") expect(events).toHaveLength(4);
    expect(failure).toMatchObject({ events: events.length, text: joined(events) });
    const again = await client.streamMessage(id, message);
    await collect(again);
    expect(again.text.startsWith(stream.text)).toBe(true);
  });

  test("missing-final: all deltas come, and yet it is not complete", async () => {
    const { failure, client, id, message } = await seen("missing-final");
    expect(failure).toBeInstanceOf(StreamTruncated);
    expect((await client.sendMessage(id, message)).text).toBe((failure as StreamTruncated).text);
  });

  test("error: an event that ends it", async () => {
    const { failure, events, stream } = await seen("error", { after: 2 });
    expect(failure).toBeNull();
    expect(events.map(({ kind }) => kind)).toEqual(["delta", "delta", "error"]);
    expect(stream.error?.code).toBe("generationFailed");
  });

  test("token-expires: an event that ends it", async () => {
    const { failure, stream } = await seen("token-expires", { after: 2 });
    expect([failure, stream.error?.code]).toEqual([null, "unauthenticated"]);
  });

  test.each([
    "duplicate-final",
    "early-final",
    "swap-deltas",
    "duplicate-delta",
    "unknown-event",
    "slow",
    "first-token",
  ])("that changes nothing of the reply: %s", async (fault) => {
    const { failure, events, stream, client, id, message } = await seen(
      fault,
      fault === "first-token" ? { ms: 5 } : {},
    );
    expect(failure).toBeNull();
    expect(stream.text).toBe((await client.sendMessage(id, message)).text);
    const kinds = events.map(({ kind }) => String(kind));
    if (fault === "duplicate-final") expect(kinds.slice(-2)).toEqual(["message", "message"]);
    if (fault === "early-final") expect(kinds.slice(-3)).toEqual(["message", "delta", "delta"]);
    const known = ["delta", "message"];
    expect(kinds.some((kind) => !known.includes(kind))).toBe(fault === "unknown-event");
  });
});

test("every fault of the wire leaves the text as it is", { timeout: 40_000 }, async () => {
  const { client, id } = await begin();
  const kinds = await kindsOf("wire");
  expect(kinds).toEqual(
    expect.arrayContaining(["bytes", "split-characters", "cr", "crlf", "mixed-lines", "bom", "multi-line"]),
  );
  expect(kinds).toEqual(expect.arrayContaining(["comments", "glued", "buffered", "huge", "no-space", "torture"]));
  for (const form of ["emoji", "rtl", "code"]) {
    for (const fault of kinds) {
      const message = newMessage(`!reply ${form}`);
      await workspace.it.arm(fault);
      const odd = await client.streamMessage(id, message);
      const oddEvents = await collect(odd);
      expect(await workspace.it.faults(), fault).toEqual([]);
      const clean = await client.streamMessage(id, message);
      const cleanEvents = await collect(clean);
      expect(odd.message, fault).toEqual(clean.message);
      expect(joined(oddEvents), fault).toBe(clean.text);
      // These two may join deltas.
      if (fault !== "huge" && fault !== "torture") {
        const plain = ({ kind, data }: { kind: string; data: unknown }) => [kind, data];
        expect(oddEvents.map(plain), fault).toEqual(cleanEvents.map(plain));
      }
      if (fault === "ids-and-retry") expect(oddEvents.at(-1)?.id).not.toBe("");
    }
  }
});
