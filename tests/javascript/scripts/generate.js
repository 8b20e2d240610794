// Writes the types that stand beside client.js, and the libraries that the console ships with, or with --check says
// which of them are out of date.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import ts from "typescript";

const top = new URL("../../../", import.meta.url);
const target = new URL("mockserver/console/", top);

/** A string that TypeScript tells from all others, so that `event.kind === "delta"` says what the event's data is. */
const UNKNOWN_KIND = `
/** A kind of event that the contract does not know. */
export declare enum UnknownKind {
    any = ""
}
`;

/** A contract's types. A field with a default may be left out; an object of which nothing is said holds anything. */
async function typesOf(contract) {
  const nodes = await openapiTS(new URL(contract, top), {
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    // "One of these fields has to be there" comes out as unknown, and would make all of the schema so.
    transform(schema) {
      const onlyRequires = (part) => Object.keys(part).join() === "required";
      if (schema.properties && schema.anyOf?.every(onlyRequires)) delete schema.anyOf;
    },
  });
  return COMMENT_HEADER + astToString(nodes);
}

/** What tsc makes of the comments in client.js. */
function declarationsOf(source) {
  let text = "";
  const config = ts.readConfigFile(fileURLToPath(new URL("../tsconfig.client.json", import.meta.url)), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, fileURLToPath(target));
  const program = ts.createProgram([fileURLToPath(source)], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
  });
  program.emit(undefined, (_name, written) => (text = written));
  return `// Made from client.js by tests/javascript/scripts/generate.js.\n${text}`;
}

/** What a package ships, as the console ships it: it imports its neighbours, and names no source map. */
async function vendored(file) {
  const text = await readFile(new URL(import.meta.resolve(file)), "utf8");
  return text.replace(/from"preact"/g, 'from"./preact.js"').replace(/\s*\/\/# sourceMappingURL=.*\s*$/, "") + "\n";
}

/** Of each library the version and the licence. */
async function licenses(...names) {
  const told = ["What is in this folder comes from these packages; imports name the files here, source maps are left out."];
  for (const name of names) {
    const home = new URL(`../node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(await readFile(new URL("package.json", home), "utf8"));
    const [file] = (await readdir(home)).filter((entry) => /^licen[cs]e/i.test(entry));
    const text = (await readFile(new URL(file, home), "utf8")).trimEnd();
    told.push(`\n== ${name} ${version} (${license})\n\n${text}`);
  }
  return told.join("\n") + "\n";
}

// In this order, for client.d.ts is made from the two before it.
const made = [
  ["api.d.ts", async () => (await typesOf("openapi.yaml")) + UNKNOWN_KIND],
  ["control.d.ts", () => typesOf("mockserver/control/openapi.yaml")],
  ["client.d.ts", () => declarationsOf(new URL("client.js", target))],
  ["ui/vendor/preact.js", () => vendored("preact")],
  ["ui/vendor/hooks.js", () => vendored("preact/hooks")],
  ["ui/vendor/htm.js", () => vendored("htm")],
  ["ui/vendor/marked.js", () => vendored("marked")],
  ["ui/vendor/LICENSES.txt", () => licenses("preact", "htm", "marked")],
];
for (const [name, make] of made) {
  const text = await make();
  const file = new URL(name, target);
  const old = await readFile(file, "utf8").catch(() => "");
  if (old === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`mockserver/console/${name} is out of date. Run: npm --prefix tests/javascript run generate`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`mockserver/console/${name} is written.`);
  }
}
