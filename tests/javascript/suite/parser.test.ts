/** Server-Sent Events are read as the WHATWG standard says, however they are cut. */

import { describe, expect, test } from "vitest";
import { openStream, parseEvents, type ParsedEvent } from "../../../mockserver/console/client.js";
import { bytes, collect, random, streamOf } from "../support/tools";

const event = (raw: string, kind = "message", id = ""): ParsedEvent => ({ kind, id, raw });

const CASES: [string, string, ParsedEvent[]][] = [
  ["lines end with LF", "data: a\n\ndata: b\n\n", [event("a"), event("b")]],
  ["lines end with CR", "data: a\r\rdata: b\r\r", [event("a"), event("b")]],
  ["lines end with CR LF", "data: a\r\n\r\ndata: b\r\n\r\n", [event("a"), event("b")]],
  ["lines end by turns", "data: a\r\n\ndata: b\n\rdata: c\r\r\n", [event("a"), event("b"), event("c")]],
  ["a byte order mark comes first", "\uFEFFdata: a\n\n", [event("a")]],
  ["only one is taken away", "\uFEFF\uFEFFdata: a\n\n", []],
  ["and none later", "data: a\n\n\uFEFFdata: b\n\n", [event("a")]],
  ["data of several lines", "data: a\ndata:\ndata: b\n\n", [event("a\n\nb")]],
  ["empty data is data", "data\n\ndata:\n\n", [event(""), event("")]],
  ["no data, no event", "event: x\n\ndata: a\n\n", [event("a")]],
  ["a kind is of one event", "event: x\ndata: a\n\ndata: b\n\n", [event("a", "x"), event("b")]],
  ["the last kind counts", "event: x\nevent: y\ndata: a\n\n", [event("a", "y")]],
  ["one blank after the colon goes", "data:a\n\ndata:  b\n\ndata:\tc\n\n", [event("a"), event(" b"), event("\tc")]],
  ["comments say nothing", ": one\ndata: a\n:two\ndata: b\n:\n\n", [event("a\nb")]],
  ["a value may have colons", 'data: {"a": "b:c"}\n\n', [event('{"a": "b:c"}')]],
  ["unknown fields say nothing", "date: a\n data: b\nDATA: c\ndata : d\ndata: e\n\n", [event("e")]],
  [
    "an id lasts",
    "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
    [event("a", "message", "1"), event("b", "message", "1"), event("c")],
  ],
  [
    "an id with NUL is none",
    "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
    [event("a", "message", "1"), event("b", "message", "1")],
  ],
  ["other line ends are none", "data: a\u2028b\u0085c\vd\fe\n\n", [event("a\u2028b\u0085c\vd\fe")]],
  ["the unfinished one is discarded", "data: a\n\ndata: b\n", [event("a")]],
  ["and so is an unfinished line", "data: a\n\ndata: b\n\ndata: c", [event("a"), event("b")]],
  ["nothing at all", "", []],
];

describe("a parser", () => {
  test.each(CASES)("%s", (_name, text, expected) => {
    expect(parseEvents().feed(text)).toEqual(expected);
  });

  test.each(CASES)("in single characters: %s", (_name, text, expected) => {
    const parser = parseEvents();
    expect([...text].flatMap((character) => parser.feed(character))).toEqual(expected);
  });

  test.each(CASES)("in any two pieces, one of them maybe empty: %s", (_name, text, expected) => {
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = parseEvents();
      expect([...parser.feed(text.slice(0, cut)), ...parser.feed(""), ...parser.feed(text.slice(cut))]).toEqual(
        expected,
      );
    }
  });

  test("gives an event as soon as its blank line is there, also when lines end with CR", () => {
    const parser = parseEvents();
    expect(parser.feed("data: a\r\r")).toEqual([event("a")]);
    expect(parser.feed("\ndata: b\r\n\r")).toEqual([event("b")]);
  });

  test("knows the id to resume from, which is not that of an unfinished event", () => {
    const parser = parseEvents();
    parser.feed("id: 1\ndata: a\n\nid: 2\ndata: b\n");
    expect(parser.lastEventId()).toBe("1");
    parser.feed("\n");
    expect(parser.lastEventId()).toBe("2");
    parser.feed("id: 3\n\n");
    expect(parser.lastEventId()).toBe("3");
  });

  test("knows when to come back, which is a number of digits", () => {
    const parser = parseEvents();
    expect(parser.retryMs()).toBeNull();
    parser.feed("retry: 100\nretry: 2s\nretry: -1\nretry:\n");
    expect(parser.retryMs()).toBe(100);
  });
});

/** A stream of events in odd forms, and what it says. */
function draw(next: () => number): { text: string; events: { kind: string; data: unknown }[] } {
  const pick = <T>(values: T[]): T => values[Math.floor(next() * values.length)] as T;
  const words = ["Grüße", " ", "😀", "日本", "e\u0301", "a", "👩‍👩‍👧", "\u2028", "שלום", "\\", "\uFEFF"];
  const events: { kind: string; data: unknown }[] = [];
  let text = pick(["", "\uFEFF"]);
  for (let left = 1 + Math.floor(next() * 6); left > 0; left--) {
    const data = { delta: Array.from({ length: Math.floor(next() * 5) }, () => pick(words)).join("") };
    const json = JSON.stringify(data, null, pick([0, 1]));
    const lines = ["event: delta", ...json.split("\n").map((line) => pick(["data:", "data: "]) + line)];
    for (const line of lines) text += pick(["", ": 😀\r\n", ":\r"]) + line + pick(["\n", "\r\n", "\r"]);
    // The line that ends the event. After a CR, an LF would be the rest of that line end.
    text += text.endsWith("\r") ? pick(["\r", "\r\n"]) : pick(["\n", "\r\n", "\r"]);
    events.push({ kind: "delta", data });
  }
  return { text, events };
}

describe("any cutting of the bytes gives the same events", () => {
  test("at every two places of a short stream", async () => {
    const whole = bytes(
      '\uFEFFevent: delta\r\ndata: {"delta":\rdata: "ß😀"}\n\r\nevent: error\rdata: {"error": "no"}\r\n\r\n',
    );
    for (let first = 0; first <= whole.length; first++) {
      for (let second = first; second <= whole.length; second += 1 + (first % 3)) {
        const pieces = [whole.slice(0, first), whole.slice(first, second), whole.slice(second)];
        const events = await collect(openStream(streamOf(pieces.filter((piece) => piece.length > 0)).response));
        expect(events.map(({ kind, data }) => [kind, data])).toEqual([
          ["delta", { delta: "ß😀" }],
          ["error", { error: "no" }],
        ]);
      }
    }
  });

  test.each(Array.from({ length: 150 }, (_, seed) => seed))(
    "at random places of a random stream, seed %i",
    async (seed) => {
      const next = random(seed);
      const { text, events: expected } = draw(next);
      const whole = bytes(`${text}event: error\ndata: {"error": "the end"}\n\n`);
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < whole.length;) {
        const length = 1 + Math.floor(next() ** 3 * 40);
        pieces.push(whole.slice(from, from + length));
        from += length;
      }
      const events = await collect(openStream(streamOf(pieces).response));
      expect(events.slice(0, -1).map(({ kind, data }) => ({ kind, data }))).toEqual(expected);
    },
  );
});
