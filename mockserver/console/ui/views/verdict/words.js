// Severities in words and colours.

export const SEVERITIES = [
  { severity: "error", one: "error", tone: "bad", says: "breaks the contract, or loses or doubles what people wrote" },
  { severity: "warning", one: "warning", tone: "warn", says: "goes well until it does not" },
  { severity: "hint", one: "hint", tone: "info", says: "unwise, and no more than that" },
];

/** Who calls; null is who had no token, or none that is valid. */
export function callerName(caller) {
  return caller ?? "Without a valid token";
}
