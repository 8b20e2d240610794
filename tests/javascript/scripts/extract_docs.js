// Writes the examples of docs/javascript.md into from_docs/, with a copy of the module beside them as the page advises.
// They are run from there as they stand; of the HTML, the mock's address alone is another (support/site.ts).

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const top = new URL("../../../", import.meta.url);
const folder = new URL("../from_docs/", import.meta.url);
const page = await readFile(new URL("docs/javascript.md", top), "utf8");

/** The one block of a language that has the text. */
function blockWith(language, text) {
  const blocks = Array.from(page.matchAll(/```(\w+)\n(.*?)```/gs), ([, its, code]) => (its === language ? code : ""));
  const [found, ...others] = blocks.filter((code) => code.includes(text));
  if (found === undefined || others.length > 0)
    throw new Error(`docs/javascript.md has not one ${language} block with ${text}`);
  return found;
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder);
await writeFile(new URL("vitest.test.ts", folder), blockWith("ts", '"vitest"'));
await writeFile(new URL("playwright.test.ts", folder), blockWith("ts", '"@playwright/test"'));
await writeFile(new URL("chat.html", folder), blockWith("html", "openStream"));
for (const name of ["client.js", "client.d.ts", "api.d.ts", "control.d.ts"]) {
  await copyFile(new URL(`mockserver/console/${name}`, top), new URL(name, folder));
}
