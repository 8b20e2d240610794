/** What the console's views "live" and "journal" work out, without a page: time lines, explanations, lists of rows. */

import { beforeAll, describe, expect, test } from "vitest";
import { mock } from "../support/tools";

// The console's modules have no types: they are nobody's but the page's.
const load = (path: string) => import(/* @vite-ignore */ new URL(`../../../mockserver/console/ui/${path}`, import.meta.url).href);

const delta = (atS: number, fault = false) => ({ atS, kind: "delta", data: '{"delta":"x"}', fault });
const final = (atS: number, kind = "message") => ({ atS, kind, data: "{}", fault: false });

describe("a time line", async () => {
  const { describeStream, sayStream } = await load("timeline-model.js");

  test("tells the first token, the pace, a pause and the final event", () => {
    const seen = describeStream([delta(0.3), delta(0.32), delta(0.34), delta(2.34), delta(2.36), final(2.4)], { endS: 2.41 });
    expect(seen).toMatchObject({ firstS: 0.3, deltas: 5, final: { atS: 2.4, kind: "message" }, spanS: 2.41 });
    expect(seen.pauses).toEqual([{ fromS: 0.34, toS: 2.34 }]);
    expect(seen.rate).toBeCloseTo(4 / 2.06);
    expect(sayStream(seen, true, (s: number) => `${s.toFixed(1)} s`)).toContain("a pause of 2.0 s at 0.3 s");
  });

  test("of a stream that goes on has the silence since the last event, and marks the stall there", () => {
    const seen = describeStream([delta(0.3), delta(0.32)], { endS: 5, over: false, faults: [{ kind: "stall" }] });
    expect(seen.pauses).toEqual([{ fromS: 0.32, toS: 5, open: true }]);
    expect(seen.marks).toEqual([{ atS: 0.32, names: ["stall"] }]);
  });

  test.each([
    ["truncate", [delta(1)], { endS: 2 }, 2],
    ["error", [delta(1), final(1.5, "error")], { endS: 2 }, 1.5],
    ["swap-deltas", [delta(1), delta(1.2, true), final(2)], { endS: 2 }, 1.2],
    ["slow", [delta(1), delta(3)], { endS: 4 }, 1],
  ])("marks where %s hit", (kind, events, how, atS) => {
    expect(describeStream(events, { ...how, faults: [{ kind }] }).marks).toEqual([{ atS, names: [kind] }]);
  });

  test("does not mark what has not hit yet", () => {
    expect(describeStream([], { endS: 5, over: false, faults: [{ kind: "truncate" }] }).marks).toEqual([]);
  });
});

describe("the book of streams", async () => {
  const { KEPT_ENDED, StreamBook, isHeld, sentBy } = await load("views/live/book.js");
  const stream = { id: 1, exchange: 7, conversation: "c", caller: "a", sent: 0, deltas: 4, held: false, holdAfter: null, openedAtS: 1 };
  const entry = { number: 7, atS: 1, faults: [], complete: false, outcome: null, tookS: null, replayed: false, eventsDropped: 0 };

  test("joins what the feed tells with what the journal has, each event once", () => {
    const book = new StreamBook();
    book.tell("stream", { change: "opened", stream });
    book.tell("sent", { exchange: 7, index: 2, event: delta(3) });
    book.read({ ...entry, events: [delta(1), delta(2)] });
    book.tell("sent", { exchange: 7, index: 2, event: delta(3) });
    book.tell("sent", { exchange: 7, index: 3, event: delta(4) });
    const record = book.live.get(7);
    expect(record.events.map(({ atS }: { atS: number }) => atS)).toEqual([1, 2, 3, 4]);
    expect(record.text).toBe("xxxx");
    book.open({ ...stream, sent: 5, holdAfter: 5 });
    expect([sentBy(record), isHeld(record)]).toEqual([5, true]);
  });

  test("keeps the last that have ended, and takes none of them for live again", () => {
    const book = new StreamBook();
    for (let exchange = 1; exchange <= 30; exchange += 1) {
      book.tell("stream", { change: "opened", stream: { ...stream, exchange } });
      book.tell("stream", { change: "ended", stream: { ...stream, exchange } });
    }
    book.reconcile([{ ...stream, exchange: 30 }], []);
    expect(book.live.size).toBe(0);
    expect(book.ended.map(({ exchange }: { exchange: number }) => exchange)).toEqual(Array.from({ length: KEPT_ENDED }, (_, n) => 30 - n));
  });

  test("ends what the server says is not live any more, but nothing that opened meanwhile", () => {
    const book = new StreamBook();
    book.open(stream);
    book.open({ ...stream, exchange: 8 });
    book.reconcile([], [7]);
    expect([...book.live.keys()]).toEqual([8]);
  });
});

describe("the rows of the journal", async () => {
  const { mergeRows } = await load("views/journal/merge.js");
  const { NOTHING, fits, queryOf, readFilter } = await load("views/journal/filter.js");
  const rows = (...numbers: number[]) => numbers.map((number) => ({ number }));
  const summary = { operation: "sendMessage", method: "POST", path: "/a/messages", query: "", caller: "a", conversation: "c", status: 422, faults: [{ kind: "slow" }] };

  test("take news in order, without a hole and within their bound", () => {
    expect(mergeRows(rows(5, 4, 3), rows(6, 4, 2), { all: false, bound: 10 })).toEqual(rows(6, 5, 4, 3));
    expect(mergeRows(rows(5, 3), rows(6, 4, 2), { all: true, bound: 4 })).toEqual(rows(6, 5, 4, 3));
    expect(mergeRows(rows(5, 3), rows(6), { all: true, bound: 4, insert: false })).toEqual(rows(5, 3));
  });

  test.each([
    [{}, true],
    [{ text: "post /MESS", status: "4xx" }, true],
    [{ status: "422", fault: "slow", caller: "a", conversation: "c", operation: "sendMessage" }, true],
    [{ status: "5xx" }, false],
    [{ text: "GET" }, false],
    [{ fault: "stall" }, false],
    [{ text: "only in a body" }, null],
  ])("fit the filter %o: %s", (asked, expected) => {
    expect(fits({ ...NOTHING, ...asked }, summary)).toBe(expected);
  });

  test("are asked for in the words of the control plane", () => {
    expect(queryOf({ ...NOTHING, text: "post x y", status: "4xx" })).toBe("text=x+y&status=4xx&method=POST");
    expect(readFilter("conversation=1-2&nonsense=3")).toEqual({ ...NOTHING, conversation: "1-2" });
  });
});

describe("why a request was refused", async () => {
  const { explainErrors, explainStatus } = await load("views/journal/explain.js");
  let contract: unknown;
  beforeAll(async () => {
    contract = await (await fetch(`${mock.url}/openapi.json`)).json();
  });
  const refused = (operation: string, field: string, body: unknown, query = "") => ({
    operation, query, status: 422,
    errors: [{ field, message: "expected something else", type: "wrongType" }],
    request: { headers: {}, body, encoding: body === null ? null : "json", bytes: body === null ? 0 : 9 },
    response: { headers: {}, body: { error: "no" } },
  });

  test("shows what the contract says of a field beside what was sent", () => {
    const [error] = explainErrors(contract, refused("sendMessage", "contextSize", { contextSize: "x" }));
    expect(error).toMatchObject({ where: "body", sent: { there: true, value: "x" }, docs: "/docs/#/Messages/sendMessage" });
    expect(error.rules).toEqual(["a whole number", "may be left out", "never null", "16000 if left out"]);
    expect(error.description).toContain("How many tokens");
  });

  test("finds fields of lists, of bodies as a whole, and of queries", () => {
    const [missing] = explainErrors(contract, refused("sendMessage", "additionalContext[0].content", { additionalContext: [{ id: 1 }] }));
    expect(missing).toMatchObject({ sent: { there: false }, rules: ["a text", "has to be there", "never null"] });
    const [whole] = explainErrors(contract, refused("updateConversation", "body", {}));
    expect(whole.rules).toContain("with one of personality, brandVoiceId, targetAudienceId");
    const [page] = explainErrors(contract, refused("listMessages", "page", null, "page=0"));
    expect(page).toMatchObject({ where: "query", sent: { there: true, value: "0" }, example: 1 });
    expect(page.rules).toContain("1 or more");
  });

  test("has nothing to say of a field that the contract does not know, and shows it all the same", () => {
    const [error] = explainErrors(contract, refused("sendMessage", "nonsense", { nonsense: 1 }));
    expect(error).toMatchObject({ where: null, rules: [], sent: { there: true, value: 1 } });
  });

  test.each([401, 403, 404, 409, 422, 429])("says what %i means in this API", (status) => {
    const told = explainStatus(contract, { ...refused("sendMessage", "text", {}), status });
    expect(told.contract).toBeTruthy();
    expect(told.advice).toBeTruthy();
  });
});
