// Severities in words and colours.

export const SEVERITIES = [
  { severity: "error", one: "error", many: "errors", tone: "bad", says: "breaks the contract, or loses or doubles what people wrote" },
  { severity: "warning", one: "warning", many: "warnings", tone: "warn", says: "goes well until it does not" },
  { severity: "hint", one: "hint", many: "hints", tone: "info", says: "unwise, and no more than that" },
];

/** `1 error`, `2 errors`. */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** Who calls; null is who had no token, or none that is valid. */
export function callerName(caller) {
  return caller ?? "Without a valid token";
}
