// The steering as it is sent: with a creation what was filled in, with a PATCH field by field left out, null or a value. Pure.

/** The fields of the steering that can be patched, and whether null is allowed. */
export const FIELDS = [
  { name: "personality", title: "Personality", clears: true, hint: "In words. It wins over a brand voice." },
  { name: "brandVoiceId", title: "Brand voice id", clears: true, hint: "" },
  { name: "targetAudienceId", title: "Target audience id", clears: true, hint: "" },
  { name: "personalityId", title: "Personality id", clears: false, hint: "A number, kept as a reference. It cannot be cleared." },
];

/** All fields left as they are. */
export const LEFT = Object.fromEntries(FIELDS.map(({ name }) => [name, { choice: "leave", value: "" }]));

/** What is sent for the choices: a field that is left is not in it. */
export function patchOf(choices) {
  const patch = {};
  for (const { name } of FIELDS) {
    const { choice, value } = choices[name];
    if (choice === "clear") patch[name] = null;
    if (choice === "set") patch[name] = name === "personalityId" ? numberOf(value) : value;
  }
  return patch;
}

/** What the last patch did to a field, in words. */
export function lastPatchText(state) {
  return { neverPatched: "never patched", omitted: "left out by the last patch", null: "cleared by the last patch", set: "set by the last patch" }[state] ?? "";
}

/** What was filled in, as the contract wants it; a wrong number goes as it is, so that one sees what the API says. */
export function steeringOf(given) {
  const filled = Object.entries(given).filter(([, value]) => value !== "");
  return Object.fromEntries(filled.map(([name, value]) => [name, name === "personalityId" ? numberOf(value) : value]));
}

/** A whole number, or the text that is none. */
export function numberOf(text) {
  return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}
