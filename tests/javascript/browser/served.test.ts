/** The module as the mock serves it, in a page of another origin. */

import { expect, test } from "@playwright/test";
import type * as Client from "../../../mockserver/console/client.js";

const address = `${process.env.MOCK_URL}/_mock/client.js`;

test.beforeEach(({ page }) => page.goto(process.env.APP_URL ?? ""));

test("knows the mock that served it, and streams odd bytes", async ({ page }) => {
  const seen = await page.evaluate(async (address) => {
    const { MockControl, newMessage }: typeof Client = await import(address);
    const workspace = await new MockControl().workspace();
    const client = workspace.client("alice");
    const { id } = await client.createConversation({ personality: "A pirate" });
    await client.patchSteering(id, { personality: null });
    const texts: string[][] = [];
    for (const fault of ["bytes", "split-characters", "mixed-lines", "multi-line", "bom", "torture"]) {
      await workspace.arm(fault);
      const stream = await client.streamMessage(id, newMessage("!reply emoji"));
      let deltas = "";
      for await (const event of stream) if (event.kind === "delta") deltas += event.data.delta;
      texts.push([fault, deltas, stream.text, (await client.listMessages(id, { size: 100 })).data.at(-1)?.text ?? ""]);
    }
    await client.cancelStream(id);
    (await workspace.verdict()).assertClean();
    await workspace.delete();
    return texts;
  }, address);
  for (const [fault, deltas, text, listed] of seen) expect([deltas, text], fault).toEqual([listed, listed]);
});

test("closes a stream that stalls, tells of cuts, and reads refusals across origins", async ({ page }) => {
  const seen = await page.evaluate(async (address) => {
    const { ApiError, MockControl, StreamTruncated, newMessage }: typeof Client = await import(address);
    const workspace = await new MockControl().workspace();
    const client = workspace.client("alice");
    const { id } = await client.createConversation();
    const said: unknown[] = [];

    await workspace.arm("stall", { after: 2 });
    const abort = new AbortController();
    const stalling = await client.streamMessage(id, newMessage("Hi"), { signal: abort.signal });
    await stalling.next();
    await stalling.next();
    const waiting = stalling.next().catch((error: Error) => error.name);
    abort.abort();
    said.push(await waiting);
    while ((await workspace.streams()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));

    await workspace.arm("reset", { after: 2 });
    try {
      for await (const _ of await client.streamMessage(id, newMessage("Hi")));
    } catch (error) {
      said.push(error instanceof StreamTruncated && error.cause instanceof Error);
    }
    await workspace.arm("status", { code: 429, retry_after: 7 });
    try {
      await client.listConversations();
    } catch (error) {
      said.push(error instanceof ApiError && [error.status, error.code, error.retryAfterS]);
    }
    await workspace.delete();
    return said;
  }, address);
  expect(seen).toEqual(["AbortError", true, [429, "rateLimited", 7]]);
});

test("follows the feed", async ({ page }) => {
  const kinds = await page.evaluate(async (address) => {
    const { MockControl }: typeof Client = await import(address);
    const mock = new MockControl();
    const workspace = await mock.workspace();
    const kinds: string[] = [];
    const abort = new AbortController();
    await workspace.follow(
      (event) => {
        kinds.push(event.kind);
        if (event.kind === "connected") void workspace.arm("delay", { ms: 1 });
        if (event.kind === "armed") abort.abort();
      },
      { signal: abort.signal },
    );
    await workspace.delete();
    return kinds;
  }, address);
  expect(kinds).toEqual(["connected", "armed"]);
});
