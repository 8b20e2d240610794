/** The line of docs/javascript.md that fetches the module does so. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { mock } from "../support/tools";

test("the mock serves the module and its types as they stand", async () => {
  const page = await readFile(new URL("../../../docs/javascript.md", import.meta.url), "utf8");
  const [line = "", ...others] = Array.from(page.matchAll(/```sh\n(.*?)```/gs), ([, code]) => code);
  expect(others).toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), "client-"));
  try {
    const pasted = line.replaceAll("http://127.0.0.1:8080", mock.url).replaceAll("curl ", "curl -sS --fail ");
    await promisify(execFile)("bash", ["-ec", pasted], { cwd: folder });
    for (const name of ["client.js", "client.d.ts", "api.d.ts", "control.d.ts"]) {
      const shipped = await readFile(new URL(`../../../mockserver/console/${name}`, import.meta.url), "utf8");
      expect(await readFile(join(folder, name), "utf8"), name).toBe(shipped);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
