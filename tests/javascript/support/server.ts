/** A mock server as a process of its own, on a free port or a given one. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const TOP = fileURLToPath(new URL("../../../", import.meta.url));
const START_MS = 30_000;

export interface MockProcess {
  url: string;
  /** Ends it; its exit code, which is 0 unless it broke its own contract. */
  stop(): Promise<number | null>;
}

export async function startMock(port = 0): Promise<MockProcess> {
  const options = ["--first-token-ms", "5", "--tokens-per-second", "2000", "--log-level", "warning", "--check-answers"];
  const child = spawn(process.env.PYTHON ?? "python3", ["-m", "mockserver", "--port", String(port), ...options], {
    cwd: TOP,
    env: { ...process.env, PYTHONUNBUFFERED: "1", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const tooLong = setTimeout(() => child.kill("SIGKILL"), START_MS);
  let url = "";
  for await (const line of createInterface(child.stdout)) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
    if (url) break;
  }
  clearTimeout(tooLong);
  if (!url) throw new Error("the mock server has not started");
  // What it prints from now on is nobody's, but must not fill the pipe.
  child.stdout.resume();
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
  };
}
