// Writes the types that stand beside client.js, or with --check says which of them are out of date.

import { readFile, writeFile } from "node:fs/promises";
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

// In this order, for the last is made from the others too.
const made = [
  ["api.d.ts", async () => (await typesOf("openapi.yaml")) + UNKNOWN_KIND],
  ["control.d.ts", () => typesOf("mockserver/control/openapi.yaml")],
  ["client.d.ts", () => declarationsOf(new URL("client.js", target))],
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
