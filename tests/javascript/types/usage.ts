/** What TypeScript has to accept of the module, and what it has to refuse. Only compiled, never run. */

import {
  ApiError,
  ConversationsClient,
  MockControl,
  newMessage,
  openStream,
  parseEvents,
  type FeedEvent,
  type StreamEvent,
} from "../../../mockserver/console/client.js";

export async function streams(response: Response): Promise<string> {
  const events: AsyncIterableIterator<StreamEvent> = openStream(response, { signal: new AbortController().signal });
  let text = "";
  for await (const event of events) {
    if (event.kind === "delta") text += event.data.delta;
    if (event.kind === "message") text = event.data.message.text;
    if (event.kind === "error") text = event.data.code ?? event.data.error;
    // @ts-expect-error: which of the kinds it is has to be asked first
    event.data.delta;
    // @ts-expect-error: a message event has no delta
    if (event.kind === "message") event.data.delta;
    switch (event.kind) {
      case "delta":
      case "message":
      case "error":
        break;
      default: {
        const kind: string = event.kind;
        // @ts-expect-error: nothing is known of the data of an unknown kind
        event.data.anything;
        // @ts-expect-error: there are other kinds than those of the contract
        const never: never = event;
        return kind + String(never);
      }
    }
  }
  // @ts-expect-error: a response is needed
  openStream("http://127.0.0.1:8080");
  const [parsed] = parseEvents().feed("data: x\n\n");
  return text + (parsed?.raw ?? "");
}

export async function api(client: ConversationsClient): Promise<void> {
  const conversation = await client.createConversation({ modelName: "gpt-4", personality: "A pirate" });
  // @ts-expect-error: no such model is accepted
  await client.createConversation({ modelName: "gpt-0" });
  // @ts-expect-error: null is for patches alone
  await client.createConversation({ personality: null });
  const customer: number | null | undefined = conversation.legacyCustomerId;
  // @ts-expect-error: it may be null
  const number: number = conversation.legacyCustomerId;

  await client.sendMessage(conversation.id, { ...newMessage("Hi"), additionalContext: [{ id: 1, content: "x" }] });
  // @ts-expect-error: a message has an id and a time
  await client.sendMessage(conversation.id, { text: "Hi" });
  // @ts-expect-error: the id of a snippet is a number
  await client.sendMessage(conversation.id, { ...newMessage("Hi"), additionalContext: [{ id: "1", content: "x" }] });

  await client.patchSteering(conversation.id, { brandVoiceId: null });
  // @ts-expect-error: one of three fields has to be there
  await client.patchSteering(conversation.id, {});
  // @ts-expect-error: personalityId alone patches nothing
  await client.patchSteering(conversation.id, { personalityId: 5 });

  const page = await client.listMessages(conversation.id, { page: 2, size: 10 });
  const sources: ("user" | "assistant")[] = page.data.map((message) => message.source);
  // @ts-expect-error: pages have a `page`
  page.total;
  const stream = await client.streamMessage(conversation.id, newMessage("Hi"), { headers: { Prefer: "fault=bytes" } });
  const text: string = stream.text + (stream.message?.id ?? "");
  // @ts-expect-error: a workspace's address is needed
  new ConversationsClient({ token: "x" });
  new ConversationsClient({ url: "x", token: async () => "fresh", fetch: globalThis.fetch });
  const failure: unknown = null;
  if (failure instanceof ApiError) console.log(failure.retryAfterS ?? 1, failure.code, customer, number, sources, text);
}

export async function control(mock: MockControl): Promise<void> {
  const workspace = await mock.workspace();
  const armed = await workspace.arm("truncate", { after: 3, where: { operation: "openMessageStream" }, times: null });
  const left: number | null = armed.timesLeft;
  // @ts-expect-error: so many times, not so often in words
  await workspace.arm("truncate", { times: "twice" });
  // @ts-expect-error: rules know no such condition
  await workspace.arm("truncate", { where: { user: "alice" } });
  const [stream] = await workspace.streams({ wait: 1 });
  if (stream) await workspace.step(stream.id, 2);
  // @ts-expect-error: there are three ways
  if (stream) await workspace.kill(stream.id, "softly");
  await workspace.configure({ speed: "instant", holdAfter: null });
  // @ts-expect-error: nothing of that name is configured
  await workspace.configure({ tokens: 5 });
  await workspace.verify({ operation: "sendMessage", times: 1, status: "4xx" });
  // @ts-expect-error: nothing of that name is expected
  await workspace.verify({ operations: "sendMessage" });
  const [exchange] = await workspace.journal({ status: "409" });
  const status: number | null | undefined = exchange?.status;
  const verdict = await workspace.verdict("alice");
  const codes: string[] = verdict.codes;
  const state = await workspace.conversation("c-1");
  const said: "neverPatched" | "omitted" | "null" | "set" = state.lastPatch.personality;
  await mock.follow((event: FeedEvent) => {
    if (event.kind === "exchange") console.log(event.data.exchange?.number);
    if (event.kind === "stream") console.log(event.data.stream.held);
    if (event.kind === "disconnected") console.log(event.cause);
    // @ts-expect-error: a connection has no data
    if (event.kind === "connected") console.log(event.data);
  });
  console.log(left, status, codes, said);
}
