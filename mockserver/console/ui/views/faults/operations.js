// The calls that there are, from the contract of the mocked API; read once, when the first form needs them.
import { useEffect, useState } from "../../html.js";
import { OPERATIONS } from "./words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

let reading = null;

/** `[operationId, what it does]` of each; those that are known by heart until the contract is read, or if it cannot be. */
export function useOperations() {
  const [operations, setOperations] = useState(() => Object.entries(OPERATIONS));
  useEffect(() => {
    reading ??= readOperations();
    reading.then(setOperations, () => (reading = null));
  }, []);
  return operations;
}

async function readOperations() {
  const { paths } = await (await fetch("/openapi.json")).json();
  return Object.values(paths)
    .flatMap((path) => METHODS.map((method) => path[method]).filter((operation) => operation?.operationId))
    .map(({ operationId, summary }) => [operationId, OPERATIONS[operationId] ?? summary ?? operationId]);
}
