// What a thread shows: the pages of messages that were read, and the turns that this page sent. Pure.

/** How many messages a page of the API is asked to have. */
export const PAGE_SIZE = 50;
const MOST_PAGES = 12;
const MOST_TURNS = 60;
const ENDS = ["done", "stopped", "broken", "error", "refused", "failed"];

/** A thread before anything was read. */
// `last` is how the attempt ended that ended last.
export const EMPTY = { pages: [], total: null, busy: null, error: null, turns: [], last: null, followed: null };

/**
 * An attempt to send a message:
 * `state` is waiting, streaming, stopping, done, stopped, broken, error, refused or failed; `how` is stream or whole;
 * `text` and `words` are what came of the reply so far, `reply` its message once it is there.
 */
export function newAttempt(how, { again = false } = {}) {
  return { how, again, state: "waiting", text: "", words: 0, firstMs: null, tookMs: null, reply: null, refusal: null, problem: null };
}

export function isLive(attempt) {
  return ["waiting", "streaming", "stopping"].includes(attempt?.state);
}

/** The state after something has happened. */
export function reduce(state, action) {
  switch (action.type) {
    case "reading":
      return { ...state, busy: action.what };
    case "read":
      return { ...state, busy: null, error: null, total: action.total, pages: kept(action.pages, action) };
    case "unread":
      return { ...state, busy: null, error: action.error };
    case "sent":
      return { ...state, last: null, turns: withAttempt(state, action.message, action.attempt) };
    case "came":
      return { ...state, turns: state.turns.map((turn) => grown(turn, action.pieces.get(turn.id))) };
    case "changed":
      return {
        ...state,
        last: ENDS.includes(action.change.state) ? action.change.state : state.last,
        turns: state.turns.map((turn) => (turn.id === action.id ? { ...turn, attempts: changed(turn.attempts, action.change) } : turn)),
      };
    case "followed":
      return { ...state, followed: action.followed };
    case "overheard":
      return state.followed ? { ...state, followed: { ...state.followed, text: state.followed.text + action.text, words: state.followed.words + action.words } } : state;
    case "forgotten":
      return EMPTY;
    default:
      throw new TypeError(`Nobody knows ${action.type}.`);
  }
}

/** The turn that is being answered, or undefined. */
export function liveTurn(state) {
  return state.turns.find((turn) => isLive(turn.attempts.at(-1)));
}

/** Whether there are messages before those that were read. */
export function hasOlder(state) {
  return state.pages.length > 0 && state.pages[0].number > 1;
}

/**
 * What is to be seen, oldest first: each group is a message of the user's (`own`; null where the first page that was
 * read begins with a reply), the replies that the server lists for it, and the turn of it if this page sent it.
 */
export function groupsOf(state) {
  const groups = [];
  const turns = new Map(state.turns.map((turn) => [turn.id, turn]));
  for (const message of state.pages.flatMap((page) => page.data)) {
    if (message.source === "user") {
      groups.push({ key: message.id, own: message, replies: [], turn: turns.get(message.id) ?? null, listed: true });
      turns.delete(message.id);
    } else {
      if (groups.length === 0) groups.push({ key: "before", own: null, replies: [], turn: null, listed: true });
      groups.at(-1).replies.push(message);
    }
  }
  // What the server does not list stands behind what it was sent after.
  for (const turn of turns.values()) {
    const group = { key: turn.id, own: { id: turn.id, text: turn.text, source: "user", createdAt: turn.createdAt }, replies: [], turn, listed: false };
    const at = turn.after === null ? (hasOlder(state) ? -1 : 0) : groups.findIndex(({ key }) => key === turn.after) + 1;
    if (turn.after !== null && at === 0) {
      if (!hasOlder(state)) groups.push(group); // else it belongs to messages that are not read any more
    } else if (at >= 0) {
      groups.splice(at, 0, group);
    }
  }
  return groups;
}

/** Whether a group looks as it did. */
export function sameGroup(one, other) {
  const sameMessage = (a, b) => a === b || (a && b && a.id === b.id && a.text === b.text && a.createdAt === b.createdAt);
  return (
    one.turn === other.turn &&
    one.listed === other.listed &&
    sameMessage(one.own, other.own) &&
    one.replies.length === other.replies.length &&
    one.replies.every((message, index) => sameMessage(message, other.replies[index]))
  );
}

/**
 * The bubbles at the left of a group: each is `{ key, text, attempt, live, message }`. `attempt` is there where this
 * page has something to say of how the reply came.
 */
export function repliesOf({ replies, turn }) {
  const attempt = turn?.attempts.at(-1) ?? null;
  const bubbles = replies.map((message) => ({ key: message.id, text: message.text, message, attempt: null, live: false }));
  if (!attempt) return bubbles;
  if (isLive(attempt)) {
    if (attempt.how === "stream" || bubbles.length === 0) bubbles.push({ key: "live", text: attempt.text, message: null, attempt, live: true });
    return bubbles;
  }
  if (["refused", "failed"].includes(attempt.state)) return bubbles; // said at the message
  if (bubbles.length === 0) {
    if (attempt.text || attempt.state !== "done") bubbles.push({ key: "live", text: attempt.text, message: attempt.reply, attempt, live: false });
  } else if (attempt.state === "error") {
    bubbles.push({ key: "live", text: attempt.text, message: null, attempt, live: false });
  } else {
    bubbles[bubbles.length - 1] = { ...bubbles.at(-1), attempt };
  }
  return bubbles;
}

/**
 * Pages in the order of their numbers. When there are too many, those at the end go where nobody looks: `older` pages
 * were read, or newer ones while one looks `back`.
 */
function kept(pages, { older = false, back = false }) {
  if (older) return pages.slice(0, MOST_PAGES * 4);
  return pages.slice(back ? -MOST_PAGES * 4 : -MOST_PAGES);
}

function withAttempt(state, message, attempt) {
  const known = state.turns.find((turn) => turn.id === message.id);
  if (known) {
    return state.turns.map((turn) => (turn === known ? { ...turn, attempts: [...turn.attempts.slice(-4), attempt] } : turn));
  }
  const after = groupsOf(state).at(-1)?.key ?? null;
  const turns = [...state.turns, { ...message, after, attempts: [attempt] }];
  if (turns.length <= MOST_TURNS) return turns;
  const oldest = turns.findIndex((turn) => !isLive(turn.attempts.at(-1)));
  return turns.filter((_, index) => index !== oldest);
}

function grown(turn, piece) {
  if (!piece) return turn;
  const attempt = turn.attempts.at(-1);
  // What comes after the final event changes nothing any more.
  const text = attempt.reply ? attempt.text : attempt.text + piece.text;
  const state = attempt.state === "waiting" ? "streaming" : attempt.state;
  return { ...turn, attempts: changed(turn.attempts, { text, words: attempt.words + piece.words, firstMs: attempt.firstMs ?? piece.firstMs, state }) };
}

function changed(attempts, change) {
  return [...attempts.slice(0, -1), { ...attempts.at(-1), ...change }];
}
