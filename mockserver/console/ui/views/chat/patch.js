// The body of a PATCH, field by field: left out, null, or a value. Pure.
import { numberOf } from "./new.js";

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
