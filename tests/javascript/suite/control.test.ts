/** The control plane through its client, against the mock: every method. */

import { describe, expect, test } from "vitest";
import {
  ApiError,
  MockControl,
  NotClean,
  Verdict,
  VerificationFailed,
  newMessage,
} from "../../../mockserver/console/client.js";
import { collect, failureOf, mock, workspaceOfEachTest } from "../support/tools";

const workspace = workspaceOfEachTest();

describe("the control plane", () => {
  test("tells what there is", async () => {
    expect(await mock.call("GET", "/")).toMatchObject({ seed: 0 });
    expect((await mock.scenarios()).map(({ name }) => name)).toContain("model-down");
    expect((await mock.badTokenKinds()).map(({ kind }) => kind)).toContain("expired");
    expect((await mock.faultKinds()).find(({ kind }) => kind === "truncate")?.stage).toBe("stream");
  });

  test("gives text as text, and nothing as undefined", async () => {
    await workspace.it.client().listConversations();
    const path = `/workspaces/${workspace.it.name}/journal`;
    expect(await mock.call("GET", `${path}/1/curl`)).toContain("curl");
    expect(await mock.call("DELETE", path)).toBeUndefined();
  });

  test("makes workspaces, fresh ones and named ones, and walks all pages of them", async () => {
    const prefix = workspace.it.name;
    const made = await Promise.all(Array.from({ length: 103 }, (_, number) => mock.workspace(`${prefix}-${number}`)));
    expect(made[5]?.url).toBe(`${mock.url}/api/v1/workspaces/${prefix}-5`);
    expect(made[5]?.name).toBe(`${prefix}-5`);
    const names = (await mock.workspaces()).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith(`${prefix}-`))).toHaveLength(103);
    await Promise.all(made.map((each) => each.delete()));
    const fresh = await mock.workspace();
    expect(fresh.name).not.toBe(workspace.it.name);
    await fresh.delete();
    expect(await failureOf(fresh.faults())).toMatchObject({ status: 404, code: "notFound" });
  });

  test("says what is wrong with a call", async () => {
    const failure = await failureOf(workspace.it.arm("trunkate"));
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 422, code: "validationFailed" });
    expect(String(failure)).toContain("truncate");
  });

  test("needs its address where it did not serve the module", () => {
    expect(() => new MockControl()).toThrow("not loaded from it");
  });
});

describe("tokens", () => {
  test("of callers, who are told from each other", async () => {
    await workspace.it.client("alice").createConversation();
    expect((await workspace.it.client("bob").listConversations()).data).toEqual([]);
    expect((await workspace.it.conversations()).map(({ caller }) => caller)).toEqual(["alice"]);
  });

  test("with options", async () => {
    const client = workspace.it.client("alice", {
      token: await workspace.it.token("alice", { customer: 42, diesAfterCalls: 1 }),
    });
    expect((await client.createConversation()).legacyCustomerId).toBe(42);
    expect(await failureOf(client.listConversations())).toMatchObject({ status: 401 });
    await workspace.it.revive();
    expect((await client.listConversations()).data).toHaveLength(1);
  });

  test("of each bad kind are refused", async () => {
    for (const { kind } of await mock.badTokenKinds()) {
      const failure = await failureOf(
        workspace.it.client("alice", { token: await workspace.it.badToken(kind) }).listConversations(),
      );
      expect((failure as ApiError).status, kind).toBe(kind.endsWith("-workspace") ? 403 : 401);
    }
  });

  test("that could not be minted are tried again", async () => {
    let calls = 0;
    const shaky = new MockControl({
      url: mock.url,
      fetch: (url, init) =>
        url.endsWith("/tokens") && calls++ === 0 ? Promise.reject(new TypeError("no")) : fetch(url, init),
    });
    const client = (await shaky.workspace(workspace.it.name)).client();
    expect(await failureOf(client.listConversations())).toEqual(new TypeError("no"));
    expect((await client.listConversations()).data).toEqual([]);
    await client.listConversations();
    expect(calls).toBe(2);
  });
});

describe("faults", () => {
  test("are armed, aimed, counted and disarmed", async () => {
    const where = { caller: "alice", operation: "listConversations" };
    const armed = await workspace.it.arm("status", { code: 503, where, times: 2 });
    expect(armed).toMatchObject({ fault: "status", parameters: { code: 503 }, where, times: 2, rate: 1 });
    await workspace.it.arm("delay", { parameters: { ms: 1 }, times: null, rate: 0.5, seconds: 60 });
    await workspace.it.client("bob").listConversations();
    expect(await failureOf(workspace.it.client("alice").listConversations())).toMatchObject({ status: 503 });
    const [status, delay] = await workspace.it.faults();
    expect(status).toMatchObject({ id: armed.id, fired: 1, timesLeft: 1 });
    expect(delay).toMatchObject({ parameters: { ms: 1 }, times: null, rate: 0.5, seconds: 60 });
    await workspace.it.disarm(armed.id);
    expect((await workspace.it.faults()).map(({ fault }) => fault)).toEqual(["delay"]);
    await workspace.it.disarm();
    expect(await workspace.it.faults()).toEqual([]);
  });

  test("hit once unless told otherwise", async () => {
    const client = workspace.it.client();
    await workspace.it.arm("status");
    expect(await failureOf(client.listConversations())).toMatchObject({ status: 500 });
    expect((await client.listConversations()).data).toEqual([]);
  });

  test("have the seconds of a stall told from those of the rule", async () => {
    expect(() => workspace.it.arm("stall", { seconds: 20 })).toThrow("Say which");
    expect(await workspace.it.arm("stall", { parameters: { seconds: 20 } })).toMatchObject({ seconds: null });
    expect(await workspace.it.arm("stall", { parameters: {}, seconds: 20 })).toMatchObject({ seconds: 20 });
  });

  test("come in scenarios", async () => {
    const started = await workspace.it.startScenario("model-down");
    expect(started.faults.length).toBeGreaterThan(0);
    const client = workspace.it.client();
    const { id } = await client.createConversation();
    expect(await failureOf(client.sendMessage(id, newMessage("Hi")))).toMatchObject({ status: 503 });
    await workspace.it.stopScenario("model-down");
    expect(await workspace.it.faults()).toEqual([]);
    await client.sendMessage(id, newMessage("Hi"));
  });
});

describe("streams", () => {
  test("are held, stepped and released", async () => {
    const client = workspace.it.client();
    const { id } = await client.createConversation();
    expect(await workspace.it.hold()).toMatchObject({ holdAfter: 0 });
    const stream = await client.streamMessage(id, newMessage("Hi"));
    const live = await workspace.it.waitForStream();
    expect(live).toMatchObject({ conversation: id, held: true, sent: 0 });
    expect(await workspace.it.streams()).toEqual([live]);

    let came = 0;
    const reading = (async () => {
      for await (const _ of stream) came += 1;
    })();
    expect(await workspace.it.step(live.id)).toMatchObject({ stepped: 1, sent: 1 });
    expect(await workspace.it.step(live.id, 2)).toMatchObject({ stepped: 2, sent: 3, ended: false });
    await expect.poll(() => came).toBe(3);
    expect(await workspace.it.holdStream(live.id, 5)).toMatchObject({ holdAfter: 5 });
    expect(await workspace.it.holdStream(live.id)).toMatchObject({ held: true });
    await workspace.it.release(live.id);
    await reading;
    expect(stream.message).not.toBeNull();
    expect(await workspace.it.hold(null)).toMatchObject({ holdAfter: null });
  });

  test.each(["truncate", "reset", "end"] as const)("are killed: %s", async (how) => {
    const client = workspace.it.client();
    const { id } = await client.createConversation();
    await workspace.it.hold(1);
    const stream = await client.streamMessage(id, newMessage("Hi"));
    await stream.next();
    await workspace.it.kill((await workspace.it.waitForStream()).id, how);
    expect(await failureOf(collect(stream))).toMatchObject({ name: "StreamTruncated", events: 1 });
  });

  test("that do not come are waited for in vain", async () => {
    expect(await failureOf(workspace.it.waitForStream(1, 0))).toMatchObject({
      message: expect.stringContaining("0 streams are live"),
    });
  });
});

describe("the clock", () => {
  test("is frozen, advanced, set, and runs", async () => {
    expect(await workspace.it.clock({ freeze: true })).toMatchObject({ rate: 0 });
    const { nowS } = await workspace.it.clock();
    expect(await workspace.it.advance(60)).toMatchObject({ nowS: nowS + 60 });
    expect(await workspace.it.clock({ nowS: nowS + 100 })).toMatchObject({ nowS: nowS + 100 });
    await workspace.it.clock({ set: "2026-12-24T18:00:00Z" });
    expect((await workspace.it.client().createConversation()).createdAt).toMatch(/^2026-12-24T18:00/);
    expect(await workspace.it.clock({ rate: 60 })).toMatchObject({ rate: 60 });
    expect(await workspace.it.clock({ freeze: false })).toMatchObject({ rate: 1 });
  });

  test("paces replies", async () => {
    const changed = await workspace.it.configure({ firstTokenMs: 5, tokensPerSecond: null, jitter: 0, keepAliveS: 0 });
    expect(changed).toMatchObject({ firstTokenMs: 5, tokensPerSecond: null, jitter: 0, keepAliveS: 0 });
    expect(await workspace.it.configuration()).toEqual(changed);
  });
});

describe("the journal", () => {
  test("is read, newest first, and asked", async () => {
    const client = workspace.it.client("alice");
    const { id } = await client.createConversation();
    await client.sendMessage(id, newMessage("Hi"));
    await failureOf(client.listConversations({ page: 0 }));
    const operations = (await workspace.it.journal()).map(({ operation }) => operation);
    expect(operations).toEqual(["listConversations", "sendMessage", "createConversation"]);
    const [refused] = await workspace.it.journal({ status: "4xx", caller: "alice" });
    expect(refused).toMatchObject({ status: 422, code: "validationFailed" });
    const exchange = await workspace.it.exchange(2);
    expect(exchange).toMatchObject({ operation: "sendMessage", request: { body: { text: "Hi" } } });
    expect(exchange.request.headers.authorization).not.toContain("ey");
  });

  test("is verified", async () => {
    const client = workspace.it.client("alice");
    const { id } = await client.createConversation();
    await client.sendMessage(id, newMessage("Hello"));
    expect(await workspace.it.verify({ operation: "sendMessage", times: 1, body: { text: "Hello" } })).toMatchObject({
      count: 1,
    });
    await workspace.it.verify({ inOrder: [{ operation: "createConversation" }, { operation: "sendMessage" }] });
    const failure = await failureOf(workspace.it.verify({ operation: "sendMessage", body: { text: "Hullo" } }));
    expect(failure).toBeInstanceOf(VerificationFailed);
    expect(failure).toMatchObject({ name: "VerificationFailed", result: { ok: false, nearest: { number: 2 } } });
    expect(String(failure)).toContain("Hello");
  });
});

describe("the verdict", () => {
  test("is clean, or tells what was wrong", async () => {
    const client = workspace.it.client("alice");
    const { id } = await client.createConversation();
    const clean = await workspace.it.verdict();
    expect(clean).toBeInstanceOf(Verdict);
    clean.assertClean();
    expect([clean.clean, clean.codes, clean.findings]).toEqual([true, [], []]);
    expect(clean.coverage).toBeDefined();

    await workspace.it.arm("lost-answer");
    await failureOf(client.sendMessage(id, newMessage("Hi")));
    await client.sendMessage(id, newMessage("Hi"));
    const verdict = await workspace.it.verdict("alice");
    expect([verdict.clean, verdict.codes]).toEqual([false, ["double-post"]]);
    expect(verdict.findings).toMatchObject([{ caller: "alice", code: "double-post", severity: "error" }]);
    const failure = await failureOf((async () => verdict.assertClean())());
    expect(failure).toBeInstanceOf(NotClean);
    expect(String(failure)).toMatch(/1 thing wrong:\n {2}error double-post, alice, exchanges 2, 3: .+\n {4}.+/);
    verdict.assertClean({ allow: ["double-post"] });
  });
});

test("hints do not make a verdict unclean", async () => {
  const steering = { personality: "A pirate", mood: "good" };
  await workspace.it.client().createConversation(steering);
  const verdict = await workspace.it.verdict();
  expect([verdict.clean, verdict.codes, verdict.findings[0]?.severity]).toEqual([true, ["unknown-field"], "hint"]);
  verdict.assertClean();
});

describe("states", () => {
  test("are kept, loaded, and begun anew", async () => {
    const client = workspace.it.client();
    await client.createConversation();
    expect(await workspace.it.snapshot("one")).toMatchObject({ name: "one", workspaces: [workspace.it.name] });
    await client.createConversation();
    expect(await workspace.it.load("one")).toMatchObject({ conversations: 1 });
    expect((await client.listConversations()).data).toHaveLength(1);
    expect(await workspace.it.reset()).toMatchObject({ conversations: 0, calls: 0 });
    expect((await client.listConversations()).data).toEqual([]);
  });
});
