/** What the tests have in common. */

import { afterEach, beforeEach } from "vitest";
import { MockControl, type MockWorkspace, type StreamEvent } from "../../../mockserver/console/client.js";

export const mock = new MockControl({ url: process.env.MOCK_URL ?? "" });

/** A fresh workspace for each test of a file, as `.it`. */
export function workspaceOfEachTest(): { it: MockWorkspace } {
  const holder = {} as { it: MockWorkspace };
  beforeEach(async () => {
    holder.it = await mock.workspace();
  });
  afterEach(() => holder.it.delete());
  return holder;
}

/** All that an iteration gives. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** The text of the deltas, joined. */
export function joined(events: StreamEvent[]): string {
  return events.map((event) => (event.kind === "delta" ? event.data.delta : "")).join("");
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}

/** Random numbers from 0 to 1 that follow from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A response that streams the pieces, then ends, fails, or goes on for ever; `cancelled` tells whether it was closed. */
export function streamOf(pieces: Uint8Array[], end: "close" | "open" | Error = "close") {
  const state = { cancelled: false };
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces[next++];
      if (piece) controller.enqueue(piece);
      else if (end === "close") controller.close();
      else if (end instanceof Error) controller.error(end);
      else return new Promise(() => undefined);
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { response: new Response(body, { headers: { "Content-Type": "text/event-stream" } }), state };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
