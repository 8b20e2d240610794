/** The feed is followed across lost connections and restarts. */

import { afterAll, describe, expect, test } from "vitest";
import { follow, MockControl, newMessage, type FeedEvent, type Fetch } from "../../../mockserver/console/client.js";
import { startMock, type MockProcess } from "../support/server";
import { bytes, failureOf, mock, streamOf, workspaceOfEachTest } from "../support/tools";

const workspace = workspaceOfEachTest();
const QUICK = { firstWaitMs: 5, longestWaitMs: 50 };

/** Follows in the background, and keeps what it is told. */
function listen(start: (onEvent: (event: FeedEvent) => void, signal: AbortSignal) => Promise<void>) {
  const abort = new AbortController();
  const events: FeedEvent[] = [];
  const ended = start((event) => void events.push(event), abort.signal);
  return {
    events,
    kinds: () => events.map(({ kind }) => String(kind)),
    async end() {
      abort.abort();
      await ended;
    },
  };
}

describe("of a workspace", () => {
  test("tells what happens in it, and nothing of others", async () => {
    const listener = listen((onEvent, signal) => workspace.it.follow(onEvent, { signal }));
    await expect.poll(listener.kinds).toEqual(["connected"]);
    const other = await mock.workspace();
    await other.client().createConversation();
    await other.delete();
    await workspace.it.arm("delay", { ms: 1 });
    await workspace.it.client().createConversation();
    await expect.poll(() => listener.kinds().filter((kind) => kind === "exchange")).toHaveLength(2);
    for (const event of listener.events) if ("data" in event) expect(event.data.workspace).toBe(workspace.it.name);
    const [began] = listener.events.flatMap((event) => (event.kind === "exchange" ? [event.data] : []));
    expect(began).toMatchObject({ change: "began", exchange: { operation: "createConversation" } });
    expect(listener.kinds()).toContain("armed");
    await listener.end();
  });

  test("tells of each event of a stream, when it is asked to", async () => {
    const listener = listen((onEvent, signal) => workspace.it.follow(onEvent, { signal, events: true }));
    await expect.poll(listener.kinds).toEqual(["connected"]);
    const client = workspace.it.client();
    const { id } = await client.createConversation();
    const stream = await client.streamMessage(id, newMessage("Hi"));
    for await (const _ of stream);
    const sent = () => listener.events.flatMap((event) => (event.kind === "sent" ? [event.data] : []));
    await expect.poll(() => sent().length).toBe(stream.events);
    expect(sent()[0]).toMatchObject({ exchange: 2, index: 0, event: { kind: "delta", fault: false } });
    await listener.end();
  });

  test("ends with its signal, before as well as after it has begun", async () => {
    const none: FeedEvent[] = [];
    await mock.follow((event) => none.push(event), { signal: AbortSignal.abort() });
    expect(none).toEqual([]);
    const listener = listen((onEvent, signal) => mock.follow(onEvent, { signal }));
    await expect.poll(listener.kinds).toContain("connected");
    await listener.end();
    expect(listener.kinds()).not.toContain("disconnected");
  });

  test("ends with what its listener throws, and closes the connection", async () => {
    const signals: AbortSignal[] = [];
    const failure = await failureOf(
      follow(
        () => {
          throw new Error("mine");
        },
        {
          url: mock.url,
          fetch: (url, init) => {
            if (init?.signal) signals.push(init.signal);
            return fetch(url, init);
          },
        },
      ),
    );
    expect(failure).toEqual(new Error("mine"));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

/** A `fetch` that gives these answers one after the other, then waits for ever. */
function answering(...answers: (() => Promise<Response> | Response)[]) {
  const asked: { url: string; lastEventId: string | undefined; at: number }[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, lastEventId: (init?.headers as Record<string, string>)["Last-Event-ID"], at: performance.now() });
    const answer = answers.shift();
    if (answer) return answer();
    return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  };
  return { asked, fetch };
}

const feed =
  (text: string, end: "close" | "open" = "close") =>
  () =>
    streamOf([bytes(text)], end).response;

describe("after a loss", () => {
  test("comes back with the last id, and tells of it once", async () => {
    const { asked, fetch } = answering(
      feed("id: e-1\nevent: armed\ndata: {}\n\nid: e-2\nevent: typing\ndata: 7\n\nid: e-3\nevent: armed\n"),
      () => Promise.reject(new TypeError("refused")),
      () => new Response("busy", { status: 503 }),
      feed(": hello\n\nid: e-3\nevent: reset\ndata: {}\n\n"),
    );
    const listener = listen((onEvent, signal) =>
      follow(onEvent, { url: "http://mock/", workspace: "a b", signal, fetch, ...QUICK }),
    );
    await expect.poll(() => asked.length).toBe(5);
    await listener.end();
    expect(listener.events).toEqual([
      { kind: "connected" },
      { kind: "armed", id: "e-1", raw: "{}", data: {} },
      { kind: "typing", id: "e-2", raw: "7", data: 7 },
      { kind: "disconnected", cause: undefined },
      { kind: "connected" },
      { kind: "reset" },
      { kind: "disconnected", cause: undefined },
    ]);
    expect(asked.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "e-2", "e-2", "e-2", "e-3"]);
    expect(asked[0]?.url).toBe("http://mock/_mock/feed?workspace=a+b");
  });

  test("tells itself that something may be missing where it has no id to come back with", async () => {
    const { asked, fetch } = answering(feed(": hello\n\n"), feed(": hello\n\n"));
    const listener = listen((onEvent, signal) => follow(onEvent, { url: "http://mock", signal, fetch, ...QUICK }));
    await expect.poll(() => asked.length).toBe(3);
    await listener.end();
    expect(listener.kinds()).toEqual(["connected", "disconnected", "connected", "reset", "disconnected"]);
  });

  test("tells that it is not connected when the first try fails, and waits longer and longer", async () => {
    const refuse = () => Promise.reject(new TypeError("refused"));
    const { asked, fetch } = answering(refuse, refuse, refuse, refuse, refuse);
    const listener = listen((onEvent, signal) =>
      follow(onEvent, { url: "http://mock", signal, fetch, firstWaitMs: 20, longestWaitMs: 80 }),
    );
    await expect.poll(() => asked.length).toBe(6);
    await listener.end();
    expect(listener.events).toEqual([{ kind: "disconnected", cause: new TypeError("refused") }]);
    const waits = asked.slice(1).map(({ at }, number) => at - (asked[number]?.at ?? 0));
    [10, 20, 40, 40, 40].forEach((least, number) => expect(waits[number]).toBeGreaterThanOrEqual(least - 2));
  });

  test("gives up a connection that says nothing any more", async () => {
    const { asked, fetch } = answering();
    const silent: Fetch = (url, init) => {
      const { response } = streamOf([bytes(": hello\n\n")], "open");
      if (asked.length > 0) return fetch(url, init);
      asked.push({ url, lastEventId: undefined, at: performance.now() });
      // The bodies of fetch fail when its signal is aborted.
      const body = response.body?.pipeThrough(new TransformStream(), init?.signal ? { signal: init.signal } : {});
      return Promise.resolve(new Response(body, { headers: response.headers }));
    };
    const listener = listen((onEvent, signal) =>
      follow(onEvent, { url: "http://mock", signal, fetch: silent, silenceMs: 30, ...QUICK }),
    );
    await expect.poll(() => listener.kinds()).toContain("disconnected");
    expect(listener.events[1]).toMatchObject({ cause: { message: "Nothing came for 30 ms." } });
    await listener.end();
  });

  test("does not come back to a server that refuses it", async () => {
    const { asked, fetch } = answering(() => new Response("{}", { status: 404 }));
    expect(await failureOf(follow(() => undefined, { url: "http://mock", fetch }))).toMatchObject({ status: 404 });
    expect(asked).toHaveLength(1);
  });
});

describe("a restart of the server", () => {
  let running: MockProcess | null = null;
  afterAll(() => running?.stop());

  test("is survived, and told", { timeout: 60_000 }, async () => {
    running = await startMock();
    const control = new MockControl({ url: running.url });
    const listener = listen((onEvent, signal) =>
      control.follow(onEvent, { signal, firstWaitMs: 50, longestWaitMs: 200 }),
    );
    await expect.poll(listener.kinds, { timeout: 5000 }).toEqual(["connected"]);
    await control.workspace("before");
    await expect.poll(listener.kinds, { timeout: 5000 }).toEqual(["connected", "workspace"]);
    expect(await running.stop()).toBe(0);
    await expect.poll(listener.kinds, { timeout: 5000 }).toEqual(["connected", "workspace", "disconnected"]);
    running = await startMock(Number(new URL(running.url).port));
    const told = ["connected", "workspace", "disconnected", "connected", "reset"];
    await expect.poll(listener.kinds, { timeout: 5000 }).toEqual(told);
    await control.workspace("after");
    await expect.poll(listener.kinds, { timeout: 5000 }).toEqual([...told, "workspace"]);
    await listener.end();
  });
});
