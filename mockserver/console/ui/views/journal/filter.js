// Which requests someone wants to see: as a query of the control plane, and judged here for what the feed tells. Pure.

export const NOTHING = { text: "", operation: "", status: "", caller: "", conversation: "", fault: "" };

const METHODS = /^(GET|POST|PATCH|PUT|DELETE|HEAD|OPTIONS)(?:\s+|$)/i;

/** The filter that a link names, such as `conversation=ID&status=4xx`. */
export function readFilter(text) {
  const given = new URLSearchParams(text);
  return Object.fromEntries(Object.keys(NOTHING).map((name) => [name, given.get(name) ?? ""]));
}

/** What is typed may begin with a method: `POST /messages`. */
function splitText(text) {
  const trimmed = text.trim();
  const method = METHODS.exec(trimmed);
  return method ? { method: method[1].toUpperCase(), text: trimmed.slice(method[0].length) } : { method: "", text: trimmed };
}

/** The query of `GET .../journal`, without a page. */
export function queryOf(filter) {
  const { method, text } = splitText(filter.text);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, method, text })) if (value) query.set(name, value);
  return query.toString();
}

/** How many things are asked for. */
export function countOf(filter) {
  return Object.values(filter).filter(Boolean).length;
}

/**
 * Whether a summary is one of those asked for: true, false, or null where only the server can say, as it alone has
 * the bodies in which a text may be.
 */
export function fits(filter, summary) {
  const { method, text } = splitText(filter.text);
  if (filter.operation && filter.operation !== summary.operation) return false;
  if (filter.caller && filter.caller !== summary.caller) return false;
  if (filter.conversation && filter.conversation !== summary.conversation) return false;
  if (method && method !== summary.method.toUpperCase()) return false;
  if (filter.status && !fitsStatus(filter.status, summary.status)) return false;
  if (filter.fault && !summary.faults.some(({ kind }) => kind === filter.fault)) return false;
  if (!text) return true;
  const found = `${summary.path}?${summary.query}`.toLowerCase().includes(text.toLowerCase());
  return found ? true : null;
}

function fitsStatus(wanted, status) {
  if (status === null || status === undefined) return false;
  return wanted.toLowerCase() === String(status) || wanted.toLowerCase() === `${Math.floor(status / 100)}xx`;
}
