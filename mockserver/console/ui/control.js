// Calls of the control plane. The page is served by the mock itself: the same origin, no token.

/** The control plane said no, or did not answer. `problems` are the wrong fields of a 422. */
class ControlError extends Error {
  constructor(message, status = 0, problems = []) {
    super(message);
    this.name = "ControlError";
    this.status = status;
    this.problems = problems;
  }
}

/** Call `/_mock<path>`; the answer's JSON, or null where there is none. Throws ControlError. */
export async function control(method, path, body) {
  let answer;
  try {
    answer = await fetch(`/_mock${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ControlError("The mock does not answer. Is it running?");
  }
  const text = await answer.text();
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    content = null; // said by its status
  }
  if (!answer.ok) {
    throw new ControlError(content?.error ?? `The mock answered ${answer.status}.`, answer.status, content?.errors);
  }
  return content;
}

/** The path of something of a workspace: `of("demo", "faults", id)`. */
export function of(workspace, ...parts) {
  return `/workspaces/${[workspace, ...parts].map(encodeURIComponent).join("/")}`;
}
