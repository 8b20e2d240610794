/** What `openStream` makes of a response, whatever becomes of it. */

import { describe, expect, test } from "vitest";
import {
  ApiError,
  MessageStream,
  openStream,
  StreamMalformed,
  StreamTruncated,
} from "../../../mockserver/console/client.js";
import { bytes, collect, failureOf, streamOf } from "../support/tools";

const sse = (kind: string, data: unknown) => bytes(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
const DELTAS = [sse("delta", { delta: "Hel" }), sse("delta", { delta: "lo" })];
const REPLY = { id: "r-1", text: "Hello!", source: "assistant", createdAt: "2026-05-01T09:00:00" };
const FINAL = sse("message", { message: REPLY });

/** Whoever was called reads the body by now: all that could go on without it has. */
const itWaits = () => new Promise((resolve) => setImmediate(resolve));

describe("a stream", () => {
  test("gives typed events, and knows the text, the reply and how much came", async () => {
    const stream = openStream(streamOf([...DELTAS, FINAL]).response);
    expect(stream).toBeInstanceOf(MessageStream);
    const texts = [];
    for await (const event of stream) texts.push([event.kind, stream.text]);
    expect(texts).toEqual([
      ["delta", "Hel"],
      ["delta", "Hello"],
      ["message", "Hello!"],
    ]);
    expect([stream.events, stream.message, stream.error]).toEqual([3, REPLY, null]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("gives an error event as an event", async () => {
    const stream = openStream(streamOf([...DELTAS, sse("error", { error: "No.", code: "generationFailed" })]).response);
    const events = await collect(stream);
    expect(events.at(-1)).toMatchObject({ kind: "error", data: { error: "No.", code: "generationFailed" } });
    expect([stream.error?.code, stream.message, stream.text]).toEqual(["generationFailed", null, "Hello"]);
  });

  test("gives events of unknown kinds, with data of any form", async () => {
    const odd = bytes("event: typing\nid: 7\ndata: {\n\nevent: toString\ndata: [1]\n\n");
    const events = await collect(openStream(streamOf([odd, FINAL]).response));
    expect(events.slice(0, 2)).toEqual([
      { kind: "typing", id: "7", raw: "{", data: undefined },
      { kind: "toString", id: "7", raw: "[1]", data: [1] },
    ]);
  });

  test("gives what comes after a final event, which changes nothing of the reply", async () => {
    const stream = openStream(streamOf([FINAL, ...DELTAS, FINAL], new TypeError("reset")).response);
    expect((await collect(stream)).map(({ kind }) => kind)).toEqual(["message", "delta", "delta", "message"]);
    expect(stream.text).toBe("Hello!");
  });

  test("begins with one byte order mark at the most", async () => {
    const kinds = async (marks: string) => {
      const first = bytes(`${marks}event: delta\ndata: {"delta": "a"}\n\n`);
      return (await collect(openStream(streamOf([first, FINAL]).response))).map(({ kind }) => kind);
    };
    expect(await kinds("\uFEFF")).toEqual(["delta", "message"]);
    // With a second one the name of the first field is another, and the event has no kind: a message without one.
    expect(await failureOf(kinds("\uFEFF\uFEFF"))).toBeInstanceOf(StreamMalformed);
  });

  test("leaves what fetch throws of its own signal as it is", async () => {
    const aborted = new DOMException("This operation was aborted", "AbortError");
    expect(await failureOf(collect(openStream(streamOf(DELTAS, aborted).response)))).toBe(aborted);
  });

  test("that ends without a final event throws, after all that came", async () => {
    const stream = openStream(streamOf([...DELTAS, bytes("event: message\ndata: {}")]).response);
    const kinds: string[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const { kind } of stream) kinds.push(kind);
      })(),
    );
    expect(kinds).toEqual(["delta", "delta"]);
    expect(failure).toBeInstanceOf(StreamTruncated);
    expect(failure).toMatchObject({ name: "StreamTruncated", events: 2, text: "Hello" });
    expect((failure as StreamTruncated).cause).toBeUndefined();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("that breaks throws too, and keeps the cause", async () => {
    const cause = new TypeError("terminated");
    const failure = await failureOf(collect(openStream(streamOf(DELTAS, cause).response)));
    expect(failure).toMatchObject({ name: "StreamTruncated", events: 2, text: "Hello", cause });
  });

  test.each([
    ["delta", '{"delta": 5}'],
    ["delta", "{"],
    ["delta", "null"],
    ["message", '{"message": null}'],
    ["error", '"no"'],
  ])("with a %s event of data %s throws, and closes the connection", async (kind, raw) => {
    const { response, state } = streamOf([bytes(`event: ${kind}\ndata: ${raw}\n\n`)], "open");
    const failure = await failureOf(collect(openStream(response)));
    expect(failure).toBeInstanceOf(StreamMalformed);
    expect(failure).toMatchObject({ name: "StreamMalformed", event: { kind, raw } });
    expect(state.cancelled).toBe(true);
  });

  test("closes the connection when the loop is left", async () => {
    const { response, state } = streamOf(DELTAS, "open");
    for await (const event of openStream(response)) {
      expect(event.kind).toBe("delta");
      break;
    }
    expect(state.cancelled).toBe(true);
  });

  test("closes the connection when it is returned from while it waits", async () => {
    const { response, state } = streamOf([], "open");
    const stream = openStream(response);
    const waiting = stream.next();
    await itWaits();
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(state.cancelled).toBe(true);
  });

  test("throws the signal's reason when it is aborted, and closes the connection", async () => {
    const { response, state } = streamOf(DELTAS, "open");
    const abort = new AbortController();
    const stream = openStream(response, { signal: abort.signal });
    await stream.next();
    await stream.next();
    const waiting = failureOf(stream.next());
    await itWaits();
    abort.abort(new Error("enough"));
    expect(await waiting).toEqual(new Error("enough"));
    expect(state.cancelled).toBe(true);
  });

  test("gives nothing once it is aborted, also of what is there already", async () => {
    const abort = new AbortController();
    const both = new Uint8Array([...(DELTAS[0] ?? []), ...(DELTAS[1] ?? [])]);
    const stream = openStream(streamOf([both]).response, { signal: abort.signal });
    await stream.next();
    abort.abort();
    expect(await failureOf(stream.next())).toMatchObject({ name: "AbortError" });
  });

  test("of a signal that is aborted already closes at once", async () => {
    const { response, state } = streamOf(DELTAS, "open");
    expect(await failureOf(openStream(response, { signal: AbortSignal.abort() }).next())).toMatchObject({
      name: "AbortError",
    });
    expect(state.cancelled).toBe(true);
  });

  test("keeps the order of calls that do not wait for each other", async () => {
    const stream = openStream(streamOf([...DELTAS, FINAL]).response);
    const results = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(results.map(({ done, value }) => (done ? "done" : value.kind))).toEqual([
      "delta",
      "delta",
      "message",
      "done",
    ]);
  });
});

describe("a response that is no stream", () => {
  const refusal = (status: number, body: string, headers: Record<string, string> = {}) =>
    failureOf(openStream(new Response(body, { status, headers })).next());

  test("throws what the server says", async () => {
    const failure = await refusal(429, '{"error": "Too many.", "code": "rateLimited"}', { "Retry-After": "7" });
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({
      name: "ApiError",
      status: 429,
      code: "rateLimited",
      retryAfterS: 7,
      message: "429: Too many.",
      body: { error: "Too many.", code: "rateLimited" },
    });
  });

  test("names every wrong field", async () => {
    const errors = [
      { field: "id", message: "missing", type: "missing" },
      { field: "text", message: "empty", type: "x" },
    ];
    expect(await refusal(422, JSON.stringify({ error: "Two are wrong.", errors }))).toMatchObject({
      message: "422: Two are wrong.\n  id: missing\n  text: empty",
    });
  });

  test("that is a page keeps it as text", async () => {
    expect(await refusal(502, "<html>bad gateway</html>")).toMatchObject({
      code: null,
      body: "<html>bad gateway</html>",
      message: "502: <html>bad gateway</html>",
      retryAfterS: null,
    });
  });

  test("knows dates in Retry-After", async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const failure = (await refusal(503, "", { "Retry-After": inAMinute })) as ApiError;
    expect(failure.retryAfterS).toBeGreaterThan(55);
    expect(failure.retryAfterS).toBeLessThanOrEqual(60);
    expect(await refusal(503, "", { "Retry-After": "soon" })).toMatchObject({ retryAfterS: null });
    expect(await refusal(503, "", { "Retry-After": new Date(0).toUTCString() })).toMatchObject({ retryAfterS: 0 });
  });

  test("is an error also with a 200", async () => {
    const failure = await refusal(200, "<html>log in</html>", { "Content-Type": "text/html" });
    expect(failure).toMatchObject({ name: "ApiError", status: 200, body: "<html>log in</html>" });
    expect(String(failure)).toContain("text/html");
  });
});
