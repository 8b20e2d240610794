// Who this page is when it calls the API: a caller of the workspace with a token, which is kept in memory alone.
import { ConversationsClient } from "../../../client.js";
import { control, of } from "../../control.js";
import { useEffect, useRedraw } from "../../html.js";

const FIRST_CALLER = "demo";
const LIFE_S = 30 * 24 * 3600;

const sessions = new Map();
const listeners = new Set();

/** Where the API of a workspace begins. */
export function apiOf(workspace) {
  return `${location.origin}/api/v1/workspaces/${encodeURIComponent(workspace)}`;
}

/** Be this caller from now on, with a fresh token; `bad` is a kind of token that is refused. */
export async function become(workspace, caller, bad = null) {
  const asked = bad ? { caller, bad } : { caller, expiresInS: LIFE_S };
  const { token } = await control("POST", of(workspace, "tokens"), asked);
  sessions.set(workspace, { workspace, caller, bad, token, key: `${caller} ${bad ?? ""}`, client: new ConversationsClient({ url: apiOf(workspace), token }) });
  for (const listener of [...listeners]) listener();
}

/** The session of a workspace, or null until its first token is there. `problem` is told why there is none. */
export function useSession(workspace, conversation, problem) {
  const again = useRedraw();
  useEffect(() => {
    listeners.add(again);
    if (!sessions.has(workspace)) begin(workspace, conversation).catch(problem);
    return () => listeners.delete(again);
  }, [workspace]);
  return sessions.get(workspace) ?? null;
}

/** After a reload the page is the one whose conversation its address names. */
async function begin(workspace, conversation) {
  const owner = conversation ? await ownerOf(workspace, conversation) : null;
  await become(workspace, owner ?? FIRST_CALLER);
}

/** Whose a conversation is, or null. */
export async function ownerOf(workspace, conversation) {
  try {
    return (await control("GET", `${of(workspace, "conversations", conversation)}?size=1`)).caller;
  } catch {
    return null;
  }
}

/** The callers of the newest conversations. */
export async function callersOf(workspace) {
  const { data } = await control("GET", `${of(workspace, "conversations")}?size=100`);
  return [...new Set([FIRST_CALLER, ...data.map(({ caller }) => caller)])];
}
