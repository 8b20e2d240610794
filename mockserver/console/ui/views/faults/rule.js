// A fault as the form has it: as a rule of the control plane, and in the other spellings. Pure.
import { numberOf } from "../../fields.js";

/** What the form begins with: the defaults of the fault, any call, once; a quota counts until it is disarmed. */
export function emptyForm(kind) {
  const parameters = kind.parameters.map(({ name, default: value }) => [name, value === null ? "" : String(value)]);
  return {
    parameters: Object.fromEntries(parameters),
    where: { operation: "", caller: "", conversation: "", nth: "", streaming: "", text: "" },
    often: kind.needsRule ? "always" : "once",
    times: "3",
    percent: "100",
    seconds: "",
  };
}

/** The rule that the form means. */
export function ruleOf(kind, form) {
  const rule = { fault: kind.kind };
  const parameters = given(kind, form);
  if (Object.keys(parameters).length) rule.parameters = parameters;
  const { nth, streaming, ...texts } = form.where;
  const where = Object.fromEntries(Object.entries(texts).filter(([, value]) => value));
  if (nth !== "") where.nth = numberOf(nth);
  if (streaming) where.streaming = streaming === "yes";
  if (Object.keys(where).length) rule.where = where;
  rule.times = { once: 1, always: null }[form.often];
  if (form.often === "times") rule.times = numberOf(form.times) ?? 0;
  const percent = numberOf(form.percent) ?? 100;
  if (percent !== 100) rule.rate = typeof percent === "number" ? percent / 100 : percent;
  if (form.seconds !== "") rule.seconds = numberOf(form.seconds);
  return rule;
}

/** The other ways to ask for the fault: `[title, text, what it hits]`; a fault that counts calls has but the last. */
export function spellings(kind, form, workspace, origin) {
  const pairs = Object.entries(given(kind, form)).map(([name, value]) => `${name}=${value}`);
  const rule = JSON.stringify(ruleOf(kind, form));
  const curl =
    `curl -X POST ${origin}/_mock/workspaces/${encodeURIComponent(workspace)}/faults ` +
    `-H 'Content-Type: application/json' -d '${rule.replaceAll("'", "'\\''")}'`;
  const control = ["In a test, by the control API", curl, "the calls that the rule above means"];
  if (kind.needsRule) return [control];
  return [
    ["As a header of the call", `Prefer: ${[`fault=${kind.kind}`, ...pairs].join("; ")}`, "this call"],
    ["In the address of the call", `?__fault=${[kind.kind, ...pairs].join(";")}`, "this call"],
    ["As text of a chat message", ["!fault", kind.kind, ...pairs].join(" "), "the reply to this message"],
    control,
  ];
}

/** The parameters that say something: those that differ from the default, and always the first of them. */
function given(kind, form) {
  const said = {};
  kind.parameters.forEach(({ name, type, default: value }, index) => {
    const text = form.parameters[name];
    if (text === "" || (index > 0 && text === String(value))) return;
    said[name] = type === "string" ? text : numberOf(text);
  });
  return said;
}
